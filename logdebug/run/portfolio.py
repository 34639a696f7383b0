"""More incidents than budget: alike ones are asked about once, the worst first, and nobody is left without a word."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.agent.concealing import analysed
from logdebug.agent.limits import Limits, RunLimits
from logdebug.agent.reading import Reading
from logdebug.errors import IncidentError, LogdebugError
from logdebug.incidents import check_incidents, service_of
from logdebug.logs import load_signatures
from logdebug.records import SEVERITIES, STATUSES, Incident, Usage
from logdebug.redaction.redactor import Redactor
from logdebug.redaction.rules import rules_for
from logdebug.run.dispatch import in_notebook, in_sync, investigate
from logdebug.run.estimator import Estimator
from logdebug.run.grouping import grouped
from logdebug.run.likeness import Fingerprint, fingerprint_of
from logdebug.run.merging import Merging
from logdebug.run.plan import Plan, Planned, Way
from logdebug.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from logdebug.agent.models import Model
    from logdebug.records import Diagnosis
    from logdebug.redaction.rules import Redact
    from logdebug.report.report import Report
    from logdebug.run.events import Event

__all__ = ["Portfolio"]


@dataclass(frozen=True, slots=True)
class _Look:
    """What is known of an incident before anybody is asked."""

    diagnosis: Diagnosis
    fingerprint: Fingerprint
    typical: Usage


class Portfolio:
    """Incidents to be investigated within a budget.

    Near-duplicates, whose logs tell of the same failure, are investigated once and share what is found, each with
    quotes of its own log; the others come worst first, by the embedded analyst's severity. Where the budget ends, the
    embedded analyst's diagnosis stands, where it has one. Diagnoses say so: `shared_from`, `analyst`.

        portfolio = ld.Portfolio(incidents, run_limits=ld.RunLimits(usd=5))
        portfolio.plan()                        # a table; nothing is spent
        report = await portfolio.investigate()

    Parameters
    ----------
    incidents, model, limits, signatures, sessions_dir, redact
        As for `investigate`.
    run_limits
        The budget: what all incidents together may cost; None for anything.

    Raises
    ------
    IncidentError
        Where there is no incident that can be investigated.
    """

    def __init__(
        self,
        incidents: Iterable[Incident | Sequence[object] | str],
        *,
        model: str | Model | None = None,
        limits: Limits | None = None,
        run_limits: RunLimits | None = None,
        signatures: Iterable[str | Path] | None = None,
        sessions_dir: str | Path | None = None,
        redact: Redact = True,
    ) -> None:
        settings = Settings.load()
        redact = redact if isinstance(redact, bool) else tuple(redact)
        self._rules = rules_for(redact, settings.redaction)
        self._incidents = check_incidents(incidents)
        self._estimator = Estimator.of(model, limits or Limits(), settings, sessions_dir)
        self._budget = run_limits or RunLimits()
        files = [*map(Path, settings.signatures if signatures is None else signatures)]
        self._signatures = load_signatures(*files)
        self._options: dict[str, Any] = {"model": model, "limits": limits, "run_limits": run_limits,
                                         "signatures": files, "sessions_dir": sessions_dir,
                                         "redact": redact}  # fmt: skip
        self._looks: dict[int, _Look | LogdebugError] = {}

    def plan(self) -> Plan:
        """Say what will be asked about, in which order, and what shares its diagnosis; nothing is spent or sent.

        Every log is read once, by the embedded analyst.
        """
        for index, incident in self._unread():
            self._looks[index] = self._look(incident)
        return self._planned()

    async def investigate(
        self, *, on_event: Callable[[Event], None] | None = None, progress: bool | None = None, **options: Any
    ) -> Report:
        """Investigate within the budget, and give one report of all incidents, in the order given.

        Parameters
        ----------
        on_event, progress
            As for `investigate`; events tell of what is asked about, in the plan's order.
        **options
            Others of `investigate`: `max_concurrency`, `cache`, `resume`.

        Returns
        -------
        Report
            One diagnosis or failure per incident. A diagnosis that is another incident's has `shared_from`, one of
            the embedded analyst where the model was not asked has `analyst`. The same is in the run's directory.

        Raises
        ------
        LogdebugError
            As for `investigate`.
        """
        for index, incident in self._unread():
            self._looks[index] = await self._look_off_loop(incident)
        plan = self._planned()
        order = [each.index for each in plan.entries if each.shared_from is None]
        merging = Merging(plan, self._incidents, order, self._signatures, self._rules)

        def take(event: Event) -> None:
            merging.take(event)
            if on_event is not None:
                on_event(event)

        if progress is None:
            progress = on_event is None and in_notebook()
        given = [self._given(index) for index in order]
        asked = await investigate(given, on_event=take, progress=progress, **self._options, **options)
        return await merging.report(asked)

    investigate_sync = in_sync(investigate)

    def _unread(self) -> list[tuple[int, Incident]]:
        return [
            (index, each)
            for index, each in enumerate(self._incidents)
            if isinstance(each, Incident) and index not in self._looks
        ]

    def _given(self, index: int) -> Any:
        each = self._incidents[index]
        return each.incident if isinstance(each, IncidentError) else each

    def _look(self, incident: Incident) -> _Look | LogdebugError:
        try:
            with closing(self._opened(incident)) as reading:
                return self._read(incident, reading)
        except LogdebugError as error:
            return error

    def _opened(self, incident: Incident) -> Reading:
        return Reading.of(incident, signatures=self._signatures, redactor=Redactor(self._rules))

    async def _look_off_loop(self, incident: Incident) -> _Look | LogdebugError:
        try:
            with closing(self._opened(incident)) as reading:
                return await reading.off_loop(lambda: self._read(incident, reading))
        except LogdebugError as error:
            return error

    def _read(self, incident: Incident, reading: Reading) -> _Look:
        diagnosis = analysed(incident, reading)
        told = self._estimator.tell(incident, reading, diagnosis)
        return _Look(diagnosis, fingerprint_of(reading.log, diagnosis), told.typical)

    def _planned(self) -> Plan:
        looks = {index: look for index, look in self._looks.items() if isinstance(look, _Look)}
        entries: list[Planned] = []
        spent = Usage(cost_usd=0.0)
        within = True
        for first, *others in self._groups(looks):
            typical = looks[first].typical
            within = not entries or (within and self._affords(spent + typical))
            spent += typical if within else Usage(cost_usd=0.0)
            entries.append(_entry(first, looks[first], "asked" if within else "beyond budget"))
            entries += [replace(_entry(index, looks[index], "shared"), shared_from=first) for index in others]
        entries += [
            Planned(index, service_of(each), "unreadable", problem=str(self._looks.get(index, each)))
            for index, each in enumerate(self._incidents)
            if index not in looks
        ]
        return Plan(self._estimator.name, tuple(entries), _in_words(self._budget), self._estimator.habits.basis)

    def _groups(self, looks: dict[int, _Look]) -> list[list[int]]:
        """Give the incidents, worst first, each with those whose logs tell of the same failure."""
        worst = {name: rank for rank, name in enumerate((*SEVERITIES, *STATUSES))}
        ranked = sorted(
            looks, key=lambda each: (worst[looks[each].diagnosis.severity], worst[looks[each].diagnosis.status], each)
        )
        if self._estimator.model is None:
            return [[index] for index in ranked]  # asking the embedded analyst costs nothing: nobody need share
        groups = grouped([looks[index].fingerprint for index in ranked])
        return [[ranked[place] for place in group] for group in groups]

    def _affords(self, spent: Usage) -> bool:
        """Say whether the budget allows for what is expected to be spent; what isn't known can't be held against it."""
        budget = self._budget
        pairs = ((spent.turns, budget.turns), (spent.tokens, budget.tokens), (spent.cost_usd, budget.usd))
        return all(amount is None or most is None or amount <= most for amount, most in pairs)


def _entry(index: int, look: _Look, way: Way) -> Planned:
    typical = Usage(cost_usd=0.0) if way == "shared" else look.typical
    return Planned(index, look.diagnosis.service, way, look.diagnosis, typical=typical)


def _in_words(budget: RunLimits) -> str:
    """Say what may be spent."""
    amounts = (
        (budget.usd, "${:,.2f}"),
        (budget.tokens, "{:,} tokens"),
        (budget.turns, "{:,} turns"),
        (budget.seconds, "{:,.0f} s"),
    )
    return ", ".join(form.format(amount) for amount, form in amounts if amount is not None)
