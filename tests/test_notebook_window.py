"""The window shows what fits, follows those at work, and moves no row under a hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from test_run_board import DIAGNOSIS, board_of

from logdebug.notebook import window as windows
from logdebug.notebook.window import Window
from logdebug.records import Failure, Incident
from logdebug.run.events import IncidentDiagnosed, IncidentFailed, IncidentStarted

if TYPE_CHECKING:
    import pytest

    from logdebug.run.board import Board


def many(count: int, working: range = range(0)) -> Board:
    """Give a board of so many incidents, some of them at work."""
    board = board_of(*(f"service-{number}" for number in range(count)))
    start(board, *working)
    return board


def start(board: Board, *places: int) -> None:
    """Begin incidents."""
    for index in places:
        board.take(IncidentStarted(index, Incident(Path("/d"), "a.log", "x"), "s"))


def test_all_rows_are_shown_in_order_where_they_fit() -> None:
    """Up to its size, a window shows each row at its place, whatever becomes of it."""
    board, window = many(12, range(6)), Window(12)
    board.take(IncidentDiagnosed(0, DIAGNOSIS))
    assert window.look(board) == list(range(12))


def test_a_row_keeps_its_slot_until_it_has_ended_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that ended stays for three seconds; then one at work takes its slot, and no other row moves."""
    clock = [100.0]
    monkeypatch.setattr(windows, "monotonic", lambda: clock[0])
    board, window = many(100, range(10)), Window(4)
    assert window.look(board) == [0, 1, 2, 3]
    board.take(IncidentDiagnosed(1, DIAGNOSIS))
    board.take(IncidentFailed(3, Failure("x", "model", "down")))
    assert window.look(board) == [0, 1, 2, 3]
    clock[0] += 2.9
    assert window.look(board) == [0, 1, 2, 3]
    clock[0] += 0.2
    assert window.look(board) == [0, 4, 2, 5]
    for index in range(10):
        board.take(IncidentDiagnosed(index, DIAGNOSIS))
    clock[0] += 10
    window.look(board)
    clock[0] += 10
    assert window.look(board) == [0, 4, 2, 5]  # nobody is at work who could take a slot
    start(board, 50)
    assert window.look(board) == [50, 4, 2, 5]


def test_rows_of_a_kind_are_turned_page_by_page() -> None:
    """A kind is shown as it was when it was asked for; turning stops at both ends."""
    board, window = many(30, range(7)), Window(5)
    window.choose("waiting")
    assert window.look(board) == [7, 8, 9, 10, 11]
    start(board, 7)
    assert window.look(board) == [7, 8, 9, 10, 11]
    window.turn(1)
    assert window.look(board) == [13, 14, 15, 16, 17]
    window.turn(99)
    assert (window.look(board), window.page) == ([28, 29], 4)
    window.turn(-99)
    assert window.look(board) == [8, 9, 10, 11, 12]
    assert window.of_how_many(board) == 22
    window.choose("all")
    assert (window.look(board), window.of_how_many(board)) == ([0, 1, 2, 3, 4], 30)
    window.choose("failed")
    assert (window.look(board), window.of_how_many(board)) == ([], 0)
    window.choose("live")
    assert window.look(board) == [0, 1, 2, 3, 4]
