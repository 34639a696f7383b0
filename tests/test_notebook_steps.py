"""An agent's steps are told one by one, and only sessions below their directory are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import logdebug as ld
from logdebug.agent.loop import Limits
from logdebug.agent.messages import Reply, ToolCall
from logdebug.agent.models import ReplayModel
from logdebug.errors import ModelBusy, SessionError
from logdebug.notebook.steps import rows_of, trace_of
from logdebug.records import Usage

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import WriteCase

LOG = ["2026-11-18 09:00:00 INFO started", "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused"]
ANSWER = (
    '{"status": "diagnosed", "root_cause": "db-1 refused.", "category": "dependency_failure", "severity": "high", '
    '"confidence": 0.8, "timeline": [], "recommendation": "Start it.", '
    '"evidence": [{"quote": "connection to db-1:5432 refused", "line": 2, "file": null}]}'
)


async def test_every_step_has_its_row(case_dir: WriteCase, tmp_path: Path) -> None:
    """Prompt, retry, model, tools, rejection and end are told in order, failures marked, what was said kept whole."""
    script = [
        ModelBusy("429 too many requests"),
        Reply("I look.", (ToolCall("1", "search", '{"pattern": "refused", "context": 2}'),), "tool_calls", Usage(1)),
        Reply("", (ToolCall("2", "search", '{"pattern": "(["}'),), "tool_calls", Usage(1)),
        Reply("It is the database."),
        Reply("", (ToolCall("3", "submit_diagnosis", ANSWER),), "tool_calls", Usage(1)),
    ]
    report = await ld.investigate(
        [case_dir(LOG)],
        model=ReplayModel(script),
        sessions_dir=tmp_path / "s",
        limits=Limits(retry_seconds=0.001),
        progress=False,
    )
    rows = rows_of(trace_of(report[0].session, tmp_path / "s"))
    kinds = [row.kind for row in rows]
    assert kinds == ["prompt", "retry", "model", "tool", "model", "tool", "model", "rejected", "model", "end"]
    assert [row.failed for row in rows] == [False, True, False, False, False, True, False, True, False, False]
    assert rows[2].title == "turn 1: I look. → search"
    assert rows[3].title == "search pattern='refused', context=2"
    assert "2| 2026-11-18 09:00:02 ERROR connection to db-1:5432 refused" in rows[3].body
    assert rows[-1].title == "submitted: diagnosed, dependency_failure"
    assert all(row.at for row in rows)


async def test_the_embedded_analyst_takes_one_step(case_dir: WriteCase, tmp_path: Path) -> None:
    """Offline there is one step, and it says that no model was asked."""
    report = await ld.investigate([case_dir(LOG)], model="offline", sessions_dir=tmp_path, progress=False)
    [row] = rows_of(trace_of(report[0].session, tmp_path))
    assert row.title == "the embedded analyst read the log by its rules and concluded, in this one step"


@pytest.mark.parametrize("session", ["", "..", "../secret", "run/gone", ".", "a\0b", "x" * 5_000])
def test_a_session_that_is_not_there_is_said_so(session: str, tmp_path: Path) -> None:
    """A missing session, and a name that leads elsewhere, raise an error that names the remedy."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "trace.jsonl").write_text('{"step": "Concluded"}\n')
    (tmp_path / "s").mkdir()
    with pytest.raises(SessionError, match=r"no session") as caught:
        trace_of(session, tmp_path / "s")
    assert "secret" not in str(caught.value).replace(repr(session), "")


def test_a_link_out_of_the_directory_is_not_followed(tmp_path: Path) -> None:
    """A session that is a link to elsewhere isn't read."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "trace.jsonl").write_text('{"step": "Concluded"}\n')
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "run").symlink_to(tmp_path / "secret")
    with pytest.raises(SessionError, match="there is no session"):
        trace_of("run", tmp_path / "s")


def test_unknown_and_damaged_steps_are_told_as_they_are() -> None:
    """A step of another version, or with fields of the wrong kind, has a row and raises nothing."""
    steps: list[dict[str, Any]] = [
        {"step": "Steered", "message": "look at line 7", "at": "2026-11-18T09:00:00Z"},
        {"step": "Directed", "text": "look at line 7", "message": {"role": "user", "text": "The operator says …"}},
        {"step": "Failure", "message": "the key is wrong", "error": "not_authorised"},
        {"step": "Answered", "tool_calls": [5], "turn": None},
        {"step": "ToolUsed", "call": 7, "result": ["x"]},
        {"step": "ToolUsed", "call": {"name": "search", "arguments": "[1"}},
        {"step": "Prompted", "messages": ["x"]},
        {"step": "Concluded", "diagnosis": None, "reason": None},
        {},
    ]
    rows = rows_of(steps)
    assert len(rows) == len(steps)
    assert (rows[0].kind, rows[0].title) == ("steered", "look at line 7")
    assert (rows[1].kind, rows[1].title) == ("operator", "told the agent: look at line 7")
    assert (rows[2].title, rows[2].failed) == ("the key is wrong", True)
    assert rows[5].title == "search [1"
