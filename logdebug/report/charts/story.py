"""One incident's log with what its diagnosis says of it: the log is opened, read and compared here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from logdebug.drawing import blank, new_axes
from logdebug.errors import LogError
from logdebug.report.charts.activity import activity
from logdebug.report.charts.naming import shown_name
from logdebug.report.frames import evidence_df, timeline_df
from logdebug.report.opening import open_log_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd
    from matplotlib.axes import Axes

    from logdebug.logs import Log
    from logdebug.records import Diagnosis
    from logdebug.report.report import Report

__all__ = ["incident_activity"]

_MOST_COLUMNS = 28
_LOOK_BACK_LINES = 300  # for the time of a line that has none, such as one of a stack trace


def incident_activity(diagnosis: Diagnosis, report: Report, ax: Axes | None = None) -> Axes:
    """Draw an incident's log over time, with its quotes and events; where the log is gone, say so.

    Parameters
    ----------
    diagnosis
        The incident.
    report
        The report that it is of.
    ax
        Where to draw; None makes a figure.
    """
    alone = replace(report, reports=(diagnosis,), errors=())
    name = shown_name(diagnosis.service, _MOST_COLUMNS)
    try:
        with open_log_of(diagnosis) as log:
            changed = bool(diagnosis.log_sha256) and log.sha256 != diagnosis.log_sha256
            frame, evidence = log.activity(), evidence_df(alone)
            evidence = evidence[(evidence["file"] == diagnosis.log_file) & evidence["line"].notna()]
            evidence = evidence.assign(timestamp=_times(log, evidence["line"]))
    except LogError as error:
        return blank(ax or new_axes(8.4, 1.6), f"{name}: its log can't be read", str(error))
    return activity(frame, ax, name=name, evidence=evidence, events=timeline_df(alone), changed=changed)


def _times(log: Log, numbers: Sequence[int] | pd.Series[Any]) -> pd.Series[Any]:
    """Give when each of some lines was logged: its record's time, else that of the last one before it."""
    import pandas as pd

    return pd.Series([_time(log, int(number)) for number in numbers], dtype="datetime64[us, UTC]", index=None)


def _time(log: Log, number: int) -> datetime | None:
    for first in (number, max(1, number - _LOOK_BACK_LINES)):
        times = [record.timestamp for record in log.records(first, number) if record.timestamp]
        if times:
            return times[-1]
    return None
