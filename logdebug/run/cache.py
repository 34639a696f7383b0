"""Diagnoses that were paid for once: an incident that hasn't changed since isn't paid for again.

    SESSIONS_DIR/cache/KEY.json

The key stands for what the agent was given: the whole log, the first messages (the prompt, what lies in the directory,
the overview), the tools, the failure signatures, the model and its settings, the limits. What it looked at beside the
log is kept with the diagnosis, by hash, and is held against what is there now.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from logdebug.agent.tools import tool_specs
from logdebug.errors import ReportError, SettingsError
from logdebug.report.document import diagnosis_from_json, diagnosis_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from logdebug.agent.limits import Limits
    from logdebug.agent.messages import Message
    from logdebug.logs.signatures import Signature
    from logdebug.records import Diagnosis

__all__ = ["CACHE_MODES", "Cache", "CacheMode", "Kept", "cache_mode"]

CacheMode = Literal["reuse", "refresh", "off"]
CACHE_MODES: tuple[CacheMode, ...] = ("reuse", "refresh", "off")
_FORM = 2


def cache_mode(given: object) -> CacheMode:
    """Give the mode of this name.

    Raises
    ------
    SettingsError
        Where there is none.
    """
    for mode in CACHE_MODES:
        if mode == given:
            return mode
    raise SettingsError(f"cache={given!r}: give one of {', '.join(CACHE_MODES)}", setting="cache")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of an incident: its diagnosis, and what its agent had seen beside the log, by hash."""

    diagnosis: Diagnosis
    seen: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cache:
    """What is known from earlier runs.

    Parameters
    ----------
    directory
        Where it is kept; made when something is kept.
    mode
        `reuse` what is known; `refresh` it, asking anew and keeping the answers; or `off`.
    """

    directory: Path
    mode: CacheMode = "reuse"

    def __post_init__(self) -> None:
        """Refuse a mode that there isn't."""
        cache_mode(self.mode)

    def key(
        self,
        opening: Sequence[Message],
        mark: str,
        *,
        log_sha256: str,
        asked: str,
        limits: Limits,
        signatures: Iterable[Signature] = (),
    ) -> str:
        """Give the key of an incident.

        Parameters
        ----------
        opening
            The first messages.
        mark
            What stands at the ends of data blocks, which is another one each time.
        log_sha256
            The log's hash.
        asked
            The model and its settings.
        limits
            What the incident may cost.
        signatures
            The failure signatures that files are read with.
        """
        said = [[message.role, message.text.replace(mark, "")] for message in opening]
        tools = [[spec.name, spec.description, spec.parameters] for spec in tool_specs()]
        rests_on = [_FORM, log_sha256, asked, asdict(limits), [asdict(each) for each in signatures], tools, said]
        return hashlib.sha256(json.dumps(rests_on, sort_keys=True).encode()).hexdigest()

    def find(self, key: str) -> Kept | None:
        """Give what is kept under a key; None where there is nothing, or not what was written."""
        if self.mode != "reuse":
            return None
        # What can't be read is asked for anew: the cache must never be what a run fails of.
        with suppress(OSError, ReportError, ValueError, KeyError, TypeError, RecursionError):
            entry = json.loads((self.directory / f"{key}.json").read_bytes())
            seen, diagnosis = dict(entry["seen"]), json.dumps(entry["diagnosis"])
            if entry["sum"] == _sum(key, seen, entry["diagnosis"]):
                return Kept(diagnosis_from_json(diagnosis), seen)
        return None

    def keep(self, key: str, diagnosis: Diagnosis, seen: Mapping[str, str]) -> None:
        """Keep a diagnosis under a key, with what its agent had seen beside the log; see `Sightings`."""
        if self.mode == "off":
            return
        said = json.loads(diagnosis_to_json(diagnosis))
        entry = {"sum": _sum(key, dict(seen), said), "seen": dict(seen), "diagnosis": said}
        with suppress(OSError):
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            written = self.directory / f".{secrets.token_hex(8)}.tmp"
            try:
                with open(written, "x", encoding="utf-8", opener=_private) as file:
                    file.write(json.dumps(entry))
                written.replace(self.directory / f"{key}.json")
            finally:
                written.unlink(missing_ok=True)


def _sum(key: str, seen: Mapping[str, str], diagnosis: object) -> str:
    """Give what an entry is checked by: a file that is damaged, or under another's name, is no entry."""
    return hashlib.sha256(json.dumps([key, seen, diagnosis], sort_keys=True).encode()).hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
