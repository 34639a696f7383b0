"""A log's activity is drawn as it was: lines and errors where they stood, over time or over line numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from logdebug.logs import open_log
from logdebug.report.charts.activity import activity

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, *, timed: bool = True) -> Path:
    """Write a log of 100 minutes of which the last five have errors."""
    lines = []
    for number in range(6_000):
        stamp = f"2026-11-22 {8 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02} " if timed else ""
        level = "ERROR order failed" if number >= 5_700 and number % 2 else "INFO order stored"
        lines.append(f"{stamp}{level} id {number}\n")
    path.write_text("".join(lines))
    return path


@pytest.mark.parametrize("timed", [True, False])
def test_lines_and_errors_are_drawn_where_they_are(tmp_path: Path, timed: bool) -> None:
    """The steps add up to the log's lines and errors, and the errors stand at its end."""
    with open_log(write(tmp_path / "app.log", timed=timed)) as log:
        frame = log.activity()
        ax = log.plot.activity()
    assert list(frame.columns) == ["first_line", "lines", "errors", "timestamp"]
    assert (frame["lines"].sum(), frame["errors"].sum()) == (6_000, 150)
    lines, errors = (patch.get_data() for patch in ax.patches)
    assert lines[0].sum() == pytest.approx(6_000)
    assert errors[0].sum() == pytest.approx(150)
    assert not errors[0][: len(errors[0]) // 2].any()
    assert ax.get_title(loc="left").startswith("150 of 6,000 lines of")
    assert hasattr(ax, "_repr_png_")
    assert (ax.get_xlabel() == "line") is not timed


def test_an_axes_is_drawn_on_where_one_is_given(tmp_path: Path) -> None:
    """The chart goes where it is told; a log's name is no formula."""
    ax = Figure().add_subplot()
    with open_log(write(tmp_path / "$a_b$.log")) as log:
        assert log.plot.activity(ax) is ax
    ax.get_figure(root=True).savefig(tmp_path / "chart.png")


@pytest.mark.parametrize("text", ["", "one\n", "2026-11-22 08:00:00 one\n", "x\n" * 50])
def test_small_logs_have_a_chart_too(tmp_path: Path, text: str) -> None:
    """An empty log, a line, and lines without times are drawn without a warning."""
    path = tmp_path / "app.log"
    path.write_text(text)
    with open_log(path) as log:
        ax = log.plot.activity()
        ax.get_figure(root=True).savefig(tmp_path / "chart.png")
        assert repr(log.plot) == "log.plot: activity(ax=None)"
    assert "line" in ax.get_title(loc="left")


def stretches(*times: str | None, lines: int = 10) -> pd.DataFrame:
    """Make the activity of a log whose stretches begin at these times of one day."""
    return pd.DataFrame(
        {
            "first_line": pd.Series([1 + number * lines for number in range(len(times))], dtype="int64"),
            "lines": pd.Series([lines] * len(times), dtype="int64"),
            "errors": pd.Series([number % 3 for number in range(len(times))], dtype="int64"),
            "timestamp": pd.to_datetime(
                pd.Series([time and f"2026-11-22 {time}" for time in times]), utc=True
            ).dt.as_unit("us"),
        }
    )


@pytest.mark.parametrize(
    ("times", "timed"),
    [
        (["08:00", "08:10", "08:20"], True),
        (["08:00", None, "08:20", None], True),
        ([None, "08:10", "08:20", "08:30"], True),
        (["08:00", "08:00", "08:00", "08:01"], True),
        (["08:00", "08:30", "08:29", "09:00"], True),
        (["08:00", "09:00", "08:10", "09:10"], False),
        ([None, None, None, "08:00"], False),
        (["08:00", "08:00"], False),
        ([None], False),
        (["08:00"], False),
    ],
)
def test_times_are_used_where_they_are_enough_and_in_order(times: list[str | None], timed: bool) -> None:
    """A stretch without a time or a small step back leaves the axis one of times; no line is lost on either."""
    frame = stretches(*times)
    ax = activity(frame)
    assert (ax.get_xlabel() == "line") is not timed
    lines, errors = (patch.get_data() for patch in ax.patches)
    assert lines[0].sum() == pytest.approx(frame["lines"].sum())
    assert errors[0].sum() == pytest.approx(frame["errors"].sum())


def test_a_quote_without_a_time_stands_by_its_line() -> None:
    """Where a frame of quotes has no times, a line's place is reckoned from the stretches around it."""
    ax = activity(stretches("08:00", "08:10", "08:20"), evidence=pd.DataFrame({"line": pd.Series([16], dtype="Int64")}))
    [marks] = [each for each in ax.collections if isinstance(each, PathCollection)]
    [place] = np.asarray(marks.get_offsets())[:, 0]
    assert abs(mdates.num2date(place) - datetime(2026, 11, 22, 8, 15, tzinfo=UTC)) < timedelta(milliseconds=1)


def test_without_a_quote_the_title_says_so() -> None:
    """Where nothing of the log was quoted, that is in the title."""
    frame = stretches("08:00", "08:10")
    quotes = pd.DataFrame({"line": pd.Series([], dtype="Int64")})
    assert activity(frame, name="shop", evidence=quotes).get_title(loc="left").endswith("no quote was found in it")
