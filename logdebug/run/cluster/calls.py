"""How a run reaches the workers of a cluster: by functions that the client has run on one of them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from logdebug.errors import ClusterError
from logdebug.run.cluster import desk
from logdebug.run.cluster.parcels import error_in, read_reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from logdebug.run.cluster.parcels import Terms
    from logdebug.run.cluster.placement import Worker

__all__ = ["Calls", "WorkerLost", "told"]

Answer = TypeVar("Answer")

_CALL_SECONDS = 60.0
_GOODBYE_SECONDS = 2.0


class WorkerLost(Exception):
    """A worker does not answer any more; what it was doing is to be done by another."""


class Calls:
    """The calls of one run to the workers of a cluster.

    Parameters
    ----------
    client
        A `distributed.Client`, of this event loop or of another thread's.
    brief
        What each worker is told before anything else.

    Attributes
    ----------
    workers
        How many workers there are, as far as is known: each is told when it is told of the run.
    """

    def __init__(self, client: Any, brief: Terms) -> None:
        self._client = client
        self._brief = brief
        self.workers = 1
        self._briefings: dict[Worker, asyncio.Task[dict[str, Any]]] = {}
        self._open: dict[Worker, set[asyncio.Task[Any]]] = {}
        self._sent: set[asyncio.Task[None]] = set()

    async def call(self, worker: Worker, function: Callable[..., Any], *given: object) -> dict[str, Any]:
        """Have something done on a worker that knows of the run, and give what it answers.

        Raises
        ------
        WorkerLost
            Where it does not answer.
        LogdebugError
            Where it answers with that.
        """
        if worker not in self._briefings:
            brief = replace(self._brief, workers=self.workers)
            self._briefings[worker] = asyncio.create_task(self._tell(worker, desk.brief, brief))
        await asyncio.shield(self._briefings[worker])  # many agents wait for it, of which each may be cancelled
        return await self._tell(worker, function, *given)

    def send(self, worker: Worker, function: Callable[..., Any], *given: object) -> None:
        """Have something done on a worker without waiting for it, and whether or not it is still there."""

        async def tell() -> None:
            with suppress(WorkerLost, ClusterError):
                await self._tell(worker, function, *given)

        sent = asyncio.create_task(tell())
        self._sent.add(sent)
        sent.add_done_callback(self._sent.discard)

    def forget(self, worker: Worker) -> None:
        """Take note that a worker is lost, or was started again: it must be told of the run anew."""
        briefing = self._briefings.pop(worker, None)
        if briefing is not None and not briefing.cancel() and not briefing.cancelled():
            briefing.exception()  # heard by those who waited for it

    async def aclose(self) -> None:
        """Have the workers forget the run; one that does not answer soon forgets it by itself."""
        for worker in list(self._briefings):
            self.send(worker, desk.dismiss, self._brief.run_id)
            self.forget(worker)
        if self._sent:
            await asyncio.wait(self._sent, timeout=_GOODBYE_SECONDS)

    async def in_its_loop(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask something of the client in the event loop that it lives in, which may be another thread's."""
        loop = self._client.loop.asyncio_loop
        if loop is asyncio.get_running_loop():
            return await ask()

        async def asked() -> Answer:
            return await ask()

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked(), loop))

    async def _tell(self, worker: Worker, function: Callable[..., Any], *given: object) -> dict[str, Any]:
        client, address = self._client, worker.address
        asking = asyncio.create_task(self.in_its_loop(lambda: client.run(function, *given, workers=[address])))
        calls = self._open.setdefault(worker, set())
        calls.add(asking)
        try:
            await asyncio.wait([asking], timeout=_CALL_SECONDS)
        finally:
            calls.discard(asking)
            asking.cancel()
        if not asking.done() or asking.cancelled():
            raise WorkerLost(f"worker {worker} is lost: it does not answer")
        trouble = asking.exception()
        if trouble is not None:
            for other in calls:  # each would go on to try to reach it for half a minute
                other.cancel()
            raise WorkerLost(f"worker {worker} is lost: {told(trouble)}") from trouble
        reply = read_reply(asking.result().get(address))
        if "error" in reply:
            raise error_in(reply)
        return reply


def told(error: BaseException) -> str:
    """Give an error in a few words, as traces and failures have it."""
    return f"{type(error).__name__}: {error}"[:400]
