"""Records with something taken out of their texts, for an export that leaves the house."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["redacted"]

Record = TypeVar("Record")

_KEPT = frozenset({"status", "category", "severity", "decision", "field", "rule", "role", "log_sha256", "sha256"})
"""Fields that hold words of a vocabulary, or a hash: nobody's text."""


def redacted(record: Record, redact: Callable[[str], str] | None) -> Record:
    """Return a record, such as a report, whose every text went through `redact`, those of what it holds included.

    Parameters
    ----------
    record
        A dataclass; it stays as it is.
    redact
        Takes a text and gives what may be shown of it; it should give the same for the same, so that names still tell
        incidents apart. None changes nothing.

    Returns
    -------
    dataclass
        Of the same kind. The words of the vocabularies, times, numbers and hashes are as they were.
    """
    # By the kind of value and not field by field: a text that is added to a record later is not forgotten here.
    return record if redact is None else _redacted(record, redact)


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    """Give a value with its texts gone through; where that changes none, the value itself, which costs nothing."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, tuple):
        given = [_redacted(each, redact) for each in value]
        same = all(new is old for new, old in zip(given, value, strict=True))
        return value if same else tuple(given)
    changed: dict[str, Any] = {}
    for name in _names_of(value.__class__):
        old = getattr(value, name)
        new = _redacted(old, redact)
        if new is not old:
            changed[name] = new
    return replace(value, **changed) if changed else value


@cache
def _names_of(kind: type) -> tuple[str, ...]:
    """Give which fields of a dataclass may hold a text; none of any other class's."""
    if not is_dataclass(kind):
        return ()
    return tuple(field.name for field in fields(kind) if field.init and field.name not in _KEPT)
