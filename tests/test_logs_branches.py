"""Tests of the words that a pattern's alternatives can't do without."""

from __future__ import annotations

import pytest

from logdebug.logs.branches import branches_of


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("disk full|out of memory", [("disk full",), ("out of memory",)]),
        (r"\bENOSPC\b", [("enospc",)]),
        (r"colou?r of (the )?moon", [("r of ",)]),
        (r"(lost|no) quorum", [(" quorum",)]),
        (r"a (lost|gone)", [("lost", "gone")]),
        (r"a (lost|gone)?", [("a ",)]),
        (r"a (lost|gone){0,2}b", [("a ",)]),
        (r"a (lost|\d+)", [("a ",)]),
        (r"(a|b|(night|morning) shift)", [("a", "b", " shift")]),
        (r"x[|()]y|no [^\]|]+ left", [("x",), (" left",)]),
        (r"a\|b|c\\d", [("a|b",), ("c\\d",)]),
        (r"\(111: |\{badarg,", [("(111: ",), ("{badarg,",)]),
        (r"errno:? ?28\b", [("errno",)]),
        (r"ab{2,3}cde", [("cde",)]),
        (r"déjà vu|● x", [(" vu",), ("● x",)]),
        (r"(?i:Key)Error|(?-i:KEY)", [("error",), ("key",)]),
        (r"^\s*\d+$|.*", [(), ()]),
        (r"(?i)one|two", [()]),
        (r"\x41|\pL|\Qa|b\E", [()]),
        (r"Guzzle\\Exception\\\w+", [("guzzle\\exception\\",)]),
    ],
)
def test_words(pattern: str, words: list[tuple[str, ...]]) -> None:
    """The longest run of certain characters is needed, or one of a group's, where the group can't be left out."""
    assert [branch.words for branch in branches_of(pattern)] == words


def test_a_word_is_told_from_what_must_be_tried() -> None:
    """An alternative without any sign matches wherever its word stands; others must be tried."""
    assert [branch.is_word for branch in branches_of(r"disk full|x\.y|full\b|(full)|Größe")] == [
        *(True, True),
        *(False, False, False),
    ]


def test_the_alternatives_make_up_the_pattern() -> None:
    """The alternatives, joined by bars, are the pattern again."""
    pattern = r"(a|b)c|[x|y]\|z|(?:d|(e|f)g)+|h{1,2}"
    assert "|".join(branch.pattern for branch in branches_of(pattern)) == pattern


@pytest.mark.parametrize(
    ("pattern", "also"),
    [
        ("disk full", ()),
        (r"status ?(code)? ?500\b", (("500",),)),
        (r"failed to (start|load) unit \S+", (("start", "load"), (" unit ",))),
        (r"failed( to (start|load))? unit", ((" unit",),)),
        (r"failed (a+|b)", ()),
        (r"(job \d+ (died|left)) early", (("job ",), ("died", "left"))),
    ],
)
def test_other_words(pattern: str, also: tuple[tuple[str, ...], ...]) -> None:
    """What else an alternative needs is known, too, unless it can be left out."""
    [branch] = branches_of(pattern)
    assert sorted(branch.also) == sorted(also)
