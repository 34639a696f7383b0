"""Known texts are found in others, however many there are."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

from logdebug.redaction.known import KnownTexts

if TYPE_CHECKING:
    import pytest


def test_each_is_found_whether_few_or_many_are_known() -> None:
    """Those that stand in a text are given, before and after there are enough of them for one expression."""
    known = KnownTexts()
    for number in range(200):
        known.add(f"secret.{number:03}+x")
        found = known.in_text(f"a secret.{number:03}+x and secret.000+x")
        assert set(found) == {f"secret.{number:03}+x", "secret.000+x"}
    assert known.in_text("nothing of them: secretX001+x") == []


def test_the_longest_comes_first() -> None:
    """Of two, one of which begins with the other, the longer is given first."""
    known = KnownTexts()
    known.add("abcdefgh")
    known.add("abcdefgh-ijkl")
    assert known.in_text("x abcdefgh-ijkl y abcdefgh z")[0] == "abcdefgh-ijkl"


def test_what_was_known_for_long_is_found_still() -> None:
    """Texts are found after many others were looked through, and so is one that is new then."""
    known = KnownTexts()
    for number in range(90):
        known.add(f"secret.{number:03}+x")
    for _ in range(200):
        assert set(known.in_text("secret.001+x, secret.088+x")) == {"secret.001+x", "secret.088+x"}
    known.add("secret.100+x")
    assert set(known.in_text("secret.100+x, secret.089+x")) == {"secret.100+x", "secret.089+x"}


def test_many_long_ones_that_stand_in_a_text_are_found_without_a_word_to_the_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """All of 400 texts of 300 letters are found in one that holds them, and RE2 doesn't run out of memory."""
    draw = random.Random(7)
    texts = ["".join(draw.choices(string.ascii_letters, k=300)) for _ in range(400)]
    known = KnownTexts()
    for text in texts:
        known.add(text)
    for _ in range(66):
        known.in_text("")
    assert set(known.in_text(" ".join(texts))) == set(texts)
    assert capfd.readouterr() == ("", "")


def test_texts_that_begin_alike_or_within_a_letter_are_told_apart() -> None:
    """Of many with the same head those are given that stand in the text, also where the head ends amid a letter."""
    known = KnownTexts()
    texts = [f"eyJhbGciOiJ{number:03}" for number in range(40)] + ["pässwörter-1", "pässwörter-2"]
    for text in texts:
        known.add(text)
    assert known.in_text("a pässwörter-2 and eyJhbGciOiJ007!") == ["eyJhbGciOiJ007", "pässwörter-2"]
