"""That something did not occur is shown by a search that code runs, with the rest of the file as its control."""

from __future__ import annotations

import gzip
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import logdebug as ld
from logdebug.agent.absences import search_for, sha256_of
from logdebug.agent.answers import answer_from, answer_schema
from logdebug.agent.findings import diagnosis_of
from logdebug.agent.reading import Reading
from logdebug.records import Absence

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import WriteCase

    from logdebug.logs import Log
    from logdebug.records import Diagnosis, Incident

LOG = [f"10:{number // 60:02}:{number % 60:02} INFO heartbeat ok" for number in range(100)]
LOG[40:80] = [f"10:{number // 60:02}:{number % 60:02} INFO request served" for number in range(40, 80)]
LOG[79] = "10:01:19 ERROR connection to db-1:5432 refused"
ABSENT = Absence("no heartbeat while the database was away", "heartbeat", "app.log", 41, 80)


def logged(path: Path, text: str = "".join(f"{line}\n" for line in LOG)) -> Log:
    """Write a log and open it."""
    path.write_text(text, encoding="utf-8")
    return ld.open_log(path)


def answered(incident: Incident, **changes: Any) -> Diagnosis:
    """Take an answer of a model on an incident."""
    import json

    words = json.dumps(
        {
            "status": "diagnosed",
            "root_cause": "The database refused connections.",
            "category": "dependency_failure",
            "severity": "high",
            "evidence": [{"quote": "connection to db-1:5432 refused", "line": 80}],
            "absences": [
                {"claim": "no heartbeat", "pattern": "HEARTBEAT", "first_line": 41, "last_line": 80, "file": None}
            ],
            **changes,
        }
    )
    with closing(Reading.of(incident)) as reading:
        return diagnosis_of(answer_from(words), incident, reading)


def test_what_is_not_there_is_verified_with_its_control(tmp_path: Path) -> None:
    """A pattern that no line of the range matches is verified, and counted in the lines before and after."""
    with logged(tmp_path / "app.log") as log:
        found = search_for(ABSENT, log)
    assert (found.verified, found.matches, found.before, found.after, found.problem) == (True, 0, 40, 20, "")
    assert (found.first_line, found.last_line) == (41, 80)
    data = (tmp_path / "app.log").read_bytes()[found.byte_start : found.byte_end]
    assert data.decode().splitlines() == LOG[40:80]


def test_what_is_there_after_all_is_not_verified(tmp_path: Path) -> None:
    """A pattern that matches in the range is counted there, and its first line named."""
    with logged(tmp_path / "app.log") as log:
        found = search_for(replace(ABSENT, first_line=39, last_line=82), log)
    assert (found.verified, found.matches, found.match_line, found.before, found.after) == (False, 4, 39, 38, 18)


def test_a_pattern_that_matches_nowhere_has_no_control(tmp_path: Path) -> None:
    """A pattern that could match nothing is verified in its lines, and its counts say that it proves nothing."""
    with logged(tmp_path / "app.log") as log:
        found = search_for(replace(ABSENT, pattern="zzzz"), log)
    assert (found.verified, found.before, found.after) == (True, 0, 0)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"pattern": ""}, "empty"),
        ({"pattern": "x" * 2001}, "2,001 characters"),
        ({"pattern": r"(a)\1"}, "RE2"),
        ({"pattern": "(?=a)"}, "RE2"),
        ({"pattern": "("}, "RE2"),
        ({"pattern": "((a{900}){900}){900}"}, "RE2"),
        ({"pattern": "|".join(f".{{0,100}}x{number}" for number in range(100))}, "too large to be searched for"),
        ({"pattern": "\ud800"}, "can't be searched for"),
        ({"first_line": 101, "last_line": None}, "the file has 100"),
        ({"first_line": 50, "last_line": 40}, "no such lines"),
    ],
)
def test_a_search_that_cannot_be_run_says_why(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    """A hostile pattern, or lines that there aren't, make an absence that is not verified and says why."""
    with logged(tmp_path / "app.log") as log:
        found = search_for(replace(ABSENT, **changes), log)
    assert not found.verified
    assert problem in found.problem
    assert (found.matches, found.sha256, found.byte_start) == (0, "", None)


def test_a_hostile_pattern_takes_linear_time(tmp_path: Path) -> None:
    """A pattern that makes a backtracking engine hang is searched for like any other."""
    with logged(tmp_path / "app.log", ("a" * 4000 + "\n") * 200) as log:
        begun = time.perf_counter()
        found = search_for(Absence("x", r"(a*)*(a|aa)+$b", "app.log"), log)
        assert time.perf_counter() - begun < 20
    assert found.verified


def test_lines_that_are_not_given_are_the_whole_file(tmp_path: Path) -> None:
    """With no lines, the whole file is searched, a compressed one as its text; a last line beyond it is its last."""
    (tmp_path / "app.log.gz").write_bytes(gzip.compress("".join(f"{line}\n" for line in LOG).encode()))
    with ld.open_log(tmp_path / "app.log.gz") as log, logged(tmp_path / "app.log") as plain:
        found = search_for(Absence("no panic", "panic", "app.log.gz", None, 5000), log)
        assert (found.verified, found.first_line, found.last_line, found.matches) == (True, 1, 100, 0)
        assert found.sha256 == sha256_of(plain, 0, len((tmp_path / "app.log").read_bytes()) - 1)


def test_an_answer_s_absence_is_searched_for(case_dir: WriteCase) -> None:
    """What a model says did not occur is searched for when its answer is taken, whatever its case."""
    [absence] = answered(case_dir(LOG)).absences
    assert (absence.claim, absence.file, absence.verified, absence.before) == ("no heartbeat", "app.log", True, 40)


def test_an_absence_in_a_file_out_of_reach_is_not_verified(case_dir: WriteCase) -> None:
    """A file that is missing, or lies outside the directory, is not searched, and the absence says so."""
    made = answered(
        case_dir(LOG),
        absences=[{"claim": "c", "pattern": "p", "file": name} for name in ("no.log", "../../etc/passwd")],
    )
    assert [each.verified for each in made.absences] == [False, False]
    assert "does not exist" in made.absences[0].problem
    assert "leads out" in made.absences[1].problem


def test_an_absence_alone_diagnoses_nothing(case_dir: WriteCase) -> None:
    """A `diagnosed` that rests on a verified absence and on no quote becomes `inconclusive`."""
    made = answered(case_dir(LOG), evidence=[])
    assert made.absences[0].verified
    assert (made.status, made.grounded) == ("inconclusive", False)


def test_absences_are_few_and_none_by_default(case_dir: WriteCase) -> None:
    """Of many only the first six are searched for; an answer without any has none; each property is required."""
    many = [{"claim": str(number), "pattern": "p"} for number in range(30)]
    assert len(answered(case_dir(LOG), absences=many).absences) == 6
    assert answered(case_dir(LOG), absences=None).absences == ()
    items = answer_schema()["properties"]["absences"]["items"]
    assert items["required"] == ["claim", "pattern", "first_line", "last_line", "file"]
    assert items["additionalProperties"] is False
