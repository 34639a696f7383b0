"""Trends: weeks and repeats are counted as they happened, each incident once, and drawn so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image
from report_samples import HOSTILE, diagnosis, report

from logdebug.records import CATEGORIES, SEVERITIES, TimelineEvent
from logdebug.report.charts.colours import SEVERITY_COLOURS
from logdebug.report.history.history import History
from logdebug.report.history.trends import distinct, happened_at, history_frame, repeats, weekly

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from logdebug.records import Diagnosis
    from logdebug.report.report import Report

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)


def happened(day: float, service: str = "pay-svc", category: str = "oom", **changes: object) -> Diagnosis:
    """Make a diagnosis of a failure so many days after a Monday."""
    moment = MONDAY + timedelta(days=day)
    story = (TimelineEvent(moment, "it began", 1),)
    made = diagnosis(service, category=category, timeline=story, log_sha256=f"{service}{category}{day}")
    return replace(made, **changes)  # type: ignore[arg-type]


def run(day: float, *diagnoses: Diagnosis) -> Report:
    """Make a report so many days after a Monday."""
    return replace(report(*diagnoses), run_id=f"run-{day}", generated_at=MONDAY + timedelta(days=day))


def frame(*diagnoses: Diagnosis, made_on_day: float = 60) -> pd.DataFrame:
    """Make a history's frame of one run."""
    return history_frame([run(made_on_day, *diagnoses)])


def title(ax: Axes) -> str:
    """Give the title as it is drawn."""
    return ax.get_title(loc="left").replace(r"\$", "$")


def drawn(ax: Any) -> Image.Image:
    """Draw the picture that a notebook shows."""
    return Image.open(BytesIO(ax._repr_png_()[0]))


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Give a history of three weeks, in which one service runs out of memory each week."""
    held = History(tmp_path / "history.db")
    held.add(run(1, happened(0), happened(0.5, "api-gw", "timeout", severity="low")))
    held.add(run(8, happened(7)))
    held.add(run(15, happened(14), happened(14.1, "etl", "disk_full", severity="medium")))
    return held


# -- frames ------------------------------------------------------------------------------------------------------------


def test_weeks_begin_on_monday_and_none_is_left_out() -> None:
    """A week without an incident has a row of zeros; Sunday's last second is of the week before Monday's first."""
    made = frame(happened(-0.334), happened(0), happened(6.6), happened(21))
    counts = weekly(distinct(made), "category")
    assert list(counts.index) == list(pd.date_range("2026-10-26", "2026-11-23", freq="7D", tz="UTC"))
    assert list(counts["oom"]) == [1, 2, 0, 0, 1]


def test_columns_are_those_of_the_vocabulary_that_occur() -> None:
    """In the order of the vocabulary, without those that never occur."""
    counts = weekly(distinct(frame(happened(0, category="unknown"), happened(1, category="oom"))), "category")
    assert list(counts.columns) == ["oom", "unknown"]
    assert weekly(distinct(frame()), "severity").empty


def test_an_incident_counts_once_however_often_it_was_investigated() -> None:
    """The same log, or the same moment of the same log file, is one incident; the newer diagnosis stands."""
    first = happened(0, category="oom")
    grown = replace(first, log_sha256="grown", category="timeout")
    copied = replace(first, timeline=(), category="crash")
    held = distinct(history_frame([run(1, first), run(2, grown), run(3, copied)]))
    assert list(held["category"]) == ["timeout", "crash"]
    assert len(distinct(history_frame([run(1, first), run(2, first), run(3, happened(7))]))) == 2


def test_where_nothing_failed_nothing_is_counted() -> None:
    """Quiet logs are no incidents."""
    assert distinct(frame(happened(0, status="no_errors_found"))).empty


@pytest.mark.parametrize(("year", "is_believed"), [(1970, False), (2025, False), (2026, True), (2099, False)])
def test_a_clock_that_was_never_set_is_not_believed(year: int, is_believed: bool) -> None:
    """Where a log's times are far off, the time of the report counts."""
    moment = datetime(year, 10, 5, 12, tzinfo=UTC)
    made = frame(happened(0, timeline=(TimelineEvent(moment, "it began", 1),)))
    [when] = happened_at(made)
    assert (when == moment) is is_believed
    assert is_believed or when == MONDAY + timedelta(days=60)


