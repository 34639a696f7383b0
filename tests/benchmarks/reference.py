"""What logdebug is measured against: the raw openai client, making the very same requests of the very same server.

The server runs in a process of its own, so that its work is nobody's CPU time. It records the bodies that logdebug sent
in a trial run; the reference sends them again, each conversation's in their order, as many conversations at one time.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripted_server import ScriptedServer, submit, together, tool_call, turns

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from types import TracebackType

    from scripted_server import Script

__all__ = ["QUOTES", "TURNS", "ServerProcess", "conversations_of", "replay", "write_incident"]

QUOTES = (
    "dial tcp 10.20.0.11:5432: connect: connection refused",
    "giving up on order batch after 5 attempts: no connection to orders-db",
)
TURNS = 4


def script() -> Script:
    """Give the four turns that every agent takes: search, read, search and list, submit."""
    diagnosis = submit(
        root_cause="The orders database refused connections.",
        category="network_error",
        severity="critical",
        timeline=[{"timestamp": None, "event": "The first connection is refused.", "line": None}],
        evidence=[{"quote": quote, "line": None, "file": None} for quote in QUOTES],
    )
    return turns(
        [
            tool_call("search", pattern="error|refused|giving up", context=2),
            tool_call("read_lines", first=-40),
            together(tool_call("search", pattern="orders-db"), tool_call("list_files", path=".")),
            diagnosis,
        ]
    )


def write_incident(directory: Path, number: int, *, lines: int) -> tuple[Path, str, str]:
    """Write a failed service: so many lines of healthy traffic, retries, the failure, and a configuration beside it."""
    service = f"orders-{number:03}"
    working_dir = directory / service
    working_dir.mkdir(parents=True)
    log: list[str] = []
    for position in range(lines - 7):
        clock = f"2026-03-14T02:{position // 60 % 60:02}:{position % 60:02}.{number:03}Z"
        took = 3 + position * 7 % 40
        log.append(
            f"{clock} INFO  http request id=r{number:03}{position:05} path=/orders/{position} status=200 ms={took}"
        )
    log += [f"2026-03-14T03:10:{n:02}.000Z WARN  db attempt {n}/5 failed: {QUOTES[0]}" for n in range(1, 6)]
    log += [f"2026-03-14T03:10:06.000Z ERROR {QUOTES[1]}", "2026-03-14T03:10:06.001Z FATAL exiting with status 1"]
    (working_dir / "app.log").write_text("".join(f"{line}\n" for line in log), encoding="utf-8")
    (working_dir / "app.yaml").write_text("database:\n  host: orders-db\n  port: 5432\n", encoding="utf-8")
    return working_dir, "app.log", service


class ServerProcess:
    """The scripted server in a process of its own; a context manager."""

    def __init__(self, *, latency_seconds: float = 0.0) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, latency_seconds), daemon=True)
        self.base_url = ""

    def __enter__(self) -> Self:
        """Start it."""
        self._process.start()
        self.base_url = self._ours.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self._ours.send("stop")
        self._process.join()

    def take_requests(self) -> list[bytes]:
        """Give the bodies of all requests since the last call, in the order in which they came; then record no more.

        Raises
        ------
        RuntimeError
            Where a request was malformed or the script was at an end.
        """
        self._ours.send("take")
        bodies: list[bytes]
        problems: list[str]
        bodies, problems = self._ours.recv()
        if problems:
            raise RuntimeError(problems[0])
        return bodies


def _serve(pipe: Connection, latency_seconds: float) -> None:
    with ScriptedServer(script(), latency_seconds=latency_seconds) as server:
        pipe.send(server.base_url)
        while pipe.recv() == "take":
            pipe.send(([request.raw for request in server.requests], server.problems))
            server.record = False
            server.requests.clear()


def conversations_of(bodies: list[bytes]) -> list[list[dict[str, Any]]]:
    """Sort requests into conversations, each in its order."""
    conversations: dict[str, list[dict[str, Any]]] = {}
    for body in map(json.loads, bodies):
        opening = json.dumps([message for message in body["messages"] if message["role"] in {"system", "user"}][:2])
        conversations.setdefault(opening, []).append(body)
    return list(conversations.values())


async def replay(conversations: list[list[dict[str, Any]]], base_url: str, *, max_concurrency: int) -> int:
    """Send every conversation with the raw client, so many at one time, and give the number of tool calls that came."""
    import openai

    gate = asyncio.Semaphore(max_concurrency)
    calls = 0
    async with openai.AsyncOpenAI(base_url=base_url, api_key="sk-test", max_retries=0) as client:

        async def converse(conversation: list[dict[str, Any]]) -> None:
            nonlocal calls
            async with gate:
                for body in conversation:
                    completion = await client.chat.completions.create(**body)
                    calls += len(completion.choices[0].message.tool_calls or ())

        async with asyncio.TaskGroup() as group:
            for conversation in conversations:
                group.create_task(converse(conversation))
    return calls
