"""A history keeps reports as they were, whoever else writes to it, and refuses files that aren't its own."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_samples import BEGIN, diagnosis, five, hostile, many, report

from logdebug.errors import ReportError
from logdebug.records import CATEGORIES, SEVERITIES, Correction, Review, TimelineEvent
from logdebug.report.history import store
from logdebug.report.history.history import History
from logdebug.report.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunPython


def of_day(day: int, *services: str, run_id: str = "") -> Report:
    """Make a report of a day of November, with an incident per service."""
    moment = datetime(2026, 11, day, 12, tzinfo=UTC)
    story = (TimelineEvent(moment - timedelta(hours=1), "it began", 7),)
    made = report(
        *(diagnosis(name, log_sha256=f"{day}{name}", timeline=story) for name in services or ("payment-svc",))
    )
    return replace(made, run_id=run_id or f"run-{day:02}", generated_at=moment)


# -- what is kept ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [five(), report(), hostile(), many(200)], ids=["five", "empty", "hostile", "many"])
def test_a_report_comes_back_as_it_was(tmp_path: Path, made: Report) -> None:
    """What is loaded is what was saved to a file and loaded from there."""
    history = History(tmp_path / "history.db")
    history.add(made)
    assert history.load(made.run_id) == Report.from_json(made.to_json())
    assert made.run_id in history
    assert len(history) == 1


texts = st.text(max_size=40)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    run_id=texts.filter(str.strip),
    service=texts,
    root_cause=st.text(max_size=300),
    category=st.sampled_from(CATEGORIES),
    severity=st.sampled_from(SEVERITIES),
    made_at=st.datetimes(timezones=st.just(UTC)),
)
def test_any_report_comes_back(tmp_path: Path, made_at: datetime, run_id: str, **changes: object) -> None:
    """Whatever its texts and times are, a report is kept, found by its run and service, and is as it was."""
    history = History(tmp_path / "history.db")
    made = replace(report(diagnosis(**changes)), run_id=run_id, generated_at=made_at)  # type: ignore[arg-type]
    history.add(made)
    kept = Report.from_json(made.to_json())
    assert history.load(run_id) == kept
    assert kept in list(history.reports(service=made[0].service))
    history.similar(made[0])


def test_adding_again_replaces(tmp_path: Path) -> None:
    """After a review the same run is there once, with the review."""
    history = History(tmp_path / "history.db")
    made = five()
    history.add(made)
    review = Review("ada", BEGIN, "corrected", "the replica was full", (Correction("category", "oom", "disk_full"),))
    reviewed = replace(made, reports=(replace(made[0], reviews=(review,)), *made.reports[1:]))
    history.add(reviewed)
    assert len(history) == 1
    assert history.load(made.run_id) == reviewed
    assert len(history.to_df()) == 5
    with closing(sqlite3.connect(history.path)) as connection:
        assert connection.execute("SELECT count(*) FROM incidents").fetchone() == (5,)
        assert connection.execute("SELECT count(*) FROM words_index").fetchone() == (5,)


def test_a_report_without_a_run_id_is_refused(tmp_path: Path) -> None:
    """Two of them could not be told apart."""
    with pytest.raises(ReportError, match="no run_id"):
        History(tmp_path / "history.db").add(replace(five(), run_id=" "))


def test_an_unknown_run_is_said_with_those_that_there_are(tmp_path: Path) -> None:
    """The error names the newest runs first."""
    history = History(tmp_path / "history.db")
    with pytest.raises(ReportError, match="none at all"):
        history.load("nope")
    history.add(of_day(3))
    history.add(of_day(4))
    with pytest.raises(ReportError, match=r"'nope'.*run-04, run-03"):
        history.load("nope")


# -- spans and services ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (None, None, [2, 9, 16, 23]),
        ("2026-11-09", None, [9, 16, 23]),
        (None, "2026-11-09", [2, 9]),
        (date(2026, 11, 9), date(2026, 11, 16), [9, 16]),
        (datetime(2026, 11, 9, 12, 0, 1), None, [16, 23]),  # noqa: DTZ001 - without a zone it is UTC
        ("2026-11-09T12:00:00+00:00", "2026-11-09T14:00:00+02:00", [9]),
        ("2027-01-01", None, []),
    ],
)
def test_a_span_of_time_includes_its_ends(tmp_path: Path, since: str, until: str, days: list[int]) -> None:
    """Times, days and texts are understood; a day as the end is meant to its end."""
    history = History(tmp_path / "history.db")
    for day in (23, 2, 16, 9):
        history.add(of_day(day))
    assert [each.generated_at.day for each in history.reports(since, until)] == days
    assert list(history.to_df(since, until)["run_id"]) == [f"run-{day:02}" for day in days]


def test_what_is_no_time_is_refused(tmp_path: Path) -> None:
    """The error shows how to write one."""
    with pytest.raises(ReportError, match="since is 'last week', no time; write for example"):
        History(tmp_path / "history.db").to_df("last week")


def test_a_frame_has_a_row_per_incident_of_a_service(tmp_path: Path) -> None:
    """The columns are those of a report's frame after the run and its time, with the same dtypes; none is lost."""
    history = History(tmp_path / "history.db")
    empty = history.to_df()
    history.add(of_day(2, "payment-svc", "api-gw"))
    history.add(of_day(9, "api-gw", "api-gw"))
    frame = history.to_df()
    assert list(frame.columns) == ["run_id", "generated_at", *five().to_df().columns]
    assert frame.dtypes.equals(empty.dtypes)
    assert frame.dtypes.drop(["run_id", "generated_at"]).equals(five().to_df().dtypes)
    assert len(frame) == 4
    assert list(history.to_df(service="api-gw")["run_id"]) == ["run-02", "run-09", "run-09"]
    assert history.to_df(service="nobody").empty
    assert frame["generated_at"].dt.tz is UTC or str(frame["generated_at"].dt.tz) == "UTC"


