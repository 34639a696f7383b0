"""Turn stored bytes into text bytes, a bounded piece at a time: plain, gzip, xz.

A cursor is a place in a log's text that can be read onward from. Those that can be copied (`fork`) serve as
checkpoints, so that the middle of a large compressed log needn't be reached from its start each time.
"""

from __future__ import annotations

import lzma
from typing import TYPE_CHECKING, Any, Protocol

from isal import isal_zlib
from zlib_ng import zlib_ng

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "PIECE_BYTES",
    "READ_BYTES",
    "XZ_MEMORY_BYTES",
    "Cursor",
    "PlainCursor",
    "ReadAt",
    "StreamCursor",
    "SwiftCursor",
    "compression_of",
]

PIECE_BYTES = 256 << 10
"""The most text that one step of a cursor gives, in bytes."""

READ_BYTES = 64 << 10
"""So many stored bytes are read at a time."""

XZ_MEMORY_BYTES = 512 << 20
"""The most memory that an xz file may ask for."""


# Their stubs take these for instances.
_ISAL_ERROR: type[Exception] = isal_zlib.error  # type: ignore[assignment]
_ZLIB_ERROR: type[Exception] = zlib_ng.error  # type: ignore[assignment]

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)


class ReadAt(Protocol):
    """Reads stored bytes: `(offset, size)` gives at most `size` bytes, none at the end."""

    def __call__(self, offset: int, size: int) -> bytes:
        """Read."""
        ...


class Cursor(Protocol):
    """A place in the text of a log, to read onward from.

    Attributes
    ----------
    text_bytes
        How much text was given so far: the offset of the next piece.
    damage
        What cut the text short, in words; empty while nothing has.
    """

    text_bytes: int

    @property
    def damage(self) -> str:
        """What cut the text short."""
        ...

    def read(self) -> bytes:
        """Give the next piece of text, at most about `PIECE_BYTES`, and nothing at its end."""
        ...

    def fork(self) -> Cursor | None:
        """Give a copy that reads onward by itself, or None where that can't be had."""
        ...


def compression_of(head: bytes) -> str:
    """Name the compression that a file's first bytes announce: gzip, bzip2, xz, zstd, or "" for none."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), "")


class PlainCursor:
    """The cursor of an uncompressed log."""

    def __init__(self, read_at: ReadAt, start: int = 0) -> None:
        self._read_at = read_at
        self.text_bytes = start
        self.damage = ""

    def read(self) -> bytes:
        """Give the next piece."""
        piece = self._read_at(self.text_bytes, PIECE_BYTES)
        self.text_bytes += len(piece)
        return piece

    def fork(self) -> PlainCursor:
        """Give a copy."""
        return PlainCursor(self._read_at, self.text_bytes)


class StreamCursor:
    """The cursor of a gzip or xz log, of one stream or several in a row."""

    def __init__(self, read_at: ReadAt, compression: str) -> None:
        self._read_at = read_at
        self._compression = compression
        self._stored = 0
        self._pending = b""
        self._decoder: Any = None
        self.text_bytes = 0
        self.damage = ""
        self._ended = False

    def read(self) -> bytes:
        """Give the next piece."""
        while not self._ended:
            try:
                piece = self._step()
            except (_ZLIB_ERROR, _ISAL_ERROR, OSError, EOFError, lzma.LZMAError, ValueError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                self.damage = f"the {self._compression} data is damaged near stored byte {self._stored:,} ({error})"
                self._ended = True
                break
            if piece:
                self.text_bytes += len(piece)
                return piece
        return b""

    def _step(self) -> bytes:
        if self._decoder is None:
            return self._begin_stream()
        if not self._pending and self._wants_input():
            self._pending = self._read_at(self._stored, READ_BYTES)
            self._stored += len(self._pending)
            if not self._pending:
                self.damage = f"the {self._compression} data ends in mid-stream: the file is cut short"
                self._ended = True
                return b""
        piece: bytes = self._decoder.decompress(self._pending, PIECE_BYTES)
        self._pending = self._decoder.unconsumed_tail if self._compression == "gzip" else b""
        if self._decoder.eof:
            self._pending = self._decoder.unused_data
            self._decoder = None
        return piece

    def _wants_input(self) -> bool:
        return self._compression == "gzip" or self._decoder.needs_input

    def _begin_stream(self) -> bytes:
        if len(self._pending) < 8:
            more = self._read_at(self._stored, READ_BYTES)
            self._stored += len(more)
            self._pending += more
        # Padding of NUL bytes after a stream is usual (tar, block devices) and holds no text.
        self._pending = self._pending.lstrip(b"\0")
        if not self._pending:
            self._ended = not self._read_at(self._stored, 1)
            return b""
        if compression_of(self._pending) != self._compression:
            self.damage = f"{len(self._pending):,} bytes or more after the {self._compression} data are no such data"
            self._ended = True
            return b""
        self._decoder = self._new_decoder()
        return b""

    def _new_decoder(self) -> Any:
        return _DECODERS[self._compression]()

    def fork(self) -> StreamCursor | None:
        """Give a copy; xz has none but between streams."""
        if self._decoder is not None and self._compression != "gzip":
            return None
        copy = StreamCursor(self._read_at, self._compression)
        copy._stored, copy._pending, copy._ended = self._stored, self._pending, self._ended
        copy.text_bytes, copy.damage = self.text_bytes, self.damage
        copy._decoder = self._decoder.copy() if self._decoder is not None else None
        return copy


class SwiftCursor(StreamCursor):
    """The cursor of a gzip log that reads twice as fast as others, but can't be copied in mid-stream."""

    def __init__(self, read_at: ReadAt) -> None:
        super().__init__(read_at, "gzip")

    def _new_decoder(self) -> Any:
        return isal_zlib.decompressobj(31)

    def fork(self) -> None:
        """Give nothing."""
        return


def _xz_decoder() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES)


_DECODERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib_ng.decompressobj(31),
    "xz": _xz_decoder,
}
