"""What an opened descriptor is: a regular file that belongs to an incident's directory, or something to be refused.

All is asked of the open file and not of its name, so that nothing can be swapped between the look and the read.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from logdebug.errors import WorkspaceError

__all__ = ["check_file", "check_root"]

# What the kernel makes up when it is read: other processes' environments, its own keys, its settings.
_MADE_UP = frozenset(
    {"proc", "sysfs", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "configfs", "devpts", "mqueue", "bpf"}
    | {"pstore", "binfmt_misc", "nsfs", "selinuxfs", "efivarfs", "rpc_pipefs", "fusectl"}
)
_MOUNT_ID = re.compile(r"^mnt_id:\s*(\d+)", re.MULTILINE)
_BLOCK_BYTES = 512  # of st_blocks, whatever the file system's own are
_HOLES_FROM_BYTES = 1 << 30
_MOST_HOLES = 1_000  # no compressing file system makes that little of a log
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def check_root(fd: int, path: str) -> None:
    """Refuse a directory of the kernel's own as the root.

    Raises
    ------
    WorkspaceError
        Where it lies in `/proc`, `/sys` or the like.
    """
    kind = _file_system_of(fd)
    if kind in _MADE_UP:
        raise WorkspaceError(
            f"the working directory is of the system itself ({kind}), which is never read; name the directory of a "
            "service's log",
            path=path,
        )


def check_file(fd: int, folder: int, root: int, path: str) -> None:
    """Refuse an open file that is none of the directory's own.

    Parameters
    ----------
    fd
        The file.
    folder
        The directory that it was opened in.
    root
        The workspace's root.
    path
        What was asked for.

    Raises
    ------
    WorkspaceError
        Where it is no regular file, one that the kernel makes up, one of holes, or a hard link that a stranger may
        have made.
    """
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        is_directory = stat.S_ISDIR(status.st_mode)
        kind = "a directory: use list_files" if is_directory else "a device, pipe or socket, which is not read"
        raise WorkspaceError(f"{path!r} is {kind}", path=path)
    if status.st_dev != os.fstat(root).st_dev and (made_up := _file_system_of(fd)) in _MADE_UP:
        raise WorkspaceError(f"{path!r} is of the system itself ({made_up}), which is not read", path=path)
    held_bytes = status.st_blocks * _BLOCK_BYTES
    if status.st_size > _HOLES_FROM_BYTES and held_bytes < status.st_size // _MOST_HOLES:
        raise WorkspaceError(
            f"{path!r} claims {status.st_size:,} bytes, of which {held_bytes:,} are on disk: it is made of holes and "
            "is not read",
            path=path,
        )
    if status.st_nlink > 1 and _strangers_may_link(os.fstat(folder), status.st_uid):
        raise WorkspaceError(
            f"{path!r} is a hard link to a file of another owner than its directory's, which is not read", path=path
        )


def _strangers_may_link(folder: os.stat_result, owner: int) -> bool:
    """Tell whether somebody else than the file's owner and the superuser could have put its name here."""
    return folder.st_uid not in {owner, 0} or (folder.st_uid != owner and bool(folder.st_mode & _WRITABLE_BY_OTHERS))


def _file_system_of(fd: int) -> str:
    """Name the file system that an open file lies on; empty where the system doesn't tell (other than Linux)."""
    try:
        about = Path(f"/proc/self/fdinfo/{fd}").read_text(encoding="ascii")
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = _MOUNT_ID.search(about)
    # id parent dev root mountpoint options [optional fields] - type source options (proc(5))
    rows = (line.split() for line in mounts.splitlines())
    return next((row[row.index("-") + 1] for row in rows if found and row[0] == found[1] and "-" in row), "")
