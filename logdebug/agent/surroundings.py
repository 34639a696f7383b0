"""What stands around a cause: what was changed before it, what was going on just before, and what came with it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import re2

from logdebug.agent.planted import without_planted
from logdebug.agent.statements import REQUEST
from logdebug.logs.templates import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logdebug.agent.clues import Clue
    from logdebug.agent.survey import Survey
    from logdebug.logs import Log, Record

__all__ = ["NOTHING_AROUND", "Surroundings", "surroundings_of"]

_BEFORE_LINES = 12
_AFTER_LINES = 8
_MOST_TIMES = 3  # what is said more often is routine, and no change
_HEAD_CHARS = 300
_KIND_CHARS = 40
_TROUBLE = ("error", "fatal", "debug", "trace")
# What tells of a change to how a service runs: the first thing that is asked about a failure.
_CHANGED = re2.compile(
    r"(?i)\b(re-?load(ed|ing)|reload\b|sighup|re-?configur(ed|ing|ation)"
    r"|(config\w*|settings?|rules?|polic(y|ies)|routes?|flags?|certificates?|keys?|secrets?|schema|credentials?"
    r"|limits?|[\w./-]+\.(conf|cnf|cfg|ini|ya?ml|toml|json|env|properties|pem|crt|key))\b[^.]{0,60}?"
    r"\b(loaded|applied|changed|updated|replaced|switched|rotated|renewed|activated|taken over)\b"
    r"|(upgrad(ed|ing|e)|updat(ed|ing)|downgrad(ed|ing)|changed|switch(ed|ing)|migrat(ed|ing)|renam(ed|ing)"
    r"|resiz(ed|ing)|lowered|raised|scaled)\b[^.]{0,60} (to|from|->|=>|in favou?r of|by)\b"
    r"|deploy(ed|ing|ment of|s)?\b [^.]*\d|roll(ed|ing)[ -]?(out|back)\b|(new|next) (version|release|revision|image)"
    r"|migrations?\b.*(appl|run|ran|done|\d)|(release|revision) v?\d[\w.-]*|failed over|failover|promoted"
    r"|restored? (from|of|to|\d)|now (uses?|runs?)|was (enabled|disabled|changed|replaced)|maintenance"
    r"|(alter|drop|create|rename|truncate) (table|index|role|user|column|view|type|database)"
    r"|(grant|revoke) (all|select|insert|update|delete|usage|execute|connect)|(added|removed|changed) \d+ packages?)\b"
    r"|[\w.-]{3,}[:=]? \S{1,20} (->|=>) \S"
)


class Surroundings(NamedTuple):
    """The records around a cause.

    Parameters
    ----------
    before
        The one just before it: what the program was doing when it failed; None where there is none.
    after
        Those right after it that were logged at the same moment.
    change
        The last one before it that tells of a change: a reload, a new version, a migration; None where none does.
    """

    before: Record | None = None
    after: tuple[Record, ...] = ()
    change: Record | None = None


NOTHING_AROUND = Surroundings()
"""Where there is no cause, or nothing was looked up."""


def surroundings_of(cause: Clue | None, survey: Survey, log: Log) -> Surroundings:
    """Look around a cause.

    Parameters
    ----------
    cause
        Where to look; None for nowhere.
    survey, log
        What is known of the log, and the log itself, of which some lines are read.

    Raises
    ------
    LogError
        Where the log can't be read.
    """
    if cause is None:
        return NOTHING_AROUND
    before = _before(cause, survey, log)
    return Surroundings(before, tuple(_after(cause, survey, log)), _change(cause, survey, log))


def _before(cause: Clue, survey: Survey, log: Log) -> Record | None:
    if cause.line != cause.first_line and cause.record.level == "info":
        return cause.record  # a trace below a harmless line, which says what was going on
    last = None
    for record in _records(max(1, cause.first_line - _BEFORE_LINES), cause.first_line - 1, survey, log):
        last = without_planted(record) or last
    return last


def _after(cause: Clue, survey: Survey, log: Log) -> Iterator[Record]:
    if cause.time is None:
        return
    line = cause.record.last_line
    for record in _records(line + 1, min(line + _AFTER_LINES, log.line_count), survey, log):
        own = without_planted(record) if record.timestamp == cause.time else None
        if own is not None:
            yield own


def _change(cause: Clue, survey: Survey, log: Log) -> Record | None:
    """Give the last record before the cause that tells of a change, unless such is told again and again."""
    if not survey.records:
        return _change_by_templates(cause, log)
    told = [
        record
        for record in survey.records
        if record.last_line < cause.first_line and record.level not in _TROUBLE and _tells_of_change(record.message)
    ]
    often = Counter(_kind_of(record.message) for record in told)
    rare = (record for record in reversed(told) if often[_kind_of(record.message)] <= _MOST_TIMES)
    return next((own for record in rare if (own := without_planted(record)) is not None), None)


def _change_by_templates(cause: Clue, log: Log) -> Record | None:
    told = [
        template.last_line
        for template in log.mined
        if template.last_line < cause.first_line
        and template.count <= _MOST_TIMES
        and template.level not in _TROUBLE
        and not template.detail
        and _tells_of_change(template.example)
    ]
    line = max(told, default=0)
    found = next(iter(log.records(line, line)), None) if line else None
    return without_planted(found) if found is not None else None


def _tells_of_change(text: str) -> bool:
    return _CHANGED.search(text[:_HEAD_CHARS]) is not None and REQUEST.search(text) is None


def _kind_of(text: str) -> str:
    return masked(text)[:_KIND_CHARS]


def _records(first: int, last: int, survey: Survey, log: Log) -> Iterable[Record]:
    """Give the records of some lines: those that the survey has read, where these lines begin and end with one."""
    begin = bisect_left(survey.records, first, key=lambda record: record.first_line)
    end = bisect_right(survey.records, last, lo=begin, key=lambda record: record.first_line)
    known = survey.records[begin:end]
    if known and known[0].first_line == first and known[-1].last_line == last:
        return known
    return log.records(first, last)
