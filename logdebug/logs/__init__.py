"""Read logs fast: any format, any size, in bounded memory. Knows nothing of agents or models.

Names are loaded when they are first used: a process that reads a part of a large log starts with what that needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logdebug.logs.fields import LEVELS, Level, level_of, parse_timestamp, strip_ansi
    from logdebug.logs.joined import SetLine
    from logdebug.logs.lines import Line
    from logdebug.logs.log import FilePart, Log
    from logdebug.logs.logset import LogSet
    from logdebug.logs.opening import open_log
    from logdebug.logs.overview import Facts, Overview
    from logdebug.logs.ranking import Finding
    from logdebug.logs.search import Match, SearchResult
    from logdebug.logs.signatures import Signature, SignatureHit, SignatureSet, load_signatures
    from logdebug.logs.silences import Silence
    from logdebug.logs.templates import Template
    from logdebug.logs.traces import Record

_HOMES = {
    "Facts": "overview",
    "FilePart": "log",
    "Finding": "ranking",
    "LEVELS": "fields",
    "Level": "fields",
    "Line": "lines",
    "Log": "log",
    "LogSet": "logset",
    "Match": "search",
    "Overview": "overview",
    "Record": "traces",
    "SearchResult": "search",
    "SetLine": "joined",
    "Signature": "signatures",
    "SignatureHit": "signatures",
    "SignatureSet": "signatures",
    "Silence": "silences",
    "Template": "templates",
    "level_of": "fields",
    "load_signatures": "signatures",
    "open_log": "opening",
    "parse_timestamp": "fields",
    "strip_ansi": "fields",
}

__all__ = [
    "LEVELS",
    "Facts",
    "FilePart",
    "Finding",
    "Level",
    "Line",
    "Log",
    "LogSet",
    "Match",
    "Overview",
    "Record",
    "SearchResult",
    "SetLine",
    "Signature",
    "SignatureHit",
    "SignatureSet",
    "Silence",
    "Template",
    "level_of",
    "load_signatures",
    "open_log",
    "parse_timestamp",
    "strip_ansi",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'logdebug.logs' has no attribute {name!r}")
    value = getattr(import_module(f"logdebug.logs.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
