"""Names in charts: short, readable, and told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import HOSTILE

from logdebug.report.charts.naming import distinct_names, shown_name, shown_text


@pytest.mark.parametrize(
    ("incidents", "names"),
    [
        ([("a", "/x", "l"), ("b", "/x", "l")], ["a", "b"]),
        ([("a", "/srv/one", "l"), ("a", "/srv/two/", "l"), ("b", "/x", "l")], ["a (one)", "a (two)", "b"]),
        ([("a", "/1/logs", "x.log"), ("a", "/1/logs", "y.log")], ["a (logs/x.log)", "a (logs/y.log)"]),
        ([("a", "/1/logs", "x.log"), ("a", "/2/logs", "x.log")], ["a (logs/x.log) #1", "a (logs/x.log) #2"]),
        ([("", "/x", "l")], ["(no name)"]),
    ],
)
def test_as_much_is_said_as_tells_them_apart(incidents: list[tuple[str, str, str]], names: list[str]) -> None:
    """A service is enough alone; those that share it get a directory, a log, and at last a number."""
    assert distinct_names(incidents) == names


@given(st.lists(st.tuples(*[st.text("ab #1", max_size=3)] * 3), max_size=12))
def test_no_two_names_are_alike(incidents: list[tuple[str, str, str]]) -> None:
    """Whatever incidents are called, each has a name of its own."""
    names = distinct_names(incidents)
    assert len(set(names)) == len(names) == len(incidents)


@given(st.text())
def test_a_name_is_one_short_line(name: str) -> None:
    """A name has no line end and nothing hidden, at most 34 letters, and is never empty."""
    shown = shown_name(name)
    assert shown
    assert "\n" not in shown
    assert len([char for char in shown if char.isalnum()]) <= 34


def test_wide_letters_count_as_two() -> None:
    """A Chinese name is cut at half as many letters, in its middle, where names differ least."""
    assert shown_name("支" * 17) == "支" * 17
    assert shown_name("支" * 16 + "払" * 16) == "支" * 8 + "…" + "払" * 8


def test_marks_are_not_heaped() -> None:
    """A letter keeps three marks at the most: a heap of them would be drawn over other rows."""
    assert shown_name("e\u0301" + "\u0301" * 50) == "e" + "\u0301" * 3


def test_sentences_are_cut_at_their_end() -> None:
    """A sentence that is too long keeps its beginning."""
    assert shown_text("one two three", 8) == "one two…"
    assert "\x1b" not in shown_text(HOSTILE, 400)
