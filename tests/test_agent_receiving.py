"""What a server sends back has an end: no answer fills the memory, and none that comes is changed by that."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest
from scripted_server import Fault, ScriptedServer, turns
from scripted_server import text as said

from logdebug.agent.messages import Message, Reply, Request
from logdebug.agent.models import OpenAIModel
from logdebug.errors import LogdebugError, ModelBusy, ModelError

if TYPE_CHECKING:
    from conftest import StartServer

JSON = ("content-type", "application/json")
ANSWER = b'{"choices":[{"message":{"content":"here I am"}}],"usage":{"prompt_tokens":3,"completion_tokens":1}}'


def swelling(unpacked_bytes: int) -> bytes:
    """Give a stream of gzip that is a thousand times larger when it is unpacked."""
    packing = zlib.compressobj(wbits=31)
    pieces = [packing.compress(bytes(1 << 20)) for _ in range(unpacked_bytes >> 20)]
    return b"".join([*pieces, packing.flush()])


async def ask(server: ScriptedServer) -> Reply:
    """Ask a server once."""
    model = OpenAIModel("m", api_key="sk-test-0123456789", base_url=server.base_url)
    try:
        return await model.ask(Request((Message("user", "x"),), timeout_seconds=60))
    finally:
        await model.aclose()


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [(200, (JSON,), b" " * 17_000_000), (500, (JSON, ("content-encoding", "gzip")), swelling(17 << 20))],
    ids=["plain", "an error, packed"],
)
async def test_an_answer_without_end_is_not_read_on(
    server: StartServer, status: int, headers: tuple[tuple[str, str], ...], body: bytes
) -> None:
    """A body that is too large, or becomes so when it is unpacked, is a hiccup of the server's, an error's as well."""
    running = server(lambda _: Fault("endless", status, headers, body))
    with pytest.raises(ModelBusy, match="larger than 16 MB"):
        await ask(running)


async def test_a_packed_answer_is_unpacked(server: StartServer) -> None:
    """A proxy that packs changes nothing; what is no gzip though it says so is a hiccup."""
    packed = (JSON, ("content-encoding", "gzip"))
    assert (await ask(server(lambda _: Fault("packed", 200, packed, gzip.compress(ANSWER))))).text == "here I am"
    with pytest.raises(ModelBusy):
        await ask(server(lambda _: Fault("broken", 200, packed, ANSWER)))


async def test_the_clients_settings_are_those_of_openai(server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment is asked, as SECURITY.md says."""
    proxy = server(turns([said("from the proxy")]))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    model = OpenAIModel("m", api_key="sk-test-0123456789", base_url="http://nowhere.invalid/v1")
    with pytest.raises(ModelError):  # the scripted server takes no absolute address, which is how a proxy is asked
        await model.ask(Request((Message("user", "x"),), timeout_seconds=10))
    await model.aclose()
    assert "POST http://nowhere.invalid/v1/chat/completions" in proxy.problems[0]
    proxy.problems.clear()


DEEP = b"[" * 950 + b"]" * 950
REFUSALS = {
    "nested": b'{"error":{"message":' + DEEP + b"}}",
    "nested without end": b'{"error":' * 20_000,
    "a list for a code": b'{"error":{"message":"slow down","code":["x"],"type":{"a":1}}}',
    "lists for words": b'{"error":{"message":[1,{"a":[2]}],"param":[3],"code":{"x":[]}}}',
    "null": b'{"error":null}',
    "no object": b"[]",
}


@pytest.mark.parametrize("status", [400, 403, 429])
@pytest.mark.parametrize("body", REFUSALS.values(), ids=list(REFUSALS))
async def test_a_refusal_may_hold_anything(server: StartServer, body: bytes, status: int) -> None:
    """Whatever shape it has, it is an error of the tree: anything else would end the run."""
    with pytest.raises(LogdebugError, match=rf"answered {status}"):
        await ask(server(lambda _: Fault("odd", status, (JSON,), body)))
