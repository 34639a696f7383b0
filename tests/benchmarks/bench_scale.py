"""Whether 10,000 incidents fit on one machine: throughput, memory, open files, and all that shows a run of that size.

    python tests/benchmarks/bench_scale.py [--incidents 10000] [--max-concurrency 16] [--lines 60]

The run goes on in a process of its own, with the live table of a notebook drawn from it four times a second; meanwhile
`logdebug monitor … ps` looks at it from outside. The raw client's throughput is that of bench_dispatch's reference on
300 of the incidents. What reads the report is measured in another process. Exits with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference import TURNS, ServerProcess, conversations_of, replay, write_incident

import logdebug

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.run.board import Board

SAMPLE = 300
MOST_MEGABYTES = 500
MOST_OPEN_FILES_PER_AGENT = 8
LEAST_OF_RAW = 0.8
MOST_DRAW_SECONDS = 0.05
MOST_LOOK_SECONDS = 5.0
MOST_READ_SECONDS = 10.0


@dataclass
class Watch:
    """What one process costs while it works, looked at every tenth of a second."""

    open_files: int = 0
    draws: list[float] = field(default_factory=list)

    async def look(self, draw: Callable[[], object]) -> None:
        """Look until cancelled; draw the live table at the pace of a notebook."""
        while True:
            self.open_files = max(self.open_files, open_files())
            began = time.perf_counter()
            draw()
            self.draws.append(time.perf_counter() - began)
            await asyncio.sleep(0.25)


def open_files() -> int:
    """Count the files that this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def peak_megabytes() -> float:
    """Give the most memory that this process had, its libraries included."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


async def _investigate(incidents: list[Any], base_url: str, sessions_dir: str, concurrency: int) -> dict[str, float]:
    """Run them all, drawn as in a notebook; give the figures."""
    from logdebug.notebook.panel import Panel
    from logdebug.notebook.progress import progress_html
    from logdebug.run.board import Board

    board: Board = Board()
    watch = Watch()
    model = logdebug.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=base_url)
    run = logdebug.Run(incidents, model=model, max_concurrency=concurrency, sessions_dir=sessions_dir, cache="off")
    run.watch(board.take)
    panel = Panel(board, run.controls)
    panel.probe.speaker.value = 1
    looking = asyncio.create_task(watch.look(panel.draw))
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        report = await run.finish()
    finally:
        looking.cancel()
        await model.aclose()
    cost = time.perf_counter() - wall, time.process_time() - cpu
    assert report.diagnosed == len(incidents), report.errors[:1]
    began = time.perf_counter()
    progress_html(board)
    settled = time.perf_counter() - began
    return {
        "wall": cost[0],
        "cpu": cost[1],
        "megabytes": peak_megabytes(),
        "open files": watch.open_files,
        "slowest draw": max(watch.draws),
        "mean draw": sum(watch.draws) / len(watch.draws),
        "last draw": settled,
    }


def run_all(incidents: list[Any], base_url: str, sessions_dir: str, concurrency: int) -> dict[str, float]:
    """Run them all in this process."""
    return asyncio.run(_investigate(incidents, base_url, sessions_dir, concurrency))


def read_all(path: str, scratch: str) -> dict[str, float]:
    """Load, show and save the report in this process; give the seconds that each takes, and the peak of memory."""
    report = logdebug.Report.load(path)
    took: dict[str, float] = {}
    ways: dict[str, Callable[[], object]] = {
        "load": lambda: logdebug.Report.load(path),
        "save": lambda: report.save(f"{scratch}/saved.json"),
        "_repr_html_": report._repr_html_,
        "repr": lambda: repr(report),
        "to_df": report.to_df,
        "evidence_df": report.evidence_df,
        "to_csv": lambda: report.to_csv(f"{scratch}/report.csv"),
        "to_markdown": lambda: report.to_markdown(f"{scratch}/report.md"),
        "to_html": lambda: report.to_html(f"{scratch}/report.html"),
        "correlate": report.correlate,
        "plot.severity": report.plot.severity,
        "plot.timeline": report.plot.timeline,
    }
    for name, way in ways.items():
        began = time.perf_counter()
        way()
        took[name] = time.perf_counter() - began
    took["megabytes"] = peak_megabytes()
    return took


def in_a_process(work: Callable[..., dict[str, float]], *given: object, meanwhile: Callable[[], None]) -> Any:
    """Do some work in a process of its own, and something else in this one meanwhile."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        working = pool.submit(work, *given)
        while not working.done():
            meanwhile()
            time.sleep(0.1)
        return working.result()


