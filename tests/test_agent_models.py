"""OpenAIModel against a scripted server: every quirk is worked around and said, every fault is sorted into the tree."""

from __future__ import annotations

import asyncio
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from scripted_server import ScriptedServer, after, faults, quirks, submit, together, tool_call, turns

from logdebug.agent.loop import Agent, Limits
from logdebug.agent.messages import Message, Reply, Request, ToolCall
from logdebug.agent.models import OpenAIModel, ReplayModel
from logdebug.agent.prices import Price
from logdebug.agent.reading import Reading
from logdebug.agent.steps import Answered, Concluded, Retried, Step
from logdebug.agent.tools import tool_specs
from logdebug.errors import (
    ContextTooLong,
    LogdebugError,
    ModelBusy,
    ModelError,
    ModelNotAuthorised,
    ModelRefused,
    NoAnswer,
)
from logdebug.run.dispatch import investigate

if TYPE_CHECKING:
    from conftest import StartServer, WriteCase
    from scripted_server import Fault, Quirk

    from logdebug.records import Incident

KEY = "sk-test-0123456789"
LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])
SCRIPT = turns([together(tool_call("search", pattern="ERROR"), tool_call("list_files")), GROUNDED])
FAST = Limits(retry_seconds=0.001, retry_most_seconds=0.05, rejections=1)


def model_of(server: ScriptedServer) -> OpenAIModel:
    """Give a model behind a scripted server."""
    return OpenAIModel("gpt-5-mini", api_key=KEY, base_url=server.base_url)


async def session(incident: Incident, server: ScriptedServer, limits: Limits = FAST) -> list[Step]:
    """Run a whole session against a server and give its steps."""
    model = model_of(server)
    try:
        with closing(Reading.of(incident)) as reading:
            return [step async for step in Agent(incident, reading, model, limits).run()]
    finally:
        await model.aclose()


def question(text: str = "why?", *, timeout_seconds: float = 5.0) -> Request:
    """Give a small request."""
    return Request((Message("system", "s"), Message("user", text)), tool_specs(), timeout_seconds=timeout_seconds)


async def ask(server: ScriptedServer, request: Request | None = None) -> Reply:
    """Ask a server once."""
    model = model_of(server)
    try:
        return await model.ask(request or question())
    finally:
        await model.aclose()


async def test_request_is_what_openai_takes(server: StartServer, case_dir: WriteCase) -> None:
    """A plain request carries model, limit, all tools with a strict schema for the answer, and the key as a header."""
    running = server(SCRIPT)
    await session(case_dir(LOG), running)
    body = running.requests[0].body
    assert body["model"] == "gpt-5-mini"
    assert body["max_completion_tokens"] > 0
    assert running.requests[0].tool_names == ["list_files", "read_lines", "search", "overview", "submit_diagnosis"]
    assert body["tools"][-1]["function"]["strict"] is True
    assert running.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("quirk", [*quirks.REFUSALS, *quirks.ROLES, *quirks.ALTERATIONS], ids=str)
async def test_every_quirk_is_lived_with(quirk: Quirk, server: StartServer, case_dir: WriteCase) -> None:
    """Whatever a compatible server refuses or leaves out, the session ends in a grounded diagnosis."""
    steps = await session(case_dir(LOG), server(SCRIPT, quirks=[quirk]))
    assert isinstance(steps[-1], Concluded)
    assert steps[-1].diagnosis.status == "diagnosed"
    assert steps[-1].diagnosis.grounded


@pytest.mark.parametrize("quirk", [*quirks.REFUSALS, *quirks.ROLES], ids=str)
async def test_what_a_server_refuses_is_left_out_and_said(
    quirk: Quirk, server: StartServer, case_dir: WriteCase
) -> None:
    """After the first refusal no request is refused any more, and the trace says what was left out."""
    running = server(SCRIPT, quirks=[quirk])
    model = model_of(running)
    incident = case_dir(LOG)
    with closing(Reading.of(incident)) as reading:
        first = [step async for step in Agent(incident, reading, model, FAST).run()]
        learned = len(running.requests)
        second = [step async for step in Agent(incident, reading, model, FAST).run()]
    await model.aclose()
    answered = [step for step in second if isinstance(step, Answered)]
    assert len(running.requests) - learned == len(answered)
    if len(running.requests) - learned < learned:
        assert any(step.notes for step in first if isinstance(step, Answered))


async def test_what_is_written_is_what_is_sent(server: StartServer) -> None:
    """The body that a model tells of a request is, byte for byte, the one that the server receives."""
    running = server(SCRIPT)
    model = model_of(running)
    asked = question("why? \N{SNOWMAN} \ud800")
    told = model.written(asked)
    await model.ask(asked)
    await model.aclose()
    assert running.requests[0].raw == told
    assert "why? \N{SNOWMAN} ?".encode() in told
    assert running.requests[0].headers["content-type"] == "application/json"


