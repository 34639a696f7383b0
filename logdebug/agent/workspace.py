"""The rooted, read-only view of one incident's directory: all that an agent can see of the machine.

Every path is walked from the root's file descriptor, one component at a time, each opened with `O_NOFOLLOW`: there is
no moment between a check and an open in which a link could be slipped in. What is opened is looked at afterwards, as
an open file, and anything but a regular file is closed again unread. `O_NONBLOCK` keeps a FIFO from blocking the open.
Files of keys and passwords are refused as well, by name and by content (`credentials`).
"""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Self

from logdebug.credentials import HEAD_BYTES, holds_secrets, is_ambiguous, is_secret_name
from logdebug.descriptors import check_file, check_root
from logdebug.errors import WorkspaceError
from logdebug.logs import Log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from logdebug.logs import SignatureSet

__all__ = ["Entry", "Listing", "Workspace"]

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, format (bidi, zero-width), surrogate, line separators
_SCANNED_ENTRIES = 20_000  # of one directory; beyond it a listing says that there is more
_DEPTH = 4
_PATH_CHARACTERS = 4_096


@dataclass(frozen=True, slots=True)
class Entry:
    """A directory entry.

    Parameters
    ----------
    path
        Relative to the root, `/` between components.
    kind
        `file`, `directory`, or what it is that isn't read: `symbolic link`, `special file`, `hidden characters`,
        `secrets`.
    size_bytes
        Of a file; 0 for anything else.
    """

    path: str
    kind: str
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """What a directory holds, `entries` cut at a limit; `complete` says whether it was."""

    entries: tuple[Entry, ...]
    complete: bool


class Workspace:
    """One incident's directory, open for reading and nothing else.

    Parameters
    ----------
    root
        The directory. It is opened once; what happens to its path afterwards does not matter.
    signatures
        The failure signatures that its logs are read with; by default those that ship.

    Raises
    ------
    WorkspaceError
        Where the root can't be opened as a directory.
    """

    def __init__(self, root: Path, *, signatures: SignatureSet | None = None) -> None:
        self._signatures = signatures
        try:
            self._root_fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise WorkspaceError(f"the working directory can't be opened: {error.strerror}", path=str(root)) from error
        try:
            check_root(self._root_fd, str(root))
        except WorkspaceError:
            self.close()
            raise

    def close(self) -> None:
        """Close the root; further reading fails."""
        if self._root_fd >= 0:
            os.close(self._root_fd)
            self._root_fd = -1

    def __enter__(self) -> Self:
        """Give the workspace itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the root."""
        self.close()

    def open_log(self, path: str) -> Log:
        """Open a file of the workspace as a log.

        Parameters
        ----------
        path
            Relative to the root.

        Raises
        ------
        WorkspaceError
            Where the path leads out, through a link, to no regular file, to one of secrets, or to nothing.
        """
        log = Log(self._open_file(path), name="/".join(_components(path)), signatures=self._signatures)
        try:
            secret = holds_secrets(path, log.source.read(0, HEAD_BYTES))
        except BaseException:  # whatever it is, an interrupt too, the file must not stay open
            log.close()
            raise
        if secret:
            log.close()
            raise _secrets(path)
        return log

    def list_files(self, path: str = ".", *, limit: int = 200) -> Listing:
        """List what lies below a directory of the workspace, breadth first, four levels deep.

        Parameters
        ----------
        path
            Relative to the root; `.` is the root.
        limit
            How many entries at the most.

        Raises
        ------
        WorkspaceError
            Where the path leads out, through a link, to no directory, or to nothing.
        """
        found: list[Entry] = []
        queue = deque([_components(path)])
        base_depth = len(queue[0])
        complete = True
        while queue:
            folder = queue.popleft()
            try:
                fd = self._open_directory(folder, path)
            except WorkspaceError:
                if len(folder) == base_depth:
                    raise
                complete = False  # a directory that this user may not read, or that is gone, hides no other
                continue
            try:
                names = sorted(islice(_names_in(fd, path), _SCANNED_ENTRIES + 1))
                complete &= len(names) <= _SCANNED_ENTRIES
                for name in names[:_SCANNED_ENTRIES]:
                    if len(found) >= limit:
                        return Listing(tuple(found), complete=False)
                    entry = _entry(fd, folder, name)
                    found.append(entry)
                    if entry.kind == "directory":
                        if len(folder) - base_depth < _DEPTH - 1:
                            queue.append([*folder, name])
                        else:
                            complete = False
            finally:
                os.close(fd)
        return Listing(tuple(found), complete)

    def _open_file(self, path: str) -> int:
        """Open a regular file and give its descriptor."""
        components = _components(path)
        if not components:
            raise WorkspaceError(f"{path!r} is the working directory itself; name a file in it", path=path)
        if is_secret_name("/".join(components)):
            raise _secrets(path)
        parent = self._open_directory(components[:-1], path)
        try:
            fd = os.open(components[-1], _FLAGS, dir_fd=parent)
            try:
                check_file(fd, parent, self._root_fd, path)
            except BaseException:  # whatever it is, an interrupt too, the file must not stay open
                os.close(fd)
                raise
        except OSError as error:
            raise _refusal(error, path) from None
        finally:
            os.close(parent)
        return fd

    def _open_directory(self, components: list[str], path: str) -> int:
        """Open a directory of the workspace component by component and give its descriptor."""
        try:
            fd = os.dup(self._root_fd)
        except OSError as error:  # no descriptors left, or closed
            raise _refusal(error, path) from None
        for name in components:
            try:
                below = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=fd)
            except OSError as error:
                raise _refusal(error, path) from None
            finally:
                os.close(fd)
            fd = below
        return fd


