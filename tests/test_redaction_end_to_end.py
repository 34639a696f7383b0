"""In a whole run no secret of a log reaches model or disk, and what the model quotes is verified all the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from logdebug.agent.limits import Limits
from logdebug.agent.messages import Reply, ToolCall
from logdebug.agent.models import ReplayModel
from logdebug.errors import ModelRefused
from logdebug.report.report import Report
from logdebug.run.estimator import estimate
from logdebug.run.run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conftest import WriteCase

    from logdebug.agent.messages import Request

PASSWORD, TOKEN = "Hunter22xyz!", "ghp_0123456789abcdefghijABCDEFGHIJ012345"
LOG = [
    "2026-11-18T09:00:00 INFO shop started",
    *(f"2026-11-18T09:00:01 INFO request {number} is fine" for number in range(3_000)),
    f"2026-11-18T09:00:02 ERROR login to db-1 failed: password={PASSWORD} for bob.smith@example.com",
    f"2026-11-18T09:00:03 FATAL cannot clone with {TOKEN}: refused",
]
SECRETS = (PASSWORD, TOKEN, "bob.smith@example.com")
FAST = Limits(retries=0)


class Listening(ReplayModel):
    """Remembers all that it was sent."""

    def __init__(self, script: Sequence[Reply | Exception]) -> None:
        super().__init__(script)
        self.heard = ""

    async def ask(self, request: Request) -> Reply:
        """Answer, and remember the question."""
        self.heard += "\n".join(message.text for message in request.messages)
        return await super().ask(request)


def calling(name: str, **arguments: object) -> Reply:
    """Give a reply that calls a tool."""
    return Reply(tool_calls=(ToolCall("1", name, json.dumps(arguments)),), finish_reason="tool_calls")


def submitting(quote: str, line: int | None = None) -> Reply:
    """Give a reply that submits a diagnosis with one quote, which the cause repeats."""
    return calling(
        "submit_diagnosis",
        status="diagnosed",
        root_cause=f"The login failed: {quote}",
        category="permission_denied",
        severity="high",
        evidence=[{"quote": quote, "line": line}],
        recommendation="Change the password.",
    )


def on_disk(directory: Path) -> str:
    """Give all that lies below a directory as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in directory.rglob("*") if path.is_file())


QUOTE = "password=‹secret:password:1› for ‹secret:email:1›"


async def test_no_secret_leaves(case_dir: WriteCase, tmp_path: Path) -> None:
    """Opening, tools and the operator's words tell the model no secret; nothing on disk holds one either."""
    script = [
        calling("search", pattern="login|clone", context=1),
        calling("read_lines", first=-5),
        calling("read_lines", first=1, file=f"{PASSWORD}.log"),
        submitting(QUOTE, 3_002),
    ]
    model = Listening(script)
    run = Run([case_dir(LOG)], model=model, sessions_dir=tmp_path / "sessions", limits=FAST)
    report = await run.finish()
    [found] = report.reports
    assert not any(secret in model.heard for secret in SECRETS)
    assert "‹secret:github-token:1›" in model.heard
    kept = on_disk(tmp_path / "sessions")
    # What the model itself wrote is kept as it wrote it: it knew the password from elsewhere.
    assert not any(secret in kept for secret in SECRETS[1:])
    assert (found.evidence[0].quote, found.evidence[0].verified, found.evidence[0].line) == (QUOTE, True, 3_002)
    assert found.root_cause == f"The login failed: {QUOTE}"
    assert Report.load(run.directory / "report.json").reports[0].evidence[0].quote == QUOTE


async def test_a_session_that_goes_on_keeps_its_placeholders(case_dir: WriteCase, tmp_path: Path) -> None:
    """What one process called password:1 another does, too, and a quote with it is verified."""
    incident = case_dir(LOG)
    first = Listening([calling("search", pattern="login"), ModelRefused("no more", model="replay")])
    run = Run([incident], model=first, sessions_dir=tmp_path, limits=FAST)
    report = await run.finish()
    assert report.failed == 1
    second = Listening([submitting(QUOTE)])
    again = Run(model=second, sessions_dir=tmp_path, limits=FAST, resume=run.directory)
    [found] = (await again.finish()).reports
    assert found.evidence[0].verified
    assert found.evidence[0].line == 3_002
    assert not any(secret in second.heard for secret in SECRETS)


async def test_it_can_be_switched_off(case_dir: WriteCase, tmp_path: Path) -> None:
    """With `redact=False` the model sees the log as it is, and the trace says that redaction was off."""
    quote = f"password={PASSWORD}"
    model = Listening([submitting(quote)])
    run = Run([case_dir(LOG)], model=model, sessions_dir=tmp_path, limits=FAST, redact=False)
    [found] = (await run.finish()).reports
    assert PASSWORD in model.heard
    assert found.evidence[0].quote == quote
    assert '"step": "Redacted", "key": ""' in on_disk(tmp_path)


async def test_rules_of_ones_own_are_used(case_dir: WriteCase, tmp_path: Path) -> None:
    """A file of rules hides what those that ship leave, such as the names of hosts."""
    own = tmp_path / "own.toml"
    own.write_text(
        '[[rule]]\nid = "hosts"\nkind = "host"\npattern = "(db-[0-9])"\nmatch = "db-1"\nnear_miss = "db"\n',
        encoding="utf-8",
    )
    model = Listening([submitting("login to ‹secret:host:1› failed")])
    run = Run([case_dir(LOG)], model=model, sessions_dir=tmp_path / "sessions", limits=FAST, redact=[own])
    [found] = (await run.finish()).reports
    assert "db-1" not in model.heard
    assert found.evidence[0].verified


async def test_the_embedded_analyst_keeps_no_secret(case_dir: WriteCase, tmp_path: Path) -> None:
    """Nothing is sent without a model, and what is kept and reported holds no secret either."""
    run = Run([case_dir(LOG)], model="offline", sessions_dir=tmp_path / "sessions")  # the log is not to be looked into
    report = await run.finish()
    assert not any(secret in on_disk(tmp_path / "sessions") for secret in SECRETS)
    assert not any(secret in report.to_json() for secret in SECRETS)
    assert any(quote.verified for quote in report.reports[0].evidence)


def test_an_estimate_counts_what_is_hidden(case_dir: WriteCase, tmp_path: Path) -> None:
    """What the first request hides is counted before anything is sent; switched off, nothing is counted."""
    incident = case_dir(LOG)
    told = estimate([incident], model=Listening([]), sessions_dir=tmp_path)["shop"]
    assert told.redactions == 3
    assert not any(secret.encode() in told.first_request for secret in SECRETS)
    assert estimate([incident], model=Listening([]), sessions_dir=tmp_path, redact=False)["shop"].redactions is None
