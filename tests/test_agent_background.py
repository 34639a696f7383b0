"""Tests of what goes on in the background: what clients bring about all the time is no failure, and hides none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logdebug.agent.background import BACKGROUND
from logdebug.agent.cause import conclude
from logdebug.agent.survey import take_survey
from logdebug.logs import open_log
from tests.test_agent_offline import diagnosed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

GUESS = "ERROR login: authentication failed for user guest{}"
MALFORMED = "ERROR api: body of POST /orders is no JSON: Unexpected token x in JSON at position {}"
NO_DISK = "ERROR store: write /srv/store/{}: no space left on device"


def log_of(count: int, said: str, at: Iterable[int]) -> str:
    """Write a log of work in which something else is said at some lines."""
    places = set(at)
    lines = (said.format(n) if n in places else f"INFO order {n} shipped in {n % 7} ms" for n in range(1, count + 1))
    return "".join(
        f"2026-11-22T{8 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z {line}\n" for n, line in enumerate(lines)
    )


@pytest.mark.parametrize("said", [GUESS, MALFORMED])
def test_what_clients_bring_about_all_the_time_is_no_failure(tmp_path: Path, said: str) -> None:
    """Wrong logins and malformed requests from a log's beginning to its end, beside the work, raise no alarm."""
    assert diagnosed(tmp_path, log_of(400, said, range(9, 400, 20))).status == "no_errors_found"


def test_it_is_told_that_it_was_ruled_out(tmp_path: Path) -> None:
    """What was ruled out as background says so."""
    (tmp_path / "a.log").write_text(log_of(400, GUESS, range(9, 400, 20)))
    with open_log(tmp_path / "a.log") as log:
        survived = conclude(take_survey(log)).survived
    assert [clue.survived for clue in survived if clue.signature] == [BACKGROUND]


@pytest.mark.parametrize(
    ("why", "at"),
    [
        ("it came up on the way", range(200, 400, 10)),
        ("it comes in half of the lines", range(2, 400, 2)),
        ("it grows", [9, 60, *range(200, 400, 7)]),
        ("nothing else was done after it began", [*range(9, 60, 9), *range(330, 401)]),
    ],
)
def test_what_came_up_or_takes_over_is_a_failure(tmp_path: Path, why: str, at: Iterable[int]) -> None:
    """The same lines are the failure where they came up on the way, take over, or grow."""
    assert diagnosed(tmp_path, log_of(400, GUESS, at)).status == "diagnosed", why


def test_a_full_disk_is_never_background(tmp_path: Path) -> None:
    """What does harm is a failure however evenly it is told."""
    assert diagnosed(tmp_path, log_of(400, NO_DISK, range(9, 400, 20))).category == "disk_full"


def test_what_came_up_is_told_before_the_background(tmp_path: Path) -> None:
    """A right that was taken away on the way is the cause, and not the guesses that were there all the time."""
    text = log_of(400, GUESS, range(9, 400, 20)).splitlines(keepends=True)
    for place in range(250, 400, 9):
        text[place] = text[place].partition(" ")[0] + " ERROR pay: connect ECONNREFUSED 10.0.0.7:5432\n"
    found = diagnosed(tmp_path, "".join(text))
    assert found.category == "dependency_failure"
    assert "10.0.0.7" in found.root_cause


def test_few_of_them_long_before_the_end_are_none(tmp_path: Path) -> None:
    """Three wrong logins in a long log are no failure; at its very end they are."""
    assert diagnosed(tmp_path, log_of(400, GUESS, (150, 200, 250))).status == "no_errors_found"
    assert diagnosed(tmp_path, log_of(400, GUESS, (398, 399, 400))).status == "diagnosed"


@pytest.mark.parametrize(
    "end",
    ['INFO run finished {"pages":240,"failed":0,"exit":0}', "INFO run finished exit_code=0", "INFO done, 0 failed"],
)
def test_a_run_that_says_it_ended_well_did(tmp_path: Path, end: str) -> None:
    """Errors on the way are none where the last line says that the run finished with nothing failed."""
    text = log_of(60, "ERROR fetch of page {} failed: timeout", (9, 20, 30)) + f"2026-11-22T09:30:00Z {end}\n"
    assert diagnosed(tmp_path, text).status == "no_errors_found"


