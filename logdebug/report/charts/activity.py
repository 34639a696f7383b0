"""A log's activity as a chart, alone or with what a diagnosis says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logdebug.drawing import blank, legend_below, limit_times, new_axes, time_axis, titled
from logdebug.report.charts.colours import BLUE, GREY, RED
from logdebug.report.charts.marks import Mark, draw_events, draw_quotes, event_inches
from logdebug.report.text import one_line, shorten_middle

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from logdebug.logs import Log

__all__ = ["LogPlots", "activity"]

_MOST_COLUMNS = 96
_NAME_CHARACTERS = 40
_STEP_BACK = 0.05  # of the log's time
_BEYOND = 0.03  # of the log's time; what happened further off stands at the edge


class LogPlots:
    """A log's charts, each one method; `log.plot` is one of these."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def __repr__(self) -> str:
        """List the charts."""
        return "log.plot: activity(ax=None)"

    def activity(self, ax: Axes | None = None) -> Axes:
        """Draw how many lines, and how many that tell of a failure, were logged when."""
        return activity(self._log.activity(), ax, name=shorten_middle(one_line(self._log.name), _NAME_CHARACTERS))


def activity(
    frame: pd.DataFrame,
    ax: Axes | None = None,
    *,
    name: str = "the log",
    evidence: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
    changed: bool = False,
) -> Axes:
    """Draw how many lines, and how many that tell of a failure, were logged when.

    Parameters
    ----------
    frame
        One row per stretch of a log, as `Log.activity` gives.
    ax
        Where to draw; None makes a figure.
    name
        What the log is called in the title.
    evidence
        Quotes of this log, as `frames.evidence_df` gives; those with a line are marked. A column `timestamp`, where
        there is one, places them in time; else their lines do, as exactly as the stretches are fine.
    events
        Events of this log's incident, as `frames.timeline_df` gives; they are told above the log, in order. Those
        that happened before or after it stand at the edge.
    changed
        Whether the log isn't what it was when it was quoted, so that marks may be at the wrong lines.

    Returns
    -------
    matplotlib.axes.Axes
        Two filled steps over the time, in UTC; over the line numbers where the log has no times, or only one.
    """
    told = 0 if events is None else len(events)
    ax = ax or new_axes(8.4, 2.6 + event_inches(told))
    if frame.empty:
        return blank(ax, f"{name} has no lines")
    scale = _Scale.of(frame)
    edges, (lines, errors) = scale.columns(frame)
    most = max(*lines, 1.0)
    ax.stairs(lines, edges, fill=True, color=GREY, alpha=0.75, label="lines")
    ax.stairs(errors, edges, fill=True, color=RED, label="lines that tell of a failure")
    quotes = scale.marks(evidence)
    draw_quotes(ax, quotes, most, BLUE)
    top = draw_events(ax, scale.marks(events), most)
    if scale.timed:
        limit_times(ax, scale.places[0], scale.places[-1], margin=_BEYOND)
    else:
        ax.set_xlim(*scale.bounds())
    _label_lines(ax, most, top or most * (1.18 if quotes else 1.05))
    if scale.timed:
        time_axis(ax)
        ax.spines["left"].set_visible(not top)
    else:
        ax.set_xlabel("line")
        ax.spines[["top", "right"]].set_visible(False)
    if any(errors) or quotes:
        legend_below(ax, drop_points=36)
    return titled(ax, _finding(frame, name, evidence, changed=changed))


