"""The charts: what their titles find, what they draw, and that they leave nothing behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from report_samples import BEGIN, diagnosis, five, hostile, many, report

from logdebug.records import CATEGORIES, TimelineEvent
from logdebug.report import frames
from logdebug.report.charts import plots
from logdebug.report.charts.colours import SEVERITY_COLOURS
from logdebug.report.charts.plots import Plots

if TYPE_CHECKING:
    from logdebug.report.report import Report

CHARTS = [Plots.severity, Plots.category, Plots.severity_by_category, Plots.timeline, Plots.usage]
Chart = Callable[..., Axes]


def bars(ax: Axes) -> list[Rectangle]:
    """Give the bars."""
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def title(ax: Axes) -> str:
    """Give the title as it is drawn."""
    return ax.get_title(loc="left").replace(r"\$", "$")


def labels(ax: Axes) -> list[str]:
    """Give the names of the rows."""
    return [label.get_text() for label in ax.get_yticklabels()]


def drawn(ax: Any) -> Image.Image:
    """Draw the picture that a notebook shows."""
    return Image.open(BytesIO(ax._repr_png_()[0]))


@pytest.mark.parametrize(
    ("severities", "said"),
    [
        ([], "No incident was diagnosed"),
        (["high"], "The one incident is high"),
        (["low", "low"], "All 2 incidents are low"),
        (["critical", "low"], "1 of 2 incidents is critical"),
        (["high", "high", "low"], "2 of 3 incidents are high"),
    ],
)
def test_the_severity_title_says_the_finding(severities: list[str], said: str) -> None:
    """The title counts the worst severity that occurs, in words that are right for one, all and none."""
    made = report(*(diagnosis(str(number), severity=word) for number, word in enumerate(severities)))
    assert title(made.plot.severity()) == said


def test_the_severity_bars_are_the_counts() -> None:
    """There is a bar for each of the four severities, worst on top, in its fixed colour."""
    ax = five().plot.severity()
    assert labels(ax) == ["critical", "high", "medium", "low"]
    assert [patch.get_width() for patch in bars(ax)] == [3, 1, 1, 0]
    assert [to_hex(patch.get_facecolor()) for patch in bars(ax)] == list(SEVERITY_COLOURS.values())
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


@pytest.mark.parametrize(
    ("categories", "said"),
    [
        ([], "No incident was diagnosed"),
        (["oom"], "The one incident is out of memory"),
        (["oom", "oom"], "All 2 incidents are out of memory"),
        (["oom", "crash"], "No category leads: 2 incidents, 2 categories"),
        (["oom", "crash", "oom"], "2 of 3 incidents are out of memory"),
    ],
)
def test_the_category_title_says_the_finding(categories: list[str], said: str) -> None:
    """The title names the most frequent category only where there is one."""
    made = report(*(diagnosis(str(number), category=word) for number, word in enumerate(categories)))
    assert title(made.plot.category()) == said


def test_the_category_bars_add_up() -> None:
    """Each category that occurs has a bar as long as its count, the longest on top."""
    made = many(50)
    ax = made.plot.category()
    ends = [0.0] * len(labels(ax))
    for patch in bars(ax):
        row = round(patch.get_y() + patch.get_height() / 2)
        ends[row] = max(ends[row], patch.get_x() + patch.get_width())
    assert dict(zip(labels(ax), ends, strict=True)) == made.summary.by_category
    assert ends == sorted(ends, reverse=True)


def test_the_timeline_shows_the_cascade() -> None:
    """Rows are in the order of first events, and the title names the first and how fast the others follow."""
    reverse = replace(five(), reports=five().reports[::-1])
    ax = reverse.plot.timeline()
    assert labels(ax) == ["payment-svc", "auth-svc", "notif-worker", "etl-daily", "api-gw"]
    assert title(ax) == "payment-svc is first, 14:02:11 UTC; 4 more follow within 68 s"


def test_the_timeline_explains_its_colours() -> None:
    """The severities that occur, and no others, are named below the timeline."""
    legend = five().plot.timeline().get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["critical", "high", "medium"]


@pytest.mark.parametrize("years", [(1, 1), (9999, 9999), (1, 9999), (2026, 9999)])
def test_dates_at_the_end_of_time_are_drawn(years: tuple[int, int]) -> None:
    """Dates that stand for "never" in logs, such as 9999-12-31, are drawn like others."""
    events = tuple(TimelineEvent(datetime(year, 1 if year == 1 else 12, 31, tzinfo=UTC), "x") for year in years)
    assert drawn(report(diagnosis(timeline=events)).plot.timeline())


def test_a_single_moment_is_seen_to_the_second() -> None:
    """Where all events are of one moment, the axis is of seconds around it, not of years."""
    ax = report(diagnosis(timeline=(TimelineEvent(BEGIN, "x"),))).plot.timeline()
    low, high = ax.get_xlim()
    assert (high - low) * 86_400 == pytest.approx(1)


def test_incidents_that_share_a_service_have_rows_of_their_own() -> None:
    """Two incidents of one service are two rows, told apart by their directories."""
    made = report(diagnosis("a", working_dir="/srv/one"), diagnosis("a", 1, working_dir="/srv/two/"))
    assert labels(made.plot.timeline()) == ["a (one)", "a (two)"]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (report(), "No event has a time"),
        (report(diagnosis(timeline=(TimelineEvent(None, "x"),))), "No event has a time"),
        (report(diagnosis()), "payment-svc: 2 events within 40 s"),
        (report(diagnosis("a"), diagnosis("b")), "a is first, 14:02:11 UTC; 1 more at once"),
        (report(diagnosis("a"), diagnosis("b", 1)), "a is first, 14:02:11 UTC; 1 more follows within 17 s"),
        (report(diagnosis("a"), diagnosis("b", 5_000)), "a is first, 14:02:11 UTC; 1 more follows within 24 h"),
        (report(diagnosis("a"), diagnosis("b", 50_000)), "a is first, 14:02:11 UTC; 1 more follows within 10 days"),
    ],
)
def test_the_timeline_title(made: Report, said: str) -> None:
    """The title is right for none, one, two at once, and spans of seconds to days."""
    assert title(made.plot.timeline()) == said


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("count", [0, 1, 5, 50, 500])
def test_charts_draw_at_every_size(chart: Chart, count: int) -> None:
    """From no incident to 500 with long names, each chart draws without a warning, in a picture of sensible size."""
    made = many(count, name="a-very-long-name-in-a-cluster-eu-central-1-with-$dollars$")
    picture = drawn(chart(made.plot))
    assert 800 <= picture.width <= 2000
    assert 200 <= picture.height <= 3000


@pytest.mark.parametrize("chart", CHARTS)
def test_titles_fit_the_picture(chart: Chart) -> None:
    """No title is cut off, however long the services' names are."""
    for count in (1, 2, 50, 500):
        ax = chart(many(count, name="n" * 60).plot)
        figure = ax.get_figure(root=True)
        assert isinstance(figure, Figure)
        figure.draw_without_rendering()
        assert ax._left_title.get_window_extent().x1 <= figure.bbox.x1  # type: ignore[attr-defined]


