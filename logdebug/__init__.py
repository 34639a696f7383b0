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
    from logdebug.agent.limits import Limits, RunLimits
    from logdebug.agent.models import OpenAIModel, ReplayModel
    from logdebug.agent.prices import Price
    from logdebug.errors import LogdebugError
    from logdebug.evaluation.cases import Case, demo_cases, load_cases
    from logdebug.evaluation.saving import save_case
    from logdebug.evaluation.scores import Scores
    from logdebug.evaluation.trials import Evaluation, evaluate
    from logdebug.incidents import demo_incidents, find_incidents, load_incidents
    from logdebug.logs import open_log
    from logdebug.records import Absence, Diagnosis, Evidence, Failure, Incident, TimelineEvent, Usage
    from logdebug.report.history.history import History
    from logdebug.report.report import Report
    from logdebug.run.cluster.placement import Cluster
    from logdebug.run.dispatch import Run, investigate, investigate_sync
    from logdebug.run.estimate import Estimate
    from logdebug.run.estimator import estimate
    from logdebug.run.portfolio import Portfolio
    from logdebug.run.replaying import replay
    from logdebug.run.secrets import find_secrets
    from logdebug.verification.ablation import ablate, ablate_sync

__version__ = "0.1.0"

_HOMES = {
    "Absence": "records",
    "Case": "evaluation.cases",
    "Cluster": "run.cluster.placement",
    "Diagnosis": "records",
    "Estimate": "run.estimate",
    "Evaluation": "evaluation.trials",
    "Evidence": "records",
    "Failure": "records",
    "History": "report.history.history",
    "Incident": "records",
    "Limits": "agent.limits",
    "LogdebugError": "errors",
    "OpenAIModel": "agent.models",
    "Price": "agent.prices",
    "Portfolio": "run.portfolio",
    "ReplayModel": "agent.models",
    "Report": "report.report",
    "Run": "run.dispatch",
    "RunLimits": "agent.limits",
    "Scores": "evaluation.scores",
    "TimelineEvent": "records",
    "Usage": "records",
    "ablate": "verification.ablation",
    "ablate_sync": "verification.ablation",
    "demo_cases": "evaluation.cases",
    "demo_incidents": "incidents",
    "estimate": "run.estimator",
    "evaluate": "evaluation.trials",
    "find_incidents": "incidents",
    "find_secrets": "run.secrets",
    "investigate": "run.dispatch",
    "investigate_sync": "run.dispatch",
    "load_cases": "evaluation.cases",
    "load_incidents": "incidents",
    "open_log": "logs",
    "replay": "run.replaying",
    "save_case": "evaluation.saving",
}

__all__ = [
    "Absence",
    "Case",
    "Cluster",
    "Diagnosis",
    "Estimate",
    "Evaluation",
    "Evidence",
    "Failure",
    "History",
    "Incident",
    "Limits",
    "LogdebugError",
    "OpenAIModel",
    "Portfolio",
    "Price",
    "ReplayModel",
    "Report",
    "Run",
    "RunLimits",
    "Scores",
    "TimelineEvent",
    "Usage",
    "ablate",
    "ablate_sync",
    "demo_cases",
    "demo_incidents",
    "estimate",
    "evaluate",
    "find_incidents",
    "find_secrets",
    "investigate",
    "investigate_sync",
    "load_cases",
    "load_incidents",
    "open_log",
    "replay",
    "save_case",
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
