"""Scores as charts: which analyst is better, what it takes for what, and whether its confidence means anything.

They are drawn as the report's charts are: on a figure of their own that shows itself in a cell, each with a title that
says what is found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.drawing import label_rows, literal, new_axes, titled
from logdebug.evaluation.grading import MEASURES
from logdebug.report.text import one_line, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from logdebug.evaluation.scores import Scores
    from logdebug.evaluation.statistics import Estimate

__all__ = ["ScorePlots"]

_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#666666")
"""Told apart by the colour-blind. Source: M. Okabe, K. Ito, "Color Universal Design" (2008)."""
_MARKERS = "osD^vP*"
_SHOWN = tuple(measure for measure in MEASURES if measure not in {"right", "keywords_anywhere"})
_MOST_LETTERS = 30
_LEGEND_COLUMNS = 2


class ScorePlots:
    """The charts of scores, each one method; `scores.plot` is one of these."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores

    def __repr__(self) -> str:
        """List the charts."""
        return "scores.plot: scores(ax=None), confusion(analyst, ax=None), calibration(ax=None)"

    def scores(self, ax: Axes | None = None) -> Axes:
        """Draw each share of each analyst with its 95% interval.

        Returns
        -------
        matplotlib.axes.Axes
            A row per measure that any case has, a dot per analyst. On false alarms left is better.
        """
        held, analysts = self._scores, self._scores.analysts
        rows = [each for each in _SHOWN if any(held.estimate(analyst, each).n for analyst in analysts)]
        ax = ax or new_axes(8.4, 1.8 + (0.2 + 0.17 * len(analysts)) * len(rows) + _legend_inches(analysts))
        if not rows:
            return _blank(ax, "Nothing was evaluated")
        for number, analyst in enumerate(analysts):
            shift = 0.6 * ((number + 0.5) / len(analysts) - 0.5)
            found = [(row + shift, held.estimate(analyst, measure)) for row, measure in enumerate(rows)]
            _draw_estimates(ax, [pair for pair in found if pair[1].n], number, _name(analyst))
        label_rows(ax, [MEASURES[each] + (" (less is better)" if each == "false_alarm" else "") for each in rows])
        _percent_axis(ax)
        _legend(ax)
        return titled(ax, _score_finding(held))

    def confusion(self, analyst: str, ax: Axes | None = None) -> Axes:
        """Draw what an analyst took for what.

        Parameters
        ----------
        analyst
            The analyst.
        ax
            Where to draw; None makes a figure.

        Returns
        -------
        matplotlib.axes.Axes
            A row per best category of the labels, a column per answer, the count in each field. The diagonal is right;
            beside it an answer may be acceptable too.
        """
        frame = self._scores.confusion(analyst)
        ax = ax or new_axes(max(6.6, 2.6 + 0.5 * len(frame.columns)), 2.6 + 0.42 * len(frame.index))
        counts = frame.to_numpy()
        most = max(int(counts.max()), 1)
        ax.imshow(counts, cmap="Blues", vmin=0, vmax=most * 1.3, aspect="auto")
        for row in range(counts.shape[0]):
            for column in range(counts.shape[1]):
                if counts[row, column]:
                    ink = "white" if counts[row, column] > 0.7 * most else "black"
                    ax.text(column, row, f"{counts[row, column]:,}", ha="center", va="center", color=ink)
        ax.set_yticks(range(len(frame.index)), list(frame.index))
        ax.set_xticks(range(len(frame.columns)), list(frame.columns), rotation=40, ha="right", rotation_mode="anchor")
        ax.set_ylabel("label")
        ax.set_xlabel("answer")
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        grades = self._scores.of(analyst)
        right = sum(grade.category_right for grade in grades)
        return titled(ax, f"{_name(analyst)}: {right:,} of {len(grades):,} categories acceptable")

    def calibration(self, ax: Axes | None = None) -> Axes:
        """Draw how often each analyst is right, by how sure it says it is.

        Returns
        -------
        matplotlib.axes.Axes
            A dot per analyst and fifth of the confidences that occurs, with its 95% interval. On the diagonal
            confidence means what it says; above it an analyst is too modest, below it too sure.
        """
        analysts = [analyst for analyst in self._scores.analysts if self._scores.bins(analyst)]
        ax = ax or new_axes(5.6, 4.8 + _legend_inches(analysts))
        if not analysts:
            return _blank(ax, "No analyst said how sure it is")
        ax.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle="--", zorder=1)
        for analyst in analysts:
            number = self._scores.analysts.index(analyst)
            bins = self._scores.bins(analyst)
            ax.errorbar(
                [each.confidence for each in bins],
                [each.right.value for each in bins],
                yerr=_reach([each.right for each in bins]),
                color=_COLOURS[number % len(_COLOURS)],
                marker=_MARKERS[number % len(_MARKERS)],
                linewidth=1.5,
                elinewidth=1,
                label=literal(f"{_name(analyst)} (Brier {self._scores.brier(analyst):.2f})"),
            )
        ax.set(
            xlim=(0, 1.02), ylim=(-0.02, 1.04), xlabel="confidence that was given", ylabel="right (status and category)"
        )
        ax.xaxis.set_major_formatter("{x:.0%}")
        ax.yaxis.set_major_formatter("{x:.0%}")
        ax.grid(alpha=0.25, linewidth=0.6)
        ax.spines[["top", "right"]].set_visible(False)
        _legend(ax)
        return titled(ax, _calibration_finding(self._scores, analysts))


