"""Telling values from what lines say, by what fills places of forms."""

from __future__ import annotations

import pytest

from logdebug.logs.slots import slots_of
from logdebug.logs.values import Values, Weighing

UNITS = ("CUPS Scheduler", "Snap daemon", "Bluetooth service", "network manager")


def variable(*texts: str) -> list[set[str]]:
    """Give what fills the places of forms that hold values."""
    forms = sorted({tuple(text.encode().split()) for text in texts})
    found = Weighing(forms).variable(slots_of(forms))
    return [{b" ".join(filling).decode() for filling in slot.fillings} for slot in found]


@pytest.mark.parametrize(
    "fillings",
    [
        ("started", "stopped", "paused", "resumed"),
        ("ERROR", "WARN", "INFO", "DEBUG", "TRACE", "FATAL", "NOTICE"),
        ("read", "write"),
        ("SCREEN_ON", "SCREEN_OFF"),
        ("is", "has", "was", "does", "can", "will", "may"),
    ],
)
def test_what_happened_is_no_value(fillings: tuple[str, ...]) -> None:
    """States, levels, opposites and the words that make sentences tell lines apart, however many there are."""
    assert variable(*(f"the disk of shop {filling} at last" for filling in fillings)) == []


def test_the_name_of_a_thing_is_a_value() -> None:
    """Two words after what is called by its name are values; after another word they aren't."""
    assert variable("keyspace orders was moved", "keyspace users was moved")
    assert variable("somehow orders was moved", "somehow users was moved") == []


def test_a_name_beside_a_known_value_is_a_value() -> None:
    """One name is a value where a value is known to stand; a plain word is where more is said around it."""
    assert variable("* : supplied by regulator-dummy", "* : supplied by *")
    assert variable("* : supplied by nobody", "* : supplied by *") == []
    assert variable("the power of disks is supplied by nobody", "the power of disks is supplied by *")


def test_methods_of_requests_are_values_but_in_quotes() -> None:
    """The method of a request is a value; in quotes the request is another with it."""
    assert variable("sending request GET * now", "sending request POST * now")
    assert variable('request " GET * " now', 'request " POST * " now') == []


def test_what_stands_together_elsewhere_is_a_value() -> None:
    """A few texts that stand in one place of several sentences are values in each; in a single one they may be said."""
    assert variable(*(f"Starting {unit}" for unit in UNITS[:3])) == []
    found = variable(*(f"{verb} {unit}" for unit in UNITS[:3] for verb in ("Starting", "Started", "Stopped")))
    assert found == [set(UNITS[:3])] * 3


def test_a_reason_is_a_value() -> None:
    """Whatever stands after `reason:` is one, even where it says what happened."""
    assert variable("group * is rebalanced ( reason : removing one )", "group * is rebalanced ( reason : joined )")


def test_the_object_of_a_preposition_is_a_value() -> None:
    """A word that ends a clause after a preposition is a thing, even one in -ing; after `failed to` it isn't."""
    assert variable("rolled service back in staging", "rolled service back in production")
    assert variable("the service failed to start", "the service failed to bind") == []


def test_why_something_failed_is_a_value() -> None:
    """Three causes after a colon at the end are values of a failure; of what went well they may be said."""
    causes = ("card expired", "fraud suspected", "no funds")
    assert variable(*(f"payment of order * failed : {cause}" for cause in causes))
    assert variable(*(f"payment of order * is noted : {cause}" for cause in causes)) == []


def test_a_message_with_many_values_is_not_all_that_is_usual() -> None:
    """Twelve values of one message make its words no head of lines; a few names among them may have blanks."""
    lines = [f"worker slow for shard {name}" for name in (*"abcdefghij", "k l", "m n o")]
    lines += [f"worker slow again for shard {name}" for name in "abcdefghij"]
    assert {len(found) for found in variable(*lines)} >= {10, 12}


def test_things_may_be_called_what_levels_are() -> None:
    """A partition may be called debug; elsewhere no level is a value."""
    assert variable(*(f"job was started in {name} on *" for name in ("batch", "debug", "long")))
    assert variable(*(f"job was started {name} then" for name in ("batch", "debug", "long"))) == []


def test_calls_that_messages_begin_with_are_apart() -> None:
    """`StartContainer for` and `StopContainer for` are two messages; of other names that are as many it's one."""
    assert variable(*(f'" {verb}Container for * is done "' for verb in ("Start", "Stop", "Remove"))) == []
    assert variable(*(f'" {name}Container for * is done "' for name in ("Blue", "Tall", "Vast")))


def test_a_cause_may_have_signs() -> None:
    """All after the colon of what failed is its cause, though more colons and commas come in it."""
    assert variable(
        "payment of order * failed : a , b", "payment of order * failed : c", "payment of order * failed : d : e"
    )


def test_many_names_are_values_whatever_they_end_with() -> None:
    """Twelve names are values even where each says what was done; four are told apart."""
    names = [f"{chr(letter)}xCreated" for letter in range(ord("A"), ord("A") + 12)]
    assert variable(*(f"took message * {name} out of queue" for name in names))
    assert variable(*(f"took message * {name} out of queue" for name in names[:4])) == []


def test_values_of_several_places_are_values_anywhere() -> None:
    """A name that was a value in two places is one in any other; a word of sentences never is."""
    forms = [
        tuple(text.split())
        for verb in (b"drowned here", b"slept there", b"starved there")
        for text in (b"* " + verb, b"mc_ann " + verb, b"plain " + verb)
    ]
    values = Values()
    for slot in Weighing(forms).variable(slots_of(forms)):
        values.add(slot)
    assert list(values.spans_in((b"hail", b"mc_ann", b"and", b"plain"))) == [(1, 2)]
