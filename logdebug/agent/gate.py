"""Where requests wait for their turn at an endpoint: one gate for all that a process asks of it.

Who came first goes first, whichever incident or run it is of, and a request that was refused keeps its place. Each
waits in its own event loop; what they share is held by a lock, so that runs in several threads may share a gate.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from logdebug.agent.pacing import Pace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from logdebug.agent.pacing import Allowance, Sent

__all__ = ["Gate", "Turn", "gate_of"]

_RETRY_AFTER_MOST_SECONDS = 60.0
"""For no longer than this is a server believed that asks to be left alone: then it is tried again."""


@dataclass(slots=True)
class Turn:
    """One request's turn.

    Attributes
    ----------
    place
        Its place in the queue, to be given again by a request that was refused.
    waited_seconds
        How long it waited; no incident's time counts that.
    """

    place: int
    waited_seconds: float = 0.0
    _sent: Sent | None = None


@dataclass(slots=True, order=True)
class _Waiter:
    """One who waits; `admitted` is set, in its own loop, when it may go."""

    place: int
    turn: Turn = field(compare=False)
    loop: asyncio.AbstractEventLoop = field(compare=False)
    admitted: asyncio.Event = field(compare=False, default_factory=asyncio.Event)
    gone: bool = field(compare=False, default=False)


class Gate:
    """The queue before one endpoint."""

    def __init__(self) -> None:
        self.pace = Pace()
        self._lock = threading.Lock()
        self._waiting: list[_Waiter] = []
        self._places = count(1)
        self._timer: tuple[float, asyncio.AbstractEventLoop] | None = None

    def share_with(self, others: int) -> None:
        """Use no more than this process's part of what the server allows, where others ask it with the same key."""
        with self._lock:
            self.pace.share = 1 / (1 + others)

    @asynccontextmanager
    async def turn(self, place: int = 0) -> AsyncIterator[Turn]:
        """Wait for a turn, and hold it for the time of a `with`.

        Parameters
        ----------
        place
            The place that an earlier turn of the same request had; 0 for the end of the queue.
        """
        turn = Turn(place or next(self._places))
        began = monotonic()
        if not self._enter_at_once(turn, began):
            await self._queue(_Waiter(turn.place, turn, asyncio.get_running_loop()))
            turn.waited_seconds = monotonic() - began
        try:
            yield turn
        finally:
            with self._lock:
                self.pace.release(_sent_in(turn))
            self._admit()

    def answered(self, turn: Turn, allowance: Allowance | None) -> None:
        """Take note that a request was answered, and of what the server says is left."""
        with self._lock:
            self.pace.answered(_sent_in(turn), monotonic(), allowance)

    def refused(self, turn: Turn, retry_after_seconds: float | None) -> float:
        """Take note that a request was refused since there were too many; give for how long all have been."""
        asked = None if retry_after_seconds is None else min(retry_after_seconds, _RETRY_AFTER_MOST_SECONDS)
        with self._lock:
            now = monotonic()
            self.pace.refused(_sent_in(turn), now, asked)
            return self.pace.refusing_seconds(now)

    def _enter_at_once(self, turn: Turn, now: float) -> bool:
        with self._lock:
            if self._waiting or self.pace.wait(now) > 0:
                return False
            self._send(turn, now)
            return True

    def _send(self, turn: Turn, now: float) -> None:
        turn._sent = self.pace.send(now)  # noqa: SLF001  a Turn is the gate's

    async def _queue(self, waiter: _Waiter) -> None:
        with self._lock:
            heappush(self._waiting, waiter)
        self._admit()
        try:
            await waiter.admitted.wait()
        except BaseException:  # a cancelled request leaves the queue, or gives its turn back
            with self._lock:
                if waiter.turn._sent is not None:  # noqa: SLF001  a Turn is the gate's
                    self.pace.release(_sent_in(waiter.turn))
                waiter.gone = True
            self._admit()
            raise

    def _admit(self) -> None:
        """Let in whoever may go; see to it that somebody looks again when the next may."""
        with self._lock:
            now = monotonic()
            while self._waiting:
                first = self._waiting[0]
                if first.gone or first.loop.is_closed():
                    heappop(self._waiting)
                    continue
                wait = self.pace.wait(now)
                if wait > 0:
                    self._look_again(first.loop, now, wait)
                    return
                heappop(self._waiting)
                self._send(first.turn, now)
                try:
                    first.loop.call_soon_threadsafe(first.admitted.set)
                except RuntimeError:  # its loop was closed just now
                    self.pace.release(_sent_in(first.turn))

    def _look_again(self, loop: asyncio.AbstractEventLoop, now: float, wait: float) -> None:
        if wait == float("inf"):
            return  # whoever comes back looks
        if self._timer is not None:
            at, in_loop = self._timer
            if now < at <= now + wait and in_loop is loop:
                return
        self._timer = (now + wait, loop)
        loop.call_soon_threadsafe(loop.call_later, wait, self._admit)


def _sent_in(turn: Turn) -> Sent:
    """Give what was sent in a turn: nobody has one that wasn't let in."""
    sent = turn._sent  # noqa: SLF001  a Turn is the gate's
    if sent is None:
        raise AssertionError("a turn is used before it was given")
    return sent


_gates: WeakValueDictionary[str, Gate] = WeakValueDictionary()
"""The gates by their endpoints, shared by whatever asks one, and gone with the last that does."""


def gate_of(address: str) -> Gate:
    """Give the gate of an endpoint: the same one for as long as anything in this process has it."""
    return _gates.setdefault(address, Gate())
