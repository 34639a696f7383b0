"""Values that are named by their place: in the columns of an INSERT, and below the header of a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import re2

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["COLUMNS", "named_by_column"]

_WORDS = rb"(?i:pass|pwd|secret|token|key|salt|credential|auth|otp|pin|cvv|ssn)"
_TELLING = re.compile(_WORDS)
COLUMNS = (
    rb"\(([^()\n]*" + _WORDS + rb"[^()\n]*)\)\s{0,4}(?i:output\s[^()\n]{1,80})?(?i:values?)\s{0,4}\("
    rb"|^([ |\"A-Za-z][ \"\w.,;|\t-]*(?i:pass|pwd|secret|token|key|pin|cvv)[ \"\w.,;|\t-]*)\r?\n"
)
"""The columns of an INSERT, or a line of names that may be the header of a table; one of them is telling."""

_columns = re2.compile(b"(?m:%b)" % COLUMNS)
_BETWEEN = re.compile(rb"[,;|\t]")
_NAME = re.compile(rb"[A-Za-z_][\w .-]{0,60}")
_RULED = re.compile(rb"[-+|=: \t\r]+")
_VALUE = re.compile(
    rb"\s*([NEBXnebx]?'(?:[^'\\\n]|''|\\.)*'|\\*\"(?:[^\"\\\n]|\\.)*\"|(?:[^,()'\"\n]|\([^()\n]*\))*?)\s*([,)\]])"
)
_SLOT = re.compile(rb"%s|\?|:\d+|\$\d+|@?p\d+")
_GIVEN = re.compile(
    rb"[^\n]{0,200}?\n?[^\n]{0,40}?(?:parameters|params|bindings?|args)[\"']?\s?[:=]?\s?[\[(]{1,2}(?=[^\])])"
)
"""Where the values of a statement stand that has slots for them."""
_NEXT_ROW = re.compile(rb"\s*,\s*(?=\()")
_QUOTES = b" \t`\"'[]\\"


def named_by_column(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Find the values of an INSERT or a table whose columns have telling names.

    Yields
    ------
    tuple of bytes, int and int
        The column's name; start and end of the value, its quotes included.
    """
    for found in _columns.finditer(data):
        if found[1] is None:
            yield from _below(data, *found.span(2))
            continue
        names = [name.strip(_QUOTES) for name in found[1].split(b",")]
        telling = {place for place, name in enumerate(names) if _TELLING.search(name)}
        at: int | None = found.end() - 1
        while at is not None:
            values, end = _row(data, at)
            if len(values) != len(names):
                break
            if all(_SLOT.fullmatch(data, *value) for value in values):
                given = _GIVEN.match(data, end)
                at = given.end() - 1 if given else None
                continue
            yield from ((names[place], *values[place]) for place in sorted(telling))
            another = _NEXT_ROW.match(data, end)
            at = another.end() if another else None


def _below(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Find the values below a header such as `user,password`, as long as the rows have as many fields as it has."""
    header = data[start:end]
    parts = _BETWEEN.search(header.strip(_QUOTES + b"|"))
    if parts is None:
        return
    between = parts.group()
    names = [name.strip(_QUOTES) for name in header.split(between)]
    if not all(_NAME.fullmatch(name) for name in names[names[0] == b"" : len(names) - (names[-1] == b"")]):
        return
    telling = [place for place, name in enumerate(names) if _TELLING.search(name)]
    at = data.find(b"\n", start) + 1
    while 0 < at < len(data):
        stop = data.find(b"\n", at)
        stop = len(data) if stop < 0 else stop
        if not _RULED.fullmatch(data, at, stop):
            values = _fields(data, at, stop, between)
            if len(values) != len(names):
                return
            yield from ((names[place], *values[place]) for place in telling if values[place][1] > values[place][0])
        at = stop + 1


def _fields(data: bytes, at: int, stop: int, between: bytes) -> list[tuple[int, int]]:
    """Give the places of a row's fields, without blanks around them; a field in quotes may hold what separates."""
    places = []
    while True:
        end = at
        quote = data[at : at + 1]
        if quote == b'"' and (closing := data.find(b'"', at + 1, stop)) >= 0:
            end = closing
        end = data.find(between, end, stop)
        last = stop if end < 0 else end
        field = data[at:last]
        places.append((at + len(field) - len(field.lstrip()), last - len(field) + len(field.rstrip())))
        if end < 0:
            return places
        at = end + 1


def _row(data: bytes, at: int) -> tuple[list[tuple[int, int]], int]:
    """Give the places of the values between two brackets, and where these end."""
    values, at = [], at + 1
    while found := _VALUE.match(data, at):
        values.append(found.span(1))
        at = found.end()
        if found[2] != b",":
            break
    return values, at
