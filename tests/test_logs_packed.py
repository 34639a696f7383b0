"""Text kept in memory, packed: it is the text, and it is bounded."""

from __future__ import annotations

import bz2
import random
from typing import TYPE_CHECKING

from logdebug.logs import open_log, packed
from logdebug.logs.packed import PackedCursor, PackedText

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


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


def test_a_text_beyond_the_bound_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept of a text that comes to more than the bound when packed."""
    monkeypatch.setattr(packed, "_MOST_BYTES", 10_000)
    kept, chance = PackedText(), random.Random(1)
    for place in range(20):
        kept.add(place * 1000, chance.randbytes(1000))
    assert kept.text_bytes == -1
    assert kept._pieces == []


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
    """Lines of a bzip2 log that isn't kept are its lines too."""
    monkeypatch.setattr(packed, "_MOST_BYTES", 1000)
    path = tmp_path / "app.log.bz2"
    path.write_bytes(bz2.compress(b"".join(b"line %d\n" % number for number in range(1, 100_001))))
    with open_log(path) as log:
        assert log.line_count == 100_000
        assert [line.text for line in log.lines(70_000, 70_000)] == ["line 70000"]
