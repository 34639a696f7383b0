"""What is done for one incident, by an agent on a worker: the same steps as on one machine, told as they are taken.

An agent asks its model nothing more before the last reply is on disk here. So a worker that is lost costs the request
in flight at the most: another one is told of all steps that were taken, and goes on from there.
"""

from __future__ import annotations

import pickle
import secrets
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING

from logdebug import __version__
from logdebug.agent.steps import Concluded, Directed, Placed, Resumed
from logdebug.errors import ClusterError, SettingsError
from logdebug.run.cluster import desk
from logdebug.run.cluster.calls import WorkerLost
from logdebug.run.cluster.crew import Crew
from logdebug.run.cluster.parcels import Posting, Terms, Word, steps_in, write_step

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from logdebug.agent.inbox import Inbox
    from logdebug.agent.limits import Budget
    from logdebug.agent.steps import Step
    from logdebug.records import Incident
    from logdebug.run.cluster.placement import Cluster, Worker
    from logdebug.run.errands import Errands
    from logdebug.run.past import PastSession

__all__ = ["Postings"]

_MOST_LOSSES = 3


@dataclass(frozen=True, slots=True)
class Postings:
    """What the incidents of a run have in common, when they go to the workers of a cluster; see `Errands`.

    Parameters
    ----------
    crew
        The workers.
    budget
        What the run may spend, all agents of all workers together.
    """

    crew: Crew
    budget: Budget

    @classmethod
    def of(cls, cluster: Cluster, errands: Errands, incidents: Iterable[Incident]) -> Postings:
        """Have a cluster's workers do what would be done here.

        Raises
        ------
        SettingsError
            Where the model can't be sent to them.
        """
        # Not the run's own id: workers may still know that of an earlier time, before the run was gone on with.
        brief = Terms(secrets.token_hex(8), __version__, errands)
        if errands.model is not None and not cluster.send_key:
            brief = replace(brief, errands=replace(errands, model=None), model_name=errands.model.name)
        try:
            pickle.dumps(brief)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            raise SettingsError(
                f"what the agents need can't be sent to the workers of a cluster: {error}; give the model by its name, "
                "or one that pickle takes",
                setting="cluster",
            ) from error
        return cls(Crew(cluster, brief, incidents), errands.budget)

    async def aclose(self) -> None:
        """Have the workers forget the run."""
        await self.crew.calls.aclose()

    async def steps(
        self, incident: Incident, inbox: Inbox, past: PastSession | None, session: str, *, lift_limit: bool = False
    ) -> AsyncGenerator[Step]:
        """Have the steps for one incident taken; the last one is `Concluded`. See `Errands.steps`.

        Raises
        ------
        LogdebugError
            Where it can't be done.
        """
        progress = _Progress(incident, inbox, session)
        if past is not None:
            progress.steps, progress.seconds = [write_step(step) for step in past.steps], past.seconds
            progress.steps.append(write_step(Resumed(0, lift_limit)))
        reason = ""
        for _ in range(_MOST_LOSSES):
            worker = await self.crew.place(incident)
            is_lost = False
            try:
                yield Placed(str(worker), reason)
                async with aclosing(self._steps_on(worker, progress)) as steps:
                    async for step in steps:
                        yield step
            except WorkerLost as lost:
                is_lost, reason = True, str(lost)
            else:
                return
            finally:
                self.crew.leave(worker, is_lost=is_lost)
        raise ClusterError(
            f"{_MOST_LOSSES} workers were lost while they worked on it, which may be its own doing; the last: {reason}"
            "; look at the workers' logs, and resume the run"
        )

    async def _steps_on(self, worker: Worker, progress: _Progress) -> AsyncGenerator[Step]:
        """Have the steps taken by one worker, as far as it comes."""
        incident, agent = progress.incident, secrets.token_hex(8)
        posting = Posting(self.crew.run_id, agent, incident, progress.session, tuple(progress.steps), progress.seconds)
        number, directions = 0, list(progress.unheard)
        try:
            reply = await self.crew.calls.call(worker, desk.begin, posting)
            while "gone" not in reply:
                directions += progress.new_directions()
                asked = monotonic()
                word = self._word(agent, number, directions, progress)
                reply = await self.crew.calls.call(worker, desk.take, word)
                progress.seconds += 0.0 if word.held else monotonic() - asked
                for step in steps_in(reply, number + 1, incident) if "lines" in reply else ():
                    number += 1
                    progress.take(step)
                    yield step
                    if isinstance(step, Concluded):
                        return
            raise WorkerLost(f"worker {worker} was started again")
        finally:
            self.crew.calls.send(worker, desk.drop, self.crew.run_id, agent)

    def _word(self, agent: str, seen: int, directions: list[str], progress: _Progress) -> Word:
        return Word(
            self.crew.run_id,
            agent,
            seen,
            progress.inbox.is_held,
            tuple(directions),
            self.budget.spent,
            monotonic() - self.budget.began,
            self.crew.wait_seconds(),
        )


@dataclass(slots=True)
class _Progress:
    """How far an incident has come, whichever worker it was on."""

    incident: Incident
    inbox: Inbox
    session: str
    steps: list[str] = field(default_factory=list)
    seconds: float = 0.0
    unheard: list[str] = field(default_factory=list)
    """What its operator said that no step shows yet: it must be said again to another worker."""

    def new_directions(self) -> list[str]:
        """Take what the operator said since the last time."""
        new = self.inbox.take()
        self.unheard += new
        return new

    def take(self, step: Step) -> None:
        """Take note of a step."""
        self.steps.append(write_step(step))
        if isinstance(step, Directed) and step.text in self.unheard:
            self.unheard.remove(step.text)
