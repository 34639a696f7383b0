"""Small labelled incidents, and grades, whose scores are known by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from logdebug.evaluation.grading import Grade
from logdebug.evaluation.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:01 INFO GET /cart 200",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
HEALTHY_LOG = ["2026-11-18 09:00:00 INFO started", "2026-11-18 09:00:01 INFO 0 errors", "2026-11-18 09:00:02 INFO bye"]
LABEL: dict[str, Any] = {
    "service": "shop",
    "log_file": "app.log",
    "status": "diagnosed",
    "category": ["dependency_failure", "network_error"],
    "severity": ["high", "critical"],
    "root_cause": "The database db-1 refuses connections.",
    "must_mention": [["db-1", "database"], ["refused", "refuses"]],
    "root_line": [3],
}
HEALTHY: dict[str, Any] = {
    "service": "well",
    "log_file": "app.log",
    "status": "no_errors_found",
    "category": ["unknown"],
    "severity": ["info", "low"],
    "must_mention": [],
    "root_line": [],
}


def write_case(directory: Path, log: Sequence[str] | bytes = LOG, **label: Any) -> Path:
    """Write a labelled incident; what is given replaces the label's fields, None takes a field away."""
    directory.mkdir(parents=True, exist_ok=True)
    held = {name: value for name, value in {**LABEL, **label}.items() if value is not None}
    text = log if isinstance(log, bytes) else "".join(f"{line}\n" for line in log).encode()
    (directory / str(held.get("log_file", "app.log"))).write_bytes(text)
    (directory / "label.json").write_text(json.dumps(held), encoding="utf-8")
    return directory


def given(case: str, analyst: str, *, right: bool = True, confidence: float = 0.9, **changes: Any) -> Grade:
    """Give the grade of a diagnosis that is right, or wrong in its category."""
    grade = Grade(
        case,
        analyst,
        "diagnosed",
        "oom",
        "high",
        status="diagnosed",
        category="oom" if right else "crash",
        severity="high",
        root_cause="The heap is full.",
        status_right=True,
        category_right=right,
        severity_right=True,
        root_line_cited=right,
        keywords=1.0 if right else 0.5,
        keywords_anywhere=1.0,
        evidence=2,
        evidence_verified=1.0,
        confidence=confidence,
    )
    return replace(grade, **changes)


def scores_of(*grades: Grade) -> Scores:
    """Put grades together."""
    return Scores(grades, datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
