"""A log as people look at it: by line numbers, and as frames of its templates, its activity, its records."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from bisect import bisect_right
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING

from logdebug.logs.days import has_no_dates
from logdebug.logs.scan import Scan, scan
from logdebug.logs.watching import watched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import pandas as pd

    from logdebug.logs.lines import Line, LineIndex
    from logdebug.logs.source import Source
    from logdebug.logs.templates import Template
    from logdebug.logs.traces import Record

__all__ = ["Digested"]

_HEAD_BYTES = 4096


class Digested(ABC):
    """A log as people look at it, on top of its lines and records; one pass over it is made at most.

    Parameters
    ----------
    name
        What the log is called in what people and models are shown.
    """

    _source: Source
    _index: LineIndex

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._scanned: Scan | None = None
        self._seems_dateless: bool | None = None

    @property
    @abstractmethod
    def line_count(self) -> int:
        """Lines of the log."""

    @property
    @abstractmethod
    def modified(self) -> datetime:
        """When the file was last written, in UTC."""

    @abstractmethod
    def lines(self, first: int, last: int) -> list[Line]:
        """Give the lines from `first` to `last`."""

    @abstractmethod
    def records(self, first_line: int = 1, last_line: int | None = None) -> Iterator[Record]:
        """Give the log's events one by one."""

    def __getitem__(self, key: int | slice) -> Line | list[Line]:
        """Give a line, or those of a slice: `log[1200:1250]` has lines 1200 to 1249, `log[-1]` is the last one.

        Raises
        ------
        IndexError
            Where there is no line of this number.
        """
        if isinstance(key, slice):
            first, last, step = key.indices(self.line_count + 1)
            if step != 1:
                raise IndexError("lines are given one after the other: use a slice without a step")
            return self.lines(max(first, 1), last - 1)
        number = key if key >= 0 else self.line_count + 1 + key
        found = self.lines(number, number) if number > 0 else []
        if not found:
            raise IndexError(f"{self.name} has no line {key}; its lines are 1 to {self.line_count:,}")
        return found[0]

    def _scan(self) -> Scan:
        with self._lock:
            if self._scanned is None:
                self._scanned = watched(self._source, lambda source: scan(source, self._index, reference=self.modified))
            return self._scanned

    def written_about(self, line: int) -> datetime:
        """Give about when a line was written, by which times that lack the year or the date are read.

        Reads the log on first use where its lines say the time of day only.

        Parameters
        ----------
        line
            The line, from 1.
        """
        if self._seems_dateless is None:
            self._seems_dateless = has_no_dates(self._source.read(0, _HEAD_BYTES), self.modified)
        marks = self._scan().marks if self._seems_dateless else ()
        if not marks:
            return self.modified
        return marks[max(bisect_right(marks, line, key=itemgetter(0)) - 1, 0)][1]

    @property
    def mined(self) -> tuple[Template, ...]:
        """The log's message templates, in the order of their first lines; reads the log on first use."""
        return self._scan().templates

    def templates(self) -> pd.DataFrame:
        """Give the log's message templates as a DataFrame; reads the log on first use.

        Those that one call of the program wrote are one, whatever its values were; the overview tells more apart.

        Returns
        -------
        pandas.DataFrame
            One row per template, most frequent first; columns count, first_line, last_line, level, alarm (0 to 5),
            status (HTTP, from 400 on), pattern, example.
        """
        from logdebug.logs.calls import by_calls
        from logdebug.logs.frames import templates_frame

        return templates_frame(by_calls(self._scan().templates))

    def activity(self) -> pd.DataFrame:
        """Give how much was logged when, and how much of it tells of a failure; reads the log on first use.

        Returns
        -------
        pandas.DataFrame
            One row per stretch of the log, at most some hundred, in its order; columns first_line, lines, errors
            (lines that tell of a failure) and timestamp (UTC; when the stretch begins, NaT where it has no time).
        """
        from logdebug.logs.frames import activity_frame

        return activity_frame(self._scan())

    def to_df(self, first_line: int = 1, last_line: int | None = None, *, limit: int = 100_000) -> pd.DataFrame:
        """Give the log's records as a DataFrame.

        Parameters
        ----------
        first_line, last_line
            The lines to read, from 1, inclusive; None for to the end.
        limit
            The most rows.

        Returns
        -------
        pandas.DataFrame
            One row per record; columns first_line, last_line, timestamp (UTC), level (ordered), message, text.
        """
        from logdebug.logs.frames import records_frame

        return records_frame(islice(self.records(first_line, last_line), limit))
