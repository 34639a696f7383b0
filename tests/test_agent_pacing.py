"""How fast an endpoint is asked, by a simulated clock: the same limits and the same answers each time."""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from logdebug.agent.pacing import Allowance, Pace

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = tuple[bool, Allowance | None, float | None]
"""Whether a request is taken, what the server says is left, and how long it asks to be left alone."""


class Limiter(Protocol):
    """Whatever takes a request, or refuses it."""

    def take(self, now: float) -> Answer:
        """Answer a request."""


@dataclass
class Bucket:
    """A token bucket that holds a second's worth."""

    rate: float
    tells: bool = False
    tokens: float = 0.0
    at: float = -1.0

    def take(self, now: float) -> Answer:
        """Answer a request."""
        self.tokens = min(self.rate, self.tokens + (now - self.at) * self.rate)
        self.at = now
        taken = self.tokens >= 1
        self.tokens -= taken
        return taken, Allowance(int(self.tokens), 1 - self.tokens / self.rate) if self.tells else None, None


@dataclass
class Window:
    """So many requests in each second by the clock."""

    rate: float
    tells: bool = False
    second: int = -1
    taken: int = 0

    def take(self, now: float) -> Answer:
        """Answer a request."""
        if int(now + 0.37) != self.second:
            self.second, self.taken = int(now + 0.37), 0
        taken = self.taken < self.rate
        self.taken += taken
        left = self.second + 1 - 0.37 - now
        return taken, Allowance(self.rate - self.taken, left) if self.tells else None, None


@dataclass
class Sliding:
    """So many requests in any second."""

    rate: float
    tells: bool = False
    times: deque[float] = field(default_factory=deque)

    def take(self, now: float) -> Answer:
        """Answer a request."""
        while self.times and self.times[0] <= now - 1:
            self.times.popleft()
        taken = len(self.times) < self.rate
        if taken:
            self.times.append(now)
        allowance = Allowance(self.rate - len(self.times), self.times[0] + 1 - now)
        return taken, allowance if self.tells else None, None


@dataclass
class Simulation:
    """So many agents that ask as fast as they may, of a server that takes `latency` seconds to answer."""

    limiter: Limiter
    agents: int = 100
    latency: float = 0.005
    pace: Pace = field(default_factory=Pace)
    now: float = 0.0
    taken: list[int] = field(default_factory=list)
    refused: int = 0

    def run(self, total: int) -> Simulation:
        """Go on until so many requests were taken; what is still out is given up."""
        dice, numbers = random.Random(1), count()
        events: list[tuple[float, int, str, Any]] = []
        waiting = [(next(numbers), agent) for agent in range(self.agents)]
        self.taken = [0] * self.agents
        while sum(self.taken) < total:
            wait = self.pace.wait(self.now)
            if waiting and wait <= 0:
                place, agent = heapq.heappop(waiting)
                number = self.pace.send(self.now)
                arrives = self.now + 0.001 + 0.003 * dice.random()
                heapq.heappush(events, (arrives, next(numbers), "arrives", (place, agent, number, self.now)))
                continue
            due = self.now + wait if waiting else float("inf")
            if not events or due < events[0][0]:
                self.now = due + 0.003 * dice.random()
                continue
            self.now, _, kind, about = heapq.heappop(events)
            if kind == "arrives":
                answer = self.limiter.take(self.now)
                back = self.now + (self.latency * (0.5 + dice.random()) if answer[0] else 0.001)
                heapq.heappush(events, (back, next(numbers), "answers", (*about, answer)))
                continue
            place, agent, number, sent_at, (taken, allowance, retry_after) = about
            if taken:
                self.pace.answered(number, sent_at, self.now, allowance)
                self.taken[agent] += 1
                heapq.heappush(waiting, (next(numbers), agent))
            else:
                self.pace.refused(sent_at, self.now, retry_after)
                self.refused += 1
                heapq.heappush(waiting, (place, agent))
            self.pace.release()
        for _ in events:
            self.pace.release()
        return self

    @property
    def rate(self) -> float:
        """How many requests were taken per second."""
        return sum(self.taken) / self.now

    @property
    def share_refused(self) -> float:
        """Which share of all requests was refused."""
        return self.refused / (sum(self.taken) + self.refused)


@pytest.mark.parametrize("rate", [20, 50, 100])
@pytest.mark.parametrize(("kind", "tells"), [(Bucket, False), (Bucket, True), (Window, True), (Sliding, True)], ids=str)
def test_a_limit_is_kept_within_a_tenth(kind: Callable[..., Limiter], tells: bool, rate: int) -> None:
    """Of a bucket, and of any limiter that says what is left, 90 to 110% is used, and under 2% are refused."""
    done = Simulation(kind(rate, tells)).run(30 * rate)
    assert done.rate == pytest.approx(rate, rel=0.1)
    assert done.share_refused < 0.02


