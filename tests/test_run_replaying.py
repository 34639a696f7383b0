"""A recorded run is gone through again: with the same replies and no server, or with another model or prompt."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import by_text, submit, text, together, tool_call, turns

import logdebug as ld
from logdebug.errors import SessionError, SettingsError
from logdebug.records import Diagnosis, Failure, Incident
from logdebug.run.sessions import read_trace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import StartServer, WriteCase
    from scripted_server import ScriptedServer

    from logdebug.report.report import Report

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
QUOTE = [{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}]
INVENTED = [{"quote": "this stands nowhere", "line": 2, "file": None}]
LOOKING = together(
    tool_call("search", pattern="refused"),
    tool_call("read_lines", file="db.conf", first=1),
    tool_call("search", pattern="("),
)
THEN = turns([LOOKING, text("The database."), submit(evidence=INVENTED), submit(evidence=QUOTE)])


@pytest.fixture
def incidents(case_dir: WriteCase) -> list[Incident]:
    """Write two incidents with neighbours of the log."""
    files = {"db__conf": "port = 5432\n", "other__conf": "nothing\n"}
    return [case_dir(LOG, service=service, **files) for service in ("shop", "till")]


@pytest.fixture
async def recorded(server: StartServer, incidents: list[Incident], tmp_path: Path) -> Report:
    """Give the report of a run that was recorded."""
    running = server(THEN)
    model = ld.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=running.base_url, price=ld.Price(1.0, 2.0))
    report = await ld.investigate(incidents, model=model, sessions_dir=tmp_path / "s")
    await model.aclose()
    return report


@pytest.fixture
def again(server: StartServer, tmp_path: Path) -> Callable[..., Any]:
    """Give what goes through a run again, with a model of this script; gives the replay and the server."""

    async def asking(report: Report, script: Any, **options: Any) -> tuple[Any, ScriptedServer]:
        running = server(script)
        model = ld.OpenAIModel("gpt-5", api_key="sk-test", base_url=running.base_url, price=ld.Price(10.0, 20.0))
        made = await ld.replay(report.run_id, model=model, sessions_dir=tmp_path / "s", **options)
        await model.aclose()
        return made, running

    return asking


async def test_a_recorded_run_says_the_same_again(recorded: Report, incidents: list[Incident], tmp_path: Path) -> None:
    """Replayed without a server, a run ends in the diagnoses that it ended in, step by step, and costs nothing."""
    model = ld.ReplayModel.recorded(recorded.run_id, sessions_dir=tmp_path / "s")
    report = await ld.investigate(incidents, model=model, sessions_dir=tmp_path / "t")
    assert model.name == "gpt-5-mini"
    for was, now in zip(recorded, report, strict=True):
        assert (was.root_cause, was.evidence, was.status) == (now.root_cause, now.evidence, now.status)
        assert (was.usage.turns, was.usage.tokens) == (now.usage.turns, now.usage.tokens)
        steps = [[line["step"] for line in read_trace(place / each.session)] for place, each in (
            (tmp_path / "s", was), (tmp_path / "t", now)
        )]  # fmt: skip
        assert steps[0] == steps[1]
    assert recorded.usage.cost_usd
    assert report.usage.cost_usd == 0


async def test_one_session_says_the_same_again(recorded: Report, incidents: list[Incident], tmp_path: Path) -> None:
    """One session is replayed by its directory; another incident has no reply in it, which is said."""
    model = ld.ReplayModel.recorded(tmp_path / "s" / recorded[1].session)
    report = await ld.investigate(incidents, model=model, sessions_dir=tmp_path / "t")
    assert [each.service for each in report] == ["till"]
    assert "no session of that service" in report.errors[0].message


@pytest.mark.parametrize(
    ("file", "said"),
    [(("app.log", "another\n"), "what it is told (message 2)"), (("db.conf", "port = 9999\n"), "result (message 5)")],
)
async def test_a_recording_is_no_answer_to_another_question(
    recorded: Report, incidents: list[Incident], tmp_path: Path, file: tuple[str, str], said: str
) -> None:
    """Where a file has changed, the replies of then are given to nothing that they weren't said to."""
    (incidents[0].working_dir / file[0]).write_text(file[1], encoding="utf-8")
    model = ld.ReplayModel.recorded(tmp_path / "s" / recorded.run_id)
    report = await ld.investigate(incidents, model=model, sessions_dir=tmp_path / "t")
    assert [each.service for each in report] == ["till"]
    assert said in report.errors[0].message


