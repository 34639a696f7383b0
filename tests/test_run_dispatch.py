"""Many incidents at once: one report, each incident's trouble its own, nothing finished lost."""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import after, faults, submit, tool_call, turns

import logdebug as ld
from logdebug.agent.loop import Limits
from logdebug.agent.messages import Reply, Request
from logdebug.agent.models import ReplayModel
from logdebug.agent.steps import Concluded
from logdebug.errors import IncidentError, SettingsError, SignatureError
from logdebug.records import Incident
from logdebug.run.events import Event, IncidentDiagnosed, IncidentFailed, IncidentStarted, RunStarted, StepTaken
from logdebug.run.sessions import read_trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import RunPython, StartServer, WriteCase

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])
FAST = Limits(retry_seconds=0.001)


@pytest.fixture
def served(server: StartServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give a function that starts a scripted server and points the settings at it."""

    def start(script: Any, **options: Any) -> Any:
        running = server(script, **options)
        monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        return running

    return start


async def test_report_holds_every_incident_in_order(served: Callable[..., Any], case_dir: WriteCase) -> None:
    """Each incident gets its own diagnosis, in the order given, from the model that the settings name."""
    served(turns([tool_call("search", pattern="refused"), GROUNDED]))
    services = [f"svc-{number}" for number in range(7)]
    report = await ld.investigate([case_dir(LOG, service=service) for service in services])
    assert [each.service for each in report] == services
    assert report.model == "gpt-5-mini"
    assert all(each.grounded for each in report)
    assert (report.usage.turns, report.diagnosed, report.failed) == (14, 7, 0)


async def test_without_key_the_embedded_analyst_works(case_dir: WriteCase) -> None:
    """No key and no model named: the offline analyst runs, and the report says so."""
    report = await ld.investigate([case_dir(LOG)])
    assert report.model == "offline"
    assert report.usage.cost_usd == 0
    assert "offline" in repr(report)


async def test_named_model_without_key_is_refused(case_dir: WriteCase) -> None:
    """A model that is named needs a key, and the error names the ways out."""
    with pytest.raises(SettingsError, match=r"OPENAI_API_KEY.*OPENAI_BASE_URL.*offline"):
        await ld.investigate([case_dir(LOG)], model="gpt-5-mini")


async def test_tuples_are_incidents(case_dir: WriteCase) -> None:
    """Plain 3-tuples and DIR:LOGFILE:SERVICE strings are accepted wherever incidents are."""
    incident = case_dir(LOG)
    given = [(incident.working_dir, "app.log", "one"), (str(incident.working_dir), "app.log", "two")]
    report = await ld.investigate([*given, f"{incident.working_dir}:app.log:three"], model="offline")
    assert [each.service for each in report] == ["one", "two", "three"]


async def test_one_bad_incident_among_good_ones_fails_alone(case_dir: WriteCase, tmp_path: Path) -> None:
    """A bad incident becomes a failure that says why; the others are diagnosed."""
    good = case_dir(LOG)
    bad = [Incident(tmp_path / "nowhere", "a.log", "ghost"), (good.working_dir, "missing.log", "lost"), ("a", "b")]
    report = await ld.investigate([good, *bad], model="offline")
    assert [each.service for each in report] == ["shop"]
    assert [each.error for each in report.errors] == ["bad_incident"] * 3
    assert "does not exist" in report.errors[0].message
    assert "app.log" in report.errors[1].message
    assert report.total_incidents == 4


@pytest.mark.parametrize("given", [[], [("/nowhere", "a.log", "x")], [("a", "b")], ("/a", "b", "c"), "/a:b:c"])
async def test_nothing_to_investigate_is_said_before_anything_is_spent(given: Any, tmp_path: Path) -> None:
    """Where no incident can be investigated the error comes at once, and no run is begun on disk."""
    with pytest.raises(IncidentError):
        await ld.investigate(given, model="offline", sessions_dir=tmp_path / "sessions")
    assert not (tmp_path / "sessions").exists()


async def test_two_incidents_of_one_name_stay_apart(case_dir: WriteCase, tmp_path: Path) -> None:
    """Two incidents with one service name have a session each and are told apart by their place."""
    incident = case_dir(LOG)
    events: list[Event] = []
    await ld.investigate([incident, incident], model="offline", on_event=events.append, sessions_dir=tmp_path / "s")
    sessions = [event.session for event in events if isinstance(event, IncidentStarted)]
    assert len(set(sessions)) == 2
    assert sorted(event.index for event in events if isinstance(event, IncidentDiagnosed)) == [0, 1]


async def test_failure_of_one_never_touches_another(served: Callable[..., Any], case_dir: WriteCase) -> None:
    """A model that fails on one incident leaves the other's diagnosis alone; the failure names its session."""
    sound = turns([GROUNDED])
    served(lambda request: faults.no_such_model() if "'bad'" in request.opening else sound(request))
    report = await ld.investigate([case_dir(LOG, service="bad"), case_dir(LOG, service="good")], limits=FAST)
    assert [each.service for each in report] == ["good"]
    assert report.errors[0].error == "model_refused"
    assert report.errors[0].session.endswith("00001-bad")


async def test_rate_limits_and_drops_are_ridden_out(served: Callable[..., Any], case_dir: WriteCase) -> None:
    """Every conversation meets a 429, a 500 and a dropped connection, and every incident is diagnosed all the same."""
    passing = [faults.rate_limited(0.01), faults.server_error(), faults.dropped()]
    served(after(passing, turns([GROUNDED])))
    report = await ld.investigate([case_dir(LOG, service=f"s{n}") for n in range(10)], limits=FAST)
    assert (report.diagnosed, report.failed) == (10, 0)


async def test_every_event_is_on_disk_when_it_is_announced(case_dir: WriteCase, tmp_path: Path) -> None:
    """Whoever is told of a step finds it in the trace already; directories are private."""
    where: list[Path] = []
    seen: list[bool] = []

    def look(event: Event) -> None:
        if isinstance(event, RunStarted):
            where.append(event.directory)
        if isinstance(event, StepTaken):
            session = next(path for path in where[0].iterdir() if path.is_dir())
            last = list(read_trace(session))[-1]
            seen.append(last["step"] == type(event.step).__name__)

    script = [Reply(text="hm"), *[Reply(text=json.dumps(_answer()))] * 2]
    await ld.investigate([case_dir(LOG)], model=ReplayModel(script), on_event=look, sessions_dir=tmp_path / "s")
    assert len(seen) >= 5
    assert all(seen)
    assert where[0].stat().st_mode & 0o077 == 0
    assert json.loads((where[0] / "report.json").read_text())["diagnosed"] == 1


async def test_bugs_propagate(case_dir: WriteCase) -> None:
    """An error that is none of the tree's is a bug and comes out as itself."""

    def buggy(request: Request) -> Reply:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        await ld.investigate([case_dir(LOG), case_dir(LOG, service="b")], model=ReplayModel(buggy))


async def test_cancelling_keeps_what_was_finished(case_dir: WriteCase, tmp_path: Path) -> None:
    """A cancelled run's report holds the finished diagnoses; the rest are failures named `cancelled`."""
    finished = asyncio.Event()

    class Uneven(ReplayModel):
        async def ask(self, request: Request) -> Reply:
            if request.service == "slow":
                await asyncio.sleep(60)
            return Reply(text=json.dumps(_answer()))

    def watch(event: Event) -> None:
        if isinstance(event, IncidentDiagnosed):
            finished.set()

    incidents = [case_dir(LOG, service="quick"), case_dir(LOG, service="slow"), case_dir(LOG, service="later")]
    run = ld.Run(incidents, model=Uneven([]), max_concurrency=2, on_event=watch, sessions_dir=tmp_path / "s")
    task = asyncio.create_task(run.finish())
    await finished.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 1)
    report = run.report()
    assert {each.service for each in report} == {"quick", "later"}
    assert [(each.service, each.error) for each in report.errors] == [("slow", "cancelled")]
    assert ld.Report.load(run.directory / "report.json").diagnosed == 2


