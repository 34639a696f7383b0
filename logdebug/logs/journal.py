r"""Entries of the journal as `journalctl -o export` writes them: a field a line, an empty line after each entry.

A field whose value isn't printable text on one line is written as its name, a newline, the value's size as eight bytes,
and the value. Lines stay lines here: an entry is a record of several lines, and what it says is read from its fields.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logdebug.logs.timestamps import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["ENTRY", "begins_entry", "fields_of_entry", "is_field", "time_of_entry"]

ENTRY = "__CURSOR="
"""What the first line of an entry begins with."""

# Only the journal's own names: PATH=/usr/bin in the log of a build is none of it.
_FIELD = re.compile(
    r"_{1,2}[A-Z][A-Z0-9_]*=|(?:PRIORITY|SYSLOG_[A-Z_]+|CODE_(?:FILE|LINE|FUNC)|MESSAGE_ID|INVOCATION_ID|USER_UNIT|UNIT"
    r"|JOB_[A-Z]+|TID|ERRNO|CPU_USAGE_NSEC|COREDUMP_[A-Z_]+|AUDIT_[A-Z_]+)=|MESSAGE$"
)
_NAMED = re.compile(r"([A-Z_][A-Z0-9_]{0,63})=(.*)")
_BARE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
# Sizes are little-endian: of those below 4 GiB the last four bytes are NUL; the first ones may be no UTF-8.
_SIZE = re.compile(r"[\s\S]{0,4}?\x00{4,8}")


def begins_entry(text: str) -> bool:
    """Say whether a line is the first one of an entry."""
    return text.startswith(ENTRY)


def is_field(text: str) -> bool:
    """Say whether a line is a field of the journal other than a message."""
    return bool(_FIELD.match(text))


def fields_of_entry(text: str) -> dict[str, str]:
    """Give an entry's fields; of one that is there several times the first value.

    Parameters
    ----------
    text
        The entry's lines.
    """
    fields: dict[str, str] = {}
    lines = text.split("\n")
    place = 0
    while place < len(lines):
        line = lines[place]
        named = _NAMED.match(line)
        place += 1
        if named:
            fields.setdefault(named[1], named[2])
        elif _BARE.fullmatch(line):
            end = place
            # A value goes on until a line that can only be a field's, or the entry's last.
            while end < len(lines) and not (end > place and (is_field(lines[end]) or _NAMED.match(lines[end]))):
                end += 1
            value = "\n".join(lines[place:end])
            fields.setdefault(line, _SIZE.sub("", value, count=1).rstrip("\n"))
            place = end
    return fields


def time_of_entry(fields: dict[str, str]) -> datetime | None:
    """Give when an entry was made, in UTC: by its source's clock where that is known, else by the journal's."""
    for key in ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"):
        time = parse_timestamp(fields.get(key, ""))
        if time is not None:
            return time
    return None
