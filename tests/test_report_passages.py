"""Quotes that lie close together are shown as one passage of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from test_report_quoting import LOG, cited

from logdebug.report.export.passages import passages_of

if TYPE_CHECKING:
    from pathlib import Path


def test_close_quotes_share_a_passage(tmp_path: Path) -> None:
    """Quotes whose lines overlap or follow on one another are one passage, those further apart are not."""
    made = cited(tmp_path, LOG, 30, 10, 13, 12)
    passages = passages_of(made, made)
    assert [[quote.line for quote in passage.quotes] for passage in passages] == [[30], [10, 12, 13]]
    assert passages[1].excerpt is not None
    assert [line.number for line in passages[1].excerpt.lines] == list(range(8, 16))
    assert [line.number for line in passages[1].excerpt.lines if line.quoted] == [10, 12, 13]


def test_one_quote_bridges_two_passages(tmp_path: Path) -> None:
    """A quote between two passages that it reaches makes them one; with no lines wanted no log is read."""
    made = cited(tmp_path, LOG, 10, 18, 14)
    assert [len(passage.quotes) for passage in passages_of(made, made)] == [3]
    assert [passage.excerpt for passage in passages_of(made, made, around_lines=0)] == [None] * 3
