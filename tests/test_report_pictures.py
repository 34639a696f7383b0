"""The charts as pictures, compared with those in `pictures/`: what no figure of an Axes says is seen there.

Where a chart is meant to look different, renew them and look at each: `python tests/test_report_pictures.py`.
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from report_samples import BEGIN, diagnosis, report
from test_report_activity import write
from test_report_story import investigated

from logdebug.records import Failure, TimelineEvent, Usage
from logdebug.report.charts import activity, colours, heat, plots, spending

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from logdebug.report.report import Report

PICTURES = Path(__file__).parent / "pictures"
_DOTS_PER_INCH = 50
# Root mean square of the differences, of 255: letters differ by less between releases of matplotlib, and what the
# tests below change differs by more.
_TOLERANCE = 2.0

WORDS = [
    ("payment-svc", "network_error", "critical"),
    ("auth-svc", "oom", "critical"),
    ("notif-worker", "dependency_failure", "high"),
    ("etl-daily", "disk_full", "medium"),
    ("api-gw", "dependency_failure", "critical"),
    ("search-svc", "dependency_failure", "critical"),
    ("платёж", "timeout", "low"),
    ("auth-svc", "oom", "high"),
]


def incidents() -> Report:
    """Make a report of eight incidents, each with its own times and cost, and a failure."""
    dice = random.Random(5)
    made = [
        diagnosis(
            service,
            working_dir=f"/srv/{number}",
            category=category,
            severity=severity,
            usage=Usage(2 + number, 9_000 + dice.randrange(60_000), 900 + 100 * number, None if number == 6 else 0.01),
            timeline=tuple(
                TimelineEvent(BEGIN + timedelta(seconds=11 * number + dice.randrange(300)), "x") for _ in range(4)
            ),
        )
        for number, (service, category, severity) in enumerate(WORDS)
    ]
    held = report(*made, errors=(Failure("broken", "no_answer", "m"),))
    return replace(held, usage=held.usage + Usage(3, 20_000, 1_000))


def paid(held: Report) -> Report:
    """Give the report with every cost known."""
    made = [replace(each, usage=replace(each.usage, cost_usd=each.usage.tokens * 4e-6)) for each in held]
    usage = sum((each.usage for each in made), Usage(3, 20_000, 1_000, 0.1))
    return replace(held, reports=tuple(made), usage=usage)


CHARTS: dict[str, Callable[[Path], Axes]] = {
    "severity": lambda _: incidents().plot.severity(),
    "category": lambda _: incidents().plot.category(),
    "severity_by_category": lambda _: incidents().plot.severity_by_category(),
    "timeline": lambda _: incidents().plot.timeline(),
    "usage": lambda _: paid(incidents()).plot.usage(),
    "usage_unknown": lambda _: incidents().plot.usage(),
    "activity": lambda where: investigated(write(where / "app.log")).plot.activity("shop"),
    "activity_gone": lambda _: report(diagnosis("shop", working_dir="/nowhere")).plot.activity("shop"),
}


def save(ax: Axes, path: Path) -> Path:
    """Save a chart as a small picture."""
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    figure.savefig(path, dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return path


def draw(name: str, theme: str, where: Path) -> Path:
    """Draw one of the charts in a theme, whatever the reader's settings are."""
    with style.context(["default", theme] if theme != "default" else ["default"]):
        return save(CHARTS[name](where), where / f"{name}-{theme}.png")


def difference(drawn: Path) -> str | None:
    """Say how far a picture is from its reference; None where it is the same."""
    message = compare_images(str(PICTURES / drawn.name), str(drawn), tol=_TOLERANCE)
    assert message is None or isinstance(message, str)
    return message


@pytest.mark.parametrize("theme", ["default", "dark_background"])
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_looks_as_it_did(name: str, theme: str, tmp_path: Path) -> None:
    """Each chart, light and dark, is the picture that was looked at when it was made."""
    assert not difference(draw(name, theme, tmp_path))


def test_every_picture_is_of_a_chart() -> None:
    """No picture stays behind when its chart goes, and all of them together are small."""
    expected = {f"{name}-{theme}.png" for name in CHARTS for theme in ("default", "dark_background")}
    assert {path.name for path in PICTURES.iterdir()} == expected
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 250_000


@pytest.mark.parametrize("name", ["severity", "category", "severity_by_category", "timeline"])
def test_other_colours_are_noticed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two severities with each other's colours make another picture."""
    swapped = dict(colours.SEVERITY_COLOURS, critical="#e0652a", high="#961a30")
    monkeypatch.setattr(plots, "SEVERITY_COLOURS", swapped)
    monkeypatch.setattr(heat, "SEVERITY_COLOURS", swapped)
    assert difference(draw(name, "default", tmp_path))


@pytest.mark.parametrize(("name", "room"), [("usage", spending), ("usage_unknown", spending), ("activity", activity)])
def test_other_colours_of_bars_and_marks_are_noticed(
    name: str, room: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another blue makes another picture."""
    monkeypatch.setattr(room, "BLUE", "#2ca02c")
    assert difference(draw(name, "default", tmp_path))


@pytest.mark.parametrize("name", [name for name in CHARTS if not name.startswith("activity")])
def test_another_order_is_noticed(name: str, tmp_path: Path) -> None:
    """Rows from bottom to top make another picture."""
    with style.context("default"):
        ax = CHARTS[name](tmp_path)
        ax.invert_yaxis()
        assert difference(save(ax, tmp_path / f"{name}-default.png"))


@pytest.mark.parametrize("name", CHARTS)
def test_another_title_is_noticed(name: str, tmp_path: Path) -> None:
    """A title of other words makes another picture."""
    with style.context("default"):
        ax = CHARTS[name](tmp_path)
        ax.set_title("Something else was found", loc="left", fontweight="bold", fontsize="medium", pad=10)
        assert difference(save(ax, tmp_path / f"{name}-default.png"))


def renew() -> None:
    """Draw all pictures anew."""
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as scratch:
        for name in CHARTS:
            for theme in ("default", "dark_background"):
                drawn = draw(name, theme, Path(scratch))
                (PICTURES / drawn.name).write_bytes(drawn.read_bytes())
    sys.stdout.write(f"{len(list(PICTURES.iterdir()))} pictures in {PICTURES}: look at each\n")


if __name__ == "__main__":
    renew()
