"""From corrections to cases: what is written of a reviewed diagnosis, and that it is read back and measured."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from evaluation_samples import HEALTHY_LOG, LOG
from secret_samples import Maker

import logdebug as ld
from logdebug.errors import IncidentError, SettingsError
from logdebug.records import Diagnosis, Evidence, TimelineEvent

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import WriteCase

    from logdebug.records import Incident

LONG = [f"2026-11-18 09:00:00 INFO request {number:06} was answered with 200 in 3 ms" for number in range(1, 20_001)]
LONG[9_999] = "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused"
LONG[15_000] = "2026-11-18 09:00:03 FATAL giving up"


def reviewed(incident: Incident, *lines: int, file: str = "", **changes: Any) -> Diagnosis:
    """Give a diagnosis that quotes lines of the log."""
    text = (incident.working_dir / (file or incident.log_file)).read_bytes().decode(errors="replace").split("\n")
    fields: dict[str, Any] = {
        "status": "diagnosed",
        "root_cause": "db-1 refuses connections.",
        "category": "dependency_failure",
        "severity": "high",
        "confidence": 0.9,
        "evidence": tuple(Evidence(text[line - 1], file or incident.log_file, line, verified=True) for line in lines),
        **changes,
    }
    return Diagnosis(
        service=incident.service, working_dir=str(incident.working_dir), log_file=incident.log_file, **fields
    )


def test_a_small_log_is_kept_whole(case_dir: WriteCase, tmp_path: Path) -> None:
    """A small log is kept byte by byte, with the time of the file, and the quoted line is its root line."""
    raw = "\n".join(LOG).encode() + b"\nbytes: \xff\xfe\r\nno newline at the end"
    incident = case_dir(raw)
    case = ld.save_case(reviewed(incident, 3), tmp_path / "saved", must_mention=[["db-1"]])
    assert case.incident.log_path.read_bytes() == raw
    assert case.incident.log_path.stat().st_mtime == pytest.approx(incident.log_path.stat().st_mtime, abs=1)
    assert (case.name, case.label.service) == ("saved", "shop")
    assert (case.label.status, case.label.category, case.label.severity) == (
        ("diagnosed",),
        ("dependency_failure",),
        ("high",),
    )
    assert (case.label.root_line, case.label.must_mention) == ((3,), (("db-1",),))
    assert [case] == ld.load_cases(tmp_path / "saved")


def test_of_a_long_log_the_lines_that_matter_are_kept(case_dir: WriteCase, tmp_path: Path) -> None:
    """Of a long log the quoted lines and those of the timeline are kept with their context, renumbered."""
    moment = TimelineEvent(datetime(2026, 11, 18, tzinfo=UTC), "It gave up.", 15_001)
    diagnosis = reviewed(case_dir(LONG), 10_000, timeline=(moment,))
    case = ld.save_case(diagnosis, tmp_path / "saved", context_lines=5)
    kept = case.incident.log_path.read_text().splitlines()
    assert kept == LONG[9_994:10_005] + LONG[14_995:15_006]
    assert case.label.root_line == (6,)
    assert kept[5] == LONG[9_999]


def test_ranges_that_touch_are_joined(case_dir: WriteCase, tmp_path: Path) -> None:
    """Lines near each other, and near the ends of the log, are kept once."""
    diagnosis = reviewed(case_dir(LONG), 2, 6, 20_000)
    case = ld.save_case(diagnosis, tmp_path / "saved", context_lines=3)
    assert case.incident.log_path.read_text().splitlines() == LONG[:9] + LONG[19_996:]
    assert case.label.root_line == (2, 6, 13)


def test_redaction_covers_log_and_label(case_dir: WriteCase, tmp_path: Path) -> None:
    """Each line and each text of the label goes through `redact`; the numbers of lines stay right."""
    diagnosis = reviewed(case_dir(LONG), 10_000)
    case = ld.save_case(
        diagnosis,
        tmp_path / "saved",
        redact=lambda text: text.replace("db-1", "HOST").replace("shop", "SVC"),
        must_mention=[["db-1"]],
    )
    everything = b"".join(path.read_bytes() for path in (tmp_path / "saved").iterdir())
    assert b"db-1" not in everything
    assert (case.label.service, case.label.root_cause) == ("SVC", "HOST refuses connections.")
    [line] = case.label.root_line
    assert "HOST:5432 refused" in case.incident.log_path.read_text().splitlines()[line - 1]


async def test_a_saved_case_measures(case_dir: WriteCase, tmp_path: Path) -> None:
    """The embedded analyst's own diagnosis, saved, is a case that the embedded analyst has right."""
    [diagnosis] = await ld.investigate([case_dir(LOG)], model="offline", sessions_dir=tmp_path / "sessions")
    case = ld.save_case(diagnosis, tmp_path / "saved")
    [grade] = (await ld.evaluate([case], models=["offline"], sessions_dir=tmp_path / "sessions")).grades
    assert grade.right
    assert grade.root_line_cited