async def test_concurrency_is_bounded(served: Callable[..., Any], case_dir: WriteCase) -> None:
    """No more agents work at a time than were asked for."""
    running = served(turns([GROUNDED]), latency_seconds=0.2)
    await ld.investigate([case_dir(LOG, service=f"s{n}") for n in range(20)], max_concurrency=3)
    assert 2 <= running.peak_in_flight <= 3  # requests are spaced, so that on a busy machine the third may come late


async def test_two_hundred_incidents_at_once(served: Callable[..., Any], case_dir: WriteCase) -> None:
    """200 incidents, 50 at once, end in 200 outcomes, with memory and open files bounded."""
    served(turns([tool_call("search", pattern="refused"), tool_call("list_files"), GROUNDED]), record=False)
    incidents = [case_dir(LOG, service=f"s{n}") for n in range(200)]
    before_fds, before_kib = _open_files(), _resident_kib()
    most_fds = 0

    def watch(event: Event) -> None:
        nonlocal most_fds
        if isinstance(event, StepTaken) and isinstance(event.step, Concluded):
            most_fds = max(most_fds, _open_files())

    report = await ld.investigate(incidents, max_concurrency=50, on_event=watch)
    gc.collect()
    assert report.total_incidents == 200
    assert report.diagnosed == 200
    # Per agent: the directory, the log, the trace and a connection (both its ends, since the server is in here); where
    # the machine is busy, connections that were idle for long are made anew while the server still holds its old ends.
    assert most_fds - before_fds <= 50 * 8 + 40
    assert await asyncio.to_thread(_open_files_at_rest, before_fds + 20) <= before_fds + 20
    assert _resident_kib() - before_kib < 200 * 1024


