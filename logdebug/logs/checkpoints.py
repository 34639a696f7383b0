"""Places in a compressed log from which it can be read onward, so that its middle isn't reached from the start."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logdebug.logs.decode import Cursor

__all__ = ["Checkpoints"]

_FIRST_SPACING_BYTES = 1 << 20
_MOST = 512  # of some 45 kB


class Checkpoints:
    """Copies of a cursor, made as it went on; in ever larger steps, so that their number stays bounded."""

    def __init__(self) -> None:
        self._kept: list[Cursor] = []
        self._spacing_bytes = _FIRST_SPACING_BYTES

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
        if len(kept) > _MOST:
            kept = kept[1::2]
            self._spacing_bytes *= 2
        self._kept = kept

    def before(self, byte: int) -> Cursor | None:
        """Give a cursor that is at this byte of the text, or the nearest before it; None where there is none."""
        kept = self._kept
        place = bisect_right([checkpoint.text_bytes for checkpoint in kept], byte)
        return kept[place - 1].fork() if place else None
