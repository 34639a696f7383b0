"""How many lines of a text match a pattern, counted block by block, several at a time."""

from __future__ import annotations

import os
import re
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from logdebug.logs.patterns import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

__all__ = ["count_lines", "in_order"]

Result = TypeVar("Result")

_MOST_THREADS = 4
_DENSE = 24
"""From one line in so many on, looking at each byte is quicker than finding the lines that match."""
_SAMPLE_BYTES = 64 << 10
_COMPARED_BYTES = 2
"""So many bytes of a text, its rarest, are compared at every place of a block; the others where these are found."""

# Letters, digits, marks that stand for themselves, and whatever else a backslash makes stand for itself.
_LITERAL = re.compile(r"(?:[\w \-_/,;:@%=\"'<>!~`#&]|\\[.()\[\]{}*+?|^$/\\\-])++", re.ASCII)


class _Count(NamedTuple):
    """How many lines of a block match; whether its first line does, and the last one where it lacks its end."""

    lines: int
    first: bool
    last: bool


def count_lines(pattern: str, blocks: Iterable[bytes], *, ignore_case: bool, threads: int) -> int:
    """Count the lines that match a pattern that matches no empty line.

    Parameters
    ----------
    pattern
        In RE2's syntax.
    blocks
        The text in order; a block may end in the middle of a line.
    ignore_case
        Whether upper and lower case are the same.
    threads
        How many blocks are looked through at the same time.
    """
    literal = pattern if _LITERAL.fullmatch(pattern) and not ignore_case else ""
    regex = compiled(f"(?:{pattern}).*", ignore_case=ignore_case)
    count: _PatternCount = (
        _LiteralCount(re.sub(r"\\(.)", r"\1", literal).encode(), regex) if literal else _PatternCount(regex)
    )
    total, goes_on = 0, False
    for (lines, first, last), parted in in_order(lambda block: (count(_plain(block)), b"\n" in block), blocks, threads):
        total += lines - (goes_on and first)
        goes_on = last or (goes_on and not parted)
    return total


def _plain(block: bytes) -> bytes:
    return block.replace(b"\r\n", b"\n") if b"\r" in block else block


class _PatternCount:
    """Counts the lines of a block that match a pattern.

    Parameters
    ----------
    regex
        What matches, with the rest of its line.
    """

    def __init__(self, regex: Any) -> None:
        self._regex = regex

    def __call__(self, block: bytes) -> _Count:
        """Count the lines of one block."""
        lines, first, end = 0, False, -1
        for match in self._regex.finditer(block):
            if not lines:
                first = block.find(b"\n", 0, match.start()) < 0
            lines, end = lines + 1, match.end()
        return _Count(lines, first, end == len(block))


class _LiteralCount(_PatternCount):
    """Counts the lines of a block that hold a text.

    Parameters
    ----------
    text
        What they hold.
    regex
        The same with the rest of its line: RE2 finds that there is none several times as fast as `in` does.
    """

    def __init__(self, text: bytes, regex: Any) -> None:
        super().__init__(regex)
        self._text = text
        self._rarest: list[int] = []
        self._scratch = local()

    def __call__(self, block: bytes) -> _Count:
        """Count the lines of one block."""
        match = self._regex.search(block)
        if match is None:
            return _Count(0, first=False, last=False)
        text, start = self._text, match.start()
        sample = block[start : start + _SAMPLE_BYTES]
        if sample.count(text) * _DENSE < sample.count(b"\n"):
            return super().__call__(block)
        if not self._rarest:
            self._rarest = sorted(range(len(text)), key=lambda place: sample.count(text[place]))
        lines = self._lines(block)
        return _Count(lines, block.find(b"\n", 0, start) < 0, text in block[block.rfind(b"\n") + 1 :])

    def _lines(self, block: bytes) -> int:
        """Count lines by comparing all bytes of a block at once with two of the text's, and where they are the rest."""
        import numpy as np

        text, places = self._text, self._rarest
        data = np.frombuffer(block, np.uint8)
        size = len(data) - len(text) + 1
        if getattr(self._scratch, "size", 0) < len(data):
            self._scratch.size = len(data)
            self._scratch.rows = np.empty((2, len(data)), bool)
        found, also = self._scratch.rows[:, :size]
        np.equal(data[places[0] : size + places[0]], text[places[0]], out=found)
        for place in places[1:_COMPARED_BYTES]:
            found &= np.equal(data[place : size + place], text[place], out=also)
        at = np.flatnonzero(found)
        for place in places[_COMPARED_BYTES:]:
            at = at[data[at + place] == text[place]]
        ends = np.flatnonzero(np.equal(data, ord("\n"), out=self._scratch.rows[0, : len(data)]))
        line = np.searchsorted(ends, at)
        return int(np.count_nonzero(line[1:] != line[:-1])) + (len(line) > 0)


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
