"""The colours of severities: ordered, and told apart by the colour-blind."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from logdebug.records import SEVERITIES
from logdebug.report.charts.colours import SEVERITY_COLOURS, SEVERITY_INKS

Colour = NDArray[np.float64]

# Machado, Oliveira and Fernandes (2009), severity 1.0, for linear RGB.
SIGHTS = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(colour: str) -> Colour:
    """Turn a hex colour into linear RGB."""
    values = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.asarray(np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4))


def lab(rgb: Colour) -> Colour:
    """Turn linear RGB into CIE L*a*b* (D65)."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb.clip(0, 1)
    x, y, z = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def luminance(colour: str) -> float:
    """Give the relative luminance of a hex colour (WCAG 2.2)."""
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def test_every_severity_has_its_colour_worst_first() -> None:
    """Colours and inks cover the vocabulary in its order."""
    assert tuple(SEVERITY_COLOURS) == tuple(SEVERITY_INKS) == SEVERITIES


def test_worse_is_darker() -> None:
    """In grey print the order of severities is still seen."""
    shades = [lab(linear(colour))[0] for colour in SEVERITY_COLOURS.values()]
    assert all(worse < better for worse, better in pairwise(shades))


@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS.keys())
def test_colours_are_told_apart(sight: Colour) -> None:
    """With full sight and each kind of colour-blindness any two severities are at least ΔE 20 apart."""
    seen = [lab(sight @ linear(colour)) for colour in SEVERITY_COLOURS.values()]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) >= 20


def test_writing_on_them_is_read() -> None:
    """The ink on each colour has a contrast of at least 4.5:1."""
    for severity, colour in SEVERITY_COLOURS.items():
        darker, lighter = sorted([luminance(colour), luminance(SEVERITY_INKS[severity])])
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5
