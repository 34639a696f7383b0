"""A diagnosis without the secrets that the lines it rests on hold: what the embedded analyst found, as it is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from logdebug.agent.offline import diagnose
from logdebug.errors import LogError, LogInterrupted, WorkspaceError

if TYPE_CHECKING:
    from logdebug.agent.reading import Reading
    from logdebug.records import Diagnosis, Incident

__all__ = ["analysed", "concealed"]


def analysed(incident: Incident, reading: Reading) -> Diagnosis:
    """Give what the embedded analyst finds, without secrets.

    Raises
    ------
    LogError
        Where the log can't be read.
    """
    return concealed(diagnose(incident, reading.log), reading)


def concealed(found: Diagnosis, reading: Reading) -> Diagnosis:
    """Replace the secrets in a diagnosis's texts by placeholders, also those of which a cut has left a part.

    The lines that it names are read whole first: by them it is known what the texts may hold a part of.
    """
    redactor = reading.redactor
    if not redactor.is_on:
        return found
    places = {(quote.file, quote.line) for quote in found.evidence} | {("", event.line) for event in found.timeline}
    read: set[tuple[str, int]] = set()
    for file, line in sorted((file, line) for file, line in places if line is not None):
        of_log = "" if file == reading.log.name else file, line
        if of_log in read:
            continue  # an event is often told of the line that is quoted
        read.add(of_log)
        try:
            with reading.opened(file) as log:
                reading.veiled(log).lines(max(1, line - 1), line + 1)
        except LogInterrupted:
            raise
        except (LogError, WorkspaceError):
            continue  # what can't be read now has been read whole by nobody

    def mask(text: str) -> str:
        return redactor.mask(text, is_cut=True)

    return replace(
        found,
        root_cause=mask(found.root_cause),
        recommendation=mask(found.recommendation),
        timeline=tuple(replace(event, event=mask(event.event)) for event in found.timeline),
        evidence=tuple(replace(quote, quote=mask(quote.quote)) for quote in found.evidence),
        suspicions=tuple(replace(each, words=mask(each.words)) for each in found.suspicions),
    )
