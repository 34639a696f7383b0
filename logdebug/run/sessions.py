"""Sessions on disk: one private directory per run, and in it one per incident.

    SESSIONS_DIR/RUN_ID/run.json                     what the run was asked to do
    SESSIONS_DIR/RUN_ID/report.json                  what came of it
    SESSIONS_DIR/RUN_ID/00001-payment-svc/meta.json  the incident, the model, when, which process
    SESSIONS_DIR/RUN_ID/00001-payment-svc/trace.jsonl

A trace is append-only, one JSON object per line: `at` (UTC), `step` (the step's class) and the step's own fields. Each
line is one write, made before the step is announced; a line torn by a crash is the last one, and is passed over by
whoever reads.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from logdebug.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

__all__ = ["RunDirectory", "Session", "read_trace"]

_SLUG_CHARACTERS = 48


class RunDirectory:
    """The directory of one run, of this process alone until it is closed.

    Parameters
    ----------
    sessions_dir
        Where runs are kept; made when missing.
    about
        What is written into `run.json` of a new run.
    run_id
        The run to go on with; empty for a new one.

    Raises
    ------
    SessionError
        Where it can't be made or written, or another process works on it.
    """

    def __init__(self, sessions_dir: Path, about: Mapping[str, object], run_id: str = "") -> None:
        # The time sorts runs, the rest keeps two runs of one second apart.
        self.run_id = run_id or f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        self.path = sessions_dir / self.run_id
        if not run_id:
            _make_private(self.path)
            _write_new(self.path / "run.json", {"run_id": self.run_id, **about})
        self._held = self._claimed()

    def _claimed(self) -> int:
        """Keep other processes from working on the run for as long as this one does, however it ends."""
        path = self.path / "run.json"
        try:
            held = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise _trouble(error, path) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise SessionError(
                f"the run {self.run_id} is still going on in another process; wait for it, or end it first", path=path
            ) from None
        except OSError:  # a file system without locks: two processes at once are not kept apart there
            return held
        return held

    def close(self) -> None:
        """Let other processes work on the run."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def begin(self, index: int, service: str, about: Mapping[str, object]) -> Session:
        """Begin the session of incident number `index`.

        Raises
        ------
        SessionError
            Where its directory can't be made or written.
        """
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", service)[:_SLUG_CHARACTERS].strip("-.") or "service"
        return Session(self.path / f"{index + 1:05d}-{slug}", about)

    def keep(self, report_json: str) -> None:
        """Keep the run's report with it, in place of an earlier one.

        Raises
        ------
        SessionError
            Where it can't be written.
        """
        written = self.path / "report.json.new"
        try:
            written.unlink(missing_ok=True)
            _write_new(written, report_json)
            written.replace(self.path / "report.json")
        except OSError as error:
            raise _trouble(error, written) from error


class Session:
    """One agent's run on one incident, being written.

    Parameters
    ----------
    path
        The session's directory, which must not be there yet.
    about
        What is written into `meta.json`, with when and by which process; None where it is there, to be gone on with:
        what a crash left of a step is then cut off.
    """

    def __init__(self, path: Path, about: Mapping[str, object] | None) -> None:
        self.path = path
        self.name = f"{path.parent.name}/{path.name}"
        if about is None:
            self._trace = _open_whole(path / "trace.jsonl")
            return
        _make_private(path)
        _write_new(path / "meta.json", {**about, "started_at": _now(), "pid": os.getpid()})
        self._trace = _open_new(path / "trace.jsonl")

    def append(self, step: object, **more: object) -> None:
        """Write a step, or any other record, to the trace; it is with the operating system when this returns.

        Raises
        ------
        SessionError
            Where the disk is full or gone.
        """
        written = {"at": _now(), "step": type(step).__name__, **_fields(step), **more}
        line = json.dumps(written, default=_plain).encode() + b"\n"
        try:
            done = os.write(self._trace, line)
        except OSError as error:
            raise _trouble(error, self.path / "trace.jsonl") from error
        if done < len(line):  # what a nearly full disk does; the next write says why
            with suppress(OSError):  # a torn line may only be the last: what comes after must not be glued to it
                os.ftruncate(self._trace, os.fstat(self._trace).st_size - done)
            raise _trouble(OSError(errno.ENOSPC, "it took only a part of a step"), self.path / "trace.jsonl")

    def close(self) -> None:
        """Close the trace."""
        if self._trace >= 0:
            os.close(self._trace)
            self._trace = -1

    def __enter__(self) -> Self:
        """Give the session itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the trace."""
        self.close()


def read_trace(session: Path) -> Iterator[dict[str, Any]]:
    """Read a session's trace.

    Parameters
    ----------
    session
        The session's directory.

    Yields
    ------
    dict
        One per step, with `at`, `step` and the step's fields. A torn last line is left out.

    Raises
    ------
    SessionError
        Where there is no trace, or a line before the last is damaged.
    """
    path = session / "trace.jsonl"
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise SessionError(f"{path} can't be read: {error.strerror}; name a session's directory", path=path) from error
    for number, line in enumerate(lines[:-1], 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise SessionError(f"{path}, line {number} is damaged: {error}", path=path) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.mkdir(mode=0o700)
    except OSError as error:
        raise _trouble(error, path) from error


def _open_new(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _trouble(error, path) from error


def _open_whole(path: Path) -> int:
    """Open a trace to go on with, without what is left of a line that was torn."""
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o600)
        os.ftruncate(descriptor, path.read_bytes().rfind(b"\n") + 1)
    except OSError as error:
        raise _trouble(error, path) from error
    return descriptor


def _write_new(path: Path, content: Mapping[str, object] | str) -> None:
    text = content if isinstance(content, str) else json.dumps(content, default=_plain, indent=1)
    descriptor = _open_new(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise _trouble(error, path) from error


def _trouble(error: OSError, path: Path) -> SessionError:
    return SessionError(
        f"the session can't be kept at {path}: {error.strerror}; make room there, or name another place with "
        "--sessions-dir, sessions_dir= or LOGDEBUG_SESSIONS_DIR",
        path=path,
    )


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


def _fields(record: object) -> dict[str, object]:
    kind: type[Any] = type(record)
    return {name: getattr(record, name) for name in _names(kind)} if is_dataclass(kind) else {}


def _plain(value: object) -> object:
    """Give the plain form of what JSON has no word for."""
    if is_dataclass(value):
        return _fields(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no plain form for {type(value).__name__}")
