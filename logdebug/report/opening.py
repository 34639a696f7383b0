"""Opening an incident's files for those who read its report: within its directory, read-only, through no link.

Reports are passed on, so the names in one are not trusted: they may lead nowhere but to regular files of the directory
that it says the incident is in, and not to files of keys or passwords, nor to what the kernel makes up.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from logdebug.credentials import HEAD_BYTES, holds_secrets, is_secret_name
from logdebug.descriptors import check_file, check_root
from logdebug.errors import LogError, WorkspaceError
from logdebug.logs import Log
from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    from logdebug.records import Diagnosis

__all__ = ["open_file", "open_log_of"]

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_LETTERS = 300


def open_log_of(diagnosis: Diagnosis) -> Log:
    """Open the log of a diagnosis; see `open_file`."""
    return open_file(diagnosis.working_dir, diagnosis.log_file)


def open_file(working_dir: str, file: str) -> Log:
    """Open a file of an incident's directory as a log.

    Parameters
    ----------
    working_dir
        The directory, as the report names it.
    file
        The file, relative to it.

    Raises
    ------
    LogError
        Where either is gone or may not be read, or the file is no regular file of that directory; it says which.
    """
    shown = shorten(one_line(f"{working_dir}/{file}"), _MOST_LETTERS)
    names = [name for name in file.split("/") if name not in {"", "."}]
    if not names or ".." in names or file.startswith("/"):
        raise LogError(f"{shown} lies outside the incident's directory, so it is not read", log=file)
    secret = LogError(f"{shown} is a file of keys or passwords, which are never read", log=file)
    if is_secret_name(file):
        raise secret
    try:
        descriptor = _walk(working_dir, names)
    except FileNotFoundError as error:
        raise LogError(f"there is no {shown} any more: it was moved or deleted, or is elsewhere", log=file) from error
    except WorkspaceError as error:
        raise LogError(one_line(str(error)), log=file) from error
    except (OSError, ValueError) as error:  # a NUL in a name, half a character
        reason = getattr(error, "strerror", None) or error
        raise LogError(f"{shown} can't be opened ({reason}); links are not followed", log=file) from error
    try:
        log = Log(descriptor, "/".join(names))
        if holds_secrets(file, log.source.read(0, HEAD_BYTES)):
            raise secret
    except LogError:
        os.close(descriptor)
        raise
    return log


def _walk(working_dir: str, names: list[str]) -> int:
    """Go down name by name, so that no link on the way leads out, and give the file's descriptor."""
    opened = [os.open(working_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]
    try:
        check_root(opened[0], working_dir)
        for place, name in enumerate(names):
            # Without O_NONBLOCK, opening a FIFO would wait for a writer.
            kind = os.O_NONBLOCK if place == len(names) - 1 else os.O_DIRECTORY
            opened.append(os.open(name, _FLAGS | kind, dir_fd=opened[-1]))
        check_file(opened[-1], opened[-2], opened[0], "/".join(names))
        return opened.pop()
    finally:
        for descriptor in opened:
            os.close(descriptor)
