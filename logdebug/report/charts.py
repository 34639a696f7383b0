"""A report's frames as charts: a frame and perhaps an Axes in, the Axes out. Each title says what is found.

Without `ax` a chart gets a figure of its own, made without pyplot: nothing is left open, and the Axes shows itself
when it is a notebook cell's last value. Colours of severities are fixed; everything else follows the reader's
matplotlib style.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.records import SEVERITIES
from logdebug.report.colours import SEVERITY_COLOURS
from logdebug.report.findings import category_finding, severity_finding, timeline_finding
from logdebug.report.text import one_line, shorten_middle

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from logdebug.report.report import Report

__all__ = ["Plots", "category", "severity", "timeline"]

_MOST_LABELLED_ROWS = 60
_MOST_LETTERS = 34


class Plots:
    """A report's charts, each one method; `report.plot` is one of these."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def __repr__(self) -> str:
        """List the charts."""
        return "report.plot: severity(ax=None), category(ax=None), timeline(ax=None)"

    def severity(self, ax: Axes | None = None) -> Axes:
        """Draw how many incidents have each severity."""
        return severity(self._report.to_df(), ax)

    def category(self, ax: Axes | None = None) -> Axes:
        """Draw how many incidents have each category, by severity."""
        return category(self._report.to_df(), ax)

    def timeline(self, ax: Axes | None = None) -> Axes:
        """Draw the events of all incidents on one UTC axis, the first to begin on top."""
        return timeline(self._report.timeline_df(), ax)