def test_files_that_are_quoted_are_kept_too(case_dir: WriteCase, tmp_path: Path) -> None:
    """A configuration file that a quote is from is part of the case; one that no quote is from is not."""
    incident = case_dir(LOG, app__conf="pool_size = 0\n", other__conf="secret = 1\n")
    conf = reviewed(incident, 1, file="app.conf").evidence
    diagnosis = reviewed(incident, 3)
    case = ld.save_case(replace(diagnosis, evidence=diagnosis.evidence + conf), tmp_path / "saved")
    names = sorted(path.name for path in (tmp_path / "saved").iterdir())
    assert names == ["app.conf", "app.log", "label.json"]
    assert case.label.root_line == (3,)


def test_a_packed_log_is_kept_as_text(case_dir: WriteCase, tmp_path: Path) -> None:
    """The case of a .gz log holds its text, under the name without the ending."""
    import gzip

    incident = case_dir(gzip.compress("\n".join(LOG).encode()), log_file="app.log.gz")
    diagnosis = reviewed(incident, evidence=(Evidence(LOG[2], "app.log.gz", 3, verified=True),))
    case = ld.save_case(diagnosis, tmp_path / "saved")
    assert case.label.log_file == "app.log"
    assert case.incident.log_path.read_text() == "\n".join(LOG)
    assert case.label.root_line == (3,)


def test_a_healthy_log_becomes_a_case(case_dir: WriteCase, tmp_path: Path) -> None:
    """A log in which nothing failed has no root line, and is a case against false alarms."""
    diagnosis = reviewed(
        case_dir(HEALTHY_LOG),
        status="no_errors_found",
        category="unknown",
        severity="low",
        root_cause="Nothing failed.",
    )
    case = ld.save_case(diagnosis, tmp_path / "saved")
    assert case.label.healthy
    assert case.label.root_line == ()


def test_nothing_is_overwritten(case_dir: WriteCase, tmp_path: Path) -> None:
    """A directory that holds something, or a file of that name, is left as it is; an empty directory is used."""
    diagnosis = reviewed(case_dir(LOG), 3)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("full", "file"):
        with pytest.raises(IncidentError, match="not overwritten"):
            ld.save_case(diagnosis, tmp_path / name)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["notes.txt"]
    (tmp_path / "empty").mkdir()
    assert ld.save_case(diagnosis, tmp_path / "empty").name == "empty"
    with pytest.raises(IncidentError, match="not overwritten"):
        ld.save_case(diagnosis, tmp_path / "empty")


@pytest.mark.parametrize("redact", [lambda text: text + "\n", lambda text: None, lambda text: text.encode()])
def test_a_wrong_redaction_leaves_nothing(redact: Any, case_dir: WriteCase, tmp_path: Path) -> None:
    """What gives no single line for a line is refused, and nothing half-written stays."""
    diagnosis = reviewed(case_dir(LOG), 3)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SettingsError, match="one line"):
        ld.save_case(diagnosis, tmp_path / "saved", redact=redact)
    assert sorted(tmp_path.iterdir()) == before


def test_a_log_that_is_another_is_refused(case_dir: WriteCase, tmp_path: Path) -> None:
    """Where the log was rotated, no wrong case is made of it, nor of a log outside its directory."""
    incident = case_dir(LOG)
    diagnosis = reviewed(incident, 3)
    incident.log_path.write_text("2026-11-19 00:00:00 INFO a new day\n")
    with pytest.raises(IncidentError, match="rotated"):
        ld.save_case(diagnosis, tmp_path / "saved")
    with pytest.raises(IncidentError, match="outside"):
        ld.save_case(replace(diagnosis, log_file="../../etc/passwd"), tmp_path / "saved")
    with pytest.raises(SettingsError, match="context_lines"):
        ld.save_case(diagnosis, tmp_path / "saved", context_lines=-1)
    assert not (tmp_path / "saved").exists()


def test_the_label_is_as_people_write_them(case_dir: WriteCase, tmp_path: Path) -> None:
    """The label has the fields of a labelled incident, ready to be corrected."""
    ld.save_case(reviewed(case_dir(LOG), 3), tmp_path / "saved")
    label = json.loads((tmp_path / "saved" / "label.json").read_text())
    assert list(label) == [
        "service",
        "log_file",
        "status",
        "category",
        "severity",
        "root_cause",
        "must_mention",
        "root_line",
    ]


def test_secrets_are_hidden_unless_they_are_asked_for(case_dir: WriteCase, tmp_path: Path) -> None:
    """A case holds no secret of the log or the label, a key of many lines included, and lines keep their numbers."""
    body = Maker(3).key_body(12)
    marks = ["-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"]
    lines = ["INFO started", marks[0], *body, marks[1], "ERROR login failed: password=Hunter22xyz!"]
    diagnosis = reviewed(case_dir(lines), len(lines), root_cause="It failed: password=Hunter22xyz!")
    case = ld.save_case(diagnosis, tmp_path / "hidden")
    kept = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "hidden").iterdir())
    assert not [secret for secret in ("Hunter22", *(line[:12] for line in body)) if secret in kept]
    assert case.label.root_line == (len(lines),)
    ld.save_case(diagnosis, tmp_path / "shown", show_secrets=True)
    assert (tmp_path / "shown" / "app.log").read_text(encoding="utf-8").splitlines() == lines
