"""Any range of lines of a log of any size: a sparse index of where lines begin, made as far as it is needed.

Line N is line N of `sed -n Np`: lines end at a newline byte and nothing else, and an unterminated last line counts.
"""

from __future__ import annotations

import sys
import threading
from array import array
from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from logdebug.errors import LogInterrupted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logdebug.logs.source import Source

__all__ = ["LONGEST_TEXT_BYTES", "Line", "LineIndex"]

STEP_BYTES = 64 << 10
"""One index entry stands for about this much text."""

LONGEST_TEXT_BYTES = 1 << 20
"""More of a line than this isn't shown; `Line.byte_end` still tells where it ends."""

_READ_BYTES = 64 << 10
_FIRST_READ_BYTES = 16 << 10  # of a range of lines, which is seldom long
_NEAR_BYTES = 2 * STEP_BYTES
"""Lines within so much text are read at once: less than a line that is cut has."""
_KEPT_BYTES = 64 << 10
"""The lines of a log that is no larger are kept once they were read: such a log is looked at again and again."""
_LARGE_BYTES = 32 << 20
_WORTH_NUMPY_BYTES = 192 << 20  # numpy counts three times as fast as bytes do, but takes 0.1 s to import
_BUFFER_BYTES = 1 << 20
_NEWLINE = 10


class Line(NamedTuple):
    """One line of a log.

    Parameters
    ----------
    number
        From 1, as `sed -n` counts.
    text
        The line without its end (newline, and a carriage return before it). What isn't UTF-8 is U+FFFD. A line of more
        than 1 MiB is cut, and says so.
    byte_start, byte_end
        The bytes [byte_start, byte_end) of the line without its newline, in the uncompressed text.
    """

    number: int
    text: str
    byte_start: int
    byte_end: int


def text_of(data: bytes, length: int, *, first: bool = False) -> str:
    """Give a line's bytes, without their newline, as text.

    Parameters
    ----------
    data
        The line's bytes, or as many as are to be shown.
    length
        How many bytes the line has.
    first
        Whether it is the log's first line, which may begin with a byte order mark.
    """
    if length > len(data):
        return data.decode("utf-8", "replace") + f"… [{length - len(data):,} more bytes]"
    text = (data[:-1] if data.endswith(b"\r") else data).decode("utf-8", "replace")
    return text.removeprefix("\ufeff") if first else text


def _lines_of(places: Iterable[tuple[int, int, bytes]], number: int) -> Iterator[Line]:
    """Make lines, from line `number` on, of where each starts and ends, and of its bytes or the first of them."""
    make = tuple.__new__  # what a named tuple's own makes of it takes twice the time
    for place, (start, end, data) in enumerate(places, number):
        if not start or len(data) != end - start or data.endswith(b"\r"):
            text = text_of(data, end - start, first=not start)
        else:
            text = data.decode("utf-8", "replace")
        yield make(Line, (place, text, start, end))


