"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from logdebug.errors import ReportError
from logdebug.report.files import write_text

if TYPE_CHECKING:
    from pathlib import Path


def test_text_is_written_as_utf_8(tmp_path: Path) -> None:
    """What is written is the text's UTF-8, and the path that comes back holds it."""
    assert write_text(tmp_path / "a.txt", "é\ud800\n").read_bytes() == "é\ufffd\n".encode()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk refuses, the old text stands, no other file is left, and the error names path and reason."""
    path = tmp_path / "a.txt"
    path.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReportError, match=r"a\.txt can't be written: No space left on device; .*save it elsewhere"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a write passes through and leaves the directory as it was."""

    def interrupted(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "a.txt", "new")
    assert not list(tmp_path.iterdir())


def test_a_directory_or_a_bad_place_is_refused(tmp_path: Path) -> None:
    """A directory, a directory that isn't there and an impossible name are refused with the path."""
    with pytest.raises(ReportError, match="is a directory; name a file in it"):
        write_text(tmp_path, "x")
    with pytest.raises(ReportError, match="No such file or directory"):
        write_text(tmp_path / "no" / "a.txt", "x")
    with pytest.raises(ReportError, match="can't be written"):
        write_text(tmp_path / "a\0b", "x")


def test_a_link_is_written_through(tmp_path: Path) -> None:
    """Writing to a symbolic link changes the file that it leads to and keeps the link."""
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "there" / "a.txt")
    write_text(link, "x")
    assert link.is_symlink()
    assert (tmp_path / "there" / "a.txt").read_text() == "x"


def test_the_longest_name_works(tmp_path: Path) -> None:
    """A name as long as the file system allows can still be written."""
    assert write_text(tmp_path / ("n" * 255), "x").read_text() == "x"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """A FIFO gets the text and stays a FIFO."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "x")
    reader.join(10)
    assert got == ["x"]
    assert pipe.is_fifo()
