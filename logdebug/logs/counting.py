"""Which lines of a text match a pattern, and how many: block by block, by all cores where a log is large."""

from __future__ import annotations

import os
import sys
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from logdebug.linear import UNANCHORED, matching
from logdebug.logs.matches import PatternCount, counting_of
from logdebug.logs.parallel import answers_in_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from logdebug.logs.lines import LineIndex
    from logdebug.logs.source import Source

__all__ = ["Found", "found_by_all_cores", "found_in", "in_order", "lines_in", "newlines_in", "task"]

Result = TypeVar("Result")

_MOST_THREADS = 4
_LONG_BYTES = 4 << 10


class Found(NamedTuple):
    """The lines of a text that match.

    Parameters
    ----------
    places
        The first of them, each as a byte at which a line begins, and how many lines after that one it is.
    total
        How many there are.
    """

    places: list[tuple[int, int]]
    total: int


def found_in(pattern: str, blocks: Iterable[tuple[int, bytes]], *, ignore_case: bool, most: int = 0) -> Found:
    """Find the first lines that match a pattern that matches no empty line, and count all that do.

    Parameters
    ----------
    pattern
        In RE2's syntax.
    blocks
        The text in order, each block with where it begins; it may end in the middle of a line.
    ignore_case
        Whether upper and lower case are the same.
    most
        How many lines to tell apart; the others are counted only.
    """
    return _found(counting_of(pattern, ignore_case=ignore_case), blocks, most)


def found_by_all_cores(
    source: Source, index: LineIndex, pattern: str, offset: int, *, ignore_case: bool, most: int
) -> tuple[list[int], int]:
    """Find the lines of a large log that match from byte `offset` on, where a line begins.

    Returns
    -------
    tuple
        The first lines by their numbers in the log, and how many there are.

    Raises
    ------
    NoWorkers
        Where processes can't be had.
    LogInterrupted
        Where reading was stopped.
    """
    numbers, total = list[int](), 0
    for _, part, (places, count) in answers_in_parallel(source, __name__, (pattern, ignore_case, most), offset):
        total += count
        known = first = -1
        for begin, line in places[: most - len(numbers)]:
            if begin != known:
                known, first = begin, index.line_at(begin + part.shift)
            numbers.append(first + line)
    return numbers, total


def task(argument: tuple[str, bool, int]) -> Callable[[Iterator[tuple[int, memoryview]]], Any]:
    """Give what finds the lines of part after part, in a process of its own."""
    pattern, ignore_case, most = argument
    counting = counting_of(pattern, ignore_case=ignore_case)
    return lambda chunks: tuple(_found(counting, ((start, bytes(chunk)) for start, chunk in chunks), most))


def _found(counting: PatternCount, blocks: Iterable[tuple[int, bytes]], most: int) -> Found:
    places, total, goes_on = list[tuple[int, int]](), 0, False
    for start, block in blocks:
        text = block.replace(b"\r\n", b"\n") if b"\r" in block else block
        count = counting(text)
        # A line longer than a block comes in pieces, each of which may match.
        known = goes_on and count.first
        total += count.lines - known
        if len(places) < most and count.lines > known:
            found = lines_in(counting.regex, text, 0, counting.start_in(text))
            places += [(start, line) for line in islice(found, known, known + most - len(places))]
        goes_on = count.last or (goes_on and b"\n" not in text)
    return Found(places, total)


def lines_in(regex: Any, block: bytes, number: int, start: int) -> Iterator[int]:
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
    match, counted, size = matching(regex), 0, len(block)
    # The empty match behind the last newline is in no line of this block.
    while start >= 0 and not (start == size and block.endswith(b"\n")):
        number += newlines_in(block, counted, start)
        counted = start
        yield number
        at = block.find(b"\n", start) + 1
        if not at or at >= size:
            return
        start = match(UNANCHORED, block, at, size)[0][0]


def newlines_in(block: bytes, start: int, end: int) -> int:
    """Count newlines; in a long text by numpy where that is loaded already: it is several times as fast there."""
    if end - start < _LONG_BYTES or "numpy" not in sys.modules:
        return block.count(b"\n", start, end)
    import numpy as np

    return int(np.count_nonzero(np.frombuffer(block, np.uint8, end - start, start) == ord("\n")))


def in_order(work: Callable[[bytes], Result], blocks: Iterable[bytes], threads: int) -> Iterator[Result]:
    """Give what comes of each block, in order; so many are worked on at the same time, as far as Python lets them."""
    threads = min(threads, os.cpu_count() or 1, _MOST_THREADS)
    if threads < 2:
        yield from map(work, blocks)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[Result]] = deque()
        for block in blocks:
            ahead.append(pool.submit(work, block))
            if len(ahead) > 2 * threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
