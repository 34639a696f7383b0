"""Which incident explains which: candidates by what is named and shared, in the order of time, without circles."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from logdebug.report.correlation.clues import clues_of
from logdebug.report.correlation.placing import PASSING
from logdebug.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from logdebug.report.correlation.clues import Clue
    from logdebug.report.correlation.views import View

__all__ = ["Link", "Reason", "find_links"]

_LEAST_CONFIDENCE = 0.5
_EARLIER = 0.2
"""What it adds to a link that its cause began first; by itself that proves nothing."""
_TOLERANCE = timedelta(seconds=2)
"""By how much an effect may seem to come before its cause: clocks that agree still tell whole seconds."""
_LONGEST_GAP = timedelta(hours=6)
"""An incident that ended longer ago explains nothing."""
_MOST_OF_A_RULE = 3

Rule = Literal["names_service", "names_host", "names_port", "shared_ids", "earlier"]
Role = Literal["explains", "adds_to"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence for a link.

    Parameters
    ----------
    rule
        Which: the effect names the cause's service, host or port; they fail on the same request; the cause is earlier.
    strength
        How much it says, from 0 to 1.
    words
        What it says, in one sentence.
    said
        What of it is said: the name or address as it stands in the quote, or how many requests.
    service
        The service whose log or diagnosis shows it.
    quote
        The words that show it; empty where it follows from times.
    file, line
        Where they stand, below that incident's directory; an empty file and None where no line shows it.
    timestamp
        When, in UTC, by the clock of that service; None where nobody knows.
    """

    rule: Rule
    strength: float
    words: str
    said: str
    service: str
    quote: str = ""
    file: str = ""
    line: int | None = None
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One incident that explains another, with why.

    Parameters
    ----------
    cause, effect
        Their places in the report.
    cause_service, effect_service
        Their services.
    role
        `explains` where the cause began before the effect, `adds_to` where the effect was failing by then and this
        came on top.
    confidence
        From 0.5 to 1: its reasons together, of each rule the strongest.
    reasons
        Why, the strongest first.
    lag_seconds
        From the cause's onset to the effect's, clocks corrected; negative where it adds to what was there; None where
        one of them has no time.
    note
        What else is to be said: that they name one another, say.
    """

    cause: int
    effect: int
    cause_service: str
    effect_service: str
    role: Role
    confidence: float
    reasons: tuple[Reason, ...]
    lag_seconds: float | None = None
    note: str = ""


class Clocks(NamedTuple):
    """How to compare times of several services: by how much each one's clock is ahead."""

    offsets: Mapping[int, timedelta]

    def right(self, index: int, moment: datetime | None) -> datetime | None:
        """Give a time of an incident by the clock that counts as right."""
        if moment is None:
            return None
        try:
            return moment - self.offsets.get(index, timedelta())
        except OverflowError:
            return moment


def find_links(views: Sequence[View], offsets: Mapping[int, timedelta]) -> tuple[Link, ...]:
    """Link the incidents of which one explains another.

    Parameters
    ----------
    views
        The incidents, each at its place.
    offsets
        By how much the clock of each is ahead, by its place; 0 where it isn't there.

    Returns
    -------
    tuple of Link
        By the onsets of their causes and effects. No chain of links leads back to where it began: of two incidents
        that name one another, the earlier is the cause.
    """
    clocks = Clocks(offsets)
    clues: dict[tuple[int, int], list[Clue]] = defaultdict(list)
    for clue in clues_of(views, clocks):
        clues[clue.cause, clue.effect].append(clue)
    candidates = []
    for (cause, effect), found in clues.items():
        link = _link(views[cause], views[effect], found, clocks)
        if link is not None:
            named_back = any(clue.strength > PASSING for clue in clues.get((effect, cause), ()))
            candidates.append(replace(link, note=_mutual(link)) if named_back else link)
    kept = _without_circles(candidates, views, clocks)
    return tuple(sorted(kept, key=lambda link: (_when(views[link.cause], clocks), _when(views[link.effect], clocks))))


