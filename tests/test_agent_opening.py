"""Conversations that another process opens: the same as those that are opened here, secrets and all."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from logdebug.agent.opening import Terms, open_ahead, open_conversation
from logdebug.agent.reading import Reading
from logdebug.logs import load_signatures
from logdebug.redaction.redactor import Redactor
from logdebug.redaction.rules import load_rules

if TYPE_CHECKING:
    from conftest import WriteCase

    from logdebug.redaction.rules import Rule

SECRET = "hunter2-Xy7pQ9vL"
LOG = [
    "2026-11-18 09:00:00 INFO started",
    f"2026-11-18 09:00:01 ERROR login failed, password={SECRET}",
    "2026-11-18 09:00:02 ERROR AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY refused",
    f"2026-11-18 09:00:03 FATAL giving up, {SECRET} is wrong",
]


def terms(rules: tuple[Rule, ...] | None = None) -> Terms:
    """Give what the conversations have in common."""
    return Terms(load_signatures(), rules, 4000)


@pytest.mark.parametrize("rules", [None, load_rules(), ()], ids=["usual", "given", "off"])
def test_it_is_opened_as_it_is_here(case_dir: WriteCase, rules: tuple[Rule, ...] | None) -> None:
    """The messages, the names of the secrets and what they stand for are those of a conversation opened here."""
    incident = case_dir(LOG, app__yaml="db: 1\n")
    opening = open_ahead(incident, terms(rules))
    assert opening is not None
    with (
        closing(Reading.of(incident, redactor=Redactor(rules, key="0" * 32))) as here,
        closing(Reading.of(incident, redactor=Redactor(rules, key="0" * 32))) as taking,
    ):
        here.mark = opening.mark
        messages = opening.taken_by(taking)
        assert messages is not None
        assert messages == open_conversation(incident, here, overview_tokens=4000)
        assert taking.mark == opening.mark
        assert taking.redactor.digests == here.redactor.digests
        assert taking.redactor.restore(messages[1].text) == here.redactor.restore(messages[1].text)
        assert (SECRET in messages[1].text) is (rules == ())


def test_another_log_is_not_taken(case_dir: WriteCase) -> None:
    """What was made of a log that has changed since is made anew."""
    incident = case_dir(LOG)
    opening = open_ahead(incident, terms())
    assert opening is not None
    os.utime(incident.working_dir / "app.log", (1, 1))
    with closing(Reading.of(incident)) as reading:
        mark = reading.mark
        assert opening.taken_by(reading) is None
        assert reading.mark == mark


def test_a_reading_that_knows_secrets_takes_none(case_dir: WriteCase) -> None:
    """Where secrets have names already, others might be given to them."""
    incident = case_dir(LOG)
    opening = open_ahead(incident, terms())
    assert opening is not None
    with closing(Reading.of(incident)) as reading:
        reading.redactor.redact("password=An0ther-0ne")
        assert opening.taken_by(reading) is None


def test_a_large_log_is_for_who_asks(case_dir: WriteCase) -> None:
    """What takes long is not done ahead: threads and processes of the run's own read it."""
    assert open_ahead(case_dir("x\n" * 600_000), terms()) is None
