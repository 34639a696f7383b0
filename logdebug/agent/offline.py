"""The embedded analyst: a diagnosis by rules, with no model, no key and no network.

It reads the log for clues (`survey`, `clues`), weighs them by written rules (`cause`, `verdict`), and tells what it
found (`sentence`, `story`). Same log, same diagnosis.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from logdebug.agent.cause import conclude
from logdebug.agent.planted import without_planted
from logdebug.agent.sentence import root_cause_of
from logdebug.agent.story import evidence_of, recommendation_of, timeline_of
from logdebug.agent.survey import take_survey
from logdebug.agent.suspicion import suspicions_quoted
from logdebug.records import Diagnosis, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logdebug.agent.clues import Clue
    from logdebug.agent.survey import Survey
    from logdebug.logs import Log, Record
    from logdebug.records import Incident

__all__ = ["diagnose"]

_BEFORE_LINES = 12
_AFTER_LINES = 8


def diagnose(incident: Incident, log: Log) -> Diagnosis:
    """Diagnose one incident by rules.

    Parameters
    ----------
    incident
        Whose log it is; nothing but the log is read.
    log
        Its log, open; in bounded memory whatever its size.

    Returns
    -------
    Diagnosis
        With evidence that was read from the log, line by line; `inconclusive` where the log shows a failure but no
        reason for it, `no_errors_found` where it shows none. `usage` has the time that it took, at no cost.

    Raises
    ------
    LogError
        Where the log can't be read.
    """
    begun = time.perf_counter()
    survey = take_survey(log)
    conclusion = conclude(survey)
    before = _record_before(conclusion.cause, survey, log)
    evidence = evidence_of(conclusion, incident.log_file, log)
    grounded = any(quote.verified for quote in evidence)
    if conclusion.status == "diagnosed" and not grounded:
        conclusion = replace(conclusion, status="inconclusive", confidence=min(conclusion.confidence, 0.3))
    return Diagnosis(
        service=incident.service,
        working_dir=str(incident.working_dir),
        log_file=incident.log_file,
        status=conclusion.status,
        root_cause=root_cause_of(conclusion, survey, before, _records_after(conclusion.cause, survey, log)),
        category=conclusion.category,
        severity=conclusion.severity,
        confidence=conclusion.confidence,
        timeline=timeline_of(conclusion, survey, before),
        evidence=evidence,
        recommendation=recommendation_of(conclusion),
        grounded=grounded,
        usage=Usage(cost_usd=0.0, seconds=time.perf_counter() - begun),
        log_sha256=log.sha256,
        suspicions=suspicions_quoted(evidence),
    )


def _record_before(cause: Clue | None, survey: Survey, log: Log) -> Record | None:
    """Give the record just before the cause: what the program was doing when it failed."""
    if cause is None:
        return None
    if cause.line != cause.first_line and cause.record.level == "info":
        return cause.record  # a trace below a harmless line, which says what was going on
    last = None
    for record in _records(max(1, cause.first_line - _BEFORE_LINES), cause.first_line - 1, survey, log):
        last = without_planted(record) or last
    return last


def _records_after(cause: Clue | None, survey: Survey, log: Log) -> tuple[Record, ...]:
    """Give the records right after the cause that were logged at the same moment."""
    if cause is None or cause.time is None:
        return ()
    line = cause.record.last_line
    following = _records(line + 1, min(line + _AFTER_LINES, log.line_count), survey, log)
    own = (without_planted(record) for record in following if record.timestamp == cause.time)
    return tuple(record for record in own if record is not None)


def _records(first: int, last: int, survey: Survey, log: Log) -> Iterable[Record]:
    """Give the records of some lines: those that the survey has read, where these lines begin and end with one."""
    begin = bisect_left(survey.records, first, key=lambda record: record.first_line)
    end = bisect_right(survey.records, last, lo=begin, key=lambda record: record.first_line)
    known = survey.records[begin:end]
    if known and known[0].first_line == first and known[-1].last_line == last:
        return known
    return log.records(first, last)
