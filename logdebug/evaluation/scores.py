"""Scores: what an evaluation measured, as one frozen value that is summarised, compared, saved and shown."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.errors import ReportError
from logdebug.evaluation.grading import MEASURES, Grade
from logdebug.evaluation.statistics import Comparison, Estimate, brier, exact_mcnemar, mean, paired_difference, share
from logdebug.report.document import to_utc
from logdebug.report.files import write_text

# Dataclass fields are part of the public signature, so their names must resolve at run time.
from datetime import datetime  # noqa: TC003  isort: skip

if TYPE_CHECKING:
    import pandas as pd

    from logdebug.evaluation.charts import ScorePlots

__all__ = ["COSTS", "Calibration", "Scores"]

SCHEMA_VERSION = 1
COSTS = ("turns", "tokens", "cost_usd", "seconds")
"""The measures that are amounts, in the order in which tables list them."""

_BINS = 5


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether an analyst that says 80% is right in 80% of such cases.

    Parameters
    ----------
    analyst
        The analyst.
    low, high
        The confidences of this bin, from `low` up to `high`.
    confidence
        The mean confidence in it.
    right
        The share of its cases whose status and category were both right.
    """

    analyst: str
    low: float
    high: float
    confidence: float
    right: Estimate


@dataclass(frozen=True, repr=False)
class Scores:
    """What an evaluation measured.

    Parameters
    ----------
    grades
        One per analyst and case.
    generated_at
        When the evaluation ended, in UTC.
    schema_version
        The version of the JSON form.
    """

    grades: tuple[Grade, ...]
    generated_at: datetime
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        """Hold the grades as a tuple and the time in UTC, whatever was given."""
        object.__setattr__(self, "grades", tuple(self.grades))
        object.__setattr__(self, "generated_at", to_utc(self.generated_at))

    @property
    def analysts(self) -> tuple[str, ...]:
        """The analysts, in the order in which they worked."""
        return tuple(dict.fromkeys(grade.analyst for grade in self.grades))

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases, in order."""
        return tuple(dict.fromkeys(grade.case for grade in self.grades))

    @property
    def failed(self) -> int:
        """How often an analyst gave no diagnosis."""
        return sum(bool(grade.failure) for grade in self.grades)

    def of(self, analyst: str) -> tuple[Grade, ...]:
        """Return the grades of one analyst.

        Raises
        ------
        ReportError
            Where there is no such analyst; it says which there are.
        """
        if analyst not in self.analysts:
            raise ReportError(f"no analyst {analyst!r} in these scores; there are {', '.join(self.analysts) or 'none'}")
        return tuple(grade for grade in self.grades if grade.analyst == analyst)

    # Figures

    def estimate(self, analyst: str, measure: str) -> Estimate:
        """Estimate one measure of one analyst over all cases that have it, with its 95% interval.

        Parameters
        ----------
        analyst
            The analyst.
        measure
            A share (`right`, `status_right`, …), a share with Wilson's interval; `confidence` or an amount (`turns`,
            `tokens`, `cost_usd`, `seconds`), a mean with the bootstrap's.
        """
        values = [value for grade in self.of(analyst) if (value := _value(grade, measure)) is not None]
        return share(values) if measure in MEASURES else mean(values)

    def compare(self, a: str, b: str, *, measure: str = "right") -> Comparison:
        """Compare two analysts on the cases that both were measured on.

        Parameters
        ----------
        a, b
            The analysts.
        measure
            Any measure that is right or wrong: `right` (status and category), `status_right`, `category_right`,
            `severity_right`, `root_line_cited`.

        Raises
        ------
        ReportError
            Where there is no such analyst or measure, or no case that both were measured on.
        """
        of_a, of_b = self._outcomes(a, measure), self._outcomes(b, measure)
        shared = [case for case in of_a if case in of_b]
        if not shared:
            raise ReportError(f"{a} and {b} share no case with {measure}; evaluate both on the same cases")
        counts = Counter((of_a[case], of_b[case]) for case in shared)
        table = (counts[True, True], counts[True, False], counts[False, True], counts[False, False])
        return Comparison(a, b, measure, *table, paired_difference(*table), exact_mcnemar(table[1], table[2]))

    def brier(self, analyst: str) -> float:
        """Return the Brier score of an analyst's confidence in its status and category: 0 is perfect."""
        answered = self._answered(analyst)
        return brier([confidence for confidence, _ in answered], [right for _, right in answered])

    def bins(self, analyst: str) -> list[Calibration]:
        """Return what `calibration` tabulates: one record per fifth of the confidences that occurs."""
        by_bin: dict[int, list[tuple[float, bool]]] = {}
        for confidence, right in self._answered(analyst):
            by_bin.setdefault(min(int(confidence * _BINS), _BINS - 1), []).append((confidence, right))
        return [
            Calibration(
                analyst,
                number / _BINS,
                (number + 1) / _BINS,
                sum(confidence for confidence, _ in held) / len(held),
                share([right for _, right in held]),
            )
            for number, held in sorted(by_bin.items())
        ]

    def _answered(self, analyst: str) -> list[tuple[float, bool]]:
        """Give confidence and outcome of each case that got a diagnosis."""
        return [(grade.confidence, grade.right) for grade in self.of(analyst) if grade.confidence is not None]

    def _outcomes(self, analyst: str, measure: str) -> dict[str, bool]:
        values = {grade.case: _value(grade, measure) for grade in self.of(analyst)}
        outcomes = {case: value == 1 for case, value in values.items() if value is not None}
        if any(value not in {0, 1} for value in values.values() if value is not None):
            raise ReportError(
                f"{measure} is not right or wrong, so two analysts can't be paired by it; take category_right"
            )
        return outcomes

    # Doors to tables, charts and files

    def to_df(self) -> pd.DataFrame:
        """Return one row per analyst and case; see `logdebug.evaluation.frames.to_df` for the columns."""
        from logdebug.evaluation.frames import to_df

        return to_df(self)

    def summary(self) -> pd.DataFrame:
        """Return one row per analyst and measure, with 95% intervals; see `logdebug.evaluation.frames.summary`."""
        from logdebug.evaluation.frames import summary

        return summary(self)

    def confusion(self, analyst: str) -> pd.DataFrame:
        """Return labels' best categories by an analyst's answers; see `logdebug.evaluation.frames.confusion`."""
        from logdebug.evaluation.frames import confusion

        return confusion(self, analyst)

    def calibration(self, analyst: str) -> pd.DataFrame:
        """Return how often an analyst was right, by how sure it was; see `logdebug.evaluation.frames.calibration`."""
        from logdebug.evaluation.frames import calibration

        return calibration(self, analyst)

    @property
    def plot(self) -> ScorePlots:
        """The charts: `scores.plot.scores()`, `.confusion(analyst)`, `.calibration()`."""
        from logdebug.evaluation.charts import ScorePlots

        return ScorePlots(self)

    def __repr__(self) -> str:
        """Give the measures of each analyst as an aligned table in plain text."""
        from logdebug.evaluation.table import text_table

        return text_table(self)

    def _repr_html_(self) -> str:
        from logdebug.evaluation.table import html_table

        return html_table(self)

    def to_json(self) -> str:
        """Return the scores as JSON that `load` reads back."""
        held = asdict(self)
        held["generated_at"] = self.generated_at.isoformat().replace("+00:00", "Z")
        return json.dumps(_finite(held), ensure_ascii=False, allow_nan=False, indent=2) + "\n"

    def save(self, path: str | Path) -> Path:
        """Write the scores to a file, whole or not at all, and return its path.

        Raises
        ------
        ReportError
            Where the file can't be written; an older one is as it was.
        """
        return write_text(path, self.to_json())

    @classmethod
    def load(cls, path: str | Path) -> Scores:
        """Read scores from a file that `save` wrote; they equal those that were saved.

        Raises
        ------
        ReportError
            Where the file can't be read or holds no scores; it names the file, the place in it and the remedy.
        """
        from pydantic import TypeAdapter, ValidationError

        try:
            data = Path(path).expanduser().read_bytes()
        except (OSError, RuntimeError, ValueError) as error:  # also no home for ~, a NUL in the name
            raise ReportError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from error
        try:
            scores = TypeAdapter(cls).validate_json(data)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            place = ".".join(map(str, fault["loc"])) or "the file"
            raise ReportError(
                f"{path}: {place}: {fault['msg']}; give a file as `logdebug eval --output` or `scores.save` wrote it"
            ) from error
        if scores.schema_version > SCHEMA_VERSION:
            raise ReportError(f"{path} is of a newer version; upgrade with `pip install --upgrade logdebug`")
        return scores


def _value(grade: Grade, measure: str) -> float | None:
    """Give a measure of a grade as a number; None where the case does not have it."""
    if measure in COSTS:
        amount: float | None = getattr(grade.usage, measure)
        return amount
    if measure not in {*MEASURES, "confidence"}:
        raise ReportError(f"no measure {measure!r}; there are {', '.join((*MEASURES, 'confidence', *COSTS))}")
    value = getattr(grade, measure)
    return None if value is None else float(value)


def _finite(value: Any) -> Any:
    """Replace what JSON has no word for by null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
