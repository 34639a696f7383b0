"""A report as pages: HTML for the browser and the notebook, Markdown for issues and wikis.

What logs and models say is hostile text here: templates escape everything, the page's policy forbids it to load or
run anything, and Markdown is escaped so that no text becomes a link, an image, a mention or a tag.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING

from logdebug.records import SEVERITIES
from logdebug.report import table
from logdebug.report.colours import SEVERITY_COLOURS, SEVERITY_INKS
from logdebug.report.document import to_utc
from logdebug.report.files import write_text
from logdebug.report.text import one_line, shorten, storable, visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from jinja2 import Environment
    from markupsafe import Markup
    from matplotlib.axes import Axes

    from logdebug.report.report import Report

__all__ = ["to_html", "to_markdown", "to_notebook_html"]

_MOST_NOTEBOOK_ROWS = 60
_MOST_LETTERS = 2000
# A colour that no chart uses: what is drawn in it takes the page's own, light or dark.
_INK = "#010203"
_INKED = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
_PAGE_STYLE = dict.fromkeys(_INKED, _INK) | {
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "logdebug",
}


@dataclass(frozen=True, slots=True)
class _Chart:
    name: str
    title: str
    svg: Markup


def to_html(report: Report, path: str | Path | None = None) -> str:
    """Return a report as one self-contained page, and write it to `path` where one is given.

    The page loads nothing, works offline and in print, and follows the reader's light or dark setting. Quotes and
    other texts longer than 2,000 characters are cut, and say so; the JSON holds them whole.

    Raises
    ------
    ReportError
        Where `path` can't be written.
    """
    script = _environment().loader.get_source(_environment(), "report.js")[0]  # type: ignore[union-attr]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = _page("page.html", report, charts=_charts(report), script=script, script_digest=digest)
    if path is not None:
        write_text(path, page)
    return page


def to_notebook_html(report: Report) -> str:
    """Return a report as the table that a notebook cell shows: no script, readable in light and dark themes."""
    return _page("notebook.html", report, most=_MOST_NOTEBOOK_ROWS)


def to_markdown(report: Report, path: str | Path | None = None) -> str:
    """Return a report as Markdown that pastes well into GitHub and wikis, and write it to `path` where one is given.

    Raises
    ------
    ReportError
        Where `path` can't be written.
    """
    page = re.sub(r"\n{3,}", "\n\n", _page("report.md", report)).strip() + "\n"
    if path is not None:
        write_text(path, page)
    return page


def _page(template: str, report: Report, **more: object) -> str:
    page = (
        _environment()
        .get_template(template)
        .render(
            report=report,
            rows=table.ranked(report),
            severities=SEVERITIES,
            colours=SEVERITY_COLOURS,
            inks=SEVERITY_INKS,
            analyst=table.analyst(report),
            counts=table.counts(report),
            **more,
        )
    )
    return storable(page)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("logdebug.report"),
        # Markdown has escapes of its own: HTML's would show as they stand inside code.
        autoescape=select_autoescape(disabled_extensions=("md",), default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "cause": table.cause,
        "code": _code,
        "fenced": _fenced,
        "found": table.quotes_found,
        "md": _markdown,
        "spent": table.spent,
        "text": _text,
        "line": _line,
        "utc": _utc,
    }
    environment.filters.update(filters)
    return environment


def _text(text: str) -> str:
    text = visible(text).strip("\n")
    cut = len(text) - _MOST_LETTERS
    return text if cut <= 0 else f"{text[:_MOST_LETTERS]}… ({cut:,} more characters)"


def _line(text: str, most: int = _MOST_LETTERS) -> str:
    return shorten(one_line(text), most)


def _utc(moment: datetime | None, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return "" if moment is None else to_utc(moment).strftime(form)


def _markdown(text: str) -> str:
    """Escape one line of text for running Markdown, so that it reads as it is written.

    Backslashes disarm emphasis, links, images, tags, tables, code and formulas; "https://" and "www." lose what makes
    GitHub link them, and an "@" what makes it call someone (a word joiner, which has no width, comes after it).
    """
    escaped = re.sub(r"([\\`*\[\]<>|~$&#]|(?<!\w)_|_(?!\w))", r"\\\1", _line(text))
    escaped = re.sub(r":(?=//)", r"\\:", escaped)
    escaped = re.sub(r"(?i)\b(www)\.", r"\1\\.", escaped)
    return escaped.replace("@", "@\u2060")


def _code(text: str) -> str:
    """Put one line of text into a code span that it can't leave."""
    text = _line(text)
    ticks = "`" * (_longest_run(text) + 1)
    blank = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{ticks}{blank}{text}{blank}{ticks}"


def _fenced(text: str) -> str:
    """Put text into a fenced block that it can't leave, indented to stand in a list."""
    text = _text(text)
    fence = "`" * max(3, _longest_run(text) + 1)
    return "\n".join(f"  {line}".rstrip() for line in (f"{fence}text", *text.split("\n"), fence))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _charts(report: Report) -> list[_Chart]:
    """Draw the page's charts; none where nothing was diagnosed."""
    if not report.reports:
        return []
    from matplotlib import style

    # The page must not depend on the reader's settings, so matplotlib's own are the base.
    with style.context(["default", _PAGE_STYLE]):
        plots = report.plot
        return [
            _chart("severity", plots.severity(), width_inches=5),
            _chart("category", plots.category(), width_inches=5),
            _chart("timeline", plots.timeline(), width_inches=10.3),
        ]


def _chart(name: str, ax: Axes, *, width_inches: float) -> _Chart:
    """Draw a chart as SVG for the inside of a page: its own ids, no head, the page's ink, its title taken off."""
    from markupsafe import Markup

    title = ax.get_title(loc="left").replace(r"\$", "$")
    ax.set_title("", loc="left")
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 - a chart has just drawn on it
    figure.set_size_inches(width_inches, figure.get_size_inches()[1] - 0.25)
    drawn = StringIO()
    figure.savefig(drawn, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    svg = re.sub(r"\s*\n\s*", " ", drawn.getvalue())
    svg = re.sub(r'^.*?(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r"<[^>]*>", lambda tag: _of_the_page(tag[0], name), svg)
    # matplotlib escapes what it writes, so the drawing may stand in the page as it is.
    return _Chart(name, title, Markup(svg.replace("> <", "><")))  # noqa: S704


def _of_the_page(tag: str, name: str) -> str:
    """Give a drawing's tag ids that no other drawing on the page has, and the page's colours."""
    tag = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", tag).replace(_INK, "currentColor")
    for severity, colour in SEVERITY_COLOURS.items():
        tag = tag.replace(colour, f"var(--{severity})")
    return tag
