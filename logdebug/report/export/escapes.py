"""Log and model text as pages hold it: cut, nothing hidden, and no text that Markdown or HTML would act on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logdebug.report.document import to_utc
from logdebug.report.text import one_line, shorten, visible

if TYPE_CHECKING:
    from datetime import datetime

    from markupsafe import Markup

    from logdebug.report.quoting import ExcerptLine

__all__ = ["MOST_LETTERS", "code", "fenced", "line", "log_line", "markdown", "moment", "text"]

MOST_LETTERS = 2000
"""What is longer is cut on a page, and says so."""

_BESIDE_LETTERS = 90
_CONTEXT_LETTERS = 220
_MARKS = re.compile(r"([\\`*\[\]<>|~$&#]|(?<!\w)_|_(?!\w)|:(?=//))")
# JupyterLab looks for formulas in what Markdown leaves, without these backslashes; none goes across a tag.
_FORMULA = re.compile(r"(\\\$|(?<!\\)(?:\\\\)+(?=\\?[(\[]|begin))")
_WWW = re.compile(r"(?i)\b(www)\.")


def text(words: str, most: int = MOST_LETTERS) -> str:
    """Return text of several lines, at most so many letters of it."""
    words = visible(words).strip("\n")
    cut = len(words) - most
    return words if cut <= 0 else f"{words[:most]}… ({cut:,} more characters)"


def line(words: str, most: int = MOST_LETTERS) -> str:
    """Return text on one line, at most so many letters of it."""
    return shorten(one_line(words), most)


def moment(when: datetime | None, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return a time in UTC, or nothing where there is none."""
    return "" if when is None else to_utc(when).strftime(form)


def markdown(words: str, most: int = MOST_LETTERS) -> str:
    """Escape one line of text for running Markdown, so that it reads as it is written.

    Backslashes disarm emphasis, links, images, tags, tables and code, tags around a formula's marks disarm formulas;
    "https://" and "www." lose what makes GitHub link them, and an "@" what makes it call someone (a word joiner, which
    has no width, comes after it).
    """
    escaped = _WWW.sub(r"\1\\.", _MARKS.sub(r"\\\1", line(words, most)))
    return _FORMULA.sub(r"<span>\1</span>", escaped).replace("@", "@\u2060")


def code(words: str) -> str:
    """Put one line of text into a Markdown code span that it can't leave."""
    words = line(words)
    ticks = "`" * (_longest_run(words) + 1)
    blank = " " if words.startswith("`") or words.endswith("`") or not words else ""
    return f"{ticks}{blank}{words}{blank}{ticks}"


def fenced(words: str, most: int = MOST_LETTERS) -> str:
    """Put text into a fenced Markdown block that it can't leave, indented to stand in a list."""
    words = text(words, most)
    fence = "`" * max(3, _longest_run(words) + 1)
    return "\n".join(f"  {each}".rstrip() for each in (f"{fence}text", *words.split("\n"), fence))


def log_line(shown: ExcerptLine, most: int = MOST_LETTERS) -> Markup:
    """Return a line of an excerpt as HTML: the quote in it marked, and what stands around it cut."""
    from markupsafe import Markup

    if not shown.quoted:
        return _escaped(shorten(shown.before, _CONTEXT_LETTERS))
    before = shown.before if len(shown.before) <= _BESIDE_LETTERS else "…" + shown.before[-_BESIDE_LETTERS:]
    cut = len(shown.quoted) - most
    quoted = shown.quoted if cut <= 0 else f"{shown.quoted[:most]}… ({cut:,} more characters)"
    kind = ' class="part"' if shown.before.strip() or shown.after.strip() else ""
    pieces = (_escaped(before), Markup(f"<mark{kind}>"), _escaped(quoted))  # noqa: S704 - one of two literals
    return Markup("").join((*pieces, Markup("</mark>"), _escaped(shorten(shown.after, _BESIDE_LETTERS))))


def _escaped(words: str) -> Markup:
    """Escape text that stands between tags: quotation marks, of which logs are full, may stay as they are."""
    from markupsafe import Markup

    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(escaped)  # noqa: S704 - escaped just now


def _longest_run(words: str) -> int:
    return max(map(len, re.findall("`+", words)), default=0)
