"""How many lines of a block match a pattern: by the quickest way there is for it."""

from __future__ import annotations

import re
from itertools import islice, repeat
from operator import contains
from time import thread_time
from typing import TYPE_CHECKING, Any, NamedTuple

from logdebug.logs.patterns import compiled, several_at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["PatternCount", "counting_of"]

_DENSE = 3
"""From one line in so many on, looking at all of a block at once is quicker than finding the lines one by one."""
_DENSE_FOR_REGEX = 16
_SLOW_SECONDS_PER_BYTE = 5e-7
_MANY_MATCHES = 32
_RARE_BYTES = 200
_SAMPLE_BYTES = 8 << 10
_NEWLINE = 10
_MOST_TEXTS = 8

# Letters, digits, marks that stand for themselves, and whatever else a backslash makes stand for itself.
_LITERAL = r"(?:[\w \-_/,;:@%=\"'<>!~`#&]|\\[.()\[\]{}*+?|^$/\\\-])++"
_LITERALS = re.compile(rf"{_LITERAL}(?:\|{_LITERAL})*+", re.ASCII)
_EACH = re.compile(r"(?:\\.|[^\\|])+")
_MARK = b"\0"
_ALL_BUT_MARKS = bytes(set(range(256)) - set(b"\0\n"))


class _Count(NamedTuple):
    """How many lines of a block match; whether its first line does, and the last one where it lacks its end."""

    lines: int
    first: bool
    last: bool


def counting_of(pattern: str, *, ignore_case: bool) -> PatternCount:
    """Give what counts the lines of a block by the quickest way there is for a pattern."""
    regex = compiled(f"(?:{pattern}).*", ignore_case=ignore_case)
    bare = pattern.removeprefix("(?i)")
    texts = []
    if _LITERALS.fullmatch(bare):
        texts = [re.sub(r"\\(.)", r"\1", text) for text in _EACH.findall(bare)]
    if texts and len(texts) <= _MOST_TEXTS:
        return _TextCount(regex, pattern, texts, ignore_case=ignore_case or bare != pattern)
    return PatternCount(regex, pattern, ignore_case=ignore_case)


class PatternCount:
    """Counts the lines of a block that match a pattern.

    Parameters
    ----------
    regex
        What matches, with the rest of its line.
    pattern, ignore_case
        The same as it was given.
    """

    def __init__(self, regex: Any, pattern: str, *, ignore_case: bool) -> None:
        self.regex = regex
        self._ignore_case = ignore_case
        self._pattern = pattern
        self._is_slow = False

    def start_in(self, block: bytes) -> int:
        """Give where the first match begins, or -1."""
        match = self.regex.search(block)
        return -1 if match is None else int(match.start())

    def __call__(self, block: bytes) -> _Count:
        """Count the lines of one block."""
        if not self._is_slow and self._is_dense(block):
            several = several_at_once(self._pattern, ignore_case=self._ignore_case)
            if several:
                began = thread_time()
                count = self._counted_in_bulk(block, several)
                # It takes more states than RE2 keeps, or a block of few bytes was no measure.
                self._is_slow = thread_time() - began > _SLOW_SECONDS_PER_BYTE * max(len(block), _SAMPLE_BYTES)
                return count
            self._is_slow = True
        lines, first, end = 0, False, -1
        for match in self.regex.finditer(block):
            if not lines:
                first = block.find(b"\n", 0, match.start()) < 0
            lines, end = lines + 1, match.end()
        return _Count(lines, first, end == len(block))

    def _is_dense(self, block: bytes) -> bool:
        sample = block[:_SAMPLE_BYTES]
        matches = sum(1 for _ in islice(self.regex.finditer(sample), _MANY_MATCHES))
        return matches * _DENSE_FOR_REGEX > sample.count(b"\n")

    def _counted_in_bulk(self, block: bytes, several: tuple[tuple[int, Any], ...]) -> _Count:
        """Match many lines at once: it takes as long to be told of a match as to match some kB."""
        lines, at, end = 0, 0, block.rfind(b"\n") + 1
        for count, regex in several:
            while (match := regex.match(block, at, end)) is not None:
                at = match.end()
                lines += count
        last = end < len(block) and self.regex.search(block, end) is not None
        first_end = block.find(b"\n") if end else len(block)
        return _Count(lines + last, self.regex.search(block, 0, first_end) is not None, last)


class _TextCount(PatternCount):
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

    def __init__(self, regex: Any, pattern: str, texts: list[str], *, ignore_case: bool) -> None:
        super().__init__(regex, pattern, ignore_case=ignore_case)
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
            return _found_one_by_one(text, [_finder(each, sample) for each in held])
        return _parted(text, held[0]) if len(held) == 1 else _marked(text, held)


def _finder(text: bytes, sample: bytes) -> Callable[[bytes, int], int]:
    """Give what finds the next place of a text, by its rarest byte where that is rare: ten times as fast as `find`."""
    place = min(range(len(text)), key=lambda place: sample.count(text[place : place + 1]))
    byte = text[place : place + 1]
    if sample.count(byte) * _RARE_BYTES > len(sample):
        return lambda block, start: block.find(text, start)

    def found(block: bytes, start: int) -> int:
        at = block.find(byte, start + place)
        while at >= 0 and not block.startswith(text, at - place):
            at = block.find(byte, at + 1)
        return at - place if at >= 0 else -1

    return found


def _found_one_by_one(block: bytes, finders: Iterable[Callable[[bytes, int], int]]) -> _Count:
    """Find the lines with each of some texts, each by what gives its next place."""
    ends: set[int] = set()
    find, size = block.find, len(block)
    for found in finders:
        at = found(block, 0)
        while at >= 0:
            end = find(b"\n", at)
            if end < 0:
                ends.add(size)
                break
            ends.add(end)
            at = found(block, end)
    first = find(b"\n")
    return _Count(len(ends), (size if first < 0 else first) in ends, size in ends)


def _parted(block: bytes, text: bytes) -> _Count:
    """Part a block at each place of a text, and count the parts that a line begins in."""
    parts = block.split(text)
    lines = 1 + sum(map(contains, parts[1:-1], repeat(_NEWLINE)))
    return _Count(lines, _NEWLINE not in parts[0], _NEWLINE not in parts[-1])


def _marked(block: bytes, texts: Iterable[bytes]) -> _Count:
    """Put a mark in the place of each text, leave out all but marks and newlines, and count lines with marks."""
    for text in texts:
        block = block.replace(text, _MARK)
    marks = block.translate(None, _ALL_BUT_MARKS)
    goes_on = marks.endswith(_MARK)
    return _Count(marks.count(_MARK + b"\n") + goes_on, marks.startswith(_MARK), goes_on)