def severity(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how many incidents have each severity, worst on top.

    Parameters
    ----------
    frame
        One row per incident, as `frames.to_df` gives, or several of those together.
    ax
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.axes.Axes
        One bar per severity, those that don't occur included.
    """
    ax = ax or _new_axes(7, 2.5)
    counts = [int((frame["severity"] == word).sum()) for word in SEVERITIES]
    bars = ax.barh(range(len(counts)), counts, color=[SEVERITY_COLOURS[word] for word in SEVERITIES], height=0.72)
    ax.bar_label(bars, labels=[f"{count:,}" for count in counts], padding=4)
    _label_rows(ax, list(SEVERITIES))
    _clean(ax, max(counts))
    return _titled(ax, severity_finding(dict(zip(SEVERITIES, counts, strict=True))))


def category(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how many incidents have each category that occurs, the most frequent on top.

    Parameters
    ----------
    frame
        One row per incident, as `frames.to_df` gives, or several of those together.
    ax
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.axes.Axes
        One bar per category, made of its severities, the worst innermost.
    """
    totals = frame["category"].value_counts(sort=False)
    totals = totals[totals > 0].sort_values(ascending=False, kind="stable")
    ax = ax or _new_axes(7, 1.2 + 0.36 * max(len(totals), 2))
    rows = range(len(totals))
    left = [0] * len(totals)
    for word in SEVERITIES:
        held = frame.loc[frame["severity"] == word, "category"]
        counts = [int((held == name).sum()) for name in totals.index]
        if any(counts):
            ax.barh(rows, counts, left=left, color=SEVERITY_COLOURS[word], height=0.72, label=word)
            left = [before + count for before, count in zip(left, counts, strict=True)]
    for row, count in enumerate(left):
        ax.annotate(f"{count:,}", (count, row), xytext=(4, 0), textcoords="offset points", va="center")
    _label_rows(ax, list(totals.index), rows=max(len(totals), 2))
    _clean(ax, max(left, default=0))
    if len(ax.containers) > 1:
        ax.legend(loc="upper left", bbox_to_anchor=(0, 0), ncols=4, frameon=False, fontsize="small")
    return _titled(ax, category_finding(totals))


def timeline(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the events of all incidents on one UTC axis, so that a cascade is seen.

    Parameters
    ----------
    frame
        One row per event, as `frames.timeline_df` gives, or several of those together. Events without a time are
        left out.
    ax
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.axes.Axes
        One row per incident, in order of their first events: a line from its first event to its last and a dot per
        event, in the colour of the severity. More than 60 rows are drawn without their names.
    """
    timed = frame[frame["timestamp"].notna()]
    incidents = sorted(
        (group for _, group in timed.groupby(["working_dir", "log_file", "service"], sort=False)),
        key=lambda group: group["timestamp"].min(),
    )
    dense = len(incidents) > _MOST_LABELLED_ROWS
    ax = ax or _new_axes(8.4, 9 if dense else 1.4 + (0.36 if len(incidents) <= 20 else 0.22) * max(len(incidents), 2))
    if not incidents:
        ax.set_axis_off()
        return _titled(ax, "No event has a time")
    _draw_stories(ax, incidents, dense=dense)
    _label_rows(ax, [] if dense else _names(incidents), rows=len(incidents))
    if dense:
        ax.set_ylabel(f"{len(incidents):,} incidents, first to begin on top")
    _time_axis(ax)
    return _titled(ax, timeline_finding(incidents))


def _literal(text: str) -> str:
    r"""Return text that matplotlib draws as it is: a dollar sign in a log is no formula (`\$` draws as $)."""
    return text.replace("$", r"\$")


def _names(incidents: list[pd.DataFrame]) -> list[str]:
    services = [one_line(str(group["service"].iloc[0])) for group in incidents]
    return [
        shorten_middle(service, _MOST_LETTERS)
        if services.count(service) == 1
        else shorten_middle(f"{service} ({one_line(Path(group['working_dir'].iloc[0]).name)})", _MOST_LETTERS)
        for service, group in zip(services, incidents, strict=True)
    ]


def _draw_stories(ax: Axes, incidents: list[pd.DataFrame], *, dense: bool) -> None:
    """Draw each incident's line and dots, all in two strokes: 500 incidents are 500 colours, not 1,000 artists."""
    colours = [SEVERITY_COLOURS[group["severity"].iloc[0]] for group in incidents]
    moments = [group["timestamp"].dt.tz_localize(None).sort_values().to_numpy() for group in incidents]
    ax.hlines(
        range(len(incidents)),
        [times[0] for times in moments],
        [times[-1] for times in moments],
        colors=colours,
        alpha=0.5,
        linewidth=0.8 if dense else 3,
        zorder=2,
    )
    dots = [(time, row, colours[row]) for row, times in enumerate(moments) for time in times]
    times, rows, fills = zip(*dots, strict=True)
    ax.scatter(times, rows, s=5 if dense else 42, c=fills, zorder=3, linewidths=0)


def _time_axis(ax: Axes) -> None:
    from datetime import UTC

    import matplotlib.dates as mdates

    ticks = ["%Y", "%b", "%d", "%H:%M", "%H:%M", "%H:%M:%S.%f"]  # trailing zeros are dropped
    dates = ["UTC", "%Y UTC", "%Y-%m UTC", "%Y-%m-%d UTC", "%Y-%m-%d UTC", "%Y-%m-%d UTC"]
    # matplotlib.dates comes without types
    locator = mdates.AutoDateLocator(tz=UTC, minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    formatter = mdates.ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator, tz=UTC, formats=ticks, offset_formats=dates
    )
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(formatter)
    ax.grid(axis="x", alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)


def _label_rows(ax: Axes, names: list[str], rows: int | None = None) -> None:
    """Put the rows' names on the left, the first row on top."""
    # No TeX either, whatever the reader's settings: it would run what a log says.
    ax.set_yticks(range(len(names)), [_literal(name) for name in names], usetex=False)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim((rows or max(len(names), 1)) - 0.4, -0.6)


def _clean(ax: Axes, most: int) -> None:
    """Leave the bars and their numbers: the numbers make a value axis redundant."""
    ax.set_xlim(0, max(most, 1) * 1.08)
    ax.xaxis.set_visible(False)
    ax.spines[["top", "right", "bottom"]].set_visible(False)


def _titled(ax: Axes, title: str) -> Axes:
    ax.set_title(_literal(title), loc="left", fontweight="bold", fontsize="medium", usetex=False, pad=10)
    return ax


def _new_axes(width: float, height: float) -> Axes:
    """Make an Axes on a figure of its own; sizes in inches."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1))
    return figure.add_subplot(axes_class=_shown_axes())


@cache
def _shown_axes() -> type[Axes]:
    from matplotlib.axes import Axes

    class ShownAxes(Axes):
        """An Axes that a notebook shows as its figure: figures made without pyplot are not shown by themselves."""

        def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
            # Drawn at twice the size that it takes on the page, so that it is sharp on every screen.
            drawn = BytesIO()
            figure = self.get_figure(root=True)
            assert figure is not None  # noqa: S101 - made with one, and only taken off it by being removed
            figure.savefig(drawn, format="png", dpi=2 * figure.dpi)
            width, height = figure.get_size_inches() * figure.dpi
            return drawn.getvalue(), {"width": round(width), "height": round(height)}

    return ShownAxes
