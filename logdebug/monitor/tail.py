"""What was added to a file of lines since it was last read."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Tail"]

_BLOCK_BYTES = 1 << 22


class Tail:
    """Reads a growing file of JSON objects, one per line, each line once.

    It holds no file open in between. A last line that isn't whole waits for its rest; a line that is damaged is passed
    over; a file that isn't there yet has no lines.

    Parameters
    ----------
    path
        The file.
    """

    __slots__ = ("_offset", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def read(self) -> Iterator[dict[str, Any]]:
        """Give the objects whose lines were completed since the last time."""
        while lines := self._lines():
            for line in lines:
                try:
                    value = json.loads(line) if line else None
                except ValueError:
                    continue
                if isinstance(value, dict):
                    yield value

    def _lines(self) -> list[bytes]:
        """Give the next whole lines, about 4 MB of them."""
        most = _BLOCK_BYTES
        while True:
            block = _block(self.path, self._offset, most)
            end = block.rfind(b"\n") + 1
            if end or len(block) < most:
                break
            most *= 4  # one line that is longer than that
        self._offset += end
        return block[:end].split(b"\n") if end else []


def _block(path: Path, start: int, most: int) -> bytes:
    """Read a part of a file, if it is there and a file: a pipe of that name would never answer."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.pread(file, most, start) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    except OSError:  # a disk that fails: what can't be read now may be readable later
        return b""
    finally:
        os.close(file)
