"""Each event loop has a client of its own, which is closed with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scripted_server import submit, turns

import logdebug as ld
from logdebug.agent.connections import Connections

if TYPE_CHECKING:
    from conftest import StartServer, WriteCase

LOG = ["2026-11-18 09:00:00 INFO started", "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused"]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])


class Client:
    """Tells whether it was closed, and in which loop."""

    def __init__(self) -> None:
        self.closed_in: asyncio.AbstractEventLoop | None = None

    async def close(self) -> None:
        """Close."""
        self.closed_in = asyncio.get_running_loop()


def test_each_loop_has_a_client_that_ends_with_it() -> None:
    """Two loops have two clients, the same one each time within a loop; each is closed by its own loop at its end."""
    connections = Connections(Client(), Client)

    async def ask() -> tuple[Client, asyncio.AbstractEventLoop]:
        client = await connections.client()
        assert await connections.client() is client
        assert client.closed_in is None
        return client, asyncio.get_running_loop()

    (one, first), (other, second) = asyncio.run(ask()), asyncio.run(ask())
    assert one is not other
    assert (one.closed_in, other.closed_in) == (first, second)


async def test_after_closing_there_is_another() -> None:
    """A client that was closed isn't given again."""
    connections = Connections(Client(), Client)
    one = await connections.client()
    await connections.aclose()
    assert one.closed_in is not None
    assert await connections.client() is not one
    await connections.aclose()
    await connections.aclose()


def test_a_model_serves_one_sync_call_after_the_other(server: StartServer, case_dir: WriteCase) -> None:
    """The same model object diagnoses in a second and third `investigate_sync` as in the first."""
    running = server(turns([GROUNDED]))
    model = ld.OpenAIModel("m", api_key="sk-test", base_url=running.base_url)
    reports = [
        ld.investigate_sync([case_dir(LOG, service=f"s{n}")], model=model, cache="off", progress=False)
        for n in range(3)
    ]
    assert [(report.diagnosed, report.errors) for report in reports] == [(1, ())] * 3
