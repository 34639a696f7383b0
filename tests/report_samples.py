"""Reports to test with: plain ones, many at once, and one whose every text is hostile."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from logdebug.records import CATEGORIES, SEVERITIES, Diagnosis, Evidence, Failure, TimelineEvent, Usage
from logdebug.report.report import Report

BEGIN = datetime(2026, 11, 22, 14, 2, 11, 250_000, tzinfo=UTC)

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>"
    "\x1b]0;owned\x07\x1b[31mred\x1b[0m \x00\x08 \u202egpj.exe\u2066 \ud800 "
    "![i](http://evil.example/x.png) [l](javascript:alert(3)) <http://evil.example> https://evil.example "
    "www.evil.example "
    '@everyone |a|b| `c` ```d``` **e** $\\frac{1}{0}$ $x {{ 7*7 }} {% raw %} " onmouseover="alert(4) '
    "&lt;b&gt; </style>\n"
    "# heading\n- item"
)


def diagnosis(service: str = "payment-svc", number: int = 0, **changes: object) -> Diagnosis:
    """Make a diagnosis of a plausible incident; `number` shifts its times."""
    begin = BEGIN + timedelta(seconds=17 * number)
    made = Diagnosis(
        service=service,
        working_dir=f"/srv/{service}",
        log_file="app.log",
        status="diagnosed",
        root_cause="The primary db-1.internal:5432 stopped answering, and retries were exhausted.",
        category="network_error",
        severity="critical",
        confidence=0.9,
        timeline=(
            TimelineEvent(begin, "first i/o timeout", 1207),
            TimelineEvent(begin + timedelta(seconds=40), "retries exhausted", 1221),
            TimelineEvent(None, "operator paged"),
        ),
        evidence=(
            Evidence("ERROR dial tcp 10.0.3.7:5432: i/o timeout cost=$0.00", "app.log", 1207, 100, 200, verified=True),
            Evidence("ERROR exhausted\n\tat com.acme.Pool.get(Pool.java:88)", "app.log", 1221, 300, 400, verified=True),
            Evidence("the primary was restarted", "app.log"),
        ),
        recommendation="Raise the connect timeout above the failover time.",
        grounded=True,
        usage=Usage(3, 12_000, 900, 0.0042, 8.4),
        log_sha256="ab" * 32,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def report(*diagnoses: Diagnosis, errors: tuple[Failure, ...] = (), model: str = "gpt-5-mini") -> Report:
    """Make a report of diagnoses and failures."""
    usage = sum((entry.usage for entry in diagnoses), Usage(cost_usd=0.0))
    return Report(BEGIN, model, "20261122-140211-ab12", diagnoses, errors, usage)


def five(**changes: object) -> Report:
    """Make a report of five incidents, one after the other, with a failure."""
    words = [
        ("payment-svc", "network_error", "critical"),
        ("auth-svc", "oom", "critical"),
        ("notif-worker", "dependency_failure", "high"),
        ("etl-daily", "disk_full", "medium"),
        ("api-gw", "dependency_failure", "critical"),
    ]
    made = [
        diagnosis(service, number, category=category, severity=severity)
        for number, (service, category, severity) in enumerate(words)
    ]
    failure = Failure("search-svc", "model_unavailable", "the server answered 429 eight times; resume later", "s-7")
    return replace(report(*made, errors=(failure,)), **changes)  # type: ignore[arg-type]


def many(count: int, name: str = "svc") -> Report:
    """Make a report of many incidents of all sorts, the same each time."""
    dice = random.Random(count)
    return report(
        *(
            diagnosis(f"{name}-{number}", number, severity=dice.choice(SEVERITIES), category=dice.choice(CATEGORIES))
            for number in range(count)
        )
    )


def hostile() -> Report:
    """Make a report in which every free text is out to do harm."""
    entry = diagnosis(
        HOSTILE,
        working_dir=HOSTILE,
        log_file=HOSTILE,
        root_cause=HOSTILE,
        recommendation=HOSTILE,
        timeline=(TimelineEvent(BEGIN, HOSTILE, 1), TimelineEvent(BEGIN + timedelta(seconds=9), HOSTILE)),
        evidence=(Evidence(HOSTILE, HOSTILE, 1, verified=True), Evidence(HOSTILE, HOSTILE)),
        log_sha256=HOSTILE,
    )
    other = replace(entry, working_dir="/b", severity="low")
    failure = Failure(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    return replace(report(entry, other, errors=(failure,), model=HOSTILE), run_id=HOSTILE)
