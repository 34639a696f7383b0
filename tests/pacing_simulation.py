"""Agents that ask a server with a limit, by a simulated clock: the same limits and the same answers each time."""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, Protocol

from logdebug.agent.pacing import Allowance, Pace, Sent

__all__ = ["Answer", "Bucket", "Limiter", "Says", "Simulation", "Sliding", "Steady", "Window"]

Answer = tuple[bool, Allowance | None, float | None]
"""Whether a request is taken, what the server says is left, and how long it asks to be left alone."""
Says = Literal["nothing", "what is left", "when to retry"]
"""What a server says of its limit: with each answer what is left, or with a refusal the seconds to wait, rounded up."""

_OFF_SECONDS = 0.37
"""By how much the server's clock differs from ours."""


class Limiter(Protocol):
    """Whatever takes a request, or refuses it."""

    def take(self, now: float) -> Answer:
        """Answer a request."""


def _told(says: Says, taken: bool, left: float, whole_seconds: float, free_seconds: float) -> Answer:
    """Give an answer, with what the server says of its limit."""
    allowance = Allowance(left, whole_seconds) if says == "what is left" else None
    retry_after = math.ceil(free_seconds) if says == "when to retry" and not taken else None
    return taken, allowance, retry_after


@dataclass
class Bucket:
    """A token bucket, full at first, that holds so many seconds' worth, and one request at the least."""

    rate: float
    says: Says = "nothing"
    seconds: float = 1.0
    tokens: float = math.inf
    at: float = 0.0

    def take(self, now: float) -> Answer:
        """Answer a request."""
        holds = max(self.rate * self.seconds, 1.0)
        self.tokens = min(holds, self.tokens + (now - self.at) * self.rate)
        self.at = now
        taken = self.tokens >= 1
        self.tokens -= taken
        missing = (holds - self.tokens) / self.rate
        return _told(self.says, taken, int(self.tokens), missing, max(1 - self.tokens, 0.0) / self.rate)


@dataclass
class Window:
    """So many requests in each second by the clock, or in each of so many seconds."""

    rate: float
    says: Says = "nothing"
    seconds: float = 1.0
    number: int = -1
    taken: int = 0

    def take(self, now: float) -> Answer:
        """Answer a request."""
        number = int((now + _OFF_SECONDS) / self.seconds)
        if number != self.number:
            self.number, self.taken = number, 0
        taken = self.taken < self.rate * self.seconds
        self.taken += taken
        left = (number + 1) * self.seconds - _OFF_SECONDS - now
        return _told(self.says, taken, self.rate * self.seconds - self.taken, left, left)


@dataclass
class Sliding:
    """So many requests in any second, or in any so many seconds."""

    rate: float
    says: Says = "nothing"
    seconds: float = 1.0
    times: deque[float] = field(default_factory=deque)

    def take(self, now: float) -> Answer:
        """Answer a request."""
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        taken = len(self.times) < self.rate * self.seconds
        if taken:
            self.times.append(now)
        left = self.times[0] + self.seconds - now
        return _told(self.says, taken, self.rate * self.seconds - len(self.times), left, left)


class Steady(Pace):
    """A client that knows how many requests per second it may send, and sends just these."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self._seconds, self._next = 1 / rate, 0.0

    def wait(self, now: float) -> float:
        """Give how long to wait before the next request."""
        return max(self._next - now, 0.0)

    def send(self, now: float) -> Sent:
        """Take note that a request is sent."""
        self._next = max(self._next, now - self._seconds) + self._seconds
        return super().send(now)

    def answered(self, sent: Sent, now: float, allowance: Allowance | None = None) -> None:
        """Learn nothing."""

    def refused(self, sent: Sent, now: float, retry_after_seconds: float | None = None) -> None:
        """Learn nothing."""


@dataclass
class Simulation:
    """So many agents that ask as fast as they may, of a server that takes `latency` seconds to answer.

    `late` is by how much the machine is late at the most with what is due; `seed` is of all that is by chance.
    """

    limiter: Limiter
    agents: int = 100
    latency: float = 0.005
    late: float = 0.003
    seed: int = 1
    pace: Pace = field(default_factory=Pace)
    now: float = 0.0
    taken: list[int] = field(default_factory=list)
    began: float = 0.0
    refused: int = 0

    def run(self, total: int) -> Simulation:
        """Go on until so many requests were taken by the server; what is still out is given up."""
        dice, numbers = random.Random(self.seed), count()
        events: list[tuple[float, int, str, Any]] = []
        waiting = [(next(numbers), agent) for agent in range(self.agents)]
        self.taken, self.refused, self.began = [0] * self.agents, 0, self.now
        wake = -math.inf, -math.inf  # when the next is due, and when the machine is as far
        while sum(self.taken) < total:
            wait = self.pace.wait(self.now)
            if waiting and wait <= 0:
                place, agent = heapq.heappop(waiting)
                sent = self.pace.send(self.now)
                arrives = self.now + 0.001 + 0.003 * dice.random()
                heapq.heappush(events, (arrives, next(numbers), "arrives", (place, agent, sent)))
                continue
            due = self.now + wait if waiting else math.inf
            if abs(due - wake[0]) > 1e-9:
                wake = due, due + self.late * dice.random()
            if not events or wake[1] < events[0][0]:
                self.now = wake[1]
                continue
            self.now, _, kind, about = heapq.heappop(events)
            if kind == "arrives":
                answer = self.limiter.take(self.now)
                self.taken[about[1]] += answer[0]
                self.refused += not answer[0]
                back = self.now + (self.latency * (0.5 + dice.random()) if answer[0] else 0.001)
                heapq.heappush(events, (back, next(numbers), "answers", (*about, answer)))
                continue
            place, agent, sent, (taken, allowance, retry_after) = about
            if taken:
                self.pace.answered(sent, self.now, allowance)
                heapq.heappush(waiting, (next(numbers), agent))
            else:
                self.pace.refused(sent, self.now, retry_after)
                heapq.heappush(waiting, (place, agent))
            self.pace.release(sent)
        for _, _, _, about in events:
            self.pace.release(about[2])
        return self

    @property
    def rate(self) -> float:
        """How many requests were taken per second."""
        return sum(self.taken) / (self.now - self.began)

    @property
    def share_refused(self) -> float:
        """Which share of all requests was refused."""
        return self.refused / (sum(self.taken) + self.refused)
