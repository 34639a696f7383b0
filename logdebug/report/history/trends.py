"""Many reports as frames: incidents by week, and what comes again. Pure; `Report.to_df` owns most of the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.report.columns import MOMENT, framed
from logdebug.report.frames import to_df
from logdebug.report.report import Report
from logdebug.report.text import storable

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

__all__ = ["distinct", "happened_at", "history_frame", "repeats", "weekly"]

_REPEATS = {
    "service": "str",
    "category": "category",
    "occurrence": "int64",
    "happened_at": MOMENT,
    "previous_at": MOMENT,
    "days_between": "float64",
    "run_id": "str",
}
_MOST_DAYS_BEFORE, _MOST_DAYS_AFTER = 366, 1


def history_frame(reports: Iterable[Report], service: str | None = None) -> pd.DataFrame:
    """Return one row per diagnosis of some reports, in their order.

    Parameters
    ----------
    reports
        The reports.
    service
        Only rows of this service; None for all.

    Returns
    -------
    pandas.DataFrame
        Columns run_id, generated_at (UTC), and those of `Report.to_df`.
    """
    import pandas as pd

    runs, times, held, last = [], [], [], None
    for report in reports:
        kept = [each for each in report.reports if service is None or each.service == service]
        held += kept
        runs += [storable(report.run_id)] * len(kept)
        times += [report.generated_at] * len(kept)
        last = report
    # One frame of all is made a hundred times faster than one of each that are put together afterwards.
    when = last.generated_at if last else pd.Timestamp(0, tz="UTC").to_pydatetime()
    frame = to_df(Report(when, "", "", tuple(held)))
    frame.insert(0, "run_id", pd.Series(runs, dtype="str"))
    frame.insert(1, "generated_at", pd.Series(times, dtype=MOMENT))
    return frame


def happened_at(frame: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """Return when each incident happened, in UTC: its first event, or when its report was made.

    The latter where no event has a time, or where it lies a year before the report or a day after it: logs whose clock
    was never set say so.
    """
    import pandas as pd

    first, made = frame["first_event"], frame["generated_at"]
    ago = made - first
    sane = (ago <= pd.Timedelta(days=_MOST_DAYS_BEFORE)) & (ago >= pd.Timedelta(days=-_MOST_DAYS_AFTER))
    return first.where(sane, made).rename("happened_at")


def distinct(frame: pd.DataFrame) -> pd.DataFrame:
    """Return each incident once, as it was diagnosed last, without those in which nothing failed.

    Diagnoses are of one incident where service, directory and log are the same, and so is the log's hash or its first
    event.

    Parameters
    ----------
    frame
        As `history_frame` returns.

    Returns
    -------
    pandas.DataFrame
        The same columns, and happened_at (UTC); by that.
    """
    held = frame.assign(happened_at=happened_at(frame))
    held = held[held["status"] != "no_errors_found"].sort_values("generated_at", kind="stable")
    whose = ["service", "working_dir", "log_file"]
    for by in ("log_sha256", "first_event"):
        known = held[by].notna() & (held[by].astype("str") != "")
        held = held[~(known & held.duplicated([*whose, by], keep="last"))]
    return held.sort_values("happened_at", kind="stable").reset_index(drop=True)


def weekly(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Count incidents per week.

    Parameters
    ----------
    frame
        As `distinct` returns.
    column
        By what to count: category or severity.

    Returns
    -------
    pandas.DataFrame
        One row per week from the first to the last, those without an incident included, by its Monday (UTC, index
        `week`); a column per value of the vocabulary that occurs.
    """
    import pandas as pd

    monday = frame["happened_at"].dt.normalize() - pd.to_timedelta(frame["happened_at"].dt.day_of_week, unit="D")
    counts = pd.crosstab(monday.rename("week"), frame[column].astype("str"))
    known = [word for word in frame[column].cat.categories if word in counts.columns]
    if not counts.empty:
        weeks = pd.date_range(counts.index.min(), counts.index.max(), freq="7D", name="week")
        counts = counts.reindex(weeks, fill_value=0)
    return counts[known].rename_axis(columns=None)


def repeats(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what came again: one row for each time that a category came again to a service, by service and time.

    Parameters
    ----------
    frame
        As `history_frame` returns.

    Returns
    -------
    pandas.DataFrame
        Columns service, category, occurrence (2 for the second time), happened_at, previous_at (UTC), days_between,
        run_id. Investigating one incident twice is no repeat.
    """
    rows = []
    for (service, category), group in distinct(frame).groupby(["service", "category"], sort=True, observed=True):
        times = list(group["happened_at"])
        for place, run_id in list(enumerate(group["run_id"]))[1:]:
            rows.append(
                {
                    "service": service,
                    "category": category,
                    "occurrence": place + 1,
                    "happened_at": times[place],
                    "previous_at": times[place - 1],
                    "days_between": (times[place] - times[place - 1]).total_seconds() / 86400,
                    "run_id": run_id,
                }
            )
    return framed(_REPEATS, rows)
