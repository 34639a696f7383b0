"""A run is gone on with, whatever ended it: nothing is paid for twice, and the report is that of an undisturbed run."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import KernelManager
from monitor_samples import until
from resuming_samples import (
    LOG,
    QUOTE,
    Killed,
    Template,
    given,
    incidents_of,
    named,
    normal,
    only_run,
    unanswered,
    whole_script,
)
from scripted_server import ScriptedServer, submit, tool_call, turns

import logdebug as ld
from logdebug.agent.messages import Reply, ToolCall
from logdebug.errors import SessionError, SettingsError
from logdebug.records import Usage
from logdebug.run.events import Event, IncidentDiagnosed, IncidentStarted, StepTaken
from logdebug.run.resuming import PastRun, find_run
from logdebug.run.sessions import read_trace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import StartServer, WriteCase
    from jupyter_client.blocking.client import BlockingKernelClient

    from logdebug.records import Incident
    from logdebug.report.report import Report

SEARCH = Reply("", (ToolCall("1", "search", '{"pattern": "refused"}'),), usage=Usage(1, 100, 10, 0.01))


def answer(**changes: Any) -> Reply:
    """Give a reply that submits a diagnosis."""
    arguments = json.dumps(dict(submit(evidence=QUOTE, **changes).tool_calls[0].arguments))
    return Reply("", (ToolCall("2", "submit_diagnosis", arguments),), usage=Usage(1, 200, 20, 0.02))


class Undisturbed:
    """A run that nothing disturbs, what it writes, and what it asks for; and the same run, disturbed."""

    def __init__(self, template: Template, server: ScriptedServer, incidents: list[Incident], place: Path) -> None:
        self.template, self.server, self.incidents, self.place = template, server, incidents, place
        self.ended = self.run("undisturbed")
        self.report = normal(place / "undisturbed.json")
        self.asked = server.request_count

    def run(self, name: str, template: Template | None = None, **options: Any) -> Killed:
        """Do the run below a directory of this name."""
        options = {"incidents": given(self.incidents), **options}
        return (template or self.template).run(
            self.server.base_url, self.place / name, self.place / f"{name}.json", **options
        )

    def go_on(self, name: str, asked_before: int, *, lost: range | None = None) -> None:
        """Go on with a run that was disturbed, and hold it to the undisturbed one."""
        run = only_run(self.place / name)
        unheard = unanswered(run) if run else 0
        ended = self.run(name, **({"resume": str(run)} if run else {}))
        assert (ended.said, ended.signal) == ("", 0), name
        assert normal(self.place / f"{name}.json") == self.report, name
        asked_more = self.server.request_count - asked_before - self.asked
        assert asked_more in (lost or range(unheard, unheard + 1)), name


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    """Give the scripted run, once done with nothing in its way."""
    place = tmp_path_factory.mktemp("undisturbed")
    with ScriptedServer(whole_script()) as server, Template() as template:
        yield Undisturbed(template, server, incidents_of(place), place)
        assert not server.problems


@pytest.mark.slow
def test_killed_at_every_kind_of_write_it_goes_on(undisturbed: Undisturbed) -> None:
    """Killed before, and in the middle of, every kind of write, it ends as undisturbed, and pays for no reply twice."""
    points = undisturbed.ended.points()
    assert len(points) > 50
    for kill_at, torn in points:
        asked_before, name = undisturbed.server.request_count, f"{kill_at}-{torn}"
        ended = undisturbed.run(name, kill_at=kill_at, torn=torn)
        assert ended.signal == signal.SIGKILL, name
        undisturbed.go_on(name, asked_before)


def test_killed_again_and_again_it_goes_on(undisturbed: Undisturbed) -> None:
    """Killed twice on its way, each time later, with all agents at once at work, it still pays for no reply twice."""
    asked_before = undisturbed.server.request_count
    assert undisturbed.run("often", kill_at=60, width=4).signal == signal.SIGKILL
    run = only_run(undisturbed.place / "often")
    assert run is not None
    lost = unanswered(run)
    assert undisturbed.run("often", resume=str(run), kill_at=25, width=4).signal == signal.SIGKILL
    traces = {path: path.read_bytes() for path in run.glob("*/trace.jsonl")}
    again = sum(b'"Resumed"' in lines and lines.rstrip().endswith(b"}") for lines in traces.values())
    assert again
    # Of those that were being asked at the same time, some had not sent their request yet.
    undisturbed.go_on("often", asked_before, lost=range(lost + unanswered(run) + 1))


def test_a_torn_file_is_survived(undisturbed: Undisturbed) -> None:
    """Whatever its last write left of any of its files, wherever that is cut, a run is gone on with as undisturbed."""
    whole = only_run(undisturbed.place / "undisturbed")
    assert whole is not None
    session = "00001-steered/trace.jsonl"
    lines = (whole / session).read_bytes().split(b"\n")
    letter = next(place for place, line in enumerate(lines) if "é".encode() in line or b"\\u00e9" in line)
    before = len(b"\n".join(lines[:letter])) + 1
    in_letter = before + lines[letter].index(b"\\u00e9") + 2
    length = len((whole / session).read_bytes())
    cuts = [(session, cut) for cut in (0, 1, before - 1, before, before + 1, in_letter, length - 2, length - 1)]
    told = len((whole / "events.jsonl").read_bytes())
    cuts += [("events.jsonl", cut) for cut in (0, 1, told // 2, told - 1)]
    cuts += [("report.json", 100), ("00001-steered/meta.json", 0), ("00001-steered/meta.json", 30)]
    for file, cut in cuts:
        name = f"{file.replace('/', '-')}-{cut}"
        copy = undisturbed.place / name / whole.name
        shutil.copytree(whole, copy)
        os.truncate(copy / file, cut)
        kept = _answers_in(copy / session)
        asked_before = undisturbed.server.request_count
        ended = undisturbed.run(name, resume=str(copy))
        assert (ended.said, ended.signal) == ("", 0), name
        assert normal(undisturbed.place / f"{name}.json") == undisturbed.report, name
        lost = _answers_in(whole / session) - kept
        assert undisturbed.server.request_count - asked_before == lost, name
        assert [each["step"] for each in read_trace(copy / "00001-steered")].count("Concluded") == 1, name


def _answers_in(trace: Path) -> int:
    return sum(json.loads(line)["step"] == "Answered" for line in trace.read_bytes().split(b"\n")[:-1])


@pytest.mark.parametrize("most_bytes", [300, 2_000, 6_000, 12_000])
def test_a_full_disk_is_survived(undisturbed: Undisturbed, most_bytes: int) -> None:
    """Files that can't grow any more end incidents or the run; with room again it ends as undisturbed."""
    asked_before, name = undisturbed.server.request_count, f"full-{most_bytes}"
    ended = undisturbed.run(name, most_bytes=most_bytes)
    assert ended.signal == 0
    run = only_run(undisturbed.place / name)
    if run is None:
        assert "make room there" in ended.said
    else:
        errors = normal(undisturbed.place / f"{name}.json")["errors"]
        assert errors
        assert all("make room there" in each["message"] for each in errors if each["error"] == "session")
        assert any(each["error"] == "session" for each in errors)
    undisturbed.go_on(name, asked_before)


