"""The heat map: its counts, its order, its words, and that they can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from matplotlib import style
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from report_samples import diagnosis, five, many, report
from test_report_colours import luminance

from logdebug.records import SEVERITIES
from logdebug.report.charts.heat import counted, severity_by_category

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def fields(ax: Axes) -> dict[tuple[int, int], tuple[str, str, str]]:
    """Give what is written in each field by (row, column): the text, its colour, and the colour that it stands on."""
    under = {
        (round(patch.get_y() + patch.get_height() / 2), round(patch.get_x() + patch.get_width() / 2)): to_hex(
            patch.get_facecolor()
        )
        for patch in ax.patches
        if isinstance(patch, Rectangle) and patch.get_height() > 0.9
    }
    return {
        (place := (round(text.get_position()[1]), round(text.get_position()[0]))): (
            text.get_text(),
            to_hex(text.get_color()),
            under[place],
        )
        for text in ax.texts
        if text.get_position()[1] >= 0 and text.get_position()[0] in range(len(SEVERITIES))
    }


def test_categories_are_ordered_by_frequency_and_severities_by_weight() -> None:
    """The most frequent category is on top, equal ones as the vocabulary has them; the worst severity comes first."""
    counts = counted(five().to_df())
    assert list(counts.index) == ["dependency_failure", "oom", "disk_full", "network_error"]
    assert list(counts.columns) == list(SEVERITIES)
    assert counts.loc["dependency_failure"].to_list() == [1, 1, 0, 0]


def test_the_fields_hold_the_counts() -> None:
    """Each field that isn't empty has its count, and together they are all incidents."""
    made = many(500)
    ax = made.plot.severity_by_category()
    counts = counted(made.to_df())
    assert {place: said for place, (said, _, _) in fields(ax).items()} == {
        (row, column): str(counts.iloc[row, column])
        for row in range(len(counts))
        for column in range(len(SEVERITIES))
        if counts.iloc[row, column]
    }
    assert counts.to_numpy().sum() == 500


@pytest.mark.parametrize("theme", ["default", "dark_background"])
@pytest.mark.parametrize("count", [1, 5, 50, 500])
def test_counts_are_readable(theme: str, count: int) -> None:
    """On every shade that occurs, light theme or dark, the count has a contrast of at least 4.5:1."""
    with style.context(theme):
        ax = many(count).plot.severity_by_category()
    for _, ink, under in fields(ax).values():
        high, low = sorted((luminance(ink), luminance(under)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_more_is_darker_on_white_and_lighter_on_black() -> None:
    """The field with the most incidents stands out from the page most."""
    for theme, sign in (("default", -1), ("dark_background", 1)):
        with style.context(theme):
            held = fields(many(500).plot.severity_by_category()).values()
        shades = [sign * luminance(under) for _, _, under in sorted(held, key=lambda each: int(each[0]))]
        assert shades == sorted(shades)


@pytest.mark.parametrize(
    ("incidents", "said"),
    [
        ([], "No incident was diagnosed"),
        ([("low", "oom")], "The one incident is low: out of memory"),
        ([("critical", "crash"), ("low", "oom")], "The one critical incident is a crash"),
        ([("high", "timeout")] * 2 + [("low", "oom")], "All 2 high incidents are timeouts"),
        ([("high", "timeout"), ("high", "oom")], "No category leads: 2 high incidents, 2 categories"),
        (
            [("critical", "dependency_failure")] * 5 + [("critical", "oom"), ("critical", "crash"), ("low", "oom")],
            "5 of 7 critical incidents are dependency failures",
        ),
    ],
)
def test_the_title_says_what_the_worst_are(incidents: list[tuple[str, str]], said: str) -> None:
    """The title names the category that leads among the worst incidents, where one does."""
    made = report(*(diagnosis(str(at), severity=pair[0], category=pair[1]) for at, pair in enumerate(incidents)))
    assert made.plot.severity_by_category().get_title(loc="left") == said


def test_frames_of_several_reports_are_counted_together() -> None:
    """A frame put together of several reports is drawn as one."""
    frame = pd.concat({"a": five().to_df(), "b": five().to_df(), "c": report().to_df()})
    assert counted(frame).to_numpy().sum() == 10
    assert severity_by_category(frame).get_title(loc="left") == "No category leads: 6 critical incidents, 3 categories"
