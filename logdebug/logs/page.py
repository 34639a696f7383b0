"""The text of an overview: what is written in which order, and what is left out where the budget ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING

from logdebug.logs.rendering import Budget, activity_text, clock, duration_text, shown, size_text
from logdebug.logs.traces import Record, root_of_trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.logs.lines import Line
    from logdebug.logs.log import FilePart, Log
    from logdebug.logs.overview import Facts
    from logdebug.logs.ranking import Finding
    from logdebug.logs.scan import Scan

__all__ = ["Hide", "Page"]

Hide = Callable[[str, int], str]
"""What takes out of a line's text what must not be shown; it is given the text, whole, and the line's number."""

_LAST_LINES = 5
_MOST_LAST_LINES = 25
_MOST_FINDINGS = 40
_MOST_PARTS = 12
_GAP = re.compile(r"^… ")


class Page:
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
        hide: Hide | None = None,
    ) -> None:
        self._hide = hide
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
        lines += [
            f"silence: {duration_text(timedelta(seconds=each.seconds))} between L{each.last_line} ({clock(each.since)})"
            f" and L{each.next_line}"
            for each in facts.silences
        ]
        if facts.parts:
            lines.append(_parts_text(facts.parts))
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
        return f"L{line.number} {self._text(line.text, line.number, most=most)}"

    def _text(self, text: str, number: int, *, most: int) -> str:
        hide = self._hide
        return shown(text, most=most, hide=None if hide is None else lambda whole: hide(whole, number))

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
        row += self._text(template.example, template.first_line, most=90 if brief else 260 if full else 180)
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
            rows.append(f"L{number} {self._text(texts[place], number, most=200)}")
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
            row = f"{template.count:,}x {span} {self._text(template.example, template.first_line, most=140)}"
            if not self.budget.spend(row):
                self.left_out.append(f"{len(usual) - place:,} more usual templates")
                break
            rows.append(row)
            self.lines.add(template.first_line)
        return "\n".join(rows) if len(rows) > 1 else ""

    def _room_for_last_lines(self) -> int:
        count = self.facts.line_count
        texts = (
            self._text(line.text, line.number, most=180) for line in self.log.lines(count - _LAST_LINES + 1, count)
        )
        return min(sum(len(text.encode()) + 16 for text in texts) + 20, int(self.budget.left * 0.2))

    def _last_lines(self) -> str:
        """Give as many of the last lines as there is room for, within reason."""
        count = self.facts.line_count
        self.budget.spend("LAST LINES")
        rows: list[str] = []
        for line in reversed(self.log.lines(count - _MOST_LAST_LINES + 1, count)):
            row = f"L{line.number} {self._text(line.text, line.number, most=180)}"
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


def _parts_text(parts: Sequence[FilePart]) -> str:
    """Say which lines are in which file of a set; of many files those of the ends."""
    said = [f"{PurePath(part.name).name} L{part.first_line}-L{part.last_line}" for part in parts]
    if len(said) > _MOST_PARTS:
        said[_MOST_PARTS // 2 : -_MOST_PARTS // 2] = [f"… {len(said) - _MOST_PARTS} more …"]
    return f"{len(parts)} files read as one, oldest first: {', '.join(said)}"
