"""A report as pages: HTML for the browser and the notebook, Markdown for issues and wikis; `sheet` has the CSV.

What logs and models say is hostile text here: templates escape everything, the page's policy forbids it to load or
run anything, and Markdown is escaped so that no text becomes a link, an image, a mention or a tag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from logdebug.report import table
from logdebug.report.charts.figures import figures_of
from logdebug.report.export.escapes import MOST_LETTERS
from logdebug.report.export.pages import filled, policy_hash, source_of
from logdebug.report.export.passages import passages_of
from logdebug.report.export.relations import MOST_LINKS, relations_of, seen_before
from logdebug.report.export.sheet import to_csv
from logdebug.report.files import write_text
from logdebug.report.hiding import hiding, hiding_around, revealed
from logdebug.report.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from logdebug.report.history.history import History
    from logdebug.report.report import Report

__all__ = ["to_csv", "to_html", "to_markdown", "to_notebook_html"]

_MOST_NOTEBOOK_ROWS = 60
_MOST_BYTES_PER_INCIDENT = 20_000  # one megabyte for 50 incidents
_FEWEST_INCIDENTS = 50
_MOST_DETAILED = 500
"""A page tells of so many incidents with their evidence, the worst ones; its table lists all."""
_LETTERS = (MOST_LETTERS, 1000, 500, 250, 100)


def to_html(
    report: Report,
    path: str | Path | None = None,
    *,
    history: History | str | Path | None = None,
    redact: Callable[[str], str] | None = None,
    context_lines: int = 2,
    show_secrets: bool = False,
) -> str:
    """Return a report as one self-contained page, and write it to `path` where one is given.

    The page loads nothing, works offline and in print, and follows the reader's light or dark setting. Quotes and
    other texts longer than 2,000 characters are cut, and say so; the JSON holds them whole. They are cut shorter where
    the page would else be larger than 1 MB for 50 incidents. All incidents are in its table, the worst 500 with their
    evidence; of more than 1,000 it doesn't say which explains which (`report.correlate()` does, in its time).

    Parameters
    ----------
    report
        The report.
    path
        Where to write it; None doesn't.
    history
        Earlier reports, or their file: incidents that were seen before say so.
    redact
        What takes more out of text than secrets; every text goes through it, the log around the quotes included.
    context_lines
        How many lines of the log to show before and after each quote, where the log can still be read; 0 reads no
        log. They come from the files that the report names: give 0 for a report whose origin you don't know.
    show_secrets
        Whether secrets are shown, as far as they can still be read in the logs; else placeholders stand for them.

    Raises
    ------
    ReportError
        Where `path` can't be written.
    """
    hide = hiding(report, redact, show_secrets=show_secrets)
    report = revealed(report) if show_secrets else report
    shown = redacted(report, hide)
    script = source_of("report.js")
    values: dict[str, Any] = {
        **_common(shown),
        "figures": figures_of(shown),
        "relations": relations_of(report, hide),
        "seen": seen_before(report, history, hide),
        "passages": {
            index: passages_of(
                report.reports[index],
                cleaned,
                around_lines=context_lines,
                redact=hiding_around(report.reports[index], redact, show_secrets=show_secrets),
            )
            for index, cleaned in table.ranked(shown)[:_MOST_DETAILED]
        },
        "context_lines": context_lines,
        "reviewed": sum(bool(diagnosis.reviews) for diagnosis in report.reports),
        "script": script,
        "script_hash": policy_hash(script),
    }
    most_bytes = _MOST_BYTES_PER_INCIDENT * max(min(len(shown.reports), _MOST_DETAILED), _FEWEST_INCIDENTS)
    page = ""
    for letters in _LETTERS:
        page = filled("page.html", **values, letters=letters)
        if len(page.encode()) <= most_bytes:
            break
    if path is not None:
        write_text(path, page)
    return page


def to_notebook_html(report: Report) -> str:
    """Return a report as the table that a notebook cell shows: no script, readable in light and dark themes."""
    return filled("notebook.html", **_common(report), most=_MOST_NOTEBOOK_ROWS)


def to_markdown(
    report: Report,
    path: str | Path | None = None,
    *,
    history: History | str | Path | None = None,
    redact: Callable[[str], str] | None = None,
    show_secrets: bool = False,
) -> str:
    """Return a report as Markdown that pastes well into GitHub and wikis, and write it to `path` where one is given.

    Parameters
    ----------
    report
        The report.
    path
        Where to write it; None doesn't.
    history
        Earlier reports, or their file: incidents that were seen before say so.
    redact
        What takes more out of text than secrets; every text goes through it.
    show_secrets
        Whether secrets are shown, as far as they can still be read in the logs; else placeholders stand for them.

    Raises
    ------
    ReportError
        Where `path` can't be written.
    """
    hide = hiding(report, redact, show_secrets=show_secrets)
    report = revealed(report) if show_secrets else report
    shown = redacted(report, hide)
    values = {"relations": relations_of(report, hide), "seen": seen_before(report, history, hide)}
    page = re.sub(r"\n{3,}", "\n\n", filled("report.md", **_common(shown), **values)).strip() + "\n"
    if path is not None:
        write_text(path, page)
    return page


def _common(report: Report) -> dict[str, Any]:
    return {
        "report": report,
        "rows": table.ranked(report),
        "analyst": table.analyst(report),
        "counts": table.counts(report),
        "most_links": MOST_LINKS,
    }
