"""Steps and diagnoses are told in words that can do nothing."""

from __future__ import annotations

from dataclasses import asdict

from monitor_samples import HOSTILE, HOSTILE_SHOWN, answered, diagnosed, searched, step

from logdebug.monitor.rows import Row
from logdebug.monitor.telling import diagnosis_in_words, step_line


def concluded(**changes: object) -> dict[str, object]:
    """Give the last line of a trace."""
    found = asdict(diagnosed(0).diagnosis) | {"evidence": [asdict(each) for each in diagnosed(0).diagnosis.evidence]}
    return step("Concluded", diagnosis={**found, **changes}, reason="submitted")


def test_a_step_on_a_line() -> None:
    """Each step says when, what kind, and what it did."""
    line = step_line({**searched("timeout"), "at": "2026-11-18T11:00:05+02:00"}).plain
    assert line == "09:00:05  tool      searched for `timeout` → 2 lines"
    assert step_line(answered(1)).plain.endswith("answers   asked for search (100 tokens in, 10 out)")
    assert step_line(step("Failure", error="cancelled", message="by ann")).plain.endswith("stopped   cancelled: by ann")


def test_a_step_of_another_version() -> None:
    """A step that nobody knows, or with nothing in it, is told as far as it can be."""
    assert "Pondered" in step_line({"step": "Pondered", "at": "never", "text": "hm"}).plain
    assert step_line({}).plain.isprintable()


def test_a_diagnosis_in_words() -> None:
    """A diagnosis says its verdict, cause, advice and evidence, and which quotes weren't found."""
    told = "\n".join(line.plain for line in diagnosis_in_words(Row(0, "shop"), concluded()))
    assert "diagnosed: high dependency_failure, confidence 80%" in told
    assert "The database refused connections." in told
    assert "→ Bring it back." in told
    assert "✓ app.log:2  refused" in told
    assert "✗ app.log  never said  (not found there)" in told
    assert "3 turns, 3,200 tokens, $0.0123, 12 s" in told


def test_hostile_words_are_made_harmless() -> None:
    """What a log or a model says can't act on the terminal, wherever in a diagnosis it stands."""
    hostile = dict.fromkeys(("root_cause", "recommendation", "category", "severity", "status", "log_file"), HOSTILE)
    quote = {"quote": HOSTILE, "file": HOSTILE, "line": 1, "verified": True}
    event = {"timestamp": HOSTILE, "event": HOSTILE, "line": HOSTILE}
    lines = [
        *diagnosis_in_words(Row(0, HOSTILE), concluded(**hostile, evidence=[quote], timeline=[event])),
        step_line(step("Answered", text=HOSTILE, notes=[HOSTILE])),
        step_line(step(HOSTILE, text=HOSTILE)),
    ]
    assert all(line.plain.isprintable() for line in lines)
    assert sum(HOSTILE_SHOWN in line.plain for line in lines) >= 6


def test_no_diagnosis_yet() -> None:
    """Before its end an incident says what its agent does; after a failure, why there is no diagnosis."""
    row = Row(0, "shop")
    row.begin({"at": "2026-11-18T09:00:00+00:00"})
    assert [line.plain for line in diagnosis_in_words(row, step("Asked", turn=1))] == ["reading the log"]
    row.end({"event": "IncidentFailed", "message": "the key is wrong"})
    assert [line.plain for line in diagnosis_in_words(row, None)] == ["the key is wrong"]
