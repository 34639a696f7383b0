"""xz, block by block."""

from __future__ import annotations

import lzma
import random
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs.xz import XzCursor, blocks_of

if TYPE_CHECKING:
    from logdebug.logs.decode import ReadAt

TEXT = random.Random(1).randbytes(150_000) + b"2026-11-22 08:00:00 INFO order stored\n" * 5_000


def stored(data: bytes) -> ReadAt:
    """Give what reads these bytes."""
    return lambda offset, size: data[max(offset, 0) : offset + size]


@cache
def streams() -> bytes:
    """Give the text as three streams, one of them empty, with padding."""
    return lzma.compress(TEXT[:200_000]) + b"\0" * 8 + lzma.compress(b"") + lzma.compress(TEXT[200_000:]) + b"\0" * 4


@pytest.fixture
def blocks() -> bytes:
    """Give the text as one stream of many blocks, as `xz` packs what is large."""
    if shutil.which("xz") is None:
        pytest.skip("xz isn't installed")
    command = ["xz", "--threads=2", "--block-size=50000", "--stdout"]
    return subprocess.run(command, input=TEXT, capture_output=True, check=True).stdout


def read(data: bytes) -> tuple[bytes, list[XzCursor], str]:
    """Give the text, the copies that could be made in passing, and the damage."""
    cursor, copies, text = XzCursor(stored(data), blocks_of(stored(data), len(data))), [], b""
    while piece := cursor.read():
        text += piece
        copy = cursor.fork()
        if copy is not None:
            copies.append(copy)
    return text, copies, cursor.damage


def test_each_copy_between_blocks_reads_onward_from_there(blocks: bytes) -> None:
    """A copy that is made where a block ends gives the text from there on, and there is one for each block."""
    text, copies, damage = read(blocks)
    assert (text, damage) == (TEXT, "")
    assert len(copies) == -(-len(TEXT) // 50_000)
    for copy in copies:
        start = copy.text_bytes
        assert b"".join(iter(copy.read, b"")) == TEXT[start:]


def test_streams_in_a_row_are_one_text() -> None:
    """Blocks of several streams, with padding between, are found from the file's end."""
    data = streams()
    assert [block.text_bytes for block in blocks_of(stored(data), len(data))] == [200_000, len(TEXT) - 200_000]
    assert read(data)[0] == TEXT


def test_a_changed_byte_is_damage(blocks: bytes) -> None:
    """A block with a changed byte ends the text, and the blocks before it are given."""
    changed = bytearray(blocks)
    changed[120_000] ^= 0x55
    text, _, damage = read(bytes(changed))
    assert text.startswith(TEXT[:100_000])
    assert "damaged near stored byte" in damage


@given(st.integers(0, len(streams()) - 1))
def test_a_file_that_was_cut_has_no_index(size: int) -> None:
    """Where the end of a file is missing, it isn't read by blocks, unless it was cut between two streams."""
    data = streams()[:size]
    found = blocks_of(stored(data), size)
    assert not found or sum(block.text_bytes for block in found) == 200_000


@given(st.binary(max_size=60))
def test_no_index_raises(index: bytes) -> None:
    """Any bytes before a foot that announces an index of their size are an index or none."""
    index += b"\0" * (-len(index) % 4)
    foot = b"\0" * 4 + (max(len(index) // 4 - 1, 0)).to_bytes(4, "little") + b"\0\4YZ"
    data = lzma.compress(b"one\n")[:24] + index + foot
    assert isinstance(blocks_of(stored(data), len(data)), list)
