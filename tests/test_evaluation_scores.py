"""Scores whose totals are known by hand: figures, tables, comparison, JSON."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from evaluation_samples import given, scores_of

from logdebug.errors import ReportError
from logdebug.evaluation.grading import MEASURES
from logdebug.evaluation.scores import Scores
from logdebug.records import Usage

if TYPE_CHECKING:
    from pathlib import Path

    from logdebug.evaluation.scores import Scores as ScoresType


def ten() -> ScoresType:
    """Give two analysts on ten cases: a right on 8, b on 5, both on 4; b failed once; the last case is healthy."""
    a = [given(f"c{number}", "a", right=number < 8, usage=Usage(2, 10, 5, 0.5, 1.0)) for number in range(9)]
    b = [given(f"c{number}", "b", right=4 <= number < 9, confidence=0.3) for number in range(8)]
    b.append(given("c8", "b", status=None, category=None, severity=None, confidence=None, failure="no_answer: gave up",
                   status_right=False, category_right=False))  # fmt: skip
    healthy = {
        "expected_status": "no_errors_found",
        "expected_category": "unknown",
        "category": "unknown",
        "category_right": True,
        "root_line_cited": None,
        "keywords": None,
    }
    a.append(given("c9", "a", status="diagnosed", status_right=False, false_alarm=True, **healthy))
    b.append(given("c9", "b", status="no_errors_found", status_right=True, false_alarm=False, **healthy))
    return scores_of(*a, *b)


def test_totals_by_hand() -> None:
    """Each share is what was counted, over the cases that have it, and means are means."""
    scores = ten()
    assert (scores.analysts, len(scores.cases), scores.failed) == (("a", "b"), 10, 1)
    a = {measure: scores.estimate("a", measure) for measure in (*MEASURES, "tokens", "cost_usd", "confidence")}
    assert (a["right"].value, a["right"].n) == (0.8, 10)
    assert (a["root_line_cited"].value, a["root_line_cited"].n) == (pytest.approx(8 / 9), 9)
    assert a["keywords"].value == pytest.approx((8 + 0.5) / 9)
    assert (a["false_alarm"].value, a["false_alarm"].n) == (1.0, 1)
    assert (a["tokens"].value, a["cost_usd"].n, a["cost_usd"].value) == (13.5, 9, 0.5)
    assert a["right"].low == pytest.approx(0.490, abs=1e-3)  # Wilson, 8 of 10
    assert a["right"].high == pytest.approx(0.943, abs=1e-3)
    assert scores.estimate("b", "confidence").n == 9


def test_the_summary_has_every_measure_of_every_analyst() -> None:
    """The summary is tidy: a row per analyst and measure, each with its interval and how it was made."""
    frame = ten().summary()
    assert set(frame["measure"]) == {*MEASURES, "confidence", "turns", "tokens", "cost_usd", "seconds", "brier"}
    assert not frame.duplicated(["analyst", "measure"]).any()
    held = frame[frame["interval"] != ""]
    assert ((held["low"] <= held["value"] + 1e-12) & (held["value"] <= held["high"] + 1e-12)).all()
    assert set(held.loc[held["measure"].isin(list(MEASURES)), "interval"]) == {"Wilson"}


def test_the_pairing_by_hand() -> None:
    """Cases are paired by name: both right, one of them, none; the difference and p follow from those."""
    found = ten().compare("a", "b")
    assert (found.both, found.only_a, found.only_b, found.neither) == (4, 4, 1, 1)
    assert found.difference.value == pytest.approx(0.3)
    assert found.p_value == pytest.approx(2 * (1 + 5) / 2**5)
    assert str(found).startswith("right on 10 cases: both 4, only a 4, only b 1, neither 1. a is +30 points from b")
    assert ten().compare("b", "a").difference.value == pytest.approx(-0.3)


def test_only_shared_cases_are_paired() -> None:
    """A case that one of them was not measured on is left out; with none left it is an error."""
    scores = scores_of(given("x", "a"), given("y", "a"), given("y", "b"), given("z", "c"))
    assert scores.compare("a", "b").n == 1
    with pytest.raises(ReportError, match="share no case"):
        scores.compare("a", "c")


def test_what_is_not_there_is_said() -> None:
    """An unknown analyst or measure is an error that lists those there are; a share can't be paired."""
    with pytest.raises(ReportError, match="no analyst 'c' in these scores; there are a, b"):
        ten().confusion("c")
    with pytest.raises(ReportError, match="no measure 'beauty'; there are right"):
        ten().compare("a", "b", measure="beauty")
    with pytest.raises(ReportError, match="can't be paired"):
        ten().compare("a", "b", measure="keywords")


