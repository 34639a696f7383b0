"""The embedded analyst: a diagnosis by rules, with no model, no key and no network.

It reads the log for clues (`survey`, `clues`), weighs them by written rules (`cause`, `verdict`), and tells what it
found (`sentence`, `story`). Same log, same diagnosis.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from logdebug.agent.cause import conclude
from logdebug.agent.sentence import root_cause_of
from logdebug.agent.story import evidence_of, recommendation_of, timeline_of
from logdebug.agent.surroundings import surroundings_of
from logdebug.agent.survey import take_survey
from logdebug.agent.suspicion import suspicions_quoted
from logdebug.records import Diagnosis, Usage

if TYPE_CHECKING:
    from logdebug.logs import Log
    from logdebug.records import Incident

__all__ = ["diagnose"]


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
    around = surroundings_of(conclusion.cause, survey, log)
    evidence = evidence_of(conclusion, around, incident.log_file, log)
    grounded = any(quote.verified for quote in evidence)
    if conclusion.status == "diagnosed" and not grounded:
        conclusion = replace(conclusion, status="inconclusive", confidence=min(conclusion.confidence, 0.3))
    return Diagnosis(
        service=incident.service,
        working_dir=str(incident.working_dir),
        log_file=incident.log_file,
        status=conclusion.status,
        root_cause=root_cause_of(conclusion, survey, around),
        category=conclusion.category,
        severity=conclusion.severity,
        confidence=conclusion.confidence,
        timeline=timeline_of(conclusion, survey, around),
        evidence=evidence,
        recommendation=recommendation_of(conclusion),
        grounded=grounded,
        usage=Usage(cost_usd=0.0, seconds=time.perf_counter() - begun),
        log_sha256=log.sha256,
        suspicions=suspicions_quoted(evidence),
    )
