"""What a person decides on a diagnosis, as a new report: accepted, corrected, noted, and the last decision undone.

Pure: a report goes in, a report comes out, and the one that went in is as it was. A corrected diagnosis holds the
corrected values; its reviews say who changed what, when, and what stood there before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from logdebug.errors import ReportError
from logdebug.records import CATEGORIES, SEVERITIES, STATUSES, Correction, Review
from logdebug.report.document import to_utc
from logdebug.report.text import one_line, shorten, storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.records import Decision, Diagnosis
    from logdebug.report.report import Report

__all__ = [
    "FIELDS",
    "accept",
    "check_same_run",
    "continued",
    "correct",
    "note",
    "place_of",
    "reviewed",
    "stand",
    "undo",
]

FIELDS = ("status", "category", "severity", "root_cause")
"""What of a diagnosis a reviewer can correct, in the order in which forms and exports list it."""

_VOCABULARIES: dict[str, tuple[str, ...]] = {"status": STATUSES, "category": CATEGORIES, "severity": SEVERITIES}


def accept(
    report: Report, incident: int | str, *, reviewer: str, note: str = "", reviewed_at: datetime | None = None
) -> Report:
    """Return the report with a diagnosis accepted as it stands.

    Parameters
    ----------
    report
        The report; it is not changed.
    incident
        Which diagnosis: its place from 0, or its service where no other has that name.
    reviewer
        Who decides.
    note
        What they want to be known about it.
    reviewed_at
        When, in UTC; now by default.

    Raises
    ------
    ReportError
        Where there is no such diagnosis, or no name of a reviewer.
    """
    return _decided(report, incident, _review("accepted", reviewer, note, reviewed_at))


def correct(
    report: Report,
    incident: int | str,
    *,
    reviewer: str,
    category: str | None = None,
    severity: str | None = None,
    status: str | None = None,
    root_cause: str | None = None,
    note: str = "",
    reviewed_at: datetime | None = None,
) -> Report:
    """Return the report with a diagnosis corrected: it holds the new values, and its review the old ones.

    Parameters
    ----------
    report
        The report; it is not changed.
    incident
        Which diagnosis: its place from 0, or its service where no other has that name.
    reviewer
        Who decides.
    category, severity, status
        A word of the vocabulary each; None, or the word that is there already, leaves it.
    root_cause
        The cause in a sentence; None, or the one that is there already, leaves it.
    note
        What they want to be known about it.
    reviewed_at
        When, in UTC; now by default.

    Raises
    ------
    ReportError
        Where there is no such diagnosis, a word is none of its vocabulary, the cause is empty, nothing differs, there
        is no name of a reviewer, or the status would be `diagnosed` with no quote that was found in the log.
    """
    found = report.reports[place_of(report, incident)]
    wished = {"status": status, "category": category, "severity": severity, "root_cause": root_cause}
    changes = {
        field: _checked(field, value) for field, value in wished.items() if value not in (None, getattr(found, field))
    }
    if not changes:
        raise ReportError(
            f"nothing of the diagnosis of {_name(found)} would change; give another {', '.join(FIELDS[:-1])} or "
            f"{FIELDS[-1]}, or accept it as it is"
        )
    if changes.get("status") == "diagnosed" and not found.grounded:
        raise ReportError(
            f"{_name(found)} can't become `diagnosed`: none of its quotes was found in the log, and no claim stands "
            "without a line; leave the status, and correct the root cause or add a note"
        )
    corrections = tuple(Correction(field, getattr(found, field), value) for field, value in changes.items())
    review = _review("corrected", reviewer, note, reviewed_at, corrections)
    return _decided(report, incident, review, **changes)


def note(
    report: Report, incident: int | str, *, reviewer: str, note: str, reviewed_at: datetime | None = None
) -> Report:
    """Return the report with a note on a diagnosis, which neither accepts nor changes it.

    Parameters
    ----------
    report
        The report; it is not changed.
    incident
        Which diagnosis: its place from 0, or its service where no other has that name.
    reviewer
        Who writes it.
    note
        What they want to be known.
    reviewed_at
        When, in UTC; now by default.

    Raises
    ------
    ReportError
        Where there is no such diagnosis, no name of a reviewer, or the note is empty.
    """
    if not note.strip():
        raise ReportError("the note is empty; write what whoever reads the report should know")
    return _decided(report, incident, _review("noted", reviewer, note, reviewed_at))


def undo(report: Report, incident: int | str) -> Report:
    """Return the report without the last decision on a diagnosis; what it corrected is as it was before.

    Parameters
    ----------
    report
        The report; it is not changed.
    incident
        Which diagnosis: its place from 0, or its service where no other has that name.

    Raises
    ------
    ReportError
        Where there is no such diagnosis, or nothing was decided on it.
    """
    place = place_of(report, incident)
    found = report.reports[place]
    if not found.reviews:
        raise ReportError(f"nothing was decided on {_name(found)}, so there is nothing to undo")
    before = {change.field: change.before for change in found.reviews[-1].corrections if change.field in FIELDS}
    return _with(report, place, _changed(found, before, found.reviews[:-1]))


def continued(report: Report, kept: Report) -> Report:
    """Return the report with the decisions that an earlier review of it has kept in a file.

    Parameters
    ----------
    report
        The report; it is not changed.
    kept
        What the file holds.

    Raises
    ------
    ReportError
        Where that is another run's report, or both hold decisions on one incident that the other lacks.
    """
    check_same_run(report, kept)
    return replace(report, reports=tuple(map(_later, report.reports, kept.reports)))


def check_same_run(report: Report, kept: Report) -> None:
    """Refuse what a file holds where it is no state of a report.

    Raises
    ------
    ReportError
        Where it is another run's report.
    """
    same = [_identity(entry) for entry in report.reports] == [_identity(entry) for entry in kept.reports]
    if report.run_id != kept.run_id or not same:
        raise ReportError(
            f"the file holds the report of another run ({_shown(kept.run_id)}, and this is {_shown(report.run_id)}); "
            "name another file, so that nothing is lost"
        )


def _identity(diagnosis: Diagnosis) -> tuple[str, str, str]:
    return diagnosis.service, diagnosis.working_dir, diagnosis.log_file


def _later(mine: Diagnosis, kept: Diagnosis) -> Diagnosis:
    """Give the one of two that goes on from the other."""
    shorter, longer = sorted((mine, kept), key=lambda entry: len(entry.reviews))
    if longer.reviews[: len(shorter.reviews)] != shorter.reviews:
        raise ReportError(
            f"{_name(mine)} was reviewed twice, here and in the file, apart from each other; load the file and review "
            "that, or name another one"
        )
    return longer if longer.reviews else mine


def reviewed(diagnosis: Diagnosis) -> bool:
    """Tell whether somebody took a stand on a diagnosis: accepted or corrected it. A note alone is none."""
    return stand(diagnosis) is not None


def stand(diagnosis: Diagnosis) -> Review | None:
    """Give the last review that accepted or corrected a diagnosis; None where there is none. Notes take no stand."""
    return next((review for review in reversed(diagnosis.reviews) if review.decision != "noted"), None)


def place_of(report: Report, incident: int | str) -> int:
    """Give the place from 0 of a diagnosis that is named by its place or its service.

    Raises
    ------
    ReportError
        Where there is none, or several of that name.
    """
    found = report[incident]
    if isinstance(incident, int):
        return incident % len(report.reports)
    return next(place for place, entry in enumerate(report.reports) if entry is found)


def _checked(field: str, value: str | None) -> str:
    """Give a value as the diagnosis will hold it, if it may."""
    text = storable(value or "").strip()
    words = _VOCABULARIES.get(field)
    if words is None:
        if not text:
            raise ReportError(f"the {field} is empty; say the cause in one sentence")
        return text
    if text not in words:
        near = get_close_matches(text, words, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ReportError(f"{field} {_shown(text)} is none of {', '.join(words)}{hint}")
    return text


def _review(
    decision: Decision, reviewer: str, text: str, moment: datetime | None, corrections: Sequence[Correction] = ()
) -> Review:
    who = one_line(reviewer)
    if not who:
        raise ReportError("nobody is named as the reviewer; give reviewer= the name of who decides")
    when = datetime.now(UTC).replace(microsecond=0) if moment is None else to_utc(moment)
    return Review(who, when, decision, storable(text).strip(), tuple(corrections))


def _decided(report: Report, incident: int | str, review: Review, **changes: str) -> Report:
    place = place_of(report, incident)
    found = report.reports[place]
    return _with(report, place, _changed(found, changes, (*found.reviews, review)))


def _changed(diagnosis: Diagnosis, changes: dict[str, str], reviews: tuple[Review, ...]) -> Diagnosis:
    return replace(diagnosis, reviews=reviews, **changes)  # type: ignore[arg-type]  # checked against the vocabularies


def _with(report: Report, place: int, diagnosis: Diagnosis) -> Report:
    return replace(report, reports=(*report.reports[:place], diagnosis, *report.reports[place + 1 :]))


def _name(diagnosis: Diagnosis) -> str:
    return shorten(one_line(diagnosis.service), 80) or "the incident"


def _shown(text: str) -> str:
    return repr(shorten(one_line(text), 60))
