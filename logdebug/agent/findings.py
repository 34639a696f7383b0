"""From an answer to a diagnosis: every quote looked up, every line checked, the incident's own facts put in by code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from logdebug.agent.absences import search_for, unsearched
from logdebug.agent.grounding import ground
from logdebug.errors import LogError, LogInterrupted, WorkspaceError
from logdebug.logs.fields import parse_timestamp
from logdebug.records import Absence, Diagnosis, Evidence, TimelineEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.agent.answers import Answer, AnswerAbsence, AnswerEvent, AnswerQuote
    from logdebug.agent.reading import Reading
    from logdebug.logs import Log
    from logdebug.records import Incident

__all__ = ["diagnosis_of"]


def diagnosis_of(answer: Answer, incident: Incident, reading: Reading) -> Diagnosis:
    """Make a diagnosis of an answer.

    Parameters
    ----------
    answer
        A model's answer, validated.
    incident
        Whose it is: service, directory and log are taken from here, whatever the model says.
    reading
        Where its quotes are looked up.

    Returns
    -------
    Diagnosis
        `diagnosed` only where at least one quote was found; else an answer that claims it becomes `inconclusive`,
        whatever it says did not occur.
    """
    mask = reading.redactor.mask
    evidence = tuple(_evidence(quote, reading) for quote in answer.evidence)
    grounded = any(each.verified for each in evidence)
    return Diagnosis(
        service=incident.service,
        working_dir=str(incident.working_dir),
        log_file=incident.log_file,
        status="inconclusive" if answer.status == "diagnosed" and not grounded else answer.status,
        root_cause=mask(answer.root_cause),
        category=answer.category,
        severity=answer.severity,
        confidence=answer.confidence,
        timeline=_in_order([_event(event, reading) for event in answer.timeline]),
        evidence=evidence,
        recommendation=mask(answer.recommendation),
        grounded=grounded,
        log_sha256=reading.log.sha256,
        absences=tuple(_absence(absence, reading) for absence in answer.absences),
    )


def _evidence(quote: AnswerQuote, reading: Reading) -> Evidence:
    """Look one quote up, in the log or in the file that it names; what is kept of it has placeholders for secrets."""
    shown = reading.redactor.mask(quote.quote)
    try:
        with reading.opened(quote.file) as log:
            literal = reading.veiled(log).restored(quote.quote, near=quote.line)
            found = ground(literal, file=log.name, line=quote.line, log=log)
            if found.verified and not _stand_there(reading.redactor.made_up(quote.quote), found, log):
                return Evidence(quote=shown, file=log.name, line=quote.line)
            return replace(found, quote=shown)
    except LogInterrupted:
        raise
    except (LogError, WorkspaceError):
        return Evidence(quote=shown, file=quote.file or reading.log.name, line=quote.line)


def _stand_there(placeholders: Sequence[str], found: Evidence, log: Log) -> bool:
    """Tell whether placeholders that no secret was given stand in the quoted lines themselves, and for nothing else."""
    if not placeholders or found.line is None:
        return not placeholders
    lines = log.lines(found.line, found.line + found.quote.count("\n"))
    return all(any(each in line.text for line in lines) for each in placeholders)


def _absence(claimed: AnswerAbsence, reading: Reading) -> Absence:
    """Run the search that shows that something did not occur."""
    file = claimed.file or reading.log.name
    mask, pattern = reading.redactor.mask, reading.redactor.restore_pattern(claimed.pattern)
    absence = Absence(mask(claimed.claim), pattern, file, claimed.first_line, claimed.last_line)
    try:
        with reading.opened(claimed.file) as log:
            found = search_for(absence, log)
        return replace(found, pattern=claimed.pattern, problem=mask(found.problem))
    except LogInterrupted:
        raise
    except (LogError, WorkspaceError) as error:
        return unsearched(replace(absence, pattern=claimed.pattern), mask(str(error)))


def _event(event: AnswerEvent, reading: Reading) -> TimelineEvent:
    """Check an event's line; the time that stands on it goes before the one that the model gave."""
    log, said = reading.log, reading.redactor.mask(event.event)
    found = log.lines(event.line, event.line) if event.line is not None else []
    if not found:
        return TimelineEvent(event.timestamp, said)
    time = parse_timestamp(found[0].text, reference=log.written_about(found[0].number))
    return TimelineEvent(time or event.timestamp, said, event.line)


def _in_order(events: list[TimelineEvent]) -> tuple[TimelineEvent, ...]:
    """Sort events by time, oldest first; one without a time stays with the one before it."""
    keyed = []
    time = datetime.min.replace(tzinfo=UTC)
    for event in events:
        time = event.timestamp or time
        keyed.append((time, event))
    return tuple(event for _, event in sorted(keyed, key=lambda pair: pair[0]))
