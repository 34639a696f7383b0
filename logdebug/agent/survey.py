"""A survey of a log: every clue in it, alike ones joined, and what is known to be over."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from logdebug.agent.apart import told_apart
from logdebug.agent.clues import LEAST_ALARM, MENTIONED, REQUEST_FAILED, Clue, judge
from logdebug.agent.passing import Passing, lasts
from logdebug.agent.places import failures_in
from logdebug.agent.planted import is_planted, without_planted
from logdebug.agent.relief import relief_in, relief_on
from logdebug.agent.retried import Retried
from logdebug.agent.statements import REQUEST, text_of_line
from logdebug.logs.templates import alarm_of, masked
from logdebug.logs.timestamps import find_timestamp, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from logdebug.logs import Log, Record, SignatureSet, Template

__all__ = ["OFTEN", "Survey", "take_survey"]

OFTEN = 8
"""What no level calls trouble is taken for one where it is said so many times."""

_SMALL_LINES = 1500  # up to here every record is read; beyond, one record per message template
_SMALL_BYTES = 6 << 20
_SMALL_STORED_BYTES = 1 << 20
_MOST_RECORDS = 80  # of a large log, this many of its most alarming templates are looked up in full
_MOST_HINTED = 12  # and this many of those whose words alone tell of something, the most frequent ones
_AROUND_LINES = 60  # a template's line is looked up with this much around it, to get the record that holds it
_TIME_LINES = 40
_KEY_CHARS = 300
_END_LINES = 40
_ENDING_LINES = 12
_TESTS = ("jest-failure", "pytest-failure", "rspec-failure", "test-summary", "test-timeout")
_TEST_LOG = re.compile(r"\s*[\w/.-]+(?:_test|\.test|_spec|\.spec)\.\w+:\d+: ")


@dataclass(frozen=True, slots=True)
class Survey:
    """What was read: the clues in the order of their first lines, and the frame that they stand in.

    Parameters
    ----------
    clues
        Statements about failures, alike ones joined.
    first, last
        The log's first and last records that carry a time, or simply its first and last; None for an empty log.
    line_count
        Lines of the log.
    requests, failed_requests
        How many access-log lines there are, and how many of them were answered with 5xx.
    records
        All records of a small log; none of a large one.
    signatures
        What is known of failures.
    """

    clues: tuple[Clue, ...]
    first: Record | None
    last: Record | None
    line_count: int
    signatures: SignatureSet
    requests: int = 0
    failed_requests: int = 0
    records: tuple[Record, ...] = ()


def take_survey(log: Log) -> Survey:
    """Read a log for clues: a small one whole, of a large one the records behind its alarming templates.

    Parameters
    ----------
    log
        The log; it is read once, or twice where it is large.
    """
    # In this order: a large log's lines are counted while its templates are found, in the same pass.
    if log.stored_bytes <= _SMALL_STORED_BYTES and log.size_bytes <= _SMALL_BYTES and log.line_count <= _SMALL_LINES:
        return _Surveyor(log).whole()
    return _Surveyor(log).by_templates()


class _Surveyor:
    """Collects clues from records, joining those that say the same."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.signatures: SignatureSet = log.signatures
        self.clues: dict[tuple[str, str], Clue] = {}
        self.recoveries: list[int] = []
        self.skips: list[int] = []
        self.passed = 0  # the last line that says that all tests passed
        self.done: list[int] = []  # those that say that a whole job ended well
        self.requests = 0
        self.said: dict[tuple[str, str], list[Record]] = defaultdict(list)  # of a small log: the records of a clue

    def whole(self) -> Survey:
        records = tuple(self.log.records())
        for record in records:
            self.take(record)
        first, last = (records[0], records[-1]) if records else (None, None)
        for key, said in self.said.items():
            self.clues[key] = replace(self.clues[key], lines=tuple(each.first_line for each in said))
        self.note_retried(records)
        return replace(self.result(first, self.own_end(last)), records=records)

    def note_retried(self, records: Sequence[Record]) -> None:
        """Mark what failed at first, and is said to have gone well, or to be tried again."""
        may_be = ("", MENTIONED)
        open_clues = {key: clue for key, clue in self.clues.items() if clue.survived in may_be and clue.alarm < 5}
        retried = Retried(records, chain.from_iterable(self.said[key] for key in open_clues))
        for key, clue in open_clues.items():
            self.clues[key] = replace(clue, survived=retried.survived(self.said[key]) or clue.survived)

    def own_end(self, last: Record | None) -> Record | None:
        """Give the last record that the program itself wrote: what was planted after it ends nothing."""
        if last is None or without_planted(last) is last:
            return last
        count = self.log.line_count
        tail = list(self.log.records(max(1, count - _END_LINES), count))
        return next((own for each in reversed(tail) if (own := without_planted(each)) is not None), last)

    def by_templates(self) -> Survey:
        ranked: list[tuple[int, Template]] = []
        hinted: list[Template] = []
        for template in self.log.mined:
            if template.detail:
                continue
            self.requests += template.count if REQUEST.search(template.example) else 0
            rank = self.rank_of(template)
            relief = relief_on(template.example)
            if relief == "recovered":
                self.recoveries.append(template.last_line)
            elif relief == "skipped":
                self.skips.append(template.first_line)
            if rank:
                ranked.append((rank, template))
            elif _hints(template):
                hinted.append(template)
        ranked.sort(key=lambda pair: (-pair[0], pair[1].first_line))
        hinted.sort(key=lambda template: -template.count)
        told = chain.from_iterable(told_apart(self.log, template) for _, template in ranked[:_MOST_RECORDS])
        for template in sorted((*told, *hinted[:_MOST_HINTED]), key=lambda template: template.first_line):
            record = self.record_at(template.first_line)
            if record:
                self.take(record, template)
        count = self.log.line_count
        first = next(iter(self.log.records(1, _END_LINES)), None)
        tail = list(self.log.records(max(1, count - _END_LINES), count))
        for record in tail[1:]:  # the end is read whole, since what failed last may alarm by nothing but its place
            self.take_end(record)
        return self.result(first, self.own_end(tail[-1] if tail else None))

    def rank_of(self, template: Template) -> int:
        """Say how much a template deserves to be looked up: 0 for not at all."""
        text = text_of_line(template.example)
        if text is None:
            return 20 if (template.status or 0) >= 500 else 0
        found = failures_in(self.signatures.match(text))
        return (found[0].weight if found else 0) + 12 * template.alarm if (found or template.alarm >= 3) else 0

    def record_at(self, line: int) -> Record | None:
        """Give the record that holds a line."""
        held = self.log.lines(line, line)
        if not held:
            return None
        text = held[0].text
        stamp = find_timestamp(text)
        # A line that begins with a time begins a record; any other one may go on with one above it.
        begins = text.startswith("{") or (stamp is not None and stamp.start <= 40 and not text[:1].isspace())
        for record in self.log.records(line if begins else max(1, line - 2 * _AROUND_LINES), line + _AROUND_LINES):
            if record.last_line >= line:
                return record
        return None

    def time_at(self, line: int) -> datetime | None:
        """Give the time that a line carries, or the record that it goes on with."""
        lines, written = self.log.lines(max(1, line - _TIME_LINES), line), self.log.written_about(line)
        return next(
            (time for each in reversed(lines) if (time := parse_timestamp(each.text, reference=written))),
            None,
        )

    def take(self, record: Record, template: Template | None = None) -> None:
        """Judge a record; join it to what is known where it says the same."""
        if template is None:
            self.note_relief(record)
            self.requests += REQUEST.search(record.text) is not None if '" ' in record.text else 0
        clue = self.judged(record)
        if clue is None:
            return
        if template is not None:
            clue = replace(
                clue,
                count=template.count,
                last_line=template.last_line,
                last_said=template.last_line,
                last_time=self.time_at(template.last_line),
            )
        key = _key_of(clue)
        if template is None:
            self.said[key].append(record)
        known = self.clues.get(key)
        if known is None:
            self.clues[key] = clue
        else:
            self.clues[key] = replace(
                known,
                count=known.count + clue.count if template is None else max(known.count, clue.count),
                last_line=max(known.last_line, clue.last_line),
                last_said=max(known.last_said, clue.last_said),
                last_time=clue.last_time or known.last_time,
                alarm=max(known.alarm, clue.alarm),
                survived=known.survived and clue.survived,
            )

    def take_end(self, record: Record) -> None:
        """Judge a record at the end of a large log, unless its like is known."""
        clue = self.judged(record)
        if clue is not None and _key_of(clue) not in self.clues:
            self.clues[_key_of(clue)] = clue

    def judged(self, record: Record) -> Clue | None:
        """Judge a record by what the log itself says in it."""
        clue = judge(record, self.signatures)
        if clue is None or REQUEST.search(record.text):
            return clue
        bare = without_planted(record)
        if bare is record:
            return clue
        clue = judge(bare, self.signatures) if bare is not None else None
        if clue is None or bare is None or clue.signature or bare.message == record.message:
            return clue
        # The level was given to the whole line: without it, words that tell of a failure have to be left.
        return clue if alarm_of(f"{bare.message}\n{bare.text.partition(chr(10))[2]}", None) else None

    def note_relief(self, record: Record) -> None:
        """Take note of a record that says that something is over, or was passed over."""
        if record.level in ("error", "fatal"):
            return
        relief = relief_in(record)
        if not relief or is_planted(record.message):
            return
        if relief == "done":
            self.done.append(record.last_line)
        elif relief == "passed":
            self.passed = record.last_line
        elif relief == "recovered":
            self.recoveries.append(record.last_line)
        else:
            self.skips.append(record.first_line)

    def result(self, first: Record | None, last: Record | None) -> Survey:
        """Put the clues in order, and mark those that something said to be over."""
        # What tests that passed wrote on the way is what they tested; all of it where nothing failed after them.
        # A whole job ends well once, at the log's end: where more is said of it, the log is that of many jobs.
        done = self.done[0] if len(self.done) == 1 and self.done[0] > self.log.line_count - _ENDING_LINES else 0
        after = any(clue.last_line > self.passed and not clue.survived for clue in self.clues.values())
        said = (
            clue
            for clue in self.clues.values()
            if clue.last_line > max(0 if lasts(clue) else done, self.passed)
            or (after and clue.last_line > done and clue.role == "cause" and not _of_tests(clue))
        )
        clues = _often_enough(sorted(said, key=lambda clue: clue.first_line))
        over = Passing(self.skips, self.recoveries, self.log.line_count)
        marked = [over.outlived(over.marked(clue), clues) for clue in clues]
        failed = sum(clue.count for clue in clues if clue.signature and clue.signature.id == REQUEST_FAILED)
        return Survey(tuple(marked), first, last, self.log.line_count, self.signatures, self.requests, failed)


def _often_enough(clues: list[Clue]) -> list[Clue]:
    """Leave out what tells of something only where it is said more often."""
    said: Counter[str] = Counter()
    for clue in clues:
        said[clue.signature.id if clue.signature else ""] += clue.count
    return [clue for clue in clues if clue.signature is None or said[clue.signature.id] >= clue.signature.least_count]


def _of_tests(clue: Clue) -> bool:
    of_tests = clue.signature is not None and clue.signature.id in _TESTS
    return of_tests or _TEST_LOG.match(clue.statement) is not None


def _hints(template: Template) -> bool:
    """Say whether a template tells of something by its words alone, and again and again."""
    return template.level in LEAST_ALARM and template.alarm >= LEAST_ALARM[template.level] and template.count >= OFTEN


def _key_of(clue: Clue) -> tuple[str, str]:
    """Give what alike clues have in common."""
    return (clue.signature.id if clue.signature else "", masked(clue.statement[:_KEY_CHARS])[:100])
