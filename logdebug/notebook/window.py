"""Which rows of a run are on the page: all where they fit, else those at work, or a page of one's choice."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.run.board import Board

__all__ = ["Kind", "Window"]

Kind = Literal["live", "waiting", "working", "paused", "failed", "cancelled", "done", "all"]

_LINGER_SECONDS = 3.0


class Window:
    """Chooses the rows to show, by their places; a row keeps its slot, so that no button moves under a hand.

    Parameters
    ----------
    size
        How many rows fit.
    """

    def __init__(self, size: int = 12) -> None:
        self.size = size
        self.kind: Kind = "live"
        self.page = 0
        self._shown: list[int] = []
        self._ended_at: dict[int, float] = {}
        self._is_new = True

    def choose(self, kind: Kind) -> None:
        """Show rows of a kind, from the first page on; `live` follows those at work."""
        self.kind, self.page, self._is_new = kind, 0, True

    def turn(self, pages: int) -> None:
        """Turn so many pages on, or back."""
        self.page, self._is_new = max(0, self.page + pages), True

    def look(self, board: Board) -> list[int]:
        """Give the places of the rows to show now, at most `size`."""
        if len(board.rows) <= self.size:
            return list(range(len(board.rows)))
        if self._is_new or not self._shown:
            self._shown, self._is_new = self._choice(board), False
        elif self.kind == "live":
            self._move_on(board)
        return self._shown

    def of_how_many(self, board: Board) -> int:
        """Count the rows of the kind that is shown."""
        match self.kind:
            case "live" | "all":
                return len(board.rows)
            case state:
                return board.count(state)

    def _choice(self, board: Board) -> list[int]:
        """Choose afresh."""
        self._ended_at.clear()
        if self.kind == "live":
            order = {"working": 0, "paused": 1, "waiting": 2, "failed": 3, "done": 4, "cancelled": 5}
            return sorted(range(len(board.rows)), key=lambda index: order[board.rows[index].state])[: self.size]
        chosen = [index for index, row in enumerate(board.rows) if self.kind in {"all", row.state}]
        self.page = min(self.page, max(0, len(chosen) - 1) // self.size)
        return chosen[self.page * self.size : (self.page + 1) * self.size]

    def _move_on(self, board: Board) -> None:
        """Give the slots of incidents that ended a while ago to those at work that aren't on the page."""
        now = monotonic()
        shown = set(self._shown)
        unseen: Iterator[int] = (
            index for index, row in enumerate(board.rows) if row.state == "working" and index not in shown
        )
        for slot, index in enumerate(self._shown):
            if board.rows[index].outcome is None:
                continue
            if now - self._ended_at.setdefault(index, now) < _LINGER_SECONDS:
                continue
            successor = next(unseen, None)
            if successor is None:
                return
            self._shown[slot] = successor
            self._ended_at.pop(index, None)
