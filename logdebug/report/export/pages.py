"""The templates of this room, and what they are filled with: everything that is put into one is escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING

from logdebug.records import SEVERITIES
from logdebug.report import absences, table
from logdebug.report.charts.colours import SEVERITY_COLOURS, SEVERITY_INKS
from logdebug.report.export import escapes, relations
from logdebug.report.export.steering import warning_of
from logdebug.report.text import UNTYPESET, storable

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment

__all__ = ["filled", "policy_hash", "source_of"]


def filled(template: str, **values: object) -> str:
    """Fill a template of this room.

    Parameters
    ----------
    template
        Its file's name; those that end in `.md` are Markdown, all others HTML.
    values
        What it names, besides the severities, their colours and the filters.
    """
    page = (
        _environment()
        .get_template(template)
        .render(severities=SEVERITIES, colours=SEVERITY_COLOURS, inks=SEVERITY_INKS, untypeset=UNTYPESET, **values)
    )
    return storable(page)


def source_of(template: str) -> str:
    """Return a file of the templates' directory as it stands there."""
    environment = _environment()
    assert environment.loader is not None  # noqa: S101 - it is made with one
    return environment.loader.get_source(environment, template)[0]


def policy_hash(script: str) -> str:
    """Return the hash by which a page's policy lets one script run and no other."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


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
        "aside": relations.aside,
        "control": absences.control,
        "finding": absences.finding,
        "cause": table.cause,
        "duration": table.duration,
        "code": escapes.code,
        "fenced": escapes.fenced,
        "found": table.quotes_found,
        "origin": table.origin,
        "log_line": escapes.log_line,
        "md": escapes.markdown,
        "review": table.decision,
        "spent": table.spent,
        "text": escapes.text,
        "line": escapes.line,
        "warning": warning_of,
        "utc": escapes.moment,
    }
    environment.filters.update(filters)
    return environment
