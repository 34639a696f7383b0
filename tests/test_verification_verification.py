"""A whole report's citations, checked again: counts, frame, pages, exit status."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from report_samples import HOSTILE, diagnosis, hostile, report

import logdebug as ld
from logdebug.agent.absences import search_for
from logdebug.cli import main
from logdebug.records import Absence, Evidence, Failure
from logdebug.report.report import Report
from logdebug.verification.citations import OUTCOMES


@pytest.fixture
def made(tmp_path: Path) -> Report:
    """Diagnose the demo's incidents, in a place of their own, by rules; the first also says what did not occur."""
    incidents = []
    for incident in ld.demo_incidents():
        copy = tmp_path / incident.service
        shutil.copytree(incident.working_dir, copy)
        incidents.append(replace(incident, working_dir=copy))
    made = ld.investigate_sync(incidents, model="offline", progress=False)
    with ld.open_log(made[0].working_dir + "/" + made[0].log_file) as log:
        absence = replace(search_for(Absence("no panic", "panic", ""), log), file=made[0].log_file)
    return replace(made, reports=(replace(made[0], absences=(absence,)), *made.reports[1:]))


def log_of(made: Report, place: int = 0) -> Path:
    """Give the path of an incident's log."""
    return Path(made[place].working_dir) / made[place].log_file


def test_a_report_of_logs_as_they_were_is_unchanged(made: Report) -> None:
    """Every quote and absence of a fresh report is unchanged, its log's hash the same, after saving and loading too."""
    again = Report.from_json(made.to_json()).verify()
    cited = sum(len(each.evidence) + len(each.absences) for each in made)
    assert again.counts == {"unchanged": cited}
    assert (again.holds, len(again)) == (True, cited)
    assert all(check.log_unchanged for check in again)


def test_what_was_changed_is_counted_and_told(made: Report) -> None:
    """A changed log, a deleted one and a quote never found have their outcomes; the first two are lost."""
    quoted = made[0].evidence[0]
    text = log_of(made).read_text()
    log_of(made).write_text(text.replace(text.splitlines()[(quoted.line or 1) - 1], "all is well"))
    log_of(made, 1).unlink()
    odd = replace(made[2], evidence=(Evidence("made up", made[2].log_file, 1),))
    again = replace(made, reports=(*made.reports[:2], odd, *made.reports[3:])).verify()
    assert set(again.counts) <= set(OUTCOMES)
    assert again.counts["altered"] >= 1
    assert again.counts["gone"] >= len(made[1].evidence)
    assert again.counts["unfounded"] == 1
    assert not again.holds
    assert {check.service for check in again.lost} == {made[0].service, made[1].service}
    assert again.checks[0].log_unchanged is False
    assert again.headline in repr(again)
    assert "altered" in repr(again)
    assert "✗" in again._repr_html_()


def test_a_changed_report_is_told_from_a_changed_log(made: Report) -> None:
    """Where the log's hash is as it was and a quote isn't in it, the words say that the report was changed."""
    first = made[0].evidence[0]
    evidence = (replace(first, quote="the operator dropped the table"), replace(first, line=1))
    again = replace(made, reports=(replace(made[0], evidence=evidence),)).verify()
    assert [check.outcome for check in again][:2] == ["altered", "moved"]
    assert all("it is the report that was changed" in check.words for check in again.checks[:2])


def test_directories_say_where_files_are_now(made: Report, tmp_path: Path) -> None:
    """Files that were taken elsewhere are verified there, by service."""
    service = made[0].service
    shutil.move(made[0].working_dir, tmp_path / "archive")
    assert "gone" in made.verify().counts
    assert made.verify({service: tmp_path / "archive"}).holds


def test_the_frame_has_one_row_per_citation(made: Report) -> None:
    """The frame's columns and dtypes are the same with and without rows."""
    frame, none = made.verify().to_df(), report().verify().to_df()
    assert len(frame) == len(made.verify())
    assert frame.dtypes.equals(none.dtypes)
    assert set(frame["kind"]) == {"quote", "absence"}
    assert frame["now_line"].notna().all()
    assert isinstance(frame["log_unchanged"].dtype, pd.BooleanDtype)


def test_hostile_reports_harm_nobody() -> None:
    """Hostile texts and places come out as text, and each citation has an outcome."""
    again = hostile().verify()
    assert set(again.counts) <= {"gone", "unfounded"}
    for text in (repr(again), again._repr_html_()):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script>" not in again._repr_html_()
    bad = report(diagnosis(absences=(Absence(HOSTILE, "(", HOSTILE, 1, 2, 0, 9, HOSTILE, verified=True),)))
    assert bad.verify().checks[-1].outcome == "gone"


def test_a_report_without_citations_holds() -> None:
    """A report with nothing to check says so and holds."""
    again = report(errors=(Failure("a", "b", "c"),)).verify()
    assert (again.headline, again.holds, repr(again)) == ("no citations", True, "no citations")


def test_the_command_has_an_exit_status(made: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`logdebug verify` ends with 0 where all holds, 1 where something is lost, 2 for no report or a wrong option."""
    saved = str(made.save(tmp_path / "report.json"))
    assert main(["verify", saved]) == 0
    assert "unchanged" in capsys.readouterr().out
    log_of(made).write_text("=cmd|evil\n")
    assert main(["verify", saved, "--csv", str(tmp_path / "citations.csv")]) == 1
    assert "gone" in capsys.readouterr().out
    assert len((tmp_path / "citations.csv").read_text("utf-8-sig").splitlines()) > len(made.verify())
    assert main(["verify", str(tmp_path / "no.json")]) == 2
    assert main(["verify", saved, "--directory", "payment-svc"]) == 2
    assert "SERVICE=DIR" in capsys.readouterr().err
