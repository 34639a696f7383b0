"""An incident's files are opened once, and all of them are closed."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from logdebug.errors import LogError
from logdebug.records import Evidence
from logdebug.verification.citations import find_quote
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


@pytest.mark.parametrize("name", ["a" * 5_000, "a/" * 5_000 + "a", "a\0b"], ids=["long", "deep", "nul"])
def test_a_name_that_no_file_has_is_that_of_none(name: str, tmp_path: Path) -> None:
    """A stranger's report may name anything: its quotes are gone, and nothing is raised."""
    with Files(str(tmp_path)) as files:
        assert files.rotated(name) == []
        assert not find_quote(Evidence("x", name, 1, 0, 2, verified=True), files).readable
    with Files(str(tmp_path / name)) as files:
        assert files.rotated("app.log") == []


def test_rotated_files_in_a_directory_for_them_are_named(tmp_path: Path) -> None:
    """What logrotate's `olddir` put aside comes after what lies beside the log; another service's log isn't named."""
    made = ("app.log", "app.log.1", "old/app.log.1", "old/app.log.2.gz", "old/app.log", "archive/app.log-20261118")
    for name in (*made, "billing/app.log.1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x\n")
    with Files(str(tmp_path)) as files:
        assert files.rotated("app.log") == [made[1], made[2], made[3], made[5]]


LOGROTATE = shutil.which("logrotate") or "/usr/sbin/logrotate"
WAYS = {
    "rename": "",
    "copytruncate": "copytruncate",
    "compress": "compress",
    "dateext": "dateext\ncompress",
    "epoch": "dateext\ndateformat -%Y%m%d-%s",
    "extension": "extension .log",
    "olddir": "olddir old",
}


@pytest.mark.skipif(not os.access(LOGROTATE, os.X_OK), reason="logrotate is not installed (Debian: logrotate)")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_logrotate_makes_of_a_log_is_followed(way: str, tmp_path: Path) -> None:
    """A quote is found in what the real program made of its log, and the new log says something else."""
    log = tmp_path / "app.log"
    log.write_text("2026-11-18 09:00:00 ERROR connection to db-1:5432 refused\n" * 3)
    quote = Evidence("connection to db-1:5432 refused", "app.log", 1, 0, 58, verified=True)
    (tmp_path / "old").mkdir()
    tmp_path.chmod(0o755)
    settings = tmp_path / "settings"
    settings.write_text(f"{log} {{\nrotate 5\n{way}\n}}\n")
    settings.chmod(0o644)
    subprocess.run([LOGROTATE, "-f", "-s", tmp_path / "state", settings], check=True, capture_output=True)
    log.write_text("2026-11-19 09:00:00 INFO started\n")
    with Files(str(tmp_path)) as files:
        found = find_quote(quote, files)
    assert (found.outcome, found.line) == ("rotated", 1)
