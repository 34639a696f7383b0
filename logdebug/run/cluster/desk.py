"""What a worker of a cluster does: agents work as on one machine, and tell their steps when the run asks.

These functions are called on the worker, in its event loop, by `Client.run`. Each answers with JSON and raises nothing:
of what is raised there, Dask logs the arguments.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from collections import deque
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from logdebug import __version__
from logdebug.agent.gate import Gate
from logdebug.agent.inbox import Inbox
from logdebug.agent.steps import Answered
from logdebug.errors import ClusterError, IncidentError, LogdebugError
from logdebug.incidents import check_incident
from logdebug.run.brief import model_of
from logdebug.run.cache import Cache
from logdebug.run.cluster.parcels import read_reply, write_error, write_step
from logdebug.run.past import PastSession
from logdebug.run.retelling import steps_of
from logdebug.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from logdebug.agent.steps import Step
    from logdebug.records import Incident
    from logdebug.run.cluster.parcels import Posting, Terms, Word
    from logdebug.run.errands import Errands

__all__ = ["begin", "brief", "dismiss", "drop", "look", "take"]

NOTHING = "{}"
GONE = '{"gone": true}'
_MOST_UNTOLD = 64
_ABANDONED_SECONDS = 180.0
"""A run that asks for nothing for so long is gone, and its agents with it."""


def look(incidents: Sequence[Incident]) -> str:
    """Say which incidents can be investigated on this worker: for each why not, or nothing."""
    return json.dumps({"version": __version__, "reasons": [_why_not(each) for each in incidents]})


async def brief(given: Terms, *, dask_worker: Any) -> str:
    """Take what all agents of a run have in common."""
    try:
        _desk_of(dask_worker).brief(given)
    except LogdebugError as error:
        return write_error(error)
    return NOTHING


async def begin(posting: Posting, *, dask_worker: Any) -> str:
    """Take an incident."""
    try:
        return _desk_of(dask_worker).begin(posting)
    except LogdebugError as error:
        return write_error(error)


async def take(word: Word, *, dask_worker: Any) -> str:
    """Give an agent's next steps, as soon as there is one."""
    return await _desk_of(dask_worker).take(word)


async def drop(run_id: str, agent: str, *, dask_worker: Any) -> str:
    """End an agent."""
    await _desk_of(dask_worker).drop(run_id, agent)
    return NOTHING


async def dismiss(run_id: str, *, dask_worker: Any) -> str:
    """End all agents of a run, and forget it: its key, too."""
    await _desk_of(dask_worker).dismiss(run_id)
    return NOTHING


def _desk_of(worker: Any) -> Desk:
    desk: Desk = worker.extensions.setdefault("logdebug", Desk())
    return desk


def _why_not(incident: Incident) -> str:
    try:
        check_incident(incident)
    except IncidentError as error:
        return str(error)
    return ""


