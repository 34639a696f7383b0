"""The shapes of lines: what is left of them with each digit, and each byte of a hexadecimal id, made the same.

A shape is as long as its line, so that a handful of numpy calls give those of a whole chunk in a fraction of the time
that leaving the digits out takes. One residue has several shapes, for numbers of so many digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

__all__ = ["NEWLINE", "WIDTH", "Shaper", "Shapes"]

WIDTH = 8
"""So many bytes stand before the shapes of a chunk."""

_ZERO, _BYTES = ord("0"), 256
NEWLINE = (ord("\n") - _ZERO) % _BYTES
"""What a newline is in shapes, in which every byte is less by that of a zero, and each digit is 0."""

_DASH = (ord("-") - _ZERO) % _BYTES


class Shapes(NamedTuple):
    """The shapes of a chunk's lines, until those of the next chunk take their room.

    Parameters
    ----------
    padded
        Eight bytes, the shapes with newlines between them, and a newline.
    size
        How long they are.
    """

    padded: Bytes
    size: int

    def text(self) -> str:
        """Give them in characters, each of which stands for a byte."""
        return str(self.padded[WIDTH : WIDTH + self.size].data, "latin-1")


class Shaper:
    """Gives shapes chunk by chunk.

    It keeps the room that it works in: getting that anew for each chunk costs more than the work does.
    """

    def __init__(self) -> None:
        self._rooms: tuple[Bytes, ...] = ()

    def of(self, text: bytes | memoryview, *, with_ids: bool) -> Shapes:
        """Give the shapes of some lines, parted by newlines.

        Parameters
        ----------
        text
            The lines.
        with_ids
            Whether eight or more hexadecimal digits and dashes in a row are as good as digits.
        """
        size = len(text)
        padded_size = WIDTH + size + 1
        if not self._rooms or len(self._rooms[0]) < padded_size:
            self._rooms = tuple(np.zeros(padded_size, np.uint8) for _ in range(4))
        padded = self._rooms[0][:padded_size]
        kept, *spare = (room[:size] for room in self._rooms[1:])
        shapes = padded[WIDTH:-1]
        data = np.frombuffer(text, np.uint8)
        np.subtract(data, _ZERO, out=shapes)  # numbers wrap around, so that one comparison finds a range
        np.greater_equal(shapes, 10, out=kept.view(bool))
        if with_ids and size >= WIDTH:
            _without_ids(data, shapes, kept, *spare)
        np.multiply(shapes, kept, out=shapes)
        padded[-1] = NEWLINE
        return Shapes(padded, size)


def _without_ids(data: Bytes, shapes: Bytes, kept: Bytes, other: Bytes, spare: Bytes) -> None:
    """Make 0 of what is 1 in `kept`, where no digits are, for the bytes of ids; `other` and `spare` are room."""
    # 1 for what is no hexadecimal digit, nor a dash.
    np.bitwise_or(data, 0x20, out=other)
    np.subtract(other, ord("a"), out=other)
    np.greater_equal(other, 6, out=other.view(bool))
    np.bitwise_and(other, kept, out=other)
    np.not_equal(shapes, _DASH, out=spare.view(bool))
    np.bitwise_and(other, spare, out=other)
    # First where eight others begin: 0 ...
    np.bitwise_or(other[:-1], other[1:], out=spare[:-1])
    np.bitwise_or(spare[:-3], spare[2:-1], out=other[:-3])
    np.bitwise_or(other[:-7], other[4:-3], out=spare[:-7])
    spare[-7:] = 1
    # ... then each start stands for the eight bytes from it on.
    other[0] = spare[0]
    np.bitwise_and(spare[1:], spare[:-1], out=other[1:])
    spare[:2] = other[:2]
    np.bitwise_and(other[2:], other[:-2], out=spare[2:])
    other[:4] = spare[:4]
    np.bitwise_and(spare[4:], spare[:-4], out=other[4:])
    np.bitwise_and(kept, other, out=kept)
