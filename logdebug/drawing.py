"""What all charts share: Axes that show themselves in a cell, titles, row labels, a time axis; text is never a formula.

Figures are made without pyplot, so that nothing is left open and no global state changes.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["label_rows", "literal", "new_axes", "time_axis", "titled"]


def new_axes(width: float, height: float) -> Axes:
    """Make an Axes on a figure of its own; sizes in inches."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1))
    return figure.add_subplot(axes_class=_shown_axes())


def titled(ax: Axes, title: str) -> Axes:
    """Give an Axes its title, the finding; returns the Axes."""
    ax.set_title(literal(title), loc="left", fontweight="bold", fontsize="medium", usetex=False, pad=10)
    return ax


def label_rows(ax: Axes, names: list[str], rows: int | None = None) -> None:
    """Put the rows' names on the left, the first row on top."""
    # No TeX either, whatever the reader's settings: it would run what a log says.
    ax.set_yticks(range(len(names)), [literal(name) for name in names], usetex=False)
    ax.tick_params(axis="y", length=0)
    ax.set_ylim((rows or max(len(names), 1)) - 0.4, -0.6)


def time_axis(ax: Axes) -> None:
    """Make the x axis one of UTC times, with a light grid."""
    from datetime import UTC

    import matplotlib.dates as mdates

    ticks = ["%Y", "%b", "%d", "%H:%M", "%H:%M", "%H:%M:%S.%f"]  # trailing zeros are dropped
    dates = ["UTC", "%Y UTC", "%Y-%m UTC", "%Y-%m-%d UTC", "%Y-%m-%d UTC", "%Y-%m-%d UTC"]
    # matplotlib.dates comes without types
    locator = mdates.AutoDateLocator(tz=UTC, minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    formatter = mdates.ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator, tz=UTC, formats=ticks, offset_formats=dates
    )
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(formatter)
    ax.grid(axis="x", alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)


def literal(text: str) -> str:
    r"""Return text that matplotlib draws as it is: a dollar sign in a log is no formula (`\$` draws as $)."""
    return text.replace("$", r"\$")


@cache
def _shown_axes() -> type[Axes]:
    from matplotlib.axes import Axes

    class ShownAxes(Axes):
        """An Axes that a notebook shows as its figure: figures made without pyplot are not shown by themselves."""

        def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
            # Drawn at twice the size that it takes on the page, so that it is sharp on every screen.
            drawn = BytesIO()
            figure = self.get_figure(root=True)
            assert figure is not None  # noqa: S101 - made with one, and only taken off it by being removed
            figure.savefig(drawn, format="png", dpi=2 * figure.dpi)
            width, height = figure.get_size_inches() * figure.dpi
            return drawn.getvalue(), {"width": round(width), "height": round(height)}

    return ShownAxes
