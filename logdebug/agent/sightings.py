"""What an agent has seen beside its log, by hash: whether another agent would see the same."""

from __future__ import annotations

import hashlib
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from logdebug.agent.rows import listing_text
from logdebug.errors import LogError, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from logdebug.agent.workspace import Workspace
    from logdebug.logs import Log

__all__ = ["Sightings"]


class Sightings:
    """What was seen.

    Attributes
    ----------
    hashes
        SHA-256 by path: of a file's bytes, of a directory's listing (its path ends in `/`); empty where nothing was
        there to be seen.
    """

    def __init__(self) -> None:
        self.hashes: dict[str, str] = {}
        self._known: dict[tuple[object, ...], str] = {}

    def file(self, log: Log) -> None:
        """Take note of a file, while it is open; it is read for that where it isn't known as it is."""
        stamp = (*log.identity, log.stored_bytes, log.modified)
        if stamp not in self._known:
            self.hashes[log.name] = ""
            self._known[stamp] = log.sha256
        self.hashes[log.name] = self._known[stamp]

    def nothing(self, path: str) -> None:
        """Take note that a file can't be seen."""
        self.hashes[path] = ""

    def listing(self, path: str, tell: Callable[[], str]) -> str:
        """Give a directory's listing, as it is told, and take note of it."""
        self.hashes[f"{path}/"] = ""
        text = tell()
        self.hashes[f"{path}/"] = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
        return text

    @classmethod
    def again(cls, hashes: Mapping[str, str], workspace: Workspace) -> bool:
        """Tell whether what was seen would be seen again: each file and listing is as it was; reads all of them."""
        now = cls()
        for path in hashes:
            with suppress(WorkspaceError, LogError):
                if path.endswith("/"):
                    now.listing(path[:-1], lambda path=path: listing_text(workspace, path[:-1]))  # type: ignore[misc]
                else:
                    now.nothing(path)
                    with closing(workspace.open_log(path)) as log:
                        now.file(log)
            if now.hashes[path] != hashes[path]:
                return False
        return True
