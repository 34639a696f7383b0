"""A history to try things on: the five samples' diagnoses, copied and moved back in time. Examples, and marked so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from logdebug.errors import ReportError
from logdebug.records import Review, Usage
from logdebug.report.history.history import History
from logdebug.report.report import Report

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from logdebug.records import Diagnosis

__all__ = ["EXAMPLE", "demo_history"]

EXAMPLE = "example (a sample's diagnosis, moved in time)"
"""The `model` of every report in a demonstration history but the one that it is made from."""

# Weeks before the samples' day, and who failed then: a disk that fills every two weeks until it is enlarged, a database
# that goes away now and then, a memory leak that comes with a release, mail that stalls.
_PAST: tuple[tuple[int, tuple[str, ...]], ...] = (
    (14, ("etl-daily",)),
    (13, ("notif-worker",)),
    (12, ("etl-daily", "payment-svc", "api-gw")),
    (10, ("etl-daily",)),
    (9, ("auth-svc",)),
    (8, ("etl-daily", "notif-worker")),
    (7, ("auth-svc", "api-gw")),
    (6, ("payment-svc", "api-gw")),
    (5, ("auth-svc",)),
    (3, ("payment-svc", "api-gw", "notif-worker")),
    (2, ("etl-daily",)),
    (1, ("payment-svc", "api-gw")),
)
_NOTES = {
    "etl-daily": "Example: the warehouse volume was enlarged and old partitions were dropped.",
    "payment-svc": "Example: the database was failed over by hand, and the client's timeout raised.",
    "auth-svc": "Example: the session cache got a limit, and the heap a little more room.",
    "notif-worker": "Example: the mail relay was restarted and put under watch.",
    "api-gw": "Example: nothing to mend here, it waited for the services behind it.",
}


def demo_history(report: Report, path: str | Path) -> History:
    """Make a history of example reports before a report of the five samples, and add that report.

    Each past diagnosis is a copy of one in `report`, moved back by whole weeks, with a made-up reviewer's note that
    says that it is an example; its report's `model` is `EXAMPLE`. Making it again in the same file changes nothing.

    Parameters
    ----------
    report
        A report of `demo_incidents()`.
    path
        The history's file; it is made where there is none.

    Returns
    -------
    History
        14 weeks of them.

    Raises
    ------
    ReportError
        Where `report` lacks the samples, or the file can't be used.
    """
    needed = {service for _, services in _PAST for service in services}
    lacking = sorted(needed - set(report.summary.services_affected))
    if lacking:
        raise ReportError(f"the report lacks {', '.join(lacking)}; give one of ld.demo_incidents()")
    history = History(path)
    for weeks, services in _PAST:
        history.add(_moved(report, timedelta(weeks=weeks), services))
    history.add(report)
    return history


def _moved(report: Report, back: timedelta, services: tuple[str, ...]) -> Report:
    """Copy some diagnoses of a report into one of an earlier day."""
    day = _first_event(report) - back
    return Report(
        generated_at=day + timedelta(hours=2),
        model=EXAMPLE,
        run_id=f"example-{day:%Y-%m-%d}",
        reports=tuple(_copy(report[service], back, day + timedelta(days=1)) for service in services),
    )


def _copy(diagnosis: Diagnosis, back: timedelta, reviewed_at: datetime) -> Diagnosis:
    """Copy a diagnosis with its events moved; its log's hash goes, by which it would count as the same incident."""
    return replace(
        diagnosis,
        timeline=tuple(
            replace(event, timestamp=event.timestamp and event.timestamp - back) for event in diagnosis.timeline
        ),
        usage=Usage(),
        log_sha256="",
        session="",
        reviews=(Review("example", reviewed_at, "accepted", _NOTES[diagnosis.service]),),
    )


def _first_event(report: Report) -> datetime:
    times = [event.timestamp for diagnosis in report for event in diagnosis.timeline if event.timestamp is not None]
    return min(times, default=report.generated_at)
