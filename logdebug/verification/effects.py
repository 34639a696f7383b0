"""What hiding the evidence did to a verdict, and to those of a whole report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.records import Usage
from logdebug.report.columns import framed
from logdebug.report.table import spent
from logdebug.report.text import one_line, shorten, untypeset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from logdebug.records import Diagnosis, Failure

__all__ = ["Ablation", "Ablations"]

_COMPARED = ("status", "category", "severity", "root_cause")
_VERDICT = ("status", "category")
_COLUMNS = {
    "service": "str",
    "decorative": "bool",
    "verdict_changed": "bool",
    "changed": "str",
    "hidden_lines": "int64",
    **{
        f"{name}_{when}": name if name in {"status", "category", "severity"} else "str"
        for name in _COMPARED
        for when in ("before", "after")
    },
    "model": "str",
    "turns": "int64",
    "tokens": "int64",
    "cost_usd": "float64",
    "seconds": "float64",
    "working_dir": "str",
    "log_file": "str",
}
_MOST_ROWS = 60


@dataclass(frozen=True, repr=False)
class Ablation:
    """One diagnosis, and what came of asking again without the lines that it cites.

    Parameters
    ----------
    before
        The diagnosis that is put to the test.
    after
        What was found without its evidence; nobody should take it for a diagnosis of the incident.
    hidden_lines
        How many lines were hidden.
    model
        Who was asked; `offline` is the embedded analyst.
    """

    before: Diagnosis
    after: Diagnosis
    hidden_lines: int
    model: str

    @property
    def changed(self) -> tuple[str, ...]:
        """What differs: of status, category, severity and root_cause; a model words a cause anew each time."""
        return tuple(name for name in _COMPARED if getattr(self.before, name) != getattr(self.after, name))

    @property
    def verdict_changed(self) -> bool:
        """Whether the status or the category is another one without the evidence."""
        return any(name in _VERDICT for name in self.changed)

    @property
    def decorative(self) -> bool:
        """Whether a `diagnosed` stands as it did without its evidence, and so did not rest on it, or not alone."""
        return self.before.status == "diagnosed" and not self.verdict_changed

    @property
    def usage(self) -> Usage:
        """What asking again cost."""
        return self.after.usage

    def __repr__(self) -> str:
        """Say in a line what hiding the evidence did."""
        service = shorten(one_line(self.before.service), 40)
        lines = f"{self.hidden_lines:,} line{'s' * (self.hidden_lines != 1)} hidden"
        if self.verdict_changed:
            said = f"{_verdict(self.before)} → {_verdict(self.after)}"
        else:
            said = f"still {_verdict(self.after)}{': the evidence is decorative' if self.decorative else ''}"
        return f"{service}: {lines}, {said} ({self.model}; {spent(self.usage)})"

    def to_df(self) -> pd.DataFrame:
        """Give it as a frame of one row; see `Ablations.to_df` for the columns."""
        return framed(_COLUMNS, map(_row, [self]))

    def _repr_html_(self) -> str:
        return _html(repr(self), ())


@dataclass(frozen=True, repr=False)
class Ablations:
    """The diagnoses of a report, each put to the test.

    Parameters
    ----------
    model
        Who was asked; `offline` is the embedded analyst.
    ablations
        One per diagnosis that could be tested, in the report's order.
    failures
        One per diagnosis that couldn't, with the reason.
    """

    model: str
    ablations: tuple[Ablation, ...]
    failures: tuple[Failure, ...] = ()

    def __iter__(self) -> Iterator[Ablation]:
        """Give the ablations in order."""
        return iter(self.ablations)

    def __len__(self) -> int:
        """Count the ablations."""
        return len(self.ablations)

    @property
    def decorative(self) -> tuple[Ablation, ...]:
        """Those whose verdict stood without its evidence."""
        return tuple(each for each in self.ablations if each.decorative)

    @property
    def usage(self) -> Usage:
        """What all of it cost."""
        return sum((each.usage for each in self.ablations), Usage(cost_usd=0.0))

    @property
    def headline(self) -> str:
        """How many verdicts changed, and how many stood."""
        changed = sum(each.verdict_changed for each in self.ablations)
        said = f"{changed:,} of {len(self):,} verdicts changed without their evidence"
        said += f"; {len(self.decorative):,} stood: their evidence is decorative" if self.decorative else ""
        said += f"; {len(self.failures):,} could not be tested" if self.failures else ""
        return f"{said} ({self.model}; {spent(self.usage)})"

    def to_df(self) -> pd.DataFrame:
        """Give one row per ablation.

        Returns
        -------
        pandas.DataFrame
            Columns service, decorative, verdict_changed, changed (names, with commas), hidden_lines; status, category,
            severity (categorical) and root_cause, each `_before` and `_after`; model, turns, tokens, cost_usd (NaN
            where unknown), seconds, working_dir, log_file.
        """
        return framed(_COLUMNS, map(_row, self.ablations))

    def __repr__(self) -> str:
        """Give the headline, a line per ablation, and one per failure."""
        return "\n".join([self.headline, *(f"  {line}" for line in self._lines())])

    def _repr_html_(self) -> str:
        return _html(self.headline, self._lines())

    def _lines(self) -> list[str]:
        ordered = sorted(self.ablations, key=lambda each: not each.decorative)
        lines = [repr(each) for each in ordered]
        lines += [f"{one_line(each.service)}: {one_line(each.message)} ({each.error})" for each in self.failures]
        more = len(lines) - _MOST_ROWS
        return [*lines[:_MOST_ROWS], *([f"… and {more:,} more: .to_df() has them all"] if more > 0 else [])]


def _verdict(diagnosis: Diagnosis) -> str:
    return f"{diagnosis.status.replace('_', ' ')}, {diagnosis.category}"


def _row(each: Ablation) -> dict[str, object]:
    row: dict[str, object] = {
        "service": each.before.service,
        "decorative": each.decorative,
        "verdict_changed": each.verdict_changed,
        "changed": ", ".join(each.changed),
        "hidden_lines": each.hidden_lines,
        "model": each.model,
        "turns": each.usage.turns,
        "tokens": each.usage.tokens,
        "cost_usd": each.usage.cost_usd,
        "seconds": each.usage.seconds,
        "working_dir": each.before.working_dir,
        "log_file": each.before.log_file,
    }
    for name in _COMPARED:
        row[f"{name}_before"], row[f"{name}_after"] = getattr(each.before, name), getattr(each.after, name)
    return row


def _html(headline: str, lines: Iterable[str]) -> str:
    from html import escape

    items = "".join(f"<li style='overflow-wrap:anywhere'>{escape(line)}</li>" for line in lines)
    return untypeset(f"<strong>{escape(headline)}</strong>{f'<ul>{items}</ul>' if items else ''}")
