"""The bytes of a log: compression, encodings, blocks, stopping, damage."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logdebug.errors import LogdebugError, LogError, LogInterrupted
from logdebug.logs import packed
from logdebug.logs.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMPRESSORS = {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
HEADS = (b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\x00", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"")


def source_of(path: Path, data: bytes) -> Source:
    """Write a file and open it."""
    path.write_bytes(data)
    return Source(path.open("rb"), path.name)


def text_of(source: Source) -> bytes:
    """Give the whole text."""
    return b"".join(block for _, block in source.blocks())


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_every_compression_gives_the_text_that_was_compressed(tmp_path: Path, kind: str) -> None:
    """What a log of each compression holds is read back byte for byte, whatever the file is called."""
    text = b"".join(b"line %d \xff\x00 end\r\n" % number for number in range(50_000))
    source = source_of(tmp_path / "app.log", COMPRESSORS[kind](text))
    assert text_of(source) == text
    assert source.text_bytes == len(text)
    assert source.damage == ""
    source.close()


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_streams_one_after_the_other_are_one_text(tmp_path: Path, kind: str) -> None:
    """Compressed files that were joined by `cat` are read through to the end of the last one."""
    source = source_of(tmp_path / "app.log", COMPRESSORS[kind](b"a\nb") + COMPRESSORS[kind](b"c\n") + b"\0" * 512)
    assert text_of(source) == b"a\nbc\n"
    assert source.damage == ""
    source.close()


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_any_range_is_the_slice_of_the_text(tmp_path: Path, kind: str) -> None:
    """Reading from any byte on gives the same as slicing the whole text, forwards and backwards."""
    text = os.urandom(1 << 20)
    source = source_of(tmp_path / "app.log", COMPRESSORS[kind](text))
    source._checkpoints._spacing_bytes = 1 << 17
    for start in (0, 1_000_000, 5, 500_000, len(text) - 1, len(text), len(text) + 9, 230_000):
        assert source.read(start, 70_000) == text[start : start + 70_000]
    source.close()


def test_a_gzip_log_is_not_read_from_its_start_for_every_range(tmp_path: Path) -> None:
    """After one pass over a .gz, a read near its end reads far less than the whole file."""
    text = os.urandom(8 << 20)
    source = source_of(tmp_path / "app.log", gzip.compress(text, 1))
    source._checkpoints._spacing_bytes = 1 << 20
    assert text_of(source) == text
    read = source._read_stored
    sizes: list[int] = []

    def counting(offset: int, size: int) -> bytes:
        data = read(offset, size)
        sizes.append(len(data))
        return data

    for checkpoint in source._checkpoints._kept:
        checkpoint._read_at = counting  # type: ignore[attr-defined]
    assert source.read(7 << 20, 100) == text[7 << 20 : (7 << 20) + 100]
    assert 0 < sum(sizes) < 3 << 20
    source.close()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_utf16_and_utf32_are_read_as_utf8(tmp_path: Path, encoding: str) -> None:
    """A text with a byte order mark is given as UTF-8 without the mark."""
    text = "Grüße\nnächste Zeile €\n" * 1000
    source = source_of(tmp_path / "app.log", ("\ufeff" + text).encode(encoding))
    assert text_of(source).decode() == text
    assert source.read(8, 10) == text.encode()[8:18]
    source.close()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_its_mark_is_told_by_how_it_begins(
    tmp_path: Path, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    """What a rotation left of a text in UTF-16 is read as UTF-8; a few NULs, or letters with none, don't make one."""
    text = "2026-11-22 ERROR nächste Zeile €\n" * 1000
    source = source_of(tmp_path / "app.log", pack(text.encode(encoding)))
    assert text_of(source).decode() == text
    source.close()
    for other in (
        b"2026\0 ERROR\0 x\0\n",
        b"\0" * 64,
        b"a\0b\0c\0",
        bytes(range(64)),
        "日本語のログです\n".encode("utf-16-le"),
    ):
        source = source_of(tmp_path / "other.log", pack(other))
        assert text_of(source) == other
        source.close()


def test_blocks_end_at_line_ends_but_for_lines_longer_than_a_block(tmp_path: Path) -> None:
    """Every block but the last ends with a newline where the block has one."""
    text = b"".join(b"x" * (number % 300) + b"\n" for number in range(20_000)) + b"y" * 5_000_000 + b"\nend"
    source = source_of(tmp_path / "app.log", text)
    offset = 0
    for start, block in source.blocks():
        assert start == offset
        offset += len(block)
        if b"\n" in block and offset < len(text):
            assert block.endswith(b"\n")
    assert offset == len(text)
    source.close()


def test_what_is_written_after_opening_is_not_read(tmp_path: Path) -> None:
    """A growing log is read to where it ended when it was opened."""
    path = tmp_path / "app.log"
    source = source_of(path, b"one\n")
    with path.open("ab") as file:
        file.write(b"two\n")
    assert text_of(source) == b"one\n"
    source.close()


def test_a_log_cut_while_open_gives_what_is_left_and_says_so(tmp_path: Path) -> None:
    """A log that was truncated after opening is read to its new end, and `damage` says that it was cut."""
    path = tmp_path / "app.log"
    source = source_of(path, b"one\ntwo\n")
    os.truncate(path, 4)
    assert text_of(source) == b"one\n"
    assert "cut from 8 to 4 bytes" in source.damage
    source.close()