def _can_mount() -> bool:
    try:
        tried = subprocess.run(
            ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True
        )
    except OSError:
        return False
    return tried.returncode == 0


@pytest.mark.skipif(not _can_mount(), reason="this user may mount no file system of its own")
def test_a_full_file_system_is_survived(undisturbed: Undisturbed) -> None:
    """A file system without room for another directory or line ends no process; with room it ends as undisturbed."""
    with Template("unshare", "-rm") as template:
        for size in ("16k", "40k", "64k", "88k"):
            (undisturbed.place / size).mkdir()
            asked_before = undisturbed.server.request_count
            ended = undisturbed.run(size, template, mount=f"size={size}")
            assert ended.signal == 0
            assert not ended.said or "make room there" in ended.said
            undisturbed.run(size, template, mount="remount,size=8m", resume="only")
            assert normal(undisturbed.place / f"{size}.json") == undisturbed.report
            asked = undisturbed.server.request_count - asked_before - undisturbed.asked
            assert 0 <= asked <= len(undisturbed.incidents), "one reply of each incident may not have found room"


_CELL = """
import logdebug as ld
model = ld.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url={base_url!r})
report = await ld.investigate({what}, model=model, sessions_dir={sessions!r}, cache="off", progress=False)
report.save({saved!r})
"""


