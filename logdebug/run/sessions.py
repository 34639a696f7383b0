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
import shutil
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from logdebug.errors import SessionError
from logdebug.run.disk import fields_of, make_private, open_new, open_whole, plain, trouble, write_whole
from logdebug.run.moments import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

__all__ = ["RunDirectory", "Session", "read_trace"]

_SLUG_CHARACTERS = 48


class RunDirectory:
    """The directory of one run, of this process alone until it is closed; a context manager.

    It takes its name once `run.json` is whole in it: whatever ends the process, a run that is there can be taken up.

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
        Where it can't be made or written, or somebody works on it.
    """

    def __init__(self, sessions_dir: Path, about: Mapping[str, object], run_id: str = "") -> None:
        # The time sorts runs, the rest keeps two runs of one second apart.
        self.run_id = run_id or f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        self.path = sessions_dir / self.run_id
        self._held = self._claimed(self.path) if run_id else self._made(about)

    @classmethod
    def again(cls, path: Path) -> Self:
        """Claim a run that is there, to go on with it."""
        return cls(path.parent, {}, path.name)

    def _made(self, about: Mapping[str, object]) -> int:
        """Make it beside its place, claim it, and put it there."""
        beside = self.path.with_name(f".{self.run_id}.new")
        make_private(beside)
        with ExitStack() as undone:
            undone.callback(shutil.rmtree, beside, ignore_errors=True)
            write_whole(beside / "run.json", {"run_id": self.run_id, **about})
            held = self._claimed(beside)
            undone.callback(os.close, held)
            try:
                beside.rename(self.path)
            except OSError as error:
                raise trouble(error, self.path) from error
            undone.pop_all()
        return held

    def _claimed(self, directory: Path) -> int:
        """Keep others from working on the run for as long as this process does, however it ends."""
        path = directory / "run.json"
        try:
            held = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise trouble(error, path) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise SessionError(
                f"the run {self.run_id} is still going on, here or in another process (`logdebug monitor` shows it); "
                "wait for its end, or cancel it, and go on with it then",
                path=path,
            ) from None
        except OSError:  # a file system without locks: two processes at once are not kept apart there
            return held
        return held

    def close(self) -> None:
        """Let others work on the run."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def __enter__(self) -> Self:
        """Give the directory itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let others work on the run."""
        self.close()

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
        write_whole(self.path / "report.json", report_json)


class Session:
    """One agent's run on one incident, being written.

    Parameters
    ----------
    path
        The session's directory.
    about
        What is written into `meta.json`, with when and by which process.
    again
        Whether the session is there, to be gone on with: what a crash left of a step is then cut off. Else it must not
        be there yet.
    """

    def __init__(self, path: Path, about: Mapping[str, object], *, again: bool = False) -> None:
        self.path = path
        self.name = f"{path.parent.name}/{path.name}"
        if not again:
            make_private(path)
        if not (again and (path / "meta.json").exists()):  # a crash may have come before it was written
            write_whole(path / "meta.json", {**about, "started_at": _now(), "pid": os.getpid()})
        self._trace = open_whole(path / "trace.jsonl") if again else open_new(path / "trace.jsonl")

    def append(self, step: object, **more: object) -> None:
        """Write a step, or any other record, to the trace; it is with the operating system when this returns.

        Raises
        ------
        SessionError
            Where the disk is full or gone.
        """
        written = {**stamp(), "step": type(step).__name__, **fields_of(step), **more}
        line = json.dumps(written, default=plain).encode() + b"\n"
        try:
            done = os.write(self._trace, line)
        except OSError as error:
            raise trouble(error, self.path / "trace.jsonl") from error
        if done < len(line):  # what a nearly full disk does; the next write says why
            with suppress(OSError):  # a torn line may only be the last: what comes after must not be glued to it
                os.ftruncate(self._trace, os.fstat(self._trace).st_size - done)
            raise trouble(OSError(errno.ENOSPC, "it took only a part of a step"), self.path / "trace.jsonl")

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
