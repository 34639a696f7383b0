"""Requests wait for their turn before one endpoint: in order, across runs, and without their time running out."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from scripted_server import faults, submit, tool_call, turns

import logdebug as ld
from logdebug.agent.gate import Gate, gate_of
from logdebug.agent.limits import Limits
from logdebug.agent.models import OpenAIModel

if TYPE_CHECKING:
    from conftest import StartServer, WriteCase
    from scripted_server import ChatReply, ChatRequest, Fault

LOG = ["2026-11-18 09:00:00 INFO started", "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused"]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])
SCRIPT = turns([tool_call("search", pattern="refused"), tool_call("list_files"), GROUNDED])


def test_an_endpoint_has_one_gate() -> None:
    """All that asks one address has one gate; another address has another; with the last of them it is gone."""
    one = gate_of("http://127.0.0.1:1/v1/")
    assert gate_of("http://127.0.0.1:1/v1/") is one
    assert gate_of("http://127.0.0.1:2/v1/") is not one


async def test_who_came_first_goes_first() -> None:
    """Those who wait are let in by their places; one that comes back with its old place goes before them."""
    gate, order = Gate(), []
    gate.pace.width = 1.0

    async def wait(name: str, place: int = 0) -> None:
        async with gate.turn(place):
            order.append(name)
            await asyncio.sleep(0)

    async with gate.turn() as first:
        waiting = [asyncio.create_task(wait(name)) for name in "abc"]
        await asyncio.sleep(0)
        waiting.append(asyncio.create_task(wait("first again", first.place)))
        await asyncio.sleep(0)
    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    assert order == ["first again", "a", "b", "c"]


async def test_who_gives_up_holds_nobody_up() -> None:
    """A request that is cancelled while it waits, or in its turn, leaves its place to the next."""
    gate = Gate()
    gate.pace.width = 1.0

    async def hold() -> None:
        async with gate.turn():
            await asyncio.sleep(60)

    holding, waiting, last = (asyncio.create_task(hold()) for _ in range(3))
    await asyncio.sleep(0.01)
    waiting.cancel()
    holding.cancel()
    await asyncio.sleep(0.01)
    last.cancel()
    await asyncio.wait([holding, waiting, last])
    async with asyncio.timeout(5), gate.turn() as turn:
        assert turn.waited_seconds < 1


async def test_a_servers_limit_is_kept(server: StartServer, case_dir: WriteCase) -> None:
    """Two runs at once against a server that allows 40 a second: all are diagnosed, few refused, no time limit met."""
    tokens, at = 20.0, time.monotonic()
    refused = 0

    def limited(request: ChatRequest) -> ChatReply | Fault:
        nonlocal tokens, at, refused
        now = time.monotonic()
        tokens, at = min(20.0, tokens + (now - at) * 40.0), now
        if tokens < 1:
            refused += 1
            return faults.rate_limited()
        tokens -= 1
        return SCRIPT(request)

    running = server(limited)
    models = [OpenAIModel("m", api_key="sk-test", base_url=running.base_url) for _ in range(2)]
    incidents = [case_dir(LOG, service=f"s{number:02}") for number in range(15)]
    reports = await asyncio.gather(
        *(
            ld.investigate(incidents, model=model, limits=Limits(seconds=60.0), cache="off", max_concurrency=15)
            for model in models
        )
    )
    for model in models:
        await model.aclose()
    assert [report.diagnosed for report in reports] == [15, 15]
    # While the limit is found out, 6 are out at one time; those that a busy machine sends late come in bursts. How well
    # a limit is kept in the long run is test_agent_pacing's, by a clock that nothing disturbs.
    assert refused < 0.2 * running.request_count
