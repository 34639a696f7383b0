"""Which clues bear on a failure at all: not a stray warning, but what is mentioned again and again, or comes last."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logdebug.agent.clues import MENTIONED, REQUEST_FAILED
from logdebug.agent.passing import LASTING
from logdebug.agent.survey import OFTEN
from logdebug.agent.verdict import differ
from logdebug.logs.templates import masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.agent.clues import Clue
    from logdebug.agent.survey import Survey
    from logdebug.logs import Record

__all__ = [
    "insisted",
    "is_bare_warning",
    "is_noise",
    "may_be_meant",
    "went_on",
]

_CERTAIN_WEIGHT, _LASTING_WEIGHT = 90, 80  # from here on, one warning is enough
_NOISE_WEIGHT = 22
_MILD = ("warning", "info")
_LOUD = ("warning", "error", "fatal")
_FEW, _RARE_SHARE = 2, 0.05
_SCATTERED_SHARE = 0.01
_END_SHARE = 0.2
_INSISTENT_SHARE = 0.02
_REST_SHARE = 0.3
_WORK_CHARS = 24
_SEVERAL, _LEAST_REST, _LEAST_WORK = 16, 5, 2
_STRAY_REST, _STRAY_REST_SHARE = 20, 0.1
_MILDER = 4  # warnings, and what was recovered from, count so much less
_STRANGERS_SHARE = 0.15
# What whoever knocks at a port fails at: a scanner, a browser, a probe.
_STRANGER = re.compile(
    r"TLS handshake error(?: from|:)|Client connection closed: TLS|: SSL handshake failure$"
    r"|Invalid HTTP request received|Unable to negotiate with \S+ port|Bad packet length|\{bad_header,"
    r"|Connection from \S+ port \d+: message authentication code|SMTP (?:syntax|protocol) error in "
    r"|Client <unknown> disconnected"
    r"|\b[Cc]lient (?:\([^)]*\) |\S+ )?(?:has |prematurely )?(?:closed|dropped|aborted|reset) "
    r"(?:the |its )?(?:socket|connection)"
    r"|\b(?:closed|dropped|aborted|reset) by (?:the )?client\b",
)
# What a configure script tries is meant to fail where something isn't there.
_PROBE = re.compile(r"\bconftest\.\w+:\d+|/conftest\b")
# Words of failure that no name or state is likely to be, unquoted.
_FAILED = re.compile(
    r"(?<![\w\"'`\[(=./-])(?:fail(?:s|ed|ures?|ing)?|errors?(?! (?:rate|budget|bars?|margin)\b)"
    r"|cannot|can(?:no|')t|could ?n[o']t|unable|denied"
    r"|refus(?:ed|ing)|reject(?:s|ed|ing)|abort(?:s|ed|ing)|crash(?:ed|es|ing)|timed out|invalid|corrupt(?:ed|ion)?"
    r"|exceeded|exhausted|not (?:allowed|permitted|authori[sz]ed)|forbidden|unreachable|unavailable|broken|expired"
    r"|mismatch)"
    r"(?![\w\"'`\])=./-]|: ?0\b)"
    r"|\b(?:[A-Z]\w*(?:Error|Exception): )",
    re.IGNORECASE,
)
# What a service says at "info" of what it was asked for: no failure of its own, however often.
_REFUSED = re.compile(
    r"\b(?:refus(?:ed|ing)|reject(?:ed|ing)|denied|forbidden|not (?:allowed|permitted)|invalid|expired)\b",
    re.IGNORECASE,
)
_EXCEPTION = re.compile(r"\b[A-Z]\w*(?:Error|Exception)\b")


def is_noise(clue: Clue, survey: Survey) -> bool:
    """Say whether a clue is too weak to be about a failure of the service: a stray 5xx, a client that went away."""
    if clue.signature is not None and clue.signature.id == REQUEST_FAILED:
        dense = clue.count >= 0.2 * max(clue.last_line - clue.first_line + 1, 1)
        few = survey.failed_requests <= _SCATTERED_SHARE * max(survey.requests, 1)
        return few and not (dense and clue.count > 2)
    if _PROBE.search(clue.statement):
        return True
    if _STRANGER.search(clue.statement):
        return clue.count < max(survey.line_count * _STRANGERS_SHARE, _FEW)
    return clue.alarm < 4 and clue.weight < _NOISE_WEIGHT and clue.role == "symptom"


def is_bare_warning(clue: Clue, standing: Sequence[Clue], survey: Survey) -> bool:
    """Say whether a clue is but a warning, given now and then, with which the program went on without an error."""
    if clue.record.level not in _MILD or any(other.record.level not in _MILD for other in standing):
        return False
    same = sum(other.count for other in standing if not differ(other, clue))
    rare = sum(other.count for other in standing) < max(survey.line_count * _RARE_SHARE, _FEW + 1)
    lasting = clue.signature is not None and clue.signature.category in LASTING
    certain = _LASTING_WEIGHT if lasting else _CERTAIN_WEIGHT
    return same < OFTEN and rare and clue.weight < certain and clue.last_line < survey.line_count


def may_be_meant(clue: Clue) -> bool:
    """Say whether what was only mentioned may be what the rest is about: known words, or ones at no level."""
    own = clue.record.level is None or clue.line > clue.first_line
    return clue.survived == MENTIONED and (clue.signature is not None or own)


def insisted(survived: Sequence[Clue], survey: Survey) -> list[Clue]:
    """Give what no level calls trouble, yet is said again and again up to the log's end."""
    late = survey.line_count * (1 - _END_SHARE)
    told = [
        clue
        for clue in survived
        if clue.survived == MENTIONED
        and clue.last_line >= late
        and clue.alarm
        and _FAILED.search(_REFUSED.sub("", clue.statement) if clue.record.level == "info" else clue.statement)
    ]
    said = sum(clue.count for clue in told)
    worst = max((clue.alarm for clue in told), default=0)
    told = [clue for clue in told if clue.alarm >= worst - 1]
    return told if said >= max(OFTEN, survey.line_count * _INSISTENT_SHARE) else []


def went_on(standing: Sequence[Clue], survey: Survey) -> bool:
    """Say whether a few errors were over long before the log's end, and the work went on that was done before them."""
    if not standing or any(map(_does_harm, standing)):
        return False
    end = max(clue.last_line for clue in standing)
    rest = survey.line_count - end
    said = sum(clue.count / (_MILDER if clue.record.level in _MILD or clue.survived else 1) for clue in standing)
    least = survey.line_count * _REST_SHARE
    if said <= _FEW:
        least = min(least, max(_STRAY_REST, survey.line_count * _STRAY_REST_SHARE))
    if rest < max(_LEAST_REST, least) or said > _SEVERAL:
        return False
    begin = min(clue.first_line for clue in standing)
    before = {_work_of(each) for each in survey.records if each.last_line < begin and each.level not in _LOUD}
    after = [each for each in survey.records if each.first_line > end and _work_of(each) in before]
    return not survey.records or len(after) >= _LEAST_WORK


def _work_of(record: Record) -> str:
    return masked(record.message)[:_WORK_CHARS]


def _does_harm(clue: Clue) -> bool:
    """Say whether it is a failure though all went on: a crash, damage, an exception, a cause beyond doubt."""
    raised = _EXCEPTION.search(clue.statement) is not None
    if clue.signature is None:
        return raised
    category = clue.signature.category
    certain = clue.role == "cause" and clue.weight >= _CERTAIN_WEIGHT
    return certain or category in LASTING or (raised and category == "application_bug")