def test_a_log_that_was_rotated_away_is_still_read(tmp_path: Path) -> None:
    """A log whose name is gone is read as it was when it was opened."""
    path = tmp_path / "app.log"
    source = source_of(path, b"one\n")
    path.unlink()
    assert text_of(source) == b"one\n"
    source.close()


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_a_cut_compressed_log_gives_its_beginning_and_says_so(tmp_path: Path, kind: str) -> None:
    """Of a compressed file cut short, what can be read is given, and `damage` is not empty."""
    text = os.urandom(2 << 20)
    data = COMPRESSORS[kind](text)
    source = source_of(tmp_path / "app.log", data[: len(data) * 3 // 4])
    got = text_of(source)
    assert text.startswith(got)
    assert len(got) > len(text) // 4
    assert source.damage
    source.close()


def test_zstd_without_its_reader_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .zst log where zstandard isn't installed raises a LogError that says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    path = tmp_path / "app.log.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd rest")
    with path.open("rb") as file, pytest.raises(LogError, match=r"logdebug\[zstd\]"):
        Source(file, path.name)


def test_zstd_is_read_where_its_reader_is_installed(tmp_path: Path) -> None:
    """A .zst log gives its text, any range of it, and says where it is cut."""
    zstandard = pytest.importorskip("zstandard")
    text = b"".join(b"line %d\n" % number for number in range(100_000))
    data = zstandard.compress(text) + zstandard.compress(b"more\n")
    source = source_of(tmp_path / "app.log.zst", data)
    assert text_of(source) == text + b"more\n"
    assert source.read(500_000, 100) == text[500_000:500_100]
    assert source.read(10, 100) == text[10:110]
    source.close()


def test_stop_interrupts_a_running_read(tmp_path: Path) -> None:
    """A read that is under way when another thread calls `stop` raises LogInterrupted; a later one runs."""
    source = source_of(tmp_path / "app.log", b"line\n" * 2_000_000)
    blocks = source.blocks()
    next(blocks)
    thread = threading.Thread(target=source.stop)
    thread.start()
    thread.join()
    with pytest.raises(LogInterrupted):
        next(blocks)
    assert len(text_of(source)) == 10_000_000
    source.close()


def test_a_closed_log_says_that_it_is_closed(tmp_path: Path) -> None:
    """Reading after `close` raises a LogError."""
    source = source_of(tmp_path / "app.log", b"one\n")
    source.close()
    with pytest.raises(LogError, match="closed"):
        text_of(source)


def test_the_hash_is_that_of_the_stored_bytes(tmp_path: Path) -> None:
    """The SHA-256 is the one of the file on disk, compressed as it is."""
    data = gzip.compress(b"one\n" * 1000)
    source = source_of(tmp_path / "app.log.gz", data)
    assert source.sha256() == hashlib.sha256(data).hexdigest()
    source.close()


@given(head=st.sampled_from(HEADS), rest=st.binary(max_size=3000), cut=st.integers(0, 400))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_raise_anything_but_the_trees_errors(tmp_path: Path, head: bytes, rest: bytes, cut: int) -> None:
    """Whatever a file holds, reading it gives bytes or raises a LogdebugError."""
    path = tmp_path / "fuzzed"
    real = {b"\x1f\x8b\x08\x00": gzip.compress(rest), b"BZh9": bz2.compress(rest), b"\xfd7zXZ\x00": lzma.compress(rest)}
    data = bytearray(real.get(head, head + rest) if cut % 2 else head + rest)
    if data:
        data[cut % len(data)] ^= cut & 0xFF
    path.write_bytes(bytes(data))
    file = path.open("rb")
    try:
        source = Source(file, path.name)
        text_of(source)
        source.read(cut, 100)
    except LogdebugError:
        pass
    finally:
        file.close()


@pytest.mark.parametrize("cut", [0, 5, 400])
def test_a_second_pass_over_a_gzip_log_gives_the_same(tmp_path: Path, cut: int) -> None:
    """The quicker reader of a gzip log that was read before gives the same text, of a cut or damaged one too."""
    data = gzip.compress(b"".join(b"line %d\n" % number for number in range(200_000))) + gzip.compress(b"more\n")
    source = source_of(tmp_path / "app.log.gz", data[: len(data) - cut])
    first = b"".join(source.pieces())
    damage, source.damage = source.damage, ""
    assert bool(damage) == bool(cut)
    assert b"".join(source.pieces()) == first
    assert bool(source.damage) == bool(cut)
    source.close()


def test_small_ranges_of_a_gzip_log_in_a_row_are_the_text(tmp_path: Path) -> None:
    """Ranges read one after the other, and back again, across pieces, are those of the text."""
    text = b"".join(b"line %d\n" % number for number in range(200_000))
    source = source_of(tmp_path / "app.log.gz", gzip.compress(text))
    places = [*range(0, len(text), 60_001), *range(len(text) - 7, 0, -170_003)]
    assert all(source.read(place, 65_536) == text[place : place + 65_536] for place in places)
    source.close()


def in_parts(kind: str, text: bytes) -> bytes:
    """Compress a text in parts of 100 kB or so, as packers that use several cores do with larger ones."""
    if kind == "bzip2":
        return bz2.compress(text, 1)
    pack = lzma.compress if kind == "xz" else pytest.importorskip("zstandard").compress
    return b"".join(pack(text[start : start + 100_000]) for start in range(0, len(text), 100_000))


@pytest.mark.parametrize("kind", ["bzip2", "xz", "zstd"])
def test_a_log_in_blocks_is_not_read_from_its_start_for_every_range(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Of a log too large to be kept, a range read after one pass over it is come to from a block or two before it."""
    monkeypatch.setattr(packed, "_MOST_BYTES", 10_000)
    text = os.urandom(1_000_000)
    source = source_of(tmp_path / "app.log", in_parts(kind, text))
    assert text_of(source) == text
    for start in (900_000, 500_000, 700_000, 250_000):
        assert source.read(start, 70_000) == text[start : start + 70_000]
        _, skip = source._cursor_at(start)
        assert skip <= 200_000
    source.close()
