"""Ranges of lines asked for one after the other, in ascending order: what is near the last one is read on to."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.logs.lines import Line, LineIndex

__all__ = ["OnwardLines"]

_NEAR_LINES = 200
"""So many lines are sooner read over than others are found by the index."""


class OnwardLines:
    """Gives ranges of lines, none of which begins or ends before the one that was asked for last.

    Parameters
    ----------
    index
        The log's lines.
    """

    def __init__(self, index: LineIndex) -> None:
        self._index = index
        self._stream: Iterator[Line] = iter(())
        self._held: deque[Line] = deque()
        self._read = -_NEAR_LINES

    def lines(self, first: int, last: int) -> list[Line]:
        """Give the lines from `first` to `last`, from 1, inclusive; fewer where the log has fewer."""
        first = max(first, 1)
        if first > self._read + _NEAR_LINES:
            self._stream, self._read = self._index.lines(first, 1 << 62), first - 1
        held = self._held
        while self._read < last and (line := next(self._stream, None)) is not None:
            held.append(line)
            self._read = line.number
        while held and held[0].number < first:
            held.popleft()
        return list(held)
