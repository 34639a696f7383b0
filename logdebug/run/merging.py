"""From the report on what was asked about to that on all incidents of a portfolio."""

from __future__ import annotations

import warnings
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from logdebug.agent.concealing import concealed
from logdebug.agent.reading import Reading
from logdebug.errors import LogdebugError, ReportError
from logdebug.records import Diagnosis, Failure, Incident
from logdebug.redaction.redactor import Redactor
from logdebug.run.events import IncidentDiagnosed, IncidentFailed, RunStarted
from logdebug.run.sharing import shared
from logdebug.settings import OFFLINE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from logdebug.logs import SignatureSet
    from logdebug.redaction.rules import Rule
    from logdebug.report.report import Report
    from logdebug.run.events import Event
    from logdebug.run.plan import Plan, Planned

__all__ = ["Merging"]

_BUDGET_SPENT = "run_limit"


class Merging:
    """Takes what a run found out, and gives each incident of the portfolio its outcome.

    Parameters
    ----------
    plan
        What was meant to be done.
    incidents
        All incidents, by place.
    asked
        The places of those that the run is of, in its order.
    signatures
        The failure signatures that logs are read with.
    rules
        What a secret is; None: the rules that ship.
    """

    def __init__(
        self,
        plan: Plan,
        incidents: Sequence[object],
        asked: Sequence[int],
        signatures: SignatureSet,
        rules: tuple[Rule, ...] | None = None,
    ) -> None:
        self._plan = plan
        self._incidents = incidents
        self._asked = asked
        self._signatures, self._rules = signatures, rules
        self._outcomes: dict[int, Diagnosis | Failure] = {}
        self._directory: Path | None = None

    def take(self, event: Event) -> None:
        """Take note of what came of an incident."""
        match event:
            case RunStarted():
                self._directory = event.directory
            case IncidentDiagnosed():
                self._outcomes[self._asked[event.index]] = event.diagnosis
            case IncidentFailed():
                self._outcomes[self._asked[event.index]] = event.failure
            case _:
                return

    async def report(self, asked: Report) -> Report:
        """Give the report on all incidents, in the order given, and put it into the run's directory."""
        merged: dict[int, Diagnosis | Failure] = {}
        for each in self._plan.entries:
            found = self._outcomes[each.index if each.shared_from is None else each.shared_from]
            if each.shared_from is not None and isinstance(found, Diagnosis):
                merged[each.index] = await self._share(each, each.shared_from, found)
            else:
                merged[each.index] = _standing(each, found)
        outcomes = [merged[index] for index in sorted(merged)]
        whole = replace(
            asked,
            reports=tuple(each for each in outcomes if isinstance(each, Diagnosis)),
            errors=tuple(each for each in outcomes if isinstance(each, Failure)),
        )
        self._keep(whole)
        return whole

    async def _share(self, each: Planned, origin: int, found: Diagnosis) -> Diagnosis | Failure:
        theirs, ours = self._incidents[origin], self._incidents[each.index]
        assert isinstance(theirs, Incident)  # noqa: S101 - for mypy: what couldn't be read shares nothing
        assert isinstance(ours, Incident)  # noqa: S101
        try:
            with (
                closing(self._opened(theirs)) as one,
                closing(self._opened(ours)) as other,
            ):
                return await other.off_loop(lambda: concealed(shared(found, one, ours, other), other), at_length=True)
        except LogdebugError as error:
            return Failure(each.service, error.kind, str(error), found.session)

    def _opened(self, incident: Incident) -> Reading:
        return Reading.of(incident, signatures=self._signatures, redactor=Redactor(self._rules))

    def _keep(self, whole: Report) -> None:
        if self._directory is None:
            return
        try:
            whole.save(self._directory / "report.json")
        except ReportError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)  # the report itself must not be lost over this


def _standing(each: Planned, found: Diagnosis | Failure) -> Diagnosis | Failure:
    """Give what stands for an incident: beyond the budget, what the embedded analyst found, if it found something."""
    if isinstance(found, Diagnosis):
        return found
    if found.error == _BUDGET_SPENT and each.diagnosis is not None and each.diagnosis.status == "diagnosed":
        return replace(each.diagnosis, analyst=OFFLINE)
    if each.shared_from is None:
        return found
    why = f"not asked about, since its log tells of the same failure as that of {found.service}, which failed: "
    return replace(found, service=each.service, message=why + found.message)
