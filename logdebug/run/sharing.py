"""Sharing a diagnosis with an incident whose log tells of the same failure: every quote is that log's own.

What a model said of one log is looked for in the other: a quote as it is, or the line there that says the same with
other times, addresses and numbers. What isn't found is not verified, as with any quote.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import re2

from logdebug.agent.absences import search_for
from logdebug.agent.grounding import ground
from logdebug.errors import LogError, WorkspaceError
from logdebug.logs.fields import message_of, parse_timestamp
from logdebug.logs.templates import masked
from logdebug.records import Evidence, TimelineEvent, Usage

if TYPE_CHECKING:
    from logdebug.agent.reading import Reading
    from logdebug.logs import Log
    from logdebug.records import Absence, Diagnosis, Incident

__all__ = ["shared"]

_MOST_QUOTED_LINES = 40
_MOST_LINE = 2_000
_LEAST_LETTERS = 6


def shared(diagnosis: Diagnosis, theirs: Reading, incident: Incident, ours: Reading) -> Diagnosis:
    """Give the diagnosis of an incident by that of another, whose log tells of the same failure.

    Parameters
    ----------
    diagnosis
        What was found out about the other incident.
    theirs
        The other incident's directory and log, open.
    incident
        The incident that was not asked about.
    ours
        Its directory and log, open.

    Returns
    -------
    Diagnosis
        `shared_from` names the other's service. Its quotes and the lines of its timeline are those of its own log;
        without one that is found there it isn't `diagnosed`. It cost nothing.
    """
    twin = _Twin(theirs.log, ours.log)
    evidence = tuple(_evidence(quote, diagnosis, twin, ours) for quote in diagnosis.evidence)
    grounded = any(quote.verified for quote in evidence)
    status = "inconclusive" if diagnosis.status == "diagnosed" and not grounded else diagnosis.status
    return replace(
        diagnosis,
        service=incident.service,
        working_dir=str(incident.working_dir),
        log_file=incident.log_file,
        status=status,
        timeline=tuple(twin.event(event) for event in diagnosis.timeline),
        evidence=evidence,
        grounded=grounded,
        usage=Usage(cost_usd=0.0),
        log_sha256=ours.log.sha256,
        absences=tuple(_absences(diagnosis, theirs.log, ours.log)),
        shared_from=diagnosis.service,
    )


class _Twin:
    """Finds in our log the lines that say what lines of their log say."""

    def __init__(self, theirs: Log, ours: Log) -> None:
        self.theirs = theirs
        self.ours = ours
        self.known: dict[int, int | None] = {}

    def line(self, number: int) -> int | None:
        """Give the first line of our log that says what a line of theirs does; None where none does."""
        if number not in self.known:
            self.known[number] = self._search(number)
        return self.known[number]

    def quote(self, quote: Evidence) -> tuple[str, int] | None:
        """Give the lines of our log that say what a quote of theirs does, and where they begin; None for none."""
        first = self.line(quote.line) if quote.line is not None else None
        if quote.line is None or first is None:
            return None
        count = min(len(quote.quote.strip().splitlines()), _MOST_QUOTED_LINES)
        pairs = zip(
            self.ours.lines(first, first + count - 1),
            self.theirs.lines(quote.line, quote.line + count - 1),
            strict=False,
        )
        same = []
        for our, their in pairs:
            if _said(our.text) != _said(their.text):
                break
            same.append(our.text[:_MOST_LINE])
        return ("\n".join(same), first) if same else None

    def event(self, event: TimelineEvent) -> TimelineEvent:
        """Give an event with the line and the time that it has in our log; with neither where it isn't there."""
        number = self.line(event.line) if event.line is not None else None
        if number is None:
            return TimelineEvent(None, event.event)
        text = self.ours.lines(number, number)[0].text
        return TimelineEvent(parse_timestamp(text, reference=self.ours.modified), event.event, number)

    def _search(self, number: int) -> int | None:
        found = self.theirs.lines(number, number)
        said = _said(found[0].text) if found else ""
        if sum(map(str.isalpha, said.replace("<*>", ""))) < _LEAST_LETTERS:
            return None  # a line of numbers alone is like any other
        pattern = ".*".join(re2.escape(part) for part in said.split("<*>"))
        for match in self.ours.search(pattern, limit=20).matches:
            if _said(match.line.text) == said:
                return match.line.number
        return None


def _said(text: str) -> str:
    """Give what a line says, without when and with its variables masked."""
    return re.sub(r"\s+", " ", masked(message_of(text[:_MOST_LINE]))).strip()


def _evidence(quote: Evidence, diagnosis: Diagnosis, twin: _Twin, ours: Reading) -> Evidence:
    """Look a quote up in our files: as it is, or in the words of our own log."""
    in_log = quote.file == diagnosis.log_file
    try:
        with ours.opened(None if in_log else quote.file) as log:
            literal = ground(quote.quote, file=log.name, line=None, log=log)
            if literal.verified or not in_log:
                return literal
        own = twin.quote(quote)
        if own is not None:
            return ground(own[0], file=ours.log.name, line=own[1], log=ours.log)
    except (LogError, WorkspaceError):
        pass  # as with a model's quote, what can't be read was not found
    return Evidence(quote.quote, ours.log.name if in_log else quote.file)


def _absences(diagnosis: Diagnosis, theirs: Log, ours: Log) -> list[Absence]:
    """Search our own log for what is said not to have occurred in the whole of theirs; lines of theirs mean nothing."""
    return [
        search_for(replace(absence, first_line=None, last_line=None), ours)
        for absence in diagnosis.absences
        if absence.file == diagnosis.log_file
        and (absence.first_line or 1) == 1
        and (absence.last_line or theirs.line_count) >= theirs.line_count
    ]
