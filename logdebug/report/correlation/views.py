"""What one incident says that another may explain: its statements with their times, its onset, its addresses and ids.

Most of it stands in the diagnosis. Where the log can be read, some of the lines around the evidence are read too.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from logdebug.logs import level_of, parse_timestamp
from logdebug.logs.fields import http_status_of
from logdebug.logs.templates import alarm_of, said_by
from logdebug.report.correlation.around import read_around
from logdebug.report.correlation.identity import addresses_of, ids_of
from logdebug.report.correlation.lines import LogLine, Quoted
from logdebug.report.correlation.mentions import key_of
from logdebug.report.document import to_utc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from logdebug.records import Diagnosis, Evidence
    from logdebug.report.correlation.around import Around
    from logdebug.report.correlation.identity import Ids

__all__ = ["Statement", "View", "is_trouble", "view_of"]


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
    ids: Ids
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
    around = read_around(diagnosis)
    quotes = [quote for quote in diagnosis.evidence if quote.verified]
    said = tuple(_statements(diagnosis, quotes, around, reference))
    signs = [statement.timestamp for statement in said if statement.timestamp is not None]
    timed = [to_utc(event.timestamp) for event in diagnosis.timeline if event.timestamp is not None]
    # Quotes are lines of the log too, for incidents whose log is gone.
    known = around or Quoted(
        [LogLine(quote.line or 0, _well_formed(quote.quote), _time_of(quote, diagnosis, reference)) for quote in quotes]
    )
    hosts, ports = addresses_of(known)
    return View(
        index=index,
        service=diagnosis.service,
        key=key_of(diagnosis.service),
        log_file=diagnosis.log_file,
        onset=min(signs, default=min(timed, default=None)),
        end=max([*signs, *timed], default=None),
        statements=said,
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


def _statements(
    diagnosis: Diagnosis, quotes: list[Evidence], around: Around | None, reference: datetime
) -> Iterator[Statement]:
    """Give what is said that tells of trouble: of a story also what leads up to it, which doesn't."""
    cited = set()
    for quote in quotes:
        if is_trouble(quote.quote):
            cited.add(quote.line if quote.file == diagnosis.log_file else None)
            line = around.numbered(quote.line) if around and quote.line and quote.file == diagnosis.log_file else None
            when = (line.timestamp if line else None) or _time_of(quote, diagnosis, reference)
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
