"""An incident's files are opened once, and all of them are closed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from logdebug.errors import LogError
from logdebug.verification.files import Files

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_opened_once_and_closed(tmp_path: Path) -> None:
    """The same file is given again, open; afterwards no descriptor is left."""
    (tmp_path / "app.log").write_text("x\n")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with Files(str(tmp_path)) as files:
        assert files.open("app.log") is files.open("app.log")
        with pytest.raises(LogError):
            files.open("no.log")
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_rotated_files_are_named_latest_first(tmp_path: Path) -> None:
    """What rotations made of a file is named within its directory, the latest first, the file itself left out."""
    (tmp_path / "logs").mkdir()
    for name in ("app.log", "app.log.1", "app.log.2.gz", "app.log.10.gz", "apple.log.1"):
        (tmp_path / "logs" / name).write_text("x\n")
    with Files(str(tmp_path)) as files:
        assert files.rotated("logs/app.log") == ["logs/app.log.1", "logs/app.log.2.gz", "logs/app.log.10.gz"]
        assert files.rotated("../logs/app.log") == files.rotated("/etc/passwd") == files.rotated("no/app.log") == []