class Desk:
    """The runs that a worker works for, and the agents of each."""

    def __init__(self) -> None:
        self._errands: dict[str, Errands] = {}
        self._agents: dict[tuple[str, str], _Agent] = {}
        self._expiries: dict[str, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def brief(self, given: Terms) -> None:
        """Take what a run's agents have in common; a second time changes nothing."""
        if given.version != __version__:
            raise ClusterError(f"it has logdebug {__version__}, and the run {given.version}; install the same on both")
        if given.run_id in self._errands:
            return
        errands, settings = given.errands, Settings.load()
        model = model_of(given.model_name, None, settings) if given.model_name else errands.model
        gate = getattr(model, "gate", None)  # anybody's model may have something else by that name
        if isinstance(gate, Gate):
            gate.share_with(given.workers - 1)
        cache = Cache(settings.sessions_dir / "cache", errands.cache.mode)
        self._errands[given.run_id] = replace(errands, model=model, cache=cache)
        self._stay(given.run_id)

    def begin(self, posting: Posting) -> str:
        """Take an incident, if this worker was told of its run and still knows."""
        errands = self._errands.get(posting.run_id)
        if errands is None:
            return GONE
        self._agents[posting.run_id, posting.agent] = _Agent(errands, posting)
        self._stay(posting.run_id)
        return NOTHING

    async def take(self, word: Word) -> str:
        """Give an agent's next steps, or that there is none yet."""
        agent = self._agents.get((word.run_id, word.agent))
        if agent is None:
            return GONE
        self._stay(word.run_id)
        return await agent.take(word)

    async def drop(self, run_id: str, agent: str) -> None:
        """End an agent; one that isn't there has ended."""
        found = self._agents.pop((run_id, agent), None)
        if found is not None:
            await found.aclose()

    async def dismiss(self, run_id: str) -> None:
        """End all agents of a run, and forget it."""
        expiry = self._expiries.pop(run_id, None)
        if expiry is not None:
            expiry.cancel()
        for run, agent in [each for each in self._agents if each[0] == run_id]:
            await self.drop(run, agent)
        errands = self._errands.pop(run_id, None)
        if errands is not None and errands.model is not None:
            await errands.model.aclose()

    def _stay(self, run_id: str) -> None:
        """Take note that a run is there, and look again later whether it still is."""
        expiry = self._expiries.get(run_id)
        if expiry is not None:
            expiry.cancel()
        loop = asyncio.get_running_loop()
        self._expiries[run_id] = loop.call_later(_ABANDONED_SECONDS, self._abandon, run_id)

    def _abandon(self, run_id: str) -> None:
        ending = asyncio.get_running_loop().create_task(self.dismiss(run_id))
        self._ending.add(ending)  # a task that nobody holds may be collected before it is done
        ending.add_done_callback(self._ending.discard)


class _Agent:
    """One agent at work. It goes on by itself until it has what must not be lost: a reply of the model's."""

    def __init__(self, errands: Errands, posting: Posting) -> None:
        incident = check_incident(posting.incident)
        lines = [read_reply(step) for step in posting.steps]
        path = Path(posting.session)
        past = PastSession(path, tuple(steps_of(lines, path)), posting.seconds) if lines else None
        self._budget = replace(errands.budget)
        self._inbox = Inbox()
        own = replace(errands, budget=self._budget)
        self._untold: deque[str] = deque()  # steps that the run doesn't have on disk yet
        self._seen = 0
        self._directed = 0
        self._end = ""
        self._news, self._heard = asyncio.Event(), asyncio.Event()
        self._working = asyncio.create_task(self._work(own.steps(incident, self._inbox, past, posting.session)))

    async def take(self, word: Word) -> str:
        """Hear what there is to hear, and give the steps since those that the run has, as soon as there is one."""
        self._hear(word)
        if not self._untold and not self._end:
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), word.wait_seconds)
        if self._untold:
            return f'{{"first": {self._seen + 1}, "lines": [{", ".join(self._untold)}]}}'
        return self._end or NOTHING

    def _hear(self, word: Word) -> None:
        for direction in word.directions[self._directed :]:
            self._inbox.put(direction)
        self._directed = max(self._directed, len(word.directions))
        (self._inbox.hold if word.held else self._inbox.release)()
        self._budget.spent, self._budget.began = word.spent, monotonic() - word.seconds
        while self._seen < word.seen and self._untold:
            self._untold.popleft()
            self._seen += 1
        self._heard.set()

    async def _work(self, steps: AsyncGenerator[Step]) -> None:
        """Let the agent work to its end, whatever that is."""
        try:
            async with aclosing(steps):
                async for step in steps:
                    self._untold.append(write_step(step))
                    self._news.set()
                    while self._untold and (isinstance(step, Answered) or len(self._untold) > _MOST_UNTOLD):
                        self._heard.clear()
                        await self._heard.wait()
            self._end = write_error(ClusterError("an agent ended without a conclusion or an error"))
        except LogdebugError as error:
            self._end = write_error(error)
        except Exception as error:  # noqa: BLE001 - a bug, or what this machine lacks: the run is told, not this log
            told = traceback.format_exception(error)[-1].strip()
            said = f"the agent broke on its worker: {told}; try the incident on one machine"
            self._end = write_error(ClusterError(said))
        finally:
            self._news.set()

    async def aclose(self) -> None:
        """End at once, also in the middle of a request."""
        self._working.cancel()
        await asyncio.wait([self._working])
