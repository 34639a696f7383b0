"""An incident that was paid for once isn't paid for again while nothing has changed; what has is asked anew."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import submit, together, tool_call, turns

import logdebug as ld
from logdebug.agent import prompts
from logdebug.agent.messages import Reply, ToolCall
from logdebug.errors import SettingsError
from logdebug.monitor.runs import RunView
from logdebug.run.board import Board
from logdebug.run.cache import Cache
from logdebug.run.sessions import read_trace
from logdebug.terminal import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import StartServer, WriteCase
    from scripted_server import ScriptedServer

    from logdebug.records import Incident
    from logdebug.report.report import Report

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
QUOTE = [{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}]
SCRIPT = [
    together(
        tool_call("read_lines", file="db.conf", first=1),
        tool_call("read_lines", file="missing.conf", first=1),
        tool_call("list_files", path="conf"),
    ),
    submit(evidence=QUOTE),
]


@pytest.fixture
def running(server: StartServer) -> ScriptedServer:
    """Give a server whose model looks at neighbours of the log before it submits a diagnosis."""
    return server(turns(SCRIPT))


@pytest.fixture
def incident(case_dir: WriteCase) -> Incident:
    """Write an incident with neighbours: one that is read, one that isn't, and a directory that is listed."""
    return case_dir(LOG, db__conf="port = 5432\n", other__conf="unread\n", **{"conf/a.conf": "a"})


@pytest.fixture
def ask(running: ScriptedServer, tmp_path: Path) -> Callable[..., Any]:
    """Give what investigates incidents, and gives the report and how many requests it took."""

    async def asking(*incidents: Incident, name: str = "gpt-5-mini", **options: Any) -> tuple[Report, int]:
        before = running.request_count
        model = ld.OpenAIModel(name, api_key="sk-test", base_url=running.base_url, **options.pop("settings", {}))
        options = {"sessions_dir": tmp_path / "s", **options}
        report = await ld.investigate(incidents or None, model=model, **options)
        await model.aclose()
        return report, running.request_count - before

    return asking


async def test_a_cell_that_is_run_again_is_free(ask: Callable[..., Any], incident: Incident) -> None:
    """Of an incident that hasn't changed the same diagnosis is given for nothing, and the report says from where."""
    first, asked = await ask(incident)
    again, asked_again = await ask(incident)
    assert (asked, asked_again) == (2, 0)
    assert again[0].recalled_from == first[0].session
    assert again[0].session.startswith(again.run_id)
    assert again.usage.turns == again.usage.tokens == again.usage.cost_usd == again[0].usage.cost_usd == 0
    assert (again[0].root_cause, again[0].evidence) == (first[0].root_cause, first[0].evidence)
    third, _ = await ask(incident)
    assert third[0].recalled_from == first[0].session, "the session that it was paid in, and none that recalled it"


@pytest.mark.parametrize(
    "change",
    {
        "log": lambda incident: append(incident, "app.log", "one line more\n"),
        "log, same size": lambda incident: write(incident, "app.log", "\n".join(LOG).replace("09:00:03", "09:00:04")),
        "neighbour that was read, same size": lambda incident: write(incident, "db.conf", "port = 9999\n"),
        "neighbour that was missing": lambda incident: write(incident, "missing.conf", ""),
        "directory that was listed": lambda incident: write(incident, "conf/b.conf", ""),
        "neighbour that is new": lambda incident: write(incident, "new.conf", "x"),
        "neighbour that is gone": lambda incident: (incident.working_dir / "other.conf").unlink(),
    }.items(),
    ids=lambda change: change[0],
)
async def test_a_file_that_changed_is_asked_about(ask: Callable[..., Any], incident: Incident, change: Any) -> None:
    """Whatever the agent had read, was told of or missed is as it was, or the model is asked."""
    await ask(incident)
    change[1](incident)
    report, asked = await ask(incident)
    assert asked == 2
    assert not report[0].recalled_from


async def test_a_neighbour_that_nobody_read_doesn_t_matter(ask: Callable[..., Any], incident: Incident) -> None:
    """A file that the agent had not read may change, as long as it keeps its size, which the agent was told."""
    await ask(incident)
    write(incident, "other.conf", "UNREAD\n")
    assert (await ask(incident))[1] == 0