def test_a_service_that_is_stopped_did_not_end_well(tmp_path: Path) -> None:
    """That a service exits with 0 when it is told to stop says nothing of how it was."""
    text = log_of(60, "ERROR upstream db1:5432: connection refused", range(9, 60, 2))
    text += '2026-11-22T09:30:00Z INFO shutdown complete {"signal":"SIGTERM","exit_code":0}\n'
    assert diagnosed(tmp_path, text).status == "diagnosed"


def test_what_a_line_says_to_have_gone_well_is_none(tmp_path: Path) -> None:
    """A trouble that the same line says to be overcome is no failure; one that it doesn't is."""
    said = "bridge[35]: checksum error in frame {}, frame sent again by scanner: {}\n"
    assert diagnosed(tmp_path, "".join(said.format(n, "ok") for n in range(9))).status == "no_errors_found"
    assert diagnosed(tmp_path, "".join(said.format(n, "bad") for n in range(9))).status == "diagnosed"


def test_a_warning_of_an_interpreter_is_none(tmp_path: Path) -> None:
    """What Python warns of in a run that went on is no failure."""
    said = "W train] /opt/v/lib/linear.py:348: ConvergenceWarning: max_iter was reached, the coef_ did not converge\n"
    assert diagnosed(tmp_path, log_of(60, "INFO {}", ()) + said * 3).status == "no_errors_found"


def test_where_only_exit_codes_are_told_no_cause_is_guessed(tmp_path: Path) -> None:
    """A log that says that a step failed, and with which code, and nothing else, is inconclusive."""
    text = "".join(f"export[157]: step 05-orders failed with exit code 1 (try {n})\n" for n in (1, 2, 3))
    found = diagnosed(tmp_path, text + "export[157]: ERROR step 05-orders failed for good, export stopped\n")
    assert found.status == "inconclusive"


def test_a_line_far_below_its_header_is_read(tmp_path: Path) -> None:
    """What a tool wrote without any time, far below the line of the script that ran it, is the cause."""
    text = "26.333 16:39:13 PAYWK    STEP020 PAYRUN\n"
    text += "".join(f"PAYRUN0005I {n:06} CARDS, RUNNING TOTAL {n * 7}.05\n" for n in range(30))
    text += "libcob: PAYRUN.cbl:69: error: 'TC-HOURS' (Type: NUMERIC DISPLAY) not numeric: '38.5'\n"
    found = diagnosed(tmp_path, text + "26.333 16:39:13 PAYWK    STEP020 ENDED RC=1\n")
    assert "TC-HOURS" in found.root_cause


def test_an_outage_that_was_long_over_is_none(tmp_path: Path) -> None:
    """Errors that the log says to be over are no failure where most of the log comes after; at its end they are."""
    outage = "2026-11-22T08:00:59Z ERROR booking not accepted: connection refused, spooled\n" * 30
    over = "2026-11-22T08:01:30Z INFO ledger is back, draining spool\n"
    before, after = log_of(60, "{}", ()), log_of(400, "{}", ())
    assert diagnosed(tmp_path, before + outage + over + after).status == "no_errors_found"
    assert diagnosed(tmp_path, before + after + outage).status == "diagnosed"


def test_a_count_of_none_is_no_failure(tmp_path: Path) -> None:
    """That nothing of what is counted failed is no failure, some of it is."""
    assert diagnosed(tmp_path, "model registered as churn/48, failed trials: 0\n").status == "no_errors_found"
    assert diagnosed(tmp_path, "model not registered, failed trials: 3\n").status != "no_errors_found"


@pytest.mark.parametrize(
    ("said", "at", "status"),
    [
        ("WARN gate: too many connections from this address", range(300, 330), "no_errors_found"),
        ("WARN gate: too many connections from this address", range(300, 401), "diagnosed"),
        ("ERROR db: too many connections", range(300, 330), "diagnosed"),
    ],
)
def test_one_client_that_wants_too_much_for_a_while_is_no_failure(
    tmp_path: Path, said: str, at: Iterable[int], status: str
) -> None:
    """A short burst against the limit of one client is none; one to the end, or against the limit of all, is."""
    assert diagnosed(tmp_path, log_of(400, said, at)).status == status
