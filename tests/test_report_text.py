"""Log text made safe to look at."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.report.text import one_line, shorten, shorten_middle, storable, visible

SEEN = {
    "colour": ("\x1b[1;31mred\x1b[0m", "red"),
    "8-bit colour": ("\x9b31mred", "red"),
    "title": ("\x1b]0;owned\x07a", "a"),
    "hyperlink": ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
    "unfinished title hides nothing": ("\x1b]0;all of this", "␛]0;all of this"),
    "controls": ("a\x00b\x07c\x7fd", "a␀b␇c␡d"),
    "direction": ("a\u202etxt.exe\u2066", "a\\u202etxt.exe\\u2066"),
    "unseen": ("a\u200bb\ufeff\U000e0041", "a\\u200bb\\ufeff\\U000e0041"),
    "surrogate": ("a\ud800b", "a\ufffdb"),
    "pair of halves": ("\ud83d\ude00\n", "😀\n"),
    "line ends": ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
    "emoji": ("👩\u200d💻\n", "👩\u200d💻\n"),
    "no-break blank": ("a\u00a0b", "a b"),
    "plain": ("plain é 日本", "plain é 日本"),
}


@pytest.mark.parametrize(("text", "seen"), SEEN.values(), ids=SEEN.keys())
def test_visible(text: str, seen: str) -> None:
    """Terminal sequences go, whatever acts unseen is shown, and ordinary text is as it was."""
    assert visible(text) == seen


@given(st.text(alphabet=st.characters()))
def test_nothing_acts_unseen(text: str) -> None:
    """No text leaves a control, format or surrogate character, apart from newline, tab and joiners."""
    for char in visible(text):
        assert char in "\n\t\u200c\u200d" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    visible(text).encode()
    assert "\n" not in one_line(text)
    assert storable(storable(text)) == storable(text)


def test_one_line_and_shorten() -> None:
    """Runs of white space become one blank, and a cut is marked and within its length."""
    assert one_line(" a\n\t b\r\n") == "a b"
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abc defgh", 5) == "abc…"
    assert shorten_middle("abcdef", 6) == "abcdef"
    assert shorten_middle("abcdefgh", 6) == "abc…gh"


def test_long_hostile_text_is_quick() -> None:
    """A megabyte of unfinished terminal sequences takes no quadratic time."""
    assert len(visible("\x1b]" * 200_000)) == 400_000
    assert len(visible("\x1b[" + "0" * 400_000)) == 400_002
