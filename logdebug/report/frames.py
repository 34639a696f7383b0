"""A report as pandas frames. This module owns the names and dtypes of columns; they are the same with no rows.

Frames of several reports go together with `pd.concat({report.run_id: report.to_df() for report in reports})`, which
keeps the dtypes. Pairs of `working_dir` and `log_file` tell incidents apart where services share a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logdebug.records import CATEGORIES, SEVERITIES, STATUSES
from logdebug.report.document import to_utc
from logdebug.report.text import storable

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from logdebug.records import Diagnosis
    from logdebug.report.report import Report

__all__ = ["errors_df", "evidence_df", "timeline_df", "to_df", "usage_df"]

# Words for dtypes, so that this module loads without pandas; `_frame` turns them into the real ones.
_UTC = "datetime64[us, UTC]"
_COLUMNS = {
    "incidents": {
        "service": "str",
        "status": "status",
        "severity": "severity",
        "category": "category",
        "root_cause": "str",
        "confidence": "float64",
        "grounded": "bool",
        "evidence": "int64",
        "evidence_verified": "int64",
        "first_event": _UTC,
        "last_event": _UTC,
        "recommendation": "str",
        "working_dir": "str",
        "log_file": "str",
        "turns": "int64",
        "tokens": "int64",
        "cost_usd": "float64",
        "seconds": "float64",
    },
    "evidence": {
        "service": "str",
        "file": "str",
        "line": "Int64",
        "quote": "str",
        "verified": "bool",
        "byte_start": "Int64",
        "byte_end": "Int64",
        "working_dir": "str",
        "log_file": "str",
    },
    "timeline": {
        "service": "str",
        "severity": "severity",
        "timestamp": _UTC,
        "event": "str",
        "line": "Int64",
        "working_dir": "str",
        "log_file": "str",
    },
    "usage": {
        "service": "str",
        "turns": "int64",
        "tokens": "int64",
        "input_tokens": "int64",
        "output_tokens": "int64",
        "cost_usd": "float64",
        "seconds": "float64",
        "working_dir": "str",
        "log_file": "str",
    },
    "errors": {"service": "str", "error": "str", "message": "str", "session": "str"},
}


def to_df(report: Report) -> pd.DataFrame:
    """Return one row per diagnosis, in the report's order.

    Returns
    -------
    pandas.DataFrame
        Columns service, status (categorical), severity (ordered categorical: low < medium < high < critical),
        category (categorical), root_cause, confidence (0 to 1), grounded, evidence (quotes), evidence_verified
        (quotes found in the files), first_event and last_event (UTC; NaT where no event has a time), recommendation,
        working_dir, log_file, turns, tokens, cost_usd (NaN where unknown), seconds. Failures have a frame of their
        own: `errors_df`.
    """
    return _frame("incidents", map(_incident, report.reports))


def evidence_df(report: Report) -> pd.DataFrame:
    """Return one row per quote.

    Returns
    -------
    pandas.DataFrame
        Columns service, file (relative to working_dir), line (from 1), quote, verified, byte_start, byte_end,
        working_dir, log_file. The numbers are nullable integers: NA where the quote was not found.
    """
    return _frame(
        "evidence",
        (
            _whose(diagnosis)
            | {
                "file": quote.file,
                "line": quote.line,
                "quote": quote.quote,
                "verified": quote.verified,
                "byte_start": quote.byte_start,
                "byte_end": quote.byte_end,
            }
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
    return _frame(
        "timeline",
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
    """Return one row per diagnosis with what it cost.

    Returns
    -------
    pandas.DataFrame
        Columns service, turns, tokens, input_tokens, output_tokens, cost_usd (NaN where unknown), seconds,
        working_dir, log_file. What failed incidents cost is in `report.usage` only.
    """
    return _frame(
        "usage",
        (
            _whose(diagnosis)
            | {
                "turns": diagnosis.usage.turns,
                "tokens": diagnosis.usage.tokens,
                "input_tokens": diagnosis.usage.input_tokens,
                "output_tokens": diagnosis.usage.output_tokens,
                "cost_usd": diagnosis.usage.cost_usd,
                "seconds": diagnosis.usage.seconds,
            }
            for diagnosis in report.reports
        ),
    )


def errors_df(report: Report) -> pd.DataFrame:
    """Return one row per incident that got no diagnosis.

    Returns
    -------
    pandas.DataFrame
        Columns service, error (its kind, one word), message, session (its directory's name, or empty).
    """
    return _frame(
        "errors",
        (
            {
                "service": failure.service,
                "error": failure.error,
                "message": failure.message,
                "session": failure.session,
            }
            for failure in report.errors
        ),
    )


def _whose(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "service": diagnosis.service,
        "working_dir": diagnosis.working_dir,
        "log_file": diagnosis.log_file,
    }


def _incident(diagnosis: Diagnosis) -> dict[str, Any]:
    moments = [to_utc(event.timestamp) for event in diagnosis.timeline if event.timestamp]
    return _whose(diagnosis) | {
        "status": diagnosis.status,
        "severity": diagnosis.severity,
        "category": diagnosis.category,
        "root_cause": diagnosis.root_cause,
        "confidence": diagnosis.confidence,
        "grounded": diagnosis.grounded,
        "evidence": len(diagnosis.evidence),
        "evidence_verified": sum(quote.verified for quote in diagnosis.evidence),
        "first_event": min(moments, default=None),
        "last_event": max(moments, default=None),
        "recommendation": diagnosis.recommendation,
        "turns": diagnosis.usage.turns,
        "tokens": diagnosis.usage.tokens,
        "cost_usd": diagnosis.usage.cost_usd,
        "seconds": diagnosis.usage.seconds,
    }


def _frame(name: str, rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    vocabularies: dict[str, Any] = {
        "status": pd.CategoricalDtype(list(STATUSES)),
        "category": pd.CategoricalDtype(list(CATEGORIES)),
        "severity": pd.CategoricalDtype(list(reversed(SEVERITIES)), ordered=True),
    }
    held = list(rows)
    columns = {}
    for column, dtype in _COLUMNS[name].items():
        values = [row[column] for row in held]
        if dtype == "str":
            values = [storable(value) for value in values]
        columns[column] = pd.Series(values, dtype=vocabularies.get(dtype, dtype))
    return pd.DataFrame(columns)
