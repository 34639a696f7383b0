"""How bad which kind of failure is: severities by categories, as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.drawing import blank, is_dark, new_axes, titled
from logdebug.records import CATEGORIES, SEVERITIES
from logdebug.report.charts.colours import SEVERITY_COLOURS, SEVERITY_INKS, ink_on, shades
from logdebug.report.charts.findings import severity_by_category_finding

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["counted", "severity_by_category"]

_HEAD = 0.62  # how high the row of severities on top is, in rows


def severity_by_category(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how many incidents have each category and severity.

    Parameters
    ----------
    frame
        One row per incident, as `frames.to_df` gives, or several of those together.
    ax
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.axes.Axes
        A row per category that occurs, the most frequent on top, its incidents in all at its end; a column per
        severity, worst first; in each field that isn't empty, its count.
    """
    counts = counted(frame)
    ax = ax or new_axes(7, 1.35 + 0.36 * max(len(counts), 1))
    if counts.empty:
        return blank(ax, severity_by_category_finding(counts))
    _draw_head(ax)
    _draw_fields(ax, counts)
    for row, total in enumerate(counts.sum(axis=1)):
        ax.text(len(SEVERITIES) - 0.42, row, f"{total:,}", ha="left", va="center", alpha=0.75)
    ax.set_yticks(range(len(counts)), list(counts.index))
    ax.xaxis.set_visible(False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_xlim(-0.5, len(SEVERITIES) - 0.5 + 0.35)
    ax.set_ylim(len(counts) - 0.5, -0.5 - _HEAD - 0.1)
    return titled(ax, severity_by_category_finding(counts))


def counted(frame: pd.DataFrame) -> pd.DataFrame:
    """Count incidents by category and severity.

    Parameters
    ----------
    frame
        One row per incident, with columns category and severity.

    Returns
    -------
    pandas.DataFrame
        A row per category that occurs, the most frequent first, equal ones in the vocabulary's order; a column per
        severity, worst first.
    """
    import pandas as pd

    pairs = pd.crosstab(frame["category"].astype("str"), frame["severity"].astype("str"))
    counts = pairs.reindex(index=list(CATEGORIES), columns=list(SEVERITIES), fill_value=0)
    counts = counts[counts.sum(axis=1) > 0]
    return counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]


def _draw_head(ax: Axes) -> None:
    """Name the severities on their colours."""
    from matplotlib.patches import Rectangle

    for column, word in enumerate(SEVERITIES):
        place = (column - 0.48, -0.5 - _HEAD)
        ax.add_patch(Rectangle(place, 0.96, _HEAD - 0.08, facecolor=SEVERITY_COLOURS[word], linewidth=0))
        ink = SEVERITY_INKS[word]
        ax.text(column, -0.54 - _HEAD / 2, word, ha="center", va="center", color=ink, fontsize="small")


def _draw_fields(ax: Axes, counts: pd.DataFrame) -> None:
    """Fill each field by its count, and write that on it; an empty one has only its place."""
    from matplotlib.colors import to_hex
    from matplotlib.patches import Rectangle

    colours, most = shades(dark=is_dark(ax)), int(counts.to_numpy().max())
    for row, held in enumerate(counts.to_numpy()):
        for column, count in enumerate(held):
            # Shades count from 1: one incident among hundreds is to be seen, and 1 alone is not many.
            share = (count - 1) / max(most - 1, 4)
            colour = to_hex(colours(share)) if count else "#80808018"
            ax.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=colour, linewidth=0))
            if count:
                ax.text(column, row, f"{count:,}", ha="center", va="center", color=ink_on(colour))