@pytest.mark.parametrize(
    "options",
    {
        "model": {"name": "gpt-5"},
        "setting of the model": {"settings": {"max_output_tokens": 1_000}},
        "limits": {"limits": ld.Limits(turns=19)},
        "refresh": {"cache": "refresh"},
        "off": {"cache": "off"},
    }.items(),
    ids=lambda options: options[0],
)
async def test_another_question_is_asked(ask: Callable[..., Any], incident: Incident, options: Any) -> None:
    """Another model, setting or limit is another question; `refresh` and `off` don't look what is known."""
    await ask(incident)
    assert (await ask(incident, **options[1]))[1] == 2


async def test_refresh_keeps_and_off_doesn_t(ask: Callable[..., Any], incident: Incident) -> None:
    """What was asked with `refresh` is known from then on; what was with `off` isn't."""
    asked, reports = [], {}
    for mode in ("off", "reuse", "refresh", "reuse"):
        reports[mode], took = await ask(incident, cache=mode)
        asked.append(took)
    assert asked == [2, 2, 2, 0]
    assert reports["reuse"][0].recalled_from == reports["refresh"][0].session
    with pytest.raises(SettingsError, match=r"cache='always': give one of reuse, refresh, off"):
        await ask(incident, cache="always")


async def test_other_signatures_are_another_question(
    ask: Callable[..., Any], incident: Incident, tmp_path: Path
) -> None:
    """Signatures of one's own shape what the agent is shown, so with others it is asked."""
    own = tmp_path / "own.toml"
    own.write_text(
        "[[signature]]\nid = 'own'\npattern = 'zzz'\ncategory = 'crash'\nseverity = 'low'\n"
        "explanation = 'It is down.'\nrecommendation = 'Look.'\nmatches = 'zzz'\nnear_miss = 'yyy'\n",
        encoding="utf-8",
    )
    await ask(incident)
    assert (await ask(incident, signatures=[own]))[1] == 2


async def test_another_prompt_is_another_question(
    ask: Callable[..., Any], incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit of the system prompt makes the model be asked."""
    await ask(incident)
    monkeypatch.setattr(prompts, "system_prompt", lambda: "Be brief.")
    assert (await ask(incident))[1] == 2


async def test_what_the_operator_says_is_for_this_time(
    running: ScriptedServer, incident: Incident, tmp_path: Path
) -> None:
    """A direction makes the model be asked, and what comes of it isn't kept."""
    for directed, asked in ((True, 2), (False, 2), (False, 0), (True, 2)):
        before = running.request_count
        model = ld.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=running.base_url)
        run = ld.Run([incident], model=model, sessions_dir=tmp_path)
        if directed:
            run.controls.steer("look again")
        await run.finish()
        await model.aclose()
        assert running.request_count - before == asked