async def test_two_quirks_at_once(server: StartServer, case_dir: WriteCase) -> None:
    """A server that refuses several things is learned one refusal at a time."""
    chosen = [quirks.quirk(name) for name in ("max_completion_tokens_mistral", "tools_ollama", "usage_null")]
    steps = await session(case_dir(LOG), server(SCRIPT, quirks=chosen))
    assert isinstance(steps[-1], Concluded)
    assert steps[-1].diagnosis.grounded
    assert steps[-1].usage.tokens > 0


PASSING = [
    faults.rate_limited(),
    faults.rate_limited(0.01),
    faults.server_error(),
    faults.bad_gateway(),
    faults.overloaded(),
    faults.loading_model(),
    faults.dropped(),
    faults.dropped("half_head"),
    faults.dropped("head"),
    faults.dropped("half_body"),
    faults.dropped(reset=True),
    faults.not_json(),
    faults.html_page(),
    faults.empty_choices(),
    faults.null_choices(),
]


@pytest.mark.parametrize("fault", PASSING, ids=str)
async def test_passing_fault_is_retried(fault: Fault, server: StartServer, case_dir: WriteCase) -> None:
    """One passing fault at the beginning and one in mid-session cost a retry each and nothing else."""
    running = server(after([fault], after([fault], SCRIPT, at_turn=1), at_turn=0))
    steps = await session(case_dir(LOG), running)
    assert sum(isinstance(step, Retried) for step in steps) == 2
    assert isinstance(steps[-1], Concluded)
    assert steps[-1].diagnosis.grounded
    assert steps[-1].usage.turns == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.not_authorised("openai"), ModelNotAuthorised),
        (faults.not_authorised("azure"), ModelNotAuthorised),
        (faults.forbidden(), ModelNotAuthorised),
        (faults.no_such_model("openai"), ModelRefused),
        (faults.no_such_model("ollama"), ModelRefused),
        (faults.quota_exhausted(), ModelRefused),
        (faults.content_filtered(), ModelRefused),
        (faults.prompt_filtered(), ModelRefused),
        (faults.context_too_long("openai"), ContextTooLong),
        (faults.context_too_long("vllm"), ContextTooLong),
        (faults.context_too_long("llama.cpp"), ContextTooLong),
        (faults.context_too_long("groq"), ContextTooLong),
    ],
    ids=str,
)
async def test_lasting_fault_is_named(
    fault: Fault, kind: type[ModelError], server: StartServer, case_dir: WriteCase
) -> None:
    """What will not pass is an error of its own kind that names the model, and isn't asked for again and again."""
    running = server(lambda _: fault)
    with pytest.raises(kind, match="gpt-5-mini"):
        await session(case_dir(LOG), running)
    assert running.request_count <= 8


async def test_silent_server_is_a_passing_trouble(server: StartServer) -> None:
    """A server that does not answer in time is busy, and the message says how long it was waited for."""
    running = server(lambda _: faults.stalled(5))
    with pytest.raises(ModelBusy, match=r"did not answer within [01] s"):
        await ask(running, question(timeout_seconds=0.5))


async def test_no_server_is_a_passing_trouble(server: StartServer) -> None:
    """Where nothing listens, the message names the host."""
    running = server(SCRIPT)
    model = OpenAIModel("m", api_key=KEY, base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ModelBusy, match=r"127\.0\.0\.1"):
        await model.ask(question())
    await model.aclose()
    assert running.request_count == 0


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (faults.rate_limited(7), 7.0),
        (faults.rate_limited(0.5, "milliseconds"), 0.5),
        (faults.rate_limited(3_600, "date"), 3_600.0),
        (faults.rate_limited(), None),
    ],
    ids=["seconds", "milliseconds", "date", "none"],
)
async def test_retry_after_is_read(fault: Fault, seconds: float | None, server: StartServer) -> None:
    """Retry-After is understood as seconds, as milliseconds and as a date."""
    with pytest.raises(ModelBusy) as caught:
        await ask(server(lambda _: fault))
    # The date was written when this module was loaded, which may be long ago in a run of the whole suite.
    assert caught.value.retry_after_seconds == (None if seconds is None else pytest.approx(seconds, rel=0.5))


async def test_key_is_never_shown(server: StartServer) -> None:
    """The key stands in no repr and in no error, even where the server repeats it."""
    model = OpenAIModel("m", api_key=KEY, base_url="http://127.0.0.1:9/v1")
    assert KEY not in repr(model)
    await model.aclose()
    with pytest.raises(LogdebugError) as caught:
        await ask(server(lambda _: faults.not_authorised("openai")))
    assert KEY not in str(caught.value)


