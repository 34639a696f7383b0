"""The digest of a log under a token budget: what most likely caused a failure first, every line with its number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.logs.fields import LEVELS, Level
from logdebug.logs.page import Page
from logdebug.logs.ranking import Finding, findings_of
from logdebug.logs.rendering import tokens_of
from logdebug.logs.silences import Silence, silences_of
from logdebug.logs.traces import Record, record_at, stands_alone

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from logdebug.logs.log import FilePart, Log
    from logdebug.logs.page import Hide
    from logdebug.logs.scan import Scan
    from logdebug.logs.signatures import SignatureHit
    from logdebug.logs.templates import Template

__all__ = ["Facts", "Overview", "overview"]

_LOOK_BACK_LINES = (6, 60)
_LOOK_ON_LINES = 80
_MOST_TRACES = 4


@dataclass(frozen=True, slots=True)
class Facts:
    """What is certain about a log.

    Parameters
    ----------
    name
        What the log is called.
    size_bytes, stored_bytes
        Uncompressed text, and bytes on disk.
    line_count, template_count
        Lines, and distinct message templates among them.
    first_time, last_time
        The span of its times, in UTC; None in a log without times.
    levels
        Lines of each level that occurs, worst first; lines that state no level aren't counted.
    statuses
        Lines of each HTTP status from 400 on, most frequent first.
    damage
        What cut the text short, in words; empty for nothing.
    silences
        Gaps in time that stand out, in the log's order.
    parts
        The files of a rotated set, oldest first, with the lines that each has; empty for a single file.
    """

    name: str
    size_bytes: int
    stored_bytes: int
    line_count: int
    template_count: int
    first_time: datetime | None
    last_time: datetime | None
    levels: tuple[tuple[Level, int], ...]
    statuses: tuple[tuple[int, int], ...]
    damage: str = ""
    silences: tuple[Silence, ...] = ()
    parts: tuple[FilePart, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """A log's digest.

    Parameters
    ----------
    text
        What a model or a person is shown; within the budget, which it states.
    tokens
        How many tokens the text has, counted as UTF-8 bytes / 4, rounded up.
    facts
        What is certain about the log.
    findings
        The templates that tell of a failure, most likely cause first; empty where nothing does.
    templates
        All templates, in the order of their first lines.
    signature_hits
        The known failures that were recognised, most likely cause first.
    traces
        The records of the first findings, with their stack traces, in the order of the findings.
    shown_lines
        The numbers of the lines that the text shows, ascending.
    """

    text: str
    tokens: int
    facts: Facts
    findings: tuple[Finding, ...]
    templates: tuple[Template, ...]
    signature_hits: tuple[SignatureHit, ...]
    traces: tuple[Record, ...]
    shown_lines: tuple[int, ...]

    def __str__(self) -> str:
        """Give the text."""
        return self.text


def overview(log: Log, scan: Scan, *, budget_tokens: int, hide: Hide | None = None) -> Overview:
    """Make the digest of a log that has been scanned.

    Parameters
    ----------
    log, scan
        The log and what a pass over it found.
    budget_tokens
        The most tokens that the text may have; below about 150 only facts and the first finding fit.
    hide
        What takes out of the lines' texts what must not be shown; it sees them whole.
    """
    facts = _facts(log, scan)
    findings, hits = findings_of(scan, log.signatures)
    records = _records_around(log, findings[:_MOST_TRACES])
    page = Page(log, scan, facts=facts, findings=findings, records=records, budget_tokens=budget_tokens, hide=hide)
    text = page.text()
    return Overview(
        text=text,
        tokens=tokens_of(text),
        facts=facts,
        findings=tuple(findings),
        templates=scan.templates,
        signature_hits=tuple(hits),
        traces=tuple(records),
        shown_lines=tuple(sorted(page.lines)),
    )


def _facts(log: Log, scan: Scan) -> Facts:
    levels: Counter[Level] = Counter()
    statuses: Counter[int] = Counter()
    for template in scan.templates:
        if template.level is not None and not template.detail:
            levels[template.level] += template.count
        if template.status is not None:
            statuses[template.status] += template.count
    return Facts(
        name=log.name,
        size_bytes=log.size_bytes,
        stored_bytes=log.stored_bytes,
        line_count=scan.line_count,
        template_count=len(scan.templates),
        first_time=scan.first_time,
        last_time=scan.last_time,
        levels=tuple((level, levels[level]) for level in reversed(LEVELS) if levels[level]),
        statuses=tuple(statuses.most_common(6)),
        damage=log.damage,
        silences=silences_of(log, scan),
        parts=log.parts if len(log.parts) > 1 else (),
    )


def _records_around(log: Log, findings: Iterable[Finding]) -> list[Record]:
    """Give the record that each finding's first line is part of, each record once."""
    records: dict[int, Record] = {}
    for finding in findings:
        line = finding.template.first_line
        if any(record.first_line <= line <= record.last_line for record in records.values()):
            continue
        start = line if stands_alone(finding.template.example) else _record_start(log, line)
        record = record_at(log.iter_lines(start, line + _LOOK_ON_LINES), line, reference=log.written_about)
        if record is not None:
            records[record.first_line] = record
    return list(records.values())


def _record_start(log: Log, line: int) -> int:
    """Give the nearest line at or before `line` that begins a record for sure, or one far enough before."""
    for back in _LOOK_BACK_LINES:
        for earlier in reversed(log.lines(line - back, line - 1)):
            if stands_alone(earlier.text):
                return earlier.number
    return max(line - back, 1)
