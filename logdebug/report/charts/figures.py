"""A report's charts as drawings for the inside of a page: its own ids, its own colours, light and dark."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from logdebug.report.charts.colours import SEVERITY_COLOURS

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup
    from matplotlib.axes import Axes

    from logdebug.report.report import Report

__all__ = ["Figure", "figure_of", "figures_of"]

# A colour that no chart uses: what is drawn in it takes the page's own, light or dark.
_INK = "#010203"
_INKED = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
_PAGE_STYLE = dict.fromkeys(_INKED, _INK) | {
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "logdebug",
}
_HALF_INCHES, _WHOLE_INCHES = 5.0, 10.3


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart as a page holds it.

    Parameters
    ----------
    name
        What tells its ids from those of other drawings of the page.
    title
        What it shows, as a sentence.
    svg
        The drawing.
    """

    name: str
    title: str
    svg: Markup


def figures_of(report: Report) -> list[Figure]:
    """Draw a report's charts; none where nothing was diagnosed."""
    if not report.reports:
        return []
    plots = report.plot
    return [
        figure_of("severity", plots.severity, width_inches=_HALF_INCHES),
        figure_of("category", plots.category, width_inches=_HALF_INCHES),
        figure_of("timeline", plots.timeline),
    ]


def figure_of(name: str, draw: Callable[[], Axes], *, width_inches: float = _WHOLE_INCHES) -> Figure:
    """Draw a chart as SVG: no head, the page's ink, its title taken off and given beside it.

    Parameters
    ----------
    name
        What tells its ids from those of other drawings of the page.
    draw
        Makes the chart on a figure of its own.
    width_inches
        How wide it is drawn, which decides how large its letters are on the page.
    """
    from markupsafe import Markup
    from matplotlib import style

    # The page must not depend on the reader's settings, so matplotlib's own are the base.
    with style.context(["default", _PAGE_STYLE]):
        ax = draw()
        title = ax.get_title(loc="left").replace(r"\$", "$")
        ax.set_title("", loc="left")
        figure = ax.get_figure(root=True)
        assert figure is not None  # noqa: S101 - a chart has just drawn on it
        figure.set_size_inches(width_inches, figure.get_size_inches()[1] - 0.25)
        drawn = StringIO()
        figure.savefig(drawn, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    svg = re.sub(r"\s*\n\s*", " ", drawn.getvalue())
    svg = re.sub(r'^.*?(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r"<[^>]*>", lambda tag: _of_the_page(tag[0], name), svg)
    # matplotlib escapes what it writes, so the drawing may stand in the page as it is.
    return Figure(name, title, Markup(svg.replace("> <", "><")))  # noqa: S704


def _of_the_page(tag: str, name: str) -> str:
    """Give a drawing's tag ids that no other drawing on the page has, and the page's colours."""
    tag = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", tag).replace(_INK, "currentColor")
    for severity, colour in SEVERITY_COLOURS.items():
        tag = tag.replace(colour, f"var(--{severity})")
    return tag
