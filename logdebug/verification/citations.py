"""One citation, looked up again: whether the files still say what a diagnosis quotes, and what became of it if not.

A quote is looked for at its bytes, then in the rest of its file, then in what a rotation may have made of that. That
something did not occur is searched for again in the very lines that were searched, known by their hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal, get_args

from logdebug.agent.absences import search_for, sha256_of
from logdebug.agent.grounding import ground, holds
from logdebug.errors import LogError
from logdebug.logs.deadline import SEARCH_SECONDS, searched_within
from logdebug.logs.patterns import compiled_small
from logdebug.records import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logdebug.logs import Line, Log
    from logdebug.records import Absence
    from logdebug.verification.files import Files

__all__ = ["OUTCOMES", "Finding", "Outcome", "find_absence", "find_quote", "same"]

Outcome = Literal["unchanged", "moved", "rotated", "altered", "gone", "unfounded"]
"""What became of a citation.

- unchanged: the same text at the same line and bytes
- moved: elsewhere in its file
- rotated: in a file that a rotation made of its file
- altered: its file is there and says something else
- gone: its file is gone, or ends before it
- unfounded: it was not found when the diagnosis was made, and isn't there now
"""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

_MOST_LINES = 100  # more than any quote may stretch over


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one citation.

    Parameters
    ----------
    outcome
        In one word.
    words
        What there is to say about it, for people.
    file, line, last_line
        Where it is now; None where it isn't anywhere.
    byte_start, byte_end
        The bytes of these lines, in the file's uncompressed text; None where it isn't anywhere.
    readable
        Whether the file that it cites could be read.
    """

    outcome: Outcome
    words: str
    file: str | None = None
    line: int | None = None
    last_line: int | None = None
    byte_start: int | None = None
    byte_end: int | None = None
    readable: bool = True


def same(lines: Sequence[Line], quote: str) -> bool:
    """Tell whether the lines that are cited still say what is quoted: white space, colours and cuts don't matter."""
    return holds(lines, quote)


def find_quote(quote: Evidence, files: Files, *, most_bytes: int | None = None) -> Finding:
    """Look a quote up again.

    Parameters
    ----------
    quote
        The quote.
    files
        The incident's files.
    most_bytes
        Of the files that a rotation made, those larger than this on disk are left out; None for none is.
    """
    missing: Finding
    try:
        log = files.open(quote.file)
        now = _in(quote, log)
        if now.verified:
            return _found(quote, now, log)
        missing = _lost(quote, log)
    except LogError as error:
        missing = Finding("gone", str(error), readable=False)
    if not quote.verified and missing.readable:
        return Finding("unfounded", f"isn't in {quote.file}: nothing shows that the log ever said this")
    for name in files.rotated(quote.file):
        try:
            older = files.open(name)
            if most_bytes is not None and older.stored_bytes > most_bytes:
                continue
            now = _in(quote, older)
            if now.verified:
                return _found(quote, now, older, readable=missing.readable)
        except LogError:
            continue
    return missing


def _in(quote: Evidence, log: Log) -> Evidence:
    """Give a quote as it is in a file now: at its own bytes where it is still there, else wherever it is."""
    if quote.verified and quote.line and quote.byte_start is not None and quote.byte_end is not None:
        lines = _lines_at(log, quote.line, quote.byte_end)
        at = lines and (lines[0].byte_start, lines[-1].byte_end) == (quote.byte_start, quote.byte_end)
        if at and same(lines, quote.quote):
            return Evidence(quote.quote, log.name, quote.line, quote.byte_start, quote.byte_end, verified=True)
    return ground(quote.quote, file=log.name, line=quote.line, log=log)


def _lines_at(log: Log, first: int, end: int) -> list[Line]:
    """Give the lines from a first one on, up to the one that ends at a byte."""
    lines: list[Line] = []
    for line in islice(log.iter_lines(first), _MOST_LINES):
        if line.byte_end > end:
            break
        lines.append(line)
    return lines


