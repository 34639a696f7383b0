"""Read logs fast: any format, any size, in bounded memory. Knows nothing of agents or models."""

from __future__ import annotations

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