@pytest.mark.slow
def test_a_dead_kernel_is_survived(server: StartServer, case_dir: WriteCase, tmp_path: Path) -> None:
    """A notebook's kernel is killed while its agents wait for answers; a new kernel ends the run as undisturbed."""
    incidents = [case_dir(LOG, service=f"shop-{number}") for number in range(3)]
    script = turns([tool_call("search", pattern="refused"), tool_call("overview"), submit(evidence=QUOTE)])
    running = server(named(script))
    cell = {"base_url": running.base_url, "sessions": str(tmp_path / "s")}
    with kernel() as (manager, client):
        what = repr(given(incidents))
        done = client.execute_interactive(
            _CELL.format(what=what, **cell, saved=str(tmp_path / "undisturbed.json")), timeout=60
        )
        assert done["content"]["status"] == "ok", done["content"]
        before = set((tmp_path / "s").glob("*/run.json"))
        running.latency_seconds = 0.3
        client.execute(_CELL.format(what=what, **cell, saved=str(tmp_path / "never.json")))
        until(lambda: running.request_count >= 9 + 6)
        [run] = set((tmp_path / "s").glob("*/run.json")) - before
        os.kill(manager.provisioner.pid, signal.SIGKILL)  # type: ignore[union-attr]
        manager.provisioner.process.wait()  # type: ignore[union-attr]
    running.latency_seconds = 0.0
    lost = unanswered(run.parent)
    asked_before = running.request_count
    answers = sum(_answers_in(trace) for trace in run.parent.glob("*/trace.jsonl"))
    assert lost
    assert not (tmp_path / "never.json").exists()
    with kernel() as (_, client):
        what = f"resume={run.parent.name!r}"
        done = client.execute_interactive(
            _CELL.format(what=what, **cell, saved=str(tmp_path / "resumed.json")), timeout=60
        )
        assert done["content"]["status"] == "ok", done["content"]
    assert running.request_count - asked_before == 9 - answers
    assert normal(tmp_path / "resumed.json") == normal(tmp_path / "undisturbed.json")