def test_a_history_says_what_it_holds(tmp_path: Path) -> None:
    """It counts its reports and incidents, is true when empty, and has its charts listed."""
    history = History(tmp_path / "history.db")
    assert repr(history) == "<History history.db: 0 reports, 0 incidents>"
    assert history
    history.add(of_day(2, "a", "b"))
    history.add(of_day(9))
    assert repr(history) == "<History history.db: 2 reports, 3 incidents, 2026-11-02 to 2026-11-09>"
    assert "categories" in repr(history.plot)
    assert 7 not in history


# -- the file ----------------------------------------------------------------------------------------------------------


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Logs hold secrets: nobody else may read the file, nor those beside it, whatever the umask."""
    before = os.umask(0)
    try:
        history = History(tmp_path / "history.db")
        with history._store.write() as connection:
            connection.execute("DELETE FROM runs")
            beside = list(tmp_path.iterdir())
            assert len(beside) > 1
            assert {stat.S_IMODE(path.stat().st_mode) for path in beside} == {0o600}
    finally:
        os.umask(before)


def test_an_empty_file_is_taken(tmp_path: Path) -> None:
    """A file made by hand, or by a run that was cut short, becomes a history."""
    path = tmp_path / "history.db"
    path.touch()
    assert len(History(path)) == 0


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """It is said so, and the file is as it was."""
    path = tmp_path / "report.json"
    path.write_text(five().to_json())
    before = path.read_bytes()
    with pytest.raises(ReportError, match=r"report\.json is not a database"):
        History(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """No table is added to it."""
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE moz_places (id INTEGER)")
        connection.commit()
    with pytest.raises(ReportError, match="database of another program"):
        History(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """Who opens what a newer logdebug wrote is told to upgrade."""
    path = tmp_path / "history.db"
    History(path).add(five())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {store.SCHEMA_VERSION + 1}")
    with pytest.raises(ReportError, match=r"has schema \d+, and this logdebug reads up to \d+.*upgrade"):
        History(path)


def test_an_older_schema_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older version wrote is kept while the tables are changed, step by step."""
    path = tmp_path / "history.db"
    History(path).add(five())
    further = "ALTER TABLE runs ADD COLUMN kept_by TEXT NOT NULL DEFAULT ''; CREATE TABLE marks (run_id TEXT)"
    monkeypatch.setattr(store, "_MIGRATIONS", (*store._MIGRATIONS, further))
    monkeypatch.setattr(store, "SCHEMA_VERSION", store.SCHEMA_VERSION + 1)
    history = History(path)
    assert history.load(five().run_id) == five()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (store.SCHEMA_VERSION,)
        assert connection.execute("SELECT kept_by FROM runs").fetchall() == [("",)]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a step is never kept."""
    path = tmp_path / "history.db"
    History(path).add(five())
    with monkeypatch.context() as patch:
        patch.setattr(store, "_MIGRATIONS", (*store._MIGRATIONS, "CREATE TABLE marks (id INTEGER); CREATE nonsense"))
        patch.setattr(store, "SCHEMA_VERSION", store.SCHEMA_VERSION + 1)
        with pytest.raises(ReportError, match=r"can't be used: .*syntax error"):
            History(path)
    assert History(path).load(five().run_id) == five()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'marks'").fetchone() == (0,)


@pytest.mark.parametrize(
    ("path", "said"), [(".", "is a directory"), ("nowhere/history.db", "can't be made"), ("a\0b", "can't be made")]
)
def test_a_path_that_cannot_be_is_refused(tmp_path: Path, path: str, said: str) -> None:
    """The error says why and what to do."""
    with pytest.raises(ReportError, match=said):
        History(tmp_path / path)


def test_a_damaged_file_is_said_to_be(tmp_path: Path) -> None:
    """Where pages are overwritten, the error is ours and names the file."""
    path = tmp_path / "history.db"
    history = History(path)
    history.add(many(300))
    data = bytearray(path.read_bytes())
    data[4096 * 2 :] = b"\xaa" * (len(data) - 4096 * 2)
    path.write_bytes(data)
    with pytest.raises(ReportError, match=r"history\.db (is damaged|can't be used)"):
        history.load(many(300).run_id)


def test_what_fails_halfway_leaves_what_was_there(tmp_path: Path) -> None:
    """A report that can't be written whole does not take the old one with it."""
    history = History(tmp_path / "history.db")
    history.add(five())

    def interrupted() -> None:
        with history._store.write() as connection:
            connection.execute("DELETE FROM runs")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert history.load(five().run_id) == five()


