"""How a run writes: private, whole or not at all, and every trouble with the name of the place and the remedy."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["fields_of", "make_private", "open_new", "open_whole", "plain", "trouble", "write_whole"]


def make_private(path: Path) -> None:
    """Make a directory for its owner alone, and those above it where they are missing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.mkdir(mode=0o700)
    except OSError as error:
        raise trouble(error, path) from error


def open_new(path: Path) -> int:
    """Open a file to append to, which must not be there yet."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise trouble(error, path) from error


def open_whole(path: Path) -> int:
    """Open a trace to go on with, without what is left of a line that was torn."""
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o600)
        try:
            os.ftruncate(descriptor, path.read_bytes().rfind(b"\n") + 1)
        except OSError:
            os.close(descriptor)
            raise
    except OSError as error:
        raise trouble(error, path) from error
    return descriptor


def write_whole(path: Path, content: Mapping[str, object] | str) -> None:
    """Write a file whole or not at all, in place of an earlier one."""
    text = content if isinstance(content, str) else json.dumps(content, default=plain, indent=1)
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        descriptor = open_new(beside)
        try:
            rest = memoryview(text.encode("utf-8", "backslashreplace"))
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise trouble(error, path) from error


def trouble(error: OSError, path: Path) -> SessionError:
    """Say that something can't be written."""
    return SessionError(
        f"the session can't be kept at {path}: {error.strerror}; make room there, or name another place with "
        "--sessions-dir, sessions_dir= or LOGDEBUG_SESSIONS_DIR",
        path=path,
    )


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


def fields_of(record: object) -> dict[str, object]:
    """Give a record's fields by name, as they are; none where it is no record."""
    kind: type[Any] = type(record)
    return {name: getattr(record, name) for name in _names(kind)} if is_dataclass(kind) else {}


def plain(value: object) -> object:
    """Give the plain form of what JSON has no word for."""
    if is_dataclass(value):
        return fields_of(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no plain form for {type(value).__name__}")
