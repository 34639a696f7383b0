"""One run: many incidents at once, one agent each, bounded, each incident's trouble its own."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import aclosing, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from logdebug.agent.limits import Budget, Limits, RunLimits, check_payable
from logdebug.agent.steps import Answered, Concluded
from logdebug.errors import IncidentError, LogdebugError, SessionError, SettingsError
from logdebug.incidents import check_incidents, service_of
from logdebug.logs import load_signatures
from logdebug.records import Diagnosis, Failure, Incident, Usage
from logdebug.report.report import Report
from logdebug.run.cache import Cache
from logdebug.run.control import Controls
from logdebug.run.errands import Errands
from logdebug.run.events import (
    Event,
    IncidentDiagnosed,
    IncidentFailed,
    IncidentStarted,
    RunStarted,
    StepTaken,
)
from logdebug.run.orders import monitored
from logdebug.run.resuming import PastRun
from logdebug.run.roster import Roster
from logdebug.run.sessions import RunDirectory
from logdebug.settings import OFFLINE, Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

    from logdebug.agent.models import Model
    from logdebug.agent.steps import Step
    from logdebug.run.cache import CacheMode
    from logdebug.run.control import Command
    from logdebug.run.sessions import Session

__all__ = ["DEFAULT_CONCURRENCY", "Run"]

DEFAULT_CONCURRENCY = 16


class Run:
    """One call of `investigate`, for those who steer it, or want what was finished when it is cancelled.

    Parameters are those of `investigate`; the incidents are checked, the model found and the run's directory made at
    once, so that what is wrong with them is said before anything is spent.

    Attributes
    ----------
    controls
        What cancels, pauses, resumes and directs it, one incident or all, from any thread.
    """

    def __init__(
        self,
        incidents: Iterable[Incident | Sequence[object] | str] | None = None,
        *,
        model: str | Model | None = None,
        max_concurrency: int = DEFAULT_CONCURRENCY,
        on_event: Callable[[Event], None] | None = None,
        limits: Limits | None = None,
        sessions_dir: str | Path | None = None,
        signatures: Iterable[str | Path] | None = None,
        run_limits: RunLimits | None = None,
        cache: CacheMode = "reuse",
        resume: str | Path | None = None,
    ) -> None:
        if max_concurrency < 1:
            raise SettingsError(f"max_concurrency={max_concurrency}: at least one agent must work", setting="run")
        settings = Settings.load()
        below = Path(sessions_dir).expanduser() if sessions_dir is not None else settings.sessions_dir
        self._past = PastRun.find(resume, below) if resume is not None else None
        self._incidents = check_incidents(_given(incidents, self._past))
        self._ours = model is None or isinstance(model, str)  # a model that we made is ours to close
        self._model = _model_of(model if model is not None or self._past is None else self._past.model, settings)
        self._budget = Budget(run_limits or (self._past.run_limits if self._past else RunLimits()))
        self._errands = Errands(
            self._model,
            load_signatures(*(map(Path, settings.signatures if signatures is None else signatures))),
            limits or (self._past.limits if self._past else Limits()),
            self._budget,
            Cache(below / "cache", cache),
        )
        check_payable(self._model, self._errands.limits, self._budget.limits, self._past.spent if self._past else None)
        self._watchers = [on_event] if on_event else []
        self._width = min(max_concurrency, len(self._incidents))
        self._outcomes: dict[int, Diagnosis | Failure] = {}
        self._sessions: dict[int, str] = {}
        self.controls = Controls(len(self._incidents))
        self._roster = Roster(
            len(self._incidents), tell=self._tell, call_off=self._call_off, has_model=self._model is not None
        )
        self._directory = self._directory_below(below)

    def _directory_below(self, below: Path) -> RunDirectory:
        """Give the run's directory: a new one, or that of the run which is gone on with."""
        if self._past is not None:
            directory = RunDirectory(self._past.path.parent, {}, self._past.path.name)
            self._budget.spent += self._past.spent
            self._budget.began -= self._past.seconds
            return directory
        about = {
            "model": self.model_name,
            "incidents": [_plain(each) for each in self._incidents],
            "limits": asdict(self._errands.limits),
            "run_limits": asdict(self._budget.limits),
            "started_at": datetime.now(UTC),
        }
        return RunDirectory(below, about)

    @property
    def model_name(self) -> str:
        """The model that is asked, or `offline`."""
        return OFFLINE if self._model is None else self._model.name

    @property
    def directory(self) -> Path:
        """Where it is on disk; its `report.json` holds what was finished, however it ended."""
        return self._directory.path

    def watch(self, on_event: Callable[[Event], None]) -> None:
        """Have one more told of each event, after it is on disk. What it raises ends the run."""
        self._watchers.append(on_event)

    async def finish(self) -> Report:
        """Investigate all incidents and give the report."""
        async with monitored(self._directory.path, self.controls) as tell:
            self._watchers.insert(0, tell)  # what a watcher raises ends the run: it must be written down by then
            return await self._finish()

    async def _finish(self) -> Report:
        self._tell(RunStarted(self._directory.run_id, self.model_name, self._services(), self._directory.path))
        self._take_what_is_finished()
        try:
            async with asyncio.TaskGroup() as group:
                self.controls.attach(asyncio.get_running_loop(), lambda command: self._obey(command, group))
                for _ in range(self._width):
                    group.create_task(self._work())
        except BaseExceptionGroup as several:
            # A bug is easier to read as itself than as a group; the others it came with are shown as its cause.
            first, *others = several.exceptions
            raise first from (several if others else first.__cause__)
        finally:
            self.controls.detach()
            self._keep()
            self._directory.close()
            if self._ours and self._model is not None:
                await self._model.aclose()
        return self.report()

    def report(self) -> Report:
        """Give the report of what is finished; an incident that isn't counts as cancelled."""
        outcomes = [self._outcomes.get(index) or self._cancelled(index) for index in range(len(self._incidents))]
        spent = self._budget.spent
        return Report(
            generated_at=datetime.now(UTC),
            model=self.model_name,
            run_id=self._directory.run_id,
            reports=tuple(each for each in outcomes if isinstance(each, Diagnosis)),
            errors=tuple(each for each in outcomes if isinstance(each, Failure)),
            usage=Usage(
                spent.turns,
                spent.input_tokens,
                spent.output_tokens,
                spent.cost_usd,
                round(monotonic() - self._budget.began, 3),
            ),
        )

    def _take_what_is_finished(self) -> None:
        """Take the diagnoses of a run that is gone on with as they are: nothing is paid for twice."""
        for index, session in (self._past.sessions if self._past else {}).items():
            diagnosis = session.diagnosis
            if diagnosis is not None:
                self._sessions[index] = session.name
                self._end(index, diagnosis)

    async def _work(self) -> None:
        """Take one incident after the other, until there are none."""
        while (index := await self._roster.next()) is not None:
            incident = self._incidents[index]
            if isinstance(incident, IncidentError):
                self._end(index, _failure(incident, service=service_of(incident), session=""))
            elif self._budget.share >= 1:
                self._end(index, self._unaffordable(index))
            else:
                self._end(index, await self._investigate(index, incident))

    async def _investigate(self, index: int, incident: Incident) -> Diagnosis | Failure:
        """Send one agent; whatever the tree of errors has a name for becomes this incident's failure."""
        past = self._past.sessions.get(index) if self._past else None
        try:
            about = {"incident": incident, "model": self.model_name}
            session = past.reopen() if past else self._directory.begin(index, incident.service, about)
        except LogdebugError as error:
            return _failure(error, service=incident.service, session="")
        with session:
            self._sessions[index] = session.name
            inbox = self._roster.begin(index)
            self._tell(IncidentStarted(index, incident, session.name))
            try:
                steps = self._errands.steps(incident, inbox, past, session.name)
                return await self._diagnosis(index, steps, session)
            except LogdebugError as error:
                failure = _failure(error, service=incident.service, session=session.name)
            except asyncio.CancelledError:
                by = self._roster.spares(index)
                if not by:
                    raise
                failure = self._cancelled(index, by)
            with suppress(SessionError):  # a disk that took no step takes no failure either
                session.append(failure)
            return failure

    async def _diagnosis(self, index: int, steps: AsyncGenerator[Step], session: Session) -> Diagnosis:
        """Let an agent work, each step on disk before it is told."""
        async with aclosing(steps):
            async for step in steps:
                session.append(step)
                if isinstance(step, Answered):
                    self._budget.spend(replace(step.usage, seconds=0.0))
                self._tell(StepTaken(index, step))
                if isinstance(step, Concluded):
                    return replace(step.diagnosis, session=session.name)
        raise AssertionError("an agent ended without a conclusion or an error")

    def _end(self, index: int, outcome: Diagnosis | Failure) -> None:
        self._roster.end(index)
        self._outcomes[index] = outcome
        if isinstance(outcome, Diagnosis):
            self._tell(IncidentDiagnosed(index, outcome))
        else:
            self._tell(IncidentFailed(index, outcome))

    def _obey(self, command: Command, group: asyncio.TaskGroup) -> None:
        """Do what somebody wants of the run."""

        async def obey() -> None:
            self._roster.obey(command)

        obeying = obey()
        try:
            group.create_task(obeying)  # within the group, so that what a watcher raises ends the run
        except RuntimeError:  # the run is at its end
            obeying.close()

    def _call_off(self, index: int, by: str) -> None:
        """End an incident that was cancelled before its turn."""
        self._end(index, self._cancelled(index, by))

    def _tell(self, event: Event) -> None:
        for watcher in self._watchers:
            watcher(event)

    def _keep(self) -> None:
        """Put the report of what is finished beside the sessions, whatever it was that ended the run."""
        try:
            self._directory.keep(self.report().to_json())
        except SessionError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)  # the report itself must not be lost over this

    def _services(self) -> tuple[str, ...]:
        return tuple(map(service_of, self._incidents))

    def _unaffordable(self, index: int) -> Failure:
        return Failure(
            service=service_of(self._incidents[index]),
            error="run_limit",
            message="what the run may cost was spent before this incident's turn; raise run_limits and resume the run",
            session=self._sessions.get(index, ""),
        )

    def _cancelled(self, index: int, by: str = "") -> Failure:
        begun = index in self._sessions
        return Failure(
            service=service_of(self._incidents[index]),
            error="cancelled",
            message=(f"cancelled by {by} " if by else "the run was cancelled ")
            + ("while this incident was worked on" if begun else "before its turn"),
            session=self._sessions.get(index, ""),
        )


