"""What a chart shows, as the sentence that is its title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.records import SEVERITIES
from logdebug.report.charts.naming import shown_name

if TYPE_CHECKING:
    import pandas as pd

    from logdebug.records import Category, Severity

__all__ = ["category_finding", "severity_by_category_finding", "severity_finding", "timeline_finding"]

_NOTHING = "No incident was diagnosed"
_MOST_COLUMNS = 24
_KINDS: dict[Category, tuple[str, str]] = {
    "crash": ("a crash", "crashes"),
    "oom": ("out of memory", "out of memory"),
    "dependency_failure": ("a dependency failure", "dependency failures"),
    "config_error": ("a config error", "config errors"),
    "timeout": ("a timeout", "timeouts"),
    "permission_denied": ("a denied permission", "denied permissions"),
    "disk_full": ("a full disk", "full disks"),
    "network_error": ("a network error", "network errors"),
    "application_bug": ("an application bug", "application bugs"),
    "data_corruption": ("a data corruption", "data corruptions"),
    "unknown": ("of unknown category", "of unknown category"),
}
"""What one incident of a category is called, and what several are."""


def severity_finding(counts: dict[Severity, int]) -> str:
    """Say how many of the incidents have the worst severity that occurs."""
    total = sum(counts.values())
    if not total:
        return _NOTHING
    worst = next(word for word in SEVERITIES if counts[word])
    if total == 1:
        return f"The one incident is {worst}"
    if counts[worst] == total:
        return f"All {total:,} incidents are {worst}"
    return f"{counts[worst]:,} of {total:,} incidents {_be(counts[worst])} {worst}"


def category_finding(totals: pd.Series[int]) -> str:
    """Say which category leads, where one does; `totals` holds counts above 0 by category, the most frequent first."""
    return _leading(totals, "incident") if int(totals.sum()) else _NOTHING


def severity_by_category_finding(counts: pd.DataFrame) -> str:
    """Say what the worst incidents are; `counts` has a row per category and a column per severity, worst first."""
    totals = counts.sum()
    if not totals.sum():
        return _NOTHING
    worst = next(word for word in SEVERITIES if totals[word])
    if totals.sum() == 1:
        return f"The one incident is {worst}: {_KINDS[counts.index[0]][0]}"
    held = counts[worst].sort_values(ascending=False, kind="stable")
    return _leading(held[held > 0], f"{worst} incident")


def timeline_finding(incidents: list[pd.DataFrame]) -> str:
    """Say who is first and how fast the others follow; `incidents` are frames of timed events, first to begin first."""
    first = incidents[0]
    name = shown_name(str(first["service"].iloc[0]), _MOST_COLUMNS)
    begin = first["timestamp"].min()
    if len(incidents) == 1:
        span = (first["timestamp"].max() - begin).total_seconds()
        return f"{name}: {len(first)} event{'s' * (len(first) > 1)}" + (f" within {_span(span)}" if span else "")
    span = (incidents[-1]["timestamp"].min() - begin).total_seconds()
    rest = len(incidents) - 1
    after = f"{rest:,} more follow{'s' * (rest == 1)} within {_span(span)}" if span else f"{rest:,} more at once"
    return f"{name} is first, {begin:%H:%M:%S} UTC;{' ' if len(name) < 20 else chr(10)}{after}"


def _leading(totals: pd.Series[int], noun: str) -> str:
    """Say which category leads among incidents of a kind; `totals` holds counts above 0, the most frequent first."""
    total, most = int(totals.sum()), int(totals.iloc[0])
    one, several = _KINDS[totals.index[0]]
    if total == 1:
        return f"The one {noun} is {one}"
    if most == total:
        return f"All {total:,} {noun}s are {several}"
    if most == totals.iloc[1]:
        return f"No category leads: {total:,} {noun}s, {len(totals)} categories"
    return f"{most:,} of {total:,} {noun}s are {several}"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _span(seconds: float) -> str:
    """Say a duration in one unit, rounded up, so that "within" stays true."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{-int(-seconds // size):,} {unit}"
    return f"{max(1, -int(-seconds // 1))} s"
