"""What all charts share: text in any script, dark pages, empty charts."""

from __future__ import annotations

import warnings
from io import BytesIO

import matplotlib as mpl
import pytest
from matplotlib import style
from matplotlib.figure import Figure

from logdebug.drawing import blank, is_dark, legend_below, new_axes, titled, worded


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
@pytest.mark.parametrize("bounds", [None, "tight"])
def test_letters_that_no_font_has_are_no_warning(form: str, bounds: str | None) -> None:
    """A title in a script that no font here has is saved in every form without a warning; others are still heard."""
    ax = titled(new_axes(4, 2), "支払い \ue000 \U0010ffff")
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    figure.savefig(BytesIO(), format=form, bbox_inches=bounds)
    filters = list(warnings.filters)
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", UserWarning, stacklevel=1)
    assert list(warnings.filters) == filters


def test_a_font_of_this_machine_is_asked_for_wide_letters() -> None:
    """Only text that needs it names further fonts, after the reader's own; no text is ever TeX."""
    assert worded("plain", "äß") == {"usetex": False}
    assert worded("plain", "支")["fontfamily"][: len(mpl.rcParams["font.family"])] == mpl.rcParams["font.family"]


def test_dark_pages_are_known_by_their_text() -> None:
    """An Axes is dark where its text is light, whatever its background, which a page may lack."""
    assert not is_dark(new_axes(1, 1))
    with style.context("dark_background"):
        assert is_dark(new_axes(1, 1))


def test_an_empty_chart_says_why() -> None:
    """A chart with nothing to draw has its title and its reason, with dollars as they are."""
    ax = blank(new_axes(4, 1), "nothing", "it cost $5 and $6")
    assert not ax.axison
    assert ax.texts[0].get_text() == r"it cost \$5 and \$6"


def test_a_legend_keeps_its_distance_at_every_size() -> None:
    """A legend stands as many points below its Axes however high that becomes: a page draws charts in its own size."""
    ax = new_axes(4, 2)
    ax.plot([1, 2], label="line")
    legend_below(ax, drop_points=36)
    figure, distances = ax.get_figure(root=True), []
    assert isinstance(figure, Figure)
    for height in (2, 6):
        figure.set_size_inches(4, height)
        figure.draw_without_rendering()
        legend = ax.get_legend()
        assert legend is not None
        distances.append((ax.get_window_extent().y0 - legend.get_window_extent().y1) * 72 / figure.dpi)
    assert distances[0] == pytest.approx(distances[1], abs=1)
    assert 30 < distances[0] < 50
