"""One log, as it was when it was opened: lines, search, records, overview."""

from __future__ import annotations

import os
import sys
import threading
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self, TypeVar

from logdebug.logs.filters import LineFilter, only_of
from logdebug.logs.joined import SetLine
from logdebug.logs.lines import Line, LineIndex
from logdebug.logs.overview import Overview, overview
from logdebug.logs.scan import Scan, scan
from logdebug.logs.search import SearchResult, search
from logdebug.logs.signatures import load_signatures
from logdebug.logs.source import Source
from logdebug.logs.traces import Record, records_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pandas as pd

    from logdebug.logs.fields import Level
    from logdebug.logs.page import Hide
    from logdebug.logs.signatures import SignatureSet
    from logdebug.logs.templates import Template
    from logdebug.report.charts.activity import LogPlots

__all__ = ["FilePart", "Log"]

Result = TypeVar("Result")

_LARGE_BYTES = 64 << 20
"""From this size on, reading in a notebook shows how far it is."""


class FilePart(NamedTuple):
    """One file of a log.

    Parameters
    ----------
    name
        What it is called.
    first_line, last_line
        The lines of the log that are in it, from 1, inclusive; the last is less than the first in an empty file.
    """

    name: str
    first_line: int
    last_line: int


class Log:
    """One log file of any size, as it was when it was opened, read in bounded memory.

    Parameters
    ----------
    file
        An open regular file, or a descriptor, for reading; the log closes it. It is read by position, so several
        threads may read at once. Compression (.gz, .bz2, .xz, .zst) is found by content. Or such a file's source.
    name
        What the log is called in what people and models are shown.
    signatures
        The failure signatures that the overview looks for; by default those that ship.

    Raises
    ------
    LogError
        Where the file is no regular file, or its compression is damaged from the start.
    """

    def __init__(self, file: BinaryIO | int | Source, name: str, *, signatures: SignatureSet | None = None) -> None:
        self.name = name
        self._signatures = signatures
        self._source = file if isinstance(file, Source) else Source(file, name)
        self._index = LineIndex(self._source)
        self._lock = threading.Lock()
        self._sha256 = ""
        self._scanned: Scan | None = None

    @property
    def signatures(self) -> SignatureSet:
        """The failure signatures that this log is read with."""
        if self._signatures is None:
            self._signatures = load_signatures()
        return self._signatures

    @property
    def source(self) -> Source:
        """The log's bytes."""
        return self._source

    @property
    def parts(self) -> tuple[FilePart, ...]:
        """The files that the log is made of, oldest first, with the lines that each has; reads the log on first use."""
        return (FilePart(self.name, 1, self.line_count),)

    def place(self, number: int) -> tuple[str, int]:
        """Give the (file, line there) that a line is cited by.

        Parameters
        ----------
        number
            The line, from 1.
        """
        line = next(self._index.lines(number, number), None)
        return (line.file, line.file_line) if isinstance(line, SetLine) else (self.name, number)

    @property
    def stored_bytes(self) -> int:
        """Bytes on disk."""
        return self._source.stored_bytes

    @property
    def is_compressed(self) -> bool:
        """Whether the text is larger than the bytes on disk by a factor that nobody knows yet."""
        return bool(self._source.compression)

    @property
    def size_bytes(self) -> int:
        """Bytes of uncompressed text; reads a compressed log to its end on first use."""
        if self._source.text_bytes is None:
            _ = self._index.line_count
        return self._source.text_bytes or 0

    @property
    def line_count(self) -> int:
        """Lines, as `sed -n '$='` counts them: an unterminated last line is one. Reads the log on first use."""
        return self._index.line_count

    @property
    def sha256(self) -> str:
        """SHA-256 of the stored bytes, in hex; reads them on first use."""
        if not self._sha256:
            self._sha256 = self._source.sha256()
        return self._sha256

    @property
    def damage(self) -> str:
        """What cut the text short (damaged compression, a file truncated while open), in words; empty for nothing."""
        return self._source.damage

    @property
    def modified(self) -> datetime:
        """When the file was last written, in UTC; the year of times that have none is taken from it."""
        return datetime.fromtimestamp(self._source.modified_seconds, UTC)

    def lines(self, first: int, last: int) -> list[Line]:
        """Give the lines from `first` to `last`, from 1, inclusive; what the log doesn't have is left out."""
        return list(self._index.lines(first, last))

    def iter_lines(self, first: int = 1, last: int | None = None) -> Iterator[Line]:
        """Give lines one by one, as `lines` gives them, reading no further than is asked for."""
        return self._index.lines(first, last if last is not None else 1 << 62)

    @property
    def identity(self) -> tuple[int, int]:
        """What tells the open file from others, whatever it is renamed to meanwhile: its device and inode."""
        status = os.fstat(self._source.descriptor)
        return status.st_dev, status.st_ino

    def line_at(self, byte: int) -> int:
        """Give the number of the line that holds this byte of the uncompressed text."""
        return self._index.line_at(byte)

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Give the uncompressed text as (byte offset, block), in whole lines where no line is longer than a block."""
        return self._source.blocks()

    def search(
        self,
        pattern: str,
        *,
        context: int = 0,
        limit: int = 50,
        ignore_case: bool = False,
        first_line: int = 1,
        last_line: int | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        levels: Iterable[Level] | None = None,
    ) -> SearchResult:
        """Find the lines that match a regular expression, in time linear in the log's size.

        Parameters
        ----------
        pattern
            In RE2's syntax (no look-around, no back references), searched anywhere in a line.
        context
            Lines to give before and after each match.
        limit
            How many matches to give; `total` counts the others too.
        ignore_case
            Whether upper and lower case are the same.
        first_line, last_line
            The lines to search, from 1, inclusive; None for to the end.
        since, until
            Only lines of records of this span of time, ends included: times, or texts such as "2026-11-22T08:42:55Z",
            "2026-11-22", "08:42" (of the log's last day, UTC). A record without a time is taken to be of the time of
            what stands before it.
        levels
            Only lines of records of these levels.

        Raises
        ------
        PatternError
            Where the engine doesn't take the pattern.
        LogError
            Where `since` or `until` is no time, or there is no such level.
        """
        only = only_of(self._index, since=since, until=until, levels=levels, modified=self.modified, name=self.name)
        keeps = LineFilter(self._index, only, self.modified).keeps if only else None
        return _watched(
            self._source,
            lambda source: search(
                source,
                self._index,
                pattern,
                context=context,
                limit=limit,
                ignore_case=ignore_case,
                first_line=first_line,
                last_line=last_line,
                keeps=keeps,
            ),
        )

    def records(self, first_line: int = 1, last_line: int | None = None) -> Iterator[Record]:
        """Give the log's events one by one: each a line with the lines that go on with it, such as a stack trace.

        Parameters
        ----------
        first_line, last_line
            The lines to read, from 1, inclusive; None for to the end. The first line begins a record.
        """
        return records_of(self.iter_lines(first_line, last_line), reference=self.modified)

    def _scan(self) -> Scan:
        with self._lock:
            if self._scanned is None:
                self._scanned = _watched(
                    self._source, lambda source: scan(source, self._index, reference=self.modified)
                )
            return self._scanned

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

    @property
    def mined(self) -> tuple[Template, ...]:
        """The log's message templates, in the order of their first lines; reads the log on first use."""
        return self._scan().templates

    def templates(self) -> pd.DataFrame:
        """Give the log's message templates as a DataFrame; reads the log on first use.

        Returns
        -------
        pandas.DataFrame
            One row per template, most frequent first; columns count, first_line, last_line, level, alarm (0 to 5),
            status (HTTP, from 400 on), pattern, example.
        """
        from logdebug.logs.frames import templates_frame

        return templates_frame(self._scan().templates)

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

    @property
    def plot(self) -> LogPlots:
        """The log's charts, each one method: `log.plot.activity()`."""
        from logdebug.report.charts.activity import LogPlots

        return LogPlots(self)

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

    def overview(self, *, budget_tokens: int = 2000, hide: Hide | None = None) -> Overview:
        """Give a digest of the log under a token budget, what most likely caused a failure first.

        Parameters
        ----------
        budget_tokens
            The most tokens that its text may have, counted as UTF-8 bytes / 4, rounded up.
        hide
            What takes secrets out of a line: it is given the line's text, whole, and its number, and gives what may be
            shown of it. None shows all.
        """
        return overview(self, self._scan(), budget_tokens=budget_tokens, hide=hide)

    def stop(self) -> None:
        """Make every running read raise `LogInterrupted` at its next block; may be called from any thread."""
        self._source.stop()

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def __enter__(self) -> Self:
        """Give the log itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the file."""
        self.close()

    def __repr__(self) -> str:
        """Name the log and its size on disk."""
        return f"<Log {self.name}: {self.stored_bytes:,} bytes>"


def _watched(source: Source, work: Callable[[Source], Result]) -> Result:
    """Do the work on a log's bytes; where it takes a while in a notebook, with a bar of how far it is."""
    waited_for = threading.current_thread() is threading.main_thread() and "ipykernel" in sys.modules
    if source.stored_bytes < _LARGE_BYTES or not waited_for:
        return work(source)
    from logdebug.notebook.reading import read_with_bar

    return read_with_bar(source, work)