async def test_what_holds_no_reply_is_no_recording(incidents: list[Incident], tmp_path: Path) -> None:
    """A run of the embedded analyst, and one that isn't there, can't be replayed, and it is said why."""
    offline = await ld.investigate(incidents, model="offline", sessions_dir=tmp_path)
    with pytest.raises(SessionError, match="no reply of a model"):
        ld.ReplayModel.recorded(offline.run_id, sessions_dir=tmp_path)
    with pytest.raises(SessionError, match="no model was asked"):
        await ld.replay(offline.run_id, model=ld.ReplayModel([]), sessions_dir=tmp_path)
    with pytest.raises(SessionError, match="there is no run 'nothing'"):
        await ld.replay("nothing", model=ld.ReplayModel([]), sessions_dir=tmp_path)


async def test_another_model_gets_the_results_of_then(recorded: Report, again: Callable[..., Any]) -> None:
    """The calls of then, however they are written, give what they gave; what changed and what it cost is told."""
    script = by_text(
        {
            "'shop'": turns([
                together(tool_call("search", ignore_case=True, pattern="refused", file="app.log"), LOOKING),
                submit(evidence=QUOTE, severity="critical", root_cause="Another cause."),
            ]),
            "'till'": turns([submit(evidence=QUOTE)]),
        }
    )  # fmt: skip
    made, running = await again(recorded, script)
    shop, till = made
    assert (shop.recorded, shop.carried_out, shop.unanswered) == (4, 0, 0)
    assert shop.changed == ("severity", "root_cause")
    assert till.changed == ()
    assert till.before.root_cause == till.after.root_cause
    assert shop.spent_before.turns == 4
    assert shop.spent_after.turns == 2
    assert shop.spent_after.cost_usd > 0
    opening = running.requests[0].opening
    assert "DIRECTION" not in opening
    assert shop.session.startswith(made.directory)


async def test_rules_of_ones_own_hide_from_the_other_model(
    recorded: Report, again: Callable[..., Any], tmp_path: Path
) -> None:
    """A call that was not made then is answered without what rules of one's own hide, given or of the settings."""
    own = tmp_path / "own.toml"
    own.write_text(
        "[[rule]]\nid = 'hosts'\nkind = 'host'\npattern = '(db-[0-9])'\nmatch = 'db-1'\nnear_miss = 'db'\n",
        encoding="utf-8",
    )
    script = turns([tool_call("read_lines", first=2, last=2), submit(evidence=[{"quote": "giving up", "line": 3}])])
    shown, hidden = [
        str([request.messages for request in (await again(recorded, script, redact=redact))[1].requests])
        for redact in (True, [own])
    ]
    assert "connection to db-1:5432 refused" in shown
    assert "connection to ‹secret:host:1›:5432 refused" in hidden


async def test_another_prompt_is_given(recorded: Report, again: Callable[..., Any]) -> None:
    """With a prompt, that is what the model is told first; all else is as it was told then."""
    made, running = await again(recorded, turns([submit(evidence=QUOTE)]), prompt="Be brief.")
    assert all(request.messages[0]["content"] == "Be brief." for request in running.requests)
    assert "another prompt" in made.headline
    assert len(made) == 2


async def test_a_new_call_is_carried_out_where_the_file_is_as_it_was(
    recorded: Report, again: Callable[..., Any]
) -> None:
    """A call that wasn't made then reads the files that are as they were, and no file that nobody looked at then."""
    new = together(
        tool_call("search", pattern="giving up"),
        tool_call("search", pattern="port", file="db.conf"),
        tool_call("read_lines", file="other.conf", first=1),
        tool_call("list_files"),
    )
    made, running = await again(recorded, turns([new, submit(evidence=QUOTE)]))
    assert [(each.recorded, each.carried_out, each.unanswered) for each in made] == [(0, 2, 2)] * 2
    results = next(request.tool_results for request in running.requests if request.turn == 1)
    assert "giving up" in results[0]
    assert "port = 5432" in results[1]
    assert "was not looked at when this was recorded" in results[2]
    assert all(each.on_log for each in made)


