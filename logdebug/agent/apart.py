"""A template of few lines, told apart by the names in it: each upstream that failed is a clue of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import re2

from logdebug.logs.fields import message_of
from logdebug.logs.templates import masked

if TYPE_CHECKING:
    from logdebug.logs import Line, Log, Template

__all__ = ["told_apart"]

_APART_LINES = 500  # a template of at most so many lines is told apart by the names in it,
_APART = 6  # at most so many: a few upstreams are, a thousand users aren't


def told_apart(log: Log, template: Template) -> list[Template]:
    """Tell a template apart by the names that are its variables: each upstream that failed is a clue of its own."""
    if not template.variables or not 1 < template.count <= _APART_LINES:
        return [template]
    pieces = (piece for piece in template.pattern.split("<*>") if piece.strip())
    pattern = ".*".join(map(re2.escape, pieces))
    groups: dict[str, list[Line]] = {}
    found = log.search(pattern, limit=_APART_LINES, first_line=template.first_line, last_line=template.last_line)
    for match in found.matches:
        groups.setdefault(masked(message_of(match.line.text)), []).append(match.line)
    if not 1 < len(groups) <= _APART or found.total != template.count:
        return [template]
    return [
        replace(
            template,
            count=len(lines),
            first_line=lines[0].number,
            last_line=lines[-1].number,
            example=lines[0].text,
            variables=(),
        )
        for lines in groups.values()
    ]
