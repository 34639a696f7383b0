"""Servers that we did not write: a session ends in a grounded diagnosis, or in a failure that says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from foreign_servers import KEY, PYTHON, QUOTE, Server, litellm_proxy, llama_server, write_tiny_model
from scripted_server import ScriptedServer, submit, tool_call, turns

import logdebug as ld
from logdebug.agent.steps import Answered, ToolUsed
from logdebug.errors import ModelNotAuthorised
from logdebug.run.events import Event, StepTaken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import WriteCase

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not PYTHON.exists(), reason="the servers of other people aren't installed: run `make interop`"),
]

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
LIMITS = ld.Limits(turns=6, seconds=120, rejections=1, retries=2, retry_seconds=0.01, retry_most_seconds=0.1)


async def investigate(
    server: Server, name: str, incident: ld.Incident, *, key: str = "", reply_tokens: int = 600
) -> tuple[ld.Report, list[Event]]:
    """Investigate one incident with a model of a server; give the report and what happened."""
    events: list[Event] = []
    model = ld.OpenAIModel(name, api_key=key or server.key, base_url=server.base_url, max_output_tokens=reply_tokens)
    try:
        report = await ld.investigate([incident], model=model, limits=LIMITS, on_event=events.append, cache="off")
    finally:
        await model.aclose()
    return report, events


def notes_of(events: list[Event]) -> list[str]:
    """Give what was said of the server's ways."""
    steps = [event.step for event in events if isinstance(event, StepTaken)]
    return [note for step in steps if isinstance(step, Answered) for note in step.notes]


# -- LiteLLM's proxy ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedServer]:
    """Start the provider behind the gateway: it uses tools, and ends in a diagnosis."""
    looks = [tool_call("search", pattern="refused"), tool_call("read_lines", first=1, last=3)]
    with ScriptedServer(turns([*looks, submit(evidence=[QUOTE])])) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(provider: ScriptedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start LiteLLM's proxy."""
    with litellm_proxy(provider.base_url, tmp_path_factory.mktemp("litellm")) as server:
        yield server


@pytest.mark.parametrize("name", ["gateway", "deepseek", "mistral"])
async def test_a_gateway_passes_a_session_on(name: str, proxy: Server, case_dir: WriteCase) -> None:
    """Through the gateway, to providers whose requests it writes anew, tools are used and the diagnosis is grounded."""
    report, events = await investigate(proxy, name, case_dir(LOG))
    assert [each.status for each in report] == ["diagnosed"], report.errors
    assert report[0].grounded
    steps = [event.step for event in events if isinstance(event, StepTaken)]
    assert [step.call.name for step in steps if isinstance(step, ToolUsed)] == ["search", "read_lines"]
    assert report.usage.turns == 3
    assert report.usage.input_tokens > 1000


@pytest.mark.parametrize("name", ["json", "caller"])
async def test_a_mocked_diagnosis_is_taken(name: str, proxy: Server, case_dir: WriteCase) -> None:
    """A diagnosis as text, and one as a tool call, are both taken and grounded."""
    report, _ = await investigate(proxy, name, case_dir(LOG))
    assert [each.status for each in report] == ["diagnosed"], report.errors
    assert report[0].evidence[0].verified


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("chatty", {"no_answer"}),
        ("busy", {"model_unavailable"}),
        ("broken", {"model_unavailable"}),
        ("long", {"context_too_long"}),
        ("unheard-of", {"model_refused", "model_error"}),
    ],
)
async def test_what_can_t_end_well_ends_with_a_name(
    name: str, kinds: set[str], proxy: Server, case_dir: WriteCase
) -> None:
    """What the proxy answers where its model fails becomes the failure that it is, with what it said."""
    report, _ = await investigate(proxy, name, case_dir(LOG))
    assert next(each.error for each in report.errors) in kinds, report.errors
    assert name in report.errors[0].message


async def test_a_wrong_key_is_told(proxy: Server, case_dir: WriteCase) -> None:
    """A key that the proxy doesn't know stops the run, is said to be the trouble, and is not in the message."""
    with pytest.raises(ModelNotAuthorised, match="OPENAI_API_KEY") as told:
        await investigate(proxy, "gateway", case_dir(LOG), key="sk-wrong-0123456789")
    assert "sk-wrong-0123456789" not in str(told.value)
    assert KEY not in str(told.value)


# -- llama.cpp's server ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model of random weights."""
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write_tiny_model(path)
    return path


@pytest.mark.parametrize("template", ["", "hermes.jinja", "no_system.jinja"])
async def test_a_model_that_babbles_gives_no_answer(template: str, tiny_model: Path, case_dir: WriteCase) -> None:
    """A model that says nothing sensible, behind templates with tools, without them, and without a system role, ends
    as having given no answer; the server counts the tokens, and refuses nothing that it wasn't told twice.
    """
    with llama_server(tiny_model, template=template) as server:
        report, events = await investigate(server, "tiny", case_dir(LOG), reply_tokens=200)
    assert [each.error for each in report.errors] in (["no_answer"], ["model_unavailable"]), report
    assert "tiny" in report.errors[0].message
    assert not any("estimated" in note for note in notes_of(events))
    assert report.usage.input_tokens > 5000


async def test_a_context_that_is_too_small_is_told(tiny_model: Path, case_dir: WriteCase) -> None:
    """Where not even the first request fits, the failure says so, and how much would."""
    with llama_server(tiny_model, context_tokens=4096) as server:
        report, _ = await investigate(server, "tiny", case_dir(LOG))
    assert report.errors[0].error == "context_too_long", report.errors
    assert "4096" in report.errors[0].message
