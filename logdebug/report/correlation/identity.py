"""What lines of a log tell of who writes it and about what: its own hosts and ports, and the ids of requests."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import re2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

__all__ = ["LogLine", "addresses_of", "ids_of", "is_loopback"]

_MOST_IDS_OF_A_LINE = 8
_MOST_LINES_OF_AN_ID = 20
"""What stands in more lines is no request: a tenant, a container, a build."""
_LEAST_HOST = 5

_NUMBER_OF = r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CALLED = (
    r"\b(?:(?:x[-_])?(?:request|req|trace|correlation|corr|transaction|txn|tx|call|flow)[-_ ]?id|rid|traceparent|trace)"
    r"[\"'\]]?[ ]?[=:][ ]?[\"'\[]?"
)
_ID = re.compile(rf"(?<![\w-])(?:{_NUMBER_OF})(?![\w-])|{_CALLED}(?P<id>[A-Za-z0-9][\w./:+-]{{6,63}}\w)", re.IGNORECASE)
# Where one may begin, for an engine that finds it faster.
_MAY_BE_ID = re2.compile(f"(?i){_NUMBER_OF}|{_CALLED}")
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
_OWN = re2.compile(
    r"(?i)listen|bound|binding|serving|started|running|initiali[sz]ed|ready|accept|->|hostname|pod|instance|node_name"
    r"|host_ip|local_addr"
)
_LOOPBACK = re.compile(r"localhost|(?:127|0)(?:\.\d+){3}|::1|255(?:\.\d+){3}", re.IGNORECASE)


class LogLine(NamedTuple):
    """One line of a log: its number from 1, its text, and the time it carries or the last one before it."""

    number: int
    text: str
    timestamp: datetime | None


def ids_of(lines: Iterable[LogLine]) -> dict[str, tuple[LogLine, ...]]:
    """Find the ids of requests and traces, each with the lines that carry it.

    What looks like one but has few letters, or stands in more than 20 lines, isn't.
    """
    found: dict[str, list[LogLine]] = {}
    for line in lines:
        for match in islice(_ids_in(line.text), _MOST_IDS_OF_A_LINE):
            word = (match["id"] or match[0]).lower()
            if sum(map(str.isdigit, word)) >= 2 and len(set(word)) > 4:
                held = found.setdefault(word, [])
                if not held or held[-1].number != line.number:
                    held.append(line)
    return {word: tuple(held) for word, held in found.items() if len(held) <= _MOST_LINES_OF_AN_ID}


def _ids_in(text: str) -> Iterator[re.Match[str]]:
    """Find what may be ids."""
    may = _MAY_BE_ID.search(text)
    while may is not None:
        match = _ID.match(text, may.start())
        if match:
            yield match
        may = _MAY_BE_ID.search(text, match.end() if match else may.start() + 1)


def addresses_of(lines: Iterable[LogLine]) -> tuple[frozenset[str], frozenset[int]]:
    """Find the hosts and ports that a log calls its own; loopback addresses are everybody's."""
    hosts: set[str] = set()
    ports: set[int] = set()
    for line in lines:
        if not _OWN.search(line.text):
            continue
        ports.update(int(match["port"] or match["at"]) for match in _LISTENS.finditer(line.text))
        for pattern in (_LISTENS_AT, _LOCAL_END, _HOSTNAME):
            hosts.update(match["host"].lower() for match in pattern.finditer(line.text))
    kept = {
        host for host in hosts if len(host) >= _LEAST_HOST and any(map(str.isdigit, host)) and not is_loopback(host)
    }
    return frozenset(kept), frozenset(port for port in ports if 0 < port < 1 << 16)


def is_loopback(host: str) -> bool:
    """Say whether an address is every machine's own."""
    return _LOOPBACK.fullmatch(host) is not None
