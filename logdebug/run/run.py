"""One run: many incidents at once, one agent each, bounded, each incident's trouble its own."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import ExitStack, aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from logdebug.agent.limits import check_payable
from logdebug.agent.steps import Answered, Concluded
from logdebug.errors import IncidentError, LogdebugError, SessionError, SettingsError
from logdebug.incidents import service_of
from logdebug.records import Diagnosis, Failure, Incident, Usage
from logdebug.redaction.rules import rules_for
from logdebug.run.brief import Brief, identity_of, model_of, sessions_below
from logdebug.run.cluster.placement import Cluster
from logdebug.run.cluster.postings import Postings
from logdebug.run.control import Controls
from logdebug.run.errands import Errands
from logdebug.run.events import Event, IncidentDiagnosed, IncidentFailed, IncidentStarted, RunStarted, StepTaken
from logdebug.run.failures import failure_of, unaffordable
from logdebug.run.ledger import Ledger
from logdebug.run.opener import with_opener
from logdebug.run.orders import monitored
from logdebug.run.resuming import PastRun, find_run
from logdebug.run.roster import Roster
from logdebug.run.sessions import RunDirectory
from logdebug.run.stopping import STOPPING, stopped
from logdebug.settings import OFFLINE, Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
    from pathlib import Path

    from distributed import Client

    from logdebug.agent.limits import Limits, RunLimits
    from logdebug.agent.models import Model
    from logdebug.agent.steps import Step
    from logdebug.redaction.rules import Redact
    from logdebug.report.report import Report
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
        cache: CacheMode | None = None,
        resume: str | Path | None = None,
        redact: Redact = True,
        cluster: Cluster | Client | None = None,
    ) -> None:
        if max_concurrency < 1:
            raise SettingsError(f"max_concurrency={max_concurrency}: at least one agent must work", setting="run")
        settings = Settings.load()
        where = Cluster.of(cluster) if cluster is not None else None
        if where is not None and not where.send_key:  # nor is it needed here
            settings = replace(settings, api_key=settings.api_key or "kept by the workers")
        below = sessions_below(sessions_dir, settings)
        with ExitStack() as claims:
            # A run is claimed before it is read: what another process still writes would be missed, and paid for again.
            again = claims.enter_context(RunDirectory.again(find_run(resume, below))) if resume is not None else None
            self._past = PastRun.read(again.path) if again is not None else None
            self._begun = self._past.sessions if self._past else {}
            own_signatures = self._past.signatures if self._past else settings.signatures
            brief = Brief.of(
                incidents,
                self._past,
                limits=limits,
                run_limits=run_limits,
                signatures=own_signatures if signatures is None else signatures,
                cache=cache,
                are_here=where is None,
            )
            self._incidents, self._services = brief.incidents, brief.services
            self._ours = model is None or isinstance(model, str)  # a model that we made is ours to close
            self._model = model_of(model, self._past, settings)
            check_payable(self._model, brief.limits, brief.run_limits, self._past.spent if self._past else None)
            self._errands = Errands.of(brief, self._model, below / "cache", rules_for(redact, settings.redaction))
            self._watchers = [on_event] if on_event else []
            self._width = min(max_concurrency, len(self._incidents))
            self._prepare()
            here = [each for each in self._incidents if isinstance(each, Incident)]
            self._postings = Postings.of(where, self._errands, here) if where is not None else None
            self._directory = again or RunDirectory(below, brief.written(self.model_name, identity_of(self._model)))
            claims.pop_all()

    def _prepare(self) -> None:
        """Make the books that are kept of it; those of a run that is gone on with stand where that stood."""
        many = len(self._incidents)
        self._budget = self._errands.budget
        self._ledger = Ledger(self._incidents)
        self.controls = Controls(many)
        self._roster = Roster(many, tell=self._tell, call_off=self._call_off, has_model=self._model is not None)
        past = self._past
        if past is None:
            return
        # What it spent, and what its agents hadn't heard yet.
        self._budget.spent += past.spent
        self._budget.began -= past.seconds
        for index, directions in past.directions.items():
            self._roster.pass_on(index, directions)

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
        try:
            async with monitored(self._directory.path, self.controls) as tell:
                self._watchers.insert(0, tell)  # what a watcher raises ends the run: it must be written down by then
                return await self._finish()
        finally:
            self._directory.close()  # after the last word that is written: from here on others may go on with the run

    async def _finish(self) -> Report:
        self._tell(RunStarted(self._directory.run_id, self.model_name, self._services, self._directory.path))
        self._take_what_is_finished()
        try:
            here = self._incidents if self._postings is None else ()
            async with with_opener(self._errands, here, self._begun) as self._errands, asyncio.TaskGroup() as group:
                self.controls.attach(asyncio.get_running_loop(), lambda command: self._obey(command, group))
                for _ in range(self._width):
                    group.create_task(self._work())
        except BaseExceptionGroup as several:
            # A bug is easier to read as itself than as a group; the others it came with are shown as its cause.
            first, *others = several.exceptions
            if isinstance(first, STOPPING):
                done, total = len(self._ledger.outcomes), len(self._incidents)
                raise stopped(first, self.directory, finished=done, total=total) from None
            raise first from (several if others else first.__cause__)
        finally:
            self.controls.detach()
            self._keep()
            if self._postings is not None:
                await self._postings.aclose()
            if self._ours and self._model is not None:
                await self._model.aclose()
        return self.report()

    def report(self) -> Report:
        """Give the report of what is finished; an incident that isn't counts as cancelled."""
        return self._ledger.report(
            self._directory.run_id, self.model_name, self._budget, redacted=bool(self._errands.redaction)
        )

    def _take_what_is_finished(self) -> None:
        """Take the outcomes of a run that is gone on with as they are: nothing is paid for twice."""
        for index, session in self._begun.items():
            outcome = session.diagnosis or (None if self._has_more_room else session.failure)
            if outcome is not None:
                self._ledger.sessions[index] = session.name
                self._end(index, outcome)

    @property
    def _has_more_room(self) -> bool:
        """Whether a run is gone on with under other limits than it had: what ended at those may go on."""
        past = self._past
        now = (self._errands.limits, self._budget.limits)
        return past is not None and now != (past.limits, past.run_limits)

    async def _work(self) -> None:
        """Take one incident after the other, until there are none."""
        while (index := await self._roster.next()) is not None:
            incident = self._incidents[index]
            if isinstance(incident, IncidentError):
                self._end(index, failure_of(incident, service=service_of(incident), session=""))
            elif self._budget.share >= 1:
                self._end(index, unaffordable(service_of(incident), self._ledger.sessions.get(index, "")))
            else:
                self._end(index, await self._investigate(index, incident))

    async def _investigate(self, index: int, incident: Incident) -> Diagnosis | Failure:
        """Send one agent; whatever the tree of errors has a name for becomes this incident's failure."""
        past = self._begun.get(index)
        try:
            about = {"incident": incident, "model": self.model_name}
            session = (
                past.reopen(about, lift_limit=self._has_more_room)
                if past
                else self._directory.begin(index, incident.service, about)
            )
        except LogdebugError as error:
            return failure_of(error, service=incident.service, session="")
        with session:
            self._ledger.sessions[index] = session.name
            inbox = self._roster.begin(index)
            self._tell(IncidentStarted(index, incident, session.name, past.usage if past else Usage(cost_usd=0.0)))
            try:
                sent = self._postings or self._errands
                steps = sent.steps(incident, inbox, past, session.name, lift_limit=self._has_more_room)
                return await self._diagnosis(index, steps, session)
            except LogdebugError as error:
                failure = failure_of(error, service=incident.service, session=session.name)
                self._ledger.stopped = error if isinstance(error, STOPPING) else None
            except asyncio.CancelledError:
                by = self._roster.spares(index)
                if not by:
                    raise
                failure = self._ledger.cancelled(index, by)
            with suppress(SessionError):  # a disk that took no step takes no failure either
                session.append(failure)
            if self._ledger.stopped is not None:
                raise self._ledger.stopped
            return failure

    async def _diagnosis(self, index: int, steps: AsyncGenerator[Step], session: Session) -> Diagnosis:
        """Let an agent work, each step on disk before it is told."""
        found: Diagnosis | None = None
        async with aclosing(steps):
            async for step in steps:
                session.append(step)
                if isinstance(step, Answered):
                    self._budget.spend(replace(step.usage, seconds=0.0))
                self._tell(StepTaken(index, step))
                if isinstance(step, Concluded):
                    found = replace(step.diagnosis, session=session.name)
        if found is None:
            raise AssertionError("an agent ended without a conclusion or an error")
        return found

    def _call_off(self, index: int, by: str) -> None:
        self._end(index, self._ledger.cancelled(index, by))

    def _end(self, index: int, outcome: Diagnosis | Failure) -> None:
        self._roster.end(index)
        self._ledger.outcomes[index] = outcome
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

    def _tell(self, event: Event) -> None:
        for watcher in self._watchers:
            watcher(event)

    def _keep(self) -> None:
        """Put the report of what is finished beside the sessions, whatever it was that ended the run."""
        try:
            self._directory.keep(self.report().to_json())
        except SessionError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)  # the report itself must not be lost over this
