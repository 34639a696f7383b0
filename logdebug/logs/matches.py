"""How many lines of a block match a pattern: by the quickest way there is for it."""

from __future__ import annotations

import re
from itertools import repeat
from operator import contains
from time import thread_time
from typing import TYPE_CHECKING, Any, NamedTuple

from logdebug.linear import FROM_START, UNANCHORED, matching
from logdebug.logs.patterns import compiled, several_at_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.linear import Matching

__all__ = ["PatternCount", "counting_of"]

# To find one line that matches costs as much as looking at all of so many bytes at once does.
_DENSE_BYTES = 1500
_DENSE_BYTES_FOR_REGEX = 800
_RARE_BYTES = 2000
_SLOW_SECONDS_PER_BYTE = 5e-7
_LEAST_BYTES = 8 << 10
_NEWLINE = 10
_MOST_TEXTS = 8

# Letters, digits, marks that stand for themselves, and whatever else a backslash makes stand for itself.
_LITERAL = r"(?:[\w \-_/,;:@%=\"'<>!~`#&]|\\[.()\[\]{}*+?|^$/\\\-])++"
_LITERALS = re.compile(rf"{_LITERAL}(?:\|{_LITERAL})*+", re.ASCII)
_EACH = re.compile(r"(?:\\.|[^\\|])+")
_MARK = b"\0"


class _Count(NamedTuple):
    """How many lines of a block match; whether its first line does, and the last one where it lacks its end."""

    lines: int
    first: bool
    last: bool


def counting_of(pattern: str, *, ignore_case: bool) -> PatternCount:
    """Give what counts the lines of a block by the quickest way there is for a pattern."""
    regex = compiled(pattern, ignore_case=ignore_case)
    bare = pattern.removeprefix("(?i)")
    texts = []
    if _LITERALS.fullmatch(bare):
        texts = [re.sub(r"\\(.)", r"\1", text) for text in _EACH.findall(bare)]
    if texts and len(texts) <= _MOST_TEXTS:
        return _TextCount(regex, pattern, texts, ignore_case=ignore_case or bare != pattern)
    return PatternCount(regex, pattern, ignore_case=ignore_case)


class PatternCount:
    """Counts the lines of block after block that match a pattern, each in the way that suits the one before.

    Parameters
    ----------
    regex
        What matches.
    pattern, ignore_case
        The same as it was given.
    """

    def __init__(self, regex: Any, pattern: str, *, ignore_case: bool) -> None:
        self.regex = regex
        self._match = matching(regex)
        self._ignore_case = ignore_case
        self._pattern = pattern
        self._several: tuple[tuple[int, Matching], ...] | None = None
        self._is_slow = self._is_dense = False

    def start_in(self, block: bytes) -> int:
        """Give where the first match begins, or -1."""
        return self._match(UNANCHORED, block, 0, len(block))[0][0]

    def __call__(self, block: bytes) -> _Count:
        """Count the lines of one block."""
        several = self._several_at_once() if self._is_dense and not self._is_slow else ()
        if several:
            began = thread_time()
            count = self._counted_in_bulk(block, several)
            # It takes more states than RE2 keeps, or a block of few bytes was no measure.
            self._is_slow = thread_time() - began > _SLOW_SECONDS_PER_BYTE * max(len(block), _LEAST_BYTES)
        else:
            count = self._found_one_by_one(block)
        self._is_dense = count.lines * _DENSE_BYTES_FOR_REGEX > len(block)
        return count

    def _several_at_once(self) -> tuple[tuple[int, Matching], ...]:
        if self._several is None:
            several = several_at_once(self._pattern, ignore_case=self._ignore_case)
            self._several = tuple((count, matching(regex)) for count, regex in several)
        return self._several

    def _found_one_by_one(self, block: bytes) -> _Count:
        match, find, size = self._match, block.find, len(block)
        lines, first, end = 0, False, -1
        while end < size and (start := match(UNANCHORED, block, end + 1, size)[0][0]) >= 0:
            # The empty match behind the last newline is in no line of this block.
            if start == size and block.endswith(b"\n"):
                break
            if not lines:
                first = find(b"\n", 0, start) < 0
            lines, end = lines + 1, find(b"\n", start)
            if end < 0:
                return _Count(lines, first, last=True)
        return _Count(lines, first, last=False)

    def _counted_in_bulk(self, block: bytes, several: tuple[tuple[int, Matching], ...]) -> _Count:
        """Match many lines at once: it takes as long to be told of a match as to match some hundred bytes."""
        lines, at, end, size = 0, 0, block.rfind(b"\n") + 1, len(block)
        for count, match in several:
            while (next_ := match(FROM_START, block, at, end)[0][1]) >= 0:
                at = next_
                lines += count
        last = end < size and self._match(UNANCHORED, block, end, size)[0][0] >= 0
        first_end = block.find(b"\n") if end else size
        return _Count(lines + last, self._match(UNANCHORED, block, 0, first_end)[0][0] >= 0, last)


