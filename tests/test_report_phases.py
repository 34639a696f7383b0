"""How an incident went: first sign, first error and stop, each a line of the log, or no moment at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import logdebug as ld
from logdebug.report.export.phases import Phases, phases_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import WriteCase

    from logdebug.report.report import Report

FULL = "2026-11-18 09:{} {}"


@pytest.fixture(scope="module")
def samples() -> Report:
    """Diagnose the five samples offline."""
    return ld.investigate_sync(ld.demo_incidents(), model="offline", progress=False)


@pytest.fixture
def phases(case_dir: WriteCase) -> Callable[[list[str]], Phases]:
    """Diagnose a log offline and give its phases."""

    def made(lines: list[str]) -> Phases:
        [found] = ld.investigate_sync([case_dir(lines)], model="offline", progress=False)
        return phases_of(found)

    return made


def test_the_samples(samples: Report) -> None:
    """On the samples the moments are the lines that a person would name."""
    found = {diagnosis.service: phases_of(diagnosis) for diagnosis in samples}
    etl, payment, auth, mail = (found[name] for name in ("etl-daily", "payment-svc", "auth-svc", "notif-worker"))
    assert etl.first_sign is not None
    assert "low free space" in etl.first_sign.words
    assert etl.stop is not None
    assert etl.stop.words.endswith("exit 1")
    assert etl.gap_seconds == pytest.approx(243.7, abs=0.1)
    assert payment.first_error is not None
    assert payment.first_error.line == 804
    assert payment.stop is not None
    assert "retries exhausted, exiting" in payment.stop.words
    assert payment.error_to_stop_seconds == pytest.approx(56.0, abs=0.1)
    assert (auth.first_sign, auth.gap_seconds) == (None, None)
    assert mail.stop is None
    assert all(each.from_log and each.span_seconds for each in found.values())


def test_a_warning_that_comes_again_is_a_first_sign(phases: Callable[[list[str]], Phases]) -> None:
    """A warning before the first error that is given again after it is the first sign; an older single one isn't."""
    quiet = [FULL.format(f"{minute:02}:00", f"INFO request {minute} served") for minute in range(30)]
    quiet[2] = FULL.format("02:00", "WARN slow answer from the printer")
    quiet[20] = FULL.format("20:00", "WARN disk almost full: 96%")
    after = [
        FULL.format("30:00", "ERROR write failed: No space left on device"),
        FULL.format("31:00", "WARN disk almost full: 100%"),
        FULL.format("32:00", "ERROR write failed: No space left on device"),
        FULL.format("32:01", "INFO exiting with code 3"),
    ]
    found = phases([*quiet, *after])
    assert found.first_sign is not None
    assert found.first_error is not None
    assert found.stop is not None
    assert [found.first_sign.line, found.first_error.line, found.stop.line] == [21, 31, 34]
    assert (found.gap_seconds, found.error_to_stop_seconds) == (600.0, 121.0)


def test_no_sign_and_no_stop_are_none(phases: Callable[[list[str]], Phases]) -> None:
    """Where nothing warned before and nothing says that it ended, there is no moment, and no gap of nought."""
    quiet = [FULL.format(f"{minute:02}:00", f"INFO request {minute} served") for minute in range(30)]
    found = phases([*quiet, FULL.format("30:00", "ERROR connection to db-1:5432 refused"), *quiet[:2]])
    assert (found.first_sign, found.stop, found.gap_seconds, found.error_to_stop_seconds) == (None, None, None, None)


def test_an_ordinary_exit_is_no_stop(phases: Callable[[list[str]], Phases]) -> None:
    """A process that ends with status 0 has not been stopped by the failure."""
    lines = [FULL.format("30:00", "ERROR write failed: No space left on device"), FULL.format("31:00", "exit code 0")]
    assert phases(lines).stop is None


def test_without_the_log_the_report_has_to_do(samples: Report, tmp_path: Path) -> None:
    """Where the log is gone or was rewritten, the moments are those of the timeline, and say so."""
    diagnosis = samples["etl-daily"]
    gone = phases_of(replace(diagnosis, working_dir=str(tmp_path)))
    (tmp_path / diagnosis.log_file).write_text("2026-11-18 09:00:00 another log\n" * 5000)
    rewritten = phases_of(replace(diagnosis, working_dir=str(tmp_path)))
    assert gone == rewritten
    assert not gone.from_log
    assert gone.first_sign is None
    assert gone.first_error is not None
    assert gone.first_error.line == 1105
    assert gone.last is not None
    assert gone.last.line == 1224


def test_a_diagnosis_without_times_has_no_moments(samples: Report, tmp_path: Path) -> None:
    """Without a log and without times there is nothing, and nothing is made up."""
    found = phases_of(replace(samples["etl-daily"], working_dir=str(tmp_path), timeline=()))
    assert found == Phases()
