"""What one incident says that another may explain: its statements with their times, its onset, its addresses and ids.

Most of it stands in the diagnosis. Where the log can be read, some of the lines around the evidence are read too, never
more than a bounded part, nothing outside the incident's directory, and only if the log still holds what it is quoted
with.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from logdebug.errors import LogError
from logdebug.logs import level_of, parse_timestamp
from logdebug.logs.fields import http_status_of
from logdebug.logs.templates import alarm_of, said_by
from logdebug.report.correlation.identity import LogLine, addresses_of, ids_of
from logdebug.report.correlation.mentions import key_of
from logdebug.report.document import to_utc
from logdebug.report.opening import open_log_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from logdebug.logs import Log
    from logdebug.records import Diagnosis, Evidence

__all__ = ["Statement", "View", "is_trouble", "view_of"]

_WINDOW_BYTES = 64 << 10
_HEAD_BYTES = 32 << 10
_MOST_WINDOWS = 8
_MOST_PACKED_BYTES = 64 << 20
"""To come to a line of a packed log all before it is unpacked; in larger ones that isn't bounded enough."""
_MOST_LINE = 4000


@dataclass(frozen=True, slots=True)
class Statement:
    """Something said of an incident.

    Parameters
    ----------
    text
        What is said.
    source
        Where: a verified quote, an event of the timeline, or the root cause.
    file, line
        The place that shows it; an empty file and None where none does.
    timestamp
        When, in UTC by its own clock; None where nobody knows.
    """

    text: str
    source: Literal["evidence", "timeline", "root_cause"]
    file: str = ""
    line: int | None = None
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class View:
    """One incident, as the others see it.

    Parameters
    ----------
    index
        Its place in the report.
    service, key
        Its service, as people know it and as `key_of` gives it.
    onset, end
        The times of its first and last sign of trouble, by its own clock; None where nothing has a time.
    statements
        What is said of it that tells of trouble.
    lines
        The lines of its log that were read.
    ids
        Ids of requests and traces, with the lines that carry them.
    hosts, ports
        Its own addresses, as its log tells them.
    """

    index: int
    service: str
    key: str
    log_file: str
    onset: datetime | None
    end: datetime | None
    statements: tuple[Statement, ...]
    lines: tuple[LogLine, ...]
    ids: dict[str, tuple[LogLine, ...]]
    hosts: frozenset[str]
    ports: frozenset[int]


def view_of(index: int, diagnosis: Diagnosis, reference: datetime) -> View:
    """Gather what an incident says.

    Parameters
    ----------
    index
        Its place in the report.
    diagnosis
        What was found out about it.
    reference
        About when its log was written, for times without a year.
    """
    lines = read_around(diagnosis)
    quotes = [quote for quote in diagnosis.evidence if quote.verified]
    said = tuple(_statements(diagnosis, quotes, lines, reference))
    signs = [statement.timestamp for statement in said if statement.timestamp is not None]
    timed = [to_utc(event.timestamp) for event in diagnosis.timeline if event.timestamp is not None]
    # Quotes are lines of the log too, for incidents whose log is gone.
    known = lines or [
        LogLine(quote.line or 0, _well_formed(quote.quote), _time_of(quote, diagnosis, reference)) for quote in quotes
    ]
    hosts, ports = addresses_of(known)
    return View(
        index=index,
        service=diagnosis.service,
        key=key_of(diagnosis.service),
        log_file=diagnosis.log_file,
        onset=min(signs, default=min(timed, default=None)),
        end=max([*signs, *timed], default=None),
        statements=said,
        lines=tuple(lines),
        ids=ids_of(known),
        hosts=hosts,
        ports=ports,
    )


