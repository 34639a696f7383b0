"""What a log has, as DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from logdebug.logs.fields import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logdebug.logs.scan import Scan
    from logdebug.logs.templates import Template
    from logdebug.logs.traces import Record

__all__ = ["activity_frame", "records_frame", "templates_frame"]

_SEVERE = 3  # from this alarm on, a line tells of a failure

_LEVEL = pd.CategoricalDtype(list(LEVELS), ordered=True)


def templates_frame(templates: Iterable[Template]) -> pd.DataFrame:
    """Give one row per template, most frequent first.

    Parameters
    ----------
    templates
        A log's templates.

    Returns
    -------
    pandas.DataFrame
        Columns count, first_line, last_line, level (ordered), alarm, status, pattern, example.
    """
    rows = sorted(templates, key=lambda template: (-template.count, template.first_line))
    return pd.DataFrame(
        {
            "count": pd.Series([row.count for row in rows], dtype="int64"),
            "first_line": pd.Series([row.first_line for row in rows], dtype="int64"),
            "last_line": pd.Series([row.last_line for row in rows], dtype="int64"),
            "level": pd.Series(pd.Categorical([row.level for row in rows], dtype=_LEVEL)),
            "alarm": pd.Series([row.alarm for row in rows], dtype="int64"),
            "status": pd.Series([row.status for row in rows], dtype="Int64"),
            "pattern": pd.Series([row.pattern for row in rows], dtype="str"),
            "example": pd.Series([row.example for row in rows], dtype="str"),
        }
    )


def records_frame(records: Iterable[Record]) -> pd.DataFrame:
    """Give one row per record, in the log's order.

    Parameters
    ----------
    records
        Events of a log.

    Returns
    -------
    pandas.DataFrame
        Columns first_line, last_line, timestamp (UTC), level (ordered), message, text.
    """
    rows = list(records)
    return pd.DataFrame(
        {
            "first_line": pd.Series([row.first_line for row in rows], dtype="int64"),
            "last_line": pd.Series([row.last_line for row in rows], dtype="int64"),
            "timestamp": pd.Series([row.timestamp for row in rows], dtype="datetime64[us, UTC]"),
            "level": pd.Series(pd.Categorical([row.level for row in rows], dtype=_LEVEL)),
            "message": pd.Series([row.message for row in rows], dtype="str"),
            "text": pd.Series([row.text for row in rows], dtype="str"),
        }
    )


def activity_frame(scan: Scan) -> pd.DataFrame:
    """Give one row per stretch of the log, in its order.

    Parameters
    ----------
    scan
        What a pass over the log found.

    Returns
    -------
    pandas.DataFrame
        Columns first_line, lines, errors (lines that tell of a failure), timestamp (UTC; NaT for none).
    """
    severe = [place for place, template in enumerate(scan.templates) if template.alarm >= _SEVERE]
    return pd.DataFrame(
        {
            "first_line": pd.Series([piece.first_line for piece in scan.slices], dtype="int64"),
            "lines": pd.Series([piece.lines for piece in scan.slices], dtype="int64"),
            "errors": pd.Series([sum(piece.counts[place] for place in severe) for piece in scan.slices], dtype="int64"),
            "timestamp": pd.Series([piece.time for piece in scan.slices], dtype="datetime64[us, UTC]"),
        }
    )
