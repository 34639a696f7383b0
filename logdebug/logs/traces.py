"""Lines into records: which line begins a log event, and which goes on with the one above it (as stack traces do)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 -- part of a public record's type, looked up at run time
from typing import TYPE_CHECKING

from logdebug.logs.fields import LEVELS, Level, level_of, message_of, strip_ansi
from logdebug.logs.journal import begins_entry, fields_of_entry, is_field, time_of_entry
from logdebug.logs.timestamps import find_timestamp, timestamp_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from logdebug.logs.lines import Line

    Reference = datetime | Callable[[int], datetime] | None

__all__ = ["Record", "is_continuation", "records_of", "root_of_trace"]

_MOST_LINES = 2000
_HEAD_BYTES = 32 << 10
_TAIL_LINES = 40

# Lines that only ever go on with what stands above them.
_ALWAYS = re.compile(
    r"Caused by: |Suppressed: |\.\.\. \d+ (?:more|common frames)|at [\w$.<>/@\[\]`-]+ ?\(|During handling of the above"
    r"|The above exception was|goroutine \d+ \[|created by |\[signal SIG|exit status \d|rax +0x|rip +0x|[}\])]"
    r"|note: run with `RUST_BACKTRACE|stack backtrace:|Node\.js v\d|--- End of (?:inner )?exception|   at |\^+$"
    r"|npm (?:ERR!|error|verbose stack) {2,}\S|[\w:.+ -]+\[\w+\] <\d+\.\d+\.\d+> {2,}\S"
    r"|\[CIRCULAR|end of inner|Stack trace:|#\d+ |Thread 0x|Current thread 0x|Extension modules: "
)
_INDENTED = re.compile(r"[ \t]+\S|[ \t]*$")
_THROWN = re.compile(
    r"(?:[A-Za-z_$][\w$]*[.:]{1,2})*[A-Z][\w$]*(?:Error|Exception|Throwable|Interrupt|Failure|Exit|Warning)(?::|$| \[)"
    r"|Traceback \(most recent call last\)|Unhandled exception[.:]"
)
# Node's and Python's plainest ones; many a tool begins its messages so, too.
_THROWN_BARE = re.compile(r"(?:Uncaught )?(?:Error|Exception)(?::|$)")
_PYTHON_END = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?$|\| ")
_PYTHON_FRAME = re.compile(r'  +File "|  +\S')
_GO_FRAME = re.compile(r"[\w./*()@\[\]{}-]+\(.*\)$|main\.|runtime\.|\t/")
_DEATH = re.compile(
    r"panic: |fatal error: |thread '[^']*' (?:\(\d+\) )?panicked at |Fatal Python error: |Exception in thread "
)
_ROOT = re.compile(
    r"^(?:Caused by: |(?:Uncaught |Unhandled )?(?:[A-Za-z_$][\w$]*[.:]{1,2})*[A-Z][\w$]*(?:Error|Exception|Throwable|"
    r"Interrupt|Failure|Exit)\b(?!.*\bCaused by\b$)|panic: |fatal error: |thread '.*panicked at )"
)


@dataclass(frozen=True, slots=True)
class Record:
    """One log event: a first line, and the lines that go on with it.

    Parameters
    ----------
    first_line, last_line
        Line numbers, from 1, inclusive.
    text
        The lines, joined by newlines; of a very long record the first and the last ones.
    timestamp
        When, in UTC; None where the first line has no time.
    level
        The level that its first line states or, where it states none, that the trace in it shows.
    message
        The first line without its timestamp and level.
    """

    first_line: int
    last_line: int
    text: str
    timestamp: datetime | None
    level: Level | None
    message: str


class _Shape:
    """What is known of the record in progress, as far as it decides where the next one begins."""

    def __init__(self) -> None:
        self.stamped = False
        self.lines = 0
        self.in_trace = False
        self.in_go = False
        self.in_entry = False
        self.last = ""

    def begins(self, text: str) -> bool:
        """Say whether this line begins a record, and take note of it."""
        if begins_entry(text):
            self.in_entry = True
        if self.in_entry:
            # Only the next entry ends one: its fields hold times, levels and traces of their own.
            begins = begins_entry(text) or self.lines >= _MOST_LINES
            self.lines = 1 if begins else self.lines + 1
            return begins
        stamped = _is_stamped(text)
        begins = not self.lines or self.lines >= _MOST_LINES or self._splits(text, stamped=stamped)
        if begins:
            self.stamped, self.lines, self.in_trace, self.in_go = stamped, 0, False, False
        self.lines += 1
        in_go = text.startswith(("goroutine ", "panic: ", "fatal error: ")) or " panic serving " in text
        self.in_go = self.in_go or in_go
        self.in_trace = self.in_trace or in_go or bool(_THROWN.match(text) or _DEATH.match(text))
        self.in_trace = self.in_trace or bool(self.lines == 2 and _THROWN_BARE.match(text))
        self.last = text
        return begins

    def _splits(self, text: str, *, stamped: bool) -> bool:
        if stamped or text[:2] == '{"':
            return True
        if text == "#" or (text[:2] == "# " and self.last[:1] == "#"):
            return self.last[:1] != "#"  # the head of what a dying JVM prints
        if _INDENTED.match(text) or _ALWAYS.match(text) or self._is_in_trace(text):
            return False
        if _DEATH.match(text) or _THROWN.match(text) or level_of(text) is not None:
            return True
        return not (self.stamped or (self.in_trace and self.lines < 3))

    def _is_in_trace(self, text: str) -> bool:
        """Say whether a line that is neither stamped nor indented is part of the trace above it."""
        after_frame = bool(_PYTHON_FRAME.match(self.last))
        if _DEATH.match(text):
            # Java logs it below a head line.
            return self.lines == 1 and self.stamped and text.startswith("Exception in thread ")
        if _THROWN.match(text):
            return after_frame or self.lines == 1 or (self.in_trace and not self.last.strip())
        if _THROWN_BARE.match(text):
            return after_frame or (self.lines == 1 and self.stamped)
        if self.in_trace and after_frame and _PYTHON_END.match(text):
            return True
        return self.in_go and bool(_GO_FRAME.match(text))


def _is_stamped(text: str) -> bool:
    """Say whether the line begins with a time, after a short prefix at most."""
    return text[:1] != "{" and not text[:1].isspace() and timestamp_end(text) >= 0


def is_continuation(text: str) -> bool:
    """Say whether a line, seen by itself, is one that goes on with a record above it."""
    return bool(_INDENTED.match(text) or _ALWAYS.match(text) or is_field(text))


def records_of(lines: Iterable[Line], *, reference: Reference = None) -> Iterator[Record]:
    """Join lines into records.

    Parameters
    ----------
    lines
        Consecutive lines; the first begins a record whatever it is.
    reference
        About when the log was written, for times without year or date; or what says it of a line's number.
    """
    shape = _Shape()
    held: list[Line] = []
    for line in lines:
        if shape.begins(strip_ansi(line.text)) and held:
            yield _record(held, reference)
            held = []
        held.append(line)
    if held:
        yield _record(held, reference)


def record_at(lines: Iterable[Line], number: int, *, reference: Reference = None) -> Record | None:
    """Give the record that line `number` is part of.

    Parameters
    ----------
    lines
        Consecutive lines from some way before line `number` on.
    number
        The line.
    reference
        As for `records_of`.
    """
    shape = _Shape()
    held: list[Line] = []
    for line in lines:
        if shape.begins(strip_ansi(line.text)) and held:
            if line.number > number:
                break
            held = []
        held.append(line)
    return _record(held, reference) if held else None


def stands_alone(text: str) -> bool:
    """Say whether a line begins a record, whatever stands above it."""
    return _is_stamped(text) or text[:2] == '{"' or begins_entry(text)


def _record(lines: list[Line], reference: Reference) -> Record:
    if begins_entry(lines[0].text):
        return _entry(lines)
    head = lines[0].text[:_HEAD_BYTES]
    plain = strip_ansi(head)
    written = reference(lines[0].number) if callable(reference) else reference
    stamp = find_timestamp(plain, reference=written)
    return Record(
        first_line=lines[0].number,
        last_line=lines[-1].number,
        text=_joined(lines),
        timestamp=stamp.time if stamp else None,
        level=_level(lines),
        message=message_of(plain),
    )


def _entry(lines: list[Line]) -> Record:
    """Give the record of an entry of the journal."""
    text = _joined(lines)
    fields = fields_of_entry(text)
    message = fields.get("MESSAGE", "")
    priority = fields.get("PRIORITY", "")
    return Record(
        first_line=lines[0].number,
        last_line=lines[-1].number,
        text=text,
        timestamp=time_of_entry(fields),
        level=level_of(f"<{priority}>") if priority.isdigit() else level_of(message),
        message=message.partition("\n")[0],
    )


def _level(lines: list[Line]) -> Level | None:
    """Give the first line's level; of a record whose first line has none, the worst of its others."""
    level = level_of(lines[0].text)
    if level is not None:
        return level
    found = (level_of(line.text) for line in lines[1:200] if not line.text[:1].isspace())
    return max((inner for inner in found if inner), key=LEVELS.index, default=None)


def _joined(lines: list[Line]) -> str:
    if len(lines) == 1:
        return lines[0].text[:_HEAD_BYTES]
    texts: list[str] = []
    size = 0
    for place, line in enumerate(lines):
        if size > _HEAD_BYTES:
            left = lines[place:]
            texts += [f"… [{len(left) - _TAIL_LINES} lines]"] if len(left) > _TAIL_LINES else []
            texts += [tail.text[:1000] for tail in left[-_TAIL_LINES:]]
            break
        texts.append(line.text[:_HEAD_BYTES])
        size += len(texts[-1])
    return "\n".join(texts)


def root_of_trace(text: str) -> int | None:
    """Give the place (0 is the first line) of the line of a record that names the innermost cause of its trace.

    Java and its kin name it last (`Caused by:`); in a Python chain the first exception raised is the innermost one.
    """
    lines = text.split("\n")
    caused = [place for place, line in enumerate(lines) if line.lstrip().startswith("Caused by: ")]
    if caused:
        return caused[-1]
    named = [place for place, line in enumerate(lines) if place and _ROOT.match(line)]
    return named[0] if named else None