@pytest.mark.parametrize("rate", [20, 50, 100])
@pytest.mark.parametrize("kind", [Window, Sliding])
def test_a_window_that_says_nothing_is_kept_from_below(kind: Callable[..., Limiter], rate: int) -> None:
    """Of a window that has to be found out, 80 to 110% is used, the search included; few are refused, then fewer."""
    done = Simulation(kind(rate)).run(30 * rate)
    assert 0.8 * rate <= done.rate <= 1.1 * rate
    assert done.share_refused < 0.04
    before, refused = done.now, done.refused
    done.run(60 * rate)
    assert 0.85 * rate <= 60 * rate / (done.now - before) <= 1.1 * rate
    assert done.refused - refused < 0.02 * 60 * rate


@pytest.mark.parametrize("rate", [20, 50])
@pytest.mark.parametrize("tells", [False, True])
def test_slow_answers_are_made_up_for_by_more_at_a_time(tells: bool, rate: int) -> None:
    """Where an answer takes a second, the limit is kept within a tenth, too, once it is found out."""
    done = Simulation(Bucket(rate, tells), agents=3 * rate, latency=1.0).run(30 * rate)
    before, refused = done.now, done.refused
    done.run(30 * rate)
    assert 30 * rate / (done.now - before) == pytest.approx(rate, rel=0.1)
    assert done.refused - refused < 0.02 * 30 * rate


def test_refusals_by_chance_slow_nobody_down_for_long() -> None:
    """A server that refuses one request in 25, whatever the rate, is still asked by many at a time."""

    @dataclass
    class Moody:
        dice: random.Random = field(default_factory=lambda: random.Random(3))

        def take(self, now: float) -> Answer:
            return self.dice.random() > 0.04, None, None

    done = Simulation(Moody(), agents=64, latency=0.05).run(2_000)
    before = done.now
    done.run(2_000)
    assert 2_000 / (done.now - before) > 60


def test_a_single_refusal_in_whole_seconds_stops_nobody_else() -> None:
    """Once the rate is known, a lone refusal that says "1 second" holds the others up for less; two in a row don't."""
    done = Simulation(Bucket(50)).run(3_000)
    pace, now = done.pace, done.now + 10.0
    number = pace.send(now)
    pace.answered(number, now, now + 0.01)
    pace.release()
    pace.send(now + 0.02)
    pace.refused(now + 0.02, now + 0.03, 1.0)
    pace.release()
    assert pace.wait(now + 0.03) < 0.2
    pace.send(now + 0.2)
    pace.refused(now + 0.2, now + 0.21, 1.0)
    pace.release()
    assert pace.wait(now + 0.21) == pytest.approx(1.0)


@pytest.mark.parametrize("processes", [2, 5])
def test_what_is_left_is_shared_by_processes(processes: int) -> None:
    """Processes that each use their part of what a server says is left send no more together than it allows."""
    paces = [Pace() for _ in range(processes)]
    sent = 0
    for pace in paces:
        pace.share = 1 / processes
        assert pace.width <= max(1, 4 / processes)
        number = pace.send(0.0)
        pace.answered(number, 0.0, 0.1, Allowance(60, 60.0))
        pace.release()
        now = 0.1
        while (now := now + pace.wait(now)) < 30:
            pace.send(now)
            pace.release()
            sent += 1
    assert 0.8 * 30 <= sent <= 30 + processes


def test_agents_are_treated_alike() -> None:
    """Of 50 agents none gets more than a few requests ahead of another."""
    taken = Simulation(Bucket(50), agents=50).run(2_000).taken
    assert max(taken) - min(taken) <= 3


def test_a_limit_that_rises_is_used() -> None:
    """A server that allows four times as much after a while is asked at least twice as much soon."""
    bucket = Bucket(20)
    simulation = Simulation(bucket).run(600)
    bucket.rate = 80
    before = simulation.now
    simulation.run(2_000)
    assert 2_000 / (simulation.now - before) > 40


def test_without_refusals_nothing_is_spaced() -> None:
    """A server that takes all is asked by as many at a time as there are."""

    class Free:
        def take(self, now: float) -> Answer:
            return True, None, None

    done = Simulation(Free(), agents=16, latency=0.1).run(2_000)
    assert done.pace.rate is None
    assert done.rate > 0.8 * 16 / 0.1


def test_retry_after_is_kept() -> None:
    """A server that asks to be left alone for seven seconds is, and then is tried once."""
    pace = Pace()
    pace.send(1.0)
    pace.refused(1.0, 1.1, 7.0)
    pace.release()
    assert pace.wait(1.1) == pytest.approx(7.0)
    assert pace.wait(8.2) == 0
    pace.send(8.2)
    assert pace.wait(8.2) > 0
    assert pace.refusing_seconds(9.0) > 7


def test_the_width_is_halved_by_a_refusal() -> None:
    """With 12 out, a refusal leaves 6; those that were sent before it cost nothing more."""
    pace = Pace()
    pace.width = 12.0
    for _ in range(12):
        pace.send(1.0)
    for _ in range(5):
        pace.refused(1.0, 1.1)
    assert pace.width == 6.0
