"""Events fold into one row per incident, and the totals are those of the rows."""

from __future__ import annotations

from pathlib import Path

from logdebug.agent.messages import ToolCall
from logdebug.agent.steps import Answered, Asked, LimitReached, Prompted, Rejected, Retried, ToolUsed
from logdebug.records import Diagnosis, Failure, Incident, Usage
from logdebug.run.board import Board
from logdebug.run.events import IncidentDiagnosed, IncidentFailed, IncidentStarted, RunStarted, StepTaken

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
        "search: timeout|refused": ToolUsed(ToolCall("1", "search", '{"pattern": "timeout|refused"}'), ""),
        "read lines: app.log, from line 5": ToolUsed(ToolCall("1", "read_lines", '{"file":"app.log","first":5}'), ""),
        "list files": ToolUsed(ToolCall("1", "list_files", "{broken"), "", failed=True),
        "answer did not hold; asking again": Rejected("x"),
        "turn limit: asking for the best answer so far": LimitReached("turn_limit"),
    }
    for words, step in said.items():
        board.take(StepTaken(0, step))
        assert board.rows[0].doing == words
