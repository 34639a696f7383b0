"""A decision makes a new report, says who and when, and can be undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from report_samples import HOSTILE, diagnosis, five, report

from logdebug.errors import ReportError
from logdebug.records import Correction, Review
from logdebug.report.report import Report
from logdebug.report.reviewing import accept, continued, correct, note, place_of, reviewed, stand, undo

WHEN = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def test_accepting_changes_nothing_but_the_reviews() -> None:
    """An accepted diagnosis is what it was, with who accepted it and when; the report that went in is untouched."""
    before = five()
    after = accept(before, "auth-svc", reviewer="ann", note="I saw the heap dump.", reviewed_at=WHEN)
    assert after["auth-svc"].reviews == (Review("ann", WHEN, "accepted", "I saw the heap dump."),)
    assert replace(after["auth-svc"], reviews=()) == before["auth-svc"]
    assert [entry for entry in after if entry.service != "auth-svc"] == [
        entry for entry in before if entry.service != "auth-svc"
    ]
    assert before == five()


def test_a_corrected_diagnosis_holds_the_new_values_and_its_review_the_old_ones() -> None:
    """Each field that differs is changed and told; one that is given as it was is not."""
    before = five()
    after = correct(
        before,
        0,
        reviewer="ann",
        severity="low",
        category="timeout",
        status="diagnosed",
        root_cause="  The switch was rebooted.\n",
        reviewed_at=WHEN,
    )
    held = after[0]
    assert (held.severity, held.category, held.root_cause) == ("low", "timeout", "The switch was rebooted.")
    [review] = held.reviews
    assert review.decision == "corrected"
    assert review.corrections == (
        Correction("category", "network_error", "timeout"),
        Correction("severity", "critical", "low"),
        Correction("root_cause", before[0].root_cause, "The switch was rebooted."),
    )
    assert after.summary.by_severity["low"] == 1


def test_decisions_survive_a_file(tmp_path: Any) -> None:
    """What was decided is read back from JSON as it was saved, hostile notes and unusual zones included."""
    away = datetime(2026, 11, 23, 11, 30, tzinfo=timezone(timedelta(hours=2)))
    made = correct(five(), "api-gw", reviewer=HOSTILE, status="inconclusive", note=HOSTILE, reviewed_at=away)
    made = note(made, "api-gw", reviewer="bob", note="Call me.", reviewed_at=WHEN)
    assert Report.load(made.save(tmp_path / "report.json")) == made
    assert made["api-gw"].reviews[0].reviewed_at == WHEN
    assert "\n" not in made["api-gw"].reviews[0].reviewer


def test_undo_takes_the_last_decision_back() -> None:
    """Undoing a correction restores what stood there before; decisions before it stay."""
    noted = note(five(), 2, reviewer="ann", note="see ticket 7", reviewed_at=WHEN)
    once = correct(noted, 2, reviewer="ann", severity="low", root_cause="Nothing.", reviewed_at=WHEN)
    twice = correct(once, 2, reviewer="bob", severity="medium", reviewed_at=WHEN)
    assert undo(twice, 2) == once
    assert undo(once, 2) == noted
    assert undo(noted, 2) == five()
    with pytest.raises(ReportError, match="nothing was decided on notif-worker"):
        undo(five(), 2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"severity": "hihg"}, r"severity 'hihg' is none of critical, high, medium, low; did you mean 'high'\?"),
        ({"category": "dns"}, r"category 'dns' is none of crash, oom"),
        ({"status": "Diagnosed"}, r"status 'Diagnosed' is none of .*did you mean 'diagnosed'\?"),
        ({"root_cause": " \n"}, "the root_cause is empty; say the cause in one sentence"),
        ({}, "nothing of the diagnosis of payment-svc would change; give another"),
        ({"severity": "critical"}, "would change.*or accept it as it is"),
        ({"severity": "low", "reviewer": " \t"}, "nobody is named as the reviewer; give reviewer="),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, str], message: str) -> None:
    """An error names the input and the remedy."""
    with pytest.raises(ReportError, match=message):
        correct(five(), "payment-svc", **{"reviewer": "ann", **given})


def test_no_claim_without_a_line() -> None:
    """Nobody, a reviewer neither, makes a diagnosis `diagnosed` of which no quote was found; the cause may be said."""
    made = report(diagnosis(status="inconclusive", grounded=False))
    with pytest.raises(ReportError, match=r"can't become `diagnosed`.*correct the root cause or add a note"):
        correct(made, 0, reviewer="ann", status="diagnosed")
    assert correct(made, 0, reviewer="ann", root_cause="The switch.")[0].root_cause == "The switch."


def test_an_empty_note_is_refused() -> None:
    """A note says something."""
    with pytest.raises(ReportError, match="the note is empty"):
        note(five(), 0, reviewer="ann", note="  ")


def test_incidents_are_found_by_place_and_by_service() -> None:
    """Two incidents of one service are told apart by their places, also from the end."""
    twins = report(diagnosis("a"), diagnosis("a", 1))
    with pytest.raises(ReportError, match="2 incidents are called 'a'"):
        accept(twins, "a", reviewer="ann")
    with pytest.raises(ReportError, match="no diagnosis at 2"):
        accept(twins, 2, reviewer="ann")
    made = accept(twins, -1, reviewer="ann")
    assert [bool(entry.reviews) for entry in made] == [False, True]
    assert (place_of(twins, -2), place_of(five(), "api-gw")) == (0, 4)


def test_time_is_now_unless_given() -> None:
    """A decision without a time is of this moment, in UTC."""
    [review] = accept(five(), 0, reviewer="ann")[0].reviews
    assert abs(datetime.now(UTC) - review.reviewed_at) < timedelta(seconds=5)


def test_a_note_alone_is_no_review() -> None:
    """Reviewed is what somebody accepted or corrected."""
    noted = note(five(), 0, reviewer="ann", note="see ticket 7")
    assert not reviewed(noted[0])
    assert stand(noted[0]) is None
    settled = note(accept(noted, 0, reviewer="bob"), 0, reviewer="ann", note="thanks")[0]
    assert reviewed(settled)
    assert (held := stand(settled)) is not None
    assert (held.reviewer, held.decision) == ("bob", "accepted")


def test_a_review_goes_on_where_a_file_has_it() -> None:
    """Of two states of a report the one with more decisions counts, incident by incident."""
    given = five()
    first = accept(given, 0, reviewer="ann", reviewed_at=WHEN)
    kept = correct(first, 0, reviewer="bob", severity="low", reviewed_at=WHEN)
    here = accept(first, 1, reviewer="ann", reviewed_at=WHEN)
    made = continued(here, kept)
    assert (made[0], made[1], made[2]) == (kept[0], here[1], given[2])


def test_another_report_or_another_review_is_not_mixed_in() -> None:
    """A file of another run, and decisions made apart from each other, are refused, so that neither is lost."""
    with pytest.raises(ReportError, match="the report of another run"):
        continued(five(), five(run_id="20261123-000000-ffff"))
    with pytest.raises(ReportError, match="the report of another run"):
        continued(five(), replace(five(), reports=five().reports[:4]))
    mine = accept(five(), 3, reviewer="ann", reviewed_at=WHEN)
    theirs = accept(five(), 3, reviewer="bob", reviewed_at=WHEN)
    with pytest.raises(ReportError, match="etl-daily was reviewed twice"):
        continued(mine, theirs)