SCRIPTS = [
    "支払いサービス-东京-결제",
    "платёж-ελληνικά",
    "خدمة-الدفع",
    "🔥💳",
    "e" + "\u0301" * 60,
    "",
    "\t\n",
    "\ue000\U0010ffff",
]


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("theme", ["default", "dark_background"])
def test_names_in_every_script_are_drawn(chart: Chart, theme: str) -> None:
    """Names in scripts that no font here has, empty ones and twins are drawn without a warning, and none too wide."""
    with style.context(theme):
        made = report(*(diagnosis(name, number) for number, name in enumerate(SCRIPTS * 2)))
        ax = chart(made.plot)
        picture = drawn(ax)
    assert 800 <= picture.width <= 2000
    assert ax.get_position().width > 0.5
    assert "None" not in " ".join(labels(ax))


@pytest.mark.parametrize("chart", CHARTS)
def test_charts_draw_frames_of_many_reports(chart: Chart) -> None:
    """Each chart draws a frame that was put together of several reports, empty ones included."""
    name = chart.__name__
    make = {"timeline": frames.timeline_df, "usage": frames.usage_df}.get(name, frames.to_df)
    made = [make(each) for each in (report(), five(), many(3), five())]
    for frame in (pd.concat(made), pd.concat(dict(enumerate(made))), pd.concat(made[:1])):
        assert title(getattr(plots, name)(frame))


@pytest.mark.parametrize("chart", CHARTS)
def test_an_axes_that_is_given_is_drawn_on(chart: Chart) -> None:
    """With `ax` the chart draws there and gives the same Axes back."""
    ax = Figure().add_subplot()
    assert chart(five().plot, ax) is ax
    assert title(ax)


def test_nothing_is_left_in_pyplot() -> None:
    """Charts are drawn and shown without pyplot being imported, so no figure is left open; no setting is changed."""
    code = (
        "import sys; from matplotlib import rcParams; from report_samples import five\n"
        "plot, before = five().plot, rcParams.copy()\n"
        "charts = [plot.severity, plot.category, plot.severity_by_category, plot.timeline, plot.usage]\n"
        "[chart()._repr_png_() for chart in (*charts, lambda: plot.activity(0))]\n"
        "print('matplotlib.pyplot' in sys.modules, rcParams.copy() == before)"
    )
    output = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=Path(__file__).parent)
    assert output.strip() == "False True"


def test_a_notebook_shows_a_chart_once() -> None:
    """IPython shows a chart that is a cell's value as one PNG, at half its pixels."""
    from IPython.core.formatters import DisplayFormatter

    data, metadata = DisplayFormatter().format(five().plot.timeline())  # type: ignore[no-untyped-call]
    assert set(data) == {"text/plain", "image/png"}
    picture = Image.open(BytesIO(data["image/png"]))
    assert picture.width == 2 * metadata["image/png"]["width"]


def test_dollars_in_a_log_are_no_formula() -> None:
    r"""Names with dollars and broken formulas, or a TeX setting, draw as they are: `$\frac$` runs nothing."""
    ax = report(diagnosis(r"$\frac$"), diagnosis(r"a$b\$c", 1)).plot.timeline()
    assert drawn(ax)
    assert title(ax).startswith(r"$\frac$ is first")
    assert labels(ax)[0] == r"\$\frac\$"
    for chart in CHARTS:
        assert drawn(chart(hostile().plot))
    with mpl.rc_context({"text.usetex": True}):
        assert not report(diagnosis("x")).plot.timeline()._left_title.get_usetex()  # type: ignore[attr-defined]


def test_every_category_is_listed_when_it_occurs() -> None:
    """All eleven categories at once get a row each."""
    made = report(*(diagnosis(word, category=word) for word in CATEGORIES))
    assert sorted(labels(made.plot.category())) == sorted(CATEGORIES)


def test_the_accessor_says_what_it_offers() -> None:
    """`report.plot` alone lists the charts."""
    offered = {name for name in vars(Plots) if not name.startswith("_")}
    assert all(f" {name}(" in repr(five().plot) for name in offered)
