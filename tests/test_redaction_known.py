"""Known texts are found in others, however many there are."""

from __future__ import annotations

from logdebug.redaction.known import KnownTexts


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
