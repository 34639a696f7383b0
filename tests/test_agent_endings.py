"""Tests of a log's last words: what they take back, and what they don't."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.test_agent_offline import diagnosed

if TYPE_CHECKING:
    from pathlib import Path

FATAL = "FATAL: no licence seat free, exit 75"


@pytest.mark.parametrize(
    "lines",
    [
        ("INFO start", "ERROR row 5: ValueError", '{"level": "info", "event": "run_finished", "exit_code": 0}'),
        ("start", "ERROR hall 4: DockBusy", "report: cleaned=5 repeated=1 failed=0"),
        ("start", FATAL, "Trying to restart job 9.", "pipeline end rc=0"),
        ("start", "fatal: [web1]: FAILED! no flag", "web1 : ok=8 unreachable=0 failed=0 rescued=1"),
    ],
)
def test_a_good_end_takes_back_what_was_told_on_the_way(tmp_path: Path, lines: tuple[str, ...]) -> None:
    """An exit with 0, and counts of what failed that are 0, say that it was dealt with."""
    assert diagnosed(tmp_path, "\n".join(lines) + "\n").status == "no_errors_found"


@pytest.mark.parametrize(
    "lines",
    [
        ("start", FATAL, "pipeline end rc=0"),
        ("start", FATAL, "Trying to restart job 9.", "pipeline end rc=1"),
        ("start", "ERROR hall 4: DockBusy", "report: cleaned=5 repeated=1 failed=1"),
        ("start", "report: cleaned=5 failed=0", "ERROR hall 4: DockBusy"),
        ("start", "fatal: [web1]: FAILED! no flag", "web1 : ok=8 unreachable=0 failed=1"),
        ("start", "ERROR row 5: Input/output error", "run_finished exit_code: 0"),
    ],
)
def test_what_failed_beyond_doubt_stays(tmp_path: Path, lines: tuple[str, ...]) -> None:
    """A fatal error that was not tried again, a count above 0, a count before it, and damage, are not taken back."""
    assert diagnosed(tmp_path, "\n".join(lines) + "\n").status != "no_errors_found"
