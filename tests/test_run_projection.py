"""What an incident will cost: sums that anybody can do by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from logdebug.agent.limits import Limits
from logdebug.run.projection import ASSUMED, least, most, typical

if TYPE_CHECKING:
    from logdebug.records import Usage

HABITS = replace(ASSUMED, turns=3, growth_tokens=100, reply_tokens=10)


def charge(usage: Usage) -> Usage:
    """Charge a cent for a thousand tokens sent, and ten for a thousand received."""
    return replace(usage, cost_usd=(usage.input_tokens + 10 * usage.output_tokens) * 1e-5)


def test_each_turn_costs_the_conversation_until_then() -> None:
    """Three turns on a conversation of 1,000 tokens that grows by 100 cost 1,000 + 1,100 + 1,200 sent, 30 received."""
    spent = typical(1000, HABITS, Limits(), charge)
    assert (spent.turns, spent.input_tokens, spent.output_tokens) == (3, 3300, 30)
    assert spent.cost_usd == pytest.approx(0.036)


def test_a_limit_ends_it_with_one_more_answer() -> None:
    """Past a limit the model is asked once more, for its best answer, and no more."""
    assert typical(1000, HABITS, Limits(turns=1), charge).turns == 2
    assert typical(1000, HABITS, Limits(usd=0.001), charge).turns == 2
    assert typical(1000, HABITS, Limits(turns=3), charge).turns == 3


def test_the_most_is_what_the_dearer_way_to_a_limit_costs() -> None:
    """A model that never submits goes on to a limit and two best answers; dear replies count for more than many."""
    spent = most(1000, HABITS, Limits(turns=4, tokens=10**9), charge)
    assert (spent.turns, spent.output_tokens) == (6, 6 * 16_384)
    unpriced = most(1000, HABITS, Limits(turns=4, tokens=10**9), lambda usage: usage)
    assert unpriced.cost_usd is None
    assert unpriced.tokens > spent.tokens
    assert most(1000, HABITS, Limits(usd=0.5), charge).turns < 10


def test_the_least_is_one_turn() -> None:
    """The least is the first request and a short answer."""
    spent = least(1000, charge)
    assert (spent.turns, spent.input_tokens) == (1, 1000)
    assert 0 < spent.output_tokens < 500