@pytest.mark.parametrize("how", ["changed", "gone"])
async def test_a_log_that_is_another_one_is_not_read(
    recorded: Report, again: Callable[..., Any], incidents: list[Incident], how: str
) -> None:
    """Where the log isn't as it was, new calls aren't answered, and quotes are held against what was shown of it."""
    for incident in incidents:
        if how == "gone":
            shutil.rmtree(incident.working_dir)
        else:
            (incident.working_dir / "app.log").write_text("quite another log\n", encoding="utf-8")
    script = turns([together(LOOKING, tool_call("search", pattern="quite")), submit(evidence=[*QUOTE, *INVENTED])])
    made, running = await again(recorded, script)
    assert [(each.recorded, each.unanswered, each.on_log) for each in made] == [(3, 1, False)] * 2
    results = next(request.tool_results for request in running.requests if request.turn == 1)
    assert "the log has changed since it was recorded, or is gone" in results[3]
    for each in made:
        assert isinstance(each.after, Diagnosis)
        assert [quote.verified for quote in each.after.evidence] == [True, False]
        assert each.after.evidence[0].line == 2
    assert "2 logs aren't as they were" in repr(made)


async def test_a_neighbour_that_changed_is_not_read(
    recorded: Report, again: Callable[..., Any], incidents: list[Incident]
) -> None:
    """A file that was looked at then and has changed since answers the calls of then alone."""
    (incidents[0].working_dir / "db.conf").write_text("port = 9999\n", encoding="utf-8")
    script = turns([together(LOOKING, tool_call("search", pattern="99", file="db.conf")), submit(evidence=QUOTE)])
    made, _ = await again(recorded, script)
    assert [(each.recorded, each.carried_out, each.unanswered) for each in made] == [(3, 0, 1), (3, 1, 0)]


async def test_what_goes_wrong_with_one_is_its_own(recorded: Report, again: Callable[..., Any]) -> None:
    """An incident whose model gives no diagnosis is told as failed, and the others as they are."""
    script = by_text({"'shop'": text("no idea"), "'till'": turns([submit(evidence=QUOTE)])})
    made, _ = await again(recorded, script, limits=ld.Limits(turns=1))
    assert isinstance(made[0].after, Failure)
    assert isinstance(made[1].after, Diagnosis)
    frame = made.to_df()
    assert list(frame["service"]) == ["shop", "till"]
    assert "no diagnosis" in frame.loc[0, "error"]
    assert frame["error"].isna().tolist() == [False, True]
    assert frame.loc[1, "category_before"] == frame.loc[1, "category_after"] == "dependency_failure"


async def test_a_replay_reads_well(recorded: Report, again: Callable[..., Any]) -> None:
    """The table says who was asked, what changed, from what to what, and what it cost; hostile text is escaped."""
    script = turns([submit(evidence=QUOTE, severity="low", root_cause="<script>alert(1)</script>\x1b[2J")])
    made, _ = await again(recorded, script)
    assert f"{recorded.run_id} again: gpt-5-mini → gpt-5: 2 of 2 changed" in repr(made)
    assert "severity, root_cause" in repr(made)
    assert "high dependency_failure" in repr(made)
    assert "\x1b" not in repr(made)
    assert "<script>" not in made._repr_html_()
    assert len(made.to_df()) == 2


async def test_a_replay_is_no_run_to_go_on_with(recorded: Report, again: Callable[..., Any], tmp_path: Path) -> None:
    """What a replay left on disk can't be resumed as if it were a run; the embedded analyst replays none."""
    made, _ = await again(recorded, turns([submit(evidence=QUOTE)]))
    with pytest.raises(SettingsError, match="no run to go on with"):
        await ld.investigate(resume=made.directory, model=ld.ReplayModel([]), sessions_dir=tmp_path / "s")
    with pytest.raises(SettingsError, match="asks for no tools"):
        await ld.replay(recorded.run_id, model="offline", sessions_dir=tmp_path / "s")
