"""Of any report: its frames have the documented dtypes, none of it is lost, and each chart draws."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from matplotlib import style
from pandas.testing import assert_series_equal

from logdebug.records import (
    CATEGORIES,
    DECISIONS,
    SEVERITIES,
    STATUSES,
    Correction,
    Diagnosis,
    Evidence,
    Failure,
    Review,
    TimelineEvent,
    Usage,
)
from logdebug.report import frames
from logdebug.report.charts.plots import Plots
from logdebug.report.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = st.text(max_size=12) | st.sampled_from(["payment-svc", "$\\frac$", "支払い", "\ud800", "\u202e", "a" * 200])
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999), timezones=st.just(UTC))  # noqa: DTZ001 - zones added
COUNTS = st.integers(0, 10**12)
LINES = st.none() | st.integers(1, 10**12)
SHARES = st.floats(0, 1)
AMOUNTS = st.floats(0, 1e9)

USAGES = st.builds(Usage, COUNTS, COUNTS, COUNTS, st.none() | AMOUNTS, AMOUNTS)
EVIDENCE = st.builds(Evidence, TEXTS, TEXTS, LINES, LINES, LINES, st.booleans())
EVENTS = st.builds(TimelineEvent, st.none() | MOMENTS, TEXTS, LINES)
CORRECTIONS = st.builds(Correction, st.sampled_from(["category", "severity", "status", "root_cause"]), TEXTS, TEXTS)
REVIEWS = st.builds(
    Review, TEXTS, MOMENTS, st.sampled_from(DECISIONS), TEXTS, st.lists(CORRECTIONS, max_size=2).map(tuple)
)
DIAGNOSES = st.builds(
    Diagnosis,
    service=TEXTS,
    working_dir=TEXTS,
    log_file=TEXTS,
    status=st.sampled_from(STATUSES),
    root_cause=TEXTS,
    category=st.sampled_from(CATEGORIES),
    severity=st.sampled_from(SEVERITIES),
    confidence=SHARES,
    timeline=st.lists(EVENTS, max_size=4).map(tuple),
    evidence=st.lists(EVIDENCE, max_size=3).map(tuple),
    recommendation=TEXTS,
    grounded=st.booleans(),
    usage=USAGES,
    session=TEXTS,
    reviews=st.lists(REVIEWS, max_size=2).map(tuple),
)
FAILURES = st.builds(Failure, TEXTS, TEXTS, TEXTS, TEXTS)
REPORTS = st.builds(
    Report,
    generated_at=MOMENTS,
    model=TEXTS,
    run_id=TEXTS,
    reports=st.lists(DIAGNOSES, max_size=5).map(tuple),
    errors=st.lists(FAILURES, max_size=3).map(tuple),
    usage=USAGES,
)
MAKERS = [
    frames.to_df,
    frames.evidence_df,
    frames.timeline_df,
    frames.usage_df,
    frames.errors_df,
    frames.reviews_df,
]
CHARTS = [Plots.severity, Plots.category, Plots.severity_by_category, Plots.timeline, Plots.usage]
EMPTY = Report(datetime(2026, 11, 22, tzinfo=UTC), "m", "r", ())


@given(st.lists(REPORTS, max_size=3))
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_frames_have_their_dtypes_and_all_rows(reports: list[Report]) -> None:
    """Whatever reports hold and however many go together, dtypes are those of an empty one, and no row is lost."""
    for make in MAKERS:
        plain = make(EMPTY).dtypes
        made = [make(each) for each in reports]
        for frame in made:
            assert_series_equal(frame.dtypes, plain)
        together = pd.concat([*made, make(EMPTY)])
        assert_series_equal(together.dtypes, plain)
        assert len(together) == sum(map(len, made))
        assert together.to_csv().encode()
    for report in reports:
        assert frames.usage_df(report)["incidents"].sum() == report.total_incidents
        assert len(frames.evidence_df(report)) == sum(len(each.evidence) for each in report)
        assert len(frames.timeline_df(report)) == sum(len(each.timeline) for each in report)
        assert len(frames.reviews_df(report)) == sum(len(each.reviews) for each in report)


# Drawing is slow, so a failing report is shown as it was found, and not made smaller.
FOUND = [Phase.explicit, Phase.reuse, Phase.generate]


@pytest.mark.parametrize("chart", CHARTS)
@given(theme=st.sampled_from(["default", "dark_background"]), report=REPORTS)
@settings(deadline=None, max_examples=12, phases=FOUND, suppress_health_check=[HealthCheck.too_slow])
def test_every_report_has_its_charts(chart: Callable[[Plots], Any], theme: str, report: Report) -> None:
    """Each chart of any report draws without a warning, and has a title."""
    with style.context(theme):
        ax = chart(report.plot)
        assert ax._repr_png_()
    assert ax.get_title(loc="left")
