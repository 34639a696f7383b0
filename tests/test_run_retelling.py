"""What is on disk of a run is told again: its steps, its operator's words, and how long anybody worked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from logdebug.agent.messages import Message, ToolCall
from logdebug.agent.steps import Prompted, ToolUsed
from logdebug.errors import SessionError
from logdebug.run.moments import Moment
from logdebug.run.retelling import Told, steps_of

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Give a time so many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def write(directory: Path, *events: tuple[float, str, dict[str, Any]], torn: str = "") -> Told:
    """Write events of these minutes after noon, and read them."""
    lines = [{"at": at(minutes).isoformat(), "event": name, **fields} for minutes, name, fields in events]
    text = "".join(f"\n{json.dumps(line)}\n" for line in lines)
    (directory / "events.jsonl").write_text(text + torn, encoding="utf-8")
    return Told.of(directory)


def control(control: str, index: int = 0, text: str = "", refused: str = "") -> dict[str, Any]:
    """Give the fields of a control that was taken."""
    return {"index": index, "control": control, "by": "kim", "text": text, "refused": refused}


def test_the_night_between_two_processes_is_nobody_s_work(tmp_path: Path) -> None:
    """A run that was begun, gone on with an hour later, and once more, lasted for the sum of what each process did."""
    told = write(
        tmp_path,
        (0, "RunStarted", {}),
        (5, "IncidentStarted", {"index": 0}),
        (60, "RunStarted", {}),
        (63, "RunEnded", {}),
        (600, "RunStarted", {}),
    )
    assert told.seconds(at(0), [Moment(at(minutes)) for minutes in (7, 62, 604)]) == 60 * (7 + 3 + 4)


def test_a_clock_that_is_set_is_nobody_s_work(tmp_path: Path) -> None:
    """A wall clock that jumps by hours, forward or back, within a process or between two, makes a run no longer."""
    told = write(
        tmp_path,
        (0, "RunStarted", {"clock": 1000.0}),
        (600, "IncidentStarted", {"index": 0, "clock": 1060.0}),
        (300, "RunStarted", {"clock": 2000.0}),
        (303, "RunEnded", {"clock": 2180.0}),
        (200, "IncidentFailed", {"index": 0, "clock": 2240.0}),
    )
    assert told.seconds(at(0), []) == 60 * (1 + 4)
    assert told.seconds(at(0), [Moment(at(900), 2300.0)]) == 60 * (1 + 5)


def test_a_run_that_told_nothing_lasted_until_its_last_step(tmp_path: Path) -> None:
    """Without events, as on a disk that was full, its traces tell how long it went on."""
    assert Told.of(tmp_path).seconds(at(0), [Moment(at(3)), Moment(at(2))]) == 180
    assert Told.of(tmp_path).seconds(at(0), []) == 0


def test_the_time_for_which_an_agent_was_held_up_is_told(tmp_path: Path) -> None:
    """Pauses count for their incident alone, up to when it was resumed or another process went on with the run."""
    told = write(
        tmp_path,
        (0, "RunStarted", {}),
        (1, "ControlTaken", control("pause")),
        (3, "ControlTaken", control("resume")),
        (5, "ControlTaken", control("pause")),
        (9, "RunStarted", {}),
    )
    assert told.held_seconds(0, at(0), at(20)) == 60 * (2 + 4)
    assert told.held_seconds(0, at(2), at(6)) == 60 * (1 + 1)
    assert told.held_seconds(1, at(0), at(20)) == 0


def test_directions_are_told_in_order(tmp_path: Path) -> None:
    """What was told to each agent is told again; what had no effect, or is torn or no event, isn't."""
    told = write(
        tmp_path,
        (0, "RunStarted", {}),
        (1, "ControlTaken", control("steer", 1, "one")),
        (2, "ControlTaken", control("steer", 1, "two")),
        (3, "ControlTaken", control("steer", 0, "no", refused="can't be directed")),
        (4, "ControlTaken", {"index": "x"}),
        torn='\n[1]\nnull\n{"at": "2026-11-18T12:00:00+00:00", "event": "ControlTaken", "index": 1, "cont',
    )
    assert told.directions == {1: ["one", "two"]}


def test_a_step_is_read_as_it_was_taken() -> None:
    """Steps come back as they were; a line that is no step is left out, a step of another form is refused by name."""
    messages = [{"role": "user", "text": "hello", "tool_calls": [], "call_id": ""}]
    call = {"id": "1", "name": "search", "arguments": "{}"}
    lines = [
        {"at": "", "step": "Prompted", "messages": messages},
        {"at": "", "step": "Failure", "service": "shop"},
        {"at": "", "step": "ToolUsed", "call": call, "result": "", "failed": False, "seconds": 0.5, "seen": {"a": "b"}},
    ]
    read = list(steps_of(lines, Path("session")))
    assert read == [
        Prompted((Message("user", "hello"),)),
        ToolUsed(ToolCall("1", "search", "{}"), "", seconds=0.5, seen={"a": "b"}),
    ]
    with pytest.raises(SessionError, match=r"'ToolUsed' can't be read.*another version"):
        list(steps_of([{"at": "", "step": "ToolUsed", "call": 1}], Path("session")))
