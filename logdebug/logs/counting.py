"""Which lines of a text match a pattern, and how many: block by block, by all cores where a log is large."""

from __future__ import annotations

import os
import re
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, repeat
from operator import contains
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from logdebug.logs.parallel import answers_in_parallel
from logdebug.logs.patterns import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from logdebug.logs.lines import LineIndex
    from logdebug.logs.source import Source

__all__ = ["Found", "found_by_all_cores", "found_in", "in_order", "lines_in", "newlines_in", "task"]

Result = TypeVar("Result")

_MOST_THREADS = 4
_DENSE = 3
"""From one line in so many on, looking at all of a block at once is quicker than finding the lines one by one."""
_SAMPLE_BYTES = 8 << 10
_NEWLINE = 10
_MOST_TEXTS = 8
_LONG_BYTES = 4 << 10

# Letters, digits, marks that stand for themselves, and whatever else a backslash makes stand for itself.
_LITERAL = r"(?:[\w \-_/,;:@%=\"'<>!~`#&]|\\[.()\[\]{}*+?|^$/\\\-])++"
_LITERALS = re.compile(rf"{_LITERAL}(?:\|{_LITERAL})*+", re.ASCII)
_EACH = re.compile(r"(?:\\.|[^\\|])+")
_MARK = b"\0"
_ALL_BUT_MARKS = bytes(set(range(256)) - set(b"\0\n"))


class Found(NamedTuple):
    """The lines of a text that match.

    Parameters
    ----------
    lines
        The first of them, each as how many lines are before it.
    total
        How many there are.
    """

    lines: list[int]
    total: int


class _Count(NamedTuple):
    """How many lines of a block match; whether its first line does, and the last one where it lacks its end."""

    lines: int
    first: bool
    last: bool


def found_in(pattern: str, blocks: Iterable[bytes], *, ignore_case: bool, most: int = 0) -> Found:
    """Find the first lines that match a pattern that matches no empty line, and count all that do.

    Parameters
    ----------
    pattern
        In RE2's syntax.
    blocks
        The text in order; a block may end in the middle of a line.
    ignore_case
        Whether upper and lower case are the same.
    most
        How many lines to tell apart; the others are counted only.
    """
    return _found(_counting(pattern, ignore_case=ignore_case), blocks, most)


def found_by_all_cores(
    source: Source, index: LineIndex, pattern: str, offset: int, *, ignore_case: bool, most: int
) -> Found:
    """Find the lines of a large log that match from byte `offset` on, where a line begins.

    Returns
    -------
    Found
        The first lines by their numbers in the log.

    Raises
    ------
    NoWorkers
        Where processes can't be had.
    LogInterrupted
        Where reading was stopped.
    """
    numbers, total = list[int](), 0
    for _, part, (lines, count) in answers_in_parallel(source, __name__, (pattern, ignore_case, most), offset):
        total += count
        if lines and len(numbers) < most:
            first = index.line_at(part.start + part.shift)
            numbers += [first + line for line in lines[: most - len(numbers)]]
    return Found(numbers, total)


def task(argument: tuple[str, bool, int]) -> Callable[[Iterator[tuple[int, memoryview]]], Any]:
    """Give what finds the lines of part after part, in a process of its own."""
    pattern, ignore_case, most = argument
    counting = _counting(pattern, ignore_case=ignore_case)
    return lambda chunks: tuple(_found(counting, (bytes(chunk) for _, chunk in chunks), most))


def _counting(pattern: str, *, ignore_case: bool) -> _PatternCount:
    """Give what counts the lines of a block by the quickest way there is for a pattern."""
    regex = compiled(f"(?:{pattern}).*", ignore_case=ignore_case)
    bare = pattern.removeprefix("(?i)")
    texts = []
    if _LITERALS.fullmatch(bare):
        texts = [re.sub(r"\\(.)", r"\1", text) for text in _EACH.findall(bare)]
    if texts and len(texts) <= _MOST_TEXTS:
        return _TextCount(regex, texts, ignore_case=ignore_case or bare != pattern)
    return _PatternCount(regex)


def _found(counting: _PatternCount, blocks: Iterable[bytes], most: int) -> Found:
    lines, total, before, goes_on = list[int](), 0, 0, False
    for block in blocks:
        text = block.replace(b"\r\n", b"\n") if b"\r" in block else block
        count = counting(text)
        # A line longer than a block comes in pieces, each of which may match.
        known = goes_on and count.first
        total += count.lines - known
        if len(lines) < most:
            if count.lines > known:
                found = lines_in(counting.regex, text, before, counting.start_in(text))
                lines += islice(found, known, known + most - len(lines))
            before += newlines_in(text, 0, len(text))
        goes_on = count.last or (goes_on and b"\n" not in text)
    return Found(lines, total)


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
    counted, size = 0, len(block)
    # The empty match behind the last newline is in no line of this block.
    while start >= 0 and not (start == size and block.endswith(b"\n")):
        number += newlines_in(block, counted, start)
        counted = start
        yield number
        at = block.find(b"\n", start) + 1
        if not at or at >= size:
            return
        match = regex.search(block, at)
        start = -1 if match is None else match.start()


