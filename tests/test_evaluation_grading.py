"""Grades of diagnoses that are right or wrong in ways known by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from evaluation_samples import HEALTHY, HEALTHY_LOG, LOG, write_case

from logdebug.evaluation.cases import load_cases, neutral_copy
from logdebug.evaluation.grading import Grade, grade
from logdebug.records import Diagnosis, Evidence, Failure, Usage

if TYPE_CHECKING:
    from pathlib import Path

SPENT = Usage(turns=3, input_tokens=900, output_tokens=100, cost_usd=0.01, seconds=2.0)


def quoting(quote: str, line: int, file: str = "app.log") -> tuple[Evidence]:
    """Claim a quote as verified."""
    return (Evidence(quote, file, line, verified=True),)


def graded(home: Path, outcome: Diagnosis | Failure | None = None, **changes: Any) -> Grade:
    """Grade a diagnosis of a case, right but for what is changed."""
    [case] = load_cases(home)
    incident = neutral_copy(case, home.parent / f"copy-{len(list(home.parent.iterdir()))}")
    fields: dict[str, Any] = {
        "status": "diagnosed",
        "root_cause": "db-1 Refused the connection.",
        "category": "dependency_failure",
        "severity": "high",
        "confidence": 0.8,
        "evidence": quoting("connection to db-1:5432 refused", 3),
        **changes,
    }
    said = outcome or Diagnosis(service="shop", working_dir=str(incident.working_dir), log_file="app.log", **fields)
    return grade(case, "someone", said, incident, SPENT)


def test_a_right_diagnosis_is_right_in_all(tmp_path: Path) -> None:
    """Status, category, severity, root line, keywords (in any case) and quotes are all credited."""
    found = graded(write_case(tmp_path / "a"))
    assert found.right
    assert found.severity_right
    assert (found.root_line_cited, found.keywords, found.evidence_verified) == (True, 1.0, 1.0)
    assert (found.false_alarm, found.confidence, found.usage, found.failure) == (None, 0.8, SPENT, "")


@pytest.mark.parametrize(
    ("changes", "measure", "value"),
    [
        ({"category": "network_error"}, "category_right", True),  # the second-best answer is acceptable
        ({"category": "timeout"}, "category_right", False),
        ({"category": "timeout"}, "right", False),
        ({"severity": "low"}, "severity_right", False),
        ({"status": "inconclusive"}, "status_right", False),
        ({"root_cause": "The database is slow."}, "keywords", 0.5),
        ({"root_cause": "Something."}, "keywords", 0.0),
        ({"root_cause": "Something."}, "keywords_anywhere", 1.0),  # the quote has them
        ({"evidence": ()}, "evidence_verified", None),
        ({"evidence": ()}, "root_line_cited", False),
        ({"evidence": quoting("connection to db-1:5432 refused", 2)}, "evidence_verified", 0),
        ({"evidence": quoting("connection to db-9:5432 refused", 3)}, "evidence_verified", 0),
        ({"evidence": quoting("connection to db-9:5432 refused", 3)}, "root_line_cited", False),
        ({"evidence": quoting("root:x:0:0:root", 1, "/etc/passwd")}, "evidence_verified", 0),
        ({"evidence": quoting("ERROR giving up", 4)}, "root_line_cited", False),
        ({"evidence": quoting("\n".join(LOG[1:4]), 2)}, "root_line_cited", True),
    ],
)
def test_what_is_wrong_is_seen(changes: dict[str, Any], measure: str, value: object, tmp_path: Path) -> None:
    """Each measure looks at its own field, and no claim that a quote is verified is believed."""
    assert getattr(graded(write_case(tmp_path / "a"), **changes), measure) == value


def test_a_line_of_the_same_stack_trace_counts(tmp_path: Path) -> None:
    """Who cites another line of the record that a root line belongs to has cited it; the next record is another."""
    log = [
        "2026-11-18 09:00:00 ERROR request failed",
        "java.lang.IllegalStateException: pool closed",
        "\tat com.example.Pool.take(Pool.java:31)",
        "\tat com.example.Shop.buy(Shop.java:12)",
        "2026-11-18 09:00:09 INFO request done",
    ]
    home = write_case(tmp_path / "a", log, root_line=[2])
    inside = quoting("at com.example.Shop.buy(Shop.java:12)", 4)
    outside = quoting("INFO request done", 5)
    assert graded(home, evidence=inside).root_line_cited
    assert graded(home, evidence=outside).root_line_cited is False


@pytest.mark.parametrize(("status", "alarm"), [("diagnosed", True), ("inconclusive", True), ("no_errors_found", False)])
def test_a_healthy_log_has_false_alarms(status: str, alarm: bool, tmp_path: Path) -> None:
    """On a healthy log anything but `no_errors_found` is an alarm, and there is no root line or keyword to miss."""
    home = write_case(tmp_path / "a", HEALTHY_LOG, **HEALTHY)
    found = graded(home, status=status, category="unknown", severity="low", evidence=())
    assert (found.false_alarm, found.right) == (alarm, not alarm)
    assert (found.root_line_cited, found.keywords, found.evidence_verified) == (None, None, None)


def test_no_diagnosis_is_wrong_in_all(tmp_path: Path) -> None:
    """A failure counts as wrong, with what it cost, and has no confidence to be held against."""
    found = graded(write_case(tmp_path / "a"), Failure("shop", "model_refused", "unknown model"))
    assert (found.right, found.severity_right, found.root_line_cited, found.keywords) == (False, False, False, 0.0)
    assert (found.status, found.confidence, found.usage) == (None, None, SPENT)
    assert found.failure == "model_refused: unknown model"
