"""Several logs in a row as the bytes and lines of one."""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_right
from typing import TYPE_CHECKING, Self

from logdebug.logs.lines import Line, LineIndex
from logdebug.logs.source import BLOCK_BYTES, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["JoinedIndex", "JoinedSource", "SetLine"]


class SetLine(Line):
    """One line of a set of logs; `number` is the one in the set.

    Attributes
    ----------
    file
        The name of the file that it is in.
    file_line
        Its number there, from 1.
    """

    file: str
    file_line: int

    @classmethod
    def of(cls, line: Line, file: str, file_line: int) -> Self:
        """Make one of a line by where it stands."""
        self = cls(*line)
        self.file, self.file_line = file, file_line
        return self


class JoinedSource(Source):
    """The text of several logs in a row, for whatever reads a source.

    Parameters
    ----------
    parts
        The logs' sources, oldest first; closed with this one.
    name
        What the set is called.
    """

    def __init__(self, parts: Sequence[Source], name: str) -> None:
        # Not the constructor of a single source: there is no file of its own to open.
        self.name = name
        self._parts = tuple(parts)
        self.compression = ""
        self.is_plain = False
        self.stored_bytes = sum(part.stored_bytes for part in parts)
        self.modified_seconds = max(part.modified_seconds for part in parts)
        self.text_bytes = None
        self._starts = [0]  # of the parts whose predecessors' size is known
        self._growing = threading.Lock()
        self._stops = 0

    @property
    def parts(self) -> tuple[Source, ...]:
        """The logs' sources, oldest first."""
        return self._parts

    @property
    def damage(self) -> str:  # type: ignore[override]  # it is that of the parts
        """What cut the text of any part short."""
        return "; ".join(f"{part.name}: {part.damage}" for part in self.parts if part.damage)

    def start_of(self, place: int) -> int:
        """Give the byte at which a part begins; reads those before it where their size isn't known yet."""
        while len(self._starts) <= place:
            with self._growing:
                if len(self._starts) <= place:
                    self._starts.append(self._starts[-1] + self._size_of(len(self._starts) - 1))
        return self._starts[place]

    def _size_of(self, place: int) -> int:
        """Give the bytes of a part's text, with the newline that it is given where it lacks one."""
        part = self.parts[place]
        if part.text_bytes is None:
            for _ in part.pieces():
                pass
        size = part.text_bytes or 0
        return size + (size > 0 and part.read(size - 1, 1) != b"\n")

    def part_at(self, byte: int) -> int:
        """Give which part holds a byte of the text, as far as is known yet."""
        return bisect_right(self._starts, byte) - 1

    def blocks(self, start: int = 0, size: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
        """Give the text from byte `start` on as (offset, block), as a single source does."""
        last = len(self.parts) - 1
        for place in range(self.part_at(start), last + 1):
            base = self.start_of(place)
            for at, block in self.parts[place].blocks(max(start - base, 0), size):
                start = base + at + len(block)
                yield base + at, block
            # A part that isn't the last always ends its last line, so that no line is of two files.
            if place < last and start < self.start_of(place + 1):
                yield start, b"\n"
                start += 1
        self.text_bytes = self.start_of(last) + (self.parts[last].text_bytes or 0)

    def read(self, start: int, size: int) -> bytes:
        """Give `size` bytes of text from byte `start` on, or as many as there are."""
        data = bytearray()
        place = self.part_at(start)
        while len(data) < size:
            at = start + len(data)
            piece = self.parts[place].read(max(at - self.start_of(place), 0), size - len(data))
            if not piece:
                if place == len(self.parts) - 1:
                    break
                place += 1
                piece = b"\n" if at < self.start_of(place) else b""
            data += piece
        return bytes(data)

    def sha256(self) -> str:
        """Give the SHA-256 of the parts' digests in a row, oldest first."""
        return hashlib.sha256("".join(part.sha256() for part in self.parts).encode()).hexdigest()

    def stop(self) -> None:
        """Make every running read raise `LogInterrupted` at its next block."""
        self._stops += 1
        for part in self.parts:
            part.stop()

    def close(self) -> None:
        """Close the files."""
        for part in self.parts:
            part.close()


class JoinedIndex(LineIndex):
    """The lines of several logs in a row, each with its file and its number there."""

    def __init__(self, source: JoinedSource) -> None:
        super().__init__(source)
        self._joined = source
        self._first_lines = [1]

    def first_line_of(self, place: int) -> int:
        """Give the number, in the set, of a part's first line."""
        while len(self._first_lines) <= place:
            start = self._joined.start_of(len(self._first_lines))
            # The line after the one that holds the byte before: `start` itself may be the end of the log.
            self._first_lines.append(self.line_at(start - 1) + 1 if start else 1)
        return self._first_lines[place]

    def lines(self, first: int, last: int) -> Iterator[Line]:
        """Give the lines from `first` to `last`, as that of a single log does."""
        for line in super().lines(first, last):
            place = self._joined.part_at(line.byte_start)
            file_line = line.number - self.first_line_of(place) + 1
            yield SetLine.of(line, self._joined.parts[place].name, file_line)
