"""A report as pandas frames. This module owns the names and dtypes of their columns; they are the same with no rows.

Frames of several reports go together with `pd.concat({report.run_id: report.to_df() for report in reports})`, which
keeps the dtypes. Pairs of `working_dir` and `log_file` tell incidents apart where services share a name, and `session`
joins `to_df` and `errors_df` with the agents' steps (`report.events_df`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logdebug.records import Usage
from logdebug.report.columns import MOMENT, framed
from logdebug.report.document import to_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from logdebug.records import Diagnosis, Review
    from logdebug.report.report import Report

__all__ = ["errors_df", "evidence_df", "reviews_df", "timeline_df", "to_df", "usage_df"]

_INCIDENTS = {
    "service": "str",
    "status": "status",
    "severity": "severity",
    "category": "category",
    "root_cause": "str",
    "confidence": "float64",
    "grounded": "bool",
    "evidence": "int64",
    "evidence_verified": "int64",
    "absences": "int64",
    "absences_verified": "int64",
    "first_event": MOMENT,
    "last_event": MOMENT,
    "recommendation": "str",
    "working_dir": "str",
    "log_file": "str",
    "turns": "int64",
    "tokens": "int64",
    "cost_usd": "float64",
    "seconds": "float64",
    "log_sha256": "str",
    "session": "str",
    "shared_from": "str",
    "analyst": "str",
    "recalled_from": "str",
    "decision": "decision",
    "reviewed_by": "str",
    "reviewed_at": MOMENT,
    "note": "str",
}
_EVIDENCE = {
    "service": "str",
    "file": "str",
    "line": "Int64",
    "quote": "str",
    "verified": "bool",
    "byte_start": "Int64",
    "byte_end": "Int64",
    "working_dir": "str",
    "log_file": "str",
}
_TIMELINE = {
    "service": "str",
    "severity": "severity",
    "timestamp": MOMENT,
    "event": "str",
    "line": "Int64",
    "working_dir": "str",
    "log_file": "str",
}
_USAGE = {
    "service": "str",
    "outcome": "outcome",
    "incidents": "int64",
    "turns": "int64",
    "tokens": "int64",
    "input_tokens": "int64",
    "output_tokens": "int64",
    "cost_usd": "float64",
    "seconds": "float64",
    "working_dir": "str",
    "log_file": "str",
}
_ERRORS = {"service": "str", "error": "str", "message": "str", "session": "str"}
_CORRECTED = ("category", "severity", "status", "root_cause")
_REVIEWS = {
    "service": "str",
    "reviewed_at": MOMENT,
    "reviewer": "str",
    "decision": "decision",
    "note": "str",
    **{f"{field}_{when}": "str" for field in _CORRECTED for when in ("before", "after")},
    "working_dir": "str",
    "log_file": "str",
    "session": "str",
}


def to_df(report: Report) -> pd.DataFrame:
    """Return one row per diagnosis, in the report's order.

    Returns
    -------
    pandas.DataFrame
        Columns service, status (categorical), severity (ordered categorical: low < medium < high < critical),
        category (categorical), root_cause, confidence (0 to 1), grounded, evidence (quotes), evidence_verified
        (quotes found in the files), absences (things said not to have occurred), absences_verified, first_event and
        last_event (UTC; NaT where no event has a time), recommendation, working_dir, log_file, turns, tokens,
        cost_usd (NaN where unknown), seconds, log_sha256, session (empty where there is none), shared_from (the
        service that was investigated in place of this one), analyst (`offline` where the report's model wasn't asked)
        and recalled_from (the session of an earlier run that it was taken from), all three mostly empty; of the last
        review: decision (categorical), reviewed_by, reviewed_at (UTC), note, all missing where nobody reviewed it.
        Failures have a frame of their own
        (`errors_df`), and so have all reviews (`reviews_df`).
    """
    return framed(_INCIDENTS, map(_incident, report.reports))


def evidence_df(report: Report) -> pd.DataFrame:
    """Return one row per quote.

    Returns
    -------
    pandas.DataFrame
        Columns service, file (relative to working_dir), line (from 1), quote, verified, byte_start, byte_end,
        working_dir, log_file. The numbers are nullable integers: NA where the quote was not found.
    """
    return framed(
        _EVIDENCE,
        (
            _whose(diagnosis) | _picked(quote, "file", "line", "quote", "verified", "byte_start", "byte_end")
            for diagnosis in report.reports
            for quote in diagnosis.evidence
        ),
    )


def timeline_df(report: Report) -> pd.DataFrame:
    """Return one row per event, in the order of the report and of each incident's story.

    Returns
    -------
    pandas.DataFrame
        Columns service, severity (the incident's), timestamp (UTC, or NaT), event, line (from 1, or NA),
        working_dir, log_file.
    """
    return framed(
        _TIMELINE,
        (
            _whose(diagnosis)
            | {
                "severity": diagnosis.severity,
                "timestamp": event.timestamp and to_utc(event.timestamp),
                "event": event.event,
                "line": event.line,
            }
            for diagnosis in report.reports
            for event in diagnosis.timeline
        ),
    )


def usage_df(report: Report) -> pd.DataFrame:
    """Return what everything cost: one row per diagnosis, and one for all incidents that failed.

    A report knows what its run and each diagnosis cost; what is left was spent on the incidents that failed. Together
    the rows have the run's turns, tokens and cost, and all its incidents.

    Returns
    -------
    pandas.DataFrame
        Columns service, outcome (categorical: diagnosed, failed), incidents (1 per diagnosis; the number of failures
        in the last row, which is left out where nothing failed, and whose service is empty where several did), turns,
        tokens, input_tokens, output_tokens, cost_usd (NaN where unknown), seconds (NaN for failures: a run's own
        seconds are no sum), working_dir, log_file (missing for failures).
    """
    return framed(_USAGE, [*map(_spent, report.reports), *_spent_on_failures(report)])


def errors_df(report: Report) -> pd.DataFrame:
    """Return one row per incident that got no diagnosis.

    Returns
    -------
    pandas.DataFrame
        Columns service, error (its kind, one word), message, session (its directory's name, or empty).
    """
    return framed(
        _ERRORS,
        (_picked(failure, "service", "error", "message", "session") for failure in report.errors),
    )


def reviews_df(report: Report) -> pd.DataFrame:
    """Return one row per decision that a person made, in the report's order, the oldest of an incident first.

    Returns
    -------
    pandas.DataFrame
        Columns service, reviewed_at (UTC), reviewer, decision (categorical: accepted, corrected, noted), note;
        category_before, category_after and the same of severity, status and root_cause, missing where that was not
        corrected; working_dir, log_file, session.
    """
    return framed(
        _REVIEWS,
        (
            _whose(diagnosis) | {"session": diagnosis.session} | _decided(review)
            for diagnosis in report.reports
            for review in diagnosis.reviews
        ),
    )


def _whose(diagnosis: Diagnosis) -> dict[str, Any]:
    return _picked(diagnosis, "service", "working_dir", "log_file")


def _picked(record: object, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _incident(diagnosis: Diagnosis) -> dict[str, Any]:
    moments = [to_utc(event.timestamp) for event in diagnosis.timeline if event.timestamp]
    review = diagnosis.reviews[-1] if diagnosis.reviews else None
    same = ("status", "severity", "category", "root_cause", "confidence", "grounded", "recommendation", "log_sha256")
    return (
        _whose(diagnosis)
        | _picked(diagnosis, *same, "session", "shared_from", "analyst", "recalled_from")
        | {
            "evidence": len(diagnosis.evidence),
            "evidence_verified": sum(quote.verified for quote in diagnosis.evidence),
            "absences": len(diagnosis.absences),
            "absences_verified": sum(absence.verified for absence in diagnosis.absences),
            "first_event": min(moments, default=None),
            "last_event": max(moments, default=None),
            "turns": diagnosis.usage.turns,
            "tokens": diagnosis.usage.tokens,
            "cost_usd": diagnosis.usage.cost_usd,
            "seconds": diagnosis.usage.seconds,
            "decision": review and review.decision,
            "reviewed_by": review and review.reviewer,
            "reviewed_at": review and to_utc(review.reviewed_at),
            "note": review and review.note,
        }
    )


def _spent(diagnosis: Diagnosis) -> dict[str, Any]:
    seconds = diagnosis.usage.seconds
    return _whose(diagnosis) | _amounts(diagnosis.usage) | {"outcome": "diagnosed", "incidents": 1, "seconds": seconds}


def _spent_on_failures(report: Report) -> Iterator[dict[str, Any]]:
    """Give what the run cost beyond its diagnoses, where something failed."""
    if not report.errors:
        return
    known = sum((diagnosis.usage for diagnosis in report.reports), Usage(cost_usd=0.0))
    costs = report.usage.cost_usd, known.cost_usd
    # Rounded, so that adding up binary fractions in another order leaves no dust.
    cost = None if costs[0] is None or costs[1] is None else max(0.0, round(costs[0] - costs[1], 9))
    rest = Usage(
        turns=max(0, report.usage.turns - known.turns),
        input_tokens=max(0, report.usage.input_tokens - known.input_tokens),
        output_tokens=max(0, report.usage.output_tokens - known.output_tokens),
        cost_usd=cost,
    )
    service = report.errors[0].service if len(report.errors) == 1 else ""
    whose = {"service": service, "working_dir": None, "log_file": None, "seconds": None}
    yield _amounts(rest) | whose | {"outcome": "failed", "incidents": len(report.errors)}


def _amounts(usage: Usage) -> dict[str, Any]:
    return _picked(usage, "turns", "tokens", "input_tokens", "output_tokens", "cost_usd")


def _decided(review: Review) -> dict[str, Any]:
    # Where one review corrects a field twice, it led from the first value to the last.
    before = {each.field: each.before for each in reversed(review.corrections)}
    after = {each.field: each.after for each in review.corrections}
    return {
        "reviewed_at": to_utc(review.reviewed_at),
        "reviewer": review.reviewer,
        "decision": review.decision,
        "note": review.note,
        **{f"{field}_before": before.get(field) for field in _CORRECTED},
        **{f"{field}_after": after.get(field) for field in _CORRECTED},
    }