def _found(quote: Evidence, now: Evidence, log: Log, *, readable: bool = True) -> Finding:
    line, start, end = now.line or 1, now.byte_start or 0, now.byte_end or 0
    last = max(line, log.line_at(end - 1)) if end > start else line
    at: tuple[str, int, int, int, int] = (now.file, line, last, start, end)
    if now.file != quote.file:
        words = f"is now in {now.file}, line {line:,}: the log was rotated"
        return Finding("rotated", words, *at, readable=readable)
    if quote.line not in (None, line):
        return Finding("moved", f"was cited at line {quote.line:,}, and is at line {line:,} now", *at)
    if quote.verified and quote.byte_start not in (None, start):
        return Finding("moved", f"is at line {line:,} as cited, but no longer at the same bytes of {quote.file}", *at)
    return Finding("unchanged", f"stands at line {line:,} of {quote.file}", *at)


def _lost(quote: Evidence, log: Log) -> Finding:
    """Say what became of a quote that isn't in its file."""
    line = f"line {quote.line:,}" if quote.line else "an unknown line"
    words = f"was at {line} when this was diagnosed, and isn't in {quote.file} any more"
    if quote.byte_end is not None and log.size_bytes < quote.byte_end:
        return Finding("gone", f"{words}: the file now ends before it ({log.size_bytes:,} bytes)")
    return Finding("altered", f"{words}: other text stands there now")


def find_absence(absence: Absence, files: Files, *, shifts: Iterable[int] = ()) -> Finding:
    """Search again for what did not occur, in the lines that were searched.

    Parameters
    ----------
    absence
        What is said not to have occurred.
    files
        The incident's files.
    shifts
        By how many bytes the quotes of the same diagnosis moved: the lines may have moved with them.
    """
    if not absence.verified or absence.byte_start is None or absence.byte_end is None:
        return Finding("unfounded", f"was not verified when this was diagnosed {absence.problem}".rstrip())
    readable, short, why = True, False, ""
    for name in (absence.file, *files.rotated(absence.file)):
        try:
            log = files.open(name)
            for shift in dict.fromkeys((0, *shifts)):
                if _is_at(absence, log, shift):
                    return _searched(absence, log, shift, readable=readable)
            short = short or (name == absence.file and log.size_bytes < absence.byte_end)
        except LogError as error:
            if name == absence.file:
                readable, why = False, str(error)
    if not readable:
        return Finding("gone", why, readable=False)
    if short:
        return Finding("gone", f"{absence.file} now ends before the lines that were searched")
    again = search_for(absence, files.open(absence.file))
    found = f"the search finds {again.matches:,} of them now" if again.matches else "the search finds nothing in them"
    return Finding("altered", f"lines {absence.first_line:,} to {absence.last_line:,} have changed since; {found}")


def _is_at(absence: Absence, log: Log, shift: int) -> bool:
    start, end = (absence.byte_start or 0) + shift, (absence.byte_end or 0) + shift
    return start >= 0 and log.size_bytes >= end and sha256_of(log, start, end) == absence.sha256


def _searched(absence: Absence, log: Log, shift: int, *, readable: bool) -> Finding:
    """Run the search again in the same lines, wherever they are now."""
    start, end = (absence.byte_start or 0) + shift, (absence.byte_end or 0) + shift
    first, last = log.line_at(start), max(log.line_at(start), log.line_at(end - 1))
    compiled_small(absence.pattern, ignore_case=True, log=log.name)  # a report may be a stranger's
    with searched_within(SEARCH_SECONDS, log, absence.pattern):
        found = log.search(absence.pattern, limit=1, ignore_case=True, first_line=first, last_line=last)
    at: tuple[str, int, int, int, int] = (log.name, first, last, start, end)
    if found.total:
        number = found.matches[0].line.number
        words = f"these lines are as they were, and {found.total:,} match, the first is line {number:,}: "
        return Finding("altered", f"{words}the report was changed", *at, readable=readable)
    said = f"lines {first:,} to {last:,} of {log.name} are as they were, and none matches"
    if log.name != absence.file:
        return Finding("rotated", f"{said}: the log was rotated", *at, readable=readable)
    moved = (first, last) != (absence.first_line, absence.last_line) or shift
    return Finding("moved" if moved else "unchanged", said, *at)
