"""The digest of a log under a token budget: what most likely caused a failure first, every line with its number."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.logs.fields import LEVELS, Level
from logdebug.logs.ranking import Finding, findings_of
from logdebug.logs.rendering import Budget, activity_text, clock, duration_text, shown, size_text, tokens_of
from logdebug.logs.traces import Record, record_at, root_of_trace, stands_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from logdebug.logs.lines import Line
    from logdebug.logs.log import Log
    from logdebug.logs.scan import Scan
    from logdebug.logs.signatures import SignatureHit
    from logdebug.logs.templates import Template

__all__ = ["Facts", "Overview", "overview"]

_LOOK_BACK_LINES = 60
_LOOK_ON_LINES = 80
_LAST_LINES = 5
_MOST_LAST_LINES = 25
_MOST_TRACES = 4
_MOST_FINDINGS = 40
_GAP = re.compile(r"^… ")


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


def overview(log: Log, scan: Scan, *, budget_tokens: int) -> Overview:
    """Make the digest of a log that has been scanned.

    Parameters
    ----------
    log, scan
        The log and what a pass over it found.
    budget_tokens
        The most tokens that the text may have; below about 150 only facts and the first finding fit.
    """
    facts = _facts(log, scan)
    findings, hits = findings_of(scan)
    records = _records_around(log, findings[:_MOST_TRACES])
    page = _Page(log, scan, facts=facts, findings=findings, records=records, budget_tokens=budget_tokens)
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
    )


def _records_around(log: Log, findings: Iterable[Finding]) -> list[Record]:
    """Give the record that each finding's first line is part of, each record once."""
    records: dict[int, Record] = {}
    for finding in findings:
        line = finding.template.first_line
        if any(record.first_line <= line <= record.last_line for record in records.values()):
            continue
        back = 0 if stands_alone(finding.template.example) else _LOOK_BACK_LINES
        record = record_at(log.iter_lines(line - back, line + _LOOK_ON_LINES), line, reference=log.modified)
        if record is not None:
            records[record.first_line] = record
    return list(records.values())


