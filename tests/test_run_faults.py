"""A run through everything that goes wrong between a client and a server: nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import faults, submit, tool_call, turns

import logdebug as ld
from logdebug.agent.limits import Limits
from logdebug.agent.models import OpenAIModel
from logdebug.agent.steps import Answered, LimitReached
from logdebug.run import ledger, moments, sessions
from logdebug.run.events import Event, IncidentDiagnosed, IncidentFailed, StepTaken
from logdebug.run.sessions import read_trace

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartServer, WriteCase
    from scripted_server import ChatReply, ChatRequest, Fault

LOG = ["2026-11-18 09:00:00 INFO started", "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused"]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])
SCRIPT = turns([tool_call("search", pattern="refused"), tool_call("list_files"), GROUNDED])
LIMITS = Limits(retry_seconds=0.005, retry_most_seconds=0.05, reply_seconds=1.0, seconds=60.0)

OFTEN = (
    *(fault for fault in faults.PASSING if fault.status != 429),
    faults.dropped("head", reset=True),
    faults.dropped("half_body", reset=True),
    faults.generation_failed(),
    faults.context_too_long("openai"),
    faults.context_too_long("llama.cpp"),
)
SELDOM = (
    *(fault for fault in faults.PASSING if fault.status == 429),  # often, they would be a limit, and be kept to
    faults.stalled(5.0),
    faults.stalled(5.0, "head"),
    faults.stalled(5.0, "half_body"),
    faults.trickled(0.05),
    faults.content_filtered(),
    faults.prompt_filtered(),
    faults.flagged(),
    faults.no_such_model(),
)
NAMED = {"model_unavailable", "model_refused", "context_too_long"}
"""What an incident may fail of, as `errors` names it."""


@pytest.mark.slow
async def test_200_incidents_through_30_percent_of_faults(
    server: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """Each of 200 incidents ends once, in a diagnosis or a named failure; what was paid for is in the report."""
    dice = random.Random(6)
    met: Counter[str] = Counter()
    often, seldom = cycle(OFTEN), cycle(SELDOM)

    def script(request: ChatRequest) -> ChatReply | Fault:
        if dice.random() >= 0.3:
            met["none"] += 1
            return SCRIPT(request)
        fault = next(seldom if sum(met.values()) % 10 == 0 else often)
        met[fault.name] += 1
        return fault

    running = server(script)
    model = OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=running.base_url)
    events: list[Event] = []
    run = ld.Run(
        [case_dir(LOG, service=f"s{n:03}") for n in range(200)],
        model=model,
        limits=LIMITS,
        sessions_dir=tmp_path / "s",
        on_event=events.append,
    )
    report = await run.finish()
    await model.aclose()
    assert set(met) >= {fault.name for fault in (*OFTEN, *SELDOM)}, "a fault was left out"
    assert met.total() - met["none"] == pytest.approx(0.3 * met.total(), rel=0.2)
    ended = Counter(event.index for event in events if isinstance(event, IncidentDiagnosed | IncidentFailed))
    assert ended == dict.fromkeys(range(200), 1)
    assert report.diagnosed + report.failed == 200
    assert {each.error for each in report.errors} <= NAMED
    assert all(each.grounded for each in report)
    assert report.diagnosed >= 180
    answered = [
        event.step.usage for event in events if isinstance(event, StepTaken) if isinstance(event.step, Answered)
    ]
    assert report.usage.turns == len(answered)
    assert report.usage.input_tokens == sum(usage.input_tokens for usage in answered)
    assert [len(ends_of(path)) for path in sorted(run.directory.glob("*-s*"))] == [1] * 200


def ends_of(session: Path) -> list[dict[str, Any]]:
    """Give the last words of a session: its conclusions and failures."""
    return [line for line in read_trace(session) if line["step"] in {"Concluded", "Failure"}]


class Jumpy(datetime):
    """A wall clock that is set each time somebody looks: days ahead, and back again."""

    looks = 0

    @classmethod
    def now(cls, tz: Any = UTC) -> Jumpy:
        """Give the time, wrong by up to three days."""
        cls.looks += 1
        return super().now(tz) + timedelta(days=(cls.looks * 7 % 5) - 3)


async def test_a_clock_that_jumps_changes_nothing(
    server: StartServer, case_dir: WriteCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a wall clock that jumps by days at each step, no limit is reached, and times are those of a calm clock."""
    for module in (sessions, moments, ledger):
        monkeypatch.setattr(module, "datetime", Jumpy)
    running = server(SCRIPT)
    model = OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=running.base_url)
    events: list[Event] = []
    report = await ld.investigate(
        [case_dir(LOG, service=f"s{n}") for n in range(5)],
        model=model,
        limits=LIMITS,
        run_limits=ld.RunLimits(seconds=60.0),
        sessions_dir=tmp_path / "s",
        on_event=events.append,
    )
    await model.aclose()
    assert Jumpy.looks > 20
    assert report.diagnosed == 5
    assert not any(isinstance(event.step, LimitReached) for event in events if isinstance(event, StepTaken))
    assert all(0 <= each.usage.seconds < 60 for each in report)
    assert 0 <= report.usage.seconds < 60
