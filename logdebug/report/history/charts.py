"""A history as charts: categories and severities by week, and what comes again. Each title says what is found."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from logdebug.drawing import blank, is_dark, label_rows, legend_below, new_axes, time_axis, titled
from logdebug.records import SEVERITIES
from logdebug.report.charts.colours import BLUE, SEVERITY_COLOURS, ink_on, shades
from logdebug.report.charts.naming import shown_name
from logdebug.report.history.trends import distinct, weekly

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from logdebug.report.history.history import History

__all__ = ["HistoryPlots", "categories", "repeat_offenders", "severities"]

When = datetime | date | str | None

_MOST_WRITTEN_WEEKS = 26
_FEW_WEEKS, _LEAST_WEEKS = 9, 4
_MOST_OFFENDERS = 20
_BELOW_AXIS_POINTS = 34.0


class HistoryPlots:
    """A history's charts, each one method; `history.plot` is one of these.

    All take `since` and `until` (as `History.to_df` does) and `service`, to draw only a part of it.
    """

    def __init__(self, history: History) -> None:
        self._history = history

    def __repr__(self) -> str:
        """List the charts."""
        return "history.plot: categories(ax=None), severities(ax=None), repeats(ax=None); each: since, until, service"

    def categories(
        self, ax: Axes | None = None, *, since: When = None, until: When = None, service: str | None = None
    ) -> Axes:
        """Draw how many incidents of each category there were in each week."""
        return categories(self._history.to_df(since, until, service=service), ax, of=service)

    def severities(
        self, ax: Axes | None = None, *, since: When = None, until: When = None, service: str | None = None
    ) -> Axes:
        """Draw how many incidents of each severity there were in each week."""
        return severities(self._history.to_df(since, until, service=service), ax, of=service)

    def repeats(
        self, ax: Axes | None = None, *, since: When = None, until: When = None, service: str | None = None
    ) -> Axes:
        """Draw which failures came again to which services, and when."""
        return repeat_offenders(self._history.to_df(since, until, service=service), ax)


def categories(frame: pd.DataFrame, ax: Axes | None = None, *, of: str | None = None) -> Axes:
    """Draw how many incidents of each category there were in each week, as a heat map.

    Parameters
    ----------
    frame
        As `History.to_df` returns; each incident counts once.
    ax
        Where to draw; None makes a figure.
    of
        The service that the frame is of, for the title; None for all.

    Returns
    -------
    matplotlib.axes.Axes
        A row per category that occurs, the most frequent on top; a field per week, its count written on it in up to
        26 weeks.
    """
    held = distinct(frame)
    counts = weekly(held, "category")
    totals = counts.sum().sort_values(ascending=False, kind="stable")
    ax = ax or new_axes(8.4, 1.6 + 0.36 * max(len(totals), 2))
    if held.empty:
        return blank(ax, _none(of))
    _draw_fields(ax, counts[list(totals.index)])
    label_rows(ax, list(totals.index), rows=max(len(totals), 2))
    _week_axis(ax, counts.index)
    ax.grid(visible=False)
    weeks = _weeks(len(counts))
    most = int(totals.iloc[0])
    if len(totals) > 1 and most == totals.iloc[1]:
        return titled(ax, f"No category leads: {_incidents(len(held), of)} in {weeks}")
    return titled(ax, f"{totals.index[0]} leads: {most:,} of {_incidents(len(held), of)} in {weeks}")


def severities(frame: pd.DataFrame, ax: Axes | None = None, *, of: str | None = None) -> Axes:
    """Draw how many incidents of each severity there were in each week.

    Parameters
    ----------
    frame, ax, of
        As for `categories`.

    Returns
    -------
    matplotlib.axes.Axes
        A bar per week, made of its severities, the worst at the bottom.
    """
    from matplotlib.ticker import MaxNLocator

    held = distinct(frame)
    counts = weekly(held, "severity")
    ax = ax or new_axes(8.4, 3.4)
    if held.empty:
        return blank(ax, _none(of))
    middles = [_number(week) + 3.5 for week in counts.index]
    below = [0] * len(counts)
    for word in SEVERITIES:
        if word in counts:
            heights = [int(count) for count in counts[word]]
            width = 7 * (0.8 if len(counts) <= 52 else 1.0)
            ax.bar(middles, heights, width, bottom=below, color=SEVERITY_COLOURS[word], label=word)
            below = [before + height for before, height in zip(below, heights, strict=True)]
    _week_axis(ax, counts.index)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylim(0, max(below) * 1.08)
    ax.set_ylabel("incidents a week")
    ax.grid(visible=False, axis="x")
    ax.grid(axis="y", alpha=0.25, linewidth=0.6)
    legend_below(ax, drop_points=_BELOW_AXIS_POINTS)
    return titled(ax, _severities_finding(counts, of))


def repeat_offenders(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw which failures came again to which services, and when.

    Parameters
    ----------
    frame, ax
        As for `categories`.

    Returns
    -------
    matplotlib.axes.Axes
        A row per service and category that came more than once, the most frequent on top, at most 20; a dot each
        time, and at its end how often, and the median of the days between.
    """
    groups = [
        (str(service), str(category), list(group["happened_at"]))
        for (service, category), group in distinct(frame).groupby(["service", "category"], sort=True, observed=True)
        if len(group) > 1
    ]
    groups.sort(key=lambda group: (-len(group[2]), _median_days(group[2])))
    shown = groups[:_MOST_OFFENDERS]
    ax = ax or new_axes(8.4, 1.5 + 0.36 * max(len(shown), 2))
    if not shown:
        return blank(ax, "Nothing came again" if len(frame) else _none(None))
    for row, (_, _, times) in enumerate(shown):
        moments = [_number(moment) for moment in times]
        ax.hlines(row, moments[0], moments[-1], colors=BLUE, alpha=0.4, linewidth=2)
        ax.scatter(moments, [row] * len(moments), s=40, c=BLUE, linewidths=0, zorder=3)
        said = f"{len(times):,} times, typically {_days(_median_days(times))} apart"
        ax.annotate(said, (1, row), xycoords=("axes fraction", "data"), va="center", fontsize="small", alpha=0.75)
    names = [f"{shown_name(service, 24)}: {category}" for service, category, _ in shown]
    label_rows(ax, names, rows=max(len(shown), 2))
    time_axis(ax)
    if len(groups) > len(shown):
        ax.set_xlabel(f"{len(groups) - len(shown):,} more came again", loc="left", fontsize="small")
    service, category, times = shown[0]
    said = f"{len(times):,} times, typically {_days(_median_days(times))} apart"
    return titled(ax, f"{shown_name(service, 24)}: {category} came {said}")


