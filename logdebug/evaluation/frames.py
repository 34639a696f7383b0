"""Scores as pandas frames. This module owns the names and dtypes of their columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from logdebug.evaluation.grading import MEASURES
from logdebug.evaluation.scores import COSTS
from logdebug.records import CATEGORIES, SEVERITIES, STATUSES
from logdebug.report.text import storable

if TYPE_CHECKING:
    import pandas as pd

    from logdebug.evaluation.grading import Grade
    from logdebug.evaluation.scores import Scores

__all__ = ["calibration", "confusion", "summary", "to_df"]

HEALTHY = "no_errors_found"
NO_ANSWER = "no diagnosis"
_COLUMNS = {
    "case": "str",
    "analyst": "str",
    "expected_status": "status",
    "expected_category": "category",
    "expected_severity": "severity",
    "status": "status",
    "category": "category",
    "severity": "severity",
    "right": "bool",
    "status_right": "bool",
    "category_right": "bool",
    "severity_right": "bool",
    "root_line_cited": "boolean",
    "keywords": "float64",
    "keywords_anywhere": "float64",
    "evidence": "int64",
    "evidence_verified": "float64",
    "false_alarm": "boolean",
    "confidence": "float64",
    "turns": "int64",
    "tokens": "int64",
    "cost_usd": "float64",
    "seconds": "float64",
    "root_cause": "str",
    "failure": "str",
}


def to_df(scores: Scores) -> pd.DataFrame:
    """Return one row per analyst and case.

    Returns
    -------
    pandas.DataFrame
        Columns case, analyst; expected_status, expected_category, expected_severity (the label's best answers); status,
        category, severity (the analyst's; NA where it gave none); right (status and category), status_right,
        category_right, severity_right; root_line_cited (NA where the label has no root line); keywords,
        keywords_anywhere (shares); evidence (quotes), evidence_verified (share); false_alarm (NA but for healthy
        logs); confidence; turns, tokens, cost_usd (NaN where unknown), seconds; root_cause; failure.
    """
    import pandas as pd

    dtypes = {
        "status": pd.CategoricalDtype(list(STATUSES)),
        "category": pd.CategoricalDtype(list(CATEGORIES)),
        "severity": pd.CategoricalDtype(list(reversed(SEVERITIES)), ordered=True),
    }
    columns = {}
    for name, dtype in _COLUMNS.items():
        values = [getattr(grade.usage if name in COSTS else grade, name) for grade in scores.grades]
        if dtype == "str":
            values = [storable(value) for value in values]
        columns[name] = pd.Series(values, dtype=dtypes.get(dtype, dtype))
    return pd.DataFrame(columns)


def summary(scores: Scores) -> pd.DataFrame:
    """Return each measure of each analyst over all cases.

    Returns
    -------
    pandas.DataFrame
        One row per analyst and measure; columns analyst, measure, n (cases that have it), value, low and high (the
        95% interval), interval (how it was made: `Wilson` for shares, `bootstrap` for means; empty for the Brier
        score). Shares are from 0 to 1; `false_alarm` counts healthy logs only, and lower is better.
    """
    import pandas as pd

    rows = []
    for analyst in scores.analysts:
        for measure in (*MEASURES, "confidence", *COSTS):
            found = scores.estimate(analyst, measure)
            rows.append((analyst, measure, found.n, found.value, found.low, found.high, found.interval))
        score, n = scores.brier(analyst), sum(each.right.n for each in scores.bins(analyst))
        rows.append((analyst, "brier", n, score, float("nan"), float("nan"), ""))
    columns = ["analyst", "measure", "n", "value", "low", "high", "interval"]
    return pd.DataFrame(rows, columns=columns).astype({"n": "int64", "analyst": "str", "measure": "str"})


def confusion(scores: Scores, analyst: str) -> pd.DataFrame:
    """Return how often each answer was given for each best answer of a label.

    Returns
    -------
    pandas.DataFrame
        Rows: the label's best category, or `no_errors_found` for a healthy log. Columns: what the analyst said, the
        same words, and `no diagnosis`. An answer off the diagonal may still be an acceptable one of its label.
    """
    import pandas as pd

    pairs = Counter((_expected(grade), _answer(grade)) for grade in scores.of(analyst))
    order = [*CATEGORIES, HEALTHY, NO_ANSWER]
    used = [word for word in order if any(word in pair for pair in pairs)]
    rows = [word for word in used if word != NO_ANSWER]
    return pd.DataFrame(
        [[pairs[row, column] for column in used] for row in rows],
        index=pd.Index(rows, name="label", dtype="str"),
        columns=pd.Index(used, name="answer", dtype="str"),
        dtype="int64",
    )


def calibration(scores: Scores, analyst: str) -> pd.DataFrame:
    """Return how often an analyst was right (status and category), by how sure it said it was.

    Returns
    -------
    pandas.DataFrame
        One row per fifth of the confidences that occurs; columns low, high, n, confidence (mean), right (share),
        right_low and right_high (Wilson's 95% interval). `brier` gives the score of the whole.
    """
    import pandas as pd

    columns = ["low", "high", "n", "confidence", "right", "right_low", "right_high"]
    return pd.DataFrame(
        [
            (each.low, each.high, each.right.n, each.confidence, each.right.value, each.right.low, each.right.high)
            for each in scores.bins(analyst)
        ],
        columns=columns,
    )


def _expected(grade: Grade) -> str:
    return HEALTHY if grade.expected_status == HEALTHY else grade.expected_category


def _answer(grade: Grade) -> str:
    if grade.category is None:
        return NO_ANSWER
    return HEALTHY if grade.status == HEALTHY else grade.category
