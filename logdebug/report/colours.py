"""The colours of severities: fixed, ordered from cool to hot and from light to dark, told apart by the colour-blind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logdebug.records import Severity

__all__ = ["SEVERITY_COLOURS", "SEVERITY_INKS"]

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
