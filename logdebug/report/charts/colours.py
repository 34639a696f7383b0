"""The colours of charts and pages: those of severities are fixed, and all of them are told apart by the colour-blind.

Severities are ordered from cool to hot and from light to dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

    from logdebug.records import Severity

__all__ = ["BLUE", "GREY", "PALE_BLUE", "RED", "SEVERITY_COLOURS", "SEVERITY_INKS", "ink_on", "shades"]

SEVERITY_COLOURS: dict[Severity, str] = {
    "critical": "#961a30",
    "high": "#e0652a",
    "medium": "#f2c14e",
    "low": "#a8d3ee",
}
"""What a severity is filled with, worst first. Each is darker than the next, so that print in grey keeps the order."""

SEVERITY_INKS: dict[Severity, str] = {
    "critical": "#ffffff",
    "high": "#1c1206",
    "medium": "#1c1606",
    "low": "#08202f",
}
"""What is written on that colour: a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3)."""

BLUE, PALE_BLUE, RED, GREY = "#3a7fc1", "#8fbbe3", "#d6453d", "#8f8f8f"
"""What else is drawn: each is seen on white and on black alike (at least 3:1 but for the pale one, which is never
alone; WCAG 2.2, 1.4.11)."""

_LIGHT_TO_DARK = ("#d9e8f5", "#7fb2dc", "#2f74b5", "#0d3b6e")
_DARK_TO_LIGHT = ("#16324e", "#275f93", "#5b9bd3", "#cbe4f8")


def shades(*, dark: bool) -> Colormap:
    """Return the shades of a heat map, from few to many: many stands out from the page, light or dark."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("logdebug", _DARK_TO_LIGHT if dark else _LIGHT_TO_DARK)


def ink_on(colour: str) -> str:
    """Return black or white, whichever is read better on a colour: one of them always has a contrast of 4.5:1."""
    white = 1.05 / (_luminance(colour) + 0.05)
    black = (_luminance(colour) + 0.05) / 0.05
    return "#ffffff" if white >= black else "#000000"


def _luminance(colour: str) -> float:
    """Give a colour's relative luminance (WCAG 2.2)."""
    from matplotlib.colors import to_rgb

    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