async def test_read_only_is_proved(served: Callable[..., Any], case_dir: WriteCase) -> None:
    """After a run in which the model tried every tool, the directory is what it was: names, bytes and metadata."""
    script = turns(
        [
            tool_call("list_files"),
            tool_call("read_lines", first=1, file="conf.ini"),
            tool_call("search", pattern=".", file="app.log"),
            tool_call("overview", file="app.log"),
            tool_call("write_file", path="pwned", content="x"),
            GROUNDED,
        ]
    )
    served(script)
    incident = case_dir(LOG, conf__ini="[db]\nhost = db-1\n")
    before = _tree(incident.working_dir)
    report = await ld.investigate([incident])
    assert report.diagnosed == 1
    assert _tree(incident.working_dir) == before


OWN = """
[[signature]]
id = "gremlin"
category = "data_corruption"
severity = "critical"
role = "cause"
weight = 90
pattern = 'gremlin ate'
explanation = "a gremlin ate the data"
recommendation = "Restore the data, and do not feed gremlins after midnight."
matches = "ERROR gremlin ate shard 7"
near_miss = "gremlin seen"
"""


@pytest.mark.parametrize("way", ["argument", "setting"])
async def test_own_signatures_are_known(
    way: str, case_dir: WriteCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of one's own signatures decides what the offline analyst makes of a line that nothing shipped knows."""
    (tmp_path / "own.toml").write_text(OWN)
    incident = case_dir([*LOG[:1], "2026-11-18 09:00:02 ERROR gremlin ate shard 7"])
    options: dict[str, Any] = {}
    if way == "argument":
        options["signatures"] = [tmp_path / "own.toml"]
    else:
        monkeypatch.setenv("LOGDEBUG_SIGNATURES", str(tmp_path / "own.toml"))
    report = await ld.investigate([incident], model="offline", **options)
    assert report[0].category == "data_corruption"
    assert "a gremlin ate the data" in report[0].root_cause.lower()


async def test_broken_signatures_are_said_before_anything_is_spent(case_dir: WriteCase, tmp_path: Path) -> None:
    """A signatures file that can't be used is an error that names file, entry and reason."""
    (tmp_path / "own.toml").write_text(OWN.replace("'gremlin ate'", "'gremlin (ate'"))
    with pytest.raises(SignatureError, match=r"own\.toml, entry 1 \(gremlin\).*RE2"):
        await ld.investigate([case_dir(LOG)], model="offline", signatures=[tmp_path / "own.toml"])


def test_sync_entry(case_dir: WriteCase) -> None:
    """Scripts get the same report without an event loop of their own."""
    assert ld.investigate_sync([case_dir(LOG)], model="offline").diagnosed == 1


def test_sync_entry_within_a_running_loop(case_dir: WriteCase, run_python: RunPython) -> None:
    """The sync entry works inside a running loop too, as in a notebook's cell."""
    program = """
import asyncio, sys
import logdebug as ld

async def cell():
    return ld.investigate_sync([sys.argv[1]], model="offline")

print(asyncio.run(cell()).diagnosed)
"""
    assert run_python(program, str(case_dir(LOG))).strip() == "1"


def test_sync_entry_is_interrupted_cleanly(case_dir: WriteCase, run_python: RunPython, tmp_path: Path) -> None:
    """An interrupt within a running loop comes out as itself, after the run has ended and kept its report."""
    program = """
import asyncio, os, signal, sys
from pathlib import Path
import logdebug as ld
from logdebug.agent.models import ReplayModel

class Stuck(ReplayModel):
    async def ask(self, request):
        asyncio.get_running_loop().call_later(0.1, os.kill, os.getpid(), signal.SIGINT)
        await asyncio.sleep(60)

async def cell():
    try:
        ld.investigate_sync([sys.argv[1]], model=Stuck([]), sessions_dir=sys.argv[2])
    except KeyboardInterrupt:
        [kept] = Path(sys.argv[2]).glob("*/report.json")
        return ld.Report.load(kept).errors[0].error, len(asyncio.all_tasks())

signal.signal(signal.SIGINT, signal.default_int_handler)
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
print(*loop.run_until_complete(cell()))
loop.close()
"""
    assert run_python(program, str(case_dir(LOG)), tmp_path / "s").split() == ["cancelled", "1"]


async def test_unkeepable_report_is_still_given(case_dir: WriteCase, tmp_path: Path) -> None:
    """Where the run's directory vanishes, the report is given all the same, with a warning."""

    def vanish(event: Event) -> None:
        if isinstance(event, IncidentDiagnosed | IncidentFailed):
            for path in (tmp_path / "s").iterdir():
                path.rename(tmp_path / "elsewhere")

    with pytest.warns(RuntimeWarning, match="sessions-dir"):
        report = await ld.investigate([case_dir(LOG)], model="offline", on_event=vanish, sessions_dir=tmp_path / "s")
    assert report.diagnosed == 1


def _answer() -> dict[str, Any]:
    return json.loads(str(GROUNDED.tool_calls[0].arguments).replace("'", '"').replace("None", "null"))


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _open_files_at_rest(expected: int) -> int:
    """Count again for a while: the server, in a thread of this process, learns late that connections were closed."""
    deadline = time.monotonic() + 10
    while _open_files() > expected and time.monotonic() < deadline:
        time.sleep(0.05)
    return _open_files()


def _resident_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _tree(root: Path) -> list[tuple[Any, ...]]:
    """Give everything about a tree that reading must not change."""
    entries = []
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        entries.append(
            (str(path), content, status.st_mode, status.st_uid, status.st_nlink, status.st_mtime_ns, status.st_ctime_ns)
        )
    return entries