def _well_formed(text: str) -> str:
    """Give a text as a log's lines are: a report may hold half characters, which have no bytes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def is_trouble(text: str) -> bool:
    """Say whether a line, or a sentence, tells of something that went wrong."""
    return alarm_of(said_by(text), level_of(text), status=http_status_of(text)) >= 2


def read_around(diagnosis: Diagnosis) -> list[LogLine]:
    """Read the lines around an incident's quotes, and the head of its log.

    Only a log whose lines say the time of day and no date is read from end to end: the days are counted.

    Returns
    -------
    list of LogLine
        In order, at most about 1 MiB of them; none where the log is gone, lies elsewhere than in the incident's
        directory, or isn't the one that the quotes are from.
    """
    quotes = [
        quote
        for quote in diagnosis.evidence
        if quote.verified and quote.file == diagnosis.log_file and quote.byte_start is not None and quote.line
    ]
    if not quotes:
        return []
    try:
        with open_log_of(diagnosis) as log:
            if log.is_compressed and log.stored_bytes > _MOST_PACKED_BYTES:
                return []
            return list(_lines_around(log, quotes[:_MOST_WINDOWS]))
    except LogError:  # gone, unreadable, damaged, elsewhere than it says
        return []


def _lines_around(log: Log, quotes: list[Evidence]) -> Iterator[LogLine]:
    found: dict[int, str] = {}
    for quote in quotes:
        start = quote.byte_start or 0
        begin = max(start - _WINDOW_BYTES, 0)
        data = log.source.read(begin, start - begin + _WINDOW_BYTES)
        if not _holds(data[start - begin :], quote):
            return
        first = (quote.line or 1) - data.count(b"\n", 0, start - begin)
        found.update(_split(data, first, cut=begin > 0))
    found.update(_split(log.source.read(0, _HEAD_BYTES), 1, cut=False))
    last, before = None, 0
    for number in sorted(found):
        stamp = None
        if number > before + 1:
            last = None  # what was not read may have had other times
        before = number
        with suppress(ValueError, OverflowError):
            stamp = parse_timestamp(found[number], reference=log.written_about(number))
        last = stamp or last
        yield LogLine(number, found[number], last)


def _holds(data: bytes, quote: Evidence) -> bool:
    """Say whether a log still has a quote where it was found."""
    lines = quote.quote.strip().splitlines()
    wanted = lines[0].strip()[:60] if lines else ""
    height = quote.quote.count("\n") + 2
    said = b"\n".join(data.split(b"\n", height)[:height]).decode("utf-8", "replace")
    return bool(wanted) and " ".join(wanted.split()) in " ".join(said.split())


def _split(data: bytes, first: int, *, cut: bool) -> dict[int, str]:
    """Give the whole lines of a stretch by their numbers; where it is cut from what is before, its first is a part."""
    parts = data.split(b"\n")[:-1]
    return {
        first + place: part[:_MOST_LINE].decode("utf-8", "replace").rstrip("\r")
        for place, part in enumerate(parts)
        if part and not (cut and not place)
    }


def _statements(
    diagnosis: Diagnosis, quotes: list[Evidence], lines: list[LogLine], reference: datetime
) -> Iterator[Statement]:
    """Give what is said that tells of trouble: of a story also what leads up to it, which doesn't."""
    times = {line.number: line.timestamp for line in lines}
    cited = set()
    for quote in quotes:
        if is_trouble(quote.quote):
            cited.add(quote.line if quote.file == diagnosis.log_file else None)
            when = times.get(quote.line or 0) if quote.file == diagnosis.log_file else None
            when = when or _time_of(quote, diagnosis, reference)
            yield Statement(quote.quote, "evidence", quote.file, quote.line, when)
    for event in diagnosis.timeline:
        if is_trouble(event.event) or (event.line is not None and event.line in cited):
            when = to_utc(event.timestamp) if event.timestamp else None
            yield Statement(event.event, "timeline", diagnosis.log_file if event.line else "", event.line, when)
    if diagnosis.status != "no_errors_found":
        yield Statement(diagnosis.root_cause, "root_cause")


def _time_of(quote: Evidence, diagnosis: Diagnosis, reference: datetime) -> datetime | None:
    """Give the time that a quote carries, or that of the event which its line shows."""
    stamp = None
    with suppress(ValueError, OverflowError):
        stamp = parse_timestamp(quote.quote, reference=reference)
    shown = (event.timestamp for event in diagnosis.timeline if event.line == quote.line and event.timestamp)
    return stamp or next(map(to_utc, shown), None)
