"""What one session reads: an incident's directory and its log, open for as long as an agent works on them."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from logdebug.agent.sightings import Sightings
from logdebug.agent.suspicion import note_on
from logdebug.agent.veil import Veil
from logdebug.agent.workspace import Workspace
from logdebug.errors import LogInterrupted, WorkspaceError
from logdebug.redaction.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logdebug.logs import Log, SignatureSet
    from logdebug.records import Incident

__all__ = ["Reading"]

Result = TypeVar("Result")

_INLINE_BYTES = 1 << 20


class Reading:
    """What one session reads: its directory and its log.

    Parameters
    ----------
    workspace
        The incident's directory.
    log
        Its log, open; it stays open until the reading is closed.
    redactor
        What hides secrets from the model; None: one with the rules that ship.

    Attributes
    ----------
    mark
        What stands at both ends of a data block.
    redactor
        It knows how many secrets were hidden so far (`len`), and of which kinds (`counts`).
    veil
        The log as a model sees it.
    seen
        What was read beside the log.
    """

    def __init__(self, workspace: Workspace, log: Log, redactor: Redactor | None = None) -> None:
        self.workspace = workspace
        self.log = log
        self.redactor = Redactor() if redactor is None else redactor
        self.veil = Veil(log, self.redactor)
        # What stands at both ends of a data block: made up per session, so that no text in a file can know it.
        self.mark = secrets.token_hex(4)
        self.seen = Sightings()
        self._open = {log}

    @classmethod
    def of(
        cls, incident: Incident, *, signatures: SignatureSet | None = None, redactor: Redactor | None = None
    ) -> Reading:
        """Open an incident's directory and log, to be read with these failure signatures and this redactor.

        Raises
        ------
        WorkspaceError
            Where either can't be opened, or the log is not a regular file within the directory.
        """
        workspace = Workspace(incident.working_dir, signatures=signatures)
        try:
            return cls(workspace, workspace.open_log(incident.log_file), redactor)
        except BaseException:  # whatever it is, an interrupt too, the directory must not stay open
            workspace.close()
            raise

    @contextmanager
    def opened(self, file: str | None) -> Iterator[Log]:
        """Give a file of the workspace for the time of a `with`; None, or the log's own name, is the log."""
        file = self.redactor.restore(file) if file else file  # a name may hold what is hidden from a model
        if not file or file == self.log.name:
            yield self.log
            return
        try:
            log = self.workspace.open_log(file)
        except WorkspaceError:
            self.seen.nothing(file)
            raise
        self._open.add(log)
        try:
            yield log
            self.seen.file(log)
        finally:
            self._open.discard(log)
            log.close()

    def veiled(self, log: Log) -> Veil:
        """Give an open file as a model sees it."""
        return self.veil if log is self.log else Veil(log, self.redactor)

    def data(self, kind: str, text: str) -> str:
        """Put text of a file into a data block; below it stands what code has to say of suspicious passages in it.

        The mark itself is taken out of it: a model knows it, and may be talked into writing it where it is quoted.
        """
        kind, text = (each.replace(self.mark, "*" * len(self.mark)) for each in (kind, text))
        note = note_on(f"{kind}\n{text}")
        return f"<data {self.mark} {kind}>\n{text}\n</data {self.mark}>{note}"

    def stop(self) -> None:
        """Make whatever reads at the moment, in whatever thread, raise LogInterrupted."""
        for log in tuple(self._open):
            log.stop()

    async def off_loop(self, work: Callable[[], Result], *, at_length: bool = False) -> Result:
        """Do some reading without holding up other agents.

        A small log is read where this is called, since a thread takes longer to start; anything else in a thread that
        doesn't outlive the call: when the caller is cancelled, it stops at its next block and is waited for.

        Parameters
        ----------
        work
            The reading to do.
        at_length
            Whether it may take long however small the log is: it reads other files than the log, whose sizes nobody
            has looked at, or searches for a model's pattern.
        """
        small = self.log.stored_bytes <= _INLINE_BYTES and not self.log.is_compressed
        if small and not at_length:
            await asyncio.sleep(0)
            return work()
        abandoned = False

        def unless_abandoned() -> Result:
            # Work that still waited for a thread when it was cancelled has no read running that could be stopped.
            if abandoned:
                raise LogInterrupted(f"reading {self.log.name} was stopped", log=self.log.name)
            return work()

        running = asyncio.get_running_loop().run_in_executor(None, unless_abandoned)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            abandoned = True
            self.stop()
            await asyncio.wait([running])
            raise

    def close(self) -> None:
        """Close the log and the directory."""
        self.log.close()
        self.workspace.close()
