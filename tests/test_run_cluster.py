"""A run on a real Dask cluster of two processes: the same work as on one machine, one worker killed in the middle."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from distributed import Client, LocalCluster
from scripted_server import submit, tool_call, turns

import logdebug as ld
from logdebug.agent.steps import Answered, Directed, Placed
from logdebug.errors import SettingsError
from logdebug.run.events import Event, IncidentDiagnosed, IncidentFailed, StepTaken
from logdebug.run.sessions import read_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import StartServer, WriteCase
    from scripted_server import ScriptedServer

    from logdebug.records import Incident

# Dask's own loose ends on Python 3.11, none of ours
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Creating scratch directories is taking:UserWarning"),  # on a busy machine
]
LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
STAY_HERE = """
import ipaddress, socket, sys

def refuse(event, given):
    if event == "socket.connect" and given[0].family in (socket.AF_INET, socket.AF_INET6):
        host = given[1][0]
    elif event == "socket.getaddrinfo":
        host = given[0]
    else:
        return
    if host in (None, "", "localhost", b"localhost", socket.gethostname()):
        return
    try:
        near = ipaddress.ip_address(str(host).partition("%")[0])
        near = near.is_loopback or near.is_unspecified
    except ValueError:
        near = False
    if not near:
        raise OSError(f"workers of tests reach no machine but this one, and one tried {host}")

sys.addaudithook(refuse)
"""
"""What each worker process is told first, one that takes a killed one's place, too: no test reaches another machine."""
SCRIPT = turns(
    [
        tool_call("search", pattern="ERROR"),
        tool_call("read_lines", first=1),
        submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}]),
    ]
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Give a cluster of two workers, each a process with a key of its own in its environment."""
    home = str(tmp_path_factory.mktemp("workers"))
    environment = {"HOME": home, "XDG_STATE_HOME": home, "OPENAI_API_KEY": "sk-of-the-worker"}
    environment["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"  # nobody
    workers = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "processes": True,
        "host": "127.0.0.1",
        "dashboard_address": "127.0.0.1:0",  # not 8787: another test may have that at the same time
        "env": environment,
        "local_directory": home,
        "preload": [STAY_HERE],
    }
    with LocalCluster(**workers) as started:
        yield started


@pytest.fixture
def client(cluster: LocalCluster) -> Iterator[Client]:
    """Give a client that lives in a thread of its own, as in a notebook, once both workers are there."""
    with Client(cluster) as connected:
        connected.wait_for_workers(2, timeout=180)
        yield connected


@pytest.fixture
def serve(server: StartServer, monkeypatch: pytest.MonkeyPatch) -> StartServer:
    """Give a function that starts a server which runs here find, with a key that must come to lie nowhere."""

    def start(*args: Any, **kwargs: Any) -> ScriptedServer:
        here = server(*args, **kwargs)
        monkeypatch.setenv("OPENAI_BASE_URL", here.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-run")
        return here

    return start


def reach(host: str) -> str:
    """Try to reach a machine, on a worker; give what came of it."""
    import socket

    try:
        socket.create_connection((host, 9), timeout=1).close()
    except OSError as error:
        return str(error)
    return "reached"


def shares() -> list[float]:
    """Give which part of what a model's server allows this process uses, by server."""
    from logdebug.agent import gate

    return [each.pace.share for each in gate._gates.values()]


def incidents_in(case_dir: WriteCase, count: int) -> list[Incident]:
    """Write incidents, no two of which look the same to a model."""
    return [case_dir([*LOG, f"{number}"], service=f"shop-{number}") for number in range(count)]


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  what is waited for is another thread's, or process's
            await asyncio.sleep(0.01)


def placed(report: ld.Report, sessions: Path) -> dict[str, list[dict[str, Any]]]:
    """Give where each incident was worked on, by its service, as the traces on this side have it."""
    return {
        each.service: [step for step in read_trace(sessions / each.session) if step["step"] == Placed.__name__]
        for each in report.reports
    }


def test_the_workers_of_these_tests_reach_no_other_machine(client: Client) -> None:
    """A worker's process is refused any address but loopback's, and any name but its own."""
    for host in ("192.0.2.1", "example.invalid"):
        assert all("no machine but this one" in said for said in client.run(reach, host).values())


