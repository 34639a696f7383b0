"""What was seen before: past incidents that say the same as one of now, and how they were dealt with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Literal, overload

from logdebug.report.history.matching import happened
from logdebug.report.text import one_line, shorten, shorten_middle, storable, untypeset

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from logdebug.records import Category, Diagnosis, Severity
    from logdebug.report.history.history import History
    from logdebug.report.history.matching import PastIncident
    from logdebug.report.report import Report

__all__ = ["Sighting", "Sightings", "seen_before", "sighting_of"]

_MOST_ALONGSIDE = 20


@dataclass(frozen=True, slots=True)
class Sighting:
    """One past incident that is like another.

    Parameters
    ----------
    run_id, index
        Its run, and its place in that run's report.
    happened_at
        When it began, in UTC; when its report was made, where its log has no time.
    service, category, severity, root_cause
        Its own.
    similarity
        From 0 to 1: how much of what they say is the same.
    fixed_by
        What was done, or advised, about it; empty where nothing is known.
    fixed_by_source
        Who says so: a reviewer's `note`, or only the `recommendation` of its diagnosis.
    """

    run_id: str
    index: int
    happened_at: datetime
    service: str
    category: Category
    severity: Severity
    root_cause: str
    similarity: float
    fixed_by: str = ""
    fixed_by_source: Literal["note", "recommendation", ""] = ""

    @property
    def words(self) -> str:
        """The sighting in one sentence, as text that is shown as it is: not escaped, on one line."""
        said = f"Seen before on {self.happened_at:%Y-%m-%d} in {shorten_middle(one_line(self.service), 40)}"
        if self.fixed_by_source == "note":
            return f"{said}, fixed by (reviewer's note): {shorten(one_line(self.fixed_by), 300)}"
        if self.fixed_by_source == "recommendation":
            return f"{said}, recommended then: {shorten(one_line(self.fixed_by), 300)}"
        return said


class Sightings(tuple[Sighting, ...]):
    """Past incidents that are like one, the most similar first; shows itself as a table."""

    __slots__ = ()

    @overload  # type: ignore[override]
    def __getitem__(self, key: int) -> Sighting: ...
    @overload
    def __getitem__(self, key: slice) -> Sightings: ...
    def __getitem__(self, key: int | slice) -> Sighting | Sightings:
        """Return one of them, or some."""
        found = super().__getitem__(key)
        return Sightings(found) if isinstance(found, tuple) else found

    def to_df(self) -> pd.DataFrame:
        """Return one row per past incident.

        Returns
        -------
        pandas.DataFrame
            Columns happened_at (UTC), service, category, severity (as in `Report.to_df`), similarity (0 to 1),
            root_cause, fixed_by, fixed_by_source (note, recommendation or empty), run_id, index.
        """
        import pandas as pd

        from logdebug.records import CATEGORIES, SEVERITIES

        dtypes: dict[str, object] = {
            "happened_at": "datetime64[us, UTC]",
            "service": "str",
            "category": pd.CategoricalDtype(list(CATEGORIES)),
            "severity": pd.CategoricalDtype(list(reversed(SEVERITIES)), ordered=True),
            "similarity": "float64",
            "root_cause": "str",
            "fixed_by": "str",
            "fixed_by_source": "str",
            "run_id": "str",
            "index": "int64",
        }
        return pd.DataFrame(
            {
                name: pd.Series([_storable(getattr(each, name)) for each in self], dtype=dtype)  # type: ignore[call-overload]
                for name, dtype in dtypes.items()
            }
        )

    def __repr__(self) -> str:
        """Give one line each: how similar, and what it was."""
        if not self:
            return "nothing like it was seen before"
        return "\n".join(f"{each.similarity:4.0%}  {each.words}" for each in self)

    def _repr_html_(self) -> str:
        if not self:
            return "<p>Nothing like it was seen before.</p>"
        rows = "".join(f"<li>{each.similarity:.0%}: {escape(each.words)}</li>" for each in self)
        return untypeset(f"<ul>{rows}</ul>")


def seen_before(report: Report, history: History | str | Path) -> tuple[Sighting | None, ...]:
    """Give for each diagnosis of a report the most similar incident that happened before it.

    Parameters
    ----------
    report
        The report; it need not be in the history, and is not taken for its own past where it is.
    history
        The history, or its path.

    Returns
    -------
    tuple of Sighting or None
        One per diagnosis, in the report's order; None where nothing like it was seen before.
    """
    from logdebug.report.history.history import History

    past = history if isinstance(history, History) else History(history)
    return tuple(_seen(diagnosis, report, past) for diagnosis in report.reports)


def _seen(diagnosis: Diagnosis, report: Report, past: History) -> Sighting | None:
    """Give the most similar incident of an earlier run: what failed alongside was not seen before."""
    found = past.similar(diagnosis, limit=_MOST_ALONGSIDE, before=happened(diagnosis, report.generated_at))
    return next((sighting for sighting in found if sighting.run_id != storable(report.run_id)), None)


def sighting_of(past: PastIncident, score: float, diagnosis: Diagnosis) -> Sighting:
    """Make a sighting of a past incident."""
    # What the embedded analyst ruled out is no advice.
    advised = diagnosis.recommendation.partition(" Ruled out: ")[0].strip()
    notes = [review.note for review in diagnosis.reviews if review.note.strip()]
    fixed_by = notes[-1] if notes else advised
    source: Literal["note", "recommendation", ""] = "note" if notes else "recommendation" if fixed_by else ""
    return Sighting(
        run_id=past.run_id,
        index=past.place,
        happened_at=datetime.fromisoformat(past.happened_at),
        service=diagnosis.service,
        category=diagnosis.category,
        severity=diagnosis.severity,
        root_cause=diagnosis.root_cause,
        similarity=round(score, 3),
        fixed_by=fixed_by,
        fixed_by_source=source,
    )


def _storable(value: object) -> object:
    return storable(value) if isinstance(value, str) else value
