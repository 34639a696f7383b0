"""A budget is spent on the worst, alike incidents are asked about once, and each has evidence of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from near_copies import copy_of

import logdebug as ld
from logdebug.agent.messages import Reply, Request, ToolCall
from logdebug.agent.models import ReplayModel
from logdebug.errors import IncidentError, ModelRefused
from logdebug.report.report import Report
from logdebug.run.events import Event, RunStarted

if TYPE_CHECKING:
    from conftest import WriteCase

REFUSED = [
    "2026-11-18 09:00:00 INFO mailer started on mail-1",
    *[
        f"2026-11-18 09:00:0{second} ERROR connection to queue-7:5672 refused, attempt {second}"
        for second in range(1, 6)
    ],
    "2026-11-18 09:00:09 ERROR mailer: giving up after 5 attempts",
]
OOM = [
    "2026-11-18 09:00:00 INFO billing started",
    "2026-11-18 09:00:04 ERROR java.lang.OutOfMemoryError: Java heap space",
    "2026-11-18 09:00:05 FATAL billing stops: exit code 3",
]
DISK = [
    "2026-11-18 09:00:00 INFO archive started",
    "2026-11-18 09:00:04 ERROR write /data/segment-17: no space left on device",
    "2026-11-18 09:00:05 FATAL archive: can't go on",
]
QUOTES = {"mailer": REFUSED[3], "billing": OOM[1], "archive": DISK[1]}


def answer(request: Request) -> Reply:
    """Diagnose at once, quoting the line with its times and numbers as they stand in the log that was asked about."""
    kind = next(kind for kind in QUOTES if f"Service '{kind}" in request.messages[1].text)
    arguments = {
        "status": "diagnosed",
        "root_cause": f"{kind} is broken",
        "category": "dependency_failure",
        "severity": "high",
        "confidence": 0.9,
        "timeline": [{"timestamp": "2026-11-18T09:00:04Z", "event": "it broke", "line": 2}],
        "evidence": [{"quote": QUOTES[kind], "line": None, "file": None}],
        "recommendation": "mend it",
        "absences": [],
    }
    calls = (ToolCall("call_1", "submit_diagnosis", json.dumps(arguments)),)
    return Reply(tool_calls=calls, usage=ld.Usage(turns=1, input_tokens=5000, output_tokens=200, cost_usd=0.01))


class Counted(ReplayModel):
    """A model that answers by `answer`, costs ten cents a session beforehand, and counts whom it was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(self._count, name="counted")

    def _count(self, request: Request) -> Reply:
        self.asked.append(request.service)
        return answer(request)

    def charge(self, usage: ld.Usage) -> ld.Usage:
        """Give a price to expectations."""
        return ld.Usage(usage.turns, usage.input_tokens, usage.output_tokens, 0.002 * usage.turns)


@pytest.fixture
def incidents(case_dir: WriteCase) -> list[ld.Incident]:
    """Write nine incidents: three failures, each on three machines; the worst isn't the first."""
    made = []
    for kind, log in (("mailer", REFUSED), ("billing", OOM), ("archive", DISK)):
        for number in range(3):
            incident = case_dir(log, service=f"{kind}-{number}")
            incident.log_path.write_bytes(
                copy_of(incident.log_path.read_bytes(), "all", number) if number else incident.log_path.read_bytes()
            )
            made.append(incident)
    return made


def test_the_plan_says_what_will_be_done_and_spends_nothing(incidents: list[ld.Incident]) -> None:
    """One of each kind is asked about, worst first, the others share; what the budget has no room for is named."""
    model = Counted()
    plan = ld.Portfolio(incidents, model=model, run_limits=ld.RunLimits(usd=0.02)).plan()
    assert not model.asked
    ways = [(each.service, each.way) for each in plan.entries if each.shared_from is None]
    assert [service for service, _ in ways][-1] == "mailer-0"
    assert [way for _, way in ways] == ["asked", "asked", "beyond budget"]
    frame = plan.to_df()
    assert list(frame["way"]).count("shared") == 6
    assert set(frame[frame["way"] == "shared"]["shared_from"]) == {"mailer-0", "billing-0", "archive-0"}
    assert frame["cost_usd"].sum() == pytest.approx(0.03)
    assert "9 incidents: 2 asked, 6 shared, 1 beyond budget · model counted · about $0.0200" in repr(plan)
    assert "shared from mailer-0" in plan._repr_html_()


