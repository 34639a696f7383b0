"""A run from disk, to go on with: what is finished is taken as it is, what isn't goes on from its last whole step."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from logdebug.agent import steps as steps_module
from logdebug.agent.conversation import Conversation
from logdebug.agent.limits import Limits, RunLimits
from logdebug.agent.steps import Answered, Concluded, Prompted, Step
from logdebug.errors import SessionError
from logdebug.records import Diagnosis, Incident, Usage
from logdebug.run.sessions import Session, read_trace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import TypeAdapter

__all__ = ["PastRun", "PastSession", "Resumed", "steps_of"]

_MARK = re.compile(r"^<data ([0-9a-f]{8}) ", re.MULTILINE)
_REMEDY = "name the directory of a run, or a run's id below the sessions directory"


@dataclass(frozen=True, slots=True)
class Resumed:
    """A session is gone on with; a line of its trace, and no step of the agent's."""

    pid: int


@dataclass(frozen=True, slots=True)
class PastSession:
    """What one agent did before.

    Parameters
    ----------
    path
        The session's directory.
    steps
        Its steps, oldest first; one that was cut short on disk is left out.
    seconds
        For how long it worked.
    """

    path: Path
    steps: tuple[Step, ...] = ()
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """The session's name, as reports have it."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def usage(self) -> Usage:
        """What its replies cost."""
        spent = Usage(cost_usd=0.0)
        for step in self.steps:
            if isinstance(step, Answered):
                spent += replace(step.usage, turns=1, seconds=0.0)
        return spent

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What it found; None where it had not ended."""
        last = self.steps[-1] if self.steps else None
        return replace(last.diagnosis, session=self.name) if isinstance(last, Concluded) else None

    @property
    def mark(self) -> str:
        """What stood at the ends of its data blocks; empty where it had none."""
        opening = self.steps[0] if self.steps else None
        found = _MARK.search(opening.messages[-1].text) if isinstance(opening, Prompted) else None
        return found[1] if found else ""

    def conversation(self) -> Conversation:
        """Give where the agent stood."""
        said = Conversation()
        for step in self.steps:
            said.take(step)
        return said

    def reopen(self) -> Session:
        """Open the session to go on with.

        Raises
        ------
        SessionError
            Where it can't be written.
        """
        session = Session(self.path, None)
        session.append(Resumed(os.getpid()))
        return session


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run from disk.

    Parameters
    ----------
    path
        Its directory.
    model
        The model that was asked, or `offline`.
    incidents
        What it was asked to investigate, as it was given.
    limits, run_limits
        What it might spend.
    seconds
        For how long it went on.
    sessions
        What its agents did, by the incidents' places from 0.
    """

    path: Path
    model: str
    incidents: tuple[Incident | str, ...]
    limits: Limits
    run_limits: RunLimits
    seconds: float = 0.0
    sessions: dict[int, PastSession] = field(default_factory=dict)

    @classmethod
    def find(cls, run: str | Path, sessions_dir: Path) -> PastRun:
        """Read a run.

        Parameters
        ----------
        run
            Its directory, or its id.
        sessions_dir
            Where runs are kept.

        Raises
        ------
        SessionError
            Where there is none, or it can't be read.
        """
        given = Path(run).expanduser()
        path = given if (given / "run.json").is_file() else sessions_dir / given
        try:
            about = json.loads((path / "run.json").read_bytes())
            incidents = tuple(map(_incident, about["incidents"]))
            limits, run_limits = Limits(**about["limits"]), RunLimits(**about["run_limits"])
            began = datetime.fromisoformat(about["started_at"])
            model = str(about["model"])
        except OSError as error:
            raise SessionError(f"there is no run {str(run)!r}: {error.strerror}; {_REMEDY}", path=path) from error
        except (ValueError, KeyError, TypeError) as error:
            raise SessionError(f"{path / 'run.json'} is no run's: {error}; {_REMEDY}", path=path) from error
        sessions: dict[int, PastSession] = {}
        ended = began
        for directory in sorted(path.glob("[0-9][0-9][0-9][0-9][0-9]*-*")):
            session, last = _session(directory)
            sessions[int(directory.name.partition("-")[0]) - 1] = session
            ended = max(ended, last or began)
        return cls(path, model, incidents, limits, run_limits, (ended - began).total_seconds(), sessions)

    @property
    def spent(self) -> Usage:
        """What all its replies cost."""
        spent = Usage(cost_usd=0.0)
        for session in self.sessions.values():
            spent += session.usage
        return spent


def _incident(about: dict[str, str]) -> Incident | str:
    if "given" in about:  # what could not be investigated
        return about["given"]
    return Incident(Path(about["working_dir"]), about["log_file"], about["service"])


def _session(directory: Path) -> tuple[PastSession, datetime | None]:
    """Read a session; give it, and when its last step was taken."""
    lines = list(read_trace(directory)) if (directory / "trace.jsonl").exists() else []
    if not lines:
        return PastSession(directory), None
    times = [datetime.fromisoformat(line["at"]) for line in lines]
    steps = tuple(steps_of(lines, directory))
    # A session may have been gone on with: the time between is nobody's work.
    worked = sum(
        (after - before).total_seconds()
        for before, after, line in zip(times, times[1:], lines[1:], strict=False)
        if line["step"] != Resumed.__name__
    )
    return PastSession(directory, steps, worked), times[-1].astimezone(UTC)


def steps_of(lines: Iterable[dict[str, Any]], path: Path) -> Iterable[Step]:
    """Give the steps of a trace as the agent took them; what is no step (a failure, that it went on) is left out.

    Parameters
    ----------
    lines
        The trace, as `read_trace` gives it.
    path
        Where it is from, for errors.

    Raises
    ------
    SessionError
        Where a step isn't as this version writes it.
    """
    kinds: dict[str, type] = {kind.__name__: kind for kind in get_args(Step)}
    for line in lines:
        kind = kinds.get(line["step"])
        if kind is None:
            continue
        try:
            step: Step = _reader(kind).validate_python({key: line[key] for key in line if key not in ("at", "step")})
        except ValueError as error:
            raise SessionError(
                f"a step {line['step']!r} can't be read: {error}; another version wrote it", path=path
            ) from error
        yield step


@cache
def _reader(kind: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    from logdebug.agent.messages import Message, ToolCall

    # Steps name these under TYPE_CHECKING only.
    names = {"Message": Message, "ToolCall": ToolCall, "Diagnosis": Diagnosis}
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    adapter.rebuild(_types_namespace={**vars(steps_module), **names})
    return adapter