def newlines_in(block: bytes, start: int, end: int) -> int:
    """Count newlines; in a long text by numpy where that is loaded already: it is several times as fast there."""
    if end - start < _LONG_BYTES or "numpy" not in sys.modules:
        return block.count(b"\n", start, end)
    import numpy as np

    return int(np.count_nonzero(np.frombuffer(block, np.uint8, end - start, start) == ord("\n")))


class _PatternCount:
    """Counts the lines of a block that match a pattern.

    Parameters
    ----------
    regex
        What matches, with the rest of its line.
    """

    def __init__(self, regex: Any) -> None:
        self.regex = regex

    def start_in(self, block: bytes) -> int:
        """Give where the first match begins, or -1."""
        match = self.regex.search(block)
        return -1 if match is None else int(match.start())

    def __call__(self, block: bytes) -> _Count:
        """Count the lines of one block."""
        lines, first, end = 0, False, -1
        for match in self.regex.finditer(block):
            if not lines:
                first = block.find(b"\n", 0, match.start()) < 0
            lines, end = lines + 1, match.end()
        return _Count(lines, first, end == len(block))


class _TextCount(_PatternCount):
    """Counts the lines of a block that hold one of some texts.

    Parameters
    ----------
    regex
        The same with the rest of its line.
    texts
        What they hold.
    ignore_case
        Whether upper and lower case are the same.
    """

    def __init__(self, regex: Any, texts: list[str], *, ignore_case: bool) -> None:
        super().__init__(regex)
        self._ignore_case = ignore_case
        # RE2 finds that a text isn't there several times as fast as `in` does, and as it does of two texts at once.
        each = [text.lower() if ignore_case else text for text in texts]
        self._each = [(text.encode(), compiled(re.escape(text), ignore_case=False)) for text in each]

    def __call__(self, block: bytes) -> _Count:
        """Count the lines of one block."""
        # A mark must be a mark; and letters beyond ASCII have cases that bytes know nothing of.
        if _MARK in block or (self._ignore_case and not block.isascii()):
            return super().__call__(block)
        text = block.lower() if self._ignore_case else block
        held = [each for each, regex in self._each if regex.search(text) is not None]
        if not held:
            return _Count(0, first=False, last=False)
        sample = text[:_SAMPLE_BYTES]
        if sum(map(sample.count, held)) * _DENSE < sample.count(b"\n"):
            return _found_one_by_one(text, held)
        return _parted(text, held[0]) if len(held) == 1 else _marked(text, held)


def _found_one_by_one(block: bytes, texts: list[bytes]) -> _Count:
    """Find the lines with each of some texts."""
    ends: set[int] = set()
    find, size = block.find, len(block)
    for text in texts:
        at = find(text)
        while at >= 0:
            end = find(b"\n", at)
            if end < 0:
                ends.add(size)
                break
            ends.add(end)
            at = find(text, end)
    first = find(b"\n")
    return _Count(len(ends), (size if first < 0 else first) in ends, size in ends)


def _parted(block: bytes, text: bytes) -> _Count:
    """Part a block at each place of a text, and count the parts that a line begins in."""
    parts = block.split(text)
    lines = 1 + sum(map(contains, parts[1:-1], repeat(_NEWLINE)))
    return _Count(lines, _NEWLINE not in parts[0], _NEWLINE not in parts[-1])


def _marked(block: bytes, texts: list[bytes]) -> _Count:
    """Put a mark in the place of each text, leave out all but marks and newlines, and count lines with marks."""
    for text in texts:
        block = block.replace(text, _MARK)
    marks = block.translate(None, _ALL_BUT_MARKS)
    goes_on = marks.endswith(_MARK)
    return _Count(marks.count(_MARK + b"\n") + goes_on, marks.startswith(_MARK), goes_on)


def in_order(work: Callable[[bytes], Result], blocks: Iterable[bytes], threads: int) -> Iterator[Result]:
    """Give what comes of each block, in order; so many are worked on at the same time, as far as Python lets them."""
    threads = min(threads, os.cpu_count() or 1, _MOST_THREADS)
    if threads < 2:
        yield from map(work, blocks)
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[Result]] = deque()
        for block in blocks:
            ahead.append(pool.submit(work, block))
            if len(ahead) > 2 * threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
