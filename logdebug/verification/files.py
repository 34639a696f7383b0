"""An incident's files as they are now, each opened once; what a rotation made of one; nothing outside its directory."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self

from logdebug.errors import LogError
from logdebug.logs.rotated import rotated_paths
from logdebug.report.opening import open_file

if TYPE_CHECKING:
    from logdebug.logs import Log

__all__ = ["Files"]

_MOST_ROTATED = 100
_OLD = ("old", "archive", "archived", "archives", "rotated", "previous", "backup", "backups")


class Files:
    """The files of one incident's directory, for as long as its citations are looked up.

    Parameters
    ----------
    working_dir
        The directory.
    """

    def __init__(self, working_dir: str) -> None:
        self._working_dir = working_dir
        self._logs: dict[str, Log | LogError] = {}

    def open(self, file: str) -> Log:
        """Give a file, open; it stays open until all are closed.

        Raises
        ------
        LogError
            Where it is gone, may not be read, or is no regular file of the directory.
        """
        if file not in self._logs:
            try:
                self._logs[file] = open_file(self._working_dir, file)
            except LogError as error:
                self._logs[file] = error
        found = self._logs[file]
        if isinstance(found, LogError):
            raise found
        return found

    def rotated(self, file: str) -> list[str]:
        """Name what rotations may have made of a file (`app.log.1`, `app.log.2.gz` …), the latest first.

        What lies beside it comes first, then what was put into a directory there for it, as logrotate's `olddir` does.
        Directories of other names are passed over: a log of the same name may be another service's.
        """
        place = PurePosixPath(file)
        if not place.name or place.is_absolute() or ".." in place.parts:
            return []
        try:
            beside = Path(self._working_dir) / place.parent
            names = []
            for folder in (beside, *(beside / name for name in _OLD)):
                found = reversed(rotated_paths(folder / place.name))
                names += [str(place.parent / path.relative_to(beside)) for path in found]
        except (OSError, ValueError):  # a name too long for any file, a NUL in it
            return []
        return [name for name in names if PurePosixPath(name).name != place.name][:_MOST_ROTATED]

    def close(self) -> None:
        """Close whatever is open."""
        for log in self._logs.values():
            if not isinstance(log, LogError):
                log.close()
        self._logs = {}

    def __enter__(self) -> Self:
        """Give the files themselves."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close them."""
        self.close()
