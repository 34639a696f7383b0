"""The chart of a correlation: who is drawn where, what its arrows say, and that any text is only text."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from correlation_samples import outage
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from PIL import Image
from report_samples import HOSTILE, hostile, many, report
from test_report_correlate import CALL, CRASH, failed

from logdebug.report.correlation.correlate import correlate

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes


def drawn(ax: Any) -> Image.Image:
    """Draw the picture that a notebook shows."""
    return Image.open(BytesIO(ax._repr_png_()[0]))


def arrows(ax: Axes) -> list[Annotation]:
    """Give the arrows."""
    return [text for text in ax.texts if isinstance(text, Annotation) and text.arrow_patch is not None]


def rows(ax: Axes) -> list[str]:
    """Give the names of the rows."""
    return [label.get_text() for label in ax.get_yticklabels()]


def test_linked_incidents_stand_together_causes_in_bold() -> None:
    """The linked come first, by time; the unrelated below; each link has an arrow and its reason."""
    made = report(failed("web-shop", 20, CALL), failed("early-job", -900, CRASH), failed("payment-svc", 0, CRASH))
    ax = correlate(made).plot()
    assert rows(ax) == ["payment-svc", "web-shop", "early-job"]
    assert [label.get_fontweight() for label in ax.get_yticklabels()] == ["bold", "normal", "normal"]
    assert ax.get_title(loc="left") == "payment-svc failed first and explains web-shop"
    assert len(arrows(ax)) == 1
    assert "web-shop names payment-svc" in [text.get_text() for text in ax.texts]
    drawn(ax)


def test_an_arrow_goes_from_the_cause_to_its_effect() -> None:
    """The arrow begins at the cause's onset and ends in the effect's row."""
    ax = correlate(report(failed("web-shop", 20, CALL), failed("payment-svc", 0, CRASH))).plot()
    [arrow] = arrows(ax)
    assert round(arrow.xyann[1]) == rows(ax).index("payment-svc")
    assert round(arrow.xy[1]) == rows(ax).index("web-shop")
    assert arrow.xy[0] > arrow.xyann[0]


@pytest.mark.parametrize(("cascades", "alone", "most"), [(1, 0, 5), (2, 5, 20), (6, 30, 60), (6, 75, 60)])
def test_few_and_many_incidents_have_a_picture(tmp_path: Path, cascades: int, alone: int, most: int) -> None:
    """From some to a hundred incidents, at most 60 rows are drawn, and the chart says how many are left out."""
    found = correlate(outage(tmp_path, 4, cascades=cascades, alone=alone).report)
    ax = found.plot()
    assert len(rows(ax)) <= most
    assert len(arrows(ax)) == len(found.links)
    assert ("not drawn" in ax.get_xlabel()) == (len(found.order) > len(rows(ax)))
    assert drawn(ax).size[1] < 4000


@pytest.mark.parametrize("count", [0, 1, 3])
def test_nothing_to_draw_is_said(count: int) -> None:
    """Without an incident, or without a link, there is still a chart with a title."""
    ax = correlate(many(count)).plot()
    assert ax.get_title(loc="left")
    assert not arrows(ax)
    drawn(ax)


def test_incidents_without_times_are_not_drawn() -> None:
    """Where nobody knows when, there is a title and no row."""
    ax = correlate(report(failed("payment-svc", None, CRASH), failed("web-shop", None, CALL))).plot()
    assert not rows(ax) or not ax.axison
    drawn(ax)


def test_hostile_names_are_drawn_as_text() -> None:
    """No name is read as a formula, or makes a warning or a line of its own."""
    made = report(failed("payment-svc", 0, CRASH), failed(f"$\\frac{{1}}$ {HOSTILE}", 20, CALL))
    for found in (correlate(made), correlate(hostile())):
        drawn(found.plot())


def test_an_axes_is_drawn_on_where_one_is_given() -> None:
    """The chart goes where it is told."""
    ax = Figure().add_subplot()
    assert correlate(many(2)).plot(ax) is ax