async def test_ids_are_made_up_where_missing(server: StartServer, case_dir: WriteCase) -> None:
    """Calls without ids, or with one id for all, are answered under ids of their own."""
    running = server(SCRIPT, quirks=[quirks.quirk("call_id_repeated")])
    await session(case_dir(LOG), running)
    answered = [message["tool_call_id"] for message in running.requests[-1].messages if message["role"] == "tool"]
    assert len(answered) == len(set(answered)) == 2


async def test_server_without_tools_gets_them_in_text(server: StartServer, case_dir: WriteCase) -> None:
    """A server that refuses tools is told of them in the text, and alternates roles as chat templates insist."""
    running = server(SCRIPT, quirks=[quirks.quirk("tools_ollama")])
    steps = await session(case_dir(LOG), running)
    last = running.requests[-1]
    roles = [message["role"] for message in last.messages]
    assert "tools" not in last.body
    assert '{"tool": NAME' in last.messages[0]["content"]
    assert all(one != other for one, other in pairwise(roles))
    assert "tools" in next(step.notes for step in steps if isinstance(step, Answered))[0]


async def test_replay_model_per_service_and_function() -> None:
    """ReplayModel takes a list, a list per service, or a function, and says when its script is too short."""
    reply = Reply(text="hi", tool_calls=(ToolCall("1", "list_files", "{}"),))
    request = Request((Message("system", "s"), Message("user", "u")), service="shop")
    assert await ReplayModel({"shop": [reply]}).ask(request) is reply
    assert await ReplayModel(lambda asked: Reply(text=asked.service)).ask(request) == Reply(text="shop")
    short = ReplayModel([reply])
    await short.ask(request)
    with pytest.raises(NoAnswer, match="has 1 replies"):
        await short.ask(request)


def test_identity_stands_for_what_shapes_answers_and_holds_no_key() -> None:
    """Name, server and the room for a reply each make another identity; a key, or a name in the address, makes none."""

    def identity(name: str = "m", base_url: str = "http://127.0.0.1:9/v1", **options: int | str) -> str:
        return OpenAIModel(name, **{"api_key": KEY, "base_url": base_url, **options}).identity  # type: ignore[arg-type]

    assert identity() == identity(api_key="sk-other") == identity(base_url="http://me:secret@127.0.0.1:9/v1")
    others = {identity("n"), identity(base_url="http://127.0.0.1:8/v1"), identity(max_output_tokens=99)}
    assert len(others | {identity()}) == 4
    assert "secret" not in identity(base_url="http://me:secret@127.0.0.1:9/v1")


async def test_an_unknown_price_is_said_once(server: StartServer) -> None:
    """The first reply of a model without a price says how to give one, the second needn't; a price is charged."""
    running = server(SCRIPT)
    model = model_of(running)
    first, second = await model.ask(question()), await model.ask(question())
    await model.aclose()
    assert (first.usage.cost_usd, second.usage.cost_usd) == (None, None)
    assert "LOGDEBUG_PRICE" in first.notes[-1]
    assert second.notes == ()
    priced = OpenAIModel("m", api_key=KEY, base_url=running.base_url, price=Price(1.0, 1.0))
    reply = await priced.ask(question())
    await priced.aclose()
    assert reply.usage.cost_usd == pytest.approx(reply.usage.tokens / 1e6)
    assert reply.notes == ()


async def test_what_is_known_is_not_paid_for_again(server: StartServer, case_dir: WriteCase) -> None:
    """The same incident, asked of the same model a second time, costs nothing; another room for replies asks anew."""
    running = server(SCRIPT)
    incident = case_dir(LOG)
    for max_output_tokens in (1_000, 1_000, 2_000):
        model = OpenAIModel("m", api_key=KEY, base_url=running.base_url, max_output_tokens=max_output_tokens)
        assert (await investigate([incident], model=model)).diagnosed == 1
        await model.aclose()
    assert running.request_count == 4


async def test_a_trickle_is_a_passing_trouble(server: StartServer) -> None:
    """A body that comes a byte at a time, so that no read times out, is waited for no longer than a reply may take."""
    running = server(lambda _: faults.trickled(0.05))
    with pytest.raises(ModelBusy, match="did not answer within"):
        await asyncio.wait_for(ask(running, question(timeout_seconds=0.5)), 3)


async def test_a_date_to_come_back_at_is_of_the_servers_clock(server: StartServer) -> None:
    """Retry-After as a date is taken against the answer's own Date, however wrong either clock is."""
    fault = faults.error(
        "wrong_clock",
        429,
        {},
        ("date", "Wed, 01 Jan 2020 10:00:00 GMT"),
        ("retry-after", "Wed, 01 Jan 2020 10:00:42 GMT"),
    )
    with pytest.raises(ModelBusy) as caught:
        await ask(server(lambda _: fault))
    assert caught.value.retry_after_seconds == 42.0
