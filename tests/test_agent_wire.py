"""The JSON of chat completions, byte by byte."""

from __future__ import annotations

import contextlib
import json

import pytest

from logdebug.agent.features import Features
from logdebug.agent.messages import Message, Request, ToolCall
from logdebug.agent.tools import tool_specs
from logdebug.agent.wire import as_bytes, read_reply, write_request
from logdebug.errors import ModelBusy

EVERY_CHARACTER = "".join(map(chr, range(0xD800))) + "\ue000\uffff😀"


@pytest.mark.parametrize("text", ["plain", EVERY_CHARACTER])
def test_a_body_is_compact_json_in_utf_8(text: str) -> None:
    """What is sent is what the standard library writes, without blanks and escapes that need not be."""
    request = Request((Message("system", "be brief"), Message("user", text)), tool_specs())
    body = write_request(request, "m", Features(max_output_tokens=100))
    assert as_bytes(body) == json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def test_a_lone_surrogate_stops_no_request() -> None:
    """What no encoding has a form for goes out as a question mark."""
    assert as_bytes({"content": "a\ud800b", "n": [1, 0.5, None, True]}) == b'{"content":"a?b","n":[1,0.5,null,true]}'


def answer(message: str, usage: str = "null") -> bytes:
    """Give the body of an answer with this message and usage, both as JSON."""
    return f'{{"choices":[{{"message":{message}}}],"usage":{usage}}}'.encode()


def nested(depth: int) -> str:
    """Give JSON of so many arrays in one another."""
    return "[" * depth + "]" * depth


CALL = '{"tool_calls":[{"function":{"name":"read_lines","arguments":%s}}]}'
REQUEST = Request((Message("user", "x"),), tool_specs())


@pytest.mark.parametrize(
    "message", [CALL % '{"first":%s}', '{"content":[{"text":%s}]}', '{"tool_calls":[{"function":{"name":%s}}]}', "%s"]
)
def test_json_that_is_nested_without_end_is_no_answer(message: str) -> None:
    """Whatever part of an answer it is, it is a hiccup of the server's, or text; what ends a run is a bug."""
    for depth in range(880, 1000, 3):  # at the edge one step of the reading manages what the next one doesn't
        with contextlib.suppress(ModelBusy):
            read_reply(answer(message % nested(depth)), REQUEST, "m")
    with pytest.raises(ModelBusy, match="nested too deeply"):
        read_reply(answer(message % nested(100_000)), REQUEST, "m")


def test_arguments_that_are_nested_without_end_are_sent_on_as_text() -> None:
    """To a server without tools a call is told in words, whatever its arguments are."""
    call = ToolCall("1", "search", nested(100_000))
    request = Request((Message("user", "x"), Message("assistant", "", tool_calls=(call,))), tool_specs())
    body = write_request(request, "m", Features(max_output_tokens=100, tools=False))
    assert call.arguments in json.loads(body["messages"][-1]["content"])["arguments"]


@pytest.mark.parametrize("written", ["1" + "0" * 400, "1e308", "1" + "0" * 15])
def test_no_server_counts_more_tokens_than_tables_hold(written: str) -> None:
    """What it says beyond a million million is that."""
    reply = read_reply(answer(CALL % '"{}"', f'{{"prompt_tokens":{written},"completion_tokens":2}}'), REQUEST, "m")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (10**12, 2)
