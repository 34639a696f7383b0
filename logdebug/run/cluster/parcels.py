"""What goes between a run and the workers of a cluster, and how it is read at its end.

Steps travel as JSON, in the form that a trace has: what a worker sends is read as strictly as a file that another
version wrote, so that a wrong or hostile one can end its own incident and no more.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug import errors
from logdebug.agent.steps import Answered, Concluded, Placed, Recalled, Resumed
from logdebug.errors import ClusterError, LogdebugError, SessionError
from logdebug.run.retelling import steps_of

if TYPE_CHECKING:
    from logdebug.agent.steps import Step
    from logdebug.records import Incident, Usage
    from logdebug.run.errands import Errands

__all__ = ["Posting", "Terms", "Word", "error_in", "read_reply", "steps_in", "write_error", "write_step"]

_REMEDY = "see that every worker runs the same version of logdebug as this process"
_CARRIED = frozenset({"log", "model", "path", "pattern", "retry_after_seconds", "setting"})
_MOST_CHARACTERS = 64 << 20
_TOLD_CHARACTERS = 4_000
_KINDS = {
    each.kind: each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, LogdebugError)
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What all agents of a run have in common, as each worker is told once.

    Parameters
    ----------
    run_id
        The run.
    version
        The version of logdebug that sends it.
    errands
        What is done for an incident. Its model holds the key, which is why none of this is ever shown.
    model_name
        The model that a worker finds in its own environment; empty where it is sent.
    workers
        How many workers there are, as the run began: each uses its part of what the model's server says it allows.
    """

    run_id: str
    version: str
    errands: Errands
    model_name: str = ""
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Posting:
    """One incident, as the worker that takes it is told.

    Parameters
    ----------
    run_id
        The run.
    agent
        What the agent is called between run and worker.
    incident
        What to investigate.
    session
        The session's name.
    steps
        What was done for it before, as JSON.
    seconds
        For how long it was worked on before.
    """

    run_id: str
    agent: str
    incident: Incident
    session: str
    steps: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Word:
    """What a run tells an agent when it asks for the next step: all before it are on disk.

    Parameters
    ----------
    run_id, agent
        Whom it is for.
    seen
        How many steps are on disk.
    held
        Whether the agent is to wait before its next request.
    directions
        What its operator told it, from the first on.
    spent, seconds
        What the run has spent until now, and for how long it has gone on.
    wait_seconds
        How long to wait for the step.
    """

    run_id: str
    agent: str
    seen: int
    held: bool
    directions: tuple[str, ...]
    spent: Usage
    seconds: float
    wait_seconds: float


def write_step(step: Step) -> str:
    """Give a step as JSON."""
    return json.dumps({"step": type(step).__name__, **asdict(step)}, default=_plain)


def write_error(error: LogdebugError) -> str:
    """Give an error of the tree as JSON, with what it says and the plain things that it carries."""
    carried = {name: value for name, value in vars(error).items() if isinstance(value, str | float | int | None)}
    return json.dumps({"error": error.kind, "message": str(error), "carried": carried}, default=str)


def read_reply(reply: object) -> dict[str, Any]:
    """Read what a worker answered.

    Raises
    ------
    ClusterError
        Where it is no answer of a worker's.
    """
    try:
        read = json.loads(reply) if isinstance(reply, str) and len(reply) <= _MOST_CHARACTERS else None
    except (ValueError, RecursionError) as error:
        raise ClusterError(f"a worker's answer can't be read: {error}; {_REMEDY}") from error
    if not isinstance(read, dict):
        raise ClusterError(f"a worker's answer is no object, or larger than any should be; {_REMEDY}")
    return read


def steps_in(reply: dict[str, Any], number: int, incident: Incident) -> list[Step]:
    """Take the steps out of a worker's answer.

    Parameters
    ----------
    reply
        The answer.
    number
        Which step must be the first, from 1.
    incident
        The incident that they must be for; a diagnosis names it as it was given here.

    Raises
    ------
    ClusterError
        Where it hasn't these steps, or one can't be one.
    """
    lines = reply.get("lines")
    if reply.get("first") != number or not isinstance(lines, list):
        raise ClusterError(f"a worker did not send step {number} where it was due; {_REMEDY}")
    return [_step(line, incident) for line in lines]


def _step(line: object, incident: Incident) -> Step:
    named = line.get("step") if isinstance(line, dict) else None
    try:
        steps = list(steps_of([line], Path())) if isinstance(line, dict) and isinstance(named, str) else []
    except (SessionError, RecursionError) as error:
        raise ClusterError(f"a worker's step can't be read: {error}; {_REMEDY}") from error
    if len(steps) != 1 or isinstance(steps[0], Placed | Resumed) or not all(map(_can_be, _usages(steps[0]))):
        raise ClusterError(f"a worker sent a step {str(named)[:40]!r} that no agent takes; {_REMEDY}")
    [step] = steps
    if isinstance(step, Concluded):
        own = {"service": incident.service, "working_dir": str(incident.working_dir), "log_file": incident.log_file}
        return replace(step, diagnosis=replace(step.diagnosis, **own, session="", reviews=()))  # type: ignore[arg-type]
    return step


def error_in(reply: dict[str, Any]) -> LogdebugError:
    """Make the error of the tree that a worker's answer tells of."""
    kind = _KINDS.get(str(reply.get("error")), ClusterError)
    error = kind.__new__(kind)
    Exception.__init__(error, str(reply.get("message") or "no reason was given")[:_TOLD_CHARACTERS])
    carried = reply.get("carried")
    for name, value in carried.items() if isinstance(carried, dict) else ():
        if name in _CARRIED and isinstance(value, str | float | int | None):
            setattr(error, name, value)
    return error


def _usages(step: Step) -> list[Usage]:
    concluded = [step.diagnosis.usage] if isinstance(step, Concluded) else []
    return [step.usage, *concluded] if isinstance(step, Answered | Concluded | Recalled) else []


def _can_be(usage: Usage) -> bool:
    return all(value is None or 0 <= value < math.inf for value in asdict(usage).values())


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
