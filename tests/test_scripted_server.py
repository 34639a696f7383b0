"""The scripted server does to a real OpenAI client what it says, so that other tests may lean on it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import openai
import pytest
from scripted_server import (
    ChatReply,
    ToolCall,
    after,
    by_text,
    cut_short,
    faults,
    quirk,
    quirks,
    submit,
    text,
    together,
    tool_call,
    turns,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from conftest import StartServer
    from openai.types.chat import ChatCompletion
    from scripted_server import Fault, Quirk, ScriptedServer

TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {"name": "submit_diagnosis", "strict": True, "parameters": {"type": "object", "properties": {}}},
    },
    {"type": "function", "function": {"name": "search", "parameters": {"type": "object", "properties": {}}}},
]
NAMED = {"type": "function", "function": {"name": "submit_diagnosis"}}
HELLO: list[Any] = [{"role": "system", "content": "You read logs."}, {"role": "user", "content": "service: shop"}]

# For each parameter that some server refuses, a request that has it.
REFUSED_PARAMETERS: dict[str, dict[str, Any]] = {
    "tool_choice": {"tools": TOOLS, "tool_choice": NAMED},
    "named_tool_choice": {"tools": TOOLS, "tool_choice": NAMED},
    "parallel_tool_calls": {"tools": TOOLS, "parallel_tool_calls": True},
    "max_completion_tokens": {"max_completion_tokens": 100},
    "max_tokens": {"max_tokens": 100},
    "temperature": {"temperature": 0},
    "strict": {"tools": TOOLS},
    "mixed_strict": {"tools": TOOLS},
    "strict_schema": {"tools": TOOLS},
    "tools": {"tools": TOOLS},
}


class Clients:
    """OpenAI clients that are closed after the test; none asks again by itself."""

    def __init__(self) -> None:
        self.open: list[openai.AsyncOpenAI] = []

    def of(self, server: ScriptedServer, *, timeout_seconds: float = 10.0) -> openai.AsyncOpenAI:
        """Make a client of a server."""
        client = openai.AsyncOpenAI(base_url=server.base_url, api_key="sk-test", max_retries=0, timeout=timeout_seconds)
        self.open.append(client)
        return client


@pytest.fixture
async def clients() -> AsyncIterator[Clients]:
    """Give a maker of clients."""
    clients = Clients()
    yield clients
    for client in clients.open:
        await client.close()


async def ask(client: openai.AsyncOpenAI, messages: list[Any] | None = None, **more: Any) -> ChatCompletion:
    """Ask for one completion."""
    completion: ChatCompletion = await client.chat.completions.create(
        model="gpt-5-mini", messages=messages or HELLO, **more
    )
    return completion


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that the server's thread does; a second is plenty."""
    for _ in range(200):
        if holds():
            return
        await asyncio.sleep(0.005)


async def test_a_conversation_gets_the_steps_in_order(server: StartServer, clients: Clients) -> None:
    """The n-th turn of a conversation is answered by the n-th step, tool calls and results between them."""
    running = server(turns([together(tool_call("search", pattern="ERROR"), tool_call("list_files")), text("done")]))
    client = clients.of(running)
    first = (await ask(client, tools=TOOLS)).choices[0]
    assert first.finish_reason == "tool_calls"
    calls = first.message.tool_calls or []
    assert [call.function.name for call in calls] == ["search", "list_files"]  # type: ignore[union-attr]
    assert json.loads(calls[0].function.arguments) == {"pattern": "ERROR"}  # type: ignore[union-attr]
    results = [{"role": "tool", "tool_call_id": call.id, "content": f"result of {call.id}"} for call in calls]
    second = (await ask(client, [*HELLO, first.message.model_dump(exclude_none=True), *results])).choices[0]
    assert (second.message.content, second.finish_reason) == ("done", "stop")
    assert running.requests[1].turn == 1
    assert running.requests[1].tool_results == [result["content"] for result in results]
    assert running.requests[0].tool_names == ["submit_diagnosis", "search"]
    assert running.requests[0].headers["authorization"] == "Bearer sk-test"
    assert running.connection_count == 1, "the second request came on a new connection"


async def test_conversations_are_told_apart(server: StartServer, clients: Clients) -> None:
    """Conversations that run side by side each get their own script, and their own count of faults."""
    flaky = after([faults.server_error()], turns([submit(category="oom")]))
    client = clients.of(server(by_text({"auth": flaky, "shop": turns([text("hello shop")])})))
    auth: list[Any] = [{"role": "user", "content": "service: auth"}]
    with pytest.raises(openai.InternalServerError):
        await ask(client, auth)
    assert (await ask(client)).choices[0].message.content == "hello shop"
    [call] = (await ask(client, auth)).choices[0].message.tool_calls or []
    assert json.loads(call.function.arguments)["category"] == "oom"  # type: ignore[union-attr]


