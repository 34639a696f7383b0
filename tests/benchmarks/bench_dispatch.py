"""How much logdebug adds to the model's client: wall and CPU time against the raw client on the very same requests.

    python tests/benchmarks/bench_dispatch.py [--incidents 50 500] [--max-concurrency 16] [--lines 60] [--latency 0]

One server, both in turns, the best of three. The target is 1.5 times the raw client. Besides, the CPU time of
`import logdebug` over bare Python (target 0.15 s) and of `logdebug --help` (target 0.5 s). Exits with 1 where a target
is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference import TURNS, ServerProcess, conversations_of, replay, write_incident

import logdebug

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

ROUNDS = 3
MOST_TIMES_RAW = 1.5
MOST_IMPORT_SECONDS = 0.15
MOST_HELP_SECONDS = 0.5


@dataclass(frozen=True)
class Cost:
    """What some work cost, in seconds."""

    wall: float
    cpu: float

    @classmethod
    def best(cls, costs: list[Cost]) -> Cost:
        """Give the best of several, each figure by itself."""
        return cls(min(cost.wall for cost in costs), min(cost.cpu for cost in costs))

    def __str__(self) -> str:
        """Give both figures."""
        return f"{self.wall:7.2f} s wall {self.cpu:7.2f} s CPU"


def cost_of(work: Callable[[], Coroutine[Any, Any, Any]]) -> tuple[Cost, Any]:
    """Run something in an event loop of its own; give its cost and what it returned."""
    # What is kept for the reference to send is no cost of either: leave it out of the collector's rounds.
    gc.collect()
    gc.freeze()
    wall, cpu = time.perf_counter(), time.process_time()
    result = asyncio.run(work())
    return Cost(time.perf_counter() - wall, time.process_time() - cpu), result


def compare(count: int, *, max_concurrency: int, lines: int, latency_seconds: float) -> bool:
    """Measure both on so many incidents, print the figures, and tell whether the target is met."""
    with tempfile.TemporaryDirectory() as scratch, ServerProcess(latency_seconds=latency_seconds) as server:
        incidents = [write_incident(Path(scratch), number, lines=lines) for number in range(count)]

        async def ours() -> logdebug.Report:
            # The client is made anew within the measured time, on either side.
            model = logdebug.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=server.base_url)
            sessions_dir = Path(scratch) / "sessions"
            try:
                return await logdebug.investigate(
                    incidents, model=model, max_concurrency=max_concurrency, sessions_dir=sessions_dir, cache="off"
                )
            finally:
                await model.aclose()

        async def raw() -> int:
            return await replay(conversations, server.base_url, max_concurrency=max_concurrency)

        check_report(asyncio.run(ours()), count)
        conversations = conversations_of(server.take_requests())
        assert [len(conversation) for conversation in conversations] == [TURNS] * count, "the agents took other turns"
        raw_costs: list[Cost] = []
        our_costs: list[Cost] = []
        for _ in range(ROUNDS):
            cost, calls = cost_of(raw)
            assert calls == count * (TURNS + 1), "the raw client got other answers"
            raw_costs.append(cost)
            cost, report = cost_of(ours)
            check_report(report, count)
            our_costs.append(cost)
    size = sum(len(json.dumps(body)) for conversation in conversations for body in conversation) // (count * TURNS)
    print(f"\n{count} incidents x {TURNS} turns of {size:,} B, {max_concurrency} at one time, logs of {lines} lines")
    return judge(Cost.best(raw_costs), Cost.best(our_costs))


def judge(raw: Cost, ours: Cost) -> bool:
    """Print both costs and their ratio, and tell whether the target is met."""
    wall, cpu = ours.wall / raw.wall, ours.cpu / raw.cpu
    print(f"  raw client {raw}")
    print(f"  logdebug   {ours}")
    print(f"  ratio      {wall:7.2f} x wall {cpu:7.2f} x CPU   {verdict(max(wall, cpu), MOST_TIMES_RAW, 'x')}")
    return max(wall, cpu) <= MOST_TIMES_RAW


def check_report(report: logdebug.Report, count: int) -> None:
    """Hold a run to its purpose: all diagnosed, every quote found."""
    assert report.diagnosed == count, report.errors[:1]
    assert all(quote.verified for each in report.reports for quote in each.evidence), "a quote was not found"


def cpu_of_process(*command: str) -> float:
    """Give the CPU seconds of a process, the best of ten."""
    best = float("inf")
    for _ in range(10):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def measure_start() -> bool:
    """Measure what starting up costs, print the figures, and tell whether the targets are met."""
    bare = cpu_of_process(sys.executable, "-c", "pass")
    imported = cpu_of_process(sys.executable, "-c", "import logdebug") - bare
    helped = cpu_of_process(sys.executable, "-c", "from logdebug.cli import main; main()", "--help")
    print(f"\nimport logdebug {imported:6.3f} s CPU over bare Python   {verdict(imported, MOST_IMPORT_SECONDS, 's')}")
    print(f"logdebug --help {helped:6.3f} s CPU                    {verdict(helped, MOST_HELP_SECONDS, 's')}")
    return imported <= MOST_IMPORT_SECONDS and helped <= MOST_HELP_SECONDS


def verdict(value: float, most: float, unit: str) -> str:
    """Say what the target is, and whether it is met."""
    return f"(target {most} {unit}) {'ok' if value <= most else 'MISSED'}"


def main() -> int:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, nargs="+", default=[50, 500])
    parser.add_argument("--max-concurrency", type=int, default=16)
    parser.add_argument("--lines", type=int, default=60, help="lines of each log")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that the server takes to answer")
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} (best of {ROUNDS})")
    met = [measure_start()]
    met += [
        compare(
            count,
            max_concurrency=options.max_concurrency,
            lines=options.lines,
            latency_seconds=options.latency,
        )
        for count in options.incidents
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
