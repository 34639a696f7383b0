"""Diagnoses that were paid for once: an incident that hasn't changed since isn't paid for again.

    SESSIONS_DIR/cache/KEY.json

The key stands for whatever the answer rests on: the whole log, the first messages (the prompt, what lies in the
directory, the overview), the tools, the model and its settings, the limits.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from logdebug.agent.tools import tool_specs
from logdebug.errors import ReportError, SettingsError
from logdebug.report.document import diagnosis_from_json, diagnosis_to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from logdebug.agent.limits import Limits
    from logdebug.agent.messages import Message
    from logdebug.records import Diagnosis

__all__ = ["CACHE_MODES", "Cache", "CacheMode"]

CacheMode = Literal["reuse", "refresh", "off"]
CACHE_MODES: tuple[CacheMode, ...] = ("reuse", "refresh", "off")
_FORM = 1


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
        if self.mode not in CACHE_MODES:
            raise SettingsError(f"cache={self.mode!r}: give one of {', '.join(CACHE_MODES)}", setting="cache")

    def key(self, opening: Sequence[Message], mark: str, log_sha256: str, asked: str, limits: Limits) -> str:
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
        """
        said = [[message.role, message.text.replace(mark, "")] for message in opening]
        tools = [[spec.name, spec.description, spec.parameters] for spec in tool_specs()]
        rests_on = [_FORM, log_sha256, asked, asdict(limits), tools, said]
        return hashlib.sha256(json.dumps(rests_on, sort_keys=True).encode()).hexdigest()

    def find(self, key: str) -> Diagnosis | None:
        """Give the diagnosis of a key, with the session that it is from; None where there is none."""
        if self.mode != "reuse":
            return None
        # What can't be read is asked for anew: the cache must never be what a run fails of.
        with suppress(OSError, ReportError):
            return diagnosis_from_json((self.directory / f"{key}.json").read_bytes())
        return None

    def keep(self, key: str, diagnosis: Diagnosis) -> None:
        """Keep a diagnosis under a key."""
        if self.mode == "off":
            return
        with suppress(OSError):
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            written = self.directory / f".{secrets.token_hex(8)}.tmp"
            written.write_text(diagnosis_to_json(diagnosis), encoding="utf-8")
            written.replace(self.directory / f"{key}.json")
