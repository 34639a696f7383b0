"""Across incidents: which came first, which explains which, and how far their clocks are apart. No model is asked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from logdebug.report.correlation.links import Clocks, find_links
from logdebug.report.correlation.skew import estimate_skews, offsets_of
from logdebug.report.correlation.views import view_of
from logdebug.report.text import one_line, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, timedelta

    import pandas as pd
    from matplotlib.axes import Axes

    from logdebug.records import Severity
    from logdebug.report.correlation.links import Link
    from logdebug.report.correlation.skew import Skew
    from logdebug.report.correlation.views import View
    from logdebug.report.report import Report

__all__ = ["Correlation", "Standing", "correlate"]

_MOST_NAME = 30

Standpoint = Literal["cause", "symptom", "unrelated"]


@dataclass(frozen=True, slots=True, repr=False)
class Standing:
    """Where one incident stands among the others.

    Parameters
    ----------
    index
        Its place in the report: `report[standing.index]` is its diagnosis.
    service, severity
        Its own.
    role
        `cause` explains others and nothing here explains it; a `symptom` is explained by another, and may in turn
        explain more; `unrelated` is linked to none.
    onset, end
        Its first and last sign of trouble, in UTC, by corrected clocks; None where its diagnosis has no time.
    ahead_seconds
        By how much its clock was found ahead and its times are corrected; 0 where it agrees or nobody knows.
    """

    index: int
    service: str
    severity: Severity
    role: Standpoint
    onset: datetime | None
    end: datetime | None
    ahead_seconds: float = 0.0

    def __repr__(self) -> str:
        """Name it, with its role and onset."""
        when = f"{self.onset:%Y-%m-%d %H:%M:%S} UTC" if self.onset else "no time"
        return f"<{one_line(self.service)} [{self.index}]: {self.role}, {when}>"


@dataclass(frozen=True, repr=False)
class Correlation:
    """What the incidents of a report have to do with one another.

    Parameters
    ----------
    order
        Every incident, by its onset, those without a time last.
    links
        Which explains which, and why, in the order of time.
    skews
        How far the clocks of services are apart, for every two that share ids.
    """

    order: tuple[Standing, ...]
    links: tuple[Link, ...] = ()
    skews: tuple[Skew, ...] = ()

    @property
    def causes(self) -> tuple[Standing, ...]:
        """The incidents that explain others and are explained by none, by onset."""
        return tuple(standing for standing in self.order if standing.role == "cause")

    @property
    def symptoms(self) -> tuple[Standing, ...]:
        """The incidents that others explain, by onset."""
        return tuple(standing for standing in self.order if standing.role == "symptom")

    @property
    def unrelated(self) -> tuple[Standing, ...]:
        """The incidents that are linked to no other, by onset."""
        return tuple(standing for standing in self.order if standing.role == "unrelated")

    @property
    def finding(self) -> str:
        """What was found, in one sentence."""
        return _finding(self)

    def effects_of(self, index: int) -> tuple[int, ...]:
        """Give the places of the incidents that one explains, directly or through others, in the order of time."""
        reached = _reached_from(index, _led_to(self.links))
        return tuple(standing.index for standing in self.order if standing.index in reached)

    def to_df(self) -> pd.DataFrame:
        """Return one row per reason of a link; see `logdebug.report.correlation.table.to_df` for the columns."""
        from logdebug.report.correlation.table import to_df

        return to_df(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the incidents on one UTC axis, with an arrow from each cause to what it explains."""
        from logdebug.report.correlation.cascade import cascade

        return cascade(self, ax)

    def __repr__(self) -> str:
        """Give the finding, the order, the links with their reasons and the clocks, in plain text."""
        from logdebug.report.correlation.table import to_text

        return to_text(self)

    def _repr_html_(self) -> str:
        from logdebug.report.correlation.table import to_html

        return to_html(self)


def correlate(report: Report) -> Correlation:
    """Find out what the incidents of a report have to do with one another.

    One incident explains another where the other names its service, host or port as what fails, in a quote that was
    found in the log, in its timeline or in its root cause, or where the same requests failed in both; and where it
    was failing by then, after clocks are corrected by the ids that both logged. Of two that name one another the
    earlier is the cause. Names that many things have, loopback addresses and common ports say nothing, nor does a
    name by itself where a caller or a path stands.

    Where a log can still be read, and still holds what was quoted, a bounded part around the quotes is read for ids.

    Parameters
    ----------
    report
        The report.

    Returns
    -------
    Correlation
        With one standing per diagnosis.
    """
    views = [view_of(index, diagnosis, report.generated_at) for index, diagnosis in enumerate(report.reports)]
    skews = estimate_skews(views)
    offsets = offsets_of(skews)
    links = find_links(views, offsets)
    standings = _standings(report, views, links, offsets)
    return Correlation(tuple(sorted(standings, key=_by_onset)), links, skews)


def _standings(
    report: Report, views: Sequence[View], links: Sequence[Link], offsets: dict[int, timedelta]
) -> Iterator[Standing]:
    clocks = Clocks(offsets)
    causes, effects = {link.cause for link in links}, {link.effect for link in links}
    for view in views:
        role: Standpoint = "cause" if view.index in causes else "unrelated"
        yield Standing(
            index=view.index,
            service=view.service,
            severity=report.reports[view.index].severity,
            role="symptom" if view.index in effects else role,
            onset=clocks.right(view.index, view.onset),
            end=clocks.right(view.index, view.end),
            ahead_seconds=offsets[view.index].total_seconds() if view.index in offsets else 0.0,
        )


def _by_onset(standing: Standing) -> tuple[bool, float, int]:
    moment = standing.onset
    return moment is None, moment.timestamp() if moment else 0.0, standing.index


def _finding(correlation: Correlation) -> str:
    """Say which cause explains most, and whether it was the first of those that are linked with it."""
    count = len(correlation.order)
    if count < 2:
        return "No incident was diagnosed" if not count else "One incident alone: nothing to correlate"
    if not correlation.links:
        return f"None of the {count:,} incidents explains another"
    led = _led_to(correlation.links)
    reached = {cause.index: _reached_from(cause.index, led) for cause in correlation.causes}
    main = max(correlation.causes, key=lambda cause: len(reached[cause.index]))
    effects = correlation.effects_of(main.index)
    names = {standing.index: shorten_middle(one_line(standing.service), _MOST_NAME) for standing in correlation.order}
    said = names[effects[0]] if len(effects) == 1 else f"{names[effects[0]]} and "
    if len(effects) == 2:
        said += names[effects[1]]
    elif len(effects) > 2:
        said += f"{len(effects) - 1:,} more"
    others = {index for index, its in reached.items() if its & reached[main.index]} | set(effects)
    first = next(standing.index for standing in correlation.order if standing.index in others)
    saying = "failed first and explains" if first == main.index and main.onset else "explains"
    return f"{names[main.index]} {saying} {said}"


def _led_to(links: Iterable[Link]) -> dict[int, list[int]]:
    """Give what each incident explains directly."""
    led: dict[int, list[int]] = defaultdict(list)
    for link in links:
        led[link.cause].append(link.effect)
    return led


def _reached_from(index: int, led: dict[int, list[int]]) -> set[int]:
    """Give what an incident explains, directly or through others."""
    reached, left = set[int](), [index]
    while left:
        following = {effect for effect in led.get(left.pop(), ()) if effect not in reached}
        reached |= following
        left.extend(following)
    return reached
