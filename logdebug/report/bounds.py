"""What the figures of a report can't be: a stranger may have made its file, and no table or chart holds any number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logdebug.records import Diagnosis, Usage

__all__ = ["impossible", "shown"]

_MOST_PLACE = 1 << 62
_MOST_SPENT = 10**15
_MOST_LETTERS = 80


def impossible(reports: Iterable[Diagnosis], usage: Usage) -> Iterator[str]:
    """Say which figures can't be, each with its place.

    Parameters
    ----------
    reports
        The diagnoses of a report.
    usage
        What all of it cost.
    """
    yield from _uncountable(usage, "usage")
    for index, report in enumerate(reports):
        place = f"reports[{index}]"
        if not 0 <= report.confidence <= 1:
            yield f"{place}.confidence is {report.confidence}, not from 0 to 1"
        yield from _uncountable(report.usage, f"{place}.usage")
        yield from _nowhere(report, place)


def shown(value: object) -> str:
    """Show a value of a file in an error."""
    return shorten(one_line(repr(value)), _MOST_LETTERS)


def _nowhere(report: Diagnosis, place: str) -> Iterator[str]:
    for kind in ("timeline", "evidence", "absences", "suspicions"):
        for index, cited in enumerate(getattr(report, kind)):
            for name in ("line", "first_line", "last_line", "byte_start", "byte_end"):
                if not 0 <= (getattr(cited, name, None) or 0) < _MOST_PLACE:
                    yield f"{place}.{kind}[{index}].{name} is {shown(getattr(cited, name))}, which no file has"


def _uncountable(usage: Usage, place: str) -> Iterator[str]:
    for name in ("turns", "input_tokens", "output_tokens", "cost_usd", "seconds"):
        figure = getattr(usage, name)
        if not 0 <= (figure or 0) < _MOST_SPENT:
            yield f"{place}.{name} is {shown(figure)}, which nothing costs"
