"""Read logs fast: any format, any size, in bounded memory. Knows nothing of agents or models."""

from __future__ import annotations

from logdebug.logs.fields import LEVELS, Level, level_of, parse_timestamp, strip_ansi
from logdebug.logs.lines import Line
from logdebug.logs.log import Log, open_log
from logdebug.logs.overview import Facts, Overview
from logdebug.logs.ranking import Finding
from logdebug.logs.search import Match, SearchResult
from logdebug.logs.signatures import Signature, SignatureHit, SignatureSet, load_signatures
from logdebug.logs.templates import Template
from logdebug.logs.traces import Record

__all__ = [
    "LEVELS",
    "Facts",
    "Finding",
    "Level",
    "Line",
    "Log",
    "Match",
    "Overview",
    "Record",
    "SearchResult",
    "Signature",
    "SignatureHit",
    "SignatureSet",
    "Template",
    "level_of",
    "load_signatures",
    "open_log",
    "parse_timestamp",
    "strip_ansi",
]
