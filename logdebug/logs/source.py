"""A log's bytes: opened once, read from anywhere by any thread, decompressed as it goes.

`Source` reads no more than the file had when it was opened, and knows nothing of lines. What it gives is the log's
*text*: decompressed, and UTF-16 as UTF-8.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from typing import TYPE_CHECKING, BinaryIO

from logdebug.errors import LogError, LogInterrupted
from logdebug.logs.checkpoints import Checkpoints
from logdebug.logs.cursors import cursor_for
from logdebug.logs.decode import PIECE_BYTES, Cursor, SwiftCursor, compression_of
from logdebug.logs.packed import PackedCursor, PackedText
from logdebug.logs.wide import HEAD_BYTES, decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BLOCK_BYTES", "Source"]

BLOCK_BYTES = 1 << 20
"""The size of the blocks that `Source.blocks` gives, in bytes: a line longer than this is split."""

_SEEK_BYTES = 16 << 10


class Source:
    """The bytes of one log, as it was when it was opened.

    Parameters
    ----------
    file
        An open regular file or its descriptor; closed by `close`.
    name
        What the log is called in errors.

    Attributes
    ----------
    stored_bytes
        Bytes on disk at opening; what grows later isn't read.
    modified_seconds
        When the file was last written, in seconds since 1970.
    compression
        gzip, bzip2, xz, zstd, or "" for none.
    damage
        What cut the text short, in words; empty where nothing is known to have.

    Raises
    ------
    LogError
        Where it is no regular file, or can't be read.
    """

    def __init__(self, file: BinaryIO | int, name: str) -> None:
        self.name = name
        self.damage = ""
        self._file = None if isinstance(file, int) else file
        self._fd = file if isinstance(file, int) else file.fileno()
        self._stops = 0
        self._lock = threading.Lock()
        self._parked: Cursor | None = None
        self._held = (0, b"")
        self._packed = PackedText()
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode):
            raise LogError(f"{name} is not a regular file; give a log file", log=name)
        self.stored_bytes = status.st_size
        self.modified_seconds = status.st_mtime
        head = self._read_stored(0, HEAD_BYTES)
        self.compression = compression_of(head)
        self._checkpoints = Checkpoints.of(self.compression)
        self._head = head if not self.compression else self._first_text()
        self.is_plain = not self.compression and not self._is_wide()
        self.text_bytes: int | None = self.stored_bytes if self.is_plain else None

    @property
    def parts(self) -> tuple[Source, ...]:
        """The files that the text is made of, oldest first: this one."""
        return (self,)

    def start_of(self, place: int) -> int:
        """Give the byte of the text at which a part begins."""
        return 0 if not place else self.stored_bytes

    def _first_text(self) -> bytes:
        cursor = self._fresh()
        head = cursor.read()[:HEAD_BYTES]
        if cursor.damage and not cursor.text_bytes:
            raise LogError(f"{self.name} can't be read: {cursor.damage}; give an intact copy", log=self.name)
        return head

    def _is_wide(self) -> bool:
        cursor = self._fresh()
        return decoded(cursor, self._head) is not cursor

    def _fresh(self) -> Cursor:
        return cursor_for(self._read_stored, self.compression, self.stored_bytes, self.name)

    def _start(self) -> Cursor:
        return decoded(self._fresh(), self._head)

    def _read_stored(self, offset: int, size: int) -> bytes:
        """Read stored bytes, never beyond the size at opening."""
        size = min(size, self.stored_bytes - offset)
        if size <= 0:
            return b""
        if self._fd < 0:
            raise LogError(f"{self.name} is closed; open it again to read it", log=self.name)
        try:
            data = os.pread(self._fd, size, offset)
        except OSError as error:
            raise LogError(f"{self.name} can't be read: {error.strerror}", log=self.name) from error
        if len(data) < size:
            data = self._read_rest(data, offset, size)
        return data

    def _read_rest(self, data: bytes, offset: int, size: int) -> bytes:
        parts = [data]
        got = len(data)
        while got < size and parts[-1]:
            parts.append(os.pread(self._fd, size - got, offset + got))
            got += len(parts[-1])
        if got < size:
            self.damage = f"the file was cut from {self.stored_bytes:,} to {offset + got:,} bytes while it was open"
        return b"".join(parts)

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        """Give the text from byte `start` on, in pieces of some hundred kB.

        Raises
        ------
        LogInterrupted
            Where `stop` was called since.
        """
        stops = self._stops
        cursor, skip = self._cursor_at(start, onward=True)
        while piece := cursor.read():
            if self._stops != stops:
                raise LogInterrupted(f"reading {self.name} was stopped", log=self.name)
            self._note(cursor, piece)
            if skip >= len(piece):
                skip -= len(piece)
                continue
            yield piece[skip:] if skip else piece
            skip = 0
        if not self.is_plain:
            self.text_bytes = cursor.text_bytes
            self.damage = cursor.damage or self.damage

    def read(self, start: int, size: int) -> bytes:
        """Give `size` bytes of text from byte `start` on, or as many as there are."""
        if self.is_plain:
            return self._read_stored(start, size)
        with self._lock:
            begin, held = self._held
            if not (begin <= start and start + size <= begin + len(held)):
                is_kept = start + size <= self._packed.text_bytes
                begin, held = self._held = self._packed.stretch(start, size) if is_kept else self._decoded(start, size)
        return held[start - begin : start - begin + size]

    def _decoded(self, start: int, size: int) -> tuple[int, bytes]:
        """Decompress a stretch; give where it begins, which may be before `start`, and its text."""
        cursor, skip = self._take_cursor(start)
        parts, got = list[bytes](), 0
        while got < size + skip and (piece := cursor.read()):
            self._note(cursor, piece)
            if not parts and skip >= len(piece):
                skip -= len(piece)
                continue
            parts.append(piece)
            got += len(piece)
        self._parked = cursor
        return start - skip, b"".join(parts)

    def _cursor_at(self, start: int, *, onward: bool = False) -> tuple[Cursor, int]:
        """Give a cursor at or before `start`, and how many bytes to skip; one that goes `onward` may lack a copy."""
        if onward and not start and self.text_bytes is not None and self.compression == "gzip":
            return decoded(SwiftCursor(self._read_stored), self._head), 0  # all checkpoints are there already
        if self.text_bytes is not None and self._packed.text_bytes == self.text_bytes:
            return PackedCursor(self._packed, start), 0
        if self.is_plain:
            cursor = self._fresh()
            cursor.text_bytes = start
            return cursor, 0
        cursor = self._checkpoints.before(start) or self._start()
        return cursor, start - cursor.text_bytes

    def _take_cursor(self, start: int) -> tuple[Cursor, int]:
        """Like `_cursor_at`, or the cursor of the last read where that is nearer."""
        parked, self._parked = self._parked, None
        cursor, skip = self._cursor_at(start)
        if parked is not None and 0 <= start - parked.text_bytes <= skip:
            return parked, start - parked.text_bytes
        return cursor, skip

    def _note(self, cursor: Cursor, piece: bytes) -> None:
        """Keep what makes it quick to come back to where a cursor is, having given a piece."""
        if not self.is_plain:
            if self.compression not in {"", "gzip"}:
                self._packed.add(cursor.text_bytes - len(piece), piece)
            self._checkpoints.note(cursor)

    def blocks(self, start: int = 0, size: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
        """Give the text from byte `start` on as (offset, block), each block ending at a line's end where it can.

        Only the last block, and pieces of a line longer than `size` bytes, end without a newline. Blocks of a log that
        isn't plain may be smaller.
        """
        return self._plain_blocks(start, size) if self.is_plain else self._decoded_blocks(start, size)

    def _plain_blocks(self, offset: int, size: int) -> Iterator[tuple[int, bytes]]:
        stops = self._stops
        while block := self._read_stored(offset, size):
            if self._stops != stops:
                raise LogInterrupted(f"reading {self.name} was stopped", log=self.name)
            if offset + len(block) < self.stored_bytes:
                cut = block.rfind(b"\n") + 1
                block = block[:cut] if cut else block
            yield offset, block
            offset += len(block)

    def line_start(self, byte: int) -> int:
        """Give where the first line that begins at or after this byte of a plain log begins, or the log's end."""
        byte = max(byte - 1, 0)
        while piece := self._read_stored(byte, _SEEK_BYTES):
            at = piece.find(b"\n")
            if at >= 0:
                return byte + at + 1
            byte += len(piece)
        return self.stored_bytes

    def read_into(self, buffer: bytearray | memoryview, offset: int) -> int:
        """Read text of a plain log from byte `offset` on into a buffer; give how many bytes, 0 at the end."""
        size = min(len(buffer), self.stored_bytes - offset)
        if size <= 0:
            return 0
        if self._fd < 0:
            raise LogError(f"{self.name} is closed; open it again to read it", log=self.name)
        return os.preadv(self._fd, [memoryview(buffer)[:size]], offset)

    @property
    def descriptor(self) -> int:
        """The open file's descriptor, for a process that reads along."""
        return self._fd

    @property
    def stops(self) -> int:
        """How often `stop` was called."""
        return self._stops

    def _decoded_blocks(self, offset: int, size: int) -> Iterator[tuple[int, bytes]]:
        parts: list[bytes | memoryview] = []
        got = 0
        for piece in self.pieces(offset):
            cut = piece.rfind(b"\n") + 1 or (len(piece) if got + len(piece) >= size else 0)
            if not cut:
                parts.append(piece)
                got += len(piece)
                continue
            # Each byte is copied once: what is copied takes as long here as what is decompressed.
            yield offset, b"".join((*parts, memoryview(piece)[:cut]))
            offset, parts, got = offset + got + cut, [memoryview(piece)[cut:]], len(piece) - cut
        if got:
            yield offset, b"".join(parts)

    def sha256(self) -> str:
        """Give the SHA-256 of the stored bytes, in hex."""
        digest = hashlib.sha256()
        stops, offset = self._stops, 0
        while piece := self._read_stored(offset, 4 * PIECE_BYTES):
            if self._stops != stops:
                raise LogInterrupted(f"reading {self.name} was stopped", log=self.name)
            digest.update(piece)
            offset += len(piece)
        return digest.hexdigest()

    def stop(self) -> None:
        """Make every running read raise `LogInterrupted` at its next block; may be called from any thread."""
        self._stops += 1

    def close(self) -> None:
        """Close the file; reads after this raise `LogError`."""
        fd, self._fd = self._fd, -1
        self._checkpoints, self._parked, self._held = Checkpoints.of(""), None, (0, b"")
        self._packed = PackedText()
        if self._file is not None:
            self._file.close()
        elif fd >= 0:
            os.close(fd)
