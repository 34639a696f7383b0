"""A scripted OpenAI-compatible server on loopback, for tests and benchmarks.

    with ScriptedServer(turns([tool_call("search", pattern="ERROR"), submit(category="oom")])) as server:
        client = AsyncOpenAI(base_url=server.base_url, api_key="sk-test")
        ...
        assert server.requests[0].tool_names

It speaks HTTP/1.1 with keep-alive on a bare asyncio protocol, in a thread of its own, so that blocking callers and
other processes can use it; one request costs it well under a millisecond. `scripted_replies` has the scripts,
`scripted_faults` what can go wrong, `scripted_quirks` how servers differ.
"""

from __future__ import annotations

import asyncio
import json
import threading
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import scripted_faults as faults
import scripted_quirks as quirks
from scripted_quirks import Quirk, quirk
from scripted_replies import (
    ChatReply,
    ChatRequest,
    Fault,
    Script,
    Step,
    ToolCall,
    after,
    by_text,
    completion,
    cut_short,
    submit,
    text,
    together,
    tool_call,
    turns,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

__all__ = [
    "ChatReply",
    "ChatRequest",
    "Fault",
    "Quirk",
    "Script",
    "ScriptedServer",
    "Step",
    "ToolCall",
    "after",
    "by_text",
    "cut_short",
    "faults",
    "quirk",
    "quirks",
    "submit",
    "text",
    "together",
    "tool_call",
    "turns",
]

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_JSON_HEADERS = (("content-type", "application/json"),)


class ScriptedServer:
    """A server that answers chat completions by a script; a context manager that starts and stops it.

    Parameters
    ----------
    script
        Chooses each answer.
    quirks
        How this server differs from OpenAI's own.
    latency_seconds
        How long it thinks before it answers.
    record
        Whether requests are kept in `requests`; off for runs so long that keeping them would be what is measured.
    """

    def __init__(
        self, script: Script, *, quirks: Sequence[Quirk] = (), latency_seconds: float = 0.0, record: bool = True
    ) -> None:
        self.script = script
        self.quirks = tuple(quirks)
        self.latency_seconds = latency_seconds
        self.record = record
        self.requests: list[ChatRequest] = []
        self.problems: list[str] = []
        """Tracebacks of scripts that failed, and of requests that no client should send; a test expects none."""
        self.request_count = 0
        self.connection_count = 0
        self.in_flight = 0
        self.peak_in_flight = 0
        """The most requests that waited for their answer at one time (of use with a latency)."""
        self.abandoned = 0
        """Requests whose client hung up before the answer."""
        self.open_connections: set[_Connection] = set()
        self.held: list[Callable[[], None]] | None = None
        self.port = 0
        self._ready = threading.Event()
        self._stop: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="scripted-server", daemon=True)

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as its `base_url`."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        """Start to listen, on a free port."""
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and drop every connection that is still open."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def hold(self) -> None:
        """Keep every answer back until `release`: what a test does meanwhile is done while requests are in flight."""
        self.held = []

    def release(self) -> None:
        """Send what was kept back."""
        held, self.held = self.held or [], None
        for send in held:
            self._loop.call_soon_threadsafe(send)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        listener = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1024)
        self.port = listener.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        listener.close()
        for connection in tuple(self.open_connections):
            connection.transport.abort()
        await listener.wait_closed()

    def answer(self, request: ChatRequest) -> Fault | bytes:
        """Give what a request gets: a fault, or the completion's bytes."""
        try:
            for each in self.quirks:
                refusal = each.refuse(request)
                if refusal is not None:
                    return refusal
            _check(request)
            reply = self.script(request)
            if isinstance(reply, Fault):
                return reply
            answer = completion(request, reply)
            for each in self.quirks:
                each.alter(answer)
            return json.dumps(answer).encode()
        except Exception as error:  # noqa: BLE001 - whatever a test's script raises is shown to the test, and ends no server
            self.problems.append(traceback.format_exc())
            # A 400: a client that asks again would hide the problem, and take long to do so.
            return faults.openai_error("script_failed", 400, f"the test's script failed: {error!r}")


