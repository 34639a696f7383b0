"""The places of forms that different things fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.logs import slots
from logdebug.logs.slots import slots_of

if TYPE_CHECKING:
    import pytest


def forms(*texts: str) -> list[tuple[bytes, ...]]:
    """Give forms of texts with blanks between all words and marks."""
    return [tuple(text.encode().split()) for text in texts]


def fillings(*texts: str) -> list[set[str]]:
    """Give what fills each place of some forms."""
    return [{b" ".join(filling).decode() for filling in slot.fillings} for slot in slots_of(forms(*texts))]


def test_a_word_fills_a_place() -> None:
    """What differs is found with what stands before it, and what is around."""
    found = slots_of(forms("user ann came in", "user bob came in"))
    (slot,) = (slot for slot in found if slot.fillings == {(b"ann",), (b"bob",)})
    assert slot.before == b"user"
    assert slot.around == (b"user", b"came", b"in")


def test_what_marks_enclose_fills_a_place_together() -> None:
    """Texts of different lengths stand in one place where marks say where they begin and end."""
    assert {"Hot Stuff", "We Need to Go Deeper"} in fillings(
        "got [ Hot Stuff ] now", "got [ We Need to Go Deeper ] now"
    )


def test_capitalised_words_fill_a_place_together() -> None:
    """A name of several words stands where one of a single word does, without marks."""
    assert {"Tiger", "Otter Rocket"} in fillings("call from Tiger was lost", "call from Otter Rocket was lost")


def test_a_known_value_may_be_all_of_a_value() -> None:
    """A name beside a value stands where the value alone does."""
    assert {"web", ""} in fillings("* web : started", "* : started")


def test_in_many_forms_parts_of_sentences_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of free text has its words and what its marks enclose looked at only."""
    texts = ("starting Snap daemon of all", "starting cups of all")
    assert {"Snap daemon of all", "cups of all"} in fillings(*texts)
    monkeypatch.setattr(slots, "_MANY_FORMS", 1)
    assert fillings(*texts) == [set(texts)]
