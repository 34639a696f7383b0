"""How far the clocks of services are apart, told by the ids of requests that several of them logged."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, combinations
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.report.correlation.lines import LogLine
    from logdebug.report.correlation.views import View

__all__ = ["Skew", "estimate_skews", "holders_of", "offsets_of"]

_LEAST_IDS = 3
_LEAST_SECONDS = 1.0
"""A difference below this is nothing: many logs tell time in whole seconds, and a request takes its time."""
_LEAST_TIMES_SPREAD = 3.0
_MOST_HOLDERS = 20
"""An id that more incidents have is none of a request."""


@dataclass(frozen=True, slots=True)
class Skew:
    """How far one service's clock is ahead of another's.

    Parameters
    ----------
    service, reference
        The two services: whose clock is ahead, and of whose (behind, where `seconds` is negative).
    index, reference_index
        Their places in the report.
    seconds
        The median of the differences, one per shared id.
    ids
        How many ids they share.
    spread_seconds
        The median of how far the differences lie from their median.
    corrected
        Whether times are corrected by it: not where it lies within what requests and whole seconds explain.
    """

    service: str
    reference: str
    index: int
    reference_index: int
    seconds: float
    ids: int
    spread_seconds: float
    corrected: bool


def estimate_skews(views: Sequence[View]) -> tuple[Skew, ...]:
    """Estimate the difference of the clocks of every two incidents that share at least three ids.

    Each id gives one difference: that of the middles of what either service logged of it, so that a caller's line
    before the call and the one after it level out. Their median is robust against the requests that hung.

    Returns
    -------
    tuple of Skew
        In the order of the report.
    """
    differences: dict[tuple[int, int], list[float]] = defaultdict(list)
    for word, held in holders_of(views).items():
        for one, other in combinations(held, 2):
            first, second = middle_of(one.ids[word]), middle_of(other.ids[word])
            if first is not None and second is not None:
                differences[one.index, other.index].append(second - first)
    services = {view.index: view.service for view in views}
    return tuple(
        _skew(services, pair, found) for pair, found in sorted(differences.items()) if len(found) >= _LEAST_IDS
    )


def holders_of(views: Sequence[View]) -> dict[str, list[View]]:
    """Give the ids that 2 to 20 incidents logged, each with those incidents in the order of the report."""
    counts = Counter(chain.from_iterable(view.ids.candidates for view in views))
    shared = {word for word, count in counts.items() if 1 < count <= _MOST_HOLDERS}
    holders: dict[str, list[View]] = {word: [] for word in sorted(shared)}
    for view in views if holders else ():
        for word in shared.intersection(view.ids.candidates):
            if word in view.ids:
                holders[word].append(view)
    return {word: held for word, held in holders.items() if len(held) > 1}


def _skew(services: dict[int, str], pair: tuple[int, int], differences: list[float]) -> Skew:
    reference, index = pair
    seconds = median(differences)
    spread = median(abs(difference - seconds) for difference in differences)
    return Skew(
        service=services[index],
        reference=services[reference],
        index=index,
        reference_index=reference,
        seconds=seconds,
        ids=len(differences),
        spread_seconds=spread,
        corrected=abs(seconds) > max(_LEAST_SECONDS, _LEAST_TIMES_SPREAD * spread),
    )


def offsets_of(skews: Sequence[Skew]) -> dict[int, timedelta]:
    """Give by how much each incident's times are ahead, against the clock that most ids agree on.

    Returns
    -------
    dict of int to timedelta
        By the incident's place in the report; incidents that share no ids with others are left out. Within each group
        of services that share ids the one with the most of them counts as right, and the others follow from it along
        the pairs with the most ids.
    """
    weights: dict[int, int] = defaultdict(int)
    for skew in skews:
        weights[skew.index] += skew.ids
        weights[skew.reference_index] += skew.ids
    offsets: dict[int, timedelta] = {}
    ranked = sorted(skews, key=lambda skew: (-skew.ids, skew.reference_index, skew.index))
    for root in sorted(weights, key=lambda index: (-weights[index], index)):
        if root not in offsets:
            offsets[root] = timedelta()
            _follow(ranked, offsets)
    return offsets


def _follow(ranked: Sequence[Skew], offsets: dict[int, timedelta]) -> None:
    """Add what follows from the offsets that are known, the best pair first."""
    while True:
        for skew in ranked:
            ahead = timedelta(seconds=skew.seconds if skew.corrected else 0.0)
            if skew.reference_index in offsets and skew.index not in offsets:
                offsets[skew.index] = offsets[skew.reference_index] + ahead
                break
            if skew.index in offsets and skew.reference_index not in offsets:
                offsets[skew.reference_index] = offsets[skew.index] - ahead
                break
        else:
            return


def middle_of(lines: Sequence[LogLine]) -> float | None:
    """Give the middle between the first and last time of some lines, in seconds since 1970; None without a time."""
    times = [line.timestamp.timestamp() for line in lines if line.timestamp is not None]
    return (min(times) + max(times)) / 2 if times else None
