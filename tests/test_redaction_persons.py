"""Numbers of persons must add up, and addresses of machines are no mailboxes."""

from __future__ import annotations

import pytest

from logdebug.redaction.found import Found
from logdebug.redaction.persons import has_luhn, has_mod97, is_card, is_email, is_iban, is_phone


def test_check_digits_are_checked() -> None:
    """A number with one digit changed has neither Luhn's check digit nor an IBAN's."""
    assert has_luhn("4111111111111111")
    assert not has_luhn("4111111111111112")
    assert has_mod97("DE89370400440532013000")
    assert not has_mod97("DE89370400440532013001")


@pytest.mark.parametrize(
    ("value", "before", "is_one"),
    [
        ("4111 1111 1111 1111", "paid with ", True),
        ("378282246310005", "card=", True),
        ("4111111111111111", "trace_id=", False),
        ("9111111111111111", "paid with ", False),
        ("4000000000000000", "paid with ", False),
    ],
)
def test_a_card_has_an_issuer_and_no_ids_field(value: str, before: str, *, is_one: bool) -> None:
    """A number that adds up is a card's only with an issuer's prefix, and not in a field of ids."""
    assert is_card(Found(value, before=before)) is is_one


def test_an_iban_is_as_long_as_its_countrys() -> None:
    """An IBAN that adds up by chance at another length is none."""
    assert is_iban(Found("GB82 WEST 1234 5698 7654 32"))
    assert not is_iban(Found("XX82WEST12345698765432"))


@pytest.mark.parametrize(
    ("value", "before", "after", "is_one"),
    [
        ("bob.smith@example.com", "to ", " now", True),
        ("bob%40example.com", "u=", "&x", True),
        ("getty@tty1.service", "", "", False),
        ("git@github.com", "clone ", ":a/b.git", False),
        ("app@db1.example.com", "ssh://", ":22", False),
        ("logo@2x.png", "GET /", " HTTP", False),
        ("deploy@web01.example.com", "ssh ", "", False),
        ("bob.smith@backup.example.com", "rsync -a /srv ", ":/srv", False),
        ("bob.smith@example.com", "scp of the report failed; mail to ", ":", True),
    ],
)
def test_a_mailbox_is_told_from_a_machine(value: str, before: str, after: str, *, is_one: bool) -> None:
    """Units, files and accounts on machines that look like an address are none."""
    assert is_email(Found(value, before=before, after=after)) is is_one


def test_a_phone_number_has_enough_digits() -> None:
    """What has fewer than eight digits, or one digit over and over, is no number of a phone."""
    assert is_phone(Found("+49 151 2345678"))
    assert not is_phone(Found("+4915"))
    assert not is_phone(Found("+11111111111"))
