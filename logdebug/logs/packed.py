"""The text of a log whose compression can't be read from the middle, kept in memory in one that can, up to a bound."""

from __future__ import annotations

import threading
from bisect import bisect_right

from isal import isal_zlib

__all__ = ["PackedCursor", "PackedText"]

_MOST_BYTES = 48 << 20
_QUICKEST = 0


class PackedText:
    """Pieces of text from the start of a log on, each compressed by itself; no more of them than come to a bound.

    Attributes
    ----------
    text_bytes
        How much text it holds.
    """

    def __init__(self) -> None:
        self.text_bytes = 0
        self._starts: list[int] = []
        self._pieces: list[bytes] = []
        self._size = 0
        self._is_full = False
        self._lock = threading.Lock()

    def add(self, start: int, piece: bytes) -> None:
        """Keep the piece of text at byte `start`, where that is what comes next."""
        with self._lock:
            if start != self.text_bytes or self._is_full:
                return
            packed = isal_zlib.compress(piece, _QUICKEST)
            self._is_full = self._size + len(packed) > _MOST_BYTES
            if self._is_full:
                return
            self._size += len(packed)
            self._starts.append(start)
            self._pieces.append(packed)
            self.text_bytes += len(piece)

    def piece_at(self, byte: int) -> tuple[int, bytes]:
        """Give the start of the piece that holds a byte of the text, and the piece; nothing at the end."""
        if byte >= self.text_bytes:
            return byte, b""
        place = bisect_right(self._starts, byte) - 1
        return self._starts[place], isal_zlib.decompress(self._pieces[place])

    def stretch(self, start: int, size: int) -> tuple[int, bytes]:
        """Give the pieces that hold `size` bytes of the text from `start` on: where they begin, and they themselves."""
        begin, piece = self.piece_at(start)
        parts, end = [piece], begin + len(piece)
        while end < min(start + size, self.text_bytes):
            _, piece = self.piece_at(end)
            parts.append(piece)
            end += len(piece)
        return begin, b"".join(parts)


class PackedCursor:
    """The cursor of what is kept of a log's text.

    Parameters
    ----------
    packed
        The text.
    start
        The first byte to give.
    """

    def __init__(self, packed: PackedText, start: int) -> None:
        self._packed = packed
        self.text_bytes = start
        self.damage = ""

    def read(self) -> bytes:
        """Give the next piece."""
        start, piece = self._packed.piece_at(self.text_bytes)
        piece = piece[self.text_bytes - start :]
        self.text_bytes += len(piece)
        return piece

    def fork(self) -> PackedCursor:
        """Give a copy."""
        return PackedCursor(self._packed, self.text_bytes)
