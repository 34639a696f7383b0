"""Events fold into one row per incident, and the totals are those of the rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from logdebug.agent.messages import Message, ToolCall
from logdebug.agent.steps import (
    Answered,
    Asked,
    Concluded,
    Directed,
    LimitReached,
    Prompted,
    Rejected,
    Retried,
    ToolUsed,
)
from logdebug.records import Diagnosis, Failure, Incident, Usage
from logdebug.run.board import Board
from logdebug.run.events import (
    ControlTaken,
    IncidentDiagnosed,
    IncidentFailed,
    IncidentStarted,
    RunStarted,
    StepTaken,
)

DIAGNOSIS = Diagnosis("b", "/d", "a.log", "diagnosed", "the disk was full", "disk_full", "high", 0.9)
FAILURE = Failure("c", "model", "the server is down")


def board_of(*services: str) -> Board:
    """Give a board of a run that has begun."""
    board = Board()
    board.take(RunStarted("run-1", "m", services, Path("/s/run-1")))
    return board


def test_a_run_is_folded_into_rows() -> None:
    """Each row is in the state that its events left it in, rows of one service apart."""
    board = board_of("a", "b", "b", "c")
    assert board.summary() == "0 of 4 diagnosed · 4 waiting"
    board.take(IncidentStarted(1, Incident(Path("/d"), "a.log", "b"), "s"))
    board.take(StepTaken(1, Answered(1, "", (), "stop", Usage(1, 1_000, 500))))
    board.take(StepTaken(1, Answered(2, "", (), "stop", Usage(1, 2_000, 500))))
    board.take(IncidentDiagnosed(1, DIAGNOSIS))
    board.take(IncidentStarted(2, Incident(Path("/d"), "a.log", "b"), "s"))
    board.take(IncidentFailed(3, FAILURE))
    assert [row.state for row in board.rows] == ["waiting", "done", "working", "failed"]
    assert [board.count(state) for state in ("waiting", "working", "done", "failed")] == [1, 1, 1, 1]
    assert (board.turns, board.tokens) == (2, 4_000)
    assert board.summary() == "1 of 4 diagnosed · 1 failed · 1 working · 1 waiting · 2 turns, 4,000 tokens"
    assert (board.rows[1].outcome, board.rows[1].doing) == (DIAGNOSIS, "the disk was full")
    assert (board.rows[3].outcome, board.rows[3].seconds) == (FAILURE, 0.0)


def test_the_clock_of_a_row_stops_with_its_outcome() -> None:
    """Seconds run while an agent works, and stand still before and after."""
    board = board_of("a")
    assert board.rows[0].seconds == 0.0
    board.take(IncidentStarted(0, Incident(Path("/d"), "a.log", "a"), "s"))
    assert 0.0 <= board.rows[0].seconds < board.rows[0].seconds + 1
    board.take(IncidentDiagnosed(0, DIAGNOSIS))
    assert board.rows[0].seconds == board.rows[0].seconds


def test_each_step_is_put_in_words() -> None:
    """A row says what its agent does at the moment; broken arguments of a tool call are no trouble."""
    board = board_of("a")
    said = {
        "thinking": Prompted(()),
        "thinking (turn 3)": Asked(3),
        "waiting 12 s: rate limit": Retried("rate limit", 1, 12.4),
        "searching for `timeout`": Answered(
            1, "", (ToolCall("1", "search", '{"pattern": "timeout"}'),), "stop", Usage(turns=1)
        ),
        "searching for `a|b` in x.log": ToolUsed(ToolCall("1", "search", '{"pattern": "a|b", "file": "x.log"}'), ""),
        "thinking, after searching for `a|b` in x.log": Asked(4),
        "reading from line 5 of app.log": ToolUsed(ToolCall("1", "read_lines", '{"file":"app.log","first":5}'), ""),
        "reading the overview": ToolUsed(ToolCall("1", "overview", "{}"), ""),
        "listing the files": ToolUsed(ToolCall("1", "list_files", "{broken"), "", failed=True),
        "submitting its diagnosis": ToolUsed(ToolCall("1", "submit_diagnosis", "{}"), "", failed=True),
        "write file": ToolUsed(ToolCall("1", "write_file", "{}"), "", failed=True),
        "directed: look there": Directed("look there", Message("user", "x")),
        "answer did not hold; asking again": Rejected("x"),
        "turn limit: asking for the best answer so far": LimitReached("turn_limit"),
        "concluding": Concluded(DIAGNOSIS, "submitted"),
    }
    for words, step in said.items():
        board.take(StepTaken(0, step))
        assert board.rows[0].doing == words


def test_a_paused_row_is_neither_waiting_nor_at_work() -> None:
    """A pause is a state of its own; what is resumed waits again where it hadn't begun, and works where it had."""
    board = board_of("a", "b")
    board.take(IncidentStarted(0, Incident(Path("/d"), "a.log", "a"), "s"))
    for index in (0, 1):
        board.take(ControlTaken(index, "pause", "ann"))
    assert board.summary() == "0 of 2 diagnosed · 2 paused"
    stood = board.rows[0].seconds
    assert board.rows[0].seconds == stood
    for index in (0, 1):
        board.take(ControlTaken(index, "resume", "ann"))
    assert [row.state for row in board.rows] == ["working", "waiting"]
    assert stood <= board.rows[0].seconds < stood + 1


