"""Search a log by regular expression, in time linear in its size whatever the pattern."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from logdebug.linear import UNANCHORED, matching
from logdebug.logs.counting import found_by_all_cores, found_in, in_order, lines_in, newlines_in
from logdebug.logs.onward import OnwardLines
from logdebug.logs.parallel import NoWorkers, is_large
from logdebug.logs.patterns import compiled
from logdebug.logs.ripgrep import NoRipgrep, count_by_ripgrep, lines_by_ripgrep, may_use_ripgrep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from logdebug.linear import Matching
    from logdebug.logs.lines import Line, LineIndex
    from logdebug.logs.source import Source

__all__ = ["Match", "SearchResult", "search"]

_LARGE_BYTES = 8 << 20
# Larger pieces of memory would come from the system anew each time, page by page.
_BLOCK_BYTES = 256 << 10


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
    to_end = last_line is None and regex.search(b"") is None
    if to_end and keeps is None:
        numbers, total = _found_to_end(source, index, pattern, limit, first_line, ignore_case=ignore_case)
    else:
        numbers, total = [], 0
        for number in (
            _in_whole_log(source, index, regex, pattern, ignore_case=ignore_case)
            if to_end and first_line <= 1
            else _matching(source, index, regex, max(first_line, 1), last_line)
        ):
            if keeps is None or keeps(number):
                total += 1
                numbers += [number] if total <= limit else []
    matches = tuple(_with_context(index, numbers, context))
    # Where the log was cut meanwhile, what can't be shown is gone, and all that was behind it.
    return SearchResult(pattern, matches, total if len(matches) == len(numbers) else len(matches))


def _found_to_end(
    source: Source, index: LineIndex, pattern: str, limit: int, first_line: int, *, ignore_case: bool
) -> tuple[list[int], int]:
    """Give the numbers of the first lines that match, and how many do: those beyond the limit are only counted."""
    regex = compiled(pattern, ignore_case=ignore_case)
    if is_large(source) and not may_use_ripgrep(source, pattern):
        at = next(index.lines(first_line, first_line), None) if first_line > 1 else None
        if first_line > 1 and at is None:
            return [], 0  # the log ends before the first line
        with suppress(NoWorkers):
            start = at.byte_start if at is not None else 0
            return found_by_all_cores(source, index, pattern, start, ignore_case=ignore_case, most=limit)
    found = (
        _in_whole_log(source, index, regex, pattern, ignore_case=ignore_case, most=limit)
        if first_line <= 1
        else _matching(source, index, regex, first_line, None)
    )
    numbers = list(islice(found, limit))
    if len(numbers) < limit:
        return numbers, len(numbers)
    at = next(index.lines(numbers[-1] if numbers else first_line, 1 << 62), None)
    if at is None:
        return numbers, 0  # the log ends before the first line
    offset = at.byte_end + 1 if numbers else at.byte_start
    with suppress(NoRipgrep):
        return numbers, limit + count_by_ripgrep(source, pattern, offset, ignore_case=ignore_case)
    blocks = source.blocks(offset, _BLOCK_BYTES)
    return numbers, limit + found_in(pattern, blocks, ignore_case=ignore_case).total


def _in_whole_log(
    source: Source, index: LineIndex, regex: Any, pattern: str, *, ignore_case: bool, most: int | None = None
) -> Iterator[int]:
    """Give the numbers of the lines of a log that match, by the fastest engine there is."""
    number = 0
    try:
        for number in lines_by_ripgrep(source, pattern, ignore_case=ignore_case, most=most):
            yield number
    except NoRipgrep:
        yield from _matching(source, index, regex, number + 1, None)


def _matching(source: Source, index: LineIndex, regex: Any, first: int, last: int | None) -> Iterator[int]:
    """Give the numbers of the lines that match, in order."""
    number, offset = index.place_of(first)
    previous = 0
    blocks = (block for _, block in source.blocks(offset, _BLOCK_BYTES))
    threads = _threads(source, offset) if last is None else 1
    for block, found, newlines in in_order(partial(_looked_at, matching(regex)), blocks, threads):
        for line in lines_in(regex, block, number, found):
            if last is not None and line > last:
                return
            # A line longer than a block comes in pieces, each of which may match.
            if line >= first and line != previous:
                previous = line
                yield line
        number += newlines
        if last is not None and number > last:
            return


def _threads(source: Source, offset: int) -> int:
    """Say how many blocks are to be looked through at the same time: starting threads pays for a large log only."""
    return os.cpu_count() or 1 if source.stored_bytes - offset >= _LARGE_BYTES else 1


def _looked_at(match: Matching, block: bytes) -> tuple[bytes, int, int]:
    # One byte is found many times as fast as two.
    text = block.replace(b"\r\n", b"\n") if b"\r" in block else block
    return text, match(UNANCHORED, text, 0, len(text))[0][0], newlines_in(text, 0, len(text))


def _with_context(index: LineIndex, numbers: Iterable[int], context: int) -> Iterator[Match]:
    """Give lines, by their numbers in order, with those around each; no more from where the log was cut since."""
    onward = OnwardLines(index)
    for number in numbers:
        first = max(number - context, 1)
        lines = onward.lines(first, number + context)
        here = number - first
        if here >= len(lines):
            return
        yield Match(lines[here], tuple(lines[:here]), tuple(lines[here + 1 :]))
