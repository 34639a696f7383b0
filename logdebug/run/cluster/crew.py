"""The workers of a cluster as a run sees them: who there is, who holds which log, who has how much to do."""

from __future__ import annotations

import asyncio
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING

from logdebug.errors import ClusterError
from logdebug.run.cluster import desk
from logdebug.run.cluster.calls import Calls, told
from logdebug.run.cluster.parcels import read_reply
from logdebug.run.cluster.placement import Worker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logdebug.records import Incident
    from logdebug.run.cluster.parcels import Terms
    from logdebug.run.cluster.placement import Cluster

__all__ = ["Crew"]

_LOOK_SECONDS = 0.5
_SHUNNED_SECONDS = 5.0
"""The scheduler may list a worker for a while after its end; one that comes back at its old address is asked again."""
_MOST_NAMED = 8


class Crew:
    """The workers of a cluster, for one run.

    Parameters
    ----------
    cluster
        The cluster.
    brief
        What the agents of the run have in common.
    incidents
        The incidents of the run.

    Attributes
    ----------
    calls
        What reaches the workers.
    """

    def __init__(self, cluster: Cluster, brief: Terms, incidents: Iterable[Incident]) -> None:
        self._cluster = cluster
        self._brief = brief
        self._incidents = [each for each in incidents if not cluster.names_for(each)]
        self._reasons: dict[str, dict[Incident, str]] = {}  # by worker: why not, or nothing
        self._at_work: Counter[str] = Counter()
        self._lost: dict[str, float] = {}  # until when
        self._known: tuple[Worker, ...] = ()
        self._known_since = -_LOOK_SECONDS
        self._looking = asyncio.Lock()
        self.calls = Calls(cluster.client, brief)

    @property
    def run_id(self) -> str:
        """The run."""
        return self._brief.run_id

    def wait_seconds(self) -> float:
        """Give for how long to wait for a step at one time: the less, the sooner an agent hears of its operator."""
        return 1.0 + self._at_work.total() / 100

    async def place(self, incident: Incident) -> Worker:
        """Give a worker that fits, the one with the least to do; `leave` it in the end.

        Raises
        ------
        ClusterError
            Where none fits, and none came while the cluster's patience lasted.
        """
        until = monotonic() + self._cluster.patience_seconds
        while True:
            async with self._looking:
                workers = await self._look()
            fitting = [each for each in workers if not self._why_not(each, incident)]
            if fitting:
                worker = min(fitting, key=lambda each: self._at_work[each.address])
                self._at_work[worker.address] += 1
                return worker
            if monotonic() > until:
                raise ClusterError(self._why_none(incident, workers))
            await asyncio.sleep(_LOOK_SECONDS)

    def leave(self, worker: Worker, *, is_lost: bool = False) -> None:
        """Take note that an agent is no longer at work on a worker; one that is lost is not asked for a while."""
        self._at_work[worker.address] -= 1
        if is_lost:
            self.calls.forget(worker)
            self._reasons.pop(worker.address, None)
            self._lost[worker.address] = monotonic() + _SHUNNED_SECONDS

    async def _look(self) -> tuple[Worker, ...]:
        """Give the workers there are, each of which has been asked which logs it holds."""
        if monotonic() - self._known_since > _LOOK_SECONDS:
            self._known = await self._there()
            self._known_since = monotonic()
            self.calls.workers = max(self.calls.workers, len(self._known))
        now = monotonic()
        found = tuple(each for each in self._known if self._lost.get(each.address, now) <= now)
        new = [each.address for each in found if each.address not in self._reasons]
        if new:
            await self._ask_for_logs(new)
        return found

    async def _there(self) -> tuple[Worker, ...]:
        """Ask the scheduler for its workers."""
        client = self._cluster.client
        try:
            about = await self.calls.in_its_loop(lambda: client.scheduler.identity(n_workers=-1))
        except Exception as error:  # a client that is closed, a scheduler that is gone: each says it in its own way
            raise ClusterError(
                f"the cluster can't be reached: {told(error)}; what is done is kept: resume the run when it is back"
            ) from error
        return tuple(Worker.of(address, each) for address, each in about["workers"].items())

    async def _ask_for_logs(self, addresses: list[str]) -> None:
        """Ask workers which incidents they hold."""
        client = self._cluster.client
        answers = await self.calls.in_its_loop(
            lambda: client.run(desk.look, self._incidents, workers=addresses, on_error="return")
        )
        for address, answer in answers.items():
            if isinstance(answer, Exception):  # it is gone already, or has no logdebug
                self._reasons[address] = dict.fromkeys(self._incidents, told(answer))
                continue
            self._reasons[address] = self._reasons_in(answer)

    def _reasons_in(self, answer: object) -> dict[Incident, str]:
        """Read what a worker says of each incident."""
        try:
            reply = read_reply(answer)
        except ClusterError as error:
            return dict.fromkeys(self._incidents, str(error))
        reasons, version = reply.get("reasons"), reply.get("version")
        if version != self._brief.version:
            said = f"it has logdebug {str(version)[:20]}, this process {self._brief.version}; install the same on both"
            return dict.fromkeys(self._incidents, said)
        given = reasons if isinstance(reasons, list) else []
        return {each: str(reason)[:1000] for each, reason in zip(self._incidents, given, strict=False)}

    def _why_not(self, worker: Worker, incident: Incident) -> str:
        """Say why an incident can't go to a worker; empty where it can."""
        names = self._cluster.names_for(incident)
        if names:
            return "" if worker.is_called(names) else "it has another name"
        return self._reasons.get(worker.address, {}).get(incident, "it was not asked")

    def _why_none(self, incident: Incident, workers: tuple[Worker, ...]) -> str:
        """Say why no worker fits, and what to do about it."""
        names = self._cluster.names_for(incident)
        there = ", ".join(map(str, workers[:_MOST_NAMED])) + (", …" if len(workers) > _MOST_NAMED else "")
        if not workers:
            return "the cluster has no worker; start some and resume the run"
        if names:
            return (
                f"no worker of the cluster has the address, name, host or resource {' or '.join(map(repr, names))}; "
                f"there are {there}"
            )
        reasons = {self._why_not(each, incident) for each in workers}
        return (
            f"none of the cluster's {len(workers)} workers ({there}) can investigate it: {min(reasons, key=len)}; "
            "start a worker where the log lies, or say which has it: cluster=ld.Cluster(client, workers={service: …})"
        )
