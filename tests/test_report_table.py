"""The report as plain text."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from report_samples import diagnosis, five, hostile, many, report

from logdebug.records import Failure, Usage
from logdebug.report.report import Report
from logdebug.report.table import spent, text_table


def test_the_table_is_aligned_and_worst_first() -> None:
    """Columns start at the same place in each row, and critical comes before high and medium."""
    lines = repr(five()).splitlines()
    assert lines[0].startswith(
        "6 incidents: 5 diagnosed, 1 failed · model gpt-5-mini · 2026-11-22 14:02 UTC · 15 turns"
    )
    head, *rows = lines[2:8]
    at = head.index("category")
    assert [row[0] for row in rows] == ["0", "1", "4", "2", "3"]
    assert all(row[at - 1] == " " and row[at] != " " for row in rows)
    assert "search-svc  model_unavailable: the server answered 429" in lines[-1]


def test_wide_letters_stay_in_line() -> None:
    """A service in Japanese takes two cells a letter and pushes nothing out of line."""
    lines = text_table(report(diagnosis("日本語サービス"), diagnosis("a"))).splitlines()
    assert lines[3].index("network_error") + len("日本語サービス") == lines[4].index("network_error")


def test_no_model_is_said_plainly() -> None:
    """A report of the offline analyst says that there was no model."""
    assert "no model: embedded offline analyst" in repr(report(diagnosis(), model="offline"))


def test_hostile_text_can_t_break_out() -> None:
    """No control, escape or direction character of a log reaches the terminal, and no text adds a line."""
    shown = repr(hostile())
    assert len(shown.splitlines()) == len(
        repr(report(diagnosis(), diagnosis(), errors=(Failure("a", "b", "c"),))).splitlines()
    )
    assert not [char for char in shown if unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char != "\n"]


def test_long_reports_are_cut_and_say_so() -> None:
    """500 incidents and 50 failures give a table that fits a screen or two and says what is left out."""
    made = replace(many(500), errors=tuple(Failure(f"s{number}", "model", "m") for number in range(50)))
    shown = repr(made)
    assert len(shown.splitlines()) < 100
    assert "440 more: report.to_df()" in shown
    assert "30 more: report.errors_df()" in shown
    assert max(map(len, shown.splitlines())) <= 240


def test_an_empty_report_is_one_line() -> None:
    """A report of nothing has a headline and no table."""
    assert repr(report()).count("\n") == 0


def test_an_inconclusive_diagnosis_says_so() -> None:
    """A status other than diagnosed leads the root cause."""
    assert "(no errors found) The primary" in repr(report(diagnosis(status="no_errors_found")))


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        (Usage(), "0.0 s"),
        (Usage(seconds=0.04), "0.0 s"),
        (Usage(1, 900, 100, None, 59.7), "1 turn, 1,000 tokens, 1 min 0 s"),
        (Usage(2, 900, 100, 1.5, 7325), "2 turns, 1,000 tokens, $1.50, 2 h 2 min"),
        (Usage(2, 900, 100, 0.00421, 12), "2 turns, 1,000 tokens, $0.0042, 12 s"),
        (Usage(seconds=float("nan")), "time unknown"),
    ],
)
def test_what_was_spent(usage: Usage, said: str) -> None:
    """Turns and tokens are given where there were any, the price where it is known, the time always."""
    assert spent(usage) == said


def test_what_was_not_asked_about_is_marked() -> None:
    """A diagnosis from another incident, or by another analyst than the report's model, says so in every form."""
    made = report(
        diagnosis("web-1"),
        diagnosis("web-2", shared_from="web-1"),
        diagnosis("web-3", shared_from="", analyst="offline", status="inconclusive"),
    )
    forms = (text_table(made), made.to_markdown(), made.to_html(), made._repr_html_())
    for form in forms:
        assert "(shared from web-1) The primary" in form.replace("\\", "")
        assert "(inconclusive, by the offline analyst) The primary" in form.replace("\\", "")
        assert form.count("shared from") < 4
    assert list(made.to_df()["shared_from"]) == ["", "web-1", ""]
    assert list(made.to_df()["analyst"]) == ["", "", "offline"]
    assert Report.from_json(made.to_json()) == made
