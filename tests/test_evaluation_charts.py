"""The charts of scores: what their titles find, what they draw, and that they survive odd scores."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from evaluation_samples import given, scores_of
from PIL import Image
from test_evaluation_scores import ten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from logdebug.evaluation.scores import Scores


def title(ax: Axes) -> str:
    """Give the title as it is drawn."""
    return ax.get_title(loc="left").replace(r"\$", "$")


def drawn(ax: Any) -> Image.Image:
    """Draw the picture that a notebook shows."""
    return Image.open(BytesIO(ax._repr_png_()[0]))


def test_the_scores_chart() -> None:
    """The title says who is best and by how much; each measure that occurs is a row, each analyst a series."""
    ax = ten().plot.scores()
    assert title(ax) == "a has status and category right in 80% of 10 cases, b in 50%"
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert rows[0] == "status"
    assert rows[-1] == "false alarms (less is better)"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert drawn(ax).width > 600


def test_the_confusion_chart() -> None:
    """Each count stands in its field, and the title counts what was acceptable."""
    ax = ten().plot.confusion("b")
    assert title(ax) == "b: 5 of 10 categories acceptable"
    assert sorted(text.get_text() for text in ax.texts) == ["1", "1", "4", "4"]
    assert drawn(ax).height > 300


def test_the_calibration_chart() -> None:
    """Each analyst with a confidence is a series with its Brier score; the title says how sure the best is."""
    ax = ten().plot.calibration()
    assert title(ax) == "a is 90% sure on average, and right in 80%"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a (Brier 0.17)", "b (Brier 0.26)"]
    assert drawn(ax).width > 400


@pytest.mark.parametrize(
    "scores",
    [
        scores_of(),
        scores_of(given("c", "a", status=None, category=None, confidence=None, failure="x: y", right=False)),  # type: ignore[arg-type]
        scores_of(*(given("c", f"model-{number}-$x$<b>" + "long" * 20) for number in range(12))),
    ],
)
def test_odd_scores_are_drawn(scores: Scores) -> None:
    """No scores, only failures, and a dozen analysts with formulas for names are drawn without an error."""
    axes = [scores.plot.scores(), scores.plot.calibration(), *map(scores.plot.confusion, scores.analysts[:1])]
    assert all(drawn(ax).width for ax in axes)
    assert "confusion" in repr(scores.plot)
