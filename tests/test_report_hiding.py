"""Exports hide secrets unless they are told to show them; the log around a quote has the quote's placeholders."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from secret_samples import Maker

from logdebug.agent.concealing import analysed
from logdebug.agent.grounding import ground
from logdebug.agent.reading import Reading
from logdebug.records import Diagnosis, Usage
from logdebug.redaction.redactor import Redactor
from logdebug.report.export.postmortem import postmortem
from logdebug.report.export.render import to_notebook_html
from logdebug.report.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import WriteCase

BODY = Maker(11).key_body(30)
LINES = [
    "2026-11-18T09:00:00 INFO connecting with api_key=x9Kd83mQpL2vRt7Zw4Yb",
    "2026-11-18T09:00:01 ERROR login failed: password=Hunter22xyz! for bob.smith@example.com",
    "-----BEGIN RSA PRIVATE KEY-----",
    *BODY,
    "-----END RSA PRIVATE KEY-----",
    "2026-11-18T09:00:02 FATAL cannot read the key above, giving up on db-1",
]
SECRETS = ("x9Kd83mQ", "Hunter22", "bob.smith", *(line[:12] for line in BODY))
EXPORTS = {
    "html": lambda report, **how: report.to_html(**how),
    "markdown": lambda report, **how: report.to_markdown(**how),
    "csv": lambda report, **how: report.to_csv(**how),
}


def report_of(*found: Diagnosis) -> Report:
    """Make a report of diagnoses."""
    return Report(datetime(2026, 11, 18, tzinfo=UTC), "offline", "run-1", found, (), Usage())


@pytest.fixture
def plain(case_dir: WriteCase) -> Report:
    """Make a report whose texts hold secrets, as one made with `redact=False`."""
    incident = case_dir(LINES)
    reading = Reading.of(incident, redactor=Redactor(()))
    quotes = tuple(
        ground(LINES[place], file="app.log", line=place + 1, log=reading.log) for place in (1, len(LINES) - 1)
    )
    found = replace(analysed(incident, reading), root_cause=f"It failed: {LINES[1]}", evidence=quotes)
    reading.close()
    return report_of(found)


@pytest.fixture
def concealed(case_dir: WriteCase) -> Report:
    """Make a report as a run makes it, with placeholders; the password is its session's third."""
    incident = case_dir(LINES)
    redactor = Redactor()
    redactor.redact("password=first1x password=second2x")
    reading = Reading.of(incident, redactor=redactor)
    shown = reading.veil.lines(2, 2)[0].text
    quote = replace(ground(LINES[1], file="app.log", line=2, log=reading.log), quote=shown)
    found = replace(analysed(incident, reading), root_cause="‹secret:password:3› was refused", evidence=(quote,))
    reading.close()
    return report_of(found)


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_shows_no_secret(plain: Report, kind: str) -> None:
    """Whatever a report's texts hold, and the log around the quotes, secrets are not in it, a key's lines included."""
    shown = EXPORTS[kind](plain)
    assert not [secret for secret in SECRETS if secret in shown]
    assert "‹secret:password:1›" in shown


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_shows_secrets_where_it_is_told_to(plain: Report, concealed: Report, kind: str) -> None:
    """With `show_secrets=True` they are there, those that stand behind placeholders included."""
    assert "Hunter22xyz!" in EXPORTS[kind](plain, show_secrets=True)
    assert "Hunter22xyz! was refused" in EXPORTS[kind](concealed, show_secrets=True).replace("\\!", "!")


def test_the_log_around_a_quote_has_its_placeholders(concealed: Report) -> None:
    """The page names the same secret by the same placeholder in cause, quote and log, and others by other numbers."""
    page = concealed.to_html()
    assert "‹secret:password:3› was refused" in page
    assert "‹secret:password:1›" not in page
    assert "connecting with api_key=‹secret:api-key:1›" in page
    assert not [secret for secret in SECRETS if secret in page]


def test_a_secret_that_is_gone_stays_hidden(concealed: Report, case_dir: WriteCase) -> None:
    """Where the log no longer has the quote there is nothing to show, and the placeholder stays."""
    case_dir(["rotated"])
    assert "‹secret:password:3› was refused" in concealed.to_html(show_secrets=True)


def test_a_callers_own_redaction_comes_on_top(concealed: Report) -> None:
    """What a caller wants taken out besides is taken out, too."""
    page = concealed.to_html(redact=lambda text: text.replace("login failed", "[gone]"))
    assert "login failed" not in page
    assert "‹secret:password:3›" in page


def test_a_postmortem_shows_no_secret(plain: Report) -> None:
    """Its sections hold no secret unless they are told to show them."""
    sections: Callable[[bool], str] = lambda show: "".join(  # noqa: E731 - one line says it
        getattr(postmortem(plain, "shop", show_secrets=show), name)._repr_html_()
        for name in ("summary", "evidence", "timeline", "cause")
        if hasattr(postmortem(plain, "shop"), name)
    )
    assert not [secret for secret in SECRETS if secret in sections(False)]
    assert "Hunter22xyz!" in sections(True)


@pytest.mark.parametrize("known", [None, True, False])
def test_an_export_says_where_redaction_was_off(plain: Report, known: bool | None) -> None:
    """The page, the Markdown and the notebook's table say it of a run with `redact=False`, and the JSON keeps it."""
    report = Report.from_json(replace(plain, redacted=known).to_json())
    assert report.redacted is known
    told = [report.to_html(), report.to_markdown(), to_notebook_html(report)]
    assert ["Redaction was off in this run" in text for text in told] == [known is False] * 3
