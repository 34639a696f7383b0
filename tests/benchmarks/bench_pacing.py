"""How well a server's limit is kept, of each kind: which share of it is used, and which share of requests is refused.

    python tests/benchmarks/bench_pacing.py [--rates 2 5 20 100] [--seconds 30] [--seeds 3]

By a simulated clock (see pacing_simulation): so many seconds' worth of requests with nothing known, then as many more;
of a minute's window eight times as many. The targets are 0.9 to 1.1 of the limit with under 2% refused, in the second
part; the first, in which the limit is found out, is shown beside it. Exits with 1 where a target is missed.

Two bounds that no client passes are printed beside. A server that says nothing has to refuse twice until its rate can
be known: once its bucket or window is at its end, once again since only what it takes in between tells how fast that
fills; at low rates these two are over 2% of the first part already. And a bucket that holds nothing for later refuses
what comes a hair too soon, so that a client that knows its rate has to stay below by what the way there takes now more
and now less: how much the best such client uses is found out by simulating it, and nine tenths of that are the target.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, get_args

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pacing_simulation import Bucket, Says, Simulation, Sliding, Steady, Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from pacing_simulation import Limiter

LEAST, MOST, MOST_REFUSED = 0.9, 1.1, 0.02
KINDS: dict[str, Callable[..., Limiter]] = {
    "bucket": Bucket,
    "window": Window,
    "sliding": Sliding,
    "bucket of 0.2 s": partial(Bucket, seconds=0.2),
    "bucket of 1": partial(Bucket, seconds=0.0),
    "window of 60 s": partial(Window, seconds=60.0),
}
MINUTES = "window of 60 s"
NO_STORE = "bucket of 1"
LATENCIES = (0.005, 0.1, 1.0)


@dataclass(frozen=True)
class Case:
    """One server, asked by many agents."""

    kind: str
    says: Says
    latency: float
    rate: int

    def measure(self, seconds: float, seeds: int) -> tuple[float, float, float, float]:
        """Give the shares of the limit that were used, and of requests that were refused, in the search and after."""
        parts: list[tuple[float, float, float, float]] = []
        for seed in range(1, 1 + seeds):
            limiter = KINDS[self.kind](self.rate, self.says)
            agents = max(100, int(3 * self.rate * self.latency))
            done = Simulation(limiter, agents=agents, latency=self.latency, seed=seed).run(int(seconds * self.rate))
            search = done.rate / self.rate, done.share_refused
            done.run(int(seconds * self.rate))
            parts.append((*search, done.rate / self.rate, done.share_refused))
        first, second, third, fourth = (mean(values) for values in zip(*parts, strict=True))
        return first, second, third, fourth

    def reaches(self, used: float, refused: float, most: float) -> bool:
        """Give whether that is what the limit is to be kept to, of which so much can be used at the most."""
        # No server of a window gives more than what it allows; but an end in the middle of a minute looks as if it did.
        return LEAST * most <= used <= (2.0 if self.kind == MINUTES else MOST) and refused < MOST_REFUSED


def measure(case: Case, seconds: float, seeds: int) -> tuple[float, float, float, float]:
    """Measure one case, in a process of a pool."""
    return case.measure(seconds * (8 if case.kind == MINUTES else 1), seeds)


def most_used(rate: int) -> float:
    """Give which share of a bucket that holds nothing for later is used by the best client that knows its rate."""
    shares = [hundredth / 100 for hundredth in range(100, 50, -1)]
    for share in shares:
        done: Simulation = Simulation(KINDS[NO_STORE](rate, "nothing"), pace=Steady(share * rate)).run(30 * rate)
        if done.share_refused < MOST_REFUSED:
            return float(done.rate / rate)
    return shares[-1]


def main() -> int:
    """Print a line per kind of server and latency, a column per rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", type=int, nargs="+", default=[2, 5, 20, 100])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    cases = [Case(*each) for each in product(KINDS, get_args(Says), LATENCIES, given.rates)]
    most = {rate: most_used(rate) for rate in given.rates}
    missed = 0
    print("share of the limit, refused: in the search > after it; * misses its target\n")
    print(" " * 38 + "".join(f"{f'{rate}/s':30}" for rate in given.rates))
    print(
        f"{'two refusals are':37}" + "".join(f"{2 / (2 + given.seconds * rate):11.1%}{'':19}" for rate in given.rates)
    )
    print(f"{'the most of a bucket of 1':37}" + "".join(f"{'':14}{most[rate]:4.2f}{'':12}" for rate in given.rates))
    with ProcessPoolExecutor(2) as pool:
        work = partial(measure, seconds=given.seconds, seeds=given.seeds)
        for case, (used, refused, then, then_refused) in zip(cases, pool.map(work, cases), strict=True):
            if case.rate == given.rates[0]:
                print(f"\n{case.kind:16}{case.says:14}{case.latency:6g} s", end="", flush=True)
            misses = not case.reaches(then, then_refused, most[case.rate] if case.kind == NO_STORE else 1.0)
            missed += misses
            print(f"  {used:4.2f} {refused:5.1%} > {then:4.2f} {then_refused:5.1%} {'*' if misses else ' '}  ", end="")
    print(f"\n\n{missed} of {len(cases)} miss {LEAST:g} to {MOST:g} of the limit with under {MOST_REFUSED:.0%} refused")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
