"""The text of a log whose compression can't be read from the middle, kept in one that can, up to a bound.

The beginning is kept in memory, what comes after it in a temporary file that has no name, that nobody else can open,
and that is gone with the process, whatever becomes of it.
"""

from __future__ import annotations

import os
import threading
from array import array
from bisect import bisect_right
from contextlib import suppress
from weakref import finalize

from isal import isal_zlib

__all__ = ["PackedCursor", "PackedText"]

_MOST_BYTES = 48 << 20
_MOST_SPOOLED_BYTES = 4 << 30  # some 20 GB of text
_SPOOLED_SHARE = 4
"""No more than one in so many bytes that are free where temporary files are is used."""
_QUICK = 1


class _Spool:
    """Packed pieces in a temporary file, no more of them than come to a bound.

    Raises
    ------
    OSError
        Where no such file can be had.
    """

    def __init__(self) -> None:
        import shutil
        import tempfile

        self._file = tempfile.TemporaryFile(prefix="logdebug-", buffering=0)  # noqa: SIM115 -- it is as long as this is
        finalize(self, self._file.close)
        free_bytes = shutil.disk_usage(tempfile.gettempdir()).free
        self._left_bytes = min(free_bytes // _SPOOLED_SHARE, _MOST_SPOOLED_BYTES)
        self._ends = array("Q", [0])

    def add(self, packed: bytes) -> bool:
        """Keep a piece; False where there is no room for it."""
        self._left_bytes -= len(packed)
        written = 0
        if self._left_bytes >= 0:
            with suppress(OSError):  # the disk is full
                written = os.pwrite(self._file.fileno(), packed, self._ends[-1])
        if written < len(packed):
            return False
        self._ends.append(self._ends[-1] + written)
        return True

    def piece(self, place: int) -> bytes:
        """Give a piece."""
        start, end = self._ends[place : place + 2]
        return os.pread(self._file.fileno(), end - start, start)


class PackedText:
    """Pieces of text from the start of a log on, each compressed by itself; no more of them than come to a bound.

    Attributes
    ----------
    text_bytes
        How much text it holds.
    """

    def __init__(self) -> None:
        self.text_bytes = 0
        self._starts = array("Q")
        self._pieces: list[bytes] = []
        self._size = 0
        self._spool: _Spool | None = None
        self._is_full = False
        self._lock = threading.Lock()

    def add(self, start: int, piece: bytes) -> None:
        """Keep the piece of text at byte `start`, where that is what comes next."""
        with self._lock:
            if start != self.text_bytes or self._is_full:
                return
            packed = isal_zlib.compress(piece, _QUICK)
            self._is_full = not self._keep(packed)
            if self._is_full:
                return
            self._starts.append(start)
            self.text_bytes += len(piece)

    def _keep(self, packed: bytes) -> bool:
        """Keep a packed piece in memory, or in the file; False where there is no room in either."""
        if self._spool is None and self._size + len(packed) <= _MOST_BYTES:
            self._size += len(packed)
            self._pieces.append(packed)
            return True
        if self._spool is None:
            try:
                self._spool = _Spool()
            except OSError:
                return False
        return self._spool.add(packed)

    def piece_at(self, byte: int) -> tuple[int, bytes]:
        """Give the start of the piece that holds a byte of the text, and the piece; nothing at the end."""
        if byte >= self.text_bytes:
            return byte, b""
        place = bisect_right(self._starts, byte) - 1
        spool, in_memory = self._spool, len(self._pieces)
        packed = self._pieces[place] if spool is None or place < in_memory else spool.piece(place - in_memory)
        return self._starts[place], isal_zlib.decompress(packed)

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
