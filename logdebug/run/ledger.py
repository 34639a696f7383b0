"""What came of each incident of a run, and the report that it makes, at any time."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from logdebug.incidents import service_of
from logdebug.records import Diagnosis, Failure, Usage
from logdebug.report.report import Report
from logdebug.run.failures import cancelled, failure_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.agent.limits import Budget
    from logdebug.errors import IncidentError, LogdebugError
    from logdebug.records import Incident

__all__ = ["Ledger"]


class Ledger:
    """The outcomes of a run.

    Parameters
    ----------
    incidents
        What is investigated, and what can't be.

    Attributes
    ----------
    outcomes
        What came of the incidents that have ended, by their places from 0.
    sessions
        The names of the sessions of those that were begun.
    stopped
        What ended the run as a whole; None where nothing did.
    """

    def __init__(self, incidents: Sequence[Incident | IncidentError]) -> None:
        self._incidents = incidents
        self.outcomes: dict[int, Diagnosis | Failure] = {}
        self.sessions: dict[int, str] = {}
        self.stopped: LogdebugError | None = None

    def report(self, run_id: str, model: str, budget: Budget, *, redacted: bool) -> Report:
        """Give the report of what is finished; an incident that isn't counts as cancelled."""
        outcomes = [self.outcomes.get(index) or self.cancelled(index) for index in range(len(self._incidents))]
        spent = budget.spent
        seconds = round(monotonic() - budget.began, 3)
        return Report(
            generated_at=datetime.now(UTC),
            model=model,
            run_id=run_id,
            reports=tuple(each for each in outcomes if isinstance(each, Diagnosis)),
            errors=tuple(each for each in outcomes if isinstance(each, Failure)),
            usage=Usage(spent.turns, spent.input_tokens, spent.output_tokens, spent.cost_usd, seconds),
            redacted=redacted,
        )

    def cancelled(self, index: int, by: str = "") -> Failure:
        """Give the failure of an incident that was called off, by whom, or that the end of the run left unfinished."""
        service, session = service_of(self._incidents[index]), self.sessions.get(index, "")
        if self.stopped is not None and not by:
            return failure_of(self.stopped, service=service, session=session)
        return cancelled(service, session, by)
