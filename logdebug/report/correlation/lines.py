"""Lines of an incident's log, held as one text that is quick to search; their times are found out when asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

__all__ = ["LogLine", "LogLines", "Quoted"]


class LogLine(NamedTuple):
    """One line of a log: its number from 1, its text, and the time it carries or the last one before it."""

    number: int
    text: str
    timestamp: datetime | None


class LogLines(ABC):
    """Some lines of one log, in order.

    Parameters
    ----------
    numbers
        Their numbers, from 1; 0 where nobody knows.
    texts
        What they say.
    """

    def __init__(self, numbers: Sequence[int], texts: Sequence[str]) -> None:
        self.text = "\n".join(texts)
        self.numbers = array("Q", numbers)
        self._starts = array("Q", accumulate((len(text) + 1 for text in texts), initial=0))

    def __len__(self) -> int:
        """Give how many there are."""
        return len(self.numbers)

    def __getitem__(self, place: int) -> LogLine:
        """Give the line at a place, from 0."""
        if not 0 <= place < len(self):
            raise IndexError(place)
        return LogLine(self.numbers[place], self.said_at(place), self.time_of(place))

    def __iter__(self) -> Iterator[LogLine]:
        """Give all lines, one by one."""
        return map(self.__getitem__, range(len(self)))

    @abstractmethod
    def time_of(self, place: int) -> datetime | None:
        """Give the time of the line at a place; None where nobody knows."""

    def said_at(self, place: int) -> str:
        """Give the text of the line at a place."""
        return self.text[self._starts[place] : self._starts[place + 1] - 1]

    def place_of(self, position: int) -> int:
        """Give the place of the line that a character of the text is in."""
        return bisect_right(self._starts, position) - 1

    def end_of(self, place: int) -> int:
        """Give the position in the text at which the line at a place ends."""
        return self._starts[place + 1] - 1

    def numbered(self, number: int) -> LogLine | None:
        """Give the line of a number; None where it is not among these."""
        place = bisect_left(self.numbers, number)
        return self[place] if place < len(self) and self.numbers[place] == number else None


class Quoted(LogLines):
    """Lines that are known from what was quoted of a log: with the time that each quote is known to be of."""

    def __init__(self, lines: Sequence[LogLine]) -> None:
        super().__init__([line.number for line in lines], [line.text for line in lines])
        self._times = [line.timestamp for line in lines]

    def time_of(self, place: int) -> datetime | None:
        """Give the time of the quote at a place."""
        return self._times[place]
