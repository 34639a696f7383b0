"""A run from disk, to go on with: what is finished is taken as it is, what isn't goes on from its last whole step."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.agent.limits import Limits, RunLimits
from logdebug.agent.steps import (
    Directed,
)
from logdebug.errors import SessionError, SettingsError
from logdebug.records import Incident, Usage
from logdebug.run.cache import cache_mode
from logdebug.run.past import PastSession, past_session
from logdebug.run.retelling import Told

if TYPE_CHECKING:
    from logdebug.run.cache import CacheMode
    from logdebug.run.moments import Moment

__all__ = ["PastRun", "find_run"]

_REMEDY = "name the directory of a run, or a run's id below the sessions directory"


def find_run(run: str | Path, sessions_dir: Path) -> Path:
    """Find a run's directory.

    Parameters
    ----------
    run
        The directory, or the run's id.
    sessions_dir
        Where runs are kept.

    Raises
    ------
    SessionError
        Where there is none.
    """
    given = Path(run).expanduser()
    found = next((path for path in (given, sessions_dir / given) if (path / "run.json").is_file()), None)
    if found is None:
        raise SessionError(
            f"there is no run {str(run)!r}, neither as a directory nor below {sessions_dir}; {_REMEDY}", path=given
        )
    return found.resolve()


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run from disk.

    Parameters
    ----------
    path
        Its directory.
    model, asked
        The model that was asked, or `offline`; and what `identity` it had, empty where it had none.
    incidents
        What it was asked to investigate, as it was given.
    limits, run_limits
        What it might spend.
    signatures
        The files of failure signatures that its logs were read with.
    cache
        What it did with what was known.
    replay_of
        The run that it asked again, where it is a replay.
    seconds
        For how long it went on.
    sessions
        What its agents did, by the incidents' places from 0.
    directions
        What its operator told agents that they had not heard yet, by the incidents' places.
    """

    path: Path
    model: str
    incidents: tuple[Incident | str, ...]
    limits: Limits
    run_limits: RunLimits
    asked: str = ""
    signatures: tuple[str, ...] = ()
    cache: CacheMode = "reuse"
    replay_of: str = ""
    seconds: float = 0.0
    sessions: dict[int, PastSession] = field(default_factory=dict)
    directions: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> PastRun:
        """Read a run, from its directory.

        Raises
        ------
        SessionError
            Where its `run.json` can't be read, or is no run's. A session that is damaged says so itself.
        """
        try:
            about = json.loads((path / "run.json").read_bytes())
            began = datetime.fromisoformat(about["started_at"]).astimezone(UTC)
            run = cls(
                path,
                str(about["model"]),
                tuple(map(_incident, about["incidents"])),
                Limits(**about["limits"]),
                RunLimits(**about["run_limits"]),
                str(about["asked"]),
                tuple(map(str, about["signatures"])),
                cache_mode(about["cache"]),
                str(about.get("replay_of", "")),
            )
        except OSError as error:
            raise SessionError(f"there is no run {str(path)!r}: {error.strerror}; {_REMEDY}", path=path) from error
        except (ValueError, KeyError, TypeError, SettingsError) as error:
            raise SessionError(f"{path / 'run.json'} is no run's: {error}; {_REMEDY}", path=path) from error
        told = Told.of(path)
        sessions: dict[int, PastSession] = {}
        times: list[Moment] = []
        for directory in sorted(path.glob("[0-9][0-9][0-9][0-9][0-9]*-*")):
            index = int(directory.name.partition("-")[0]) - 1
            if 0 <= index < len(run.incidents):
                sessions[index] = past_session(directory, index, told, times)
        unheard = {index: _unheard(sessions.get(index), said) for index, said in told.directions.items()}
        return replace(run, seconds=told.seconds(began, times), sessions=sessions, directions=unheard)

    def service(self, index: int) -> str:
        """Give how an incident is called."""
        incident = self.incidents[index]
        return incident.service if isinstance(incident, Incident) else incident

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


def _unheard(session: PastSession | None, directions: list[str]) -> tuple[str, ...]:
    """Give the directions that the agent had not taken."""
    unheard = list(directions)
    for step in session.steps if session else ():
        if isinstance(step, Directed) and step.text in unheard:
            unheard.remove(step.text)
    return tuple(unheard)
