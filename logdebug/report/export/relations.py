"""What a report's incidents have to do with one another, and with earlier ones, as an export tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.report.charts.figures import figure_of
from logdebug.report.correlation.correlate import correlate
from logdebug.report.history import sightings
from logdebug.report.redaction import redacted
from logdebug.report.table import duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from logdebug.report.charts.figures import Figure
    from logdebug.report.correlation.correlate import Correlation
    from logdebug.report.correlation.links import Link
    from logdebug.report.history.history import History
    from logdebug.report.report import Report

__all__ = ["MOST_LINKS", "Relations", "aside", "relations_of", "seen_before"]


MOST_LINKS = 30
"""An export tells of so many links; `report.correlate().to_df()` has them all."""
_MOST_CORRELATED = 1_000
"""Of more the logs would have to be read for minutes, which nobody expects of an export."""


@dataclass(frozen=True, slots=True)
class Relations:
    """Which incident explains which.

    Parameters
    ----------
    correlation
        What was found, secrets taken out.
    figure
        The chart of it.
    """

    correlation: Correlation
    figure: Figure


def relations_of(report: Report, redact: Callable[[str], str] | None = None) -> Relations | None:
    """Correlate a report's incidents; None where none explains another, or there are more than 1,000.

    Parameters
    ----------
    report
        The report as it is: names must still match what logs say.
    redact
        What takes secrets out of what was found.
    """
    if not 2 <= len(report.reports) <= _MOST_CORRELATED:
        return None
    correlation = correlate(report)
    if not correlation.links:
        return None
    correlation = redacted(correlation, redact)
    return Relations(correlation, figure_of("cascade", correlation.plot))


def aside(link: Link) -> str:
    """Say how sure a link is, and how its two incidents lie in time."""
    said = [f"{link.confidence:.0%} sure"]
    if link.lag_seconds is not None and link.lag_seconds > 0:
        said.append(f"{duration(link.lag_seconds)} earlier")
    elif link.lag_seconds is not None:
        said.append(
            f"the other was failing {duration(-link.lag_seconds)} before" if link.lag_seconds else "both at once"
        )
    return ", ".join(filter(None, (*said, link.note)))


def seen_before(
    report: Report, history: History | str | Path | None, redact: Callable[[str], str] | None = None
) -> dict[int, str]:
    """Say of each diagnosis that was seen before when and where that was, and what was done; by its place.

    Parameters
    ----------
    report
        The report as it is: its words must still match those of earlier ones.
    history
        Earlier reports, or their file; None knows of none.
    redact
        What takes secrets out of what is said.
    """
    if history is None:
        return {}
    found = sightings.seen_before(report, history)
    words = {index: sighting.words for index, sighting in enumerate(found) if sighting is not None}
    return {index: redact(said) if redact is not None else said for index, said in words.items()}
