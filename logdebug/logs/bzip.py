"""bzip2 block by block: each can be decompressed by itself, so that a log's middle isn't reached from its start.

A block begins, at any bit, with 48 bits that hardly occur otherwise; with a head before and an end behind it, it is a
whole file. Where its text lies in the log's is known only once all before it was read.
"""

from __future__ import annotations

import bz2
import re
from bisect import bisect_left
from functools import cache
from typing import TYPE_CHECKING, Any

import re2

from logdebug.logs.decode import PIECE_BYTES

if TYPE_CHECKING:
    from logdebug.logs.decode import ReadAt

__all__ = ["BzipCursor"]

_BLOCK, _END = 0x314159265359, 0x177245385090
_MARK_BITS, _CRC_BITS = 48, 32
_HEAD_BYTES = 4
_WINDOW_BYTES = 1 << 20
_MOST_BLOCK_BYTES = 4 << 20
"""More than a block can have: 900,000 symbols of at most 20 bits."""


@cache
def _marks() -> Any:
    """Give a pattern of the five whole bytes that any mark has within, at whichever bit it begins."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    inner = {(mark << (8 - bit)).to_bytes(7, "big")[1:6] for mark in (_BLOCK, _END) for bit in range(8)}
    return re2.compile(b"|".join(b"".join(b"\\x%02x" % byte for byte in five) for five in sorted(inner)), options)


class _Window:
    """A stretch of the stored bytes, and the bits at which marks begin in it."""

    def __init__(self, read_at: ReadAt, start: int, size: int) -> None:
        self._start = start
        self._data = read_at(start, size)
        self.end = start + len(self._data)
        self.is_last = len(self._data) < size
        self.marks: list[int] = []
        for match in _marks().finditer(self._data):
            first = (start + match.start() - 1) * 8
            self.marks += [bit for bit in range(first, first + 8) if self.bits(bit, _MARK_BITS) in (_BLOCK, _END)]

    def bits(self, start: int, count: int) -> int | None:
        """Give bits as a number; None where they are not all in the window."""
        first, last = start >> 3, (start + count + 7) >> 3
        if first < self._start or last > self.end:
            return None
        number = int.from_bytes(self._data[first - self._start : last - self._start], "big")
        return number >> (-(start + count) % 8) & ((1 << count) - 1)

    def mark_from(self, bit: int) -> int | None:
        """Give the bit of the first mark from a bit on."""
        place = bisect_left(self.marks, bit)
        return self.marks[place] if place < len(self.marks) else None


class BzipCursor:
    """The cursor of a bzip2 log, of one stream or several in a row; can be copied between blocks."""

    def __init__(self, read_at: ReadAt) -> None:
        self._read_at = read_at
        self._window: _Window | None = None
        self._level = b""  # empty between streams
        self._bit = 0
        self._decoder: bz2.BZ2Decompressor | None = None
        self._data = b""
        self._next_bit = 0
        self.text_bytes = 0
        self.damage = ""
        self._ended = False

    def read(self) -> bytes:
        """Give the next piece."""
        while not self._ended:
            try:
                piece = self._step()
            except (OSError, EOFError, ValueError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                self._end(f"the bzip2 data is damaged near stored byte {self._bit >> 3:,} ({error})")
                break
            if piece:
                self.text_bytes += len(piece)
                return piece
        return b""

    def fork(self) -> BzipCursor | None:
        """Give a copy; there is none in the middle of a block."""
        if self._decoder is not None:
            return None
        copy = BzipCursor(self._read_at)
        copy._level, copy._bit, copy._ended = self._level, self._bit, self._ended
        copy.text_bytes, copy.damage = self.text_bytes, self.damage
        return copy

    def _end(self, damage: str = "") -> None:
        self._ended, self.damage = True, damage
        self._window = None

    def _step(self) -> bytes:
        if not self._level:
            self._begin_stream()
            return b""
        if self._decoder is None and not self._begin_block():
            return b""
        assert self._decoder is not None  # noqa: S101 -- for the type checker: a block has begun
        data, self._data = self._data, b""
        piece = self._decoder.decompress(data, PIECE_BYTES)
        if self._decoder.eof:
            self._decoder, self._bit = None, self._next_bit
        elif not piece and self._decoder.needs_input:
            raise EOFError("a block ends too early")
        return piece

    def _begin_stream(self) -> None:
        """Read a stream's head, or find that there is none any more."""
        at = self._bit >> 3
        head = self._read_at(at, _WINDOW_BYTES)
        # Padding of NUL bytes after a stream is usual (tar, block devices) and holds no text.
        padding = len(head) - len(head.lstrip(b"\0"))
        head, self._bit = head[padding : padding + _HEAD_BYTES], (at + padding) * 8
        if not head:
            if not padding:
                self._end()
        elif not re.fullmatch(rb"BZh[1-9]", head):
            self._end(f"what stands after the bzip2 data, from stored byte {at + padding:,} on, is no such data")
        else:
            self._level, self._bit = head, self._bit + 8 * _HEAD_BYTES

    def _begin_block(self) -> bool:
        """Make ready to decompress the block at hand; False where there is none, but the end of a stream."""
        mark = self._bits(self._bit, _MARK_BITS)
        if mark == _END and self._bits(self._bit + _MARK_BITS, _CRC_BITS) is not None:
            self._level = b""
            self._bit = (self._bit + _MARK_BITS + _CRC_BITS + 7) // 8 * 8
            return False
        if mark not in {None, _BLOCK, _END}:
            raise ValueError("no block begins there")
        end = self._mark_after(self._bit + _MARK_BITS) if mark == _BLOCK else None
        block = self._bits(self._bit, end - self._bit) if end is not None else None
        crc = self._bits(self._bit + _MARK_BITS, _CRC_BITS)
        if end is None or block is None or crc is None:
            self._end("the bzip2 data ends in mid-stream: the file is cut short")
            return False
        number = ((block << _MARK_BITS | _END) << _CRC_BITS) | crc
        size = end - self._bit + _MARK_BITS + _CRC_BITS
        self._data = self._level + (number << (-size % 8)).to_bytes((size + 7) // 8, "big")
        self._decoder, self._next_bit = bz2.BZ2Decompressor(), end
        return True

    def _bits(self, start: int, count: int) -> int | None:
        bits = self._window.bits(start, count) if self._window else None
        if bits is None:
            self._window = _Window(self._read_at, start >> 3, max(_WINDOW_BYTES, (count >> 3) + 2))
            bits = self._window.bits(start, count)
        return bits

    def _mark_after(self, bit: int) -> int | None:
        """Give the bit at which the block ends that has this bit; None where the file does first."""
        for size in (0, _WINDOW_BYTES, _MOST_BLOCK_BYTES):
            if size:
                self._window = _Window(self._read_at, self._bit >> 3, size)
            end = self._window.mark_from(bit) if self._window else None
            if end is not None or (self._window and self._window.is_last):
                return end
        raise ValueError("a block has no end")
