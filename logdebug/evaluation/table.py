"""Scores as tables for people: plain text and HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from logdebug.evaluation.baselines import BASELINES
from logdebug.evaluation.grading import MEASURES
from logdebug.evaluation.scores import COSTS
from logdebug.report.text import one_line, shorten, untypeset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.evaluation.grading import Grade
    from logdebug.evaluation.scores import Scores
    from logdebug.evaluation.statistics import Estimate

__all__ = ["html_table", "text_table", "verdict"]

_MOST_WRONG = 8
_MOST_LETTERS = 28
_NOTE = "95% intervals: Wilson's for shares, bootstrap for means. Brier: how far confidence misses; 0 is perfect."
_COST_NAMES = {"turns": "turns per case", "tokens": "tokens per case", "cost_usd": "US$ per case",
               "seconds": "seconds per case"}  # fmt: skip


def text_table(scores: Scores) -> str:
    """Return scores as plain text: a line per measure, a column per analyst, and where each analyst went wrong."""
    from rich.cells import cell_len, set_cell_size

    rows = [["", *(shorten(one_line(name), _MOST_LETTERS) for name in scores.analysts)], *_rows(scores)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in rows]
    return "\n".join([_headline(scores), "", *lines, "", _NOTE, *_wrong(scores)])


def html_table(scores: Scores) -> str:
    """Return scores as the table that a notebook cell shows; what analysts said is escaped."""
    head = "".join(f"<th>{escape(one_line(name))}</th>" for name in scores.analysts)
    body = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in _rows(scores)
    )
    wrong = "<br>".join(escape(line) for line in _wrong(scores) if line)
    return untypeset(
        f"<p><strong>{escape(_headline(scores))}</strong></p>"
        f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>{escape(_NOTE)}</p><p>{wrong}</p>"
    )


def _headline(scores: Scores) -> str:
    cases, analysts = len(scores.cases), len(scores.analysts)
    failed = f", {scores.failed} without a diagnosis" if scores.failed else ""
    when = scores.generated_at.strftime("%Y-%m-%d %H:%M UTC")
    return f"{cases:,} case{'s' * (cases != 1)}, {analysts} analyst{'s' * (analysts != 1)}{failed} · {when}"


def _rows(scores: Scores) -> Iterator[list[str]]:
    """Give a row of texts per measure that any case has."""
    for measure, name in MEASURES.items():
        found = [scores.estimate(analyst, measure) for analyst in scores.analysts]
        if any(each.n for each in found):
            yield [f"{name} (n = {max(each.n for each in found)})", *map(_percent, found)]
    yield ["Brier score", *(_number(scores.brier(analyst), "{:.2f}") for analyst in scores.analysts)]
    for measure in COSTS:
        means = [scores.estimate(analyst, measure) for analyst in scores.analysts]
        if any(each.value for each in means if each.n):
            yield [_COST_NAMES[measure], *(_number(each.value, _format(measure, each.value)) for each in means)]


def _percent(found: Estimate) -> str:
    return f"{found.value:.0%} ({100 * found.low:.0f} to {100 * found.high:.0f})" if found.n else "-"


def _number(value: float, form: str) -> str:
    return form.format(value) if value == value else "-"  # noqa: PLR0124 - NaN alone differs from itself


def _format(measure: str, value: float) -> str:
    if measure == "cost_usd":
        return "{:.4f}"
    return "{:,.0f}" if value >= 100 else "{:.1f}" if value >= 1 else "{:.3f}"


def _wrong(scores: Scores) -> list[str]:
    """List the cases on which each analyst was wrong; the frame has the rest where there are many."""
    lines = []
    for analyst in scores.analysts:
        if analyst in BASELINES:
            continue  # they never name a category
        missed = [grade for grade in scores.of(analyst) if not grade.right]
        if not missed:
            continue
        lines += ["", f"{one_line(analyst)} was wrong on {len(missed)}:"]
        lines += [f"  {shorten(one_line(grade.case), 40)}: {verdict(grade)}" for grade in missed[:_MOST_WRONG]]
        if len(missed) > _MOST_WRONG:
            lines.append(f"  … and {len(missed) - _MOST_WRONG:,} more: scores.to_df() has them all")
    return lines


def verdict(grade: Grade) -> str:
    """Say in a few words how an analyst did on a case."""
    if grade.right:
        return "right"
    if grade.failure:
        return shorten(one_line(grade.failure), 120)
    return f"{grade.status} {grade.category}, where {grade.expected_status} {grade.expected_category} was right"