def test_the_confusions_by_hand() -> None:
    """Rows are the labels' best answers, columns what was said; failures and healthy logs have places of their own."""
    frame = ten().confusion("b")
    assert list(frame.columns) == ["crash", "oom", "no_errors_found", "no diagnosis"]
    assert frame.loc["oom"].tolist() == [4, 4, 0, 1]
    assert frame.loc["no_errors_found"].tolist() == [0, 0, 1, 0]
    assert ten().confusion("a").loc["no_errors_found", "unknown"] == 1
    assert frame.to_numpy().sum() == 10


def test_the_calibration_by_hand() -> None:
    """Bins hold who said so much, how often they were right; the Brier score is the mean square of the misses."""
    scores = scores_of(
        given("1", "a", confidence=1.0),
        given("2", "a", confidence=0.8),
        given("3", "a", confidence=0.9, right=False),
        given("4", "a", confidence=0.1, right=False),
        given("5", "a", confidence=None, failure="x: y"),  # type: ignore[arg-type]
    )
    frame = scores.calibration("a")
    assert frame[["low", "high", "n"]].to_numpy().tolist() == [[0.0, 0.2, 1], [0.8, 1.0, 3]]
    assert frame["right"].tolist() == pytest.approx([0, 2 / 3])
    assert frame["confidence"].tolist() == pytest.approx([0.1, 0.9])
    assert scores.brier("a") == pytest.approx((0 + 0.04 + 0.81 + 0.01) / 4)


def test_the_frame_has_the_same_dtypes_with_no_rows() -> None:
    """Columns and dtypes are fixed; what can be missing is nullable, severities are ordered."""
    full, empty = ten().to_df(), scores_of().to_df()
    assert dict(full.dtypes) == dict(empty.dtypes)
    assert len(full) == 20
    assert full["severity"].cat.ordered
    assert full["false_alarm"].dtype == "boolean"
    assert pd.isna(full.loc[full["failure"] != "", "category"]).all()


def test_scores_load_back_equal(tmp_path: Path) -> None:
    """What is saved is loaded as it was, what JSON has no word for included."""
    scores = ten()
    assert Scores.load(scores.save(tmp_path / "scores.json")) == scores
    odd = scores_of(given("c", "a", usage=Usage(cost_usd=math.nan, seconds=1.0)))
    assert Scores.load(odd.save(tmp_path / "odd.json")).grades[0].usage.cost_usd is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"grades": [{"case": 1}], "generated_at": "2026-01-01T00:00:00Z"}'])
def test_what_is_no_scores_is_refused(text: str, tmp_path: Path) -> None:
    """A file of something else is an error that names the file, and so is a missing or a newer one."""
    path = tmp_path / "scores.json"
    path.write_text(text)
    with pytest.raises(ReportError, match=r"scores\.json"):
        Scores.load(path)
    with pytest.raises(ReportError, match="can't be read"):
        Scores.load(tmp_path / "none.json")
    path.write_text(json.dumps({**json.loads(scores_of().to_json()), "schema_version": 99}))
    with pytest.raises(ReportError, match="newer version"):
        Scores.load(path)


def test_the_text_is_a_table(tmp_path: Path) -> None:
    """A line per measure, a column per analyst, then what each got wrong and why."""
    text = repr(ten())
    assert text.startswith("10 cases, 2 analysts, 1 without a diagnosis · 2026-11-23 12:00 UTC")
    assert re.search(r"status and category \(n = 10\) +80% \(49 to 94\) +50% \(24 to 76\)", text)
    assert re.search(r"false alarms \(n = 1\) +100% .* 0%", text)
    assert "a was wrong on 2:\n  c8: diagnosed crash, where diagnosed oom was right" in text
    assert "  c8: no_answer: gave up" in text
    assert repr(scores_of())


def test_what_analysts_say_is_harmless() -> None:
    """Names and messages from outside can neither move a cursor nor become HTML."""
    scores = scores_of(given("<b>c\x1b[2J", "<script>m\x1b]0;x\x07", failure="x: <img src=q>\x1b[1m", right=False))
    assert "\x1b" not in repr(scores) + scores._repr_html_()
    assert not re.search(r"<(script|img |b>)", scores._repr_html_())
    assert "&lt;script&gt;m" in scores._repr_html_()
