"""Runs for tests of the monitor: written by hand, or really going on in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scripted_server import submit, tool_call, turns

from logdebug.records import Diagnosis, Evidence, Failure, Incident, Usage
from logdebug.run.chronicle import Chronicle
from logdebug.run.events import IncidentDiagnosed, IncidentFailed, IncidentStarted, RunStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripted_server import Script

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])
HOSTILE = "etl\x1b]0;pwned\x07\x1b[2J\u202e-daily"
"""A service's name that would set a terminal's title, clear it and turn its text around."""
HOSTILE_SHOWN = r"etl\u202e-daily"

_PROGRAM = """
import asyncio, json, sys
import logdebug as ld

async def main(base_url, sessions_dir, concurrency, incidents):
    model = ld.OpenAIModel("gpt-5-mini", api_key="sk-test-monitor", base_url=base_url)
    report = await ld.investigate(
        json.loads(incidents), model=model, sessions_dir=sessions_dir, max_concurrency=int(concurrency)
    )
    await model.aclose()
    report.save(sessions_dir + "/report-of-" + report.run_id + ".json")

asyncio.run(main(*sys.argv[1:]))
"""


def looking(count: int) -> Script:
    """Give a script that searches so many times and then submits a diagnosis that holds."""
    return turns([*(tool_call("search", pattern=f"refused|{number}") for number in range(count)), GROUNDED])


def write_incidents(parent: Path, *services: str) -> list[Incident]:
    """Write a directory with a log for each service."""
    incidents = []
    for number, service in enumerate(services):
        directory = parent / f"case-{number}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "app.log").write_text("".join(f"{line}\n" for line in LOG), encoding="utf-8")
        incidents.append(Incident(directory, "app.log", service))
    return incidents


@contextmanager
def running(
    base_url: str, sessions_dir: Path, *services: str, concurrency: int = 16
) -> Iterator[subprocess.Popen[bytes]]:
    """Have a run go on in a process of its own, for as long as a `with` at most."""
    incidents = write_incidents(sessions_dir.parent / f"of-{sessions_dir.name}-{time.monotonic_ns()}", *services)
    given = json.dumps([(str(each.working_dir), each.log_file, each.service) for each in incidents])
    before = set(sessions_dir.glob("*/events.jsonl"))
    command = [sys.executable, "-c", _PROGRAM, base_url, str(sessions_dir), str(concurrency), given]
    process = subprocess.Popen(command)
    try:
        until(lambda: bool(set(sessions_dir.glob("*/events.jsonl")) - before))
        yield process
    finally:
        process.kill()
        process.wait()


def until(is_so: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Wait until something is so; fail where it never is."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never was so"
        time.sleep(0.02)


def write_run(sessions_dir: Path, *services: str, run_id: str = "20261118T090000-abc123") -> tuple[Path, Chronicle]:
    """Write a run of this process that goes on; give its directory, and what writes more."""
    directory = sessions_dir / run_id
    directory.mkdir(parents=True)
    chronicle = Chronicle(directory)
    chronicle.take(RunStarted(run_id, "gpt-5-mini", services, directory))
    return directory, chronicle


def begin(directory: Path, chronicle: Chronicle, index: int, *steps: dict[str, object]) -> Path:
    """Begin an incident, with these steps in its trace; give the trace."""
    session = directory / f"{index + 1:05d}-service"
    session.mkdir()
    incident = Incident(Path("/srv"), "app.log", "service")
    chronicle.take(IncidentStarted(index, incident, f"{directory.name}/{session.name}"))
    trace = session / "trace.jsonl"
    trace.write_text("".join(json.dumps(step) + "\n" for step in steps), encoding="utf-8")
    return trace


def step(name: str, **fields: object) -> dict[str, object]:
    """Give a line of a trace, of now."""
    return {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "step": name, **fields}


def answered(turn: int, *, tokens: int = 100) -> dict[str, object]:
    """Give an answer's line."""
    usage = {"turns": 0, "input_tokens": tokens, "output_tokens": 10, "cost_usd": 0.001, "seconds": 0.0}
    return step("Answered", turn=turn, text="", tool_calls=[{"name": "search"}], usage=usage, notes=[])


def searched(pattern: str) -> dict[str, object]:
    """Give a search's line."""
    call = {"id": "1", "name": "search", "arguments": json.dumps({"pattern": pattern})}
    return step("ToolUsed", call=call, result="one\ntwo", failed=False, seconds=0.1)


def diagnosed(index: int, root_cause: str = "The database refused connections.") -> IncidentDiagnosed:
    """Give the event of an incident that was diagnosed."""
    found = Diagnosis(
        "shop", "/srv", "app.log", "diagnosed", root_cause, "dependency_failure", "high", 0.8,
        evidence=(Evidence("refused", "app.log", 2, 0, 7, verified=True), Evidence("never said", "app.log")),
        recommendation="Bring it back.", grounded=True, usage=Usage(3, 3_000, 200, 0.0123, 12.0),
    )  # fmt: skip
    return IncidentDiagnosed(index, found)


def failed(index: int, message: str = "the server is down", error: str = "model_unavailable") -> IncidentFailed:
    """Give the event of an incident that failed."""
    return IncidentFailed(index, Failure("shop", error, message))
