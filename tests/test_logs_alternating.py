"""Parts before messages that take turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.logs.alternating import without_alternating
from logdebug.logs.calls import calls_of
from logdebug.logs.forms import form_of

if TYPE_CHECKING:
    from collections.abc import Iterable

MESSAGES = (
    "saved the model",
    "gradient overflow in layer",
    "validation finished",
    "loaded the data set",
    "storage slow",
)


def calls_with(heads: Iterable[str], messages: Iterable[str] = MESSAGES) -> list[int]:
    """Give the call of each message after each head, message by message."""
    heads = tuple(heads)
    return calls_of([f"2026-11-29 08:00:01 | {head}{message}".encode() for message in messages for head in heads])


def test_parts_that_come_and_go_tell_no_calls_apart() -> None:
    """Each of five messages is one call with a rank, with a worker's name, and with neither before it."""
    assert calls_with(("", "rank 3 | ", "<Worker> ")) == [0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9, 9, 12, 12, 12]


def test_levels_take_no_turns() -> None:
    """Five messages at two levels are ten calls; so are those of two environments with a level each."""
    assert calls_with(("INFO | ", "ERROR | ")) == list(range(10))
    assert calls_with(("prod.INFO: ", "stage.ERROR: ")) == list(range(10))
    assert calls_with(("prod.INFO: ", "stage.INFO: ")) == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8]


def test_parts_take_turns_across_levels() -> None:
    """Five messages at a level each show that their environments take turns; levels are kept all the same."""
    levels = ("INFO", "NOTICE", "WARNING", "ERROR", "ALERT")
    lines = [f"{name}.{level}: {text}" for text, level in zip(MESSAGES, levels, strict=True) for name in ("prod", "qa")]
    lines.append("qa.INFO: storage slow")
    assert calls_of([line.encode() for line in lines]) == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10]


def test_states_take_no_turns() -> None:
    """Things that were started and stopped are two calls each, however many they are."""
    assert calls_with(("Started: ", "Stopped: ")) == list(range(10))


def test_two_messages_show_nothing() -> None:
    """Parts that only two messages share are kept."""
    forms = {form_of(f"a.b: {head}{message}".encode()) for message in MESSAGES[:2] for head in ("", "<Worker> ")}
    given, parts = without_alternating(forms)
    assert (given, parts) == ({form: form for form in forms}, set())


def test_parts_of_other_messages_are_kept() -> None:
    """A part that shares three messages of seven with another isn't its like."""
    one = [f"<Reader> {message}" for message in (*MESSAGES, "opened a page", "read a line")]
    other = [f"<Writer> {message}" for message in (*MESSAGES[:3], "wrote a block", "freed it", "synced all", "grew it")]
    _, parts = without_alternating({form_of(line.encode()) for line in (*one, *other)})
    assert not parts
