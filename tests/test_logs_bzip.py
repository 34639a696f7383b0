"""bzip2, block by block."""

from __future__ import annotations

import bz2
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs.bzip import BzipCursor
from logdebug.logs.decode import PIECE_BYTES, ReadAt

TEXT = random.Random(1).randbytes(350_000) + b"2026-11-22 08:00:00 INFO order stored\n" * 10_000


def stored(data: bytes) -> ReadAt:
    """Give what reads these bytes."""
    return lambda offset, size: data[offset : offset + size]


@pytest.mark.parametrize("level", [1, 9])
def test_each_copy_between_blocks_reads_onward_from_there(level: int) -> None:
    """A copy that is made where a block ends gives the text from there on, and there is one for each block."""
    cursor, copies, text = BzipCursor(stored(bz2.compress(TEXT, level))), [], b""
    while piece := cursor.read():
        text += piece
        copy = cursor.fork()
        if copy is not None:
            copies.append(copy)
    assert (text, cursor.damage) == (TEXT, "")
    # Level 1 has blocks of 100 kB, before which runs of a byte are shortened.
    assert len(copies) == (8 if level == 1 else 1)
    for copy in copies:
        start = copy.text_bytes
        assert b"".join(iter(copy.read, b"")) == TEXT[start:]


@given(st.lists(st.binary(max_size=50) | st.binary(max_size=2).map(lambda data: data * 3_000), max_size=8))
def test_streams_in_a_row_are_one_text(parts: list[bytes]) -> None:
    """Whatever was compressed, at any level and with padding behind it, is read back byte for byte."""
    data = b"".join(bz2.compress(part, 1 + place % 9) + b"\0" * (place * 7) for place, part in enumerate(parts))
    cursor = BzipCursor(stored(data))
    assert b"".join(iter(cursor.read, b"")) == b"".join(parts)
    assert cursor.damage == ""


def test_what_is_cut_gives_its_whole_blocks_and_says_so() -> None:
    """A file that ends in a block gives the blocks before that one."""
    data = bz2.compress(TEXT, 1)
    for size in (len(data) - 3, len(data) // 2, 6):
        cursor = BzipCursor(stored(data[:size]))
        assert TEXT.startswith(b"".join(iter(cursor.read, b"")))
        assert "cut short" in cursor.damage


def test_a_changed_byte_is_damage_where_it_is() -> None:
    """A block with a changed byte ends the text, and the blocks before it are given."""
    data = bytearray(bz2.compress(TEXT, 1))
    data[250_000] ^= 0x55
    cursor = BzipCursor(stored(bytes(data)))
    assert b"".join(iter(cursor.read, b"")).startswith(TEXT[:190_000])
    assert "damaged near stored byte 2" in cursor.damage


def test_what_stands_after_the_data_is_named() -> None:
    """Bytes after the last stream that are no bzip2 data are no text, and are told of."""
    data = bz2.compress(b"one\n")
    cursor = BzipCursor(stored(data + b"junk"))
    assert b"".join(iter(cursor.read, b"")) == b"one\n"
    assert f"from stored byte {len(data)} on" in cursor.damage


def test_a_block_of_much_text_is_given_in_pieces() -> None:
    """Fifty megabytes of one byte, which are a block or two, come in pieces of bounded size."""
    cursor, sizes = BzipCursor(stored(bz2.compress(b"\0" * 50_000_000))), []
    while piece := cursor.read():
        sizes.append(len(piece))
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= PIECE_BYTES


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    """Any bytes behind a head are text or damage."""
    cursor = BzipCursor(stored(b"BZh91AY&SY" + data))
    assert b"".join(iter(cursor.read, b"")) == b""
    assert cursor.damage
