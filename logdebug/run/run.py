"""One run: many incidents at once, one agent each, bounded, each incident's trouble its own."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import aclosing, closing, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from logdebug.agent.loop import Agent, Limits
from logdebug.agent.offline import diagnose
from logdebug.agent.reading import Reading
from logdebug.agent.steps import Answered, Concluded
from logdebug.errors import IncidentError, LogdebugError, SessionError, SettingsError
from logdebug.incidents import check_incidents, service_of
from logdebug.logs import load_signatures
from logdebug.records import Diagnosis, Failure, Incident, Usage
from logdebug.report.report import Report
from logdebug.run.control import Controls
from logdebug.run.events import (
    Event,
    IncidentDiagnosed,
    IncidentFailed,
    IncidentStarted,
    RunStarted,
    StepTaken,
)
from logdebug.run.roster import Roster
from logdebug.run.sessions import RunDirectory
from logdebug.settings import OFFLINE, Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

    from logdebug.agent.inbox import Inbox
    from logdebug.agent.models import Model
    from logdebug.agent.steps import Step
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
        incidents: Iterable[Incident | Sequence[object] | str],
        *,
        model: str | Model | None = None,
        max_concurrency: int = DEFAULT_CONCURRENCY,
        on_event: Callable[[Event], None] | None = None,
        limits: Limits | None = None,
        sessions_dir: str | Path | None = None,
        signatures: Iterable[str | Path] | None = None,
    ) -> None:
        if max_concurrency < 1:
            raise SettingsError(f"max_concurrency={max_concurrency}: at least one agent must work", setting="run")
        self._incidents = check_incidents(incidents)
        settings = Settings.load()
        self._ours = model is None or isinstance(model, str)  # a model that we made is ours to close
        self._model = _model_of(model, settings)
        self._signatures = load_signatures(*(map(Path, settings.signatures if signatures is None else signatures)))
        self._limits = limits or Limits()
        self._watchers = [on_event] if on_event else []
        self._width = min(max_concurrency, len(self._incidents))
        self._outcomes: dict[int, Diagnosis | Failure] = {}
        self._sessions: dict[int, str] = {}
        self._spent = Usage(cost_usd=0.0)
        self._began = monotonic()
        self.controls = Controls(len(self._incidents))
        self._roster = Roster(
            len(self._incidents), tell=self._tell, call_off=self._call_off, has_model=self._model is not None
        )
        self._directory = RunDirectory(
            Path(sessions_dir).expanduser() if sessions_dir is not None else settings.sessions_dir,
            {
                "model": self.model_name,
                "incidents": [str(each) for each in self._incidents],
                "limits": asdict(self._limits),
                "started_at": datetime.now(UTC),
            },
        )

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
        self._tell(RunStarted(self._directory.run_id, self.model_name, self._services(), self._directory.path))
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
            if self._ours and self._model is not None:
                await self._model.aclose()
        return self.report()

    def report(self) -> Report:
        """Give the report of what is finished; an incident that isn't counts as cancelled."""
        outcomes = [self._outcomes.get(index) or self._cancelled(index) for index in range(len(self._incidents))]
        spent = self._spent
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
                round(monotonic() - self._began, 3),
            ),
        )

    async def _work(self) -> None:
        """Take one incident after the other, until there are none."""
        while (index := await self._roster.next()) is not None:
            incident = self._incidents[index]
            if isinstance(incident, IncidentError):
                self._end(index, _failure(incident, service=service_of(incident), session=""))
            else:
                self._end(index, await self._investigate(index, incident))

    async def _investigate(self, index: int, incident: Incident) -> Diagnosis | Failure:
        """Send one agent; whatever the tree of errors has a name for becomes this incident's failure."""
        try:
            session = self._directory.begin(index, incident.service, {"incident": incident, "model": self.model_name})
        except LogdebugError as error:
            return _failure(error, service=incident.service, session="")
        with session:
            self._sessions[index] = session.name
            inbox = self._roster.begin(index)
            self._tell(IncidentStarted(index, incident, session.name))
            try:
                return await self._diagnosis(index, incident, session, inbox)
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

    async def _diagnosis(self, index: int, incident: Incident, session: Session, inbox: Inbox) -> Diagnosis:
        """Let an agent work, each step on disk before it is told."""
        async with aclosing(self._steps(incident, inbox)) as steps:
            async for step in steps:
                session.append(step)
                self._tell(StepTaken(index, step))
                if isinstance(step, Answered):
                    self._spent += step.usage
                if isinstance(step, Concluded):
                    return replace(step.diagnosis, session=session.name)
        raise AssertionError("an agent ended without a conclusion or an error")

    async def _steps(self, incident: Incident, inbox: Inbox) -> AsyncGenerator[Step]:
        with closing(Reading.of(incident, signatures=self._signatures)) as reading:
            if self._model is None:
                diagnosis = await reading.off_loop(lambda: diagnose(incident, reading.log))
                await inbox.opened()
                yield Concluded(diagnosis, "offline", diagnosis.usage)
                return
            async with aclosing(Agent(incident, reading, self._model, self._limits, inbox).run()) as steps:
                async for step in steps:
                    yield step

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

    return OpenAIModel(name, api_key=settings.key_for(name), base_url=settings.base_url)


def _failure(error: LogdebugError, *, service: str, session: str) -> Failure:
    return Failure(service=service, error=error.kind, message=str(error), session=session)
