"""The report as frames: their columns, dtypes and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from pandas.testing import assert_series_equal
from report_samples import BEGIN, diagnosis, five, hostile, many, report

from logdebug.records import TimelineEvent, Usage
from logdebug.report import frames

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.report.report import Report

MAKERS = [frames.to_df, frames.evidence_df, frames.timeline_df, frames.usage_df, frames.errors_df]


def test_the_columns_of_to_df_are_fixed() -> None:
    """`to_df` has the documented columns in order, with the documented dtypes."""
    dtypes = {name: str(dtype) for name, dtype in five().to_df().dtypes.items()}
    assert dtypes == {
        "service": "str",
        "status": "category",
        "severity": "category",
        "category": "category",
        "root_cause": "str",
        "confidence": "float64",
        "grounded": "bool",
        "evidence": "int64",
        "evidence_verified": "int64",
        "first_event": "datetime64[us, UTC]",
        "last_event": "datetime64[us, UTC]",
        "recommendation": "str",
        "working_dir": "str",
        "log_file": "str",
        "turns": "int64",
        "tokens": "int64",
        "cost_usd": "float64",
        "seconds": "float64",
    }
    assert list(dtypes)[:3] == ["service", "status", "severity"]


@pytest.mark.parametrize("make", MAKERS)
def test_dtypes_are_the_same_with_no_rows_and_after_concat(make: Callable[[Report], pd.DataFrame]) -> None:
    """A frame without rows, and several put together, have the dtypes of a full one."""
    full, empty = make(five()), make(report())
    assert len(empty) == 0
    assert_series_equal(full.dtypes, empty.dtypes)
    assert_series_equal(pd.concat([full, empty, make(many(3))]).dtypes, full.dtypes)


def test_severity_is_ordered() -> None:
    """Severities compare and sort as low < medium < high < critical, those that don't occur included."""
    severity = five().to_df()["severity"]
    assert list(severity.cat.categories) == ["low", "medium", "high", "critical"]
    assert severity.max() == "critical"
    assert (severity >= "high").sum() == 4


def test_a_row_holds_the_incident() -> None:
    """Quotes are counted, events bounded in UTC, and an unknown cost is NaN."""
    made = report(diagnosis(usage=Usage(3, 10, 5)))
    row = made.to_df().iloc[0]
    assert (row["evidence"], row["evidence_verified"], row["tokens"]) == (3, 2, 15)
    assert row["first_event"] == BEGIN
    assert (row["last_event"] - row["first_event"]).total_seconds() == 40
    assert pd.isna(row["cost_usd"])


def test_an_incident_without_times_has_none() -> None:
    """Where no event has a time, first and last event are NaT, and the dtype stays."""
    frame = report(diagnosis(timeline=(TimelineEvent(None, "x"),))).to_df()
    assert frame["first_event"].isna().all()
    assert str(frame["first_event"].dtype) == "datetime64[us, UTC]"


def test_nothing_is_lost() -> None:
    """There is a row per diagnosis, quote, event and failure, and a missing line is NA among integers."""
    made = five()
    assert [len(make(made)) for make in MAKERS] == [5, 15, 15, 5, 1]
    evidence = made.evidence_df()
    assert str(evidence["line"].dtype) == "Int64"
    assert evidence["line"].isna().sum() == 5
    assert list(made.errors_df().iloc[0]) == [*("search-svc", "model_unavailable"), made.errors[0].message, "s-7"]
    assert made.timeline_df()["timestamp"].isna().sum() == 5
    assert made.usage_df()["input_tokens"].sum() == made.usage.input_tokens


def test_hostile_text_goes_into_files() -> None:
    """Half a surrogate pair in a log doesn't stop a frame from being written as CSV."""
    for make in MAKERS:
        assert make(hostile()).to_csv().encode()


def test_ten_thousand_incidents_are_quick() -> None:
    """A frame of 10,000 incidents holds them all."""
    assert len(many(10_000).to_df()) == 10_000
