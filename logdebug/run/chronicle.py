r"""What happens in a run as a whole, on disk beside its sessions, for whoever watches from another process.

    SESSIONS_DIR/RUN_ID/events.jsonl

One JSON object per line: `at` (UTC), `clock` (see `Moment`), `event` (its class) and the event's own fields. The steps
of the agents are in their sessions' traces; the end of an incident is here in short, so that no trace must be read to
know of it. A run that is taken up again by another process goes on in the same file, with a `RunStarted` of its own.
Each line is one write that begins with a newline, too: a line torn by a crash or a full disk never swallows the one
after it.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Self

from logdebug.agent.steps import Answered
from logdebug.errors import SessionError
from logdebug.records import Usage
from logdebug.run.events import (
    ControlTaken,
    IncidentDiagnosed,
    IncidentFailed,
    IncidentStarted,
    RunStarted,
    StepTaken,
)
from logdebug.run.moments import stamp
from logdebug.run.process import Process

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from logdebug.records import Diagnosis, Failure
    from logdebug.run.events import Event

__all__ = ["EVENTS", "Chronicle"]

EVENTS = "events.jsonl"
"""The file's name, in a run's directory."""

_MOST_CHARACTERS = 500


class Chronicle:
    """Writes what happens in a run; a context manager.

    A disk that is full loses lines of it and nothing else: the run goes on.

    Parameters
    ----------
    directory
        The run's directory.

    Attributes
    ----------
    address
        How those who want something of the run call it, for as long as this process works on it: an order to another
        address is for another run, or for this one when another process worked on it.

    Raises
    ------
    SessionError
        Where the file can't be opened.
    """

    def __init__(self, directory: Path) -> None:
        self.address = f"{directory.name}:{secrets.token_hex(4)}"
        self._spent: dict[int, Usage] = {}
        path = directory / EVENTS
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.open(path, flags, 0o600)
        except OSError as error:
            raise SessionError(f"{path} can't be kept: {error.strerror}", path=path) from error

    def take(self, event: Event) -> None:
        """Write an event down."""
        match event:
            case StepTaken():
                if isinstance(event.step, Answered):
                    before = self._spent.get(event.index, Usage(cost_usd=0.0))
                    self._spent[event.index] = before + replace(event.step.usage, turns=1, seconds=0.0)
            case RunStarted():
                about = {"run_id": event.run_id, "model": event.model, "services": event.services}
                self.note("RunStarted", **about, address=self.address, process=asdict(Process.this()))
            case IncidentStarted():
                self._spent[event.index] = event.spent
                self.note("IncidentStarted", index=event.index, session=event.session)
            case ControlTaken():
                self.note("ControlTaken", **asdict(event))
            case IncidentDiagnosed():
                self.note("IncidentDiagnosed", index=event.index, **_outcome(event.diagnosis))
                self._spent.pop(event.index, None)
            case IncidentFailed():
                usage = asdict(self._spent.pop(event.index, Usage(cost_usd=0.0)))
                self.note("IncidentFailed", index=event.index, **_why(event.failure), usage=usage)

    def note(self, event: str, **fields: object) -> None:
        """Write a line."""
        line = {**stamp(), "event": event, **fields}
        with suppress(OSError):  # who watches sees less; those who investigate must not suffer for it
            os.write(self._file, b"\n" + json.dumps(line).encode() + b"\n")

    def sign_life(self) -> None:
        """Say that the run goes on, to those who can't see its process: the file's time is that of now."""
        with suppress(OSError):
            os.utime(self._file)

    def __enter__(self) -> Self:
        """Give the chronicle itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write down that the run is over, and close."""
        self.note("RunEnded")
        os.close(self._file)


def _outcome(found: Diagnosis) -> Mapping[str, object]:
    return {
        "session": found.session,
        "status": found.status,
        "severity": found.severity,
        "category": found.category,
        "root_cause": found.root_cause[:_MOST_CHARACTERS],
        "recalled_from": found.recalled_from,
        "usage": asdict(found.usage),
    }


def _why(failure: Failure) -> Mapping[str, object]:
    said = failure.message[:_MOST_CHARACTERS]
    return {"session": failure.session, "error": failure.error, "message": said}
