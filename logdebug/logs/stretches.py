"""A log told stretch by stretch: how many lines of which templates each has, and when it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.logs.mining import Miner
from logdebug.logs.timestamps import find_timestamp
from logdebug.logs.workers import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

__all__ = ["Stretch", "Teller", "chunks_of", "first_time"]

_HEAD_BYTES = 4096
_TIMED_LINES, _TIMED_LINES_OF_LARGE = 8, 40  # a large log has few stretches, which may begin within a stack trace


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some consecutive lines.

    Parameters
    ----------
    first_line
        The number of the first one.
    lines
        How many lines begin in it.
    newlines
        How many lines end in it.
    counts
        How many of the lines each group of the miner has.
    last
        The number of each group's last line in it.
    time
        The first time in it; None where its first lines have none.
    """

    first_line: int
    lines: int
    newlines: int
    counts: Mapping[int, int]
    last: Mapping[int, int]
    time: datetime | None


class Teller:
    """Tells of chunk after chunk of one text.

    Parameters
    ----------
    reference
        About when the log was written, for times without a year.
    is_large
        Whether the log is known to be large.
    """

    def __init__(self, reference: datetime, *, is_large: bool = False) -> None:
        self.miner = Miner(is_large=is_large)
        self._reference = reference
        self._timed_lines = _TIMED_LINES_OF_LARGE if is_large else _TIMED_LINES
        self._line = 1
        self._in_line = False

    def restart(self) -> None:
        """Count lines from 1 again: what comes next is the beginning of a line."""
        self._line, self._in_line = 1, False

    def take(self, chunk: bytes | memoryview, *, timed: bool = True) -> Stretch:
        """Tell of the next chunk.

        Parameters
        ----------
        chunk
            Whole lines, or a part of a line longer than a chunk.
        timed
            Whether to look for its first time.
        """
        ended = chunk[-1:] == b"\n"
        text: bytes | memoryview = memoryview(chunk)[: len(chunk) - ended]  # a slice of bytes is a copy
        newlines = 0
        if self._in_line:
            # The rest of a long line, which was counted with its first part.
            _, parted, text = bytes(text).partition(b"\n")
            if not parted:
                self._in_line = not ended
                self._line += ended
                return Stretch(self._line, 0, int(ended), {}, {}, None)
            self._line += 1
            newlines = 1
        tally = self.miner.take(text, self._line)
        newlines += tally.lines - (not ended)
        last = {group: self._line + place for group, place in tally.last.items()}
        time = first_time(bytes(text[:_HEAD_BYTES]), self._reference, self._timed_lines) if timed else None
        stretch = Stretch(self._line, tally.lines, newlines, tally.counts, last, time)
        self._line += tally.lines - (not ended)
        self._in_line = not ended
        return stretch


def chunks_of(offset: int, text: bytes, size: int = CHUNK_BYTES) -> Iterator[tuple[int, bytes]]:
    """Give the text that begins at byte `offset` of a log as (offset, chunk), in whole lines."""
    at = 0
    while at < len(text):
        cut = text.rfind(b"\n", at, at + size) + 1
        cut = cut or text.find(b"\n", at + size) + 1 or len(text)
        yield offset + at, text[at:cut]
        at = cut


def first_time(text: bytes, reference: datetime, lines: int = _TIMED_LINES) -> datetime | None:
    """Give the first time in the first lines of a text."""
    for data in text[:_HEAD_BYTES].split(b"\n")[:lines]:
        stamp = find_timestamp(data.decode("utf-8", "replace"), reference=reference)
        if stamp:
            return stamp.time
    return None
