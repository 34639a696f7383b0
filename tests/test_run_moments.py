"""When lines were written is told by a clock that nobody sets, where there is one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import logdebug as ld
from logdebug.run.moments import Moment, stamp
from logdebug.run.resuming import PastRun

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import WriteCase

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("later", "seconds", "most"),
    [
        (Moment(NOON + HOUR, 107.0), 7.0, 7.0),  # set forward
        (Moment(NOON - HOUR, 107.0), 7.0, 0.0),  # set back
        (Moment(NOON + HOUR, 3.0), 0.0, 0.0),  # another boot
        (Moment(NOON + HOUR), 3600.0, 3600.0),  # written by an older version
        (Moment(NOON - HOUR), 0.0, 0.0),
    ],
)
def test_a_clock_that_is_set_counts_for_nothing(later: Moment, seconds: float, most: float) -> None:
    """Between two lines of one process lie the seconds of the clock that only goes forward; at the most the lesser."""
    first = Moment(NOON, 100.0)
    assert (first.seconds_to(later), first.most_seconds_to(later)) == (seconds, most)


def test_a_line_is_read_as_it_was_stamped() -> None:
    """What a line begins with is read again; without any it is none."""
    first, then = Moment.read(stamp()), Moment.read(stamp())
    assert 0 <= first.seconds_to(then) < 60
    assert Moment.read({"at": "2026-11-18T13:00:00+01:00"}) == Moment(NOON)
    with pytest.raises(KeyError):
        Moment.read({})


async def test_a_jump_of_the_clock_is_no_work(tmp_path: Path, case_dir: WriteCase) -> None:
    """Of a run in the midst of which the wall clock was set forward by a day, a session has worked for no day."""
    run = ld.Run([case_dir(["09:00:00 ERROR out of memory"])], model="offline", sessions_dir=tmp_path, cache="off")
    await run.finish()

    def set_forward(path: Path, start: int) -> None:
        lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text().splitlines() if line]
        for line in lines[start:]:
            line["at"] = (datetime.fromisoformat(line["at"]) + 24 * HOUR).isoformat()
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    [trace] = run.directory.glob("*/trace.jsonl")
    set_forward(trace, 1)
    set_forward(run.directory / "events.jsonl", 1)
    past = PastRun.read(run.directory)
    assert past.seconds < 3600
    assert past.sessions[0].seconds < 3600
