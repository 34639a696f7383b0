"""Silence that stands out is told with its lines; the pauses that a log always makes are not."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from logdebug.logs import open_log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BEGIN = datetime(2026, 11, 22, 8, tzinfo=UTC)


def silences(path: Path, gaps: Sequence[float], *, detail: bool = False) -> list[tuple[int, int, int]]:
    """Give (seconds, last line, next line) of the silences of a log with these seconds from line to line."""
    now, lines = BEGIN, []
    for number, gap in enumerate([0.0, *gaps]):
        now += timedelta(seconds=gap)
        lines.append(f"{now:%Y-%m-%d %H:%M:%S},{now.microsecond // 1000:03} INFO order {number} stored\n")
        if detail and number % 7 == 0:
            lines.append("\tat a.B.c(B.java:1)\n")
    path.write_text("".join(lines))
    with open_log(path) as log:
        found = log.overview().facts.silences
        assert all(f"L{each.last_line} " in log.overview().text for each in found)
    return [(round(each.seconds), each.last_line, each.next_line) for each in found]


@pytest.mark.parametrize("count", [12, 200, 5_000, 30_000])
def test_a_silence_is_found_with_its_lines(tmp_path: Path, count: int) -> None:
    """Ten minutes of silence in a log of a line a second or so are found wherever they are."""
    chance = random.Random(count)
    for place in (1, count // 3, count - 3):
        gaps = [chance.uniform(0.2, 2) for _ in range(count - 1)]
        gaps[place] = 600
        assert silences(tmp_path / "app.log", gaps) == [(600, place + 1, place + 2)]


def test_lines_without_a_time_do_not_hide_it(tmp_path: Path) -> None:
    """A silence is found among stack traces, too."""
    gaps = [1.0] * 4_000
    gaps[2_000] = 900
    ((seconds, last, after),) = silences(tmp_path / "app.log", gaps, detail=True)
    assert seconds == 900
    assert 0 < after - last <= 2


def test_two_silences_are_both_told(tmp_path: Path) -> None:
    """Two that stand out alike come in the log's order."""
    gaps = [0.5] * 9_000
    gaps[100], gaps[8_000] = 300, 200
    assert silences(tmp_path / "app.log", gaps) == [(300, 101, 102), (200, 8_001, 8_002)]


@pytest.mark.parametrize("seed", range(6))
def test_pauses_that_are_usual_are_no_silence(tmp_path: Path, seed: int) -> None:
    """Neither random arrivals nor a job that wakes up every hour make a silence that stands out."""
    chance = random.Random(seed)
    assert silences(tmp_path / "app.log", [chance.expovariate(1 / 20) for _ in range(8_000)]) == []
    assert silences(tmp_path / "app.log", [3600.0 if n % 50 == 0 else 0.1 for n in range(1, 8_000)]) == []
    assert silences(tmp_path / "app.log", [chance.uniform(1, 60) for _ in range(11)]) == []


def test_a_log_without_times_has_none(tmp_path: Path) -> None:
    """No times, no silence; one that jumps back has none for it."""
    path = tmp_path / "app.log"
    path.write_text("one\ntwo\nthree\n")
    with open_log(path) as log:
        assert log.overview().facts.silences == ()
    assert silences(path, [1.0, 1.0, -86_400.0, 1.0, 1.0, 1.0]) == []
