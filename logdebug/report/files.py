"""Write a text file whole or not at all, and one writer at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from logdebug.errors import ReportError
from logdebug.report.text import storable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["one_at_a_time", "write_text"]


def write_text(path: str | Path, text: str) -> Path:
    """Write `text` to `path` as UTF-8, and return the path.

    The text goes to a new file in the same directory, is brought to the disk and then takes the name, so that a
    reader, a full disk or a crash meets the old file or the new one and never a part. A file that is replaced leaves
    its permissions to the new one; a new one gets what the umask leaves. A pipe or device is written to as it is.

    Raises
    ------
    ReportError
        Where it can't be written. The old file is as it was, and nothing is left beside it.
    """
    data = storable(text).encode()
    try:
        target = Path(path).expanduser().resolve()
        if target.is_dir():
            raise ReportError(f"{path} is a directory; name a file in it, for example {Path(path) / 'report.json'}")
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _replace(target, data)
    except (OSError, RuntimeError, ValueError) as error:  # also no home for ~, a loop of links, a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise ReportError(
            f"{path} can't be written: {reason}; nothing was changed, so mend that or save it elsewhere"
        ) from error
    return target


@contextmanager
def one_at_a_time(path: str | Path) -> Iterator[None]:
    """Keep others that do the same off a file for the time of a `with`, to read, change and write it.

    It is the file's directory that is locked (`flock`): the file itself is another one after each `write_text`. Where
    the file system has no locks, or there is no such directory, nothing is.
    """
    descriptor = -1
    with suppress(OSError, RuntimeError):
        descriptor = os.open(Path(path).expanduser().resolve().parent, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _replace(target: Path, data: bytes) -> None:
    # A short name of its own: the target's may already be as long as the file system allows.
    beside = target.with_name(f".{secrets.token_hex(8)}.tmp")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if target.exists():
                os.fchmod(file.fileno(), target.stat().st_mode & 0o777)
            _to_disk(file, data)
        beside.replace(target)
    except BaseException:  # an interrupt leaves no stray file either
        beside.unlink(missing_ok=True)
        raise
    _sync_directory(target.parent)


def _to_disk(file: IO[bytes], data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    with suppress(OSError):  # some file systems refuse to sync a directory; the file itself is safe by now
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
