"""logdebug: a Jupyter toolkit for incident review.

    import logdebug as ld

    incidents = ld.demo_incidents()
    report = await ld.investigate(incidents)

Names are loaded when they are first used, so that `import logdebug` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logdebug.agent.loop import Limits
    from logdebug.agent.models import OpenAIModel, ReplayModel
    from logdebug.errors import LogdebugError
    from logdebug.incidents import demo_incidents, find_incidents, load_incidents
    from logdebug.logs import open_log
    from logdebug.records import Diagnosis, Evidence, Failure, Incident, TimelineEvent, Usage
    from logdebug.report.report import Report
    from logdebug.run.dispatch import Run, investigate, investigate_sync

__version__ = "0.1.0"

_HOMES = {
    "Diagnosis": "records",
    "Evidence": "records",
    "Failure": "records",
    "Incident": "records",
    "Limits": "agent.loop",
    "LogdebugError": "errors",
    "OpenAIModel": "agent.models",
    "ReplayModel": "agent.models",
    "Report": "report.report",
    "Run": "run.dispatch",
    "TimelineEvent": "records",
    "Usage": "records",
    "demo_incidents": "incidents",
    "find_incidents": "incidents",
    "investigate": "run.dispatch",
    "investigate_sync": "run.dispatch",
    "load_incidents": "incidents",
    "open_log": "logs",
}

__all__ = [
    "Diagnosis",
    "Evidence",
    "Failure",
    "Incident",
    "Limits",
    "LogdebugError",
    "OpenAIModel",
    "ReplayModel",
    "Report",
    "Run",
    "TimelineEvent",
    "Usage",
    "demo_incidents",
    "find_incidents",
    "investigate",
    "investigate_sync",
    "load_incidents",
    "open_log",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'logdebug' has no attribute {name!r}")
    value = getattr(import_module(f"logdebug.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*__all__, "__version__"])
