"""The process that opens conversations: the run ends as without it, and it ends with the run, however that ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scripted_server import submit, tool_call, turns

import logdebug as ld
from logdebug.agent.opening import Terms
from logdebug.logs import load_signatures
from logdebug.run import opener as module
from logdebug.run.opener import Opener

if TYPE_CHECKING:
    from conftest import StartServer, WriteCase

    from logdebug.agent.opening import Opening
    from logdebug.records import Incident

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused, password=hunter2-Xy7pQ9vL",
    "2026-11-18 09:00:03 ERROR giving up",
]
QUOTE = {"quote": "connection to db-1:5432 refused", "line": 2, "file": None}
MOST_SECONDS = 60

pytestmark = pytest.mark.skipif(
    os.name != "posix" or len(os.sched_getaffinity(0)) < 2, reason="it needs a core of its own"
)


def terms() -> Terms:
    """Give what the conversations have in common."""
    return Terms(load_signatures(), None, 4000)


def started(incidents: list[Incident]) -> Opener:
    """Start one."""
    opener = module._started(incidents)
    assert opener is not None
    return opener


def is_there(pid: int) -> bool:
    """Tell whether a process is still at work."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


async def test_a_run_goes_as_without_it(
    server: StartServer, case_dir: WriteCase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Agents whose conversations were opened elsewhere find what they would have found, and no process is left."""
    running = server(turns([tool_call("search", pattern="refused"), submit(evidence=[QUOTE])]))
    incidents = [case_dir(LOG, service=f"svc-{number}") for number in range(4)]
    openers: list[Opener] = []
    usual = Opener.opening_of

    async def opening_of(self: Opener, incident: Incident) -> Opening | None:
        openers.append(self)
        async with asyncio.timeout(MOST_SECONDS):
            while self.opened < len(incidents) - 1:  # noqa: ASYNC110  it is another process that is waited for
                await asyncio.sleep(0.01)
        return await usual(self, incident)

    async def run(least: int) -> ld.Report:
        monkeypatch.setattr(module, "LEAST_INCIDENTS", least)
        model = ld.OpenAIModel("m", api_key="sk-test", base_url=running.base_url)
        try:
            return await ld.investigate(
                incidents, model=model, sessions_dir=tmp_path / f"{least}", cache="off", max_concurrency=1
            )
        finally:
            await model.aclose()

    there = await run(100)
    assert not openers
    monkeypatch.setattr(Opener, "opening_of", opening_of)
    here = await run(1)
    assert len(openers) == 4
    assert not is_there(openers[0].process.pid)
    told = [[(each.root_cause, each.evidence, each.usage.tokens) for each in report] for report in (here, there)]
    assert told[0] == told[1]
    assert here.diagnosed == 4


async def test_one_that_dies_holds_up_nobody(case_dir: WriteCase) -> None:
    """What a process that is gone was asked for, or would have been, is left to who needs it."""
    incidents = [case_dir(LOG, service=f"svc-{number}") for number in range(3)]
    opener = started(incidents)
    try:
        os.kill(opener.process.pid, signal.SIGKILL)
        async with asyncio.timeout(MOST_SECONDS):
            await opener.attend(terms())
            assert [await opener.opening_of(each) for each in incidents] == [None, None, None]
    finally:
        opener.close()


async def test_who_is_gone_gets_nothing_and_the_next_does(case_dir: WriteCase, tmp_path: Path) -> None:
    """An agent that is cancelled while it waits, or whose directory is gone, takes nothing from the others."""
    gone = case_dir(LOG, service="gone")
    incidents = [case_dir(LOG, service="cancelled"), gone, case_dir(LOG, service="last")]
    (tmp_path / "gone" / "app.log").unlink()
    opener = started(incidents)
    attending = asyncio.create_task(opener.attend(terms()))
    try:
        async with asyncio.timeout(MOST_SECONDS):
            while not opener._asked:  # noqa: ASYNC110  likewise
                await asyncio.sleep(0.001)
            waiting = asyncio.create_task(opener.opening_of(incidents[0]))
            await asyncio.sleep(0)
            waiting.cancel()
            await attending
            assert await opener.opening_of(gone) is None
            assert await opener.opening_of(incidents[2]) is not None
    finally:
        attending.cancel()
        opener.close()


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """After kill -9 of the process that started it no orphan stays."""
    program = (
        "import asyncio, time\n"
        "from logdebug.run.opener import _started\n"
        "opener = _started([])\n"
        "print(opener.process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_there(pid)
        parent.kill()
    until = time.monotonic() + MOST_SECONDS
    while is_there(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_there(pid)
