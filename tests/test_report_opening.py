"""A reader of reports opens files of the incident's directory, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from report_samples import HOSTILE, diagnosis

from logdebug.errors import LogError
from logdebug.report.opening import open_file, open_log_of


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """Make a service's directory, with a secret beside it and ways to that."""
    (tmp_path / "secret").write_text("key\n")
    root = tmp_path / "service"
    (root / "logs").mkdir(parents=True)
    (root / "logs" / "app.log").write_text("one\ntwo\n")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "up").symlink_to(tmp_path)
    os.mkfifo(root / "pipe")
    return root


def test_a_log_below_the_directory_is_opened(service: Path) -> None:
    """A path relative to the directory is read, however it is written."""
    with open_log_of(diagnosis(working_dir=str(service), log_file="logs/./app.log")) as log:
        assert (log.name, log.line_count) == ("logs/app.log", 2)


@pytest.mark.parametrize(
    "file", ["../secret", "link", "up/secret", "logs/../../secret", "pipe", "logs", "", ".", "gone", "\0", "\ud800"]
)
def test_nothing_else_is_opened(service: Path, file: str) -> None:
    """Ways out, links, pipes, directories and what isn't there end in an error, and leave nothing open."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(LogError):
        open_file(str(service), file)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_an_absolute_name_is_refused(service: Path) -> None:
    """A report can't name a file elsewhere by its whole path."""
    with pytest.raises(LogError, match="outside the incident's directory"):
        open_file(str(service), str(service.parent / "secret"))


@pytest.mark.parametrize(
    ("working_dir", "file"),
    [("/proc", "kcore"), ("/proc/self", "status"), ("/proc/self", "mem"), ("/sys/kernel", "notes")],
)
def test_what_the_kernel_makes_up_is_not_read(working_dir: str, file: str) -> None:
    """A stranger's report shows nothing of this process or machine, and can't have the whole memory read through."""
    with pytest.raises(LogError, match="of the system itself"):
        open_file(working_dir, file)


def test_a_file_of_holes_is_refused(service: Path) -> None:
    """A report that names a sparse file of two gigabytes makes nobody read it through."""
    with (service / "huge.log").open("wb") as file:
        file.truncate(2 << 30)
    with pytest.raises(LogError, match="made of holes"):
        open_file(str(service), "huge.log")


@pytest.mark.parametrize("working_dir", ["/nowhere/at/all", HOSTILE, "\0"])
def test_a_directory_that_is_gone_is_said(working_dir: str) -> None:
    """Where the directory isn't there the error says so on one line, whatever it is called."""
    with pytest.raises(LogError) as caught:
        open_file(working_dir, "app.log")
    assert str(caught.value).isprintable()
