"""An incident's log as it is drawn: its quotes and events where they belong, and what is wrong with it said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import matplotlib.dates as mdates
import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from report_samples import HOSTILE, diagnosis, report
from test_report_activity import write

from logdebug.errors import ReportError
from logdebug.records import Diagnosis, Evidence, TimelineEvent

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from logdebug.report.report import Report

DAY = datetime(2026, 11, 22, 8, tzinfo=UTC)


def investigated(log: Path, **changes: object) -> Report:
    """Make a report on the log that `write` writes: quotes of the lines 5,702 and 5,900, and their events."""
    made = diagnosis(
        "shop",
        working_dir=str(log.parent),
        log_file=log.name,
        log_sha256="",
        evidence=(
            Evidence("order failed", log.name, 5_702, 1, 2, verified=True),
            Evidence("order failed", log.name, 5_900, 1, 2, verified=True),
            Evidence("max_connections=1", "shop.conf", 3, 1, 2, verified=True),
            Evidence("never there", log.name),
        ),
        timeline=(
            TimelineEvent(DAY + timedelta(minutes=95, seconds=1), "first order fails", 5_702),
            TimelineEvent(None, "orders fail still", 5_900),
            TimelineEvent(None, "operator paged"),
            TimelineEvent(DAY + timedelta(days=1), "restarted"),
        ),
    )
    return report(replace(made, **changes))  # type: ignore[arg-type]


def quoted_minutes(ax: Axes) -> list[float]:
    """Give where quotes are marked, in minutes since the log began."""
    [marks] = [each for each in ax.collections if isinstance(each, PathCollection)]
    offsets = np.asarray(marks.get_offsets())
    return [round((mdates.num2date(place) - DAY).total_seconds() / 60, 2) for place in offsets[:, 0]]


def title(ax: Axes) -> str:
    """Give the title."""
    return ax.get_title(loc="left")


def test_quotes_stand_at_their_times(tmp_path: Path) -> None:
    """Each quote of the log is marked when its line was logged; those of other files, and those not found, are not."""
    ax = investigated(write(tmp_path / "app.log")).plot.activity("shop")
    assert quoted_minutes(ax) == [95.02, 98.32]
    assert title(ax) == "150 of 6,000 lines of shop tell of a failure;\nthe evidence begins at line 5,702"


def test_events_are_told_in_order(tmp_path: Path) -> None:
    """Events are written from first to last, those that only have a line too; one without either is left out."""
    ax = investigated(write(tmp_path / "app.log")).plot.activity(0)
    told = sorted((text for text in ax.texts if text.get_text()), key=lambda text: -text.xy[1])  # type: ignore[attr-defined]
    assert [text.get_text() for text in told] == ["first order fails", "orders fail still", "restarted"]


def test_what_happened_after_the_log_stands_at_its_edge(tmp_path: Path) -> None:
    """An event of the next day doesn't squeeze the log: it is an arrow at the edge."""
    ax = investigated(write(tmp_path / "app.log")).plot.activity("shop")
    low, high = (mdates.num2date(place) for place in ax.get_xlim())
    assert high - low < timedelta(minutes=115)
    assert [line.get_marker() for line in ax.lines] == ["o", "o", ">"]


def test_more_events_than_fit_are_dots(tmp_path: Path) -> None:
    """Of twenty events none is written out, and the log keeps its room."""
    events = tuple(TimelineEvent(DAY + timedelta(minutes=number), "x" * 60) for number in range(20))
    ax = investigated(write(tmp_path / "app.log"), timeline=events).plot.activity("shop")
    assert not [text for text in ax.texts if text.get_text()]
    assert len(ax.lines) == 20


def test_a_log_without_times_is_marked_by_lines(tmp_path: Path) -> None:
    """Where lines have no times, quotes and events stand at their line numbers."""
    ax = investigated(write(tmp_path / "app.log", timed=False)).plot.activity("shop")
    [marks] = [each for each in ax.collections if isinstance(each, PathCollection)]
    assert np.asarray(marks.get_offsets())[:, 0].tolist() == [5_702, 5_900]
    assert ax.get_xlabel() == "line"


def test_a_stack_trace_has_the_time_of_its_record(tmp_path: Path) -> None:
    """A quoted line without a time stands where the record that it belongs to does."""
    lines = [f"2026-11-22 08:{number // 60:02}:{number % 60:02} INFO id {number}\n" for number in range(1_000)]
    lines.insert(500, "java.lang.IllegalStateException: closed\n\tat Pool.get(Pool.java:7)\n")
    path = tmp_path / "app.log"
    path.write_text("".join(lines))
    quote = Evidence("at Pool.get", path.name, 502, 1, 2, verified=True)
    ax = investigated(path, evidence=(quote,), timeline=()).plot.activity("shop")
    assert quoted_minutes(ax) == [round(499 / 60, 2)]


def test_a_log_that_is_gone_is_said(tmp_path: Path) -> None:
    """Without the log the chart says which file is missing, and raises nothing."""
    log = write(tmp_path / "app.log")
    made = investigated(log)
    log.unlink()
    ax = made.plot.activity("shop")
    assert title(ax) == "shop: its log can't be read"
    assert "app.log any more" in ax.texts[0].get_text()
    assert ax._repr_png_()  # type: ignore[attr-defined]


def test_a_link_out_is_not_followed(tmp_path: Path) -> None:
    """A report that names a link to another file gets a refusal, and nothing of that file."""
    log = write(tmp_path / "secret.log")
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "app.log").symlink_to(log)
    ax = investigated(tmp_path / "service" / "app.log").plot.activity("shop")
    assert "links are not followed" in ax.texts[0].get_text()


def test_a_log_that_changed_is_said(tmp_path: Path) -> None:
    """Where the log isn't the one that was diagnosed, the title says so."""
    log = write(tmp_path / "app.log")
    assert title(investigated(log, log_sha256="00" * 32).plot.activity(0)).endswith("the log has changed since")


def test_hostile_words_are_drawn(tmp_path: Path) -> None:
    """Names and events that are out to do harm are drawn as text, also on an Axes that is given."""
    ax = Figure().add_subplot()
    events = (TimelineEvent(DAY, HOSTILE), TimelineEvent(None, "$\\frac$ 支払い", 5_000))
    made = investigated(write(tmp_path / "app.log"), service=HOSTILE, timeline=events)
    assert made.plot.activity(0, ax) is ax
    assert made.plot.activity(0)._repr_png_()  # type: ignore[attr-defined]


def test_an_incident_that_is_not_there_is_an_error() -> None:
    """A service that the report doesn't have, or has twice, is refused with what it has."""
    twice: tuple[Diagnosis, ...] = (diagnosis("a"), diagnosis("a", 1))
    with pytest.raises(ReportError, match="2 incidents are called 'a'"):
        report(*twice).plot.activity("a")
    with pytest.raises(ReportError, match="no service"):
        report(*twice).plot.activity("b")