def _components(path: str) -> list[str]:
    """Split a path into the names to walk, refusing every way out and every name that can't be seen for what it is."""
    if len(path) > _PATH_CHARACTERS:
        raise WorkspaceError(f"{path[:80]!r}… is too long for a path", path=path)
    if any(unicodedata.category(character) in _HIDDEN for character in path):
        raise WorkspaceError(
            f"{path!r} holds control or invisible characters; files with such names are not read", path=path
        )
    if path.startswith(("/", "~/")) or path == "~":
        raise WorkspaceError(f"{path!r} is absolute; give a path relative to the working directory", path=path)
    names = [name for name in path.split("/") if name not in {"", "."}]
    if ".." in names:
        raise WorkspaceError(f"{path!r} leads out of the working directory; only files in it can be read", path=path)
    return names


def _secrets(path: str) -> WorkspaceError:
    return WorkspaceError(
        f"{path!r} is a file of keys or passwords, which are never read; go on without it: what the log and the "
        "configuration say has to do",
        path=path,
    )


def _refusal(error: OSError, path: str) -> WorkspaceError:
    """Say why an open failed, in words that a model can act on."""
    if error.errno in {errno.ELOOP, errno.EMLINK}:
        what = f"{path!r} is a symbolic link; links are not followed"
    elif error.errno == errno.ENOTDIR:
        # O_DIRECTORY|O_NOFOLLOW on a link to a directory says ENOTDIR too.
        what = f"{path!r} passes through something that is no directory, or a symbolic link; links are not followed"
    elif error.errno == errno.ENOENT:
        what = f"{path!r} does not exist; use list_files to see what does"
    elif error.errno in {errno.EACCES, errno.EPERM}:
        what = f"{path!r} may not be read by this user"
    elif error.errno == errno.ENAMETOOLONG:
        what = f"{path[:80]!r}… is too long for a file name"
    else:
        what = f"{path!r} can't be opened: {os.strerror(error.errno or errno.EIO)}"
    return WorkspaceError(what, path=path)


def _names_in(fd: int, path: str) -> Iterator[str]:
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                yield entry.name
    except OSError as error:
        raise _refusal(error, path) from None


def _entry(fd: int, folder: list[str], name: str) -> Entry:
    """Look at one name of an open directory without following it."""
    path = "/".join([*folder, name])
    if any(unicodedata.category(character) in _HIDDEN for character in name):
        return Entry(ascii(path)[1:-1], "hidden characters")
    try:
        status = os.stat(name, dir_fd=fd, follow_symlinks=False)
    except OSError:
        return Entry(path, "gone")
    if stat.S_ISREG(status.st_mode):
        secret = is_secret_name(path) or (is_ambiguous(path) and _begins_secret(fd, name))
        return Entry(path, "secrets" if secret else "file", 0 if secret else status.st_size)
    if stat.S_ISDIR(status.st_mode):
        return Entry(path, "directory")
    return Entry(path, "symbolic link" if stat.S_ISLNK(status.st_mode) else "special file")


def _begins_secret(folder: int, name: str) -> bool:
    """Look into a file whose name leaves it open; one that can't be opened is told apart when it is asked for."""
    try:
        fd = os.open(name, _FLAGS, dir_fd=folder)
    except OSError:
        return False
    try:
        return stat.S_ISREG(os.fstat(fd).st_mode) and holds_secrets(name, os.pread(fd, HEAD_BYTES, 0))
    except OSError:
        return False
    finally:
        os.close(fd)
