"""The process that a run goes on in, marked so that another process can tell whether it is still there."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Process"]

_GONE_STATES = frozenset("ZXx")  # a zombie does nothing any more, though its number is still taken


@dataclass(frozen=True, slots=True)
class Process:
    """A process, marked.

    Parameters
    ----------
    pid
        Its number, which another process may get once it is gone.
    started
        When it started, in the kernel's ticks since the machine did: with the number it is unique.
    boot
        Which start of the machine it belongs to.
    namespace
        Within what its number counts: a container has numbers of its own.
    host
        The machine's name.

    Where the system has no `/proc`, all but the number and the machine's name are empty.
    """

    pid: int
    started: str = ""
    boot: str = ""
    namespace: str = ""
    host: str = ""

    @classmethod
    def this(cls) -> Process:
        """Mark the process that calls."""
        pid = os.getpid()
        return cls(pid, _stat(pid)[1], _boot(), _namespace(), socket.gethostname())

    def is_there(self) -> bool | None:
        """Tell whether it is still there; None where that can't be seen from here (another machine or container)."""
        if self.host != socket.gethostname():
            return None
        if self.boot != _boot():
            return False  # the machine was started anew since
        if self.namespace != _namespace():
            return None
        if self.started:
            state, started = _stat(self.pid)
            return started == self.started and state not in _GONE_STATES
        return _answers(self.pid)


def _stat(pid: int) -> tuple[str, str]:
    """Give a process's state and start, each empty where it isn't there (proc_pid_stat(5), fields 3 and 22)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return "", ""
    # The second field is the program's name in brackets, and may hold blanks and brackets itself.
    fields = text.rpartition(b")")[2].split()
    return (fields[0].decode(), fields[19].decode()) if len(fields) > 19 else ("", "")


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is there, and somebody else's
        return True
    return True