@pytest.mark.parametrize(
    "damage",
    {
        "empty": lambda _: b"",
        "cut": lambda whole: whole[: len(whole) // 2],
        "no JSON": lambda _: b"\xff\xfe",
        "another thing": lambda _: b"[1, 2]",
        "deep": lambda _: b"[" * 100_000,
        "a letter changed": lambda whole: whole.replace(b"refused connections", b"refused connectionz"),
        "a hash changed": lambda whole: whole.replace(b'"missing.conf": ""', b'"missing.conf": "00"'),
    }.items(),
    ids=lambda damage: damage[0],
)
async def test_a_damaged_entry_is_asked_anew(
    ask: Callable[..., Any], incident: Incident, tmp_path: Path, damage: Any
) -> None:
    """What is kept is believed as it was written, or not at all; it is written anew."""
    await ask(incident)
    [entry] = (tmp_path / "s" / "cache").glob("*.json")
    whole = entry.read_bytes()
    damaged = damage[1](whole)
    assert damaged != whole
    entry.write_bytes(damaged)
    assert (await ask(incident))[1] == 2
    assert (await ask(incident))[1] == 0


async def test_an_entry_under_another_name_is_none(ask: Callable[..., Any], incident: Incident, tmp_path: Path) -> None:
    """An entry that was copied to another key is not that incident's."""
    await ask(incident)
    [entry] = (tmp_path / "s" / "cache").glob("*.json")
    shutil.copy(entry, entry.with_name(f"{'0' * 64}.json"))
    assert Cache(entry.parent).find("0" * 64) is None
    assert Cache(entry.parent).find(entry.stem) is not None
    assert entry.stat().st_mode & 0o777 == 0o600


async def test_the_same_files_elsewhere_are_this_incident_s(
    ask: Callable[..., Any], incident: Incident, tmp_path: Path
) -> None:
    """Recalled for a copy of its directory, a diagnosis has the directory of the copy."""
    await ask(incident)
    copy = tmp_path / "elsewhere"
    shutil.copytree(incident.working_dir, copy)
    report, asked = await ask(ld.Incident(copy, "app.log", incident.service))
    assert (asked, report[0].working_dir) == (0, str(copy))


async def test_what_is_known_is_not_paid_for_after_a_crash(
    ask: Callable[..., Any], incident: Incident, tmp_path: Path
) -> None:
    """A run that dies between its opening and what is known takes that when it is gone on with, and asks nobody."""
    first, _ = await ask(incident)

    def end(event: object) -> None:
        raise RuntimeError(f"that is enough: {event}")

    for step in ("Prompted", "Recalled"):
        with pytest.raises(RuntimeError):
            await ask(incident, on_event=lambda event, step=step: step in repr(event) and end(event))
        crashed = max((tmp_path / "s").glob("2*"), key=lambda path: path.stat().st_mtime_ns).name
        report, asked = await ask(resume=crashed)
        assert asked == 0
        assert report[0].recalled_from == first[0].session


async def test_it_is_said_wherever_a_run_is_shown(
    ask: Callable[..., Any], incident: Incident, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The live table, the lines of a pipe, the report's table and frame, the monitor and the trace say from where."""
    first, _ = await ask(incident)
    board, watcher = Board(), Watcher()

    def watch(event: Any) -> None:
        board.take(event)
        watcher.take(event)

    again, _ = await ask(incident, on_event=watch)
    said = f"from {first[0].session}, $0"
    assert said in board.rows[0].doing
    assert said in capsys.readouterr().err
    assert said in repr(again)
    assert said in again.to_html()
    assert list(again.to_df()["recalled_from"]) == [first[0].session]
    assert ld.Report.from_json(again.to_json())[0].recalled_from == first[0].session
    view = RunView(tmp_path / "s" / again.run_id)
    view.refresh()
    assert said in view.rows[0].doing
    steps = [line["step"] for line in read_trace(tmp_path / "s" / again[0].session)]
    assert steps == ["Prompted", "Recalled", "Concluded"]


async def test_a_script_has_an_identity_where_it_is_one(incident: Incident, tmp_path: Path) -> None:
    """A script of replies stands for itself, so it is recalled; a function may say anything, so it is asked."""
    arguments = json.dumps(dict(submit(evidence=QUOTE).tool_calls[0].arguments))
    reply = Reply("", (ToolCall("1", "submit_diagnosis", arguments),))
    assert ld.ReplayModel([reply]).identity == ld.ReplayModel([reply]).identity != ld.ReplayModel([reply] * 2).identity
    assert not ld.ReplayModel(lambda _: reply).identity
    assert not ld.ReplayModel([ld.LogdebugError("no"), reply]).identity
    for model, recalled in ((ld.ReplayModel([reply]), True), (ld.ReplayModel(lambda _: reply), False)):
        reports = [await ld.investigate([incident], model=model, sessions_dir=tmp_path) for _ in range(2)]
        assert bool(reports[1][0].recalled_from) is recalled


def append(incident: Incident, name: str, text: str) -> None:
    """Add to a file of an incident."""
    with (incident.working_dir / name).open("a", encoding="utf-8") as file:
        file.write(text)


def write(incident: Incident, name: str, text: str) -> None:
    """Write a file of an incident."""
    (incident.working_dir / name).write_text(text, encoding="utf-8")
