"""The list of incidents at the left of the review explorer: worst first, filtered, a page of them at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from logdebug.notebook import parts
from logdebug.notebook.review_html import item_text, told
from logdebug.records import SEVERITIES
from logdebug.report.reviewing import reviewed
from logdebug.report.table import ranked
from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.records import Diagnosis
    from logdebug.report.report import Report

__all__ = ["IncidentList"]

_PAGE_ROWS = 14
_SHOWN_FAILURES = 5
_ALL, _TO_REVIEW = "all", "to review"


class IncidentList:
    """The list; `widget` is what is shown.

    Parameters
    ----------
    report
        Whose incidents.
    on_choose
        Called with the place of the incident that is clicked.
    """

    def __init__(self, report: Report, on_choose: Callable[[int], None]) -> None:
        self._report = report
        # As it was at the beginning: an incident whose severity is corrected stays where it is looked for.
        self._order = [place for place, _ in ranked(report)]
        self._on_choose = on_choose
        self._current: int | None = None
        self._begin = 0
        self._found: list[int] = []
        self._rows = [parts.button("", partial(self._choose, row), "ld-item") for row in range(_PAGE_ROWS)]
        self.words = parts.field("", hint="filter", at_once=True)
        self._which = parts.choice([(word, word) for word in (_ALL, _TO_REVIEW, *SEVERITIES)], _ALL)
        self._count = parts.html("", "ld-quiet")
        back = parts.button("◀", lambda: self._turn(-1), "ld-small", tooltip="previous page")
        on = parts.button("▶", lambda: self._turn(1), "ld-small", tooltip="next page")
        self._pager = parts.row(back, self._count, on, style="ld-pager")
        self.words.observe(lambda _: self._filter(), "value")
        self._which.observe(lambda _: self._filter(), "value")
        filters = parts.row(self.words, self._which, style="ld-filters")
        failures = parts.html(_failures_html(report))
        self.widget = parts.column(filters, *self._rows, self._pager, failures, style="ld-list")
        self._filter()

    @property
    def first(self) -> int | None:
        """The place of the first incident in the list; None where there is none."""
        return self._found[0] if self._found else None

    def show(self, report: Report, current: int | None) -> None:
        """Show a report's incidents as they are now, one of them as the current one, on the page that has it."""
        self._report, self._current = report, current
        self._find()
        if current in self._found:
            self._begin = self._found.index(current) // _PAGE_ROWS * _PAGE_ROWS
        self._draw()

    def neighbour(self, step: int) -> int | None:
        """Give the place of the incident that is `step` further in the list; at an end, the one at the end."""
        if not self._found:
            return None
        if self._current not in self._found:
            return self._found[0]
        at = self._found.index(self._current) + step
        return self._found[max(0, min(at, len(self._found) - 1))]

    def _filter(self) -> None:
        self._begin = 0
        self._find()
        self._draw()

    def _find(self) -> None:
        words, which = self.words.value.casefold().split(), self._which.value
        self._found = [place for place in self._order if _matches(self._report.reports[place], words, which)]
        self._begin = min(self._begin, max(0, len(self._found) - 1) // _PAGE_ROWS * _PAGE_ROWS)

    def _draw(self) -> None:
        page = self._found[self._begin : self._begin + _PAGE_ROWS]
        for number, row in enumerate(self._rows):
            shown = number < len(page)
            row.layout.display = "" if shown else "none"
            if shown:
                entry = self._report.reports[page[number]]
                row.description = item_text(entry)
                current = ("ld-current",) * (page[number] == self._current) + ("ld-done",) * reviewed(entry)
                row._dom_classes = ("ld-item", entry.severity, *current)  # noqa: SLF001  all at once, not one by one
                row.tooltip = shorten(one_line(entry.root_cause), 200)
        self._count.value = (
            f"{self._begin + 1:,} to {self._begin + len(page):,} of {len(self._found):,}" if page else "none found"
        )
        self._pager.layout.display = "" if len(self._found) > _PAGE_ROWS or not page else "none"

    def _turn(self, pages: int) -> None:
        begin = self._begin + pages * _PAGE_ROWS
        if 0 <= begin < len(self._found):
            self._begin = begin
            self._draw()

    def _choose(self, row: int) -> None:
        if self._begin + row < len(self._found):
            self._on_choose(self._found[self._begin + row])


def _matches(entry: Diagnosis, words: list[str], which: str) -> bool:
    if which == _TO_REVIEW and reviewed(entry):
        return False
    if which in SEVERITIES and entry.severity != which:
        return False
    text = f"{entry.service} {entry.category} {entry.status} {entry.root_cause}".casefold()
    return all(word in text for word in words)


def _failures_html(report: Report) -> str:
    """Name the incidents that have no diagnosis to review."""
    if not report.errors:
        return ""
    noun = "incident" if report.failed == 1 else "incidents"
    names = [
        f"<div>{told(one_line(failure.service), 60)}: {told(one_line(failure.message), 120)}</div>"
        for failure in report.errors[:_SHOWN_FAILURES]
    ]
    more = report.failed - _SHOWN_FAILURES
    rest = f"<div>… and {more:,} more</div>" if more > 0 else ""
    return f"<div class='ld-failed'><b>{report.failed:,} {noun} got no diagnosis</b>{''.join(names)}{rest}</div>"