async def test_a_fault_can_wait_for_its_turn(server: StartServer, clients: Clients) -> None:
    """A fault for turn 1 leaves turn 0 alone, and is met once."""
    client = clients.of(server(after([faults.bad_gateway()], turns([text("one"), text("two")]), at_turn=1)))
    answer = (await ask(client)).choices[0].message.content
    going_on = [*HELLO, {"role": "assistant", "content": answer}, {"role": "user", "content": "go on"}]
    with pytest.raises(openai.InternalServerError):
        await ask(client, going_on)
    assert (await ask(client, going_on)).choices[0].message.content == "two"


async def test_concurrency_is_counted(server: StartServer, clients: Clients) -> None:
    """The peak of requests in flight is what the client held open at one time."""
    running = server(turns([text("hi")]), latency_seconds=0.05)
    client = clients.of(running)
    gate = asyncio.Semaphore(7)

    async def one() -> None:
        async with gate:
            await ask(client)

    await asyncio.gather(*(one() for _ in range(30)))
    assert (running.peak_in_flight, running.in_flight, running.request_count) == (7, 0, 30)


async def test_a_client_that_hangs_up_is_noticed(server: StartServer, clients: Clients) -> None:
    """A request that is cancelled before its answer counts as abandoned and no longer as in flight."""
    running = server(turns([text("late")]), latency_seconds=5)
    asking = asyncio.create_task(ask(clients.of(running)))
    await until(lambda: running.in_flight == 1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await until(lambda: running.abandoned == 1)
    assert (running.abandoned, running.in_flight) == (1, 0)


async def test_a_failing_script_is_reported(server: StartServer, clients: Clients) -> None:
    """A conversation that outlasts its script gets a 400 that isn't worth asking again, and the test is told."""
    running = server(turns([]))
    with pytest.raises(openai.BadRequestError, match="0 turns"):
        await ask(clients.of(running))
    assert "AssertionError" in running.problems.pop()


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([{"role": "tool", "tool_call_id": "x", "content": ""}], "no call"),
        (
            [
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "x", "type": "function", "function": {"name": "a", "arguments": "{}"}}],
                }
            ],
            "without a result",
        ),
        ([{"role": "assistant", "content": "a", "tool_calls": []}], "empty list"),
    ],
)
async def test_a_malformed_conversation_is_reported(
    server: StartServer, clients: Clients, messages: list[Any], said: str
) -> None:
    """A conversation that OpenAI would refuse is refused here, too, and the test is told."""
    running = server(turns([text("hi")] * 3))
    with pytest.raises(openai.BadRequestError):
        await ask(clients.of(running), [*HELLO, *messages])
    assert said in running.problems.pop()


# -- quirks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", quirks.REFUSALS, ids=str)
async def test_a_refusing_server_refuses_that_and_nothing_else(
    server: StartServer, clients: Clients, each: Quirk
) -> None:
    """Each refusal is a 4xx (or llama.cpp's 500) for a request with the parameter, and none for one without."""
    client = clients.of(server(turns([text("hi")]), quirks=[each]))
    with pytest.raises(openai.APIStatusError) as refused:
        await ask(client, **REFUSED_PARAMETERS[each.name.rpartition("_")[0]])
    assert refused.value.status_code in {400, 404, 422, 500}
    assert (await ask(client)).choices[0].message.content == "hi"


