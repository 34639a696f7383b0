"""zstd, frame by frame."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from logdebug.logs.zstd import ZstdCursor

if TYPE_CHECKING:
    from logdebug.logs.decode import ReadAt

zstandard = pytest.importorskip("zstandard")

TEXT = random.Random(1).randbytes(400_000) + b"2026-11-22 08:00:00 INFO order stored\n" * 10_000
FRAME_BYTES = 100_000
SKIPPED = b"\x50\x2a\x4d\x18\x05\0\0\0 seek"


def stored(data: bytes) -> ReadAt:
    """Give what reads these bytes."""
    return lambda offset, size: data[offset : offset + size]


def frames(*, checked: bool) -> bytes:
    """Give the text in frames, between which are some that hold none."""
    packer = zstandard.ZstdCompressor(write_checksum=checked)
    starts = range(0, len(TEXT), FRAME_BYTES)
    return b"".join(SKIPPED + packer.compress(TEXT[start : start + FRAME_BYTES]) for start in starts) + SKIPPED


def read(cursor: ZstdCursor) -> tuple[bytes, list[ZstdCursor]]:
    """Give the text, and the copies that could be made in passing."""
    copies, text = [], b""
    while piece := cursor.read():
        text += piece
        copy = cursor.fork()
        if copy is not None:
            copies.append(copy)
    return text, copies


@pytest.mark.parametrize("checked", [False, True])
def test_each_copy_between_frames_reads_onward_from_there(checked: bool) -> None:
    """A copy that is made where a frame ends gives the text from there on, and there is one for each frame."""
    cursor = ZstdCursor(stored(frames(checked=checked)), "app.log")
    text, copies = read(cursor)
    assert (text, cursor.damage) == (TEXT, "")
    assert len(copies) == -(-len(TEXT) // FRAME_BYTES)
    for copy in copies:
        start = copy.text_bytes
        assert read(copy)[0] == TEXT[start:]


def test_a_frame_of_unknown_size_is_read_to_its_end() -> None:
    """What was packed as it came, in many blocks and with no size in its head, is one frame, and whole."""
    packer = zstandard.ZstdCompressor().compressobj()
    data = packer.compress(TEXT) + packer.flush()
    cursor = ZstdCursor(stored(data + data), "app.log")
    assert read(cursor)[0] == TEXT * 2
    assert cursor.damage == ""


@pytest.mark.parametrize("cut", [3, 200_000, 400_000])
def test_what_is_cut_gives_its_beginning_and_says_so(cut: int) -> None:
    """A file that ends within a frame gives text to about there."""
    data = zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)
    cursor = ZstdCursor(stored(data[:-cut]), "app.log")
    assert TEXT.startswith(read(cursor)[0])
    assert cursor.damage


def test_what_stands_after_the_data_is_named() -> None:
    """Bytes after the last frame that are no zstd data are no text, and are told of."""
    cursor = ZstdCursor(stored(zstandard.compress(b"one\n") + b"junk"), "app.log")
    assert read(cursor)[0] == b"one\n"
    assert "is no such data" in cursor.damage
