"""The report as a sheet: CSV that spreadsheets and pandas read alike, and that can't make a spreadsheet do anything."""

from __future__ import annotations

import csv
from datetime import datetime
from io import StringIO
from typing import TYPE_CHECKING

from logdebug.report.document import to_utc
from logdebug.report.files import write_text
from logdebug.report.hiding import hiding, revealed
from logdebug.report.redaction import redacted
from logdebug.report.text import storable, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from logdebug.records import Diagnosis, Failure
    from logdebug.report.report import Report

__all__ = ["COLUMNS", "cell", "to_csv"]

COLUMNS = (
    "service",
    "status",
    "severity",
    "category",
    "root_cause",
    "recommendation",
    "confidence",
    "grounded",
    "evidence",
    "evidence_verified",
    "first_event",
    "last_event",
    "reviewed_by",
    "reviewed_at",
    "decision",
    "note",
    "working_dir",
    "log_file",
    "turns",
    "tokens",
    "cost_usd",
    "seconds",
    "error",
)
"""The sheet's columns, in order."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001 - full-width ones act as well
_BOM = "\ufeff"


def to_csv(
    report: Report,
    path: str | Path | None = None,
    *,
    redact: Callable[[str], str] | None = None,
    show_secrets: bool = False,
) -> str:
    r"""Return a report as CSV, one row per incident in the report's order, failures last; write it to `path` if given.

    Quoting and line ends are RFC 4180's. The file that is written begins with a byte order mark: without one Excel
    takes UTF-8 for the machine's old code page, and pandas, LibreOffice and Numbers skip it; the text that is returned
    has none. A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return gets an apostrophe before
    it, so that no log line becomes a formula (OWASP, "CSV Injection"). Numbers are no texts, and get none.

    Parameters
    ----------
    report
        The report.
    path
        Where to write it; None doesn't.
    redact
        What takes more out of texts than secrets.
    show_secrets
        Whether secrets are shown, as far as they can still be read in the logs; else placeholders stand for them.

    Returns
    -------
    str
        A header and one row per incident; columns service, status (`failed` where there is no diagnosis), severity,
        category, root_cause, recommendation, confidence (0 to 1), grounded, evidence, evidence_verified (quotes, and
        those that were found), first_event, last_event (UTC, ISO 8601), reviewed_by, reviewed_at, decision, note (of
        the last review), working_dir, log_file, turns, tokens, cost_usd, seconds, error (why there is no diagnosis).
        What isn't known or doesn't apply is empty.

    Raises
    ------
    ReportError
        Where `path` can't be written.
    """
    hide = hiding(report, redact, show_secrets=show_secrets)
    report = redacted(revealed(report) if show_secrets else report, hide)
    sheet = StringIO(newline="")
    writer = csv.DictWriter(sheet, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: cell(value) for name, value in row.items()} for row in _rows(report))
    text = storable(sheet.getvalue())
    if path is not None:
        write_text(path, _BOM + text)
    return text


def _rows(report: Report) -> Iterator[dict[str, object]]:
    for diagnosis in report.reports:
        yield _of_diagnosis(diagnosis)
    for failure in report.errors:
        yield _of_failure(failure)


def _of_diagnosis(diagnosis: Diagnosis) -> dict[str, object]:
    moments = [to_utc(event.timestamp) for event in diagnosis.timeline if event.timestamp]
    row: dict[str, object] = {
        name: getattr(diagnosis, name)
        for name in ("service", "status", "severity", "category", "root_cause", "recommendation", "confidence")
    }
    row |= {
        "grounded": diagnosis.grounded,
        "evidence": len(diagnosis.evidence),
        "evidence_verified": sum(quote.verified for quote in diagnosis.evidence),
        "first_event": min(moments, default=None),
        "last_event": max(moments, default=None),
        "working_dir": diagnosis.working_dir,
        "log_file": diagnosis.log_file,
        "turns": diagnosis.usage.turns,
        "tokens": diagnosis.usage.tokens,
        "cost_usd": diagnosis.usage.cost_usd,
        "seconds": round(diagnosis.usage.seconds, 3),
    }
    if diagnosis.reviews:
        last = diagnosis.reviews[-1]
        row |= {
            "reviewed_by": last.reviewer,
            "reviewed_at": last.reviewed_at,
            "decision": last.decision,
            "note": last.note,
        }
    return row


def _of_failure(failure: Failure) -> dict[str, object]:
    return {"service": failure.service, "status": "failed", "error": f"{failure.error}: {failure.message}"}


def cell(value: object) -> object:
    """Give a value as a cell holds it; a text can't act, and hides nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return to_utc(value).isoformat().replace("+00:00", "Z")
    if not isinstance(value, str):
        return value
    # Looked at before it is made visible, which would turn a leading carriage return into a harmless newline.
    text = visible(value)
    return f"'{text}" if value.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text
