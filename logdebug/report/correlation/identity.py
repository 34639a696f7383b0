"""What lines of a log tell of who writes it and about what: its own hosts and ports, and the ids of requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import re2

from logdebug.linear import UNANCHORED, matching

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from logdebug.report.correlation.lines import LogLine, LogLines

__all__ = ["Ids", "addresses_of", "ids_of", "is_loopback"]

_MOST_IDS_OF_A_LINE = 8
_MOST_LINES_OF_AN_ID = 20
"""What stands in more lines is no request: a tenant, a container, a build."""
_LEAST_LETTERS = 5
"""An id has so many different ones, and two digits."""
_LEAST_HOST = 5

_TWO_DIGITS = re.compile(r"\d.*\d")

# What may be an id, told by the sign before it: signs are few, so this is found fast.
_ID = re.compile(r"[=:](?<=[dDeEtT\"'\] ][=:])(?= ?[\"'\[]?(?P<id>[A-Za-z0-9][\w./:+-]{6,63}\w))")
# What an id is called, read backwards from that sign: so there is one place where it can begin.
_CALLED = re.compile(
    r" ?[\"'\]]?(?:di(?:[-_ ]?(?:tseuqer|qer|ecart|noitalerroc|rroc|noitcasnart|nxt|xt|llac|wolf)(?:[-_]x)?|r)"
    r"|(?:tnerap)?ecart)\b",
    re.IGNORECASE,
)
_LONGEST_CALLED = 24
_NUMBER_OF = rb"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_number = matching(re2.compile(_NUMBER_OF))
_NUMBER = re.compile(rf"(?<![\w-])(?:{_NUMBER_OF.decode()})(?![\w-])")
_LISTENS = re.compile(
    r"\b(?:listen\w*|bound|binding|started|serving|running|initiali[sz]ed|ready|accept\w* connections)\b[^\n]{0,40}?"
    r"\bport\(?s?\)?[ :=\"]{1,3}(?P<port>\d{2,5})\b"
    r"|\b(?:listening|serving)\b[^\n]{0,40}?:(?P<at>\d{2,5})\b(?![.:])",
    re.IGNORECASE,
)
_LISTENS_AT = re.compile(
    r"\b(?:listen\w*|bound|binding|serving)\b[^\n]{0,40}?(?<![\w.])"
    r"(?P<host>\d{1,3}(?:\.\d{1,3}){3}|[a-z][\w-]*(?:\.[a-z][\w-]*)+)",
    re.IGNORECASE,
)
_LOCAL_END = re.compile(r"(?<![\w.])(?P<host>\d{1,3}(?:\.\d{1,3}){3}):\d{2,5} ?->")
_HOSTNAME = re.compile(
    r"\b(?:hostname|pod(?:_name|_ip)?|instance|node_name|host_ip|local_addr(?:ess)?)[\"']?[ ]?[=:][ ]?[\"']?"
    r"(?P<host>[a-z0-9][\w-]*(?:\.[\w-]+)*)",
    re.IGNORECASE,
)
# What each of the four patterns above needs, for an engine that is fast at finding that most lines have none of it.
_own = matching(
    re2.compile(
        b"(?i)listen|bound|binding|serving|started|running|initiali[sz]ed|ready|accept|->|hostname|pod|instance"
        b"|node_name|host_ip|local_addr"
    )
)
_LOOPBACK = re.compile(r"localhost|(?:127|0)(?:\.\d+){3}|::1|255(?:\.\d+){3}", re.IGNORECASE)


class Ids(Mapping[str, "tuple[LogLine, ...]"]):
    """Ids of requests, each with the lines that carry it: found no sooner than one of them is asked for.

    Of many incidents most share no id with another, and what may be one is found much faster than what is.

    Parameters
    ----------
    candidates
        What may be an id: these, and perhaps more that are none.
    find
        What finds them.
    """

    def __init__(self, candidates: Collection[str], find: Callable[[], Mapping[str, tuple[LogLine, ...]]]) -> None:
        self.candidates = candidates
        self._find = find

    @cached_property
    def _found(self) -> Mapping[str, tuple[LogLine, ...]]:
        return self._find()

    def __getitem__(self, word: str) -> tuple[LogLine, ...]:
        """Give the lines that carry an id."""
        return self._found[word]

    def __iter__(self) -> Iterator[str]:
        """Give the ids, one by one."""
        return iter(self._found)

    def __len__(self) -> int:
        """Give how many ids there are."""
        return len(self._found)


def ids_of(lines: LogLines) -> Ids:
    """Give the ids of requests and traces in some lines, each with the lines that carry it.

    What looks like one but has few letters, or stands in more than 20 lines, isn't.
    """
    candidates = {word.lower() for word in _ID.findall(lines.text)}
    candidates.update(lines.text[begin:end].lower() for begin, end in _numbers_in(lines.text))
    return Ids(candidates, lambda: _found_in(lines)) if candidates else Ids((), dict)


def _found_in(lines: LogLines) -> dict[str, tuple[LogLine, ...]]:
    found: dict[str, list[int]] = {}
    last, end, seen = -1, -1, 0
    for begin, said in _ids_in(lines.text):
        if begin >= end:
            last, seen = lines.place_of(begin), 0
            end = lines.end_of(last)
        seen += 1
        if seen <= _MOST_IDS_OF_A_LINE and _TWO_DIGITS.search(said) and len(set(said)) >= _LEAST_LETTERS:
            held = found.setdefault(said.lower(), [])
            if not held or lines.numbers[held[-1]] != lines.numbers[last]:
                held.append(last)
    return {
        word: tuple(map(lines.__getitem__, held)) for word, held in found.items() if len(held) <= _MOST_LINES_OF_AN_ID
    }


def _ids_in(text: str) -> Iterator[tuple[int, str]]:
    """Find what may be ids, in their order, none within another; give where each begins."""
    called = [
        match.span("id")
        for match in _ID.finditer(text)
        if _CALLED.match(text[max(match.start() - _LONGEST_CALLED, 0) : match.start()][::-1])
    ]
    numbers = list(_numbers_in(text))
    end = 0
    for begin, stop in sorted([*called, *numbers]) if numbers else called:
        if begin >= end:
            yield begin, text[begin:stop]
            end = stop


def _numbers_in(text: str) -> Iterator[tuple[int, int]]:
    """Find what is an id by its form, whatever it is called; give where each begins and ends."""
    data = _letter_by_letter(text)
    begin = _number(UNANCHORED, data, 0, len(data))[0][0]
    while begin >= 0:
        match = _NUMBER.match(text, begin)
        if match:
            yield match.span()
        begin = _number(UNANCHORED, data, match.end() if match else begin + 1, len(data))[0][0]


def _letter_by_letter(text: str) -> bytes:
    """Give a text for an engine that looks at bytes and for ASCII only, one byte for each letter."""
    return text.encode("ascii", "replace")


def addresses_of(lines: LogLines) -> tuple[frozenset[str], frozenset[int]]:
    """Find the hosts and ports that a log calls its own; loopback addresses are everybody's."""
    hosts: set[str] = set()
    ports: set[int] = set()
    for text in _lines_about_self(lines):
        ports.update(int(match["port"] or match["at"]) for match in _LISTENS.finditer(text))
        for pattern in (_LISTENS_AT, _LOCAL_END, _HOSTNAME):
            hosts.update(match["host"].lower() for match in pattern.finditer(text))
    kept = {
        host for host in hosts if len(host) >= _LEAST_HOST and any(map(str.isdigit, host)) and not is_loopback(host)
    }
    return frozenset(kept), frozenset(port for port in ports if 0 < port < 1 << 16)


def _lines_about_self(lines: LogLines) -> Iterator[str]:
    """Give the lines that may tell of the writer's own addresses."""
    data = _letter_by_letter(lines.text)
    begin = _own(UNANCHORED, data, 0, len(data))[0][0]
    while begin >= 0:
        place = lines.place_of(begin)
        yield lines.said_at(place)
        begin = _own(UNANCHORED, data, lines.end_of(place), len(data))[0][0]


def is_loopback(host: str) -> bool:
    """Say whether an address is every machine's own."""
    return _LOOPBACK.fullmatch(host) is not None
