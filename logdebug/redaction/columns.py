"""Values that are named by their place: in the columns of an INSERT, and below the header of a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import re2

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["named_by_column"]

_WORDS = rb"(?i:pass|pwd|secret|token|key|salt|credential|auth|otp|pin|cvv|ssn)"
_TELLING = re.compile(_WORDS)
_COLUMNS = re2.compile(
    rb"\(([^()\n]*" + _WORDS + rb"[^()\n]*)\)\s{0,4}(?i:output\s[^()\n]{1,80})?(?i:values?)\s{0,4}\("
)
_VALUE = re.compile(
    rb"\s*([NEBXnebx]?'(?:[^'\\\n]|''|\\.)*'|\\*\"(?:[^\"\\\n]|\\.)*\"|(?:[^,()'\"\n]|\([^()\n]*\))*?)\s*([,)])"
)
_NEXT_ROW = re.compile(rb"\s*,\s*(?=\()")
_QUOTES = b" \t`\"'[]\\"


def named_by_column(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Find the values of an INSERT whose columns have telling names.

    Yields
    ------
    tuple of bytes, int and int
        The column's name; start and end of the value, its quotes included.
    """
    for found in _COLUMNS.finditer(data):
        names = [name.strip(_QUOTES) for name in found[1].split(b",")]
        telling = {place for place, name in enumerate(names) if _TELLING.search(name)}
        at: int | None = found.end() - 1
        while at is not None:
            values, end = _row(data, at)
            if len(values) != len(names):
                break
            yield from ((names[place], *values[place]) for place in sorted(telling))
            another = _NEXT_ROW.match(data, end)
            at = another.end() if another else None


def _row(data: bytes, at: int) -> tuple[list[tuple[int, int]], int]:
    """Give the places of the values between two brackets, and where these end."""
    values, at = [], at + 1
    while found := _VALUE.match(data, at):
        values.append(found.span(1))
        at = found.end()
        if found[2] == b")":
            break
    return values, at
