"""Which cursor reads a log, by its compression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.logs.bzip import BzipCursor
from logdebug.logs.decode import PlainCursor, StreamCursor
from logdebug.logs.xz import XzCursor, blocks_of
from logdebug.logs.zstd import ZstdCursor

if TYPE_CHECKING:
    from logdebug.logs.decode import Cursor, ReadAt

__all__ = ["cursor_for"]


def cursor_for(read_at: ReadAt, compression: str, stored_bytes: int, name: str) -> Cursor:
    """Give a cursor at the start of the text.

    Parameters
    ----------
    read_at
        Reads stored bytes.
    compression
        gzip, bzip2, xz, zstd, or "" for none.
    stored_bytes
        How many there are.
    name
        What the log is called in errors.

    Raises
    ------
    LogError
        Where the log is zstd and the `zstandard` package isn't installed.
    """
    cursor: Cursor
    if compression == "zstd":
        cursor = ZstdCursor(read_at, name)
    elif compression == "bzip2":
        cursor = BzipCursor(read_at)
    elif compression == "xz" and len(blocks := blocks_of(read_at, stored_bytes)) > 1:
        cursor = XzCursor(read_at, blocks)
    elif compression:
        cursor = StreamCursor(read_at, compression)
    else:
        cursor = PlainCursor(read_at)
    return cursor
