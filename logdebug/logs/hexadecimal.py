"""Hexadecimal ids, found in a whole chunk of text by a handful of numpy calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["HexBlanker"]


class HexBlanker:
    """Blanks out hexadecimal ids chunk by chunk, one chunk at a time.

    It keeps the room that it works in: getting that anew for each chunk costs more than the work does.
    """

    def __init__(self) -> None:
        self._rooms: list[NDArray[np.uint8]] = []

    def blank(self, text: bytes) -> bytes:
        """Give a text with each run of eight or more hexadecimal digits and dashes as NUL bytes."""
        import numpy as np

        size = len(text)
        if size < 8:
            return text
        data = np.frombuffer(text, np.uint8)
        if not self._rooms or len(self._rooms[0]) < size:
            self._rooms = [np.empty(size, np.uint8) for _ in range(2)]
        is_hex, other = (room[:size] for room in self._rooms)
        # Numbers wrap around, so that one comparison finds a range: 0-9, a-f of either case, and the dash.
        np.bitwise_or(data, 0x20, out=other)
        np.subtract(other, ord("a"), out=other)
        np.less(other, 6, out=is_hex.view(bool))
        np.subtract(data, ord("0"), out=other)
        np.less(other, 10, out=other.view(bool))
        np.bitwise_or(is_hex, other, out=is_hex)
        np.equal(data, ord("-"), out=other.view(bool))
        np.bitwise_or(is_hex, other, out=is_hex)
        # First where eight begin ...
        np.bitwise_and(is_hex[:-1], is_hex[1:], out=other[:-1])
        np.bitwise_and(other[:-3], other[2:-1], out=is_hex[:-3])
        np.bitwise_and(is_hex[:-7], is_hex[4:-3], out=other[:-7])
        other[-7:] = 0
        # ... then each start stands for the eight bytes from it on.
        is_hex[0] = other[0]
        np.bitwise_or(other[1:], other[:-1], out=is_hex[1:])
        other[:2] = is_hex[:2]
        np.bitwise_or(is_hex[2:], is_hex[:-2], out=other[2:])
        is_hex[:4] = other[:4]
        np.bitwise_or(other[4:], other[:-4], out=is_hex[4:])
        np.subtract(is_hex, 1, out=is_hex)  # 0 where covered, 255 elsewhere
        np.bitwise_and(data, is_hex, out=is_hex)
        return is_hex.tobytes()
