"""A log under construction: entries are added in any order and come out in the order of time."""

import random
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime

from samples.story import seconds


class Journal:
    """The entries of one log file, each a moment and its text (which may span lines)."""

    def __init__(self, name: str, seed: int) -> None:
        self.rng = random.Random(f"{name} {seed}")
        self._entries: list[tuple[datetime, str]] = []

    def add(self, moment: datetime, text: str) -> None:
        """Add an entry; entries of one moment keep the order in which they were added."""
        self._entries.append((moment, text))

    def text(self) -> str:
        """Return the whole log, ordered by time, with a final newline."""
        return "".join(text + "\n" for _, text in sorted(self._entries, key=lambda entry: entry[0]))


def arrivals(
    rng: random.Random, start: datetime, end: datetime, rate: Callable[[datetime], float]
) -> Iterator[datetime]:
    """Yield Poisson arrivals between two moments, at `rate(moment)` per second."""
    moment = start + seconds(rng.expovariate(rate(start)))
    while moment < end:
        yield moment
        moment += seconds(rng.expovariate(rate(moment)))


def every(start: datetime, end: datetime, period_seconds: float, rng: random.Random) -> Iterator[datetime]:
    """Yield the ticks of a timer that drifts by a few milliseconds."""
    moment = start
    while moment < end:
        yield moment
        moment += seconds(period_seconds + rng.uniform(0.0, 0.006))


def latency_seconds(rng: random.Random, typical: float, spread: float = 0.35) -> float:
    """Return a latency with the long right tail that services have."""
    return typical * rng.lognormvariate(0.0, spread)


def uuid4(rng: random.Random) -> str:
    """Return a random but reproducible UUID."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def iso(moment: datetime) -> str:
    """Return "2026-11-18T09:41:52.318Z"."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def comma(moment: datetime) -> str:
    """Return "2026-11-18 09:41:52,318", as Python and log4j write it."""
    return f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03}"