def _link(cause: View, effect: View, clues: list[Clue], clocks: Clocks) -> Link | None:
    """Make a link of what points to it, where that is enough and the times allow it."""
    begun = clocks.right(cause.index, cause.onset)
    ended = clocks.right(cause.index, cause.end)
    fits = [clue for clue in clues if _fits(clue, effect, begun, ended, clocks)]
    if not fits:
        return None
    failing = clocks.right(effect.index, effect.onset)
    reasons = _reasons(fits, effect)
    lag = (failing - begun).total_seconds() if failing and begun else None
    first = lag is not None and lag >= -_TOLERANCE.total_seconds()
    if lag is not None and lag > 0:
        reasons.append(_earlier(cause, effect, lag, begun))
    confidence = _together(reasons)
    if confidence < _LEAST_CONFIDENCE:
        return None
    return Link(
        cause=cause.index,
        effect=effect.index,
        cause_service=cause.service,
        effect_service=effect.service,
        role="explains" if first or lag is None else "adds_to",
        confidence=confidence,
        reasons=tuple(sorted(reasons, key=lambda reason: -reason.strength)),
        lag_seconds=lag,
    )


def _mutual(link: Link) -> str:
    """Say that two incidents name one another, and which of them is therefore the cause."""
    first = f"; {one_line(link.cause_service)} was failing first" if link.lag_seconds and link.lag_seconds > 0 else ""
    return f"they name one another{first}"


def _fits(clue: Clue, effect: View, begun: datetime | None, ended: datetime | None, clocks: Clocks) -> bool:
    """Say whether the cause was failing when the effect pointed to it."""
    at = clocks.right(effect.index, clue.timestamp or effect.end)
    if at is None or begun is None:
        return True
    return begun <= at + _TOLERANCE and at - (ended or begun) <= _LONGEST_GAP


def _reasons(clues: list[Clue], effect: View) -> list[Reason]:
    """Give the first few of each rule, each line once."""
    reasons: list[Reason] = []
    held: dict[str, set[tuple[str, int | None]]] = defaultdict(set)
    for clue in sorted(clues, key=lambda clue: (-clue.strength, clue.line is None, clue.line or 0)):
        place = (clue.file, clue.line)
        if place in held[clue.rule] or len(held[clue.rule]) >= _MOST_OF_A_RULE:
            continue
        held[clue.rule].add(place)
        reasons.append(
            Reason(
                rule=clue.rule,
                strength=round(clue.strength, 3),
                words=clue.words,
                said=clue.said,
                service=effect.service,
                quote=clue.quote,
                file=clue.file,
                line=clue.line,
                timestamp=clue.timestamp,
            )
        )
    return reasons


def _earlier(cause: View, effect: View, lag: float, begun: datetime | None) -> Reason:
    words = f"{one_line(cause.service)} began {span(lag)} before {one_line(effect.service)}"
    return Reason("earlier", _EARLIER, words, span(lag), cause.service, timestamp=begun)


def _together(reasons: Iterable[Reason]) -> float:
    """Give the confidence of independent reasons: of each rule the strongest, as chances that not all of them err."""
    best: dict[str, float] = {}
    for reason in reasons:
        best[reason.rule] = max(best.get(reason.rule, 0.0), reason.strength)
    doubt = 1.0
    for strength in best.values():
        doubt *= 1 - strength
    return round(1 - doubt, 3)


def _without_circles(links: list[Link], views: Sequence[View], clocks: Clocks) -> list[Link]:
    """Keep the links, the earliest causes first, that don't lead back to where they began."""
    leads: dict[int, set[int]] = defaultdict(set)
    kept: list[Link] = []
    for link in sorted(links, key=lambda link: (_when(views[link.cause], clocks), link.role, -link.confidence)):
        if link.cause not in _reached(leads, link.effect):
            leads[link.cause].add(link.effect)
            kept.append(link)
    return kept


def _reached(leads: Mapping[int, set[int]], start: int) -> set[int]:
    reached, left = {start}, [start]
    while left:
        for index in leads.get(left.pop(), ()):
            if index not in reached:
                reached.add(index)
                left.append(index)
    return reached


def _when(view: View, clocks: Clocks) -> tuple[bool, float, int]:
    """Give a key that sorts incidents by their onsets, those without a time last."""
    moment = clocks.right(view.index, view.onset)
    return moment is None, moment.timestamp() if moment else 0.0, view.index


def span(seconds: float) -> str:
    """Say a duration in one or two units."""
    seconds = abs(seconds)
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days:,} d {hours} h" if days else f"{hours} h {minutes} min"
