"""Exceptions, reasons and what brackets enclose, beside the message of a line."""

from __future__ import annotations

import pytest

from logdebug.logs.asides import without_asides, without_caught
from logdebug.logs.forms import form_of


@pytest.mark.parametrize(
    "thrown",
    [
        "java.net.SocketTimeoutException: Read timed out",
        "java.lang.NullPointerException",
        "Npgsql.NpgsqlException (0x80004005): reading failed",
        "KeyError: 'stone'",
        "Net::ReadError: it broke: twice",
        "Net::ReadTimeout",
    ],
)
def test_the_exception_at_the_end_is_a_value(thrown: str) -> None:
    """A message ends with one value whichever exception is named there, with what it says."""
    assert without_caught(f"WARN retry of order after {thrown}".encode()) == b"WARN retry of order after 0"


@pytest.mark.parametrize(
    "line",
    [
        b"java.io.IOException: gone",
        b"Caused by: java.io.IOException: gone",
        b"2026-11-29 ERROR java.io.IOException: gone",
        b"the IOException was handled by us",
    ],
)
def test_an_exception_that_is_the_message_is_kept(line: bytes) -> None:
    """A trace's own lines, a line that says nothing else, and a mere mention are as they were."""
    assert without_caught(line) == line


def test_what_is_called_the_error_is_a_value() -> None:
    """Whatever comes after `error:` in a message is a value, up to the fields; at its beginning it is the message."""
    assert without_asides(b"probe of pod ended with error : no route job= *".split()) == (
        b"probe of pod ended with error : * job= *".split()
    )
    assert without_asides(b"sshd : error : no route".split()) == b"sshd : error : no route".split()


def test_what_brackets_enclose_in_a_message_is_a_value() -> None:
    """Brackets after a small word hold a value, nested ones too; those of a head, states and open ones are kept."""
    assert form_of(b"x [main] for templates [maple], [a]") == form_of(b"x [main] for templates [a [b] c], [a]")
    for line in (b"INFO [main] a", b"moved to state [DONE]", b"it opens [but never"):
        words = form_of(line)
        assert without_asides(words) == (list(words) if b"[" in words else words)
        assert b"*" not in words