def _draw_fields(ax: Axes, counts: pd.DataFrame) -> None:
    """Fill each field by its count, and write that on it where there is room."""
    from matplotlib.colors import to_hex

    colours, most = shades(dark=is_dark(ax)), int(counts.to_numpy().max())
    starts = [_number(week) for week in counts.index]
    # Of many weeks each is a sliver, which is to be seen without a number on it.
    gap, least = (0.25, 0.0) if len(starts) <= _MOST_WRITTEN_WEEKS else (0.0, 0.4)
    for row, name in enumerate(counts.columns):
        held = [(start, int(count)) for start, count in zip(starts, counts[name], strict=True)]
        shares = [max((count - 1) / max(most - 1, 4), least) for _, count in held]
        fills = [
            to_hex(colours(share)) if count else "#80808018" for share, (_, count) in zip(shares, held, strict=True)
        ]
        spans = [(start + gap, 7 - 2 * gap) for start, _ in held]
        ax.broken_barh(spans, (row - 0.45, 0.9), facecolors=fills, linewidth=0)
        for (start, count), fill in zip(held, fills, strict=True):
            if count and len(starts) <= _MOST_WRITTEN_WEEKS:
                ax.text(start + 3.5, row, f"{count:,}", ha="center", va="center", color=ink_on(fill), fontsize="small")


def _week_axis(ax: Axes, weeks: pd.Index[pd.Timestamp]) -> None:
    """Make the x axis one of weeks; the ticks of a few stand at their Mondays."""
    time_axis(ax)
    first = _number(weeks[0])
    ax.set_xlim(first, first + 7 * max(len(weeks), _LEAST_WEEKS))
    if len(weeks) <= _FEW_WEEKS:
        # By themselves the ticks would say days of the month only, of which there may be two.
        ax.set_xticks([_number(week) for week in weeks], [f"{week:%b %d}" for week in weeks])
        ax.set_xlabel(f"weeks of {weeks[0]:%Y}, from Monday, UTC", loc="right")


def _severities_finding(counts: pd.DataFrame, of: str | None) -> str:
    total = int(counts.to_numpy().sum())
    worst = next(word for word in SEVERITIES if word in counts)
    by_week = counts.sum(axis=1)
    which = f"{int(counts[worst].sum()):,} of {_incidents(total, of)} in {_weeks(len(counts))}"
    said = f"{which} {'are' if total > 1 else 'is'} {worst}"
    if len(counts) < 3 or (by_week == by_week.max()).sum() > 1:
        return said
    return f"{said}; the busiest week began {by_week.idxmax():%Y-%m-%d}"


def _incidents(count: int, of: str | None) -> str:
    whose = f" of {shown_name(of, 30)}" if of else ""
    return f"{count:,} incident{'s' * (count != 1)}{whose}"


def _weeks(count: int) -> str:
    return f"{count:,} weeks" if count > 1 else "one week"


def _none(of: str | None) -> str:
    return f"No incident of {shown_name(of, 30)} in this history" if of else "No incident in this history"


def _median_days(times: list[pd.Timestamp]) -> float:
    from statistics import median

    return median((later - earlier).total_seconds() / 86400 for earlier, later in pairwise(times))


def _days(days: float) -> str:
    if days < 2:
        return f"{days * 24:,.0f} h"
    return f"{days:,.0f} days"


def _number(moment: datetime) -> float:
    """Give a time as matplotlib's axis counts it: in days."""
    from matplotlib.dates import date2num

    return float(date2num(moment))  # type: ignore[no-untyped-call] # matplotlib.dates comes without types