@pytest.mark.parametrize("each", quirks.ROLES, ids=str)
async def test_a_server_refuses_roles(server: StartServer, clients: Clients, each: Quirk) -> None:
    """A conversation of system, user, user and tool is a 400, and one question of the user is answered."""
    client = clients.of(server(turns([text("hi")]), quirks=[each]))
    call = {"id": "c1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    long = [
        *HELLO,
        {"role": "user", "content": "why?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "found"},
    ]
    with pytest.raises(openai.BadRequestError):
        await ask(client, long)
    assert (await ask(client, HELLO[1:])).choices[0].message.content == "hi"


def test_every_kind_of_refusal_is_there() -> None:
    """For each parameter that servers are known to refuse there is a server that does."""
    assert {each.name.rpartition("_")[0] for each in quirks.REFUSALS} == set(REFUSED_PARAMETERS)


async def answer_with(
    server: StartServer, clients: Clients, name: str, reply: ChatReply | None = None
) -> ChatCompletion:
    """Ask a server with one quirk."""
    call = together(tool_call("search", pattern="ERROR"), submit())
    return await ask(clients.of(server(turns([reply or call]), quirks=[quirk(name)])))


@pytest.mark.parametrize("each", quirks.ALTERATIONS, ids=str)
async def test_an_altered_completion_still_reaches_the_client(
    server: StartServer, clients: Clients, each: Quirk
) -> None:
    """No alteration breaks the client itself: what it does is for the caller to bear."""
    completion = await answer_with(server, clients, each.name)
    assert completion.choices[0].message.role == "assistant"


async def test_usage_is_omitted_or_null_or_partial(server: StartServer, clients: Clients) -> None:
    """The quirks of usage leave out what they say."""
    assert (await answer_with(server, clients, "usage_omitted")).usage is None
    assert (await answer_with(server, clients, "usage_null")).usage is None
    partial = (await answer_with(server, clients, "usage_partial")).usage
    assert partial is not None
    assert partial.prompt_tokens == 7


@pytest.mark.parametrize(
    ("name", "ids"), [("call_id_null", [None] * 2), ("call_id_empty", [""] * 2), ("call_id_repeated", ["call_0"] * 2)]
)
async def test_ids_are_useless(server: StartServer, clients: Clients, name: str, ids: list[Any]) -> None:
    """The quirks of ids make every id null, empty or the same."""
    completion = await answer_with(server, clients, name)
    assert [call.id for call in completion.choices[0].message.tool_calls or ()] == ids


async def test_arguments_are_an_object(server: StartServer, clients: Clients) -> None:
    """Arguments come decoded where a server does that."""
    completion = await answer_with(server, clients, "arguments_object")
    [call, _] = completion.choices[0].message.tool_calls or []
    assert call.function.arguments == {"pattern": "ERROR"}  # type: ignore[union-attr]


async def test_content_comes_in_parts(server: StartServer, clients: Clients) -> None:
    """Content is a list of parts where a server does that."""
    completion = await answer_with(server, clients, "content_parts", text("hi"))
    content: Any = completion.choices[0].message.content
    assert content == [{"type": "text", "text": "hi"}]


async def test_calls_become_text(server: StartServer, clients: Clients) -> None:
    """A server without a tool parser gives the calls as text, and one without tools the answer in a fence."""
    written = (await answer_with(server, clients, "calls_as_text")).choices[0]
    assert written.message.tool_calls is None
    assert '<tool_call>\n{"name": "search", "arguments": {"pattern": "ERROR"}}' in (written.message.content or "")
    said = (await answer_with(server, clients, "answer_as_text")).choices[0]
    assert said.message.tool_calls is None
    assert "```json\n{" in (said.message.content or "")


async def test_a_reply_is_cut_short(server: StartServer, clients: Clients) -> None:
    """A reply cut short ends in the middle of its last call's arguments, for the reason "length"."""
    client = clients.of(server(turns([cut_short(submit(), 20)])))
    choice = (await ask(client)).choices[0]
    [call] = choice.message.tool_calls or []
    assert choice.finish_reason == "length"
    assert len(call.function.arguments) == 20  # type: ignore[union-attr]


async def test_broken_arguments_are_sent_as_they_are(server: StartServer, clients: Clients) -> None:
    """Arguments that are no JSON reach the client untouched."""
    reply = ChatReply(tool_calls=(ToolCall("search", '{"pattern": '),))
    [call] = (await ask(clients.of(server(turns([reply]))))).choices[0].message.tool_calls or []
    assert call.function.arguments == '{"pattern": '  # type: ignore[union-attr]


# -- faults ------------------------------------------------------------------------------------------------------------

STATUS_ERRORS: list[tuple[Fault, type[openai.APIStatusError]]] = [
    (faults.rate_limited(), openai.RateLimitError),
    (faults.quota_exhausted(), openai.RateLimitError),
    (faults.server_error(), openai.InternalServerError),
    (faults.bad_gateway(), openai.InternalServerError),
    (faults.overloaded(), openai.InternalServerError),
    (faults.loading_model(), openai.InternalServerError),
    (faults.prompt_filtered(), openai.BadRequestError),
    (faults.context_too_long("openai"), openai.BadRequestError),
    (faults.context_too_long("vllm"), openai.BadRequestError),
    (faults.context_too_long("llama.cpp"), openai.BadRequestError),
    (faults.context_too_long("groq"), openai.APIStatusError),
    (faults.generation_failed(), openai.BadRequestError),
    (faults.not_authorised("openai"), openai.AuthenticationError),
    (faults.not_authorised("azure"), openai.AuthenticationError),
    (faults.not_authorised("vllm"), openai.AuthenticationError),
    (faults.forbidden(), openai.PermissionDeniedError),
    (faults.no_such_model("openai"), openai.NotFoundError),
    (faults.no_such_model("ollama"), openai.NotFoundError),
    (faults.no_such_model("vllm"), openai.NotFoundError),
]


@pytest.mark.parametrize(
    ("fault", "expected"), STATUS_ERRORS, ids=lambda each: str(each) if hasattr(each, "cut") else ""
)
async def test_a_status_is_the_clients_error(
    server: StartServer, clients: Clients, fault: Fault, expected: type[openai.APIStatusError]
) -> None:
    """Each status reaches the caller as the client's error for it, and the connection lives on."""
    running = server(after([fault], turns([text("hi")])))
    client = clients.of(running)
    with pytest.raises(expected):
        await ask(client)
    assert (await ask(client)).choices[0].message.content == "hi"
    assert running.connection_count == 1


@pytest.mark.parametrize(
    "fault",
    [
        *(
            faults.dropped(cut, reset=reset)
            for cut in ("nothing", "half_head", "head", "half_body")
            for reset in (False, True)
        ),
    ],
    ids=str,
)
async def test_a_dropped_connection_is_a_connection_error(server: StartServer, clients: Clients, fault: Fault) -> None:
    """Wherever the connection breaks, the caller sees a connection error, and the next request succeeds."""
    client = clients.of(server(after([fault], turns([text("hi")]))))
    with pytest.raises(openai.APIConnectionError):
        await ask(client)
    assert (await ask(client)).choices[0].message.content == "hi"


@pytest.mark.parametrize("cut", ["nothing", "head", "half_body"])
async def test_a_stall_is_a_timeout(server: StartServer, clients: Clients, cut: Any) -> None:
    """Wherever the server falls silent, a client that waits less long sees a timeout."""
    client = clients.of(server(after([faults.stalled(5, cut)], turns([text("hi")]))), timeout_seconds=0.3)
    begun = time.monotonic()
    with pytest.raises(openai.APITimeoutError):
        await ask(client)
    assert time.monotonic() - begun < 4.5
    assert (await ask(client)).choices[0].message.content == "hi"


@pytest.mark.parametrize(
    ("fault", "header", "value"),
    [
        (faults.rate_limited(2), "retry-after", "2"),
        (faults.rate_limited(0.25), "retry-after", "0.25"),
        (faults.rate_limited(0.25, "milliseconds"), "retry-after-ms", "250"),
        (faults.overloaded(3), "retry-after", "3"),
    ],
)
async def test_a_wait_is_asked_for(
    server: StartServer, clients: Clients, fault: Fault, header: str, value: str
) -> None:
    """A rate limit says how long to wait, in seconds or milliseconds."""
    with pytest.raises(openai.APIStatusError) as limited:
        await ask(clients.of(server(turns([fault]))))
    assert limited.value.response.headers[header] == value


async def test_a_wait_is_asked_for_as_a_date(server: StartServer, clients: Clients) -> None:
    """A rate limit can say until when to wait, as an HTTP date."""
    with pytest.raises(openai.RateLimitError) as limited:
        await ask(clients.of(server(turns([faults.rate_limited(30, "date")]))))
    assert limited.value.response.headers["retry-after"].endswith(" GMT")


async def test_a_200_may_hold_no_completion(server: StartServer, clients: Clients) -> None:
    """Broken JSON is an error, a page is text, and an empty completion has no choices."""
    steps = [
        faults.not_json(),
        faults.html_page(),
        faults.empty_choices(),
        faults.null_choices(),
        faults.error_in_ok(),
        faults.content_filtered(),
    ]
    client = clients.of(server(after(steps, turns([text("hi")]))))
    with pytest.raises((openai.APIError, ValueError)):
        await ask(client)
    assert "Sign in" in str(await ask(client))
    assert (await ask(client)).choices == []
    assert (await ask(client)).choices is None
    assert (await ask(client)).choices is None
    assert (await ask(client)).choices[0].finish_reason == "content_filter"
    assert (await ask(client)).choices[0].message.content == "hi"


async def test_the_server_is_fast(server: StartServer, clients: Clients, slowness: Callable[[], float]) -> None:
    """A request costs the server under 2 ms, so that it isn't the server that a benchmark measures."""
    running = server(turns([text("hi")]), record=False)
    long: list[Any] = [*HELLO, {"role": "user", "content": "x" * 20_000}]
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    body = json.dumps({"model": "m", "messages": long}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nauthorization: Bearer x\r\ncontent-length: {len(body)}\r\n\r\n"
    begun = time.perf_counter()
    for _ in range(200):
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.rpartition(b"content-length: ")[2])
        await reader.readexactly(length)
    seconds = (time.perf_counter() - begun) / 200
    writer.close()
    await writer.wait_closed()
    assert running.requests == []
    assert seconds < 0.002 * slowness()
