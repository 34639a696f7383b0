"""The report as frames: their columns, dtypes and rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from pandas.testing import assert_series_equal
from report_samples import BEGIN, diagnosis, five, hostile, many, report

from logdebug.records import Correction, Failure, Review, TimelineEvent, Usage
from logdebug.report import frames

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.report.report import Report

MAKERS = [
    frames.to_df,
    frames.evidence_df,
    frames.timeline_df,
    frames.usage_df,
    frames.errors_df,
    frames.reviews_df,
]
REVIEWS = (
    Review("ann", BEGIN, "noted", "paged twice"),
    Review(
        "bo",
        BEGIN + timedelta(hours=1),
        "corrected",
        corrections=(Correction("category", "crash", "oom"), Correction("root_cause", "x", "The heap was full.")),
    ),
)


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
        "absences": "int64",
        "absences_verified": "int64",
        "first_event": "datetime64[us, UTC]",
        "last_event": "datetime64[us, UTC]",
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
        "decision": "category",
        "reviewed_by": "str",
        "reviewed_at": "datetime64[us, UTC]",
        "note": "str",
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
    assert [len(make(made)) for make in MAKERS] == [5, 15, 15, 6, 1, 0]
    evidence = made.evidence_df()
    assert str(evidence["line"].dtype) == "Int64"
    assert evidence["line"].isna().sum() == 5
    assert list(made.errors_df().iloc[0]) == [*("search-svc", "model_unavailable"), made.errors[0].message, "s-7"]
    assert made.timeline_df()["timestamp"].isna().sum() == 5
    assert made.usage_df()["input_tokens"].sum() == made.usage.input_tokens


@pytest.mark.parametrize("make", MAKERS)
def test_reports_go_together_by_their_runs(make: Callable[[Report], pd.DataFrame]) -> None:
    """Reports put together under their names keep every row and dtype, whichever of them are empty."""
    reviewed = report(diagnosis(reviews=REVIEWS))
    made = {"a": make(report()), "b": make(five()), "c": make(reviewed), "d": make(report())}
    together = pd.concat(made)
    assert len(together) == sum(map(len, made.values()))
    assert_series_equal(together.dtypes, made["b"].dtypes)
    assert_series_equal(pd.concat([made["a"], made["d"]]).dtypes, made["b"].dtypes)


def test_the_last_review_stands_beside_the_diagnosis() -> None:
    """Who decided what last, and when, is in the incident's row; without a review all of that is missing."""
    frame = report(diagnosis("a", reviews=REVIEWS), diagnosis("b", 1)).to_df()
    assert list(frame.loc[0, ["decision", "reviewed_by", "note"]]) == ["corrected", "bo", ""]
    assert frame["reviewed_at"].iloc[0] == BEGIN + timedelta(hours=1)
    assert frame.loc[1, ["decision", "reviewed_by", "reviewed_at", "note"]].isna().all()
    assert list(frame["decision"].cat.categories) == ["accepted", "corrected", "noted"]


def test_every_decision_has_a_row() -> None:
    """Each review is a row, in order, with what stood there before and what since; the rest is missing."""
    there = timezone(timedelta(hours=2))
    late = replace(REVIEWS[0], reviewed_at=(BEGIN + timedelta(hours=2)).astimezone(there))
    frame = frames.reviews_df(report(diagnosis("a", reviews=(*REVIEWS, late)), diagnosis("b", reviews=REVIEWS[:1])))
    assert list(frame["service"]) == ["a", "a", "a", "b"]
    assert list(frame["decision"]) == ["noted", "corrected", "noted", "noted"]
    corrected = frame.iloc[1]
    assert [corrected[f"category_{when}"] for when in ("before", "after")] == ["crash", "oom"]
    assert corrected["root_cause_after"] == "The heap was full."
    assert corrected[["severity_before", "severity_after", "status_before"]].isna().all()
    assert frame["reviewed_at"].iloc[2] == BEGIN + timedelta(hours=2)
    assert str(frame["reviewed_at"].dtype) == "datetime64[us, UTC]"


@pytest.mark.parametrize("failures", [0, 1, 3])
def test_usage_adds_up_to_the_run(failures: int) -> None:
    """Turns, tokens, cost and incidents of all rows together are the run's, failed incidents included."""
    errors = tuple(Failure(f"f{number}", "timeout", "m") for number in range(failures))
    made = report(diagnosis("a"), diagnosis("b", usage=Usage(1, 2, 3, 0.1, 4)), errors=errors)
    if failures:
        made = replace(made, usage=made.usage + Usage(7, 700, 70, 0.2, 9))
    frame = made.usage_df()
    assert frame["incidents"].sum() == made.total_incidents
    for name in ("turns", "tokens", "input_tokens", "output_tokens", "cost_usd"):
        assert frame[name].sum() == pytest.approx(getattr(made.usage, name))
    failed = frame[frame["outcome"] == "failed"]
    assert list(failed["service"]) == {0: [], 1: ["f0"], 3: [""]}[failures]
    assert failed["seconds"].isna().all()


def test_a_cost_that_nobody_knows_stays_unknown() -> None:
    """Where a diagnosis' cost isn't known, what the failures cost isn't either: it is no 0."""
    failure = Failure("f", "timeout", "m")
    made = replace(report(diagnosis(usage=Usage(1, 2, 3)), errors=(failure,)), usage=Usage(9, 9, 9, 0.5))
    assert made.usage_df()["cost_usd"].isna().all()
    assert list(made.usage_df()["tokens"]) == [5, 13]


def test_hostile_text_goes_into_files() -> None:
    """Half a surrogate pair in a log doesn't stop a frame from being written as CSV."""
    for make in MAKERS:
        assert make(hostile()).to_csv().encode()


def test_ten_thousand_incidents_are_quick() -> None:
    """A frame of 10,000 incidents holds them all."""
    assert len(many(10_000).to_df()) == 10_000
