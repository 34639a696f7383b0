"""A run on a real Dask cluster of two processes: the same work as on one machine, one worker killed in the middle."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from distributed import Client, LocalCluster
from scripted_server import submit, tool_call, turns

import logdebug as ld
from logdebug.agent.steps import Answered, Placed
from logdebug.errors import SettingsError
from logdebug.run.events import Event, IncidentDiagnosed, StepTaken
from logdebug.run.sessions import read_trace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import StartServer, WriteCase
    from scripted_server import ScriptedServer

    from logdebug.records import Incident

# Dask's own loose ends on Python 3.11, none of ours
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::RuntimeWarning"),
]
LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
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
    environment["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"  # nobody: no test may reach another machine
    workers = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "processes": True,
        "host": "127.0.0.1",
        "dashboard_address": None,
        "env": environment,
        "local_directory": home,
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


def incidents_in(case_dir: WriteCase, count: int) -> list[Incident]:
    """Write incidents, no two of which look the same to a model."""
    return [case_dir([*LOG, f"{number}"], service=f"shop-{number}") for number in range(count)]


def placed(report: ld.Report, sessions: Path) -> dict[str, list[dict[str, Any]]]:
    """Give where each incident was worked on, by its service, as the traces on this side have it."""
    return {
        each.service: [step for step in read_trace(sessions / each.session) if step["step"] == Placed.__name__]
        for each in report.reports
    }


def test_an_incident_goes_where_it_is_sent(client: Client, case_dir: WriteCase, tmp_path: Path) -> None:
    """A service that is named for a worker is worked on there, and nowhere else."""
    address = max(client.scheduler_info(n_workers=-1)["workers"])
    incidents = incidents_in(case_dir, 6)
    where = ld.Cluster(client, workers={each.service: address for each in incidents})
    report = ld.investigate_sync(incidents, model="offline", cluster=where, sessions_dir=tmp_path / "s")
    assert report.diagnosed == 6
    assert all(address in steps[0]["worker"] for steps in placed(report, tmp_path / "s").values())


def test_what_a_run_may_cost_holds_across_workers(
    client: Client, serve: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """A run's limit is that of all workers together: at it agents give their best answer, and others don't begin."""
    here = serve(turns([tool_call("search", pattern="ERROR")] * 30), latency_seconds=0.02)
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