async def test_alike_incidents_are_asked_about_once(incidents: list[ld.Incident], tmp_path: Path) -> None:
    """Three are asked about, nine diagnosed, in the order given; those that share say so and quote their own log."""
    model, events = Counted(), list[Event]()
    report = await ld.Portfolio(incidents, model=model).investigate(on_event=events.append)
    assert sorted(model.asked) == ["archive-0", "billing-0", "mailer-0"]
    assert [each.service for each in report] == [each.service for each in incidents]
    for each in report:
        kind, _, number = each.service.partition("-")
        assert each.shared_from == ("" if number == "0" else f"{kind}-0")
        assert each.status == "diagnosed"
        assert each.usage.tokens == (5200 if number == "0" else 0)
        (quote,) = each.evidence
        assert quote.verified
        held = (Path(each.working_dir) / each.log_file).read_bytes()
        assert quote.byte_start is not None
        assert quote.quote.encode() in held[quote.byte_start : quote.byte_end]
        assert each.timeline[0].line is None or each.timeline[0].timestamp is not None
    assert report["mailer-1"].evidence[0].quote != report["mailer-0"].evidence[0].quote
    assert report["mailer-1"].log_sha256 != report["mailer-0"].log_sha256
    assert report.usage.turns == 3
    started = events[0]
    assert isinstance(started, RunStarted)
    assert Report.load(started.directory / "report.json") == report


async def test_a_spent_budget_leaves_the_embedded_analyst_s_word(incidents: list[ld.Incident]) -> None:
    """What the budget didn't reach has the embedded analyst's diagnosis and says so; the worst was asked about."""
    model = Counted()
    portfolio = ld.Portfolio(incidents, model=model, run_limits=ld.RunLimits(turns=1))
    report = await portfolio.investigate(max_concurrency=1)
    assert len(model.asked) == 1
    assert model.asked[0] in {"billing-0", "archive-0"}
    by_model = {each.service for each in report if not each.analyst}
    assert by_model == {model.asked[0], *(model.asked[0][:-1] + number for number in "12")}
    others = [each for each in report if each.analyst]
    assert {each.analyst for each in others} == {"offline"}
    assert all(each.grounded and not each.shared_from for each in others)
    assert len(report) + report.failed == 9


async def test_whoever_shares_a_failure_is_told_whose(incidents: list[ld.Incident]) -> None:
    """Where asking fails, those that would have shared the diagnosis fail with it, each named."""
    script: dict[str, list[Reply | Exception]] = {
        f"{kind}-0": [ModelRefused("no more", model="m")] for kind in ("mailer", "billing", "archive")
    }
    report = await ld.Portfolio(incidents, model=ReplayModel(script)).investigate()
    assert (report.diagnosed, report.failed) == (0, 9)
    assert "as that of mailer-0, which failed: no more" in {e.service: e.message for e in report.errors}["mailer-2"]


async def test_without_a_model_nobody_shares(incidents: list[ld.Incident], tmp_path: Path) -> None:
    """The embedded analyst costs nothing, so each incident has its own diagnosis; a bad incident is a failure."""
    portfolio = ld.Portfolio([*incidents[:3], (tmp_path, "gone.log", "gone")])
    report = await portfolio.investigate()
    assert {each.way for each in portfolio.plan().entries} == {"asked", "unreadable"}
    assert not any(each.shared_from or each.analyst for each in report)
    assert [each.service for each in report.errors] == ["gone"]
    with pytest.raises(IncidentError):
        ld.Portfolio([(tmp_path, "gone.log", "gone")])


def test_scripts_have_it_too(incidents: list[ld.Incident]) -> None:
    """`investigate_sync` gives the report without an event loop of one's own."""
    assert len(ld.Portfolio(incidents, model=Counted()).investigate_sync()) == 9


async def test_rules_of_ones_own_hide_in_all_of_it(case_dir: WriteCase, tmp_path: Path) -> None:
    """What `redact` names is hidden in what is asked about and in what shares its diagnosis; False hides nothing."""
    own = tmp_path / "own.toml"
    own.write_text(
        '[[rule]]\nid = "hosts"\nkind = "host"\npattern = "(queue-[0-9])"\nmatch = "queue-7"\nnear_miss = "queue"\n',
        encoding="utf-8",
    )
    given = [case_dir(REFUSED, service=f"mailer-{number}") for number in range(2)]
    hidden = await ld.Portfolio(given, model=Counted(), redact=iter([own]), sessions_dir=tmp_path / "s").investigate()
    assert [bool(each.shared_from) for each in hidden] == [False, True]
    assert "queue-7" not in hidden.to_json()
    plain = await ld.Portfolio(given, model="offline", redact=False, sessions_dir=tmp_path / "s").investigate()
    assert (hidden.redacted, plain.redacted) == (True, False)
