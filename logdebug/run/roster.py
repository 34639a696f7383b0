"""Whose turn it is: which incidents of a run wait, which are at work, which are held up or called off."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

from logdebug.agent.inbox import Inbox
from logdebug.run.events import ControlTaken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from logdebug.run.control import Command
    from logdebug.run.events import Event

__all__ = ["Roster"]

_CANT_BE_DIRECTED = "the embedded offline analyst can't be directed: it is no model"


class Roster:
    """The incidents of a run by their places, and what the run's operator wants of each; in the loop's thread only.

    Parameters
    ----------
    count
        How many there are.
    tell
        Called with the event of each control that is taken.
    call_off
        Called with the place of an incident that is cancelled before its turn, and by whom.
    has_model
        Whether a model is asked; the embedded analyst can't be directed.
    """

    def __init__(
        self,
        count: int,
        *,
        tell: Callable[[Event], None],
        call_off: Callable[[int, str], None],
        has_model: bool,
    ) -> None:
        self._tell = tell
        self._call_off = call_off
        self._has_model = has_model
        self._waiting = deque(range(count))
        self._open = set(self._waiting)  # those that haven't ended
        self._aside: dict[int, None] = {}  # those whose turn came while they were paused, in order
        self._paused: set[int] = set()
        self._at_work: dict[int, tuple[asyncio.Task[object], Inbox]] = {}
        self._called_off: dict[int, str] = {}
        self._directions: dict[int, list[str]] = {}
        self._changed: asyncio.Event | None = None

    async def next(self) -> int | None:
        """Give the incident whose turn it is, once there is one that isn't paused; None where none is left."""
        while True:
            while self._waiting:
                index = self._waiting.popleft()
                if index in self._paused:
                    self._aside[index] = None
                elif index in self._open:
                    return index
            if not self._aside:
                return None
            self._changed = self._changed or asyncio.Event()
            await self._changed.wait()

    def pass_on(self, index: int, directions: Iterable[str]) -> None:
        """Keep what an agent was told, and hadn't heard yet, for when it begins."""
        self._directions.setdefault(index, []).extend(directions)

    def begin(self, index: int) -> Inbox:
        """Take note that the task that calls this works on an incident; give where its agent hears of the operator."""
        task = cast("asyncio.Task[object]", asyncio.current_task())
        inbox = Inbox()
        for direction in self._directions.pop(index, ()):
            inbox.put(direction)
        self._at_work[index] = (task, inbox)
        return inbox

    def spares(self, index: int) -> str:
        """Tell whether a cancellation that reached an agent was for its incident alone: by whom, else empty.

        The task is then free to go on with another; it isn't where the whole run is cancelled at the same time.
        """
        by = self._called_off.pop(index, "")
        return by if by and not self._at_work[index][0].uncancel() else ""

    def end(self, index: int) -> None:
        """Take note that an incident has its outcome."""
        self._open.discard(index)
        self._paused.discard(index)
        task, _ = self._at_work.pop(index, (None, None))
        if task is not None and self._called_off.pop(index, ""):  # it came to its end all the same
            task.uncancel()

    def obey(self, command: Command) -> None:
        """Do what somebody wants of one incident, or of all that haven't ended."""
        asked: Iterable[int] = sorted(self._open) if command.index is None else (command.index,)
        change = {"cancel": self._cancel, "pause": self._pause, "resume": self._resume, "steer": self._steer}
        for index in asked:
            if index in self._open:
                change[command.control](index, command)
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    def _cancel(self, index: int, command: Command) -> None:
        if index in self._at_work:
            if index not in self._called_off:
                self._called_off[index] = command.by
                self._at_work[index][0].cancel()
            return
        self._aside.pop(index, None)
        self.end(index)
        self._call_off(index, command.by)

    def _pause(self, index: int, command: Command) -> None:
        if index in self._paused:
            return
        self._paused.add(index)
        if index in self._at_work:
            self._at_work[index][1].hold()
        self._tell(ControlTaken(index, "pause", command.by))

    def _resume(self, index: int, command: Command) -> None:
        if index not in self._paused:
            return
        self._paused.discard(index)
        if index in self._at_work:
            self._at_work[index][1].release()
        elif index in self._aside:
            del self._aside[index]
            self._waiting.append(index)
        self._tell(ControlTaken(index, "resume", command.by))

    def _steer(self, index: int, command: Command) -> None:
        refused = "" if self._has_model else _CANT_BE_DIRECTED
        if refused:
            pass
        elif index in self._at_work:
            self._at_work[index][1].put(command.text)
        else:
            self._directions.setdefault(index, []).append(command.text)
        self._tell(ControlTaken(index, "steer", command.by, command.text, refused))
