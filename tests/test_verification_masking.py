"""What is hidden can't be read in any way, everything else is as it was, and the file is never touched."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from logdebug.logs import open_log
from logdebug.verification.masking import MaskedWorkspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logdebug.logs import Log

LINES = [f"2026-11-18 09:00:00 INFO request {number} ok" for number in range(5000)]
LINES[2000] = "2026-11-18 09:00:00 ERROR the secret of line 2001"
LINES[2001] = "\tat secret.Frame(Frame.java:1)"
TEXT = "".join(f"{line}\n" for line in LINES).encode()
START = TEXT.index(LINES[2000].encode())
END = START + len(f"{LINES[2000]}\n{LINES[2001]}")


@pytest.fixture(params=[bytes, gzip.compress, bz2.compress], ids=["plain", "gzip", "bzip2"])
def masked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """Give a log with two lines hidden, plain or packed."""
    pack: Callable[[bytes], bytes] = request.param
    (tmp_path / "app.log").write_bytes(pack(TEXT))
    with MaskedWorkspace(tmp_path, {"app.log": [(START, END)]}) as workspace, workspace.open_log("app.log") as log:
        yield log


def test_hidden_lines_are_blank_and_keep_their_place(masked: Log) -> None:
    """The hidden lines are blanks of the same bytes; the lines around them have their numbers and texts."""
    got = masked.lines(2000, 2003)
    assert [line.text.strip() for line in got] == [LINES[1999], "", "", LINES[2002]]
    assert (got[1].byte_start, got[2].byte_end) == (START, END)
    assert (masked.line_count, masked.size_bytes, masked.line_at(START)) == (5000, len(TEXT), 2001)


def test_nothing_finds_what_is_hidden(masked: Log) -> None:
    """Search, records, overview, templates, blocks and single reads give nothing of it."""
    assert masked.search("secret").total == 0
    assert masked.search("request").total == 4998
    assert "secret" not in masked.overview().text
    assert not any("secret" in record.text for record in masked.records())
    assert not any("secret" in template.example for template in masked.mined)
    assert not any(b"secret" in block for _, block in masked.blocks())
    assert not any(b"secret" in piece for piece in masked.source.pieces())
    assert b"secret" not in masked.source.read(START + 3, 40)
    assert masked.source.read(START - 10, 10) == TEXT[START - 10 : START]


def test_the_hash_is_that_of_the_file(masked: Log, tmp_path: Path) -> None:
    """The SHA-256 is the file's, which was not touched."""
    with open_log(tmp_path / "app.log") as log:
        assert masked.sha256 == log.sha256
        assert log.search("secret").total == 2


def test_a_large_log_is_masked_too(tmp_path: Path) -> None:
    """A plain log of a size that is otherwise read by other processes, or by ripgrep, is masked like a small one."""
    data = TEXT * 60
    (tmp_path / "app.log").write_bytes(data)
    spans = [(at * len(TEXT) + START, at * len(TEXT) + END) for at in range(60)]
    with MaskedWorkspace(tmp_path, {"app.log": spans}) as workspace, workspace.open_log("app.log") as log:
        assert log.search("secret").total == 0
        assert "secret" not in log.overview().text
    assert Path(tmp_path / "app.log").read_bytes() == data
