"""What a chart shows, as the sentence that is its title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.records import SEVERITIES
from logdebug.report.text import one_line, shorten_middle

if TYPE_CHECKING:
    import pandas as pd

    from logdebug.records import Severity

__all__ = ["category_finding", "severity_finding", "timeline_finding"]


def severity_finding(counts: dict[Severity, int]) -> str:
    """Say how many of the incidents have the worst severity that occurs."""
    total = sum(counts.values())
    if not total:
        return "No incident was diagnosed"
    worst = next(word for word in SEVERITIES if counts[word])
    if total == 1:
        return f"The one incident is {worst}"
    if counts[worst] == total:
        return f"All {total:,} incidents are {worst}"
    return f"{counts[worst]:,} of {total:,} incidents {_be(counts[worst])} {worst}"


def category_finding(totals: pd.Series[int]) -> str:
    """Say which category leads, where one does; `totals` holds counts above 0 by category, the most frequent first."""
    total = int(totals.sum())
    if not total:
        return "No incident was diagnosed"
    top, most = str(totals.index[0]), int(totals.iloc[0])
    if total == 1:
        return f"The one incident is {top}"
    if most == total:
        return f"All {total:,} incidents are {top}"
    if len(totals) > 1 and most == totals.iloc[1]:
        return f"No category leads: {total:,} incidents, {len(totals)} categories"
    return f"{top} leads, with {most:,} of {total:,} incidents"


def timeline_finding(incidents: list[pd.DataFrame]) -> str:
    """Say who is first and how fast the others follow; `incidents` are frames of timed events, first to begin first."""
    first = incidents[0]
    name = shorten_middle(one_line(str(first["service"].iloc[0])), 24)
    begin = first["timestamp"].min()
    if len(incidents) == 1:
        span = (first["timestamp"].max() - begin).total_seconds()
        return f"{name}: {len(first)} events" + (f" within {_span(span)}" if span else "")
    span = (incidents[-1]["timestamp"].min() - begin).total_seconds()
    rest = len(incidents) - 1
    after = f"{rest:,} more follow{'s' * (rest == 1)} within {_span(span)}" if span else f"{rest:,} more at once"
    return f"{name} is first, {begin:%H:%M:%S} UTC;{' ' if len(name) < 20 else chr(10)}{after}"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _span(seconds: float) -> str:
    """Say a duration in one unit, rounded up, so that "within" stays true."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{-int(-seconds // size):,} {unit}"
    return f"{max(1, -int(-seconds // 1))} s"