class _TextCount(PatternCount):
    """Counts the lines of block after block that hold one of some texts.

    Parameters
    ----------
    regex
        The same.
    texts
        What they hold.
    ignore_case
        Whether upper and lower case are the same.
    """

    def __init__(self, regex: Any, pattern: str, texts: list[str], *, ignore_case: bool) -> None:
        super().__init__(regex, pattern, ignore_case=ignore_case)
        self._texts = [text.lower().encode() if ignore_case else text.encode() for text in texts]
        self._finders = [_Finder(text) for text in self._texts]
        self._are_many = False

    def __call__(self, block: bytes) -> _Count:
        """Count the lines of one block."""
        # Letters beyond ASCII have cases that bytes know nothing of.
        if self._ignore_case and not block.isascii():
            return super().__call__(block)
        text = block.lower() if self._ignore_case else block
        if not self._are_many:
            count = self._found_by_texts(text)
        elif len(self._texts) == 1 and len(self._texts[0]) > 1:
            count = _parted(text, self._texts[0])
        elif _MARK in text and len(self._texts) > 1:
            return super().__call__(block)  # a mark must be a mark
        else:
            count = _marked(text, self._texts)
        self._are_many = count.lines * _DENSE_BYTES > len(block)
        return count

    def _found_by_texts(self, block: bytes) -> _Count:
        if len(self._finders) == 1:
            ends = self._finders[0].ends_in(block)
        else:
            ends = sorted(set().union(*(finder.ends_in(block) for finder in self._finders)))
        if not ends:
            return _Count(0, first=False, last=False)
        first, size = block.find(b"\n"), len(block)
        return _Count(len(ends), ends[0] == (size if first < 0 else first), ends[-1] == size)


class _Finder:
    """Finds the lines with a text: by its rarest byte, as long as that is rare, and else by RE2.

    RE2 finds that a text isn't there several times as fast as `find` does, and a byte is found as fast again.

    Parameters
    ----------
    text
        The text.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._match = matching(compiled(re.escape(text.decode()), ignore_case=False))
        self._place: int | None = None
        """Of the rarest byte in the text; -1 where none is rare."""

    def ends_in(self, block: bytes) -> list[int]:
        """Give where the lines of a block that hold the text end, in order; the block's size where the end is cut."""
        ends: list[int] = []
        at = 0
        if self._place is None:
            self._place = self._rare_in(block)
        if self._place >= 0:
            at = self._found_by_byte(block, self._place, ends)
        match, find, text, size = self._match, block.find, self._text, len(block)
        while 0 <= at < size and (start := match(UNANCHORED, block, at, size)[0][0]) >= 0:
            end = find(b"\n", start + len(text))
            ends.append(end if end >= 0 else size)
            at = end
        return ends

    def _rare_in(self, block: bytes) -> int:
        """Give the place of the text's rarest byte in a block, -1 where it isn't rare but for the text itself."""
        text, found = self._text, block.count(self._text)
        others = [
            block.count(byte) - text.count(byte) * found for byte in (text[at : at + 1] for at in range(len(text)))
        ]
        rarest = min(others)
        return others.index(rarest) if rarest * _RARE_BYTES <= len(block) else -1

    def _found_by_byte(self, block: bytes, place: int, ends: list[int]) -> int:
        """Find the ends of lines, as long as the byte turns out to be rare; give where to go on without it, or -1."""
        text, find, startswith, size = self._text, block.find, block.startswith, len(block)
        byte = text[place : place + 1]
        others = 2 * (size // _RARE_BYTES) + 1
        at = find(byte, place)
        while at >= 0:
            if startswith(text, at - place):
                end = find(b"\n", at)
                if end < 0:
                    ends.append(size)
                    return -1
                ends.append(end)
                at = find(byte, end + 1 + place)
            elif others:
                others -= 1
                at = find(byte, at + 1)
            else:
                self._place = -1
                return at - place
        return -1


def _parted(block: bytes, text: bytes) -> _Count:
    """Part a block at each place of a text, and count the parts that a line begins in."""
    parts = block.split(text)
    if len(parts) == 1:
        return _Count(0, first=False, last=False)
    lines = 1 + sum(map(contains, parts[1:-1], repeat(_NEWLINE)))
    return _Count(lines, _NEWLINE not in parts[0], _NEWLINE not in parts[-1])


def _marked(block: bytes, texts: Sequence[bytes]) -> _Count:
    """Put a mark in the place of each text, leave out all but marks and newlines, and count lines with marks."""
    mark = _MARK
    if len(texts) == 1 and len(texts[0]) == 1:
        mark = texts[0]
    else:
        for text in texts:
            block = block.replace(text, mark)
    marks = block.translate(None, bytes(set(range(256)) - {*mark, _NEWLINE}))
    goes_on = marks.endswith(mark)
    return _Count(marks.count(mark + b"\n") + goes_on, marks.startswith(mark), goes_on)
