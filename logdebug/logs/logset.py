"""A log with its rotated predecessors (`app.log`, `app.log.1`, `app.log.2.gz` …) read as one, oldest first.

The set's text is that of its files in a row, so whatever a log can do, a set can. Lines are numbered through the set;
each knows the file, and the number there, that it is cited by.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.logs.days import has_no_dates
from logdebug.logs.joined import JoinedIndex, JoinedSource
from logdebug.logs.log import FilePart, Log
from logdebug.logs.opening import open_log
from logdebug.logs.rotated import rotated_paths
from logdebug.logs.stretches import first_time

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pandas as pd

    from logdebug.logs.signatures import SignatureSet

__all__ = ["LogSet", "open_set"]

_HEAD_BYTES = 4096


class LogSet(Log):
    """Several log files read as one log.

    Parameters
    ----------
    logs
        The logs, oldest first, at least one; the set closes them.
    name
        What the set is called in what people and models are shown.
    signatures
        The failure signatures that the overview looks for; by default those that ship.
    """

    def __init__(self, logs: Sequence[Log], name: str, *, signatures: SignatureSet | None = None) -> None:
        source = JoinedSource([log.source for log in logs], name)
        super().__init__(source, name, signatures=signatures)
        self._joined = source
        self._index: JoinedIndex = JoinedIndex(source)

    @property
    def size_bytes(self) -> int:
        """Bytes of uncompressed text of all files; reads compressed ones to their ends on first use."""
        last = len(self._joined.parts) - 1
        _ = self.line_count
        return self._joined.start_of(last) + (self._joined.parts[last].text_bytes or 0)

    @property
    def parts(self) -> tuple[FilePart, ...]:
        """The files, oldest first, with the lines of the set that each has; reads the set on first use."""
        count = self.line_count
        firsts = [self._index.first_line_of(place) for place in range(len(self._joined.parts))]
        lasts = [*(first - 1 for first in firsts[1:]), count]
        return tuple(
            FilePart(part.name, first, last)
            for part, first, last in zip(self._joined.parts, firsts, lasts, strict=True)
        )

    def to_df(self, first_line: int = 1, last_line: int | None = None, *, limit: int = 100_000) -> pd.DataFrame:
        """Give the set's records as a DataFrame.

        Parameters
        ----------
        first_line, last_line, limit
            As for a single log.

        Returns
        -------
        pandas.DataFrame
            As for a single log, and before them file and file_line, by which a record is cited.
        """
        frame = super().to_df(first_line, last_line, limit=limit)
        places = [self.place(number) for number in frame["first_line"]]
        frame.insert(0, "file", [file for file, _ in places])
        frame.insert(1, "file_line", [line for _, line in places])
        return frame.astype({"file": "str", "file_line": "int64"})


def open_set(path: str | os.PathLike[str]) -> LogSet:
    """Open a log file with its rotated predecessors, oldest first.

    By the names that `rotated_paths` knows; where all files begin with times, these tell the order.

    Parameters
    ----------
    path
        The file that is written to.

    Raises
    ------
    LogError
        Where there is none of them, or one can't be read.
    """
    written = Path(path)
    # The one that is written to first: if it is rotated just now, the file is found again under its next name.
    logs: dict[tuple[int, int], Log] = {}
    try:
        for each in reversed(rotated_paths(written) or [written]):
            log = open_log(each)
            if logs.setdefault(log.identity, log) is not log:
                log.close()
    except BaseException:  # an interrupt leaves no file open either
        for log in logs.values():
            log.close()
        raise
    return LogSet(_by_age(list(reversed(logs.values()))), str(written))


def _by_age(logs: list[Log]) -> list[Log]:
    """Put logs that are in the order of their names in that of their first times, where each has one."""
    # log4j counts up where logrotate counts down: the names alone can't tell.
    filled = [log for log in logs if log.source.stored_bytes]
    heads = [(log.source.read(0, _HEAD_BYTES), log.modified) for log in filled]
    times = [None if has_no_dates(*head) else first_time(*head) for head in heads]
    known = [(time, place) for place, time in enumerate(times) if time is not None]
    if len(known) < len(filled):
        return logs
    ordered = [filled[place] for _, place in sorted(known)]
    # An empty file, just begun, stays where its name puts it.
    return ordered + [log for log in logs if not log.source.stored_bytes]
