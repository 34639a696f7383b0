"""Records with something taken out of their texts, for an export that leaves the house."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
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
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, tuple):
        return tuple(_redacted(each, redact) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        held = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        return replace(value, **{name: _redacted(each, redact) for name, each in held.items() if name not in _KEPT})
    return value
