"""What points from one incident to another: a name, an address, a request that failed in both."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple, Protocol

from logdebug.report.correlation.identity import is_loopback
from logdebug.report.correlation.mentions import Names, stem_of
from logdebug.report.correlation.placing import DEPENDENCY, PASSING, place_of
from logdebug.report.correlation.skew import holders_of
from logdebug.report.correlation.views import is_trouble
from logdebug.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import Literal

    from logdebug.report.correlation.lines import LogLine
    from logdebug.report.correlation.views import Statement, View

__all__ = ["Clue", "clues_of"]

_SAID_BY_CAUSE = 0.45
"""The root cause is a sentence of an analyst, no line of a log."""
_HOST_AND_PORT, _HOST, _PORT = 0.8, 0.55, 0.3
_OF_IDS = (0.45, 0.55, 0.65)
"""For one, two and more requests that failed in both."""
_NAMED_WITH_ID = 0.25
_COMMON_PORTS = frozenset({22, 25, 53, 80, 443, 3000, 5000, 8000, 8080, 8081, 8088, 8443, 8888, 9000, 9090})
_MOST_APART = timedelta(seconds=120)
"""A request that failed in two services did so within this time."""
_MOST_HOLDERS = 8
_MOST_STATEMENT = 4000

_ADDRESS = re.compile(
    r"(?<![\w.@-])(?P<host>(?:\d{1,3}\.){3}\d{1,3}|localhost|[a-z0-9][\w-]*(?:\.[a-z0-9][\w-]*)+)(?::(?P<port>\d{2,5})\b)?",
    re.IGNORECASE,
)


class RightClock(Protocol):
    """What corrects the times of an incident."""

    def right(self, index: int, moment: datetime | None) -> datetime | None:
        """Give a time by the clock that counts as right."""


class Clue(NamedTuple):
    """What points to one incident as the cause of another.

    Parameters
    ----------
    cause, effect
        Their places in the report.
    rule, strength, words, said, quote, file, line, timestamp
        As of a `Reason`; it is the effect that says it.
    """

    cause: int
    effect: int
    rule: Literal["names_service", "names_host", "names_port", "shared_ids"]
    strength: float
    words: str
    said: str
    quote: str
    file: str
    line: int | None
    timestamp: datetime | None


def clues_of(views: Sequence[View], clocks: RightClock) -> Iterator[Clue]:
    """Give everything in some incidents that points from one to another, whatever the times say of it.

    Parameters
    ----------
    views
        The incidents, each at its place.
    clocks
        What makes times of several services comparable.
    """
    yield from _names(views)
    yield from _named_addresses(views)
    yield from _shared_ids(views, clocks)


def _names(views: Sequence[View]) -> Iterator[Clue]:
    """Give where one incident names the service of another."""
    names = Names(view.service for view in views)
    holders: dict[str, list[View]] = defaultdict(list)
    for view in views:
        holders[view.key].append(view)
    for view in views:
        for statement in view.statements:
            strongest: dict[str, tuple[float, str]] = {}
            for mention in names.mentions(statement.text[:_MOST_STATEMENT], own=view.key):
                strongest[mention.key] = max(strongest.get(mention.key, (0.0, "")), (mention.weight, mention.said))
            for key, (weight, said) in strongest.items():
                how = "" if weight > PASSING else " in passing"
                strength = min(weight, _SAID_BY_CAUSE) if statement.source == "root_cause" else weight
                words = f"{_whose(statement, view)} names {one_line(said)}{how}"
                for cause in holders[key]:
                    yield _clue((cause, view), statement, "names_service", strength=strength, words=words, said=said)


def _named_addresses(views: Sequence[View]) -> Iterator[Clue]:
    """Give where one incident names the host or the port of another."""
    hosts, ports = _owners((view.index, view.hosts) for view in views), _owners((v.index, v.ports) for v in views)
    if not hosts and not ports:
        return
    for view in views:
        for statement in view.statements:
            text = statement.text[:_MOST_STATEMENT]
            for match in _ADDRESS.finditer(text):
                host, port = match["host"].lower(), int(match["port"] or 0)
                if host in view.hosts or place_of(text, match.start(), match.end()) < DEPENDENCY:
                    continue
                for owner, rule, strength in _owners_of(host, port, hosts, ports):
                    if owner != view.index and not (rule == "names_port" and port in view.ports):
                        words = f"{_whose(statement, view)} names {one_line(match[0])}, {_MEANING[rule]}"
                        words = words.format(one_line(views[owner].service))
                        yield _clue(
                            (views[owner], view), statement, rule, strength=strength, words=words, said=match[0]
                        )


_MEANING = {
    "names_host": "which the log of {} calls its own address",
    "names_port": "a port on which {} says that it listens",
}


def _owners(held: Iterable[tuple[int, frozenset[object]]]) -> dict[object, list[int]]:
    owners: dict[object, list[int]] = defaultdict(list)
    for index, things in held:
        for thing in things:
            owners[thing].append(index)
    return dict(owners)


def _owners_of(
    host: str, port: int, hosts: dict[object, list[int]], ports: dict[object, list[int]]
) -> Iterator[tuple[int, Literal["names_host", "names_port"], float]]:
    """Give who an address may belong to. What several call their own tells none of them apart, but with a port."""
    of_port = ports.get(port, []) if port not in _COMMON_PORTS else []
    of_host = [] if is_loopback(host) else hosts.get(host, [])
    both = [owner for owner in of_host if owner in of_port]
    if len(both) == 1:
        yield both[0], "names_host", _HOST_AND_PORT
    elif len(of_host) == 1:
        yield of_host[0], "names_host", _HOST
    elif not of_host and len(of_port) == 1:
        yield of_port[0], "names_port", _PORT


def _shared_ids(views: Sequence[View], clocks: RightClock) -> Iterator[Clue]:
    """Give which two incidents failed on the same requests, and which of them points to the other."""
    failed: dict[tuple[int, int], list[LogLine]] = defaultdict(list)
    for word, held in holders_of(views).items():
        if len(held) > _MOST_HOLDERS:
            continue
        lines = {view.index: line for view in held if (line := _failing(view.ids[word]))}
        for cause, effect in permutations(lines, 2):
            if _close(cause, lines[cause], effect, lines[effect], clocks):
                failed[cause, effect].append(lines[effect])
    stems = Counter(stem_of(view.service) for view in views)
    for (cause, effect), lines_of_effect in failed.items():
        yield from _of_ids(views[cause], views[effect], lines_of_effect, failed, stems=stems, clocks=clocks)


def _of_ids(
    cause: View,
    effect: View,
    lines: list[LogLine],
    failed: dict[tuple[int, int], list[LogLine]],
    *,
    stems: Counter[str],
    clocks: RightClock,
) -> Iterator[Clue]:
    """Say what requests that failed in both tell: who of the two names the other, or else who failed first."""
    pointing = [line for line in lines if _points_to(line.text, cause, stems)]
    if not pointing:
        if any(_points_to(line.text, effect, stems) for line in failed[effect.index, cause.index]):
            return
        begun, failing = clocks.right(cause.index, cause.onset), clocks.right(effect.index, effect.onset)
        if begun is None or failing is None or begun >= failing:
            return
    shown = sorted(pointing or lines, key=lambda line: line.number)
    strength = _OF_IDS[min(len(lines), len(_OF_IDS)) - 1] + (_NAMED_WITH_ID if pointing else 0.0)
    requests = "1 request" if len(lines) == 1 else f"{len(lines)} requests"
    words = f"{requests} failed in both, by {'its id' if len(lines) == 1 else 'their ids'}"
    words += f", and {one_line(effect.service)} says there whom it asked" if pointing else ""
    yield Clue(
        cause=cause.index,
        effect=effect.index,
        rule="shared_ids",
        strength=strength,
        words=words,
        said=requests,
        quote=shown[0].text,
        file=effect.log_file,
        line=shown[0].number or None,
        timestamp=shown[-1].timestamp,
    )


def _points_to(text: str, cause: View, stems: Counter[str]) -> bool:
    """Say whether a line about a request names the service that it asked, if only by the telling part of its name."""
    names = Names([cause.service])
    if any(mention.weight >= DEPENDENCY for mention in names.mentions(text, own="")):
        return True
    stem = stem_of(cause.service)
    if not stem or stems[stem] > 1:
        return False
    found = re.finditer(rf"(?<![^\W_]){re.escape(stem)}(?![^\W_])", text, re.IGNORECASE)
    return any(place_of(text, match.start(), match.end()) >= DEPENDENCY for match in found)


def _failing(lines: Sequence[LogLine]) -> LogLine | None:
    """Give the first line about a request that tells of trouble."""
    return next((line for line in lines if is_trouble(line.text)), None)


def _close(one: int, line: LogLine, other: int, other_line: LogLine, clocks: RightClock) -> bool:
    first, second = clocks.right(one, line.timestamp), clocks.right(other, other_line.timestamp)
    return first is None or second is None or abs(first - second) <= _MOST_APART


def _whose(statement: Statement, view: View) -> str:
    what = {"evidence": "a quote", "timeline": "an event", "root_cause": "the root cause"}[statement.source]
    return f"{what} of {one_line(view.service)}"


def _clue(
    pair: tuple[View, View],
    statement: Statement,
    rule: Literal["names_service", "names_host", "names_port"],
    *,
    strength: float,
    words: str,
    said: str,
) -> Clue:
    """Make a clue of a statement of the second of a pair that points to the first."""
    cause, effect = pair
    return Clue(
        cause=cause.index,
        effect=effect.index,
        rule=rule,
        strength=strength,
        words=words,
        said=said,
        quote=statement.text,
        file=statement.file,
        line=statement.line,
        timestamp=statement.timestamp,
    )