@dataclass(frozen=True)
class _Scale:
    """Where a log's lines stand on the x axis.

    Parameters
    ----------
    timed
        Whether the axis is one of times; else it is one of line numbers.
    lines
        The first line of each stretch, and what would be the next line after the log.
    places
        Where each of them stands: microseconds, or line numbers.
    """

    timed: bool
    lines: Any
    places: Any

    @classmethod
    def of(cls, frame: pd.DataFrame) -> _Scale:
        """Make the scale of a log: times where enough of its stretches have them, and in order."""
        import numpy as np

        first = frame["first_line"].to_numpy(dtype="float64")
        lines = np.append(first, first[-1] + max(float(frame["lines"].iloc[-1]), 1.0))
        timed = frame["timestamp"].notna().to_numpy()
        at = _microseconds(frame["timestamp"][timed])
        if 2 * len(at) < len(first) or not _in_order(at):
            return cls(timed=False, lines=lines, places=lines)
        # When the last stretch ends isn't known: it is taken to be as long as the others are on average. So are those
        # before and after all times; one in the middle begins where its line says.
        held = np.flatnonzero(timed)
        each = max((at[-1] - at[0]) / max(held[-1] - held[0], 1), 1.0)
        knots = [at[0] - each * held[0], *np.maximum.accumulate(at), at[-1] + each * (len(first) - held[-1])]
        places = np.interp(lines, [lines[0], *first[held], lines[-1]], knots)
        return cls(timed=True, lines=lines, places=places + np.arange(len(places)))  # no two at the same microsecond

    def columns(self, frame: pd.DataFrame) -> tuple[Any, list[list[float]]]:
        """Spread the stretches over columns of the same width; give the columns' edges, and the lines and errors.

        A stretch's lines are taken to be spread evenly up to where the next one begins.
        """
        import numpy as np

        edges = np.linspace(self.places[0], self.places[-1], min(len(frame), _MOST_COLUMNS) + 1)
        counted = []
        for column in ("lines", "errors"):
            running = np.concatenate([[0], frame[column].cumsum().to_numpy()])
            counted.append(list(np.diff(np.interp(edges, self.places, running))))
        return self.shown(edges), counted

    def marks(self, frame: pd.DataFrame | None) -> list[Mark]:
        """Give what a frame of quotes or events marks on the axis, in order."""
        if frame is None:
            return []
        import numpy as np

        at = np.interp(frame["line"].to_numpy(dtype="float64", na_value=np.nan), self.lines, self.places)
        if self.timed and "timestamp" in frame:
            at = np.where(frame["timestamp"].isna(), at, _microseconds(frame["timestamp"]))
        texts = frame["event"] if "event" in frame else [""] * len(frame)
        low, high = self.bounds()
        held = sorted((place, text) for place, text in zip(at, texts, strict=True) if not np.isnan(place))
        kept = np.clip([place for place, _ in held], low, high)
        return [
            Mark(self.shown(kept)[row], (kept[row] - low) / (high - low), int(place > high) - int(place < low), text)
            for row, (place, text) in enumerate(held)
        ]

    def shown(self, at: Any) -> Any:
        """Give places as matplotlib takes them."""
        return at.astype("int64").astype("datetime64[us]") if self.timed else at

    def bounds(self) -> tuple[float, float]:
        """Give where the axis begins and ends."""
        margin = _BEYOND * (self.places[-1] - self.places[0])
        return self.places[0] - margin, self.places[-1] + margin


def _in_order(at: Any) -> bool:
    """Tell whether moments go on; small steps back, as those of several threads that write at once, don't matter."""
    import numpy as np

    span = at.max() - at[0] if len(at) else 0.0
    return bool(span > 0 and (np.maximum.accumulate(at) - at).max() <= _STEP_BACK * span)


def _microseconds(times: pd.Series[Any]) -> Any:
    """Give moments as microseconds since 1970; NaT as any number."""
    return times.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype("int64").astype("float64")


def _label_lines(ax: Axes, most: float, top: float) -> None:
    """Put numbers on the y axis up to where lines are drawn, and leave the room above that to the marks."""
    from matplotlib.ticker import MaxNLocator

    ax.set_ylim(0, top)
    ax.set_yticks([tick for tick in MaxNLocator(4, integer=True).tick_values(0, most) if 0 <= tick <= most])
    ax.set_ylabel("lines", y=most / top / 2, ha="center")


def _finding(frame: pd.DataFrame, name: str, evidence: pd.DataFrame | None, *, changed: bool) -> str:
    lines, errors = int(frame["lines"].sum()), int(frame["errors"].sum())
    said = f"{errors:,} of {lines:,} lines of {name} tell of a failure"
    if not errors:
        said = f"No line of {name} tells of a failure ({lines:,} lines)"
    if evidence is None:
        return said
    cited = evidence["line"].dropna()
    said += ";\n" + (f"the evidence begins at line {cited.min():,}" if len(cited) else "no quote was found in it")
    return said + (" of what it was: the log has changed since" if changed else "")
