"""The digest of a log: right for short, long, healthy, recovered and cascading ones, and never beyond its budget."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest

from logdebug.logs import open_log
from logdebug.logs.rendering import tokens_of

if TYPE_CHECKING:
    from pathlib import Path

    from logdebug.logs.overview import Overview


def overview_of(path: Path, lines: list[str], budget_tokens: int = 2000) -> Overview:
    """Give the overview of these lines, having checked that it knows which of them it shows."""
    path.write_text("\n".join(lines) + "\n", errors="surrogateescape")
    with open_log(path) as log:
        overview = log.overview(budget_tokens=budget_tokens)
        for number, text in re.findall(r"(?m)^L(\d+) (?:\[[^\]]*\dx to L\d+[^\]]*\] )?(.{10,60})", overview.text):
            assert number in {str(shown) for shown in overview.shown_lines}, text
    return overview


def healthy(lines: int, seed: int = 1) -> list[str]:
    """Traffic of a service that is well."""
    chance = random.Random(seed)
    return [
        f"2026-11-22 08:{number * 60 // lines:02}:{number % 60:02},000 INFO [http-{chance.randint(1, 9)}] shop - "
        f"{chance.choice(['order stored', 'cart read', 'price read'])} id={chance.getrandbits(20)} in {number % 90} s"
        for number in range(lines)
    ]


def test_a_log_of_12_lines_is_shown_whole(tmp_path: Path) -> None:
    """A log that fits the budget is shown line by line, and nothing is said to be left out."""
    lines = [*healthy(11), "2026-11-22 09:00:00,000 ERROR [main] shop - disk is full"]
    overview = overview_of(tmp_path / "app.log", lines)
    assert all(line in overview.text for line in lines)
    assert "Nothing is left out." in overview.text
    assert overview.findings[0].template.first_line == 12


def test_a_quiet_cause_before_100_000_downstream_errors_is_shown(tmp_path: Path) -> None:
    """One warning that starts a flood of errors is among the lines shown."""
    flood = [
        f"2026-11-22 09:00:{number % 60:02},000 ERROR [http-1] shop - order {number} failed: 503 from stock"
        for number in range(100_000)
    ]
    cause = "2026-11-22 09:00:00,000 WARN [pool] stock - replica lag 900 s, leaving the pool"
    overview = overview_of(tmp_path / "app.log", [*healthy(20_000), cause, *flood])
    assert 20_001 in overview.shown_lines
    assert overview.findings[0].template.count in (1, 100_000)


def test_a_failure_in_the_middle_is_found_after_recovery(tmp_path: Path) -> None:
    """A service that failed and recovered has its failure shown, not only its healthy end."""
    crash = "2026-11-22 08:30:00,000 FATAL [main] shop - out of memory, restarting"
    overview = overview_of(tmp_path / "app.log", [*healthy(5_000), crash, *healthy(5_000, seed=2)])
    assert overview.findings[0].template.first_line == 5_001
    assert 5_001 in overview.shown_lines


def test_a_healthy_log_has_no_findings(tmp_path: Path) -> None:
    """A log without a failure says so, whatever words its messages have."""
    lines = [*healthy(3_000), "2026-11-22 09:00:00,000 INFO [main] shop - self test passed: 0 errors, failed=0"]
    overview = overview_of(tmp_path / "app.log", lines)
    assert overview.findings == ()
    assert "NO LINE TELLS OF A FAILURE" in overview.text


def test_errors_that_were_always_there_come_after_new_ones(tmp_path: Path) -> None:
    """An error that is logged all through the log isn't taken for the cause of a failure near its end."""
    lines = healthy(6_000)
    lines[::50] = [line.replace("INFO", "ERROR").replace("cart read", "cannot read avatar") for line in lines[::50]]
    lines.insert(5_500, "2026-11-22 08:55:00,000 ERROR [pool] shop - connection to db-1 lost")
    overview = overview_of(tmp_path / "app.log", lines)
    assert overview.findings[0].template.first_line == 5_501