@contextmanager
def kernel() -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    """Start a kernel for the time of a `with`."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


async def cut(incidents: list[Incident], place: Path, replies: list[Reply], after: int, **options: Any) -> PastRun:
    """Begin a run in this process that ends with a bug after so many steps of its agents; give it as it is on disk."""
    taken = 0

    def end(event: Event) -> None:
        nonlocal taken
        taken += isinstance(event, StepTaken)
        if taken == after:
            raise RuntimeError("that is enough")

    run = ld.Run(
        incidents, model=ld.ReplayModel(replies), sessions_dir=place, on_event=end, max_concurrency=1, **options
    )
    with pytest.raises(RuntimeError, match="enough"):
        await run.finish()
    return PastRun.read(run.directory)


async def go_on(past: PastRun, replies: list[Reply], **options: Any) -> Report:
    """Go on with a run; the model has these replies left."""
    return await ld.investigate(
        resume=past.path, sessions_dir=past.path.parent, model=ld.ReplayModel(replies), **options
    )


async def test_what_was_spent_is_kept(case_dir: WriteCase, tmp_path: Path) -> None:
    """A report that was gone on with counts the tokens and dollars of both processes, its own rows from the first."""
    past = await cut([case_dir(LOG), case_dir(LOG, service="till")], tmp_path, [SEARCH, answer()], after=11)
    events: list[Event] = []
    report = await go_on(past, [answer()], on_event=events.append)
    assert [each.usage.tokens for each in report] == [330, 330]
    assert (report.usage.turns, report.usage.tokens, report.usage.cost_usd) == (4, 660, pytest.approx(0.06))
    [started] = [event for event in events if isinstance(event, IncidentStarted)]
    assert (started.index, started.spent) == (1, Usage(1, 100, 10, 0.01))
    assert [event.index for event in events if isinstance(event, IncidentDiagnosed)] == [0, 1]


async def test_a_run_goes_on_in_one_process_at_a_time(case_dir: WriteCase, tmp_path: Path) -> None:
    """Who would go on with a run that goes on is told so, before anything is asked; once it is over, they may."""
    going_on = ld.Run([case_dir(LOG)], model=ld.ReplayModel([answer()]), sessions_dir=tmp_path)
    with pytest.raises(SessionError, match=r"still going on.*logdebug monitor"):
        ld.Run(resume=going_on.directory, model=ld.ReplayModel([answer()]))
    report = await going_on.finish()
    again = await ld.investigate(resume=going_on.directory, model=ld.ReplayModel([]))
    assert again.reports == report.reports


async def test_what_can_not_be_gone_on_with_is_free_again(
    case_dir: WriteCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt that is refused holds nothing: the next one may go on with the run."""
    past = await cut([case_dir(LOG)], tmp_path, [SEARCH, answer()], after=4)
    with pytest.raises(SettingsError, match="other incidents"):
        ld.Run([case_dir(LOG, service="other")], resume=past.path, model=ld.ReplayModel([]))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with pytest.raises(
        SettingsError, match=r"that run asked .*; set them as they were, or say with model= whom to ask"
    ):
        ld.Run(resume=past.path, model=None, sessions_dir=tmp_path)
    assert (await go_on(past, [answer()])).diagnosed == 1


@pytest.mark.parametrize("given_as", ["directory", "name"])
async def test_a_run_is_found_by_directory_and_by_id(case_dir: WriteCase, tmp_path: Path, given_as: str) -> None:
    """A run is named by its directory or by its id; a name that leads to none is said, with what to give."""
    past = await cut([case_dir(LOG)], tmp_path / "s", [SEARCH, answer()], after=4)
    assert find_run(past.path if given_as == "directory" else past.path.name, tmp_path / "s") == past.path
    with pytest.raises(SessionError, match=r"no run 'nothing'.*name the directory of a run"):
        find_run("nothing", tmp_path / "s")


async def test_damage_is_one_incident_s(case_dir: WriteCase, tmp_path: Path) -> None:
    """A trace that is damaged in its middle fails its own incident, by name; the others go on."""
    incidents = [case_dir(LOG), case_dir(LOG, service="till")]
    past = await cut(incidents, tmp_path, [SEARCH, answer()], after=9)
    trace = past.path / "00001-shop" / "trace.jsonl"
    lines = trace.read_bytes().split(b"\n")
    trace.write_bytes(b"\n".join([lines[0], b"\0\0\0", *lines[2:]]))
    report = await go_on(past, [answer()])
    assert [each.service for each in report] == ["till"]
    assert [(each.service, each.error) for each in report.errors] == [("shop", "session")]
    assert "line 2 is damaged" in report.errors[0].message


async def test_a_finished_incident_needs_its_log_no_more(case_dir: WriteCase, tmp_path: Path) -> None:
    """Where the logs are gone, what was finished is taken all the same, and the rest says that its log is missing."""
    incidents = [case_dir(LOG), case_dir(LOG, service="till")]
    past = await cut(incidents, tmp_path / "s", [SEARCH, answer()], after=9)
    for incident in incidents:
        shutil.rmtree(incident.working_dir)
    report = await go_on(past, [])
    assert [each.service for each in report] == ["shop"]
    assert [each.error for each in report.errors] == ["bad_incident"]


