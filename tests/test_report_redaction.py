"""Redaction of a whole report: every text of it, and nothing that isn't one."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from report_samples import five, hostile

from logdebug.records import CATEGORIES, DECISIONS, SEVERITIES, STATUSES
from logdebug.report import reviewing
from logdebug.report.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.report.report import Report

KEPT = {*CATEGORIES, *SEVERITIES, *STATUSES, *DECISIONS, "category", "severity", "status", "root_cause"}


def texts(value: Any) -> Iterator[str]:
    """Give every text in a record and what it holds."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            if field.name != "log_sha256":
                yield from texts(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from texts(each)


def reviewed() -> Report:
    """Make a report with every kind of text in it, decisions included."""
    made = reviewing.correct(five(), 0, reviewer="Ann", severity="low", root_cause="other", note="why")
    return reviewing.note(made, 1, reviewer="Ben", note="see the ticket")


def test_every_text_goes_through() -> None:
    """No text but the words of the vocabularies and the hash is left as it was."""
    seen = redacted(reviewed(), lambda text: "■" if text not in KEPT else text)
    assert {text for text in texts(seen) if text not in KEPT} == {"■"}


def test_none_changes_nothing() -> None:
    """Without a function, and with one that keeps everything, the report equals what it was."""
    for made in (reviewed(), hostile()):
        assert redacted(made, None) is made
        assert redacted(made, lambda text: text) == made
