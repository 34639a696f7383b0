"""How lines, sizes, durations and budgets are written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs.rendering import Budget, duration_text, shown, size_text, tokens_of


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (812, "812 B"), (4_200, "4.2 kB"), (123_456_789, "123 MB"), (10**13, "10.0 TB")]
)
def test_sizes_are_for_people(size: int, text: str) -> None:
    """A size has two or three digits that count, and its unit."""
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0.4 s"), (12, "12 s"), (185, "3 min 5 s"), (7_440, "2 h 4 min"), (266_400, "3 d 2 h"), (-30, "-30 s")],
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    """A duration is given in its two greatest units."""
    assert duration_text(timedelta(seconds=seconds)) == text


def test_the_part_of_a_long_line_that_tells_of_trouble_is_kept() -> None:
    """A long line is cut around its trouble, not through it."""
    line = "GET " + "a" * 900 + " upstream timed out while reading " + "b" * 900
    assert "timed out" in shown(line, most=200)
    assert len(shown(line, most=200)) < 230


def test_a_long_json_line_is_shown_as_what_it_says() -> None:
    """Of a JSON line too long to show, level and message are shown."""
    line = '{"PRIORITY":"3","X":"' + "x" * 500 + '","MESSAGE":"unit failed"}'
    assert shown(line, most=100) == "{…} error unit failed"


@given(st.text(max_size=600), st.integers(30, 300))
def test_what_is_shown_is_one_short_line(text: str, most: int) -> None:
    """Whatever a line holds, what is shown has no control characters and is about as short as asked."""
    line = shown(text, most=most)
    assert line.isprintable() or not any(character < " " or "\x7f" <= character < "\xa0" for character in line)
    assert len(line) <= most + 8


@given(st.text(max_size=400), st.integers(0, 60))
def test_a_cut_text_keeps_the_budget(text: str, tokens: int) -> None:
    """No text is longer than the budget it is cut to, and one that fits isn't touched."""
    cut = Budget(tokens).cut(text)
    assert tokens_of(cut) <= tokens
    assert cut == text or tokens_of(text) > tokens


def test_a_budget_is_spent_once() -> None:
    """What doesn't fit is refused, and takes nothing."""
    budget = Budget(10)
    assert budget.spend("x" * 30)
    assert not budget.spend("x" * 30)
    assert budget.left == 8