class LineIndex:
    """Where the lines of a log begin: one entry per 64 KiB of text, made up to where it was needed so far.

    Parameters
    ----------
    source
        The log's bytes.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._lines = array("Q", [1])
        self._bytes = array("Q", [0])
        self._next_line = 1
        self._done_bytes = 0
        self._unterminated = False
        self._complete = False
        self._kept: list[Line] | None = None

    @property
    def complete(self) -> bool:
        """Whether the index reaches the end of the log."""
        return self._complete

    @property
    def line_count(self) -> int:
        """Lines of the log; reads it to its end on first use."""
        self._extend(None, None)
        return self._next_line - 1 + self._unterminated

    def _extend(self, line: int | None, byte: int | None) -> None:
        """Index on until `line` or `byte` is covered, or to the end where both are None."""
        if self._complete or self._covers(line, byte):
            return
        with self._lock:
            if self._complete or self._covers(line, byte):
                return
            source = self._source
            least = _LARGE_BYTES if "numpy" in sys.modules else _WORTH_NUMPY_BYTES
            large = source.is_plain and source.stored_bytes - self._done_bytes > least
            for _ in self._by_numpy() if large else self._by_blocks():
                if self._covers(line, byte):
                    return
            self._complete = True

    def _by_blocks(self) -> Iterator[None]:
        """Index on, block by block."""
        for offset, block in self._source.blocks(self._done_bytes):
            self._add(offset, block)
            yield

    def _by_numpy(self) -> Iterator[None]:
        """Index on in a large plain log: numpy counts newlines several times as fast as bytes do."""
        import numpy as np

        source, stops = self._source, self._source.stops
        buffer = bytearray(_BUFFER_BYTES)
        view = np.frombuffer(buffer, np.uint8)
        while size := source.read_into(buffer, self._done_bytes):
            if source.stops != stops:
                raise LogInterrupted(f"reading {source.name} was stopped", log=source.name)
            at, start = 0, self._done_bytes
            whole = start + size < source.stored_bytes
            while at < size:
                cut = buffer.rfind(b"\n", at, min(at + STEP_BYTES, size)) + 1
                if not cut and whole and at:
                    break
                cut = cut or min(at + STEP_BYTES, size)
                newlines = int(np.count_nonzero(view[at:cut] == _NEWLINE))
                self._note(newlines, start + cut, ended=buffer[cut - 1] == _NEWLINE)
                at = cut
            yield

    def _covers(self, line: int | None, byte: int | None) -> bool:
        if line is not None:
            return line < self._next_line
        return byte is not None and byte < self._done_bytes

    def _add(self, offset: int, block: bytes) -> None:
        """Index the block of text that follows what is indexed."""
        at = 0
        while at < len(block):
            cut = block.rfind(b"\n", at, at + STEP_BYTES) + 1
            if not cut:
                cut = block.find(b"\n", at + STEP_BYTES) + 1 or len(block)
            self._note(block.count(b"\n", at, cut), offset + cut, ended=block[cut - 1] == _NEWLINE)
            at = cut

    def _note(self, newlines: int, end: int, *, ended: bool) -> None:
        """Take note of `newlines` line ends in the text up to byte `end`, where a line begins if `ended`."""
        self._next_line += newlines
        self._done_bytes = end
        self._unterminated = not ended
        if ended:
            self._lines.append(self._next_line)
            self._bytes.append(end)

    def install(self, ends: Iterable[tuple[int, int, bool]]) -> None:
        """Take over what a pass over the whole log found, where nothing is indexed yet.

        Parameters
        ----------
        ends
            Of each chunk of the log in turn: how many lines end in it, at which byte it ends, and whether a line ends
            there.
        """
        with self._lock:
            if self._complete or self._done_bytes:
                return
            for newlines, end, ended in ends:
                self._note(newlines, end, ended=ended)
            self._complete = True

    def lines(self, first: int, last: int) -> Iterator[Line]:
        """Give the lines from `first` to `last`, both from 1 and inclusive; fewer where the log has fewer."""
        first = max(first, 1)
        if last < first:
            return
        if self._source.is_plain and 0 < self._source.stored_bytes <= _KEPT_BYTES:
            yield from self._kept_lines()[first - 1 : last]
        else:
            number, offset = self.place_of(first)
            near = self._near(number, offset, first, last)
            if near is not None:
                yield from _lines_of(near, first)
            else:
                begin = self._skip(number, offset, first)
                yield from islice(self._read(*begin), last - first + 1)

    def _kept_lines(self) -> list[Line]:
        """Give all lines of a small log; those that are still there where it was cut meanwhile."""
        is_whole = self._source.read(self._source.stored_bytes - 1, 1)  # which says, too, where it is closed
        if self._kept is None or not is_whole:
            self._kept = list(self._read(1, 0))
        return self._kept

    def _read(self, number: int, offset: int) -> Iterator[Line]:
        """Give the lines from line `number` on, which begins at byte `offset`."""
        return _lines_of(self._split(offset), number)

    def _near(self, number: int, offset: int, first: int, last: int) -> list[tuple[int, int, bytes]] | None:
        """Give (start, end, bytes) of each line of a short range by one small read; None where the index can't say it.

        Line `number` is the indexed one at or before `first`, and begins at byte `offset`.
        """
        after = bisect_right(self._lines, last)
        if after >= min(len(self._lines), len(self._bytes)):
            return None
        size = self._bytes[after] - offset
        piece = self._source.read(offset, size) if size <= _NEAR_BYTES else b""
        if len(piece) < size:
            return None
        parts = piece.split(b"\n", last - number + 1)
        if len(parts) < last - number + 2:  # it was written over since
            return None
        skipped = first - number
        start = offset + skipped + sum(map(len, parts[:skipped]))
        found: list[tuple[int, int, bytes]] = []
        for part in parts[skipped:-1]:
            found.append((start, start + len(part), part))
            start += len(part) + 1
        return found

    def place_of(self, line: int) -> tuple[int, int]:
        """Give the (line, byte) of an indexed line's start at or before `line`."""
        self._extend(line, None)
        return self._entry(bisect_right(self._lines, line) - 1)

    def _entry(self, place: int) -> tuple[int, int]:
        # Another thread may be appending: what is in one array may not be in the other yet.
        place = min(place, len(self._lines) - 1, len(self._bytes) - 1)
        return self._lines[place], self._bytes[place]

    def _skip(self, number: int, offset: int, line: int) -> tuple[int, int]:
        """Go on from the start of line `number` at byte `offset` to that of a later one, or to the log's end."""
        while number < line and (piece := self._source.read(offset, _READ_BYTES)):
            parts = piece.split(b"\n", line - number)
            number += len(parts) - 1
            offset += len(piece) - (len(parts[-1]) if number == line else 0)
        return number, offset

    def _split(self, offset: int) -> Iterator[tuple[int, int, bytes]]:
        """Give (start, end, bytes) of each line from byte `offset` on; of a very long one only its first bytes."""
        start, held = offset, b""
        read_to, size = offset, _FIRST_READ_BYTES
        while piece := self._source.read(read_to, size):
            parts = piece.split(b"\n")
            at = read_to
            for part in parts[:-1]:
                end = at + len(part)
                if held or len(part) > LONGEST_TEXT_BYTES:
                    part, held = (held + part)[:LONGEST_TEXT_BYTES], b""  # noqa: PLW2901 -- it is the rest of a line
                yield start, end, part
                start = at = end + 1
            if len(held) < LONGEST_TEXT_BYTES:
                held += parts[-1]
            read_to, size = read_to + len(piece), _READ_BYTES
        if read_to > start:
            yield start, read_to, held[:LONGEST_TEXT_BYTES]

    def line_at(self, byte: int) -> int:
        """Give the number of the line that holds this byte of the text; a newline belongs to the line it ends."""
        byte = max(byte, 0)
        self._extend(None, byte)
        number, at = self._entry(bisect_right(self._bytes, byte) - 1)
        while at < byte and (piece := self._source.read(at, min(_READ_BYTES, byte - at))):
            number += piece.count(b"\n")
            at += len(piece)
        return max(min(number, self.line_count if self._complete else number), 1)