def raw_rate(scratch: Path, server: ServerProcess, concurrency: int, lines: int) -> float:
    """Give the incidents per second of the raw client, the best of three, on a sample."""
    incidents = [write_incident(scratch / "sample", number, lines=lines) for number in range(SAMPLE)]
    run_all(incidents, server.base_url, str(scratch / "sample-sessions"), concurrency)
    conversations = conversations_of(server.take_requests())
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        asyncio.run(replay(conversations, server.base_url, max_concurrency=concurrency))
        best = min(best, time.perf_counter() - began)
    return SAMPLE / best


def look_from_outside(sessions_dir: Path) -> Callable[[], None]:
    """Give what looks at the run by the monitor's command line every 20 s, and prints how long that took."""
    last = time.monotonic()

    def look() -> None:
        nonlocal last
        if time.monotonic() - last < 20:
            return
        command = [sys.executable, "-m", "logdebug.cli", "monitor", str(sessions_dir), "ps"]
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        took = time.perf_counter() - began
        say("monitor ps", took, MOST_LOOK_SECONDS, "s", note=done.stdout.strip().rpartition("\n")[2] or done.stderr)
        last = time.monotonic()

    return look


def say(name: str, value: float, most: float | None, unit: str, *, note: str = "") -> bool:
    """Print a figure and whether its target is met; None for a figure without one."""
    met = most is None or value <= most
    target = "" if most is None else f"(target {most:g} {unit}) {'ok' if met else 'MISSED'}"
    print(f"  {name:14} {value:9.3f} {unit:4} {target} {note}", flush=True)
    return met


def main() -> int:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--max-concurrency", type=int, default=16)
    parser.add_argument("--lines", type=int, default=60, help="lines of each log")
    given = parser.parse_args()
    count, concurrency = given.incidents, given.max_concurrency
    with tempfile.TemporaryDirectory() as directory, ServerProcess() as server:
        scratch = Path(directory)
        sessions = scratch / "sessions"
        raw = raw_rate(scratch, server, concurrency, given.lines)
        incidents = [write_incident(scratch / "incidents", number, lines=given.lines) for number in range(count)]
        print(f"{count:,} incidents x {TURNS} turns, {concurrency} at one time, logs of {given.lines} lines")
        look = look_from_outside(sessions)
        figures = in_a_process(run_all, incidents, server.base_url, str(sessions), concurrency, meanwhile=look)
        print(f"  {raw:.0f} incidents/s raw, {count / figures['wall']:.0f} here ({figures['wall']:.0f} s)")
        met = [
            say("raw / ours", raw * figures["wall"] / count, 1 / LEAST_OF_RAW, "x"),
            say("memory", figures["megabytes"], MOST_MEGABYTES, "MB"),
            say("open files", figures["open files"], 60 + MOST_OPEN_FILES_PER_AGENT * concurrency, ""),
            *(say(name, figures[name], MOST_DRAW_SECONDS, "s") for name in ("slowest draw", "mean draw", "last draw")),
        ]
        [path] = sessions.glob("*/report.json")
        print(f"the report, {path.stat().st_size / 1e6:.0f} MB")
        figures = in_a_process(read_all, str(path), str(scratch), meanwhile=lambda: None)
        for name, value in figures.items():
            limits = (MOST_MEGABYTES * 4, "MB") if name == "megabytes" else (MOST_READ_SECONDS, "s")
            met.append(say(name, value, *limits))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
