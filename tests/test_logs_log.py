"""Opening logs, and what people get told when they can't be opened."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
from typing import TYPE_CHECKING

import pytest

from logdebug.errors import LogError
from logdebug.logs import Log, open_log

if TYPE_CHECKING:
    from pathlib import Path


def test_a_missing_log_names_its_neighbours(tmp_path: Path) -> None:
    """The error for a missing file says what files there are."""
    (tmp_path / "app.log").write_text("x")
    with pytest.raises(LogError, match=r"app\.log") as caught:
        open_log(tmp_path / "ap.log")
    assert caught.value.log == str(tmp_path / "ap.log")
    with pytest.raises(LogError, match="no directory"):
        open_log(tmp_path / "none" / "app.log")


def test_a_directory_and_a_fifo_are_no_logs(tmp_path: Path) -> None:
    """Neither is opened, and a FIFO isn't waited for."""
    with pytest.raises(LogError, match="is a directory"):
        open_log(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LogError, match="not a regular file"):
        open_log(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_log_without_permission_says_so(tmp_path: Path) -> None:
    """A file that may not be read gives an error that says so."""
    path = tmp_path / "app.log"
    path.write_text("x")
    path.chmod(0)
    with pytest.raises(LogError, match="may not be read"):
        open_log(path)


def test_sizes_counts_and_hash(tmp_path: Path) -> None:
    """Sizes are those of text and file, the hash is that of the file."""
    text = b"one\ntwo\nthree"
    path = tmp_path / "app.log.gz"
    path.write_bytes(gzip.compress(text))
    with open_log(path) as log:
        assert (log.size_bytes, log.stored_bytes, log.line_count) == (13, path.stat().st_size, 3)
        assert log.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_log_takes_a_file_or_a_descriptor_and_closes_it(tmp_path: Path) -> None:
    """Both kinds of open file are read, and closed with the log."""
    path = tmp_path / "app.log"
    path.write_text("one\n")
    file = path.open("rb")
    with Log(file, "app.log") as log:
        assert log.line_count == 1
    assert file.closed
    descriptor = os.open(path, os.O_RDONLY)
    with Log(descriptor, "app.log") as log:
        assert log.lines(1, 1)[0].text == "one"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_threads_read_one_log_at_once(tmp_path: Path, compress: type[bytes]) -> None:
    """Several threads that read different ranges of one log each get their own lines."""
    path = tmp_path / "app.log"
    path.write_bytes(compress(b"".join(b"%d\n" % number for number in range(1, 100_001))))
    wrong: list[int] = []

    def read(first: int, log: Log) -> None:
        for start in range(first, 100_000, 9_999):
            if [line.text for line in log.lines(start, start + 4)] != [str(start + place) for place in range(5)]:
                wrong.append(start)
            if log.search(f"^{start}$").matches[0].line.number != start:
                wrong.append(start)

    with open_log(path) as log:
        threads = [threading.Thread(target=read, args=(first, log)) for first in (1, 20, 300, 4_000)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_lines_and_overview_at_once_agree(tmp_path: Path) -> None:
    """Threads that read lines while another makes the overview get the right ones."""
    path = tmp_path / "app.log"
    path.write_bytes(b"".join(b"%d order stored\n" % number for number in range(1, 200_001)))
    wrong: list[int] = []

    def read(log: Log) -> None:
        starts = range(1, 200_000, 7_001)
        wrong.extend(start for start in starts if log.lines(start, start)[0].text != f"{start} order stored")

    with open_log(path) as log:
        threads = [threading.Thread(target=read, args=(log,)), threading.Thread(target=log.overview)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert log.line_count == 200_000
    assert wrong == []
