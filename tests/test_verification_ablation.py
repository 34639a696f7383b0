"""Hiding the cited lines and asking again tells evidence that carries a verdict from evidence that adorns one."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import submit, turns

import logdebug as ld
from logdebug.agent.messages import Reply, Request, ToolCall
from logdebug.agent.models import ReplayModel
from logdebug.errors import ReportError
from logdebug.records import Evidence
from logdebug.verification.ablation import ablate, ablate_sync

if TYPE_CHECKING:
    from conftest import StartServer, WriteCase

    from logdebug.records import Diagnosis
    from logdebug.report.report import Report

LOG = [f"2026-11-18 09:00:{number:02} INFO request {number} answered" for number in range(60)]
LOG[30] = "2026-11-18 09:00:30 FATAL could not write block 17: No space left on device"


async def made(case_dir: WriteCase, log: list[str] = LOG, service: str = "shop") -> Report:
    """Diagnose a log by rules."""
    return await ld.investigate([case_dir(log, service=service)], model="offline", progress=False)


def state_of(diagnosis: Diagnosis) -> list[tuple[str, int, str]]:
    """Give all that a write to a directory's files would change."""
    return [
        (path.name, path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(Path(diagnosis.working_dir).iterdir())
    ]


async def test_evidence_that_carries_the_verdict(case_dir: WriteCase) -> None:
    """Without the one line that shows the full disk, rules find nothing: the verdict changed; no file was touched."""
    [diagnosis] = await made(case_dir)
    before = state_of(diagnosis)
    ablation = await ablate(diagnosis, model="offline")
    assert (diagnosis.status, diagnosis.category) == ("diagnosed", "disk_full")
    assert ablation.after.status != "diagnosed"
    assert (ablation.verdict_changed, ablation.decorative) == (True, False)
    assert {"status", "category"} <= set(ablation.changed)
    assert ablation.hidden_lines >= 1
    assert "diagnosed, disk_full →" in repr(ablation)
    assert state_of(diagnosis) == before


async def test_evidence_that_adorns_a_verdict(case_dir: WriteCase) -> None:
    """A diagnosis that cites a harmless line, and would be the same without it, rests on decorative evidence."""
    [diagnosis] = await made(case_dir)
    harmless = Evidence("request 5 answered", "app.log", 6, 0, 0, verified=True)
    ablation = await ablate(replace(diagnosis, evidence=(harmless,)), model="offline", alike=False)
    assert (ablation.hidden_lines, ablation.changed, ablation.decorative) == (1, (), True)
    assert "decorative" in repr(ablation)
    assert "decorative" in ablation._repr_html_()


async def test_lines_that_say_the_same_are_hidden_too(case_dir: WriteCase) -> None:
    """A message repeated with other numbers is hidden wherever it stands; with `alike=False` only where it is cited."""
    log = [LOG[30].replace("17", str(number)) if number % 3 else LOG[0] for number in range(60)]
    [diagnosis] = await made(case_dir, log)
    alone = await ablate(diagnosis, model="offline", alike=False)
    alike = await ablate(diagnosis, model="offline")
    assert alone.hidden_lines < 40 <= alike.hidden_lines
    assert (alone.verdict_changed, alike.verdict_changed) == (False, True)


class Watching(ReplayModel):
    """Remembers what it was shown."""

    shown = ""

    async def ask(self, request: Request) -> Reply:
        """Answer, and remember all messages."""
        self.shown = "\n".join(message.text for message in request.messages)
        return await super().ask(request)


def calling(name: str, arguments: str) -> Reply:
    """Give a reply that calls a tool."""
    return Reply(tool_calls=(ToolCall("c", name, arguments),), finish_reason="tool_calls")


ANSWER = (
    '{"status": "diagnosed", "root_cause": "The disk is full.", "category": "disk_full", "severity": "high", '
    '"evidence": [{"quote": "request 3 answered"}]}'
)


async def test_a_model_is_never_shown_what_is_hidden(case_dir: WriteCase) -> None:
    """Neither the opening nor a tool shows the hidden line; line numbers stay; a verdict that stands is decorative."""
    [diagnosis] = await made(case_dir)
    tools = [
        calling("search", '{"pattern": "space|FATAL"}'),
        calling("read_lines", '{"first": 30, "last": 32}'),
        calling("submit_diagnosis", ANSWER),
    ]
    model = Watching(tools)
    ablation = await ablate(diagnosis, model=model)
    assert "No space left" not in model.shown
    assert "no line matches" in model.shown
    assert "32| 2026-11-18 09:00:31 INFO request 31 answered" in model.shown
    assert (ablation.decorative, ablation.model, ablation.usage.turns) == (True, model.name, 3)


async def test_a_neighbour_s_lines_are_hidden_too(case_dir: WriteCase) -> None:
    """A quote of another file of the incident is hidden in that file."""
    incident = case_dir(LOG, app__conf="pool = 5\ndisk = tiny\n")
    [diagnosis] = await ld.investigate([incident], model="offline", progress=False)
    cited = replace(diagnosis, evidence=(Evidence("disk = tiny", "app.conf", 2, 9, 20, verified=True),))
    model = Watching([calling("read_lines", '{"file": "app.conf", "first": 1}'), calling("submit_diagnosis", ANSWER)])
    await ablate(cited, model=model)
    assert "pool = 5" in model.shown
    assert "tiny" not in model.shown


async def test_a_report_is_summed_up(case_dir: WriteCase) -> None:
    """Each diagnosis of a report is tested by the report's own analyst; one with nothing to hide is a failure."""
    report = await made(case_dir)
    bare = replace(report[0], service="bare", evidence=(), working_dir="/nowhere")
    whole = replace(report, reports=(report[0], bare))
    ablations = await ablate(whole)
    assert (len(ablations), ablations.model) == (1, "offline")
    assert ablations.headline.startswith("1 of 1 verdicts changed without their evidence; 1 could not be tested")
    assert [failure.service for failure in ablations.failures] == ["bare"]
    frame = ablations.to_df()
    assert frame.loc[0, "category_before"] == "disk_full"
    assert frame.dtypes.equals(replace(ablations, ablations=()).to_df().dtypes)
    assert "nothing to hide" in ablations._repr_html_()
    assert ablations.usage.cost_usd == 0.0


def test_scripts_need_no_loop(case_dir: WriteCase) -> None:
    """`ablate_sync` gives what `ablate` does, of a diagnosis and of a report."""
    report = asyncio.run(made(case_dir))
    assert ablate_sync(report[0], model="offline").changed == ablate_sync(report).ablations[0].changed


async def test_nothing_to_hide_is_an_error(case_dir: WriteCase) -> None:
    """A diagnosis without a quote that is there now can't be put to the test, and the error says what to look at."""
    [diagnosis] = await made(case_dir)
    with pytest.raises(ReportError, match=r"report\.verify\(\)"):
        await ablate(replace(diagnosis, evidence=(Evidence("made up", "app.log", 1),)), model="offline")


async def test_a_run_s_model_is_asked_by_its_name(
    case_dir: WriteCase, server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model given by name is found by the settings and asked anew: nothing is taken from the cache, nothing kept."""
    started = server(turns([submit(category="disk_full", evidence=[{"quote": "request 3 answered", "line": 4}])]))
    monkeypatch.setenv("OPENAI_BASE_URL", started.base_url)
    [diagnosis] = await made(case_dir)
    for count in (1, 2):
        ablation = await ablate(diagnosis, model="some-model")
        assert ablation.model == "some-model"
        assert len(started.requests) == count
    shown: Any = started.requests[0].opening
    assert "No space left" not in shown


async def test_secrets_stay_here(case_dir: WriteCase) -> None:
    """A model that is asked again is shown no secret either, nor does what came of it hold one."""
    secret = "AKIA" + "QWERTYUIOPASDFGH"
    log = [*LOG[:10], f"2026-11-18 09:00:10 ERROR login failed, aws_access_key_id={secret}", *LOG[11:]]
    report = await made(case_dir, log)
    model = Watching([calling("search", '{"pattern": "login"}'), calling("submit_diagnosis", ANSWER)])
    [cited] = [replace(each, evidence=(Evidence(LOG[30], "app.log", 31, verified=True),)) for each in report]
    await ablate(cited, model=model)
    assert "login failed" in model.shown
    assert secret not in model.shown
    assert secret not in repr((await ablate(cited, model="offline")).after)


async def test_rules_of_ones_own_hide_from_who_is_asked_again(case_dir: WriteCase, tmp_path: Path) -> None:
    """A model that is asked again is shown nothing that a run with the same rules would have hidden."""
    own = tmp_path / "own.toml"
    own.write_text(
        "[[rule]]\nid = 'hosts'\nkind = 'host'\npattern = '(db-[0-9])'\nmatch = 'db-1'\nnear_miss = 'db'\n",
        encoding="utf-8",
    )
    log = [*LOG[:10], "2026-11-18 09:00:10 ERROR login to db-7 failed", *LOG[11:]]
    report = await made(case_dir, log)
    [cited] = [replace(each, evidence=(Evidence(LOG[30], "app.log", 31, verified=True),)) for each in report]
    for redact, shown in (([own], "login to ‹secret:host:1› failed"), (True, "login to db-7 failed")):
        model = Watching([calling("search", '{"pattern": "login"}'), calling("submit_diagnosis", ANSWER)])
        await ablate(cited, model=model, redact=redact)
        assert shown in model.shown
        assert ("db-7" in model.shown) is (redact is True)
