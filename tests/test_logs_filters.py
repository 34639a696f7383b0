"""Searches narrowed by time and level: the lines of the records that were asked for, all of them, and no others."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from logdebug.errors import LogError
from logdebug.logs import Level, open_log

if TYPE_CHECKING:
    from pathlib import Path

LINES = """2026-11-22 08:00:00,000 INFO start x
2026-11-22 08:00:01,000 ERROR order failed x
java.lang.IllegalStateException: no stock x
\tat com.acme.Shop.order(Shop.java:12) x
Caused by: java.sql.SQLException: connection closed x
\t... 12 more x
2026-11-22 08:00:02,000 WARN slow x
2026-11-22 08:00:03,000 INFO retrying x
panic: nil map x
2026-11-22 08:00:04,000 INFO done x"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a log of six events, one of them with a trace, one without a time."""
    path = tmp_path / "app.log"
    path.write_text(LINES)
    return path


def found(path: Path, pattern: str = "x$", **narrowed: Any) -> list[int]:
    """Give the numbers of the lines that are found, having checked the total."""
    with open_log(path) as log:
        result = log.search(pattern, **narrowed)
        numbers = [match.line.number for match in result.matches]
        assert result.total == len(numbers)
        assert log.search(pattern, limit=1, **narrowed).total == result.total
    return numbers


@pytest.mark.parametrize(
    ("levels", "numbers"),
    [
        (["error"], [2, 3, 4, 5, 6]),
        (["warning", "fatal"], [7, 9]),
        (["debug"], []),
        (["info"], [1, 8, 10]),
    ],
)
def test_lines_of_a_level_are_those_of_its_records(path: Path, levels: list[Level], numbers: list[int]) -> None:
    """A line of a stack trace has the level of the event that it belongs to."""
    assert found(path, levels=levels) == numbers


@pytest.mark.parametrize(
    ("since", "until", "numbers"),
    [
        ("2026-11-22T08:00:03Z", None, [8, 9, 10]),
        (None, "2026-11-22 08:00:01", [1, 2, 3, 4, 5, 6]),
        ("08:00:01", "08:00:02", [2, 3, 4, 5, 6, 7]),
        ("08:01", None, []),
        ("2026-11-22", "2026-11-22", list(range(1, 11))),
        ("2026-11-23", None, []),
        (None, "2026-11-21", []),
        ("22/Nov/2026:09:00:04 +0100", None, [10]),
        (datetime(2026, 11, 22, 8, 0, 4, tzinfo=UTC), None, [10]),
        (datetime(2026, 11, 22, 9, 0, 4, tzinfo=timezone(timedelta(hours=1))), None, [10]),
        (datetime(2026, 11, 22, 8, 0, 4), None, [10]),  # noqa: DTZ001 -- one without a zone is meant
    ],
)
def test_lines_of_a_span_are_those_of_its_records(path: Path, since: Any, until: Any, numbers: list[int]) -> None:
    """Both ends count; what has no time of its own is of the time of what stands before it."""
    assert found(path, since=since, until=until) == numbers


def test_a_time_of_day_is_of_the_last_day_of_the_log(tmp_path: Path) -> None:
    """A bare 23:00 in a log of two days is the second day's, whenever the file was touched last."""
    path = tmp_path / "app.log"
    path.write_text("2026-11-20 23:30:00 INFO a\n2026-11-21 22:00:00 INFO b\n2026-11-21 23:30:00 INFO c\n")
    os.utime(path, (1_900_000_000, 1_900_000_000))
    assert found(path, ".", since="23:00") == [3]


def test_filters_go_with_the_other_arguments(path: Path) -> None:
    """Ranges of lines, patterns and filters all have to hold; context is what stands there, filtered or not."""
    assert found(path, "(?i)S", levels=["error"], since="08:00:00", first_line=3, last_line=5) == [3, 4, 5]
    with open_log(path) as log:
        (match,) = log.search("slow", levels=["warning"], context=1).matches
    assert [line.number for line in (*match.before, *match.after)] == [6, 8]


@pytest.mark.parametrize("narrowed", [{"since": "soon"}, {"until": ""}, {"levels": ["loud"]}, {"levels": []}])
def test_what_is_no_time_or_level_is_refused(path: Path, narrowed: dict[str, Any]) -> None:
    """A text that says no time, and a word that is no level, raise a LogError that gives the remedy."""
    with pytest.raises(LogError, match=r"write it as|levels are"):
        found(path, **narrowed)


def test_json_lines_are_filtered_by_their_keys(tmp_path: Path) -> None:
    """Level and time of JSON lines are those of their keys."""
    path = tmp_path / "app.log"
    path.write_text(
        "".join(f'{{"level":{level},"time":{1795336975000 + level},"msg":"m"}}\n' for level in (30, 50, 40))
    )
    assert found(path, "msg", levels=["warning", "error"]) == [2, 3]
    assert found(path, "msg", since="2026-11-22T08:42:55.040Z") == [2, 3]
