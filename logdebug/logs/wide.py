"""Texts in UTF-16 and UTF-32, as UTF-8: told by their byte order mark, or by how they begin where that was cut off."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logdebug.logs.decode import Cursor

__all__ = ["HEAD_BYTES", "WideCursor", "decoded"]

HEAD_BYTES = 32
"""How much of a text's beginning `decoded` looks at."""

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Every other byte of plain letters is a NUL. Without their encoding neither a search nor redaction would see words.
_UNMARKED = (
    (re.compile(rb"(?:[\t\n\r\x20-\x7e]\x00){4,}"), "utf-16-le"),
    (re.compile(rb"(?:\x00[\t\n\r\x20-\x7e]){4,}"), "utf-16-be"),
)


def decoded(cursor: Cursor, head: bytes) -> Cursor:
    """Wrap a cursor at the start of a text so that UTF-16 and UTF-32, known by their `head`, come as UTF-8."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return WideCursor(cursor, encoding)
    even = head[: len(head) // 2 * 2]
    for form, encoding in _UNMARKED:
        if form.fullmatch(even):
            return WideCursor(cursor, encoding)
    return cursor


class WideCursor:
    """The cursor of a UTF-16 or UTF-32 text, which it gives as UTF-8 without the byte order mark."""

    def __init__(self, inner: Cursor, encoding: str) -> None:
        self._inner = inner
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._started = False
        self._ended = False
        self.text_bytes = 0

    @property
    def damage(self) -> str:
        """What cut the text short."""
        return self._inner.damage

    def read(self) -> bytes:
        """Give the next piece."""
        while not self._ended:
            piece = self._inner.read()
            self._ended = not piece
            text = self._decoder.decode(piece, self._ended)
            if text and not self._started:
                self._started = True
                text = text.removeprefix("\ufeff")
            if text:
                data = text.encode("utf-8", "replace")
                self.text_bytes += len(data)
                return data
        return b""

    def fork(self) -> WideCursor | None:
        """Give a copy, where the inner cursor has one."""
        inner = self._inner.fork()
        if inner is None:
            return None
        copy = WideCursor(inner, self._encoding)
        copy._decoder.setstate(self._decoder.getstate())
        copy._started, copy._ended, copy.text_bytes = self._started, self._ended, self.text_bytes
        return copy
