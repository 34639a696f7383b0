"""What a portfolio means to do with each of its incidents, as a table, before anything is spent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from logdebug.records import Usage
from logdebug.report.text import one_line
from logdebug.run.table import dollars, html_table, text_table, thousands
from logdebug.settings import OFFLINE

if TYPE_CHECKING:
    import pandas as pd

    from logdebug.records import Diagnosis

__all__ = ["Plan", "Planned", "Way"]

Way = Literal["asked", "shared", "beyond budget", "unreadable"]
"""How an incident gets its diagnosis: it is asked about; it shares that of another whose log tells of the same failure;
its turn comes after the budget is spent, and it keeps the embedded analyst's; or it can't be investigated."""

_MOST_ROWS = 60
_HEAD = ("#", "severity", "service", "what", "tokens", "US$", "embedded analyst's view")


@dataclass(frozen=True, slots=True)
class Planned:
    """What is meant to be done with one incident.

    Parameters
    ----------
    index
        Its place among the incidents given, from 0.
    service
        Its service.
    way
        How it gets its diagnosis.
    diagnosis
        What the embedded analyst makes of it; None where it can't be read.
    shared_from
        The index of the incident whose diagnosis it shares; None where it shares none.
    typical
        What it will typically cost.
    problem
        Why it can't be investigated; empty where it can.
    """

    index: int
    service: str
    way: Way
    diagnosis: Diagnosis | None = None
    shared_from: int | None = None
    typical: Usage = field(default_factory=lambda: Usage(cost_usd=0.0))
    problem: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """What a portfolio means to do; renders as a table, worst incident first.

    Parameters
    ----------
    model
        The model that would be asked, or `offline`.
    entries
        What is meant to be done with each incident: those that are asked about in their order, each followed by
        those that share its diagnosis.
    budget
        What may be spent, in words; empty for anything.
    basis
        What the expected cost rests on.
    """

    model: str
    entries: tuple[Planned, ...]
    budget: str
    basis: str

    @property
    def typical(self) -> Usage:
        """What is expected to be spent."""
        return sum((each.typical for each in self.entries if each.way == "asked"), Usage(cost_usd=0.0))

    def to_df(self) -> pd.DataFrame:
        """Return one row per incident, in the plan's order.

        Returns
        -------
        pandas.DataFrame
            Columns service; way (asked, shared, beyond budget, unreadable); severity, category, status, root_cause
            (the embedded analyst's); shared_from (the service whose diagnosis it shares, or empty); tokens and
            cost_usd (expected; 0 where it isn't asked about, NaN where the price isn't known); problem; index (its
            place among the incidents given).
        """
        from logdebug.run.frames import plan_df

        return plan_df(self)

    def __repr__(self) -> str:
        """Give it as an aligned table in plain text."""
        table = text_table(_HEAD, self._rows, ("#", "tokens", "US$"))
        return "\n".join([self._headline, "", table, "", *self._notes])

    def _repr_html_(self) -> str:
        return html_table(self._headline, _HEAD, self._rows, self._notes)

    @property
    def _headline(self) -> str:
        ways = Counter(each.way for each in self.entries)
        count = len(self.entries)
        told = ", ".join(
            f"{ways[way]:,} {way}" for way in ("asked", "shared", "beyond budget", "unreadable") if ways[way]
        )
        said = f"{count:,} incident{'s' * (count != 1)}: {told} · "
        if self.model == OFFLINE:
            return said + "no model: embedded offline analyst"
        cost = f"about {dollars(self.typical)}" if self.typical.cost_usd is not None else "price unknown"
        within = f", within {self.budget}" if self.budget else ""
        return f"{said}model {one_line(self.model)} · {cost}, {thousands(self.typical)} tokens{within}"

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        names = {each.index: each.service for each in self.entries}
        return [self._row(place, each, names) for place, each in enumerate(self.entries[:_MOST_ROWS], 1)]

    def _row(self, place: int, each: Planned, names: dict[int, str]) -> tuple[str, ...]:
        found = each.diagnosis
        way = f"shared from {names[each.shared_from]}" if each.shared_from is not None else each.way
        asked = each.way in ("asked", "beyond budget")
        cost = (thousands(each.typical), dollars(each.typical)) if asked else ("-", "-")
        return (str(place), found.severity if found else "-", each.service, way, *cost,
                found.root_cause if found else each.problem)  # fmt: skip

    @property
    def _notes(self) -> list[str]:
        notes = []
        if self.model != OFFLINE:
            notes.append(f"expected: {self.basis}")
        if any(each.way == "beyond budget" for each in self.entries):
            notes.append("beyond budget: asked about where the others cost less than expected; else the embedded "
                         "analyst's diagnosis stands, marked as such")  # fmt: skip
        if len(self.entries) > _MOST_ROWS:
            notes.append(f"… and {len(self.entries) - _MOST_ROWS:,} incidents more: .to_df() has them all")
        return notes
