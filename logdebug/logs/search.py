"""Search a log by regular expression, in time linear in its size whatever the pattern."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import re2

from logdebug.errors import PatternError
from logdebug.logs.ripgrep import NoRipgrep, lines_by_ripgrep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from logdebug.logs.lines import Line, LineIndex
    from logdebug.logs.source import Source

__all__ = ["Match", "SearchResult", "search"]

_LARGE_BYTES = 8 << 20
_LONG_BYTES = 4 << 10
_MOST_THREADS = 4


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
    keeps: Callable[[int], bool] | None = None,
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
    keeps
        Says of a matching line's number whether the line counts; None for all do.

    Raises
    ------
    PatternError
        Where the pattern isn't RE2's.
    """
    regex = compiled(pattern, ignore_case=ignore_case, log=source.name)
    numbers: deque[int] = deque()
    total = 0
    whole = first_line <= 1 and last_line is None and regex.search(b"") is None
    for number in (
        _in_whole_log(source, index, regex, pattern, ignore_case=ignore_case)
        if whole
        else _matching(source, index, regex, max(first_line, 1), last_line)
    ):
        if keeps is not None and not keeps(number):
            continue
        total += 1
        if total <= limit:
            numbers.append(number)
    matches = tuple(_with_context(index, number, context) for number in numbers)
    return SearchResult(pattern, matches, total)


def _in_whole_log(source: Source, index: LineIndex, regex: Any, pattern: str, *, ignore_case: bool) -> Iterator[int]:
    """Give the numbers of the lines of a log that match, by the fastest engine there is."""
    number = 0
    try:
        for number in lines_by_ripgrep(source, pattern, ignore_case=ignore_case):
            yield number
    except NoRipgrep:
        yield from _matching(source, index, regex, number + 1, None)


def _matching(source: Source, index: LineIndex, regex: Any, first: int, last: int | None) -> Iterator[int]:
    """Give the numbers of the lines that match, in order."""
    number, offset = index.place_of(first)
    previous = 0
    for block, found, newlines in _looked_through(source, regex, offset, to_end=last is None):
        for line in _in_block(regex, block, number, found):
            if last is not None and line > last:
                return
            # A line longer than a block comes in pieces, each of which may match.
            if line >= first and line != previous:
                previous = line
                yield line
        number += newlines
        if last is not None and number > last:
            return


def _looked_through(source: Source, regex: Any, offset: int, *, to_end: bool) -> Iterator[tuple[bytes, int, int]]:
    """Give each block with where in it the first match begins (-1 for none), and how many lines end in it.

    Of a large log some blocks are looked through at the same time: the engine leaves Python to other threads meanwhile.
    """
    blocks = (block for _, block in source.blocks(offset))
    if not to_end or source.stored_bytes - offset < _LARGE_BYTES:
        yield from (_looked_at(regex, block) for block in blocks)
        return
    threads = min(os.cpu_count() or 1, _MOST_THREADS)
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[tuple[bytes, int, int]]] = deque()
        for block in blocks:
            ahead.append(pool.submit(_looked_at, regex, block))
            if len(ahead) > 2 * threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _looked_at(regex: Any, block: bytes) -> tuple[bytes, int, int]:
    # One byte is found many times as fast as two.
    text = block.replace(b"\r\n", b"\n") if b"\r" in block else block
    match = regex.search(text)
    return text, -1 if match is None else match.start(), _newlines(text, 0, len(text))


def _newlines(block: bytes, start: int, end: int) -> int:
    """Count newlines; in a long text by numpy, which is several times as fast there."""
    if end - start < _LONG_BYTES:
        return block.count(b"\n", start, end)
    import numpy as np

    return int(np.count_nonzero(np.frombuffer(block, np.uint8, end - start, start) == ord("\n")))


def _in_block(regex: Any, block: bytes, number: int, start: int) -> Iterator[int]:
    """Give the number of each line of a block that matches.

    Parameters
    ----------
    regex, block
        What to look for, and in what.
    number
        That of the block's first line.
    start
        Where the first match begins; -1 for there is none.
    """
    counted, size = 0, len(block)
    # The empty match behind the last newline is in no line of this block.
    while start >= 0 and not (start == size and block.endswith(b"\n")):
        number += _newlines(block, counted, start)
        counted = start
        yield number
        at = block.find(b"\n", start) + 1
        if not at or at >= size:
            return
        match = regex.search(block, at)
        start = -1 if match is None else match.start()


def _with_context(index: LineIndex, number: int, context: int) -> Match:
    lines = list(index.lines(number - context, number + context))
    here = next(place for place, line in enumerate(lines) if line.number == number)
    return Match(lines[here], tuple(lines[:here]), tuple(lines[here + 1 :]))