def _draw_estimates(ax: Axes, found: list[tuple[float, Estimate]], number: int, name: str) -> None:
    if not found:
        return
    ax.errorbar(
        [each.value for _, each in found],
        [row for row, _ in found],
        xerr=_reach([each for _, each in found]),
        color=_COLOURS[number % len(_COLOURS)],
        marker=_MARKERS[number % len(_MARKERS)],
        linestyle="none",
        elinewidth=1.5,
        label=literal(name),
    )


def _reach(found: list[Estimate]) -> list[list[float]]:
    """Give how far intervals reach to both sides of their figures, as matplotlib takes them."""
    return [
        [max(0.0, each.value - each.low) for each in found],
        [max(0.0, each.high - each.value) for each in found],
    ]


def _percent_axis(ax: Axes) -> None:
    ax.set_xlim(-0.02, 1.02)
    ax.xaxis.set_major_formatter("{x:.0%}")
    ax.grid(axis="x", alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)


def _legend(ax: Axes) -> None:
    ax.legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncols=_LEGEND_COLUMNS, frameon=False, fontsize="small")


def _legend_inches(analysts: Sequence[str]) -> float:
    return 0.25 * -(-len(analysts) // _LEGEND_COLUMNS)


def _blank(ax: Axes, title: str) -> Axes:
    ax.set_axis_off()
    return titled(ax, title)


def _name(analyst: str) -> str:
    return shorten_middle(one_line(analyst), _MOST_LETTERS)


def _score_finding(scores: Scores) -> str:
    """Say who is best at status and category, and how far the next one is behind."""
    ranked = sorted(scores.analysts, key=lambda analyst: -scores.estimate(analyst, "right").value)
    best = scores.estimate(ranked[0], "right")
    said = f"{_name(ranked[0])} has status and category right in {best.value:.0%} of {best.n:,} cases"
    if len(ranked) > 1:
        said += f", {_name(ranked[1])} in {scores.estimate(ranked[1], 'right').value:.0%}"
    return said


def _calibration_finding(scores: Scores, analysts: Sequence[str]) -> str:
    """Say how sure the best-calibrated analyst is, and how often it is right."""
    best = min(analysts, key=scores.brier)
    sure, right = scores.estimate(best, "confidence").value, scores.estimate(best, "right").value
    return f"{_name(best)} is {sure:.0%} sure on average, and right in {right:.0%}"
