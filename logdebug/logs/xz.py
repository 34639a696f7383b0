"""xz block by block, for files that have several: their index, at the file's end, tells where each is and its text."""

from __future__ import annotations

import lzma
from typing import TYPE_CHECKING, NamedTuple

from logdebug.logs.decode import PIECE_BYTES, READ_BYTES, XZ_MEMORY_BYTES

if TYPE_CHECKING:
    from logdebug.logs.decode import ReadAt

__all__ = ["Block", "XzCursor", "blocks_of"]

_HEAD_BYTES = _FOOT_BYTES = 12
_HEAD_MAGIC, _FOOT_MAGIC = b"\xfd7zXZ\x00", b"YZ"
_MOST_INDEX_BYTES = 256 << 10
_MOST_NUMBER_BITS = 63
_PADDING_BYTES = 4
_MOST_PADDING_BYTES = 64 << 10


class Block(NamedTuple):
    """One block: where it begins and ends in the file, how much text it has, and the head of its stream."""

    start: int
    end: int
    text_bytes: int
    head: bytes


def blocks_of(read_at: ReadAt, stored_bytes: int) -> list[Block]:
    """Give the blocks of a file, by the indexes at the ends of its streams; none where these are damaged or cut off."""
    blocks: list[Block] = []
    end = stored_bytes
    try:
        while end > 0:
            padding = 0
            while read_at(end - _PADDING_BYTES, _PADDING_BYTES) == b"\0" * _PADDING_BYTES:
                end, padding = end - _PADDING_BYTES, padding + _PADDING_BYTES
                if padding > _MOST_PADDING_BYTES:
                    return []
            found, end = _blocks_of_stream(read_at, end)
            blocks[:0] = found
    except (ValueError, IndexError, OSError):
        return []
    return blocks


def _blocks_of_stream(read_at: ReadAt, end: int) -> tuple[list[Block], int]:
    """Give the blocks of the stream that ends at this byte, and where it begins."""
    foot = read_at(end - _FOOT_BYTES, _FOOT_BYTES)
    if len(foot) < _FOOT_BYTES or foot[-2:] != _FOOT_MAGIC:
        raise ValueError("no stream ends there")
    index_bytes = (int.from_bytes(foot[4:8], "little") + 1) * 4
    index_start = end - _FOOT_BYTES - index_bytes
    if index_bytes > _MOST_INDEX_BYTES or index_start < _HEAD_BYTES:
        raise ValueError("no index has this size")
    numbers = _numbers(read_at(index_start, index_bytes))
    # Blocks are padded to four bytes.
    sizes = [((stored + 3) // 4 * 4, text) for stored, text in zip(numbers[::2], numbers[1::2], strict=True)]
    start = index_start - sum(stored for stored, _ in sizes)
    head = read_at(start - _HEAD_BYTES, _HEAD_BYTES) if start >= _HEAD_BYTES else b""
    if not head.startswith(_HEAD_MAGIC):
        raise ValueError("no stream begins there")
    blocks = []
    for stored, text in sizes:
        blocks.append(Block(start, start + stored, text, head))
        start += stored
    return blocks, blocks[0].start - _HEAD_BYTES if blocks else index_start - _HEAD_BYTES


def _numbers(index: bytes) -> list[int]:
    """Read the numbers of an index: of each block its size without padding, and that of its text."""
    if index[0] != 0:
        raise ValueError("no index begins there")
    count, place = _number(index, 1)
    numbers = []
    for _ in range(2 * count):
        number, place = _number(index, place)
        numbers.append(number)
    return numbers


def _number(index: bytes, place: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, least first, and give the place behind it."""
    number = 0
    for shift in range(0, _MOST_NUMBER_BITS, 7):
        byte = index[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
    raise ValueError("a number has no end")


class XzCursor:
    """The cursor of an xz log of several blocks; can be copied between them.

    Parameters
    ----------
    read_at
        Reads stored bytes.
    blocks
        What `blocks_of` gives.
    place, text_bytes
        Of the first block to read, and how much text is before it.
    """

    def __init__(self, read_at: ReadAt, blocks: list[Block], place: int = 0, text_bytes: int = 0) -> None:
        self._read_at = read_at
        self._blocks = blocks
        self._place = place
        self._decoder: lzma.LZMADecompressor | None = None
        self._stored = 0
        self._left = 0
        self.text_bytes = text_bytes
        self.damage = ""

    def read(self) -> bytes:
        """Give the next piece."""
        while self._place < len(self._blocks) and not self.damage:
            try:
                piece = self._step(self._blocks[self._place])
            except (lzma.LZMAError, EOFError, ValueError) as error:
                self.damage = f"the xz data is damaged near stored byte {self._stored:,} ({error})"
                break
            if piece:
                self.text_bytes += len(piece)
                return piece
        return b""

    def _step(self, block: Block) -> bytes:
        data = b""
        if self._decoder is None:
            self._decoder = lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES)
            self._stored, self._left, data = block.start, block.text_bytes, block.head
        elif self._decoder.needs_input:
            data = self._read_at(self._stored, min(READ_BYTES, block.end - self._stored))
            self._stored += len(data)
            if not data:
                raise EOFError("a block ends too early")
        piece = self._decoder.decompress(data, PIECE_BYTES)
        self._left -= len(piece)
        if self._left < 0:
            raise ValueError("a block has more text than the index says")
        # The checksum stands at a block's end, and is looked at with its last bytes.
        if not self._left and self._stored == block.end and self._decoder.needs_input:
            self._decoder, self._place = None, self._place + 1
        return piece

    def fork(self) -> XzCursor | None:
        """Give a copy; there is none in the middle of a block."""
        if self._decoder is not None or self.damage:
            return None
        return XzCursor(self._read_at, self._blocks, self._place, self.text_bytes)
