"""What reaches an agent from outside while it works: that it is to wait, and what its operator tells it."""

from __future__ import annotations

import asyncio

__all__ = ["Inbox"]


class Inbox:
    """What the operator has for one agent; for use in the thread of the agent's event loop only."""

    __slots__ = ("_directions", "_gate")

    def __init__(self) -> None:
        self._directions: list[str] = []
        self._gate: asyncio.Event | None = None  # there while the agent is to wait

    @property
    def is_held(self) -> bool:
        """Whether the agent is to wait."""
        return self._gate is not None

    @property
    def has_directions(self) -> bool:
        """Whether there are directions that the agent hasn't taken."""
        return bool(self._directions)

    def put(self, direction: str) -> None:
        """Leave a direction for the agent's next turn."""
        self._directions.append(direction)

    def take(self) -> list[str]:
        """Take the directions that came since the last time, oldest first."""
        taken, self._directions = self._directions, []
        return taken

    def hold(self) -> None:
        """Make the agent wait before its next request."""
        self._gate = self._gate or asyncio.Event()

    def release(self) -> None:
        """Let the agent go on."""
        if self._gate is not None:
            self._gate.set()
            self._gate = None

    async def opened(self) -> None:
        """Wait for as long as the agent is to wait."""
        while self._gate is not None:
            await self._gate.wait()