def test_the_report_is_that_of_one_machine(
    client: Client, serve: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """Workers give this machine's diagnoses, both work and share what the server allows; no key lies on disk."""
    here = serve(SCRIPT)
    incidents = incidents_in(case_dir, 8)
    kwargs: dict[str, Any] = {"model": "gpt-5-mini", "sessions_dir": tmp_path / "s", "cache": "off"}
    shared: dict[str, list[float]] = {}

    def look(event: Event) -> None:
        if isinstance(event, IncidentDiagnosed):
            shared.update(client.run(shares))

    there = ld.investigate_sync(incidents, cluster=client, on_event=look, **kwargs)
    alone = ld.investigate_sync(incidents, **kwargs)
    assert [(each.service, each.root_cause, each.evidence) for each in there] == [
        (each.service, each.root_cause, each.evidence) for each in alone
    ]
    assert there.usage.turns == alone.usage.turns == 24
    workers = [step["worker"] for [step] in placed(there, tmp_path / "s").values()]
    assert len(set(workers)) == 2
    assert list(shared.values()) == [[0.5], [0.5]]
    assert {request.headers["authorization"] for request in here.requests} == {"Bearer sk-of-the-run"}
    written = [path.read_bytes() for path in (tmp_path / "s").rglob("*") if path.is_file()]
    assert written
    assert not any(b"sk-of-the" in content for content in written)


def test_an_incident_that_no_worker_holds_fails_by_name(client: Client, case_dir: WriteCase, tmp_path: Path) -> None:
    """What can go to no worker is a failure that says why and what to do; its neighbours are diagnosed."""
    here = incidents_in(case_dir, 2)
    nowhere = ld.Incident(tmp_path / "nowhere", "app.log", "lost")
    where = ld.Cluster(client, workers={"shop-1": "web-7"}, patience_seconds=0)
    report = ld.investigate_sync([*here, nowhere], model="offline", cluster=where, sessions_dir=tmp_path / "s")
    assert [each.service for each in report] == ["shop-0"]
    said = {each.service: (each.error, each.message) for each in report.errors}
    assert {error for error, _ in said.values()} == {"cluster"}
    assert "no worker of the cluster has the address, name, host or resource 'web-7'; there are" in said["shop-1"][1]
    assert "2 workers" in said["lost"][1]
    assert "does not exist" in said["lost"][1]


def test_an_incident_goes_where_it_is_sent(client: Client, case_dir: WriteCase, tmp_path: Path) -> None:
    """A service that is named for a worker is worked on there, and nowhere else."""
    address = max(client.scheduler_info(n_workers=-1)["workers"])
    incidents = incidents_in(case_dir, 6)
    where = ld.Cluster(client, workers={each.service: address for each in incidents})
    report = ld.investigate_sync(incidents, model="offline", cluster=where, sessions_dir=tmp_path / "s")
    assert report.diagnosed == 6
    assert all(address in steps[0]["worker"] for steps in placed(report, tmp_path / "s").values())


def test_the_key_may_stay_with_the_workers(
    client: Client, serve: StartServer, case_dir: WriteCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `send_key` each worker asks with the key of its own environment, and the run needs none."""
    here = serve(SCRIPT)
    monkeypatch.delenv("OPENAI_API_KEY")
    client.run(exec, f"import os; os.environ['OPENAI_BASE_URL'] = {here.base_url!r}")
    where = ld.Cluster(client, send_key=False)
    report = ld.investigate_sync(
        incidents_in(case_dir, 2), model="gpt-5-mini", cluster=where, sessions_dir=tmp_path / "s", cache="off"
    )
    assert report.diagnosed == 2, report.errors
    assert {request.headers["authorization"] for request in here.requests} == {"Bearer sk-of-the-worker"}


async def test_an_agent_on_a_worker_is_cancelled_within_half_a_second(
    cluster: LocalCluster, serve: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """While its request is in flight an agent on a worker ends within 0.5 s, and the request with it; others go on."""
    here = serve(SCRIPT, latency_seconds=4)
    incidents = incidents_in(case_dir, 2)
    ended: list[float] = []
    async with Client(cluster.scheduler_address, asynchronous=True) as client:
        run = ld.Run(incidents, model="gpt-5-mini", cluster=client, sessions_dir=tmp_path / "s", cache="off")
        run.watch(lambda event: ended.append(time.monotonic()) if isinstance(event, IncidentFailed) else None)
        running = asyncio.create_task(run.finish())
        await until(lambda: here.in_flight == 2)
        before = time.monotonic()
        run.controls.cancel(1, by="Ann")
        await until(lambda: bool(ended))
        await until(lambda: here.in_flight == 1)
        assert time.monotonic() - before < 2  # neither request was answered yet
        run.controls.cancel(by="Ann")
        report = await asyncio.wait_for(running, 60)
    assert ended[0] - before < 0.5
    assert len(ended) == 2
    assert here.abandoned == 2
    assert {each.message for each in report.errors} == {"cancelled by Ann while this incident was worked on"}


async def test_a_run_on_a_cluster_is_steered(
    cluster: LocalCluster, serve: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """Pause, direct, resume and cancel reach agents on workers, and the client may live in the run's own loop."""
    here = serve(SCRIPT, latency_seconds=0.3)
    incidents = incidents_in(case_dir, 2)
    async with Client(cluster.scheduler_address, asynchronous=True) as client:
        run = ld.Run(incidents, model="gpt-5-mini", cluster=client, sessions_dir=tmp_path / "s", cache="off")
        first = asyncio.Event()
        directed: list[str] = []

        def watch(event: Event) -> None:
            if isinstance(event, StepTaken) and isinstance(event.step, Answered) and not first.is_set():
                run.controls.pause()
                first.set()
            if isinstance(event, StepTaken) and isinstance(event.step, Directed):
                directed.append(event.step.text)

        run.watch(watch)
        running = asyncio.create_task(run.finish())
        await asyncio.wait_for(first.wait(), 60)
        await until(lambda: here.in_flight == 0)
        await asyncio.sleep(1.5)  # in which workers that hadn't heard would ask several times
        assert here.in_flight == 0
        assert here.request_count <= 4  # one each, and those in flight
        run.controls.cancel(1, by="Ann")
        run.controls.steer("look at the network", 0)
        run.controls.resume()
        report = await asyncio.wait_for(running, 60)
    assert directed == ["look at the network"]
    assert [each.service for each in report] == ["shop-0"]
    assert [each.message for each in report.errors] == ["cancelled by Ann while this incident was worked on"]
    assert any("look at the network" in str(request.messages) for request in here.requests)


def test_what_a_run_may_cost_holds_across_workers(
    client: Client, serve: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """Limits are for all workers together: at a run's, best answers are given; and no more ask at once than may."""
    here = serve(turns([tool_call("search", pattern="ERROR")] * 30), latency_seconds=0.1)
    here.script = lambda request: (
        SCRIPT(request)
        if len(request.tool_names) > 1
        else submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])
    )
    report = ld.investigate_sync(
        incidents_in(case_dir, 8),
        model="gpt-5-mini",
        cluster=client,
        sessions_dir=tmp_path / "s",
        cache="off",
        max_concurrency=4,
        run_limits=ld.RunLimits(turns=6),
    )
    assert {each.error for each in report.errors} == {"run_limit"}
    assert report.failed >= 3
    assert report.usage.turns <= 6 + 2 * 4
    assert here.peak_in_flight <= 4


def test_a_run_is_gone_on_with_anywhere(
    client: Client, serve: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """A run that was cut short on a cluster goes on on one machine, from the last replies, and the other way round."""
    serve(SCRIPT)
    incidents = incidents_in(case_dir, 4)
    answers = 0

    class Enough(Exception):
        """What ends the run."""

    def stop(event: Event) -> None:
        nonlocal answers
        answers += isinstance(event, StepTaken) and isinstance(event.step, Answered)
        if answers == limit:
            raise Enough

    kwargs: dict[str, Any] = {"model": "gpt-5-mini", "sessions_dir": tmp_path / "s", "cache": "off", "on_event": stop}
    limit = 3
    with pytest.raises(Enough):
        ld.investigate_sync(incidents, cluster=client, **kwargs)
    [run] = (path for path in (tmp_path / "s").iterdir() if (path / "run.json").exists())
    limit = 6
    with pytest.raises(Enough):
        ld.investigate_sync(resume=run, **kwargs)
    limit = 99
    report = ld.investigate_sync(resume=run, cluster=client, **kwargs)
    assert report.diagnosed == 4
    assert report.usage.turns == answers == 12


def test_a_model_that_can_t_be_sent_is_said_before_anything_is_spent(client: Client, case_dir: WriteCase) -> None:
    """A model made of a function within another can't reach a worker; the error names the remedy."""
    model = ld.ReplayModel(lambda request: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(SettingsError, match="give the model by its name"):
        ld.Run(incidents_in(case_dir, 1), model=model, cluster=client)


def test_a_killed_worker_loses_nothing(
    client: Client, cluster: LocalCluster, serve: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """After SIGKILL its incidents go on elsewhere from their last reply: no reply that came is paid for again."""
    here = serve(SCRIPT, latency_seconds=0.05)
    incidents = incidents_in(case_dir, 12)
    killed: list[int] = []
    answered = 0

    def kill(event: Event) -> None:
        nonlocal answered
        answered += isinstance(event, StepTaken) and isinstance(event.step, Answered)
        if isinstance(event, IncidentDiagnosed) and not killed:
            victim = next(each for each in cluster.workers.values() if each.process is not None)
            killed.append(victim.process.pid)
            os.kill(victim.process.pid, signal.SIGKILL)

    report = ld.investigate_sync(
        incidents, model="gpt-5-mini", cluster=client, sessions_dir=tmp_path / "s", max_concurrency=6, on_event=kill
    )
    assert killed
    assert report.diagnosed == 12
    assert report.usage.turns == answered == 3 * 12
    assert here.request_count - answered <= 3  # those in flight on the worker that was killed
    moved = [steps for steps in placed(report, tmp_path / "s").values() if len(steps) > 1]
    assert moved
    assert all("is lost" in steps[1]["reason"] for steps in moved)
