"""How a run is steered while it goes on: cancel, pause, resume, direct; from any thread, one incident or all."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.errors import IncidentError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from logdebug.run.events import Control

__all__ = ["Command", "Controls"]

_MOST_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody wants of a run.

    Parameters
    ----------
    control
        What to do.
    index
        With which incident, by its place from 0; None for all that haven't ended.
    by
        Who wants it.
    text
        Of `steer`: what to tell the agent.
    """

    control: Control
    index: int | None
    by: str
    text: str = ""


class Controls:
    """Steers one run; each method may be called from any thread, before the run begins, meanwhile, and after it.

    A method returns at once; what came of it is told as a `ControlTaken` event, or as the incident's failure where it
    was cancelled. What comes after an incident's end, or the run's, changes nothing.

    Parameters
    ----------
    count
        How many incidents the run has.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._early: deque[Command] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._obey: Callable[[Command], None] | None = None
        self._over = False

    def cancel(self, index: int | None = None, *, by: str = "the operator") -> None:
        """End an incident, or all: at work, within half a second; one that waits at once. What is finished stays.

        Parameters
        ----------
        index
            The incident's place, from 0; None for all.
        by
            Who wants it, as its failure will say.

        Raises
        ------
        IncidentError
            Where the run has no such incident.
        """
        self._send(Command("cancel", index, by))

    def pause(self, index: int | None = None, *, by: str = "the operator") -> None:
        """Hold an incident up, or all: an agent ends the step in flight and waits; one that waits isn't started.

        The time for which an agent is held up is counted by no limit. It keeps its place among those at work.

        Parameters
        ----------
        index, by
            As for `cancel`.

        Raises
        ------
        IncidentError
            Where the run has no such incident.
        """
        self._send(Command("pause", index, by))

    def resume(self, index: int | None = None, *, by: str = "the operator") -> None:
        """Let an incident that was paused, or all, go on.

        Parameters
        ----------
        index, by
            As for `cancel`.

        Raises
        ------
        IncidentError
            Where the run has no such incident.
        """
        self._send(Command("resume", index, by))

    def steer(self, text: str, index: int | None = None, *, by: str = "the operator") -> None:
        """Tell an agent something, or all agents: it reaches the model before its next turn.

        It is kept for an incident that hasn't begun. An agent that submits its diagnosis meanwhile is made to take it
        into account first. The embedded analyst can't be directed; the event says so.

        Parameters
        ----------
        text
            What to tell; at most 2,000 characters are passed on, and nothing where it is blank.
        index, by
            As for `cancel`.

        Raises
        ------
        IncidentError
            Where the run has no such incident.
        """
        said = text.strip()
        if len(said) > _MOST_CHARACTERS:
            said = said[: _MOST_CHARACTERS - 1].rstrip() + "…"
        if said:
            self._send(Command("steer", index, by, said))

    def attach(self, loop: asyncio.AbstractEventLoop, obey: Callable[[Command], None]) -> None:
        """Begin to pass commands to the run, in its loop's thread; those that came before go first."""
        with self._lock:
            self._loop, self._obey = loop, obey
            while self._early:
                obey(self._early.popleft())

    def detach(self) -> None:
        """Pass on no more: the run is over."""
        with self._lock:
            self._loop = self._obey = None
            self._over = True

    def _send(self, command: Command) -> None:
        if command.index is not None and not 0 <= command.index < self._count:
            raise IncidentError(
                f"the run has no incident number {command.index}: it has {self._count}, counted from 0",
                incident=command.index,
            )
        with self._lock:  # a loop that is attached isn't closed before it is detached
            if self._loop is not None and self._obey is not None:
                self._loop.call_soon_threadsafe(self._obey, command)
            elif not self._over:
                self._early.append(command)