class _Connection(asyncio.Protocol):
    """One client's connection: reads a request, answers it, reads the next."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.transport: asyncio.Transport
        self.buffer = bytearray()
        self.waiting: asyncio.TimerHandle | None = None
        self.answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.connection_count += 1
        self.server.open_connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.open_connections.discard(self)
        if self.waiting is not None:
            self.waiting.cancel()
        if self.answering:
            self.server.in_flight -= 1
            self.server.abandoned += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self._read_request()

    def _read_request(self) -> None:
        head_end = self.buffer.find(b"\r\n\r\n")
        if self.answering or head_end < 0:
            return
        request_line, *lines = self.buffer[:head_end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        end = head_end + 4 + int(headers.get("content-length", "0"))
        if len(self.buffer) < end:
            return
        raw = bytes(self.buffer[head_end + 4 : end])
        del self.buffer[:end]
        self._take(request_line, headers, raw)

    def _take(self, request_line: str, headers: dict[str, str], raw: bytes) -> None:
        server = self.server
        self.answering = True
        server.in_flight += 1
        server.peak_in_flight = max(server.peak_in_flight, server.in_flight)
        if not request_line.startswith("POST /v1/chat/completions "):
            server.problems.append(f"unexpected request: {request_line}")
            self._send(faults.error("no_such_path", 404, {"detail": "Not Found"}))
            return
        request = ChatRequest(server.request_count, headers, raw)
        server.request_count += 1
        if server.record:
            server.requests.append(request)
        answer = server.answer(request)
        if server.held is not None:
            server.held.append(lambda: None if self.transport.is_closing() else self._send(answer))
            return
        pause = server.latency_seconds + (answer.pause_seconds if isinstance(answer, Fault) else 0.0)
        if pause:
            self.waiting = asyncio.get_running_loop().call_later(pause, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: Fault | bytes) -> None:
        self.waiting = None
        if not isinstance(answer, Fault):
            self.transport.write(_head(200, _JSON_HEADERS, len(answer)) + answer)
        else:
            head = _head(answer.status, answer.headers, len(answer.body))
            cuts = {
                None: len(head) + len(answer.body),
                "nothing": 0,
                "half_head": len(head) // 2,
                "head": len(head),
                "half_body": len(head) + len(answer.body) // 2,
            }
            self.transport.write((head + answer.body)[: len(head) if answer.trickle_seconds else cuts[answer.cut]])
            if answer.then == "hang":
                return  # still answering, as far as the client can tell
            if answer.trickle_seconds:
                self._trickle(answer, 0)
                return
        self._finish(answer)

    def _trickle(self, answer: Fault, sent: int) -> None:
        """Send one more byte of a body."""
        self.transport.write(answer.body[sent : sent + 1])
        if sent + 1 < len(answer.body):
            loop = asyncio.get_running_loop()
            self.waiting = loop.call_later(answer.trickle_seconds, self._trickle, answer, sent + 1)
        else:
            self.waiting = None
            self._finish(answer)

    def _finish(self, answer: Fault | bytes) -> None:
        self.answering = False
        self.server.in_flight -= 1
        if isinstance(answer, Fault) and answer.then == "reset":
            self.transport.abort()
        elif isinstance(answer, Fault) and answer.then == "close":
            self.transport.close()
        else:
            self._read_request()


def _head(status: int, headers: Sequence[tuple[str, str]], length: int) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, f"content-length: {length}", "", ""]).encode("latin-1")


def _check(request: ChatRequest) -> None:
    """Hold a request to what every server insists on: a key, and one result for each tool call before the next turn."""
    assert not request.body.get("stream"), "streaming isn't scripted"
    assert request.headers.get("authorization", "").startswith("Bearer "), "no key was sent"
    open_calls: list[str] = []
    for message in request.messages:
        if message["role"] == "tool":
            assert message["tool_call_id"] in open_calls, f"a result for no call: {message['tool_call_id']!r}"
            open_calls.remove(message["tool_call_id"])
            continue
        assert not open_calls, f"tool calls without a result: {open_calls}"
        calls = message.get("tool_calls")
        assert calls is None or calls, "tool_calls is an empty list, which OpenAI refuses"
        open_calls = [call["id"] for call in calls or ()]
        assert len(set(open_calls)) == len(open_calls), f"two calls with one id: {open_calls}"
        assert all(isinstance(call["function"]["arguments"], str) for call in calls or ()), "arguments are no string"
        assert all(call.get("type") == "function" for call in calls or ()), "a tool call without its type"
    assert not open_calls, f"tool calls without a result: {open_calls}"
