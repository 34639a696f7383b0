"""Search a log by regular expression, in time linear in its size whatever the pattern."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import re2

from logdebug.errors import PatternError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.logs.lines import Line, LineIndex
    from logdebug.logs.source import Source

__all__ = ["Match", "SearchResult", "search"]


@dataclass(frozen=True, slots=True)
class Match:
    """One line that matches, with the lines around it.

    Parameters
    ----------
    line
        The line.
    before, after
        Its context, in the log's order.
    """

    line: Line
    before: tuple[Line, ...] = ()
    after: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Parameters
    ----------
    pattern
        What was searched for.
    matches
        The first lines that match, up to the limit.
    total
        How many lines match, those beyond the limit included.
    """

    pattern: str
    matches: tuple[Match, ...]
    total: int


def compiled(pattern: str, *, ignore_case: bool, log: str = "") -> Any:
    """Compile a pattern so that it is matched within single lines, as grep does.

    Raises
    ------
    PatternError
        Where RE2 doesn't take it: look-around, back references, or a syntax error.
    """
    options = re2.Options()
    options.log_errors = False
    options.never_nl = True
    options.case_sensitive = not ignore_case
    try:
        return re2.compile(f"(?m)(?:{pattern})".encode(), options=options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else error
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        raise PatternError(
            f"the pattern {pattern!r} can't be searched for: {reason}. The syntax is RE2's: no look-around and no "
            "back references; put a backslash before ( ) [ ] { } . * + ? | ^ $ that are meant as they stand",
            pattern=pattern,
            log=log,
        ) from None


def search(
    source: Source,
    index: LineIndex,
    pattern: str,
    *,
    context: int = 0,
    limit: int = 50,
    ignore_case: bool = False,
    first_line: int = 1,
    last_line: int | None = None,
) -> SearchResult:
    """Find the lines that match a pattern.

    Parameters
    ----------
    source, index
        The log.
    pattern
        In RE2's syntax; searched anywhere in a line, whose ends `^` and `$` match.
    context
        Lines to give before and after each match.
    limit
        How many matches to give; the others are counted.
    ignore_case
        Whether upper and lower case are the same.
    first_line, last_line
        The range of lines to search, from 1, inclusive; to the log's end where `last_line` is None.

    Raises
    ------
    PatternError
        Where the pattern isn't RE2's.
    """
    regex = compiled(pattern, ignore_case=ignore_case, log=source.name)
    numbers: deque[int] = deque()
    total = 0
    for number in _matching(source, index, regex, max(first_line, 1), last_line):
        total += 1
        if total <= limit:
            numbers.append(number)
    matches = tuple(_with_context(index, number, context) for number in numbers)
    return SearchResult(pattern, matches, total)


def _matching(source: Source, index: LineIndex, regex: Any, first: int, last: int | None) -> Iterator[int]:
    """Give the numbers of the lines that match, in order."""
    number, offset = index.place_of(first)
    previous = 0
    for _, block in source.blocks(offset):
        text = block.replace(b"\r\n", b"\n") if b"\r\n" in block else block
        for line in _in_block(regex, text, number):
            if last is not None and line > last:
                return
            # A line longer than a block comes in pieces, each of which may match.
            if line >= first and line != previous:
                previous = line
                yield line
        number += text.count(b"\n")
        if last is not None and number > last:
            return


def _in_block(regex: Any, block: bytes, number: int) -> Iterator[int]:
    """Give the number of each line of a block that matches; `number` is that of its first line."""
    at, counted = 0, 0
    size = len(block)
    while at < size:
        match = regex.search(block, at)
        if match is None:
            return
        start = match.start()
        # The empty match behind the last newline is in no line of this block.
        if start == size and block.endswith(b"\n"):
            return
        number += block.count(b"\n", counted, start)
        counted = start
        yield number
        at = block.find(b"\n", start) + 1
        if not at:
            return


def _with_context(index: LineIndex, number: int, context: int) -> Match:
    lines = list(index.lines(number - context, number + context))
    here = next(place for place, line in enumerate(lines) if line.number == number)
    return Match(lines[here], tuple(lines[:here]), tuple(lines[here + 1 :]))
