"""Reading the entries of a signatures file.

TOML is read by the standard library, which takes a quarter of a second for a thousand entries. Nearly every entry is
made of plain lines, `key = 'value'`, and a file of nothing but those is read ten times as fast; a file with
anything else in it is left to the real thing.
"""

from __future__ import annotations

import json
import tomllib
from typing import Any

__all__ = ["read_tables"]


def read_tables(text: str) -> dict[str, Any]:
    """Read a signatures file: what `tomllib.loads` gives, mostly sooner.

    Parameters
    ----------
    text
        The file's text.

    Raises
    ------
    tomllib.TOMLDecodeError
        Where it is no TOML.
    """
    entries = _plain_entries(text)
    return tomllib.loads(text) if entries is None else {"signature": entries}


def _plain_entries(text: str) -> list[dict[str, Any]] | None:
    """Give the entries of a file of `[[signature]]` and plain lines; None where any line is of another kind."""
    entries: list[dict[str, Any]] = []
    for line in text.split("\n"):
        if not line or line[0] == "#":
            continue
        if line == "[[signature]]":
            entries.append({})
            continue
        key, equals, written = line.partition(" = ")
        value = _plain_value(written)
        if value is None or not (equals and entries and key.isidentifier() and key.isascii()) or key in entries[-1]:
            return None
        entries[-1][key] = value
    return entries or None


def _plain_value(written: str) -> str | int | bool | None:
    """Give the value of a string on one line, of a whole number or of a truth value; None for anything else."""
    mark = written[:1]
    if mark in ("'", '"') and written.find(mark, 1) == len(written) - 1 > 0 and (mark == "'" or "\\" not in written):
        return written[1:-1]
    if mark == '"':
        return _unescaped(written)
    if len(written) >= 6 and written[:3] == written[-3:] == "'''":
        return None if "'''" in (inside := written[3:-3]) else inside
    if written in ("true", "false"):
        return written == "true"
    return int(written) if written.isascii() and written.isdigit() and (mark != "0" or written == "0") else None


def _unescaped(written: str) -> str | None:
    """Give a string in double quotes, which is as in JSON but for a few escapes."""
    try:
        value = json.loads(written)
    except ValueError:
        return None
    return value if isinstance(value, str) and "\\/" not in written else None
