"""The report in plain text: its headline and an aligned table, worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.records import SEVERITIES
from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    from logdebug.records import Diagnosis, Review, Usage
    from logdebug.report.report import Report

__all__ = [
    "analyst",
    "cause",
    "counts",
    "decision",
    "duration",
    "origin",
    "quotes_found",
    "ranked",
    "spent",
    "text_table",
]

_COLUMNS = ("#", "severity", "service", "category", "conf.", "quotes", "root cause")
_MOST_CELLS = (6, 8, 28, 18, 5, 7, 66)
_MOST_ROWS = 60
_MOST_FAILURES = 20


def ranked(report: Report) -> list[tuple[int, Diagnosis]]:
    """Return the diagnoses with their places in the report, worst severity first, otherwise in order."""
    return sorted(enumerate(report.reports), key=lambda entry: SEVERITIES.index(entry[1].severity))


def analyst(report: Report) -> str:
    """Say who made the diagnoses; plainly so where it was no model."""
    return "no model: embedded offline analyst" if report.model == "offline" else f"model {one_line(report.model)}"


def counts(report: Report) -> str:
    """Say how many incidents there were and what became of them."""
    noun = "incident" if report.total_incidents == 1 else "incidents"
    return f"{report.total_incidents:,} {noun}: {report.diagnosed:,} diagnosed, {report.failed:,} failed"


def spent(usage: Usage) -> str:
    """Say what a run or an incident cost: turns, tokens, dollars where known, time."""
    parts = [f"{duration(usage.seconds)}"]
    if usage.turns:
        parts = [f"{usage.turns:,} turn{'s' * (usage.turns != 1)}", f"{usage.tokens:,} tokens", *parts]
    if usage.cost_usd:
        digits = 2 if usage.cost_usd >= 1 else 4
        parts.insert(-1, f"${usage.cost_usd:,.{digits}f}")
    return ", ".join(parts)


def cause(diagnosis: Diagnosis) -> str:
    """Return the root cause on one line, led by the status where that isn't `diagnosed`, and by whose it is."""
    marks = [] if diagnosis.status == "diagnosed" else [diagnosis.status.replace("_", " ")]
    marks += [told] if (told := origin(diagnosis)) else []
    text = one_line(diagnosis.root_cause)
    return f"({', '.join(marks)}) {text}" if marks else text


def origin(diagnosis: Diagnosis) -> str:
    """Say where a diagnosis is from that wasn't made by the report's model on this log; empty for one that was."""
    told = [f"shared from {shorten(one_line(diagnosis.shared_from), 40)}"] if diagnosis.shared_from else []
    told += [f"by the {shorten(one_line(diagnosis.analyst), 40)} analyst"] if diagnosis.analyst else []
    told += [f"from {shorten(one_line(diagnosis.recalled_from), 60)}, $0"] if diagnosis.recalled_from else []
    return ", ".join(told)


def quotes_found(diagnosis: Diagnosis) -> str:
    """Return how many quotes were found in the log, of how many: `3/4`."""
    return f"{sum(quote.verified for quote in diagnosis.evidence)}/{len(diagnosis.evidence)}"


def decision(review: Review) -> str:
    """Say what a person decided on a diagnosis, in a few words: `corrected severity: high → critical`."""
    changes = [
        "root cause" if change.field == "root_cause" else f"{change.field}: {change.before} → {change.after}"
        for change in review.corrections
    ]
    return one_line(" ".join((review.decision, ", ".join(changes))))


def text_table(report: Report) -> str:
    """Return the whole report as plain text: headline, table, failures; no colour, nothing hidden.

    At most 60 diagnoses and 20 failures are shown; the text says how many more there are.
    """
    when = report.generated_at.strftime("%Y-%m-%d %H:%M UTC")
    lines = [f"{counts(report)} · {analyst(report)} · {when} · {spent(report.usage)}"]
    rows = ranked(report)
    if rows:
        lines += ["", *_aligned([_COLUMNS, *(_row(index, diagnosis) for index, diagnosis in rows[:_MOST_ROWS])])]
    if len(rows) > _MOST_ROWS:
        lines.append(f"… and {len(rows) - _MOST_ROWS:,} more: report.to_df() has them all")
    if report.errors:
        lines += ["", "failed:"]
        lines += [
            f"  {shorten(one_line(failure.service), 28)}  {one_line(failure.error)}: "
            f"{shorten(one_line(failure.message), 200)}"
            for failure in report.errors[:_MOST_FAILURES]
        ]
    if len(report.errors) > _MOST_FAILURES:
        lines.append(f"  … and {len(report.errors) - _MOST_FAILURES:,} more: report.errors_df() has them all")
    return "\n".join(lines)


def _row(index: int, diagnosis: Diagnosis) -> tuple[str, ...]:
    return (
        str(index),
        diagnosis.severity,
        one_line(diagnosis.service),
        diagnosis.category,
        f"{diagnosis.confidence:.0%}",
        quotes_found(diagnosis),
        cause(diagnosis),
    )


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Pad each column to its widest cell, counted as a terminal does (wide letters take two)."""
    from rich.cells import cell_len, set_cell_size

    cut = [
        [cell if cell_len(cell) <= most else set_cell_size(cell, most - 1).rstrip() + "…" for cell, most in pairs]
        for pairs in (zip(row, _MOST_CELLS, strict=True) for row in rows)
    ]
    widths = [max(map(cell_len, column)) for column in zip(*cut, strict=True)]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in cut]


def duration(seconds: float) -> str:
    """Say a duration in one or two units."""
    if not 0 <= seconds < float("inf"):
        return "time unknown"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
