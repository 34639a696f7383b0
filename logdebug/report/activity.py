"""A log's activity as a chart, drawn as the charts of a report are: without pyplot, and shown by its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.drawing import new_axes, time_axis, titled
from logdebug.report.colours import SEVERITY_COLOURS
from logdebug.report.text import one_line, shorten_middle

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from logdebug.logs import Log

__all__ = ["LogPlots", "activity"]

_MOST_COLUMNS = 96
_NAME_CHARACTERS = 40
_LINES_COLOUR = "#bdbdbd"


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


def activity(frame: pd.DataFrame, ax: Axes | None = None, *, name: str = "the log") -> Axes:
    """Draw how many lines, and how many that tell of a failure, were logged when.

    Parameters
    ----------
    frame
        One row per stretch of a log, as `Log.activity` gives.
    ax
        Where to draw; None makes a figure.
    name
        What the log is called in the title.

    Returns
    -------
    matplotlib.axes.Axes
        Two filled steps over the time, in UTC; over the line numbers where the log has no times, or only one.
    """
    ax = ax or new_axes(8.4, 2.6)
    if frame.empty:
        ax.set_axis_off()
        return titled(ax, f"{name} has no lines")
    timed = frame["timestamp"].notna().all() and frame["timestamp"].is_monotonic_increasing
    timed = timed and frame["timestamp"].iloc[0] < frame["timestamp"].iloc[-1]
    edges, lines, errors = _columns(frame, "timestamp" if timed else "first_line")
    ax.stairs(lines, edges, fill=True, color=_LINES_COLOUR, label="lines")
    ax.stairs(errors, edges, fill=True, color=SEVERITY_COLOURS["critical"], label="lines that tell of a failure")
    ax.set_ylim(0, max(*lines, 1) * 1.05)
    ax.set_ylabel("lines")
    if timed:
        time_axis(ax)
    else:
        ax.set_xlabel("line")
        ax.spines[["top", "right"]].set_visible(False)
    if any(errors):
        ax.legend(loc="upper left", frameon=False, fontsize="small")
    return titled(ax, _finding(frame, name))


def _columns(frame: pd.DataFrame, by: str) -> tuple[pd.Series, list[float], list[float]]:
    """Spread the stretches over columns of the same width; give the columns' edges, lines and errors.

    A stretch's lines are taken to be spread evenly up to where the next one begins.
    """
    import numpy as np
    import pandas as pd

    starts = frame[by].dt.tz_localize(None) if by == "timestamp" else frame[by]
    at = starts.to_numpy().astype("int64").astype(float)
    # Where the last stretch ends isn't known: it is taken to be as long as those before it are on average.
    step = (at[-1] - at[0]) / max(len(at) - 1, 1) if by == "timestamp" else float(frame["lines"].iloc[-1])
    bounds = np.append(at, at[-1] + max(step, 1.0))
    edges = np.linspace(bounds[0], bounds[-1], min(len(at), _MOST_COLUMNS) + 1)
    counted = []
    for column in ("lines", "errors"):
        running = np.concatenate([[0], frame[column].cumsum().to_numpy()])
        counted.append(list(np.diff(np.interp(edges, bounds, running))))
    shown = pd.Series(edges.astype("int64"))
    return (shown.astype(starts.dtype) if by == "timestamp" else shown), counted[0], counted[1]


def _finding(frame: pd.DataFrame, name: str) -> str:
    lines, errors = int(frame["lines"].sum()), int(frame["errors"].sum())
    if not errors:
        return f"No line of {name} tells of a failure ({lines:,} lines)"
    return f"{errors:,} of {lines:,} lines of {name} tell of a failure"
