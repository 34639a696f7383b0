"""A search takes no longer than it may, and who is stopped by another is not told that it was too slow."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

import logdebug as ld
from logdebug.errors import LogInterrupted, PatternError
from logdebug.logs.deadline import searched_within

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from logdebug.logs import Log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """Open a log of several blocks."""
    (tmp_path / "app.log").write_text("2026-11-22 08:00:00 ERROR x\n" * 100_000)
    with ld.open_log(tmp_path / "app.log") as log:
        yield log


def test_a_search_that_takes_too_long_is_stopped(log: Log) -> None:
    """It ends soon after its time with an error that names the pattern and says what to do; no thread is left."""
    threads, began = threading.active_count(), time.monotonic()

    def search_on() -> None:
        with searched_within(0.05, log, "nowhere"):
            while time.monotonic() < began + 60:  # as a search does that reads again and again
                log.search("nowhere", first_line=2, last_line=99_999)

    with pytest.raises(PatternError, match=r"'nowhere' took longer than 0\.05 seconds.*search fewer lines"):
        search_on()
    assert threading.active_count() <= threads
    assert log.search("ERROR").total == 100_000  # the next one is not stopped


def test_one_that_is_in_time_is_left_alone(log: Log) -> None:
    """It finds what there is, and the log can be read on afterwards."""
    with searched_within(60, log, "ERROR"):
        assert log.search("ERROR", first_line=10, last_line=19).total == 10
    assert log.lines(7, 7)[0].number == 7


def test_who_stops_it_for_another_reason_is_told_so(log: Log) -> None:
    """A reader who was interrupted by somebody else raises what an interrupted reader does."""

    def be_stopped() -> None:
        with searched_within(60, log, "x"):
            for _ in log.source.blocks():
                log.stop()

    with pytest.raises(LogInterrupted):
        be_stopped()
