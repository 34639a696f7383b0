"""What came of asking again over what was recorded: what changed, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logdebug.records import Diagnosis, Failure, Usage
from logdebug.report.columns import framed
from logdebug.run.table import dollars, html_table, text_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

__all__ = ["Replay", "Replayed"]

_COMPARED = ("status", "category", "severity", "root_cause")
_COLUMNS = {
    "service": "str",
    "changed": "str",
    "status_before": "status",
    "status_after": "status",
    "category_before": "category",
    "category_after": "category",
    "severity_before": "severity",
    "severity_after": "severity",
    "root_cause_before": "str",
    "root_cause_after": "str",
    "evidence_before": "int64",
    "evidence_after": "int64",
    "evidence_shared": "int64",
    "tokens_before": "int64",
    "tokens_after": "int64",
    "cost_usd_before": "float64",
    "cost_usd_after": "float64",
    "calls_recorded": "int64",
    "calls_carried_out": "int64",
    "calls_unanswered": "int64",
    "on_log": "bool",
    "error": "str",
    "session": "str",
}


@dataclass(frozen=True, slots=True)
class Replayed:
    """One incident, before and after.

    Parameters
    ----------
    service
        Whose it is.
    before, after
        What was found: a diagnosis, or why there is none. None where the recorded session had not ended.
    spent_before, spent_after
        What that cost.
    recorded, carried_out, unanswered
        How many tool calls were answered from the recording, were carried out on files that are as they were, and could
        be answered by neither.
    on_log
        Whether the log is as it was; else quotes were looked up in what had been shown of it.
    session
        The directory's name of the new session.
    """

    service: str
    before: Diagnosis | None
    after: Diagnosis | Failure
    spent_before: Usage
    spent_after: Usage
    recorded: int = 0
    carried_out: int = 0
    unanswered: int = 0
    on_log: bool = True
    session: str = ""

    @property
    def changed(self) -> tuple[str, ...]:
        """What differs: of status, category, severity, root_cause and evidence (the verified quotes)."""
        before, after = self.before, self.after
        if before is None or isinstance(after, Failure):
            return ("status",)
        differing = [name for name in _COMPARED if getattr(before, name) != getattr(after, name)]
        return (*differing, *(["evidence"] if _quotes(before) != _quotes(after) else []))


@dataclass(frozen=True, repr=False)
class Replay:
    """A run that was asked again; iterate for its incidents, or take them as a table.

    Parameters
    ----------
    run_id
        The run that was recorded.
    model_before, model
        Who was asked then, and now.
    prompt_is_other
        Whether another system prompt was given.
    incidents
        One per recorded session, in the run's order.
    directory
        The name of the new sessions' directory.
    """

    run_id: str
    model_before: str
    model: str
    prompt_is_other: bool
    incidents: tuple[Replayed, ...]
    directory: str = ""

    def __iter__(self) -> Iterator[Replayed]:
        """Give the incidents in order."""
        return iter(self.incidents)

    def __len__(self) -> int:
        """Count the incidents."""
        return len(self.incidents)

    def __getitem__(self, place: int) -> Replayed:
        """Give an incident by its place."""
        return self.incidents[place]

    @property
    def headline(self) -> str:
        """What was asked again, how much changed, and what it cost."""
        changed = sum(bool(each.changed) for each in self)
        other = ", another prompt" if self.prompt_is_other else ""
        before = sum((each.spent_before for each in self), Usage(cost_usd=0.0))
        after = sum((each.spent_after for each in self), Usage(cost_usd=0.0))
        return (
            f"{self.run_id} again: {self.model_before} → {self.model}{other}: {changed:,} of {len(self):,} changed; "
            f"{before.tokens:,} tokens, {dollars(before)} before, {after.tokens:,} tokens, {dollars(after)} now"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """How the tool calls were answered, and what was not as it had been."""
        recorded, done = sum(each.recorded for each in self), sum(each.carried_out for each in self)
        missed, gone = sum(each.unanswered for each in self), sum(not each.on_log for each in self)
        notes = [f"tool calls: {recorded:,} answered as recorded, {done:,} carried out on files that are as they were"]
        if missed:
            notes.append(f"{missed:,} tool calls had no recording, and could not be carried out: the agents were told")
        if gone:
            notes.append(f"{gone:,} logs aren't as they were: quotes were looked up in what had been shown of them")
        return tuple(notes)

    def to_df(self) -> pd.DataFrame:
        """Give one row per incident.

        Returns
        -------
        pandas.DataFrame
            Columns service; changed (names, with commas); status, category, severity (categorical) and root_cause, each
            `_before` and `_after`, missing where there is no diagnosis; evidence_before, evidence_after (quotes that
            were found) and evidence_shared; tokens and cost_usd (NaN where unknown), each `_before` and `_after`;
            calls_recorded, calls_carried_out, calls_unanswered; on_log (False: the log isn't as it was); error (why
            there is no diagnosis); session.
        """
        return framed(_COLUMNS, map(_row, self))

    def __repr__(self) -> str:
        """Give the headline, a table and notes."""
        return "\n".join([self.headline, "", text_table(_HEAD, [*map(_cells, self)]), "", *self.notes])

    def _repr_html_(self) -> str:
        return html_table(self.headline, _HEAD, [*map(_cells, self)], self.notes)


_HEAD = ("service", "changed", "before", "after", "root cause after", "quotes", "cost")


def _cells(each: Replayed) -> tuple[str, ...]:
    after = each.after
    cause = after.message if isinstance(after, Failure) else after.root_cause
    quotes = f"{_count(each.before)} → {_count(after)}"
    cost = f"{dollars(each.spent_before)} → {dollars(each.spent_after)}"
    return (each.service, ", ".join(each.changed) or "-", _said(each.before), _said(after), cause, quotes, cost)


def _said(outcome: Diagnosis | Failure | None) -> str:
    if outcome is None:
        return "not ended"
    return f"failed: {outcome.error}" if isinstance(outcome, Failure) else f"{outcome.severity} {outcome.category}"


def _quotes(outcome: Diagnosis | Failure | None) -> set[tuple[str, int | None]]:
    """Give where the quotes that were found stand."""
    evidence = outcome.evidence if isinstance(outcome, Diagnosis) else ()
    return {(quote.file, quote.line) for quote in evidence if quote.verified}


def _count(outcome: Diagnosis | Failure | None) -> int:
    return len(_quotes(outcome))


def _row(each: Replayed) -> dict[str, Any]:
    sides = {"before": each.before, "after": each.after if isinstance(each.after, Diagnosis) else None}
    return {
        "service": each.service,
        "changed": ", ".join(each.changed),
        **{f"{name}_{side}": getattr(found, name, None) for side, found in sides.items() for name in _COMPARED},
        "evidence_before": _count(each.before),
        "evidence_after": _count(each.after),
        "evidence_shared": len(_quotes(each.before) & _quotes(each.after)),
        "tokens_before": each.spent_before.tokens,
        "tokens_after": each.spent_after.tokens,
        "cost_usd_before": each.spent_before.cost_usd,
        "cost_usd_after": each.spent_after.cost_usd,
        "calls_recorded": each.recorded,
        "calls_carried_out": each.carried_out,
        "calls_unanswered": each.unanswered,
        "on_log": each.on_log,
        "error": each.after.message if isinstance(each.after, Failure) else None,
        "session": each.session,
    }
