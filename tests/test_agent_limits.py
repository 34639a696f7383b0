"""What may be spent: limits in dollars hold, and are refused where nobody could keep them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from scripted_server import submit, tool_call, turns

import logdebug as ld
from logdebug.agent.limits import Budget, Limits, RunLimits, Stopwatch
from logdebug.agent.loop import Agent
from logdebug.agent.messages import Reply, ToolCall
from logdebug.agent.models import OpenAIModel, ReplayModel
from logdebug.agent.reading import Reading
from logdebug.agent.steps import Answered, Concluded, LimitReached, Warned
from logdebug.errors import SettingsError
from logdebug.records import Usage
from logdebug.run.events import Event, StepTaken

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartServer, WriteCase

    from logdebug.agent.messages import Request
    from logdebug.agent.steps import Step

LOG = ["2026-11-18 09:00:00 INFO started", "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused"]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])
LOOKING = Reply(tool_calls=(ToolCall("a", "list_files", "{}"),), usage=Usage(turns=1, cost_usd=0.04))


def looks_until_it_must_submit(request: Request) -> Reply:
    """Use a tool each turn, for four cents, and submit what it has when nothing else is left."""
    if not request.must_call:
        return LOOKING
    answer = '{"status": "inconclusive", "root_cause": "?", "category": "unknown", "severity": "low", "confidence": 0.1'
    return Reply(text=answer + ', "evidence": [], "timeline": [], "recommendation": ""}')


async def test_an_agent_is_told_at_70_percent_and_ends_at_100_percent_of_its_dollars(case_dir: WriteCase) -> None:
    """At four cents a turn and ten to spend, the third turn comes with a warning and the fourth is the last answer."""
    incident = case_dir(LOG)
    steps: list[Step] = []
    with closing(Reading.of(incident)) as reading:
        model = ReplayModel(looks_until_it_must_submit)
        steps = [step async for step in Agent(incident, reading, model, Limits(usd=0.10)).run()]
    told = [type(step) for step in steps if isinstance(step, Warned | Answered | LimitReached | Concluded)]
    assert told == [Answered, Answered, Warned, Answered, LimitReached, Answered, Concluded]
    assert next(step for step in steps if isinstance(step, LimitReached)).reason == "cost_limit"


async def test_a_run_ends_at_its_dollars(case_dir: WriteCase) -> None:
    """Three incidents and money for one: each agent at work gives its best answer, the others are not begun."""
    incidents = [case_dir(LOG, service=f"s{n}") for n in range(3)]
    events: list[Event] = []
    report = await ld.investigate(
        incidents,
        model=ReplayModel(looks_until_it_must_submit),
        run_limits=RunLimits(usd=0.12),
        max_concurrency=1,
        on_event=events.append,
    )
    reached = [event.step.reason for event in events if isinstance(event, StepTaken) if _is_limit(event.step)]
    assert reached == ["run_limit"]
    assert (report.diagnosed, [each.error for each in report.errors]) == (1, ["run_limit", "run_limit"])


def _is_limit(step: Step) -> bool:
    return isinstance(step, LimitReached)


@pytest.mark.parametrize("per", ["incident", "run"])
async def test_dollars_are_refused_where_the_price_is_unknown(
    per: str, server: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """A limit in dollars on a model without a price is an error that names the remedy; nothing is asked or written."""
    running = server(turns([GROUNDED]))
    model = OpenAIModel("ours", api_key="sk-test", base_url=running.base_url)
    limits = {"limits": Limits(usd=1.0)} if per == "incident" else {"run_limits": RunLimits(usd=1.0)}
    with pytest.raises(SettingsError, match=r"price of model 'ours' isn't known.*LOGDEBUG_PRICE"):
        await ld.investigate([case_dir(LOG)], model=model, sessions_dir=tmp_path / "s", **limits)  # type: ignore[arg-type]
    await model.aclose()
    assert running.request_count == 0
    assert not (tmp_path / "s").exists()


async def test_with_a_price_of_ones_own_dollars_hold(
    server: StartServer, case_dir: WriteCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOGDEBUG_PRICE makes any server's tokens cost something: the report adds it up, and a limit in dollars holds."""
    running = server(turns([tool_call("list_files"), GROUNDED]))
    monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("LOGDEBUG_PRICE", "10/100")
    report = await ld.investigate([case_dir(LOG)], model="ours")
    spent = report[0].usage
    assert spent.cost_usd == pytest.approx((spent.input_tokens * 10 + spent.output_tokens * 100) / 1e6)
    assert report.usage.cost_usd == spent.cost_usd
    limited = await ld.investigate([case_dir(LOG)], model="ours", limits=Limits(usd=1e-4))
    assert limited[0].usage.turns == 2  # the first one is beyond the limit; the second is the best answer


def test_what_is_not_known_is_as_good_as_spent() -> None:
    """Where a cost turns out unknown in mid-run, its limit counts as reached rather than as never reached."""
    assert Limits(usd=1.0).nearest(Usage(turns=1), 0.0) == (1.0, "cost_limit")
    budget = Budget(RunLimits(usd=1.0))
    budget.spend(Usage(turns=1))
    assert budget.share == 1.0


@pytest.mark.parametrize("limit", [{"turns": 0}, {"tokens": -1}, {"seconds": 0.0}, {"usd": float("nan")}])
@pytest.mark.parametrize("kind", [Limits, RunLimits])
def test_a_limit_that_nothing_could_keep_is_refused(kind: type[Limits | RunLimits], limit: dict[str, float]) -> None:
    """Zero, less, and no number are said to be none, by name."""
    with pytest.raises(SettingsError, match=next(iter(limit))):
        kind(**limit)  # type: ignore[arg-type]


def test_a_stopwatch_leaves_out_what_was_no_work() -> None:
    """It counts from what was worked before, less what is left out."""
    watch = Stopwatch(10.0)
    watch.leave_out(4.0)
    assert 6.0 <= watch.seconds < 7.0
