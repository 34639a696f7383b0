"""Places in a compressed log from which it can be read onward, so that its middle isn't reached from the start."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from logdebug.logs.decode import Cursor

__all__ = ["Checkpoints"]

# How many are kept, and how much text is at least between two. Those in the middle of a gzip stream take 45 kB each;
# the others next to nothing, but they are where a block, a frame or a stream begins and nowhere else.
_LARGE, _SMALL = (512, 1 << 20), (8192, 64 << 10)


class Checkpoints:
    """Copies of a cursor, made as it went on; in ever larger steps, so that their number stays bounded.

    Parameters
    ----------
    most
        How many are kept.
    spacing_bytes
        How much text is at least between two, until there are that many.
    """

    def __init__(self, most: int, spacing_bytes: int) -> None:
        self._kept: list[Cursor] = []
        self._most = most
        self._spacing_bytes = spacing_bytes

    @classmethod
    def of(cls, compression: str) -> Self:
        """Give those of a log, none so far, by its compression."""
        return cls(*(_LARGE if compression == "gzip" else _SMALL))

    def note(self, cursor: Cursor) -> None:
        """Keep a copy of a cursor, where it is far enough from the last one and can be copied."""
        last = self._kept[-1].text_bytes if self._kept else 0
        if cursor.text_bytes < last + self._spacing_bytes:
            return
        copy = cursor.fork()
        if copy is None:
            return
        # Replaced, never changed in place: other threads may be looking through the old list.
        kept = [*self._kept, copy]
        if len(kept) > self._most:
            kept = kept[1::2]
            self._spacing_bytes *= 2
        self._kept = kept

    def before(self, byte: int) -> Cursor | None:
        """Give a cursor that is at this byte of the text, or the nearest before it; None where there is none."""
        kept = self._kept
        place = bisect_right([checkpoint.text_bytes for checkpoint in kept], byte)
        return kept[place - 1].fork() if place else None
