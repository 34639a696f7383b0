"""Logs whose lines say the time of day only: which day each is of."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from logdebug.logs import open_log
from logdebug.logs.days import has_no_dates, unwrapped
from logdebug.logs.logset import open_set

if TYPE_CHECKING:
    from pathlib import Path

WRITTEN = datetime(2026, 11, 24, 0, 5, tzinfo=UTC)


def write(path: Path, text: str, written: datetime = WRITTEN) -> None:
    """Write a log that was written to last at this time."""
    path.write_text(text)
    os.utime(path, (written.timestamp(), written.timestamp()))


def write_days(path: Path, days: int, step: timedelta) -> datetime:
    """Write a log of so many days up to a quarter to midnight; give its first time."""
    last = datetime(2026, 11, 23, 23, 45, tzinfo=UTC)
    times = [last - step * number for number in range(timedelta(days=days) // step)][::-1]
    write(path, "".join(f"{time:%H:%M:%S} INFO order {number} stored\n" for number, time in enumerate(times)), last)
    return times[0]


def test_a_log_across_midnight_goes_forward(tmp_path: Path) -> None:
    """What stands before midnight is of the day before: the span isn't negative, and the records are in order."""
    path = tmp_path / "app.log"
    write(path, "23:59:58 INFO started\n23:59:59,5 INFO works\n00:00:02 ERROR broke\n")
    with open_log(path) as log:
        facts = log.overview().facts
        times = [record.timestamp for record in log.records()]
    assert facts.first_time == datetime(2026, 11, 23, 23, 59, 58, tzinfo=UTC)
    assert facts.last_time == datetime(2026, 11, 24, 0, 0, 2, tzinfo=UTC)
    assert times == [facts.first_time, facts.first_time + timedelta(seconds=1.5), facts.last_time]


def test_days_are_counted_back_through_a_long_log(tmp_path: Path) -> None:
    """Stretches, records and searches of a log of nine days have the day that they were written on."""
    path = tmp_path / "app.log"
    begin = write_days(path, 9, timedelta(minutes=5))
    with open_log(path) as log:
        facts, frame = log.overview().facts, log.activity()
        records = list(log.records())
        found = log.search(
            "stored", since=begin + timedelta(days=3), until=begin + timedelta(days=3, hours=1), limit=99
        )
    assert facts.first_time == begin
    assert not facts.silences
    assert frame["timestamp"].is_monotonic_increasing
    assert [record.timestamp for record in records] == [begin + timedelta(minutes=5) * n for n in range(len(records))]
    assert [match.line.number for match in found.matches] == list(range(865, 878))


def test_a_time_of_day_to_search_from_is_of_the_last_day(tmp_path: Path) -> None:
    """A bare 23:30 is the last day's, also where the log has one of each day."""
    path = tmp_path / "app.log"
    write_days(path, 3, timedelta(minutes=15))
    with open_log(path) as log:
        assert [match.line.number for match in log.search("stored", since="23:30").matches] == [287, 288]


def test_files_of_a_set_without_dates_stay_in_the_order_of_their_names(tmp_path: Path) -> None:
    """A file whose times of day are later isn't the later one."""
    write(tmp_path / "app.log.1", "23:50:00 INFO one\n23:59:00 INFO two\n")
    write(tmp_path / "app.log", "00:01:00 INFO three\n00:02:00 INFO four\n")
    with open_set(tmp_path / "app.log") as log:
        assert [line.text.split()[-1] for line in log.lines(1, 4)] == ["one", "two", "three", "four"]
        facts = log.overview().facts
    assert facts.first_time == datetime(2026, 11, 23, 23, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "dateless"),
    [
        ("08:00:00 INFO a\n08:00:01 INFO b\n", True),
        ("2026-11-22 08:00:00 INFO a\n2026-11-22 08:00:01 INFO took 00:00:07\n", False),
        ("Nov 22 08:00:00 host a: b\n", False),
        ("".join(f"08:00:0{second} INFO a\n" for second in range(9)) + "last run: 2026-01-01 07:00:00\n", True),
        ("no time at all\n", False),
        ("", False),
    ],
)
def test_what_has_no_dates_is_told_by_most_of_its_lines(text: str, dateless: bool) -> None:
    """A date that a line tells of makes no dated log, and a duration no dateless one."""
    assert has_no_dates(text.encode(), WRITTEN) is dateless


def test_a_little_disorder_is_no_other_day() -> None:
    """Times that go back by minutes, as threads write them, stay on their day; a gap keeps its place."""
    last = datetime(2026, 11, 24, 9, tzinfo=UTC)
    times = [last + timedelta(minutes=minute) for minute in (-420, -423, -421, 0, 20, -5)]
    assert unwrapped(times, last) == times
    assert unwrapped([last + timedelta(hours=14), last], last) == [last - timedelta(hours=10), last]
