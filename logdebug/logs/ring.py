"""Text that is decompressed in one process and read by others: from a ring of places in memory that they share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.logs.source import Source

__all__ = ["Part", "Ring"]

_PART_BYTES = 2 << 20
_PLACE_BYTES = _PART_BYTES + (2 << 20)
_FIRST_PLACE = (
    4096  # before it are zeros, so that the shared memory looks like no compressed file, whatever the text is
)


class Part(NamedTuple):
    """Some lines of a log's text, as they are to be read from an open file.

    Parameters
    ----------
    start, end
        The bytes of the file, from 0; `end` is the first one after them.
    shift
        How many bytes further on in the log's text they are.
    """

    start: int
    end: int
    shift: int


class Ring:
    """The text of a log, part after part, in memory that has the descriptor of an open file.

    Parameters
    ----------
    source
        The log.
    places
        How many parts are held at once: a part takes the place of the one that many before it.

    Attributes
    ----------
    descriptor
        Of the memory; closed by `close`.

    Raises
    ------
    OSError
        Where there is no such memory.
    """

    def __init__(self, source: Source, places: int) -> None:
        if not hasattr(os, "memfd_create"):
            raise OSError("this system has no memory with a descriptor")
        self._source = source
        self._places = places
        self.descriptor = os.memfd_create("log")
        os.ftruncate(self.descriptor, _FIRST_PLACE + places * _PLACE_BYTES)

    def parts(self, offset: int = 0) -> Iterator[Part]:
        """Put part after part in its place, from byte `offset` of the text on, each when it is asked for.

        Raises
        ------
        ValueError
            Where a line is longer than a part.
        """
        number = size = end = 0
        start = _FIRST_PLACE
        for begin, text in self._source.blocks(offset, _PART_BYTES):
            end = begin + len(text)
            if size + len(text) > _PLACE_BYTES:
                raise ValueError("a line is longer than what other processes are given at a time")
            if os.pwrite(self.descriptor, text, start + size) < len(text):
                raise OSError("the memory is full")
            size += len(text)
            if size >= _PART_BYTES and text.endswith(b"\n"):
                yield Part(start, start + size, end - size - start)
                number, size = number + 1, 0
                start = _FIRST_PLACE + number % self._places * _PLACE_BYTES
        if size:
            yield Part(start, start + size, end - size - start)

    def close(self) -> None:
        """Give the memory back."""
        os.close(self.descriptor)
