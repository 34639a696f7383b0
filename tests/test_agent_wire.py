"""The JSON of chat completions, byte by byte."""

from __future__ import annotations

import json

import pytest

from logdebug.agent.features import Features
from logdebug.agent.messages import Message, Request
from logdebug.agent.tools import tool_specs
from logdebug.agent.wire import as_bytes, write_request

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
