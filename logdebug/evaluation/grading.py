"""Grade one diagnosis against what is known: what was right, by code that trusts no claim of the analyst."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from logdebug.agent.grounding import ground
from logdebug.agent.reading import Reading
from logdebug.errors import WorkspaceError
from logdebug.records import Category, Failure, Severity, Status, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logdebug.evaluation.cases import Case, Label
    from logdebug.logs import Log
    from logdebug.records import Diagnosis, Evidence, Incident

__all__ = ["MEASURES", "Grade", "grade"]

MEASURES = {
    "right": "status and category",
    "status_right": "status",
    "category_right": "category",
    "severity_right": "severity",
    "root_line_cited": "root line cited",
    "keywords": "keywords in the cause",
    "keywords_anywhere": "keywords anywhere",
    "evidence_verified": "evidence verified",
    "false_alarm": "false alarms",
}
"""The measures from 0 to 1, each with its name for people, in the order in which tables and charts list them."""

_RECORD_LINES = 500
"""How far a record is looked for around a root line; a longer stack trace than this counts by its lines alone."""


@dataclass(frozen=True, slots=True)
class Grade:
    """How one analyst did on one case; None stands where the case has nothing to measure.

    Parameters
    ----------
    case, analyst
        Who did what.
    expected_status, expected_category, expected_severity
        The label's best answers.
    status, category, severity
        The analyst's; None where it gave no diagnosis.
    root_cause
        The analyst's words.
    status_right, category_right, severity_right
        Whether the answer is an acceptable one. No diagnosis is wrong.
    root_line_cited
        Whether a quote that is in the log covers a root line, or another line of the same record (stack trace).
    keywords
        The share of the label's groups of which the root cause mentions one.
    keywords_anywhere
        The same for the whole diagnosis: timeline, quotes and recommendation too.
    evidence
        How many quotes there are.
    evidence_verified
        The share of quotes that are in the files where they are said to be, looked up again.
    false_alarm
        On a healthy log: whether anything but `no_errors_found` was said.
    confidence
        The analyst's, from 0 to 1.
    usage
        What it cost.
    failure
        Why there is no diagnosis, as `kind: message`; empty where there is one.
    """

    case: str
    analyst: str
    expected_status: Status
    expected_category: Category
    expected_severity: Severity
    status: Status | None = None
    category: Category | None = None
    severity: Severity | None = None
    root_cause: str = ""
    status_right: bool = False
    category_right: bool = False
    severity_right: bool = False
    root_line_cited: bool | None = None
    keywords: float | None = None
    keywords_anywhere: float | None = None
    evidence: int = 0
    evidence_verified: float | None = None
    false_alarm: bool | None = None
    confidence: float | None = None
    usage: Usage = field(default_factory=Usage)
    failure: str = ""

    @property
    def right(self) -> bool:
        """Whether status and category are both right: the answer that confidence is held against."""
        return self.status_right and self.category_right


def grade(case: Case, analyst: str, outcome: Diagnosis | Failure, incident: Incident, usage: Usage) -> Grade:
    """Grade what an analyst said about a case.

    Parameters
    ----------
    case
        The case.
    analyst
        The analyst's name.
    outcome
        What came of it: a diagnosis, or a failure, which is wrong in every respect.
    incident
        The copy that the analyst was shown, in which quotes are looked up again.
    usage
        What it cost.

    Raises
    ------
    LogError
        Where the log can't be read.
    """
    label = case.label
    unanswered = Grade(
        case.name,
        analyst,
        label.status[0],
        label.category[0],
        label.severity[0],
        root_line_cited=False if label.root_line else None,
        keywords=0.0 if label.must_mention else None,
        keywords_anywhere=0.0 if label.must_mention else None,
        false_alarm=False if label.healthy else None,
        usage=usage,
    )
    if isinstance(outcome, Failure):
        return replace(unanswered, failure=f"{outcome.error}: {outcome.message}")
    with closing(Reading.of(incident)) as reading:
        found = [_found(quote, reading) for quote in outcome.evidence]
        cited = _lines_of((quote for quote in found if quote and quote.file == reading.log.name), reading.log)
        return replace(
            unanswered,
            status=outcome.status,
            category=outcome.category,
            severity=outcome.severity,
            root_cause=outcome.root_cause,
            status_right=outcome.status in label.status,
            category_right=outcome.category in label.category,
            severity_right=outcome.severity in label.severity,
            root_line_cited=_shows_root(cited, label.root_line, reading.log) if label.root_line else None,
            keywords=_mentioned(outcome.root_cause, label),
            keywords_anywhere=_mentioned(_all_words(outcome), label),
            evidence=len(found),
            evidence_verified=sum(quote is not None for quote in found) / len(found) if found else None,
            false_alarm=outcome.status != "no_errors_found" if label.healthy else None,
            confidence=outcome.confidence,
        )


def _found(quote: Evidence, reading: Reading) -> Evidence | None:
    """Look a quote up again; None where it is not in its file, or not where it is said to be."""
    try:
        with reading.opened(quote.file) as log:
            found = ground(quote.quote, file=log.name, line=quote.line, log=log)
    except WorkspaceError:
        return None
    return found if found.verified and quote.line in {None, found.line} else None


def _lines_of(quotes: Iterable[Evidence], log: Log) -> set[int]:
    """Give all lines that quotes cover."""
    return {
        line
        for quote in quotes
        if quote.line is not None and quote.byte_end is not None
        for line in range(quote.line, log.line_at(quote.byte_end - 1) + 1)
    }


def _shows_root(cited: set[int], root_lines: tuple[int, ...], log: Log) -> bool:
    """Tell whether a cited line is a root line, or belongs to the same record as one."""
    if cited & set(root_lines):
        return True
    for line in root_lines:
        for record in log.records(max(1, line - _RECORD_LINES), line + _RECORD_LINES):
            if record.first_line <= line <= record.last_line:
                if not cited.isdisjoint(range(record.first_line, record.last_line + 1)):
                    return True
                break
    return False


def _mentioned(text: str, label: Label) -> float | None:
    """Give the share of the label's groups of which a text mentions an alternative."""
    if not label.must_mention:
        return None
    said = text.casefold()
    return sum(any(word.casefold() in said for word in group) for group in label.must_mention) / len(label.must_mention)


def _all_words(diagnosis: Diagnosis) -> str:
    events = (event.event for event in diagnosis.timeline)
    quotes = (quote.quote for quote in diagnosis.evidence)
    return "\n".join((diagnosis.root_cause, diagnosis.recommendation, *events, *quotes))
