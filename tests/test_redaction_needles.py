"""The words by which anchors are looked for miss none of them."""

from __future__ import annotations

import re
from functools import cache

import needles
import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st
from secret_samples import clean, leaking
from secret_templates import clean_templates, leaking_templates

from logdebug.redaction.anchors import _Words
from logdebug.redaction.expressions import by_line, options
from logdebug.redaction.needles import UNFOLDED, derived, folded, needles_of
from logdebug.redaction.rules import load_rules

RULES = [rule for rule in load_rules() if rule.anchor]
LINES = [
    *(line for leak in leaking(60, wording="third", seed=5) for line in leak.text.split("\n")),
    *(line for leak in leaking_templates(60, seed=6) for line in leak.text.split("\n")),
    *(line for rule in RULES for line in (rule.match, rule.near_miss)),
    *clean(60, wording="third", seed=7),
    *clean_templates(60, seed=8),
]


@cache
def anchors() -> list[object]:
    """Compile each rule's anchor."""
    return [re2.compile(by_line(rule.anchor), options(never_nl=True)) for rule in RULES]


def by_each_anchor(data: bytes) -> set[tuple[int, int, int]]:
    """Give the candidates in a text, each anchor looked for in each line."""
    found, at = set(), 0
    for line in data.split(b"\n"):
        found |= {(place, at, at + len(line)) for place, anchor in enumerate(anchors()) if line and anchor.search(line)}
        at += len(line) + 1
    return found


def test_words_lead_to_each_line_that_an_anchor_matches() -> None:
    """Among lines of hundreds of programs, whatever the case, those are looked at that have an anchor."""
    words = _Words(RULES, [b"never"])
    for change in (str, str.upper, str.title):
        lines = [change(line).encode("utf-8", "replace") for line in LINES[::3]]
        data = b"\n".join(lines)
        assert set(words.candidates(data)[0]) == by_each_anchor(data)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_an_anchor_matches_has_one_of_its_words(data: st.DataObject) -> None:
    """Texts that are made up from an anchor have one of its words, unless it has none at all."""
    rule = data.draw(st.sampled_from(RULES))
    form = rule.anchor.replace(r"\p{L}", "[a-zé]")  # which only RE2 knows
    text = data.draw(st.from_regex(re.compile(form, re.ASCII), fullmatch=True))
    words, line = needles_of(rule.anchor), text.encode("utf-8", "replace")
    if words and b"\n" not in line and not any(letter in line for letter in UNFOLDED):
        assert any(word in folded(line) for word in words), (rule.id, line)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("(?i:api[_-]key)=[0-9]{3}", ["api-key=000", "api_key=000"]),
        (r"token\s+[A-Z]", ["token "]),
        ("(?:secret|PIN) code", ["pin code", "secret code"]),
        ("(?:secret)?badge", ["badge"]),
        ("s(?:ecret){2,}", ["secretecret"]),
        ("Ключ", ["КЛЮЧ", "КЛЮч", "КЛюЧ", "КЛюч", "КлЮЧ", "КлЮч", "КлюЧ", "Ключ", "кЛЮЧ", "кЛЮч", "кЛюЧ", "кЛюч"]),
        ("x*", []),
        ("[a-z]{8}", []),
        (r"badge|\pN", []),
        ("[[:alpha:]]badge", []),
        ("(?U)badge", []),
        ("badge|", []),
        ("a\nbadge", []),
    ],
)
def test_words_are_what_an_expression_must_have(expression: str, words: list[str]) -> None:
    """Neighbours are joined, of ways each is given, and what is understood otherwise than RE2 does has no words."""
    assert derived(expression)[: len(words) or None] == words


def test_letters_that_stand_for_others_are_no_way_around() -> None:
    """RE2 takes a long s for an s where case is of no matter: the words of such a text aren't believed."""
    data = "pa\u017f\u017fword=hunter2x".encode()
    words = _Words(RULES, [b"never"])
    assert {RULES[place].id for place, *_ in words.candidates(data)[0]} >= {"password-field"}


def test_the_words_that_ship_are_those_of_the_rules() -> None:
    """`needles.json` is up to date: else run `make needles`. What it lacks is found when it is needed, more slowly."""
    assert needles.FILE.read_text(encoding="utf-8") == needles.text()