class _Page:
    """The text of an overview, filled part by part until the budget is spent."""

    def __init__(
        self,
        log: Log,
        scan: Scan,
        *,
        facts: Facts,
        findings: Sequence[Finding],
        records: Sequence[Record],
        budget_tokens: int,
    ) -> None:
        self.log, self.scan, self.facts = log, scan, facts
        self.findings, self.records = findings, records
        self.budget = Budget(budget_tokens)
        self.lines: set[int] = set()
        self.explained: set[str] = set()
        self.left_out: list[str] = []

    def text(self) -> str:
        """Fill the page and give its text."""
        head = self._head()
        self.budget.spend(head)
        # Room for the closing line on what was left out.
        self.budget.reserve(220)
        whole = self._whole_log()
        parts = [head]
        if whole:
            parts += [self._findings(share=0.9, room=len(whole)), whole]
        else:
            room = self._room_for_last_lines()
            self.budget.reserve(room)
            parts += [self._findings(share=0.55), self._traces(), self._activity(), self._before(), self._frequent()]
            self.budget.reserve(-room)
            parts.append(self._last_lines())
        parts.append(self._closing())
        return self.budget.cut("\n\n".join(part for part in parts if part))

    def _head(self) -> str:
        facts = self.facts
        size = size_text(facts.size_bytes)
        if facts.stored_bytes != facts.size_bytes:
            size += f" ({size_text(facts.stored_bytes)} on disk)"
        lines = [f"OVERVIEW of {facts.name}: {facts.line_count:,} lines, {size}, {facts.template_count:,} templates"]
        if facts.first_time and facts.last_time:
            span = duration_text(facts.last_time - facts.first_time)
            lines.append(f"time: {clock(facts.first_time)} to {clock(facts.last_time)} UTC ({span})")
        counts = [f"{level} {count:,}" for level, count in facts.levels]
        counts += [f"HTTP {status} {count:,}" for status, count in facts.statuses]
        lines.append("lines by level: " + (", ".join(counts) if counts else "none states a level"))
        if facts.damage:
            lines.append(f"damage: {facts.damage}")
        lines.append(
            f"(at most {self.budget.tokens:,} tokens, counted as bytes / 4; L12 is line 12, 3x counts its kind)"
        )
        return "\n".join(lines)

    def _whole_log(self) -> str:
        """Give the log as it is where it fits in most of the budget."""
        if self.facts.size_bytes + 7 * self.facts.line_count > self.budget.left * 0.8:
            return ""
        lines = self.log.lines(1, self.facts.line_count)
        text = "\n".join(["THE WHOLE LOG", *(self._shown(line, most=4000) for line in lines)])
        self.budget.spend(text)
        return text

    def _shown(self, line: Line, *, most: int = 240) -> str:
        self.lines.add(line.number)
        return f"L{line.number} {shown(line.text, most=most)}"

    def _findings(self, *, share: float, room: int = 0) -> str:
        if not self.findings:
            return "NO LINE TELLS OF A FAILURE: no level of error or worse, no failure words, no known signature."
        budget = self.budget.part(share)
        rows = ["MOST TELLING LINES, likely cause first"]
        budget.spend(rows[0])
        for place, finding in enumerate(self.findings[:_MOST_FINDINGS]):
            row = self._finding(finding, brief=bool(room), full=place < 6)
            if not budget.spend(row):
                self.left_out.append(f"{len(self.findings) - place:,} more templates that tell of trouble")
                break
            rows.append(row)
            self.lines.add(finding.template.first_line)
        else:
            if len(self.findings) > _MOST_FINDINGS:
                self.left_out.append(f"{len(self.findings) - _MOST_FINDINGS:,} more templates that tell of trouble")
        text = "\n".join(rows)
        self.budget.spend(text)
        return text

    def _finding(self, finding: Finding, *, brief: bool, full: bool) -> str:
        template = finding.template
        notes = []
        if template.count > 1:
            notes.append(f"{template.count:,}x to L{template.last_line}")
        notes += finding.notes
        row = f"L{template.first_line} " + (f"[{', '.join(notes)}] " if notes else "")
        row += shown(template.example, most=90 if brief else 260 if full else 180)
        if finding.signature and not brief and full and finding.signature.id not in self.explained:
            self.explained.add(finding.signature.id)
            row += f"\n   = {finding.signature.explanation}"
        return row

    def _traces(self) -> str:
        budget = self.budget.part(0.5)
        rows = []
        for record in self.records:
            if record.last_line - record.first_line < 1:
                continue
            text = "\n".join(self._trace(record))
            if budget.spend(text):
                rows.append(text)
        if not rows:
            return ""
        text = "\n".join(["RECORDS WITH STACK TRACES OR DETAILS (… is left out)", *rows])
        self.budget.spend(text)
        return text

    def _trace(self, record: Record) -> list[str]:
        """Give a record's head, its innermost cause with the lines around it, and its end."""
        texts = record.text.split("\n")
        root = root_of_trace(record.text)
        last = len(texts) - 1
        wanted = {0, 1, 2, last - 1, last}
        if root is not None:
            wanted |= {root - 2, root - 1, root, root + 1, root + 2}
        rows, previous = [], -1
        for place in sorted(place for place in wanted if 0 <= place <= last):
            if _GAP.match(texts[place]):
                continue
            if place > previous + 1:
                rows.append("  …")
            number = record.first_line + place if place < 400 else record.last_line - (last - place)
            rows.append(f"L{number} {shown(texts[place], most=200)}")
            self.lines.add(number)
            previous = place
        return rows

    def _activity(self) -> str:
        text = activity_text(self.scan)
        return text if text and self.budget.spend(text) else ""

    def _before(self) -> str:
        """Give the lines just before the first of the findings, where a quiet cause would stand."""
        if not self.findings:
            return ""
        onset = min(finding.template.first_line for finding in self.findings[:8])
        lines = [line for line in self.log.lines(onset - 6, onset - 1) if line.number not in self.lines]
        budget = self.budget.part(0.5)
        rows = [row for line in lines if budget.spend(row := self._shown(line, most=200))]
        if not rows:
            return ""
        text = "\n".join([f"JUST BEFORE L{onset}", *rows])
        self.budget.spend(text)
        return text

    def _frequent(self) -> str:
        """Give the templates that make up most of the log, for what is normal in it."""
        telling = {id(finding.template) for finding in self.findings}
        usual = [template for template in self.scan.templates if id(template) not in telling and not template.detail]
        usual.sort(key=lambda template: -template.count)
        rows = ["USUAL LINES, by count"]
        self.budget.spend(rows[0])
        for place, template in enumerate(usual[:12]):
            span = f"L{template.first_line}-L{template.last_line}" if template.count > 1 else f"L{template.first_line}"
            row = f"{template.count:,}x {span} {shown(template.example, most=140)}"
            if not self.budget.spend(row):
                self.left_out.append(f"{len(usual) - place:,} more usual templates")
                break
            rows.append(row)
            self.lines.add(template.first_line)
        return "\n".join(rows) if len(rows) > 1 else ""

    def _room_for_last_lines(self) -> int:
        count = self.facts.line_count
        texts = (shown(line.text, most=180) for line in self.log.lines(count - _LAST_LINES + 1, count))
        return min(sum(len(text.encode()) + 16 for text in texts) + 20, int(self.budget.left * 0.2))

    def _last_lines(self) -> str:
        """Give as many of the last lines as there is room for, within reason."""
        count = self.facts.line_count
        self.budget.spend("LAST LINES")
        rows: list[str] = []
        for line in reversed(self.log.lines(count - _MOST_LAST_LINES + 1, count)):
            row = f"L{line.number} {shown(line.text, most=180)}"
            if not self.budget.spend(row):
                break
            rows.append(row)
            self.lines.add(line.number)
        return "\n".join(["LAST LINES", *reversed(rows)]) if rows else ""

    def _closing(self) -> str:
        unseen = self.facts.line_count - len(self.lines)
        if unseen <= 0:
            return "Nothing is left out."
        left = "; ".join([f"{unseen:,} of {self.facts.line_count:,} lines", *dict.fromkeys(self.left_out)])
        return f"LEFT OUT: {left}. Read or search the log for them."
