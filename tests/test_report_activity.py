"""A log's activity is drawn as it was: lines and errors where they stood, over time or over line numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from matplotlib.figure import Figure

from logdebug.logs import open_log

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
    assert lines.values.sum() == pytest.approx(6_000)
    assert errors.values.sum() == pytest.approx(150)
    assert not errors.values[: len(errors.values) // 2].any()
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
