"""In the first pass a value that is surely no secret is told from one that may be."""

from __future__ import annotations

import pytest
import re2

from logdebug.redaction.harmless import harmless_parts
from logdebug.redaction.rules import load_rules


@pytest.mark.parametrize(
    "value", ["null", '"None"', "missing,", "***", "${X}", "<x>", "[REDACTED]", '"{{ x }}"', "No)"]
)
def test_what_stands_for_a_secret_is_harmless(value: str) -> None:
    """A word like null, a mask and what a template puts in begin no value that may be a secret."""
    parts = harmless_parts()
    assert not re2.match(parts["HELD"], value)
    assert not re2.match(parts["MIXED"], value)


@pytest.mark.parametrize("value", ["nullable7", '"none of yours"', "*7x", "$3cret", "no.7", "%22Abc1", '\\"x1', "nu"])
def test_what_may_be_a_secret_is_not(value: str) -> None:
    """A value that only begins like such a word may be a secret."""
    assert re2.match(harmless_parts()["HELD"], value)


@pytest.mark.parametrize(("value", "may_be"), [("user_name", False), ("abc7", True), ("AbcdefghIjklmnopQ", True)])
def test_words_are_told_from_what_a_machine_made_up(value: str, *, may_be: bool) -> None:
    """Letters alone are a word up to fifteen of them."""
    assert bool(re2.match(harmless_parts()["MIXED"], value)) == may_be


def test_an_anchor_matches_wherever_its_rule_finds_something() -> None:
    """Every specimen has its rule's anchor, though anchors ask for more than a name."""
    assert all(re2.search(rule.anchor, rule.match) for rule in load_rules())
