"""A report's frames as charts: a frame and perhaps an Axes in, the Axes out. Each title says what is found.

Without `ax` a chart gets a figure of its own, made without pyplot: nothing is left open, and the Axes shows itself
when it is a notebook cell's last value. Colours of severities are fixed; everything else follows the reader's
matplotlib style.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.drawing import blank, is_dark, label_rows, legend_below, limit_times, new_axes, time_axis, titled
from logdebug.records import SEVERITIES
from logdebug.report.charts.colours import SEVERITY_COLOURS
from logdebug.report.charts.findings import category_finding, severity_finding, timeline_finding
from logdebug.report.charts.heat import severity_by_category
from logdebug.report.charts.naming import distinct_names
from logdebug.report.charts.spending import usage
from logdebug.report.charts.story import incident_activity

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from logdebug.report.report import Report

__all__ = ["Plots", "category", "severity", "severity_by_category", "timeline", "usage"]

_MOST_LABELLED_ROWS = 60


class Plots:
    """A report's charts, each one method; `report.plot` is one of these."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def __repr__(self) -> str:
        """List the charts."""
        return (
            "report.plot: severity(ax=None), category(ax=None), severity_by_category(ax=None), timeline(ax=None), "
            "activity(service, ax=None), usage(ax=None)"
        )

    def severity(self, ax: Axes | None = None) -> Axes:
        """Draw how many incidents have each severity."""
        return severity(self._report.to_df(), ax)

    def category(self, ax: Axes | None = None) -> Axes:
        """Draw how many incidents have each category, by severity."""
        return category(self._report.to_df(), ax)

    def timeline(self, ax: Axes | None = None) -> Axes:
        """Draw the events of all incidents on one UTC axis, the first to begin on top."""
        return timeline(self._report.timeline_df(), ax)

    def severity_by_category(self, ax: Axes | None = None) -> Axes:
        """Draw how many incidents have each category and severity, as a heat map."""
        return severity_by_category(self._report.to_df(), ax)

    def activity(self, service: str | int, ax: Axes | None = None) -> Axes:
        """Draw an incident's log over time: its lines, those that tell of a failure, the quotes and the events.

        Parameters
        ----------
        service
            The incident's service, or its place in the report from 0.
        ax
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib.axes.Axes
            The log as it is now; where it is gone, or isn't the one that was read, the chart says so.

        Raises
        ------
        ReportError
            Where the report has no such incident, or several of that name.
        """
        return incident_activity(self._report[service], self._report, ax)

    def usage(self, ax: Axes | None = None) -> Axes:
        """Draw what each incident cost, the most expensive on top."""
        return usage(self._report.usage_df(), ax)


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
    ax = ax or new_axes(7, 2.5)
    counts = [int((frame["severity"] == word).sum()) for word in SEVERITIES]
    bars = ax.barh(range(len(counts)), counts, color=[SEVERITY_COLOURS[word] for word in SEVERITIES], height=0.72)
    ax.bar_label(bars, labels=[f"{count:,}" for count in counts], padding=4)
    label_rows(ax, list(SEVERITIES))
    _clean(ax, max(counts))
    return titled(ax, severity_finding(dict(zip(SEVERITIES, counts, strict=True))))


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
    ax = ax or new_axes(7, 1.2 + 0.36 * max(len(totals), 1))
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
    label_rows(ax, list(totals.index))
    _clean(ax, max(left, default=0))
    if len(ax.containers) > 1:
        legend_below(ax, drop_points=0)
    return titled(ax, category_finding(totals))


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
    ax = ax or new_axes(8.4, 9 if dense else 1.4 + (0.36 if len(incidents) <= 20 else 0.22) * max(len(incidents), 2))
    if not incidents:
        return blank(ax, "No event has a time")
    _draw_stories(ax, incidents, dense=dense)
    label_rows(ax, [] if dense else _names(incidents), rows=len(incidents))
    if dense:
        ax.set_ylabel(f"{len(incidents):,} incidents, first to begin on top")
    time_axis(ax)
    _explain_severities(ax, {str(group["severity"].iloc[0]) for group in incidents})
    return titled(ax, timeline_finding(incidents))


def _names(incidents: list[pd.DataFrame]) -> list[str]:
    firsts = [group.iloc[0] for group in incidents]
    return distinct_names((first["service"], first["working_dir"], first["log_file"]) for first in firsts)


def _draw_stories(ax: Axes, incidents: list[pd.DataFrame], *, dense: bool) -> None:
    """Draw each incident's line and dots, all in two strokes: 500 incidents are 500 colours, not 1,000 artists."""
    colours = [SEVERITY_COLOURS[group["severity"].iloc[0]] for group in incidents]
    moments = [group["timestamp"].dt.tz_localize(None).sort_values().to_numpy() for group in incidents]
    ax.hlines(
        range(len(incidents)),
        [times[0] for times in moments],
        [times[-1] for times in moments],
        colors=colours,
        alpha=0.9 if is_dark(ax) else 0.5,
        linewidth=0.8 if dense else 3,
        zorder=2,
    )
    dots = [(time, row, colours[row]) for row, times in enumerate(moments) for time in times]
    times, rows, fills = zip(*dots, strict=True)
    # A thin ring, so that a pale dot is seen on white and a dark one on black.
    ring = {"linewidths": 0} if dense else {"linewidths": 0.6, "edgecolors": ax.title.get_color()}
    ax.scatter(times, rows, s=5 if dense else 42, c=fills, zorder=3, **ring)
    ends = (each.astype("datetime64[us]").astype("int64") for each in (min(times), max(times)))
    limit_times(ax, *map(float, ends))


def _explain_severities(ax: Axes, held: set[str]) -> None:
    """Say below the time axis which colour is which severity, of those that are drawn."""
    from matplotlib.patches import Patch

    handles = [Patch(color=SEVERITY_COLOURS[word], label=word) for word in SEVERITIES if word in held]
    legend_below(ax, handles, drop_points=36)


def _clean(ax: Axes, most: int) -> None:
    """Leave the bars and their numbers: the numbers make a value axis redundant."""
    ax.set_xlim(0, max(most, 1) * 1.08)
    ax.xaxis.set_visible(False)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
