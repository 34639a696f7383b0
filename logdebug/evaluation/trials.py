"""Trials: each analyst is shown a neutral copy of each case, and what it says is graded."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from logdebug.agent.reading import Reading
from logdebug.agent.steps import Answered
from logdebug.errors import IncidentError, LogdebugError, SettingsError
from logdebug.evaluation.baselines import BASELINES
from logdebug.evaluation.cases import neutral_copy
from logdebug.evaluation.grading import Grade, grade
from logdebug.evaluation.scores import Scores
from logdebug.records import Diagnosis, Failure, Usage
from logdebug.run.dispatch import Run
from logdebug.run.events import IncidentDiagnosed, IncidentFailed, IncidentStarted, StepTaken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from logdebug.agent.loop import Limits
    from logdebug.agent.models import Model
    from logdebug.evaluation.cases import Case
    from logdebug.logs import Log
    from logdebug.records import Incident
    from logdebug.run.events import Event

    Function = Callable[[Incident, Log], Diagnosis]
    Analyst = str | Model | Function
    Keep = Callable[[int, Diagnosis | Failure, Usage], None]

__all__ = ["Evaluation", "evaluate"]

DEFAULT_CONCURRENCY = 16
EVERYONE = ("offline", *BASELINES)
"""The analysts that need no model."""


async def evaluate(
    cases: Iterable[Case],
    *,
    models: Sequence[Analyst] = EVERYONE,
    max_concurrency: int = DEFAULT_CONCURRENCY,
    limits: Limits | None = None,
    sessions_dir: str | Path | None = None,
    on_grade: Callable[[Grade], None] | None = None,
) -> Scores:
    """Measure analysts on labelled incidents.

    Each analyst is sent through the same cases, one analyst after the other. It sees a copy of the case's directory
    without the label, under a name that tells nothing; the service's name is the label's.

    Parameters
    ----------
    cases
        Labelled incidents, as `load_cases` and `demo_cases` give them.
    models
        The analysts: names of models, `"offline"` (the embedded analyst), `"tail"` and `"grep"` (the baselines),
        `Model` objects, or functions from an incident and its open log to a diagnosis.
    max_concurrency
        How many agents work at the same time.
    limits
        What a model may spend on one case.
    sessions_dir
        Where the agents' sessions are kept; by default where `investigate` keeps them.
    on_grade
        Called with each grade as it is given.

    Returns
    -------
    Scores
        One grade per case and analyst.

    Raises
    ------
    IncidentError
        Where there is no case, or two have one name.
    SettingsError
        Where there is no analyst, two have one name, a model needs a key and there is none, or an argument has no
        usable value.
    """
    return await Evaluation(
        cases,
        models=models,
        max_concurrency=max_concurrency,
        limits=limits,
        sessions_dir=sessions_dir,
        on_grade=on_grade,
    ).finish()


class Evaluation:
    """One call of `evaluate`, for those who want the grades that were given when it is cancelled.

    Parameters are those of `evaluate`.
    """

    def __init__(
        self,
        cases: Iterable[Case],
        *,
        models: Sequence[Analyst] = EVERYONE,
        max_concurrency: int = DEFAULT_CONCURRENCY,
        limits: Limits | None = None,
        sessions_dir: str | Path | None = None,
        on_grade: Callable[[Grade], None] | None = None,
    ) -> None:
        self._cases = list(cases)
        self._analysts: dict[str, Analyst] = {}
        for each in [models] if isinstance(models, str) else models:
            if _name_of(each) in self._analysts:
                raise SettingsError(f"two analysts are called {_name_of(each)!r}; give each once", setting="models")
            self._analysts[_name_of(each)] = each
        self._check()
        self._max_concurrency = max_concurrency
        self._limits = limits
        self._sessions_dir = sessions_dir
        self._tell = on_grade or (lambda _: None)
        self._grades: dict[tuple[str, str], Grade] = {}

    @property
    def analysts(self) -> tuple[str, ...]:
        """The names of the analysts, in the order in which they work."""
        return tuple(self._analysts)

    async def finish(self) -> Scores:
        """Send each analyst through all cases and give the scores."""
        with tempfile.TemporaryDirectory(prefix="incidents-") as top:
            incidents = [neutral_copy(case, Path(top) / f"{number:04}") for number, case in enumerate(self._cases, 1)]
            # All are made before the first begins: a missing key is told before anything is spent.
            runs = {name: self._run_of(name, analyst, incidents) for name, analyst in self._analysts.items()}
            for run in runs.values():
                await run.finish()
        return self.scores()

    def scores(self) -> Scores:
        """Give the scores of what is finished."""
        order = [(name, case.name) for name in self._analysts for case in self._cases]
        return Scores(tuple(self._grades[key] for key in order if key in self._grades), datetime.now(UTC))

    def _check(self) -> None:
        if not self._cases:
            raise IncidentError("there are no cases to evaluate on; load some with load_cases, or use demo_cases()")
        if not self._analysts:
            raise SettingsError('models is empty; name at least one, for example "offline"', setting="models")
        [(name, count)] = Counter(case.name for case in self._cases).most_common(1)
        if count > 1:
            raise IncidentError(f"{count} cases are called {name!r}; their names must tell them apart", incident=name)

    def _run_of(self, name: str, analyst: Analyst, incidents: list[Incident]) -> Run | _FunctionRun:
        """Make the run of one analyst over all cases."""

        def keep(index: int, outcome: Diagnosis | Failure, usage: Usage) -> None:
            given = grade(self._cases[index], name, outcome, incidents[index], usage)
            self._grades[name, given.case] = given
            self._tell(given)

        function = BASELINES.get(analyst) if isinstance(analyst, str) else analyst
        if function is not None and not hasattr(function, "ask"):
            return _FunctionRun(function, incidents, keep)
        return Run(
            incidents,
            model=cast("str | Model", analyst),
            max_concurrency=self._max_concurrency,
            on_event=_Meter(keep).take,
            limits=self._limits,
            sessions_dir=self._sessions_dir,
            cache="off",  # what is measured is asked for
        )


class _FunctionRun:
    """Sends a function through incidents, one after the other."""

    def __init__(self, function: Function, incidents: list[Incident], keep: Keep) -> None:
        self._function = function
        self._incidents = incidents
        self._keep = keep

    async def finish(self) -> None:
        """Ask the function about each incident; what the tree of errors has a name for is a failure."""
        for index, incident in enumerate(self._incidents):
            began = time.perf_counter()
            try:
                with closing(Reading.of(incident)) as reading:
                    outcome: Diagnosis | Failure = await reading.off_loop(
                        partial(self._function, incident, reading.log)
                    )
            except LogdebugError as error:
                outcome = Failure(incident.service, error.kind, str(error))
            self._keep(index, outcome, Usage(cost_usd=0.0, seconds=time.perf_counter() - began))


class _Meter:
    """Follows a run's events and hands on each outcome with what it cost; a failure has its price, too."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._began: dict[int, float] = {}
        self._spent: dict[int, Usage] = {}

    def take(self, event: Event) -> None:
        """Take an event of the run."""
        match event:
            case IncidentStarted(index=index):
                self._began[index] = time.perf_counter()
                self._spent[index] = Usage(cost_usd=0.0)
            case StepTaken(index=index, step=Answered(usage=usage)):
                self._spent[index] += usage
            case IncidentDiagnosed(index=index, diagnosis=diagnosis):
                spent = self._spent.get(index, diagnosis.usage)
                self._keep(
                    index,
                    diagnosis,
                    replace(spent if spent.turns else diagnosis.usage, seconds=diagnosis.usage.seconds),
                )
            case IncidentFailed(index=index, failure=failure):
                seconds = time.perf_counter() - self._began.get(index, time.perf_counter())
                self._keep(index, failure, replace(self._spent.get(index, Usage(cost_usd=0.0)), seconds=seconds))
            case _:
                pass


def _name_of(analyst: Analyst) -> str:
    """Name an analyst: a model by its name, a function by its own."""
    if isinstance(analyst, str):
        return analyst
    name = getattr(analyst, "name", None) or getattr(analyst, "__name__", None)
    if not isinstance(name, str) or not (hasattr(analyst, "ask") or callable(analyst)):
        raise SettingsError(
            f"models has {analyst!r}, which is no model's name, no Model and no function with a name", setting="models"
        )
    return name