async def test_other_limits_let_it_go_on(case_dir: WriteCase, tmp_path: Path) -> None:
    """An agent that ended at its limit without an answer isn't asked again under the same, and is under others."""
    words = Reply("no idea", usage=Usage(1, 100, 10, 0.01))
    run = ld.Run(
        [case_dir(LOG)], model=ld.ReplayModel([SEARCH, words, words]), limits=ld.Limits(turns=1), sessions_dir=tmp_path
    )
    first = await run.finish()
    assert [each.error for each in first.errors] == ["no_answer"]
    past = PastRun.read(run.directory)
    again = await go_on(past, [])
    assert [each.error for each in again.errors] == ["no_answer"]
    assert again.errors == first.errors
    assert again.usage.turns == 3
    raised = await go_on(past, [SEARCH, answer()], limits=ld.Limits(turns=9))
    assert raised[0].usage.turns == 5
    steps = [each["step"] for each in read_trace(tmp_path / raised[0].session)]
    assert steps[-1] == "Concluded"
    assert steps.count("LimitReached") == 1


async def test_a_direction_that_was_not_heard_is_not_lost(case_dir: WriteCase, tmp_path: Path) -> None:
    """What the operator said before the crash, and the agent hadn't heard, it hears after; what it had, not again."""
    past = await cut([case_dir(LOG)], tmp_path, [SEARCH, answer()], after=4)
    events = past.path / "events.jsonl"
    taken = [{"index": 0, "control": "steer", "by": "kim", "text": text, "refused": ""} for text in ("one", "two")]
    lines = [{"at": "2026-11-18T09:00:00.000+00:00", "event": "ControlTaken", **each} for each in taken]
    with events.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    assert PastRun.read(past.path).directions == {0: ("one", "two")}
    report = await go_on(past, [answer()])
    directed = [each["text"] for each in read_trace(tmp_path / report[0].session) if each["step"] == "Directed"]
    assert directed == ["one", "two"]
    assert PastRun.read(past.path).directions == {0: ()}


async def test_signatures_and_cache_are_those_of_the_run(case_dir: WriteCase, tmp_path: Path) -> None:
    """What isn't given again is as it was: incidents, limits, signatures and whether the cache is used."""
    signatures = tmp_path / "own.toml"
    signatures.write_text(
        "[[signature]]\nid = 'own'\npattern = 'db-1'\ncategory = 'crash'\nseverity = 'low'\n"
        "explanation = 'It is down.'\nrecommendation = 'Look.'\nmatches = 'db-1'\nnear_miss = 'db'\n",
        encoding="utf-8",
    )
    options = {"signatures": [signatures], "cache": "refresh", "limits": ld.Limits(turns=7)}
    past = await cut([case_dir(LOG)], tmp_path / "s", [SEARCH, answer()], after=4, **options)
    assert past.signatures == (str(signatures),)
    assert (past.cache, past.limits.turns) == ("refresh", 7)


async def test_two_runs_never_mix(case_dir: WriteCase, tmp_path: Path) -> None:
    """Two runs of the same incidents that are gone on with at the same time each keep to their own sessions."""
    incidents = [case_dir(LOG), case_dir(LOG)]
    pasts = [await cut(incidents, tmp_path, [SEARCH, answer()], after=after) for after in (4, 9)]
    causes = ["The first.", "The second."]
    reports = await asyncio.gather(
        *(go_on(past, [answer(root_cause=cause)]) for past, cause in zip(pasts, causes, strict=True))
    )
    assert [each.root_cause for each in reports[0]] == ["The first."] * 2
    assert [each.root_cause for each in reports[1]][-1] == "The second."
    for past, report in zip(pasts, reports, strict=True):
        assert [each.session for each in report] == [f"{past.path.name}/0000{place}-shop" for place in (1, 2)]
