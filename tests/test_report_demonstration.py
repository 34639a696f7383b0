"""The demonstration history: examples that say they are, and that show what a history shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from report_samples import diagnosis, report

import logdebug as ld
from logdebug.errors import ReportError
from logdebug.report.history.demonstration import EXAMPLE, demo_history
from logdebug.report.history.trends import distinct

if TYPE_CHECKING:
    from pathlib import Path

    from logdebug.report.report import Report


@pytest.fixture(scope="module")
def samples() -> Report:
    """Diagnose the five samples offline."""
    return ld.investigate_sync(ld.demo_incidents(), model="offline", progress=False)


def test_every_example_says_so(samples: Report, tmp_path: Path) -> None:
    """Each report but the one that is real has `EXAMPLE` as its model, and each of its notes begins with the word."""
    history = demo_history(samples, tmp_path / "h.db")
    past = [each for each in history.reports() if each.run_id != samples.run_id]
    assert len(past) == len(history) - 1 == 12
    assert {each.model for each in past} == {EXAMPLE}
    assert all(review.note.startswith("Example") for each in past for found in each for review in found.reviews)
    assert history.load(samples.run_id) == samples


def test_nothing_but_the_time_is_made_up(samples: Report, tmp_path: Path) -> None:
    """Cause, category, severity and quotes of an example are those of the sample that it copies."""
    for each in demo_history(samples, tmp_path / "h.db").reports():
        for found in each:
            sample = samples[found.service]
            for name in ("root_cause", "category", "severity", "evidence", "working_dir", "log_file", "confidence"):
                assert getattr(found, name) == getattr(sample, name)


def test_it_shows_repeats_and_what_helped(samples: Report, tmp_path: Path) -> None:
    """There are many distinct incidents, repeat offenders, and a past of the newest one."""
    history = demo_history(samples, tmp_path / "h.db")
    assert len(distinct(history.to_df())) == len(history.to_df()) == 25
    repeats = history.repeats()
    assert (repeats["service"] == "etl-daily").sum() == 5
    [seen, *_] = history.similar(samples["etl-daily"])
    assert seen.fixed_by == "Example: the warehouse volume was enlarged and old partitions were dropped."


def test_making_it_again_changes_nothing(samples: Report, tmp_path: Path) -> None:
    """A second time in the same file adds nothing."""
    before = len(demo_history(samples, tmp_path / "h.db"))
    assert len(demo_history(samples, tmp_path / "h.db")) == before


def test_another_report_is_refused(tmp_path: Path) -> None:
    """A report without the samples is refused before a file is made."""
    with pytest.raises(ReportError, match="the report lacks api-gw, auth-svc"):
        demo_history(report(diagnosis()), tmp_path / "h.db")
    assert not list(tmp_path.iterdir())
