"""A process that opens conversations: it reads logs while the run's own process asks and answers.

Of what a run costs this process's core, a third is for reading each log once, before its agent begins. Where there are
many incidents and another core, that is done there. The process is a fresh interpreter, not a fork: a fork of a
notebook's kernel, with its threads, may hang. It ends with the run, or with this process however that ends. Whatever
it can't do, or is too late with, is done here, to the same result.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
from collections import deque
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from logdebug.agent.opening import Opening, Terms, open_ahead
from logdebug.errors import LogdebugError
from logdebug.records import Incident

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Container, Iterable, Sequence

    from logdebug.errors import IncidentError
    from logdebug.run.errands import Errands

__all__ = ["LEAST_INCIDENTS", "Opener", "with_opener", "work"]

LEAST_INCIDENTS = 100
"""For fewer, starting a process isn't worth it."""

_MOST_AHEAD = 32
"""So many are opened ahead: agents that began together come for the next together, too."""
_MOST_ASKED = 8
_LATE_SECONDS = 0.25
"""Who has waited for so long is quicker to do it himself: others have that core, too."""
_PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 2.0
_LENGTH = struct.Struct("<I")
_CODE = "import sys; sys.path[:] = {path!r}; from logdebug.run.opener import work; work({fd}, {parent})"


class Opener:
    """The process, as the run sees it: it opens conversations ahead of those who will need them.

    Parameters
    ----------
    process, link
        The process, and the socket that leads to it.
    incidents
        What the conversations are about, in the order in which they will be needed.

    Attributes
    ----------
    opened
        How many conversations it opened.
    """

    def __init__(self, process: subprocess.Popen[bytes], link: socket.socket, incidents: Iterable[Incident]) -> None:
        self.process = process
        self.opened = 0
        self._link = link
        self._left = deque(incidents)
        self._begun: set[Incident] = set()
        self._ahead: dict[Incident, asyncio.Future[Opening | None]] = {}
        self._asked: deque[asyncio.Future[Opening | None]] = deque()
        self._room = asyncio.Event()

    async def opening_of(self, incident: Incident) -> Opening | None:
        """Give how a conversation is opened; None where that was not done ahead, and is to be done by who asks."""
        self._begun.add(incident)
        answer = self._ahead.pop(incident, None)
        self._room.set()
        if answer is None:
            return None
        await asyncio.wait([answer], timeout=_LATE_SECONDS)
        return answer.result() if answer.done() else None

    async def attend(self, terms: Terms) -> None:
        """Have one conversation opened after the other, never too many ahead, for as long as the process is there."""
        try:
            await self._send(terms)
            await self._receive(3 * _PATIENCE_SECONDS)  # it has much to import
            while self._left or self._asked:
                await self._ask_for_more()
                if self._asked:
                    opening = await self._receive(_PATIENCE_SECONDS)
                    self.opened += opening is not None
                    answer = self._asked.popleft()
                    if not answer.done():
                        answer.set_result(opening)
                else:
                    self._room.clear()
                    await self._room.wait()
        except (OSError, EOFError, pickle.PickleError):
            pass  # it is gone, or hangs: what it was to do is done here
        finally:
            self._left.clear()
            for answer in self._asked:
                if not answer.done():
                    answer.set_result(None)

    async def _ask_for_more(self) -> None:
        """Ask for some at one time: this loop may be busy when an answer comes, and it would wait for the next."""
        while self._left and len(self._ahead) < _MOST_AHEAD and len(self._asked) < _MOST_ASKED:
            incident = self._left.popleft()
            if incident not in self._begun and incident not in self._ahead:
                answer = self._ahead[incident] = asyncio.get_running_loop().create_future()
                self._asked.append(answer)
                await self._send(incident)

    async def _send(self, thing: Terms | Incident) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await asyncio.get_running_loop().sock_sendall(self._link, _framed(thing))

    async def _receive(self, patience_seconds: float) -> Opening | None:
        async with asyncio.timeout(patience_seconds):
            (size,) = _LENGTH.unpack(await self._read(_LENGTH.size))
            opening: Opening | None = pickle.loads(await self._read(size))  # noqa: S301 -- our own process's
            return opening

    async def _read(self, size: int) -> bytes:
        loop = asyncio.get_running_loop()
        parts = bytearray()
        while len(parts) < size:
            part = await loop.sock_recv(self._link, min(size - len(parts), 1 << 20))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def close(self) -> None:
        """End the process."""
        self._link.close()
        self.process.kill()
        self.process.wait()


@asynccontextmanager
async def with_opener(
    errands: Errands, incidents: Sequence[Incident | IncidentError], begun: Container[int] = ()
) -> AsyncIterator[Errands]:
    """Give a run's errands with a process that opens conversations for the time of a `with`, where that is worth it.

    Parameters
    ----------
    errands
        What the incidents have in common.
    incidents
        Those that are investigated in this process, in their order.
    begun
        The places of those among them whose conversations are open already.
    """
    new = [each for index, each in enumerate(incidents) if index not in begun and isinstance(each, Incident)]
    opener = _started(new) if len(new) >= LEAST_INCIDENTS and errands.model is not None else None
    if opener is None:
        yield errands
        return
    terms = Terms(errands.signatures, errands.redaction, errands.limits.overview_tokens)
    attending = asyncio.create_task(opener.attend(terms))
    try:
        yield replace(errands, open_elsewhere=opener.opening_of)
    finally:
        attending.cancel()
        await asyncio.wait([attending])
        opener.close()
    if not attending.cancelled():
        attending.result()  # a bug is not to be lost


def _started(incidents: Sequence[Incident]) -> Opener | None:
    """Start the process; give None where there is no core for it, or the system can't."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores < 2 or os.name != "posix" or not sys.executable:
        return None
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    code = _CODE.format(path=sys.path, fd=theirs.fileno(), parent=os.getpid())
    try:
        process = subprocess.Popen(  # noqa: S603 -- this very interpreter, with this very code
            [sys.executable, "-I", "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
    except OSError:
        ours.close()
        return None
    finally:
        theirs.close()
    return Opener(process, ours, incidents)


def work(descriptor: int, parent: int) -> None:
    """Open conversations until there is nobody left who asks; the other end of an `Opener`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt of the run is for the run to act on
    with socket.socket(fileno=descriptor) as link, suppress(OSError, EOFError):
        link.settimeout(_LOOK_SECONDS)
        terms = _received(link, parent)
        link.sendall(_framed(None))
        while True:
            link.sendall(_framed(_opening(_received(link, parent), terms)))


def _opening(incident: Incident, terms: Terms) -> Opening | None:
    try:
        return open_ahead(incident, terms)
    except LogdebugError:
        return None  # the run finds out for itself, and says what is wrong


def _received(link: socket.socket, parent: int) -> Any:
    (size,) = _LENGTH.unpack(_whole(link, _LENGTH.size, parent))
    return pickle.loads(_whole(link, size, parent))  # noqa: S301 -- our own process's


def _whole(link: socket.socket, size: int, parent: int) -> bytes:
    """Read so many bytes; whoever is to send them may be gone though a fork of it still holds its end."""
    parts = bytearray()
    while len(parts) < size:
        try:
            part = link.recv(min(size - len(parts), 1 << 20))
        except TimeoutError:
            if os.getppid() != parent:
                raise EOFError from None
            continue
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def _framed(thing: object) -> bytes:
    data = pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data
