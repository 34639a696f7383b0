"""A conversation that is longer than the model takes is shortened, and goes on; so does a session from disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import ScriptedServer, faults, submit, tool_call, turns

import logdebug as ld
from logdebug.agent.messages import Message
from logdebug.agent.models import OpenAIModel
from logdebug.agent.shortening import cuts_of, shortened
from logdebug.agent.steps import Answered, Shortened
from logdebug.run.events import Event, StepTaken

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartServer, WriteCase
    from scripted_server import ChatReply, ChatRequest, Fault

LOG = [
    f"2026-11-18 09:{n // 60:02}:{n % 60:02} INFO request {n} of customer {n * 7919} took {n % 97} ms"
    for n in range(900)
]
LOG += ["2026-11-18 09:30:00 ERROR connection to db-1:5432 refused"]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 901, "file": None}])
READS = [tool_call("read_lines", first=1 + 100 * n, last=100 + 100 * n) for n in range(6)]


def takes_characters(most: int, script: Any) -> Any:
    """Refuse, in OpenAI's words, each conversation that is longer than so many characters."""

    def limited(request: ChatRequest) -> ChatReply | Fault:
        if sum(len(message.get("content") or "") for message in request.messages) > most:
            return faults.context_too_long()
        answer: ChatReply | Fault = script(request)
        return answer

    return limited


async def run(incident: Any, server: ScriptedServer, tmp_path: Path, **options: Any) -> tuple[ld.Report, list[Any]]:
    """Investigate an incident; give the report and the steps that were taken."""
    events: list[Event] = []
    model = OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=server.base_url)
    try:
        report = await ld.investigate(
            [incident], model=model, sessions_dir=tmp_path / "s", cache="off", on_event=events.append, **options
        )
    finally:
        await model.aclose()
    return report, [event.step for event in events if isinstance(event, StepTaken)]


async def test_a_long_conversation_is_shortened_and_goes_on(
    server: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """Six long results don't fit: the oldest are cut out, which is a step of its own; the newest reaches the model."""
    running = server(takes_characters(26_000, turns([*READS, GROUNDED])))
    report, steps = await run(case_dir(LOG), running, tmp_path)
    assert report[0].grounded
    told = [step for step in steps if isinstance(step, Shortened)]
    assert told
    assert all("maximum context length" in step.reason for step in told)
    assert sum(isinstance(step, Answered) for step in steps) == 7
    results = [message["content"] for message in running.requests[-1].messages if message["role"] == "tool"]
    assert "left out" in results[0]
    assert "request 599 of customer" in results[-1]


async def test_a_session_from_disk_stays_shortened(server: StartServer, case_dir: WriteCase, tmp_path: Path) -> None:
    """What was cut out is not sent again when a killed run is gone on with: no further request is too long."""
    broken = server(takes_characters(26_000, turns([*READS, faults.no_such_model()])))
    incident = case_dir(LOG)
    report, steps = await run(incident, broken, tmp_path)
    assert any(isinstance(step, Shortened) for step in steps)
    assert report.errors[0].error == "model_refused"
    mended = server(takes_characters(26_000, turns([*READS, GROUNDED])))
    events: list[Event] = []
    model = OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=mended.base_url)
    again = await ld.investigate(model=model, resume=report.run_id, sessions_dir=tmp_path / "s", on_event=events.append)
    await model.aclose()
    assert again[0].grounded
    assert mended.request_count == 1


async def test_an_overview_that_is_too_long_is_cut_in_its_middle(
    server: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """Where the first message alone is too long, its beginning (the task) and its end are kept."""
    running = server(takes_characters(6_000, turns([GROUNDED])))
    report, steps = await run(case_dir(LOG), running, tmp_path, limits=ld.Limits(overview_tokens=4_000))
    assert report[0].grounded
    assert any(isinstance(step, Shortened) for step in steps)
    opening = running.requests[-1].messages[1]["content"]
    assert opening.startswith("A service has failed: the first block says which.")
    assert "shop" in opening
    assert "characters left out here" in opening


async def test_what_can_not_be_shortened_enough_is_a_named_failure(
    server: StartServer, case_dir: WriteCase, tmp_path: Path
) -> None:
    """A model that takes next to nothing ends in `context_too_long`, after a handful of requests."""
    running = server(takes_characters(100, turns([GROUNDED])))
    report, _ = await run(case_dir(LOG), running, tmp_path)
    assert [each.error for each in report.errors] == ["context_too_long"]
    assert running.request_count <= 10


def test_old_results_go_first() -> None:
    """Of four results of one size, the oldest two go whole, and the newest stays as it is."""
    said = [Message("system", "s" * 9_000), Message("user", "u" * 500)]
    for _ in range(4):
        said += [Message("assistant", ""), Message("tool", "r" * 1_000)]
    left = shortened(said, cuts_of(said))
    kept = [len(message.text) for message in left if message.role == "tool"]
    assert kept[2:] == [1_000, 1_000]
    assert max(kept[:2]) < 200
    assert left[:2] == said[:2]


@pytest.mark.parametrize("characters", [401, 3_000, 500_000])
def test_cutting_comes_to_an_end(characters: int) -> None:
    """Cut again and again, a conversation gets shorter each time, until nothing is left to cut."""
    said = [Message("system", "s"), Message("user", "u" * characters), Message("assistant", ""), Message("tool", "")]
    for _ in range(40):
        cuts = cuts_of(said)
        if not cuts:
            break
        shorter = shortened(said, cuts)
        assert sum(len(message.text) for message in shorter) < sum(len(message.text) for message in said)
        said = shorter
    assert not cuts
    assert len(said[1].text) <= 600