def _model_of(model: str | Model | None, settings: Settings) -> Model | None:
    """Find the model to ask; None is the embedded analyst."""
    if model is not None and not isinstance(model, str):
        return model
    name = settings.model_name(model)
    if name == OFFLINE:
        return None
    from logdebug.agent.models import OpenAIModel
    from logdebug.agent.prices import Price

    price = Price.parse(settings.price) if settings.price else None
    return OpenAIModel(name, api_key=settings.key_for(name), base_url=settings.base_url, price=price)


def _given(
    incidents: Iterable[Incident | Sequence[object] | str] | None, past: PastRun | None
) -> Iterable[Incident | Sequence[object] | str]:
    """Give the incidents to investigate: those of the run which is gone on with, where they aren't given again."""
    if past is None:
        if incidents is None:
            raise IncidentError("no incidents: give some, or resume= with a run to go on with")
        return incidents
    if incidents is None:
        return past.incidents
    again = list(incidents)
    if list(map(service_of, check_incidents(again))) != list(map(service_of, check_incidents(past.incidents))):
        raise SettingsError(
            f"resume={past.path.name!r}: that run was of other incidents; leave them out to go on with it",
            setting="resume",
        )
    return again


def _plain(checked: Incident | IncidentError) -> dict[str, str]:
    """Give an incident as `run.json` has it; one that can't be investigated as it was given."""
    given = checked.incident if isinstance(checked, IncidentError) else checked
    if isinstance(given, Incident):
        return {"working_dir": str(given.working_dir), "log_file": given.log_file, "service": given.service}
    return {"given": str(given)}


def _failure(error: LogdebugError, *, service: str, session: str) -> Failure:
    return Failure(service=service, error=error.kind, message=str(error), session=session)
