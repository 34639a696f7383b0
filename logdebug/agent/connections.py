"""A client's connections, which belong to the event loop in which they were made: each loop gets a client of its own.

A loop that `asyncio.run` ends, as that of `investigate_sync`, closes its client first: an asynchronous generator holds
it, and those are what a loop ends by itself before it is closed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

__all__ = ["Connections"]


class _Client(Protocol):
    async def close(self) -> None:
        """Close its connections."""


C = TypeVar("C", bound=_Client)


class Connections(Generic[C]):
    """The clients of one server, one per event loop.

    Parameters
    ----------
    first
        A client that no loop has used yet; to make one takes a while.
    make
        Gives another.
    """

    def __init__(self, first: C, make: Callable[[], C]) -> None:
        self._unused = [first]
        self._make = make
        self._clients: dict[asyncio.AbstractEventLoop, tuple[C, AsyncGenerator[None]]] = {}

    async def client(self) -> C:
        """Give the client of this event loop."""
        loop = asyncio.get_running_loop()
        found = self._clients.get(loop)
        if found is None:
            for other in [each for each in self._clients if each.is_closed()]:
                del self._clients[other]
            client = self._unused.pop() if self._unused else self._make()
            found = self._clients[loop] = client, _held(client)
            await anext(found[1])
        return found[0]

    async def aclose(self) -> None:
        """Close this loop's client; the next request makes another."""
        found = self._clients.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found[1].aclose()


async def _held(client: _Client) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await client.close()
