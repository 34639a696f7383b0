"""What all charts share: Axes that show themselves in a cell, titles, row labels, a time axis; text is never a formula.

Figures are made without pyplot, so that nothing is left open and no global state changes. Text in letters that
matplotlib's own font lacks is drawn in a font of this machine that has them, where there is one; else as boxes.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "blank",
    "is_dark",
    "label_rows",
    "legend_below",
    "limit_times",
    "literal",
    "new_axes",
    "time_axis",
    "titled",
    "worded",
]

_FIRST_WIDE = "\u2e80"  # from here on stand the scripts that DejaVu Sans, which comes with matplotlib, doesn't have
_WIDE_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Source Han Sans", "WenQuanYi Zen Hei"),
    *("WenQuanYi Micro Hei", "Droid Sans Fallback", "PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo"),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Arial Unicode MS", "Noto Emoji", "Symbola"),
)

_LEAST_MARGIN_MICROSECONDS = 500_000


def new_axes(width: float, height: float) -> Axes:
    """Make an Axes on a figure of its own; sizes in inches."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = _quiet_figure()(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1))
    return figure.add_subplot(axes_class=_shown_axes())


def titled(ax: Axes, title: str) -> Axes:
    """Give an Axes its title, the finding; returns the Axes."""
    ax.set_title(literal(title), loc="left", fontweight="bold", fontsize="medium", pad=10, **worded(title))
    return ax


def blank(ax: Axes, title: str, said: str = "") -> Axes:
    """Leave an Axes without a drawing, where there is nothing to draw: its title, and below it perhaps why."""
    ax.set_axis_off()
    if said:
        ax.text(0, 1, literal(said), transform=ax.transAxes, va="top", wrap=True, **worded(said))
    return titled(ax, title)


def label_rows(ax: Axes, names: list[str], rows: int | None = None) -> None:
    """Put the rows' names on the left, the first row on top."""
    ax.set_yticks(range(len(names)), [literal(name) for name in names], **worded(*names))
    ax.tick_params(axis="y", length=0)
    ax.set_ylim((rows or max(len(names), 1)) - 0.4, -0.6)


def legend_below(ax: Axes, handles: Sequence[Artist] | None = None, *, drop_points: float) -> None:
    """Explain the colours below an Axes, or below what stands there and is `drop_points` high, in points."""
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 - it is being drawn on
    below = ax.transAxes + ScaledTranslation(0, -drop_points / 72, figure.dpi_scale_trans)
    more = {} if handles is None else {"handles": handles}
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=below,
        ncols=4,
        frameon=False,
        fontsize="small",
        borderaxespad=0.3,
        **more,
    )


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


def limit_times(ax: Axes, first: float, last: float, *, margin: float = 0.04) -> None:
    """Show the time from `first` to `last`, in microseconds since 1970, and a share of that to both sides.

    matplotlib knows the years 1 to 9999, and the margin of a log that has a date such as 9999-12-31 would lie beyond.
    """
    import numpy as np

    room = max((last - first) * margin, _LEAST_MARGIN_MICROSECONDS)
    earliest, latest = (np.datetime64(day, "us").astype("int64") for day in ("0001-01-01", "9999-12-31T23:59:58"))
    low, high = (min(max(int(edge), earliest), latest) for edge in (first - room, last + room))
    ax.set_xlim(*(np.array([low, high], dtype="int64").astype("datetime64[us]")))


def literal(text: str) -> str:
    r"""Return text that matplotlib draws as it is: a dollar sign in a log is no formula (`\$` draws as $)."""
    return text.replace("$", r"\$")


def worded(*texts: str) -> dict[str, Any]:
    """Return how hostile text is drawn, as keywords of a matplotlib text; the text itself goes through `literal`."""
    # No TeX, whatever the reader's settings: it would run what a log says.
    kind: dict[str, Any] = {"usetex": False}
    if any(char >= _FIRST_WIDE for text in texts for char in text):
        from matplotlib import rcParams

        kind["fontfamily"] = [*rcParams["font.family"], *_installed()]
    return kind


def is_dark(ax: Axes) -> bool:
    """Tell whether an Axes is drawn for a dark page: whether its text is light."""
    from matplotlib.colors import to_rgb

    return sum(to_rgb(ax.title.get_color())) > 1.5


@cache
def _installed() -> tuple[str, ...]:
    """Give the fonts of this machine that have what DejaVu Sans lacks."""
    from matplotlib.font_manager import fontManager

    names = set(fontManager.get_font_names())
    return tuple(name for name in _WIDE_FONTS if name in names)


@contextmanager
def _boxes_unsaid() -> Iterator[None]:
    """Say nothing of letters that no font has: their boxes are seen, and a warning for each would bury the chart."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
        yield


@cache
def _quiet_figure() -> type[Figure]:
    from matplotlib.figure import Figure

    class QuietFigure(Figure):
        """A figure whose text may be in any script."""

        def draw(self, renderer: Any) -> None:
            with _boxes_unsaid():
                super().draw(renderer)

        def get_tightbbox(self, *arguments: Any, **more: Any) -> Any:
            with _boxes_unsaid():
                return super().get_tightbbox(*arguments, **more)

    return QuietFigure


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
