"""How fast an endpoint is asked, by a simulated clock: the same limits and the same answers each time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import pytest
from pacing_simulation import Bucket, Simulation, Sliding, Window

from logdebug.agent.pacing import Allowance, Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from pacing_simulation import Answer, Limiter, Says

KINDS = pytest.mark.parametrize("kind", [Bucket, Window, Sliding])
SAYS = pytest.mark.parametrize("says", ["nothing", "what is left", "when to retry"])


@KINDS
@SAYS
@pytest.mark.parametrize("latency", [0.02, 1.0])
@pytest.mark.parametrize("rate", [5, 40])
def test_a_limit_is_kept_within_a_tenth(kind: Callable[..., Limiter], says: Says, latency: float, rate: int) -> None:
    """Of any limit 90 to 110% is used, with under 2% refused; the search costs little more."""
    done = Simulation(kind(rate, says), latency=latency).run(30 * rate)
    assert 0.82 * rate <= done.rate <= 1.1 * rate
    assert done.refused <= max(7, 0.02 * 30 * rate)
    done.run(30 * rate)
    assert 0.9 * rate <= done.rate <= 1.1 * rate
    assert done.share_refused < 0.02


@KINDS
@SAYS
@pytest.mark.parametrize("latency", [0.005, 0.1, 1.0])
def test_a_low_limit_is_kept_too(kind: Callable[..., Limiter], says: Says, latency: float) -> None:
    """Two a second are found out by three refusals at the most; then 90 to 110% are used, with under 2% refused."""
    done = Simulation(kind(2, says), latency=latency).run(60)
    assert done.refused <= 3
    done.run(60)
    assert 1.8 <= done.rate <= 2.2
    assert done.share_refused < 0.02


def test_little_is_lost_by_a_small_bucket() -> None:
    """A bucket of one request, two a second, is used to nine tenths once it is known, whatever its latency."""
    for latency in (0.005, 0.1, 1.0):
        done = Simulation(Bucket(2, "nothing", seconds=0.2), latency=latency).run(60)
        assert done.run(60).rate >= 1.8


def test_an_hour_of_minutes_that_say_nothing_costs_little() -> None:
    """Sixty a minute that a server counts by the clock, without a word of it, are used, with under 2% refused then."""
    done = Simulation(Window(1, "nothing", 60.0), latency=0.5).run(600)
    done.run(3_000)
    assert done.rate >= 0.9
    assert done.share_refused < 0.02


def test_an_outage_slows_nobody_down_for_long() -> None:
    """A server that refused all for a minute, and then takes all again, is asked as often as before within another."""

    class Ill:
        def take(self, now: float) -> Answer:
            return not 30.0 < now < 90.0, None, None

    done = Simulation(Ill(), agents=16, latency=0.1)
    while done.now < 30.0:
        done.run(100)
    before = done.rate
    while done.now < 150.0:
        done.run(100)
    assert done.run(500).rate > 0.5 * before


@pytest.mark.parametrize(
    ("kind", "says"), [(Bucket, "nothing"), *product((Bucket, Window), ("what is left", "when to retry"))]
)
def test_a_limit_by_the_minute_is_kept(kind: Callable[..., Limiter], says: Says) -> None:
    """Where 300 a minute are allowed, whenever in the minute, 90 to 110% is used, and under 2% are refused."""
    done = Simulation(kind(5, says, 60.0), latency=0.5).run(1_500)
    assert done.share_refused < 0.02
    done.run(1_500)
    assert done.rate == pytest.approx(5, rel=0.1)
    assert done.share_refused < 0.02


def test_what_is_said_of_a_limit_saves_the_search() -> None:
    """Nothing is refused by a server that says what is left, and nothing is given away."""
    for limiter in (Bucket(40, "what is left"), Window(40, "what is left")):
        done = Simulation(limiter).run(1_200)
        assert done.refused == 0
        assert done.rate == pytest.approx(40, rel=0.03)


@pytest.mark.parametrize(
    ("limiter", "latency"), [(Sliding(5, "what is left"), 0.1), (Bucket(20, "what is left", seconds=0.2), 0.005)]
)
def test_who_says_when_one_more_is_left_is_used_wholly(limiter: Bucket | Sliding, latency: float) -> None:
    """A server that never shows more than one left, since it says until when that is, is used to nine tenths."""
    done = Simulation(limiter, latency=latency)
    done.run(200)
    assert done.run(300).rate >= 0.9 * limiter.rate


def test_slow_answers_are_not_waited_for() -> None:
    """Where an answer takes ten seconds, and none is refused, 16 are out within two."""
    pace, now, out = Pace(), 0.0, 0
    while out < 16:
        wait = pace.wait(now)
        now += wait
        if pace.wait(now) <= 0:
            pace.send(now)
            out += 1
    assert now < 2


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
    sent = pace.send(now)
    pace.answered(sent, now + 0.01)
    pace.release(sent)
    sent = pace.send(now + 0.02)
    pace.refused(sent, now + 0.03, 1.0)
    pace.release(sent)
    assert pace.wait(now + 0.03) < 0.2
    sent = pace.send(now + 0.2)
    pace.refused(sent, now + 0.21, 1.0)
    pace.release(sent)
    assert pace.wait(now + 0.21) == pytest.approx(1.0)


@pytest.mark.parametrize("processes", [2, 5])
def test_what_is_left_is_shared_by_processes(processes: int) -> None:
    """Processes that each use their part of what a server says is left send no more together than it allows."""
    paces = [Pace() for _ in range(processes)]
    sent = 0
    for pace in paces:
        pace.share = 1 / processes
        assert pace.width <= max(1, 4 / processes)
        first = pace.send(0.0)
        pace.answered(first, 0.1, Allowance(60, 60.0))
        pace.release(first)
        now = 0.1
        while (now := now + pace.wait(now)) < 30:
            pace.release(pace.send(now))
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
    sent = pace.send(1.0)
    pace.refused(sent, 1.1, 7.0)
    pace.release(sent)
    assert pace.wait(1.1) == pytest.approx(7.0)
    assert pace.wait(8.2) == 0
    pace.send(8.2)
    assert pace.wait(8.2) > 0
    assert pace.refusing_seconds(9.0) > 7


def test_the_width_is_halved_by_a_refusal() -> None:
    """With 12 out, a refusal leaves 6; those that were sent before it cost nothing more."""
    pace = Pace()
    pace.width = 12.0
    sent = [pace.send(1.0) for _ in range(12)]
    for each in sent[:5]:
        pace.refused(each, 1.1)
    assert pace.width == 6.0