def test_the_root_of_a_trace_is_shown_with_its_line(tmp_path: Path) -> None:
    """Of a long stack trace, the head and the innermost cause are shown, under their own line numbers."""
    trace = [
        "2026-11-22 09:00:00,000 ERROR [main] shop - order failed",
        "java.lang.IllegalStateException: no stock",
        *(f"\tat com.acme.A{number}.run(A.java:{number})" for number in range(40)),
        "Caused by: java.sql.SQLException: too many connections for role shop",
        *(f"\tat org.postgresql.P{number}.run(P.java:{number})" for number in range(20)),
    ]
    overview = overview_of(tmp_path / "app.log", [*healthy(2_000), *trace, *healthy(30)])
    assert "L2043 Caused by: java.sql.SQLException: too many connections for role shop" in overview.text
    assert overview.traces[0].first_line == 2001


@pytest.mark.parametrize("budget_tokens", [20, 100, 300, 1000, 2000, 8000])
def test_the_budget_is_kept(tmp_path: Path, budget_tokens: int) -> None:
    """No text is longer than its budget, however much there is to say."""
    chance = random.Random(3)
    lines = [
        f"2026-11-22 ERROR {chance.getrandbits(64):x}{'é' * chance.randint(0, 300)} broke {number}"
        for number in range(3_000)
    ]
    overview = overview_of(tmp_path / "app.log", lines, budget_tokens)
    assert overview.tokens == tokens_of(overview.text) <= budget_tokens


def test_escapes_and_control_characters_never_come_through(tmp_path: Path) -> None:
    """A log can't write to the terminal of whoever reads its overview."""
    overview = overview_of(tmp_path / "app.log", ["\x1b]0;owned\x07\x1b[2JERROR \x00\x08\x9b boom\rdone", "ok"])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", overview.text)
    assert "boom" in overview.text


def test_an_empty_log_has_an_overview(tmp_path: Path) -> None:
    """An empty file gives facts of nothing."""
    path = tmp_path / "app.log"
    path.write_bytes(b"")
    with open_log(path) as log:
        overview = log.overview()
    assert overview.facts.line_count == 0
    assert overview.findings == ()


def test_http_errors_of_an_access_log_are_findings(tmp_path: Path) -> None:
    """Answers of 502 among those of 200 are found and counted by status."""
    lines = [
        f'10.0.0.{number % 9} - - [22/Nov/2026:08:{number * 60 // 9000:02}:00 +0000] "GET /cart?s={number} HTTP/1.1" '
        f'{502 if number > 8_000 else 200} 559 "-" "curl/8"'
        for number in range(9_000)
    ]
    overview = overview_of(tmp_path / "access.log", lines)
    assert overview.facts.statuses == ((502, 999),)
    assert overview.findings[0].template.first_line == 8_002


def test_known_failures_are_recognised(tmp_path: Path) -> None:
    """A line with a known signature is a signature hit with count and lines."""
    lines = [*healthy(500), *["2026-11-22 09:00:00,000 ERROR [io] shop - write failed: No space left on device"] * 3]
    hit = overview_of(tmp_path / "app.log", lines).signature_hits[0]
    assert (hit.signature.category, hit.count, hit.first_line, hit.last_line) == ("disk_full", 3, 501, 503)


@pytest.mark.parametrize("lines", [12, 3_000])
def test_what_looks_bad_and_is_harmless_is_no_finding(tmp_path: Path, lines: int) -> None:
    """A line with a signature of role "harmless" neither ranks nor counts as a hit, whatever level it states."""
    quiet = [*healthy(lines), "2026-11-22 09:00:00,000 ERROR [pool] a.py:3: DeprecationWarning: utcnow() is deprecated"]
    overview = overview_of(tmp_path / "app.log", quiet)
    assert overview.findings == ()
    assert overview.signature_hits == ()
    overview = overview_of(tmp_path / "app.log", [*quiet, "2026-11-22 09:00:01,000 ERROR [main] shop - no stock"])
    assert [finding.template.first_line for finding in overview.findings] == [lines + 2]


def test_a_silence_is_among_the_facts(tmp_path: Path) -> None:
    """Half an hour without a line is told at the head of the overview, with the lines around it."""
    lines = [*healthy(3_000), "2026-11-22 09:30:00,000 INFO [main] shop - watchdog: restarting"]
    overview = overview_of(tmp_path / "app.log", lines)
    assert "silence: 30 min" in overview.text
    assert "between L3000 (2026-11-22 08:59:" in overview.text
    assert overview.facts.silences[0].next_line == 3_001
