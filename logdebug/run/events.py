"""What happens in a run: one frozen record per event, for whoever watches it.

Events of one incident carry its `index`, its place in the list of incidents from 0: two incidents may share a service.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from logdebug.records import Usage

if TYPE_CHECKING:
    from pathlib import Path

    from logdebug.agent.steps import Step
    from logdebug.records import Diagnosis, Failure, Incident

__all__ = [
    "Control",
    "ControlTaken",
    "Event",
    "IncidentDiagnosed",
    "IncidentEvent",
    "IncidentFailed",
    "IncidentStarted",
    "RunStarted",
    "StepTaken",
]

Control = Literal["cancel", "pause", "resume", "steer"]
"""What can be wanted of a run while it goes on; see `Controls`."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run began: its id, the model that is asked, how each incident is called, and where it is on disk."""

    run_id: str
    model: str
    services: tuple[str, ...]
    directory: Path


@dataclass(frozen=True, slots=True)
class IncidentStarted:
    """An agent was sent, or sent on.

    Parameters
    ----------
    index
        The incident's place.
    incident
        The incident.
    session
        The session's name: its directory below the sessions directory.
    spent
        What the session had cost before, where it is gone on with.
    """

    index: int
    incident: Incident
    session: str
    spent: Usage = field(default_factory=lambda: Usage(cost_usd=0.0))


@dataclass(frozen=True, slots=True)
class StepTaken:
    """An agent took a step; it is on disk."""

    index: int
    step: Step


@dataclass(frozen=True, slots=True)
class ControlTaken:
    """An incident was paused, resumed or directed; one that is cancelled ends in `IncidentFailed` instead.

    Parameters
    ----------
    index
        The incident's place.
    control
        What was wanted.
    by
        Who wanted it.
    text
        Of `steer`: what the agent is told.
    refused
        Why it has no effect; empty where it has.
    """

    index: int
    control: Control
    by: str
    text: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class IncidentDiagnosed:
    """An incident is done; its diagnosis is on disk."""

    index: int
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class IncidentFailed:
    """An incident got no diagnosis."""

    index: int
    failure: Failure


IncidentEvent = IncidentStarted | StepTaken | ControlTaken | IncidentDiagnosed | IncidentFailed
Event = RunStarted | IncidentEvent