def test_a_direction_is_shown_until_the_next_step_or_why_it_has_no_effect() -> None:
    """A row says what its agent will hear, or that it can't be directed."""
    board = board_of("a", "b")
    board.take(ControlTaken(0, "steer", "ann", "look there"))
    board.take(ControlTaken(1, "steer", "ann", "look there", refused="it is no model"))
    assert [row.doing for row in board.rows] == ["from its next turn: look there", "it is no model"]


def test_who_is_cancelled_did_not_fail() -> None:
    """A cancelled incident is counted apart; a run that is cut short cancels what isn't finished, and nothing else."""
    board = board_of("a", "b", "c")
    board.take(IncidentFailed(0, Failure("a", "cancelled", "cancelled by ann before its turn")))
    board.take(IncidentDiagnosed(1, DIAGNOSIS))
    assert board.summary() == "1 of 3 diagnosed · 1 cancelled · 1 waiting"
    board.cut_short()
    assert [row.state for row in board.rows] == ["cancelled", "done", "cancelled"]
    assert board.seconds == board.seconds


@pytest.mark.parametrize(("costs", "total"), [((0.25, 0.5), 0.75), ((0.25, None), None), ((), 0.0)])
def test_cost_is_known_only_where_all_of_it_is(costs: tuple[float | None, ...], total: float | None) -> None:
    """Costs add up; one that isn't known makes the sum unknown, of the row and of the run."""
    board = board_of("a")
    for cost in costs:
        board.take(StepTaken(0, Answered(1, "", (), "stop", Usage(1, 10, 10, cost_usd=cost))))
    assert board.rows[0].cost_usd == total
    assert board.cost_usd == total


def test_the_counts_are_those_of_the_rows_whatever_happens() -> None:
    """After every event, and after the run is cut short, each state counts as many as there are rows in it."""
    board = board_of("a", "b", "c", "d")
    events = [
        IncidentStarted(0, Incident(Path("/d"), "a.log", "a"), "s"),
        ControlTaken(0, "pause", "somebody"),
        ControlTaken(1, "pause", "somebody"),
        ControlTaken(0, "resume", "somebody"),
        IncidentDiagnosed(0, DIAGNOSIS),
        IncidentFailed(2, Failure("c", "cancelled", "")),
        IncidentStarted(3, Incident(Path("/d"), "a.log", "d"), "s"),
        IncidentFailed(3, FAILURE),
    ]
    for event in events:
        board.take(event)
        assert +board.counts() == Counter(row.state for row in board.rows)
        assert board.open == sum(row.outcome is None for row in board.rows)
    board.cut_short()
    assert +board.counts() == {"done": 1, "failed": 1, "cancelled": 2}
    assert board.open == 0