# -- several at once ---------------------------------------------------------------------------------------------------

_WRITER = """
import sys
from dataclasses import replace
from logdebug.report.history.history import History
from logdebug.report.report import Report
path, saved, name = sys.argv[1:]
report = Report.load(saved)
for number in range(25):
    History(path).add(replace(report, run_id=f"{name}-{number}"))
    History(path).add(replace(report, run_id=f"both-{number}"))
"""


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    """Neither waits in vain nor loses anything, from the making of the file on."""
    path, saved = tmp_path / "history.db", tmp_path / "report.json"
    five().save(saved)
    command = [sys.executable, "-W", "error", "-c", _WRITER, str(path), str(saved)]
    writers = [
        subprocess.Popen([*command, name], stderr=subprocess.PIPE, text=True) for name in ("one", "two", "three")
    ]
    for writer in writers:
        _, said = writer.communicate(timeout=120)
        assert writer.returncode == 0, said
    history = History(path)
    assert len(history) == 100
    assert len(history.to_df()) == 500
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM words_index").fetchone() == (500,)


def test_who_reads_is_not_kept_waiting_by_who_writes(tmp_path: Path) -> None:
    """While a report is being written, the older ones are read."""
    history = History(tmp_path / "history.db")
    history.add(five())
    with history._store.write() as connection:
        connection.execute("DELETE FROM runs")
        assert history.load(five().run_id) == five()


def test_a_lock_that_is_not_given_back_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for too long is told why, rather than waiting for ever."""
    history = History(tmp_path / "history.db")
    monkeypatch.setattr(store, "_WAIT_SECONDS", 0.2)
    with history._store.write(), pytest.raises(ReportError, match="was locked by another writer"):
        history.add(five())


def test_without_full_text_search_it_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SQLite without FTS5 finds the same by comparing with all; one that has it catches up with what was written."""
    path = tmp_path / "history.db"
    whole = History(path)
    whole.add(of_day(2, "payment-svc"))
    with monkeypatch.context() as patch:
        patch.setattr(store, "_INDEX", "CREATE VIRTUAL TABLE IF NOT EXISTS temp.w USING fts9 (words)")
        plain = History(path)
        assert not plain.has_index
        plain.add(of_day(9, "payment-svc"))
        plain.add(of_day(2, "payment-svc"))
        asked = replace(five()[0], log_sha256="now", timeline=())
        found = [(each.run_id, each.similarity) for each in plain.similar(asked)]
    assert len(found) == 2
    whole.add(of_day(16, "payment-svc"))
    assert [each.run_id for each in History(path).similar(asked)] == ["run-16", "run-09", "run-02"]


def test_importing_it_loads_no_pandas(run_python: RunPython, tmp_path: Path) -> None:
    """A history that only adds costs no pandas and no matplotlib."""
    program = "import sys, logdebug; logdebug.History(sys.argv[1]); print('pandas' in sys.modules)"
    assert run_python(program, tmp_path / "history.db").strip() == "False"


def test_a_thousand_incidents_are_a_frame_in_a_second(tmp_path: Path) -> None:
    """Frames of many reports are made at once, not report by report."""
    history = History(tmp_path / "history.db")
    for number in range(20):
        moment = BEGIN + timedelta(days=number)
        history.add(replace(many(50), run_id=f"run-{number}", generated_at=moment))
    begin = pd.Timestamp.now()
    assert len(history.to_df()) == 1000
    assert (pd.Timestamp.now() - begin).total_seconds() < 5
