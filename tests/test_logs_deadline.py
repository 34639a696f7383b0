"""A search takes no longer than it may, and who is stopped by another is not told that it was too slow."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import logdebug as ld
from logdebug.agent.absences import search_for
from logdebug.agent.messages import ToolCall
from logdebug.agent.reading import Reading
from logdebug.agent.tools import run_tool
from logdebug.errors import LogInterrupted, PatternError
from logdebug.logs import Log
from logdebug.logs.deadline import searched_within
from logdebug.records import Absence, Incident

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


def test_one_that_was_between_two_reads_is_stopped_at_the_next(log: Log) -> None:
    """A search reads several times; where the moment falls between two reads it ends all the same."""
    began = time.monotonic()

    def search_on() -> None:
        with searched_within(0.0, log, "nowhere"):
            time.sleep(0.2)
            while time.monotonic() < began + 60:
                log.search("nowhere", first_line=2, last_line=99_999)

    with pytest.raises(PatternError, match="took longer"):
        search_on()


def unending(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every search one that takes a minute, unless it is stopped."""
    search = Log.search

    def again_and_again(self: Log, *args: Any, **options: Any) -> Any:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            search(self, "nowhere", first_line=2, last_line=99_999)
        return search(self, *args, **options)

    monkeypatch.setattr(Log, "search", again_and_again)


def test_a_models_search_is_stopped(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tool tells the model that its pattern takes too long, and what to do."""
    reading = Reading.of(Incident(tmp_path, "app.log", "shop"))
    reading.veil.lines(1, 1)
    unending(monkeypatch)
    monkeypatch.setattr("logdebug.agent.tools.SEARCH_SECONDS", 0.05)
    said, failed = run_tool(ToolCall("1", "search", '{"pattern": "nowhere"}'), reading)
    assert failed
    assert "search fewer lines at a time" in said
    reading.close()


def test_the_search_of_an_absence_is_stopped(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as not run, and says why."""
    unending(monkeypatch)
    monkeypatch.setattr("logdebug.agent.absences.SEARCH_SECONDS", 0.05)
    found = search_for(Absence("nothing of it", "nowhere", "app.log"), log)
    assert not found.verified
    assert "took longer than 0.05 seconds" in found.problem


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
