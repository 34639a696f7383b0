"""Opening a log by its path, for people; agents open theirs within a workspace."""

from __future__ import annotations

import os
from pathlib import Path

from logdebug.errors import LogError
from logdebug.logs.log import Log

__all__ = ["open_log"]


def open_log(path: str | os.PathLike[str], *, rotated: bool = False) -> Log:
    """Open a log file for reading.

    Parameters
    ----------
    path
        The file; .gz, .bz2, .xz and .zst are read as what they hold.
    rotated
        Whether to read it as one with its rotated predecessors (`app.log.1`, `app.log-20261118.gz` …), oldest first.
        Lines are then numbered through all files; each has its `file` and `file_line`, and `place` gives both.

    Raises
    ------
    LogError
        Where there is no such file, it is a directory or something else that is no file, or it may not be read.
    """
    if rotated:
        from logdebug.logs.logset import open_set

        return open_set(path)
    name = os.fspath(path)
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for a writer.
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise LogError(f"there is no file {name}; {_neighbours(name)}", log=name) from error
    except PermissionError as error:
        raise LogError(f"{name} may not be read by this user; change its mode, or run as who may", log=name) from error
    except (OSError, ValueError) as error:
        raise LogError(f"{name} can't be opened: {error}", log=name) from error
    try:
        return Log(descriptor, name)
    except LogError as error:
        os.close(descriptor)
        if Path(name).is_dir():
            raise LogError(f"{name} is a directory; give a log file in it", log=name) from error
        raise


def _neighbours(name: str) -> str:
    """Say what there is instead of a missing file."""
    directory = Path(name).parent
    try:
        names = sorted(entry.name for entry in directory.iterdir() if entry.is_file())
    except OSError:
        return f"there is no directory {directory} either"
    if not names:
        return f"{directory} has no files"
    return f"{directory} has {', '.join(names[:8])}" + (" …" if len(names) > 8 else "")
