"""One log, as it was when it was opened: lines, search, records, overview."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self

from logdebug.logs.digest import Digested
from logdebug.logs.filters import LineFilter, only_of
from logdebug.logs.joined import SetLine
from logdebug.logs.lines import Line, LineIndex
from logdebug.logs.overview import Overview, overview
from logdebug.logs.ranking import findings_of
from logdebug.logs.search import SearchResult, search
from logdebug.logs.signatures import load_signatures
from logdebug.logs.source import Source
from logdebug.logs.traces import Record, records_of
from logdebug.logs.watching import watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logdebug.logs.fields import Level
    from logdebug.logs.page import Hide
    from logdebug.logs.signatures import SignatureHit, SignatureSet
    from logdebug.report.charts.activity import LogPlots

__all__ = ["FilePart", "Log"]


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


class Log(Digested):
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
        super().__init__(name)
        self._signatures = signatures
        self._source = file if isinstance(file, Source) else Source(file, name)
        self._index = LineIndex(self._source)
        self._sha256 = ""

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

    @cached_property
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
        _ = self.written_about(1)  # which may read the log, before the search does
        keeps = LineFilter(self._index, only, self.written_about).keeps if only else None
        return watched(
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
        return records_of(self.iter_lines(first_line, last_line), reference=self.written_about)

    @property
    def plot(self) -> LogPlots:
        """The log's charts, each one method: `log.plot.activity()`."""
        from logdebug.report.charts.activity import LogPlots

        return LogPlots(self)

    @property
    def signature_hits(self) -> tuple[SignatureHit, ...]:
        """The known failures that are recognised, most likely cause first, as the overview has them."""
        return tuple(findings_of(self._scan(), self.signatures)[1])

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
