"""Text kept in memory, packed: it is the text, and it is bounded."""

from __future__ import annotations

import bz2
import lzma
import random
import shutil
import tempfile
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from logdebug.logs import open_log, packed
from logdebug.logs.packed import PackedCursor, PackedText

if TYPE_CHECKING:
    from pathlib import Path


def test_a_packed_text_is_read_from_any_byte() -> None:
    """A cursor at any byte of a packed text gives the text from there on."""
    pieces = [b"one\n" * 100, b"two\n", b"three\n" * 50]
    text, kept = b"".join(pieces), PackedText()
    for place, piece in enumerate(pieces):
        kept.add(len(b"".join(pieces[:place])), piece)
        kept.add(0, piece)  # what isn't next is left out
    assert kept.text_bytes == len(text)
    for start in (0, 1, 399, 400, 403, 404, len(text) - 1, len(text)):
        cursor = PackedCursor(kept, start)
        assert b"".join(iter(cursor.read, b"")) == text[start:]


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a text that comes to more than the bounds when packed, its beginning is kept, and nothing behind a gap."""
    monkeypatch.setattr(packed, "_MOST_BYTES", 4_000)
    monkeypatch.setattr(packed, "_MOST_SPOOLED_BYTES", 6_000)
    kept, text = PackedText(), random.Random(1).randbytes(20_000)
    for place in range(0, 20_000, 1000):
        kept.add(place, text[place : place + 1000])
    held_bytes = kept.text_bytes
    assert 5_000 < held_bytes <= 10_000
    kept.add(held_bytes, b"x")
    assert kept.text_bytes == held_bytes
    for start, size in ((0, 10), (990, 20), (0, held_bytes), (held_bytes - 1, 1), (3_000, 1_500)):
        begin, held = kept.stretch(start, size)
        assert held[start - begin :][:size] == text[start : start + size]


def test_a_bzip2_log_is_decompressed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it was read to its end, lines of a bzip2 log come from memory."""
    path = tmp_path / "app.log.bz2"
    path.write_bytes(bz2.compress(b"".join(b"line %d\n" % number for number in range(1, 100_001))))
    with open_log(path) as log:
        assert log.line_count == 100_000
        monkeypatch.setattr(log._source, "_read_stored", None)
        for number in (99_999, 1, 50_000):
            assert [line.text for line in log.lines(number, number + 1)] == [f"line {number}", f"line {number + 1}"]


def test_a_log_beyond_the_bound_is_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of a bzip2 log that isn't kept whole are its lines too."""
    monkeypatch.setattr(packed, "_MOST_BYTES", 1000)
    monkeypatch.setattr(packed, "_MOST_SPOOLED_BYTES", 1000)
    path = tmp_path / "app.log.bz2"
    path.write_bytes(bz2.compress(b"".join(b"line %d\n" % number for number in range(1, 100_001))))
    with open_log(path) as log:
        assert log.line_count == 100_000
        assert [line.text for line in log.lines(70_000, 70_000)] == ["line 70000"]


@pytest.mark.parametrize("name", ["app.log.xz", "app.log.zst"])
def test_a_log_of_one_block_is_decompressed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Beyond what is kept in memory, lines come from a temporary file that has no name, not from the start again."""
    monkeypatch.setattr(packed, "_MOST_BYTES", 100_000)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    chance = random.Random(4)
    lines = [f"{chance.getrandbits(256):x}" for _ in range(20_000)]
    path = tmp_path / name
    pack = lzma.compress if name.endswith("xz") else pytest.importorskip("zstandard").ZstdCompressor().compress
    path.write_bytes(pack("\n".join(lines).encode()))
    with open_log(path) as log:
        assert log.line_count == 20_000
        monkeypatch.setattr(log._source, "_read_stored", None)
        for number in (19_999, 1, 10_000):
            assert [line.text for line in log.lines(number, number + 1)] == lines[number - 1 : number + 1]
        assert log.search(lines[15_000]).matches[0].line.number == 15_001
        assert not list((tmp_path / "temporary").iterdir())


def _no_directory(**_: object) -> None:
    raise FileNotFoundError("no usable temporary directory")


@pytest.mark.parametrize("lacks", ["room", "directory"])
def test_without_a_temporary_file_memory_is_all_there_is(monkeypatch: pytest.MonkeyPatch, lacks: str) -> None:
    """Where the disk has no room to spare, or there is no place for such a file, no more is kept than in memory."""
    monkeypatch.setattr(packed, "_MOST_BYTES", 5_000)
    if lacks == "room":
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2_000))
    else:
        monkeypatch.setattr(tempfile, "TemporaryFile", _no_directory)
    kept, text = PackedText(), random.Random(1).randbytes(20_000)
    for place in range(0, 20_000, 1000):
        kept.add(place, text[place : place + 1000])
    assert 3_000 < kept.text_bytes <= 5_000
    assert kept.stretch(0, kept.text_bytes) == (0, text[: kept.text_bytes])