def test_repeats_are_of_one_service_and_category() -> None:
    """Each row is one time that it came again, with how long it stayed away."""
    made = frame(happened(0), happened(3), happened(3.5, "api-gw"), happened(4, category="timeout"), happened(13))
    again = repeats(made)
    assert list(again["occurrence"]) == [2, 3]
    assert list(again["days_between"]) == [3.0, 10.0]
    assert set(again["service"]) == {"pay-svc"}
    assert (again["happened_at"] - again["previous_at"] > pd.Timedelta(0)).all()
    assert repeats(frame()).dtypes.equals(again.dtypes)


def test_investigating_twice_is_no_repeat() -> None:
    """One incident in two runs did not come again."""
    assert repeats(history_frame([run(1, happened(0)), run(2, happened(0))])).empty


# -- charts ------------------------------------------------------------------------------------------------------------


def test_categories_are_a_heat_map_whose_title_says_what_leads(history: History) -> None:
    """A row per category, the most frequent on top, with the counts written on the fields."""
    ax = history.plot.categories()
    assert title(ax) == "oom leads: 3 of 5 incidents in 3 weeks"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["oom", "timeout", "disk_full"]
    assert [text.get_text() for text in ax.texts] == ["1", "1", "1", "1", "1"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Nov 02", "Nov 09", "Nov 16"]
    drawn(ax)


def test_severities_are_bars_in_their_colours(history: History) -> None:
    """A bar per week, made of its severities, the worst at the bottom."""
    ax = history.plot.severities()
    assert title(ax) == "3 of 5 incidents in 3 weeks are critical"
    heights = {bars.get_label(): [patch.get_height() for patch in bars] for bars in ax.containers}
    assert heights == {"critical": [1, 1, 1], "medium": [0, 0, 1], "low": [1, 0, 0]}
    assert [to_hex(bars[0].get_facecolor()) for bars in ax.containers] == [
        SEVERITY_COLOURS[word] for word in ("critical", "medium", "low")
    ]
    assert all(bars[0].get_y() == 0 for bars in ax.containers if bars.get_label() == "critical")
    drawn(ax)


def test_repeat_offenders_have_a_row_each(history: History) -> None:
    """What came more than once is drawn, with how often and how far apart."""
    ax = history.plot.repeats()
    assert title(ax) == "pay-svc: oom came 3 times, typically 7 days apart"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["pay-svc: oom"]
    drawn(ax)


def test_a_chart_is_of_a_service_and_a_span_where_that_is_asked_for(history: History) -> None:
    """Service and times narrow what is drawn, and the title names the service."""
    assert title(history.plot.categories(service="api-gw")) == "timeout leads: 1 of 1 incident of api-gw in one week"
    assert title(history.plot.severities(since="2026-11-09")).startswith("2 of 3 incidents in 2 weeks")
    assert title(history.plot.repeats(until="2026-11-04")) == "Nothing came again"
    assert title(history.plot.categories(service="nobody")) == "No incident of nobody in this history"


def test_an_empty_history_has_charts_that_say_so(tmp_path: Path) -> None:
    """Nothing to draw is no error."""
    plot = History(tmp_path / "history.db").plot
    for ax in (plot.categories(), plot.severities(), plot.repeats()):
        assert title(ax) == "No incident in this history"
        drawn(ax)


@pytest.mark.parametrize("weeks", [1, 9, 60, 300])
def test_a_week_and_years_have_pictures(tmp_path: Path, weeks: int) -> None:
    """One week and six years are drawn at the same size, in time."""
    held = History(tmp_path / "history.db")
    failures = [
        happened(7 * week + n, f"svc-{n}", CATEGORIES[week % 11], severity=SEVERITIES[week % 4])
        for week in range(weeks)
        for n in range(2)
    ]
    for first in range(0, len(failures), 80):
        held.add(run(3.5 * first + 290, *failures[first : first + 80]))
    for chart in (held.plot.categories, held.plot.severities, held.plot.repeats):
        assert drawn(chart()).size[0] < 2000


def test_charts_go_where_they_are_told(history: History) -> None:
    """An Axes that is given is drawn on and given back."""
    for chart in (history.plot.categories, history.plot.severities, history.plot.repeats):
        ax = Figure().add_subplot()
        assert chart(ax) is ax


def test_hostile_names_are_drawn_as_text(tmp_path: Path) -> None:
    """No service's name is read as a formula or breaks a row."""
    held = History(tmp_path / "history.db")
    held.add(run(1, happened(0, f"$\\frac{{1}}{{0}}$ {HOSTILE}"), happened(5, f"$\\frac{{1}}{{0}}$ {HOSTILE}")))
    for chart in (held.plot.categories, held.plot.severities, held.plot.repeats):
        drawn(chart(service=f"$\\frac{{1}}{{0}}$ {HOSTILE}"))
