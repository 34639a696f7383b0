"""zstd frame by frame: what parallel and seekable packers compress in several is read from the start of any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logdebug.errors import LogError
from logdebug.logs.decode import PIECE_BYTES, READ_BYTES

if TYPE_CHECKING:
    from logdebug.logs.decode import ReadAt

__all__ = ["ZstdCursor"]

_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPED = b"\x2a\x4d\x18"  # behind a byte of 0x50 to 0x5f
_HEAD_BYTES = 14
_REPEATED = 1


class _Frame:
    """The stored bytes of one frame, as the little of a file object that zstandard asks for.

    Attributes
    ----------
    end
        Where the frame ends in the file; None while that isn't known.
    """

    def __init__(self, read_at: ReadAt, start: int) -> None:
        self._read_at = read_at
        self._offset = start
        head = read_at(start, _HEAD_BYTES)
        flags = head[4] if len(head) > 4 else 0
        single, checked = bool(flags & 0x20), bool(flags & 4)
        size_bytes = (int(single), 2, 4, 8)[flags >> 6]
        self._next = start + 5 + (not single) + (0, 1, 2, 4)[flags & 3] + size_bytes
        self._check_bytes = 4 * checked
        self.end: int | None = None

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes, none beyond the frame."""
        size = size if size > 0 else READ_BYTES
        while self.end is None and self._next < self._offset + size and self._pass_block():
            pass
        if self.end is not None:
            size = min(size, self.end - self._offset)
        data = self._read_at(self._offset, size) if size > 0 else b""
        self._offset += len(data)
        return data

    def _pass_block(self) -> bool:
        """Go over a block by its head; False where the file ends before it."""
        head = self._read_at(self._next, 3)
        if len(head) < 3:
            return False
        number = int.from_bytes(head, "little")
        self._next += 3 + (1 if number >> 1 & 3 == _REPEATED else number >> 3)
        if number & 1:
            self.end = self._next + self._check_bytes
        return True

    @property
    def is_whole(self) -> bool:
        """Whether all of the frame was given."""
        return self._offset == self.end


class ZstdCursor:
    """The cursor of a zstd log; needs the `zstandard` package. It can be copied between frames.

    Parameters
    ----------
    read_at
        Reads stored bytes.
    name
        What the log is called in errors.
    start, text_bytes
        Where in the file the first frame to read begins, and how much text is before it.

    Raises
    ------
    LogError
        Where the package isn't installed.
    """

    def __init__(self, read_at: ReadAt, name: str, start: int = 0, text_bytes: int = 0) -> None:
        try:
            import zstandard  # type: ignore[import-not-found, unused-ignore]  # optional
        except ImportError as error:
            raise LogError(
                f"{name} is compressed with zstd; install the reader with: pip install 'logdebug[zstd]'", log=name
            ) from error
        self._zstandard = zstandard
        self._read_at = read_at
        self._name = name
        self._start = start
        self._frame: _Frame | None = None
        self._reader: Any = None
        self._ended = False
        self.text_bytes = text_bytes
        self.damage = ""

    def read(self) -> bytes:
        """Give the next piece."""
        while not self._ended:
            try:
                piece = self._step()
            except self._zstandard.ZstdError as error:
                self._end(f"the zstd data is damaged ({error})")
                break
            if piece:
                self.text_bytes += len(piece)
                return piece
        return b""

    def _end(self, damage: str = "") -> None:
        self._ended, self.damage = True, damage
        self._frame = self._reader = None

    def _step(self) -> bytes:
        if self._frame is None:
            self._begin_frame()
            return b""
        piece: bytes = self._reader.read(PIECE_BYTES)
        if len(piece) < PIECE_BYTES:  # which is so at a frame's end only
            if not self._frame.is_whole or self._frame.end is None:
                self._end("the zstd data ends in mid-stream: the file is cut short")
                return piece
            self._start, self._frame, self._reader = self._frame.end, None, None
        return piece

    def _begin_frame(self) -> None:
        """Make ready to read the next frame, over those that hold no text."""
        head = self._read_at(self._start, 8)
        if not head.strip(b"\0"):
            self._end()
        elif head[1:4] == _SKIPPED and head[0] >> 4 == 5:
            self._start += 8 + int.from_bytes(head[4:], "little")
        elif not head.startswith(_MAGIC):
            self._end(f"what stands after the zstd data, from stored byte {self._start:,} on, is no such data")
        else:
            self._frame = _Frame(self._read_at, self._start)
            self._reader = self._zstandard.ZstdDecompressor().stream_reader(
                self._frame,  # type: ignore[arg-type, unused-ignore]  # it only calls read()
                read_size=READ_BYTES,
            )

    def fork(self) -> ZstdCursor | None:
        """Give a copy; there is none in the middle of a frame."""
        if self._frame is not None or self._ended:
            return None
        return ZstdCursor(self._read_at, self._name, self._start, self.text_bytes)
