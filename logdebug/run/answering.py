"""What a tool call is answered with when an incident is gone through again: the recording, else the files as they are.

A call that was made before gets the result that it got. Another one is carried out where the file that it reads is as
it was, by hash; where it isn't, or nobody knows, the agent is told so.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.agent.reading import Reading
from logdebug.agent.sightings import Sightings
from logdebug.agent.steps import ToolUsed
from logdebug.agent.tools import SUBMIT, meaning_of, place_of, run_tool
from logdebug.errors import LogError, WorkspaceError
from logdebug.records import Incident
from logdebug.redaction.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.agent.messages import ToolCall
    from logdebug.logs.signatures import SignatureSet
    from logdebug.redaction.rules import Rule
    from logdebug.run.past import PastSession

__all__ = ["Answering", "read_again"]

_SHOWN = re.compile(r"^(\d+)[|-] (.*)$")
_CUT = re.compile(r" \[cut [\d,]+ characters\]$")
_MOST_LINES = 5_000_000


@dataclass(slots=True)
class Answering:
    """Answers the tool calls of one agent.

    Parameters
    ----------
    session
        What was recorded.
    log_is_same
        Whether the log is as it was.

    Attributes
    ----------
    recorded, carried_out, unanswered
        How many calls were answered from the recording, were carried out on the files, and could not be answered.
    """

    session: PastSession
    log_is_same: bool
    recorded: int = 0
    carried_out: int = 0
    unanswered: int = 0
    _results: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def use(self, call: ToolCall, reading: Reading) -> tuple[str, bool]:
        """Give a call's result, and whether it is an error."""
        if not self._results:
            self._results = _recorded(self.session, reading.log.name)
        known = self._results.get(meaning_of(call, reading.log.name))
        if known is not None:
            self.recorded += 1
            return known
        if why := self._why_not(place_of(call, reading.log.name), reading):
            self.unanswered += 1
            return f"{call.name} can't be answered for this: {why}. Go on with what there is.", True
        self.carried_out += 1
        return run_tool(call, reading)

    def _why_not(self, place: str | None, reading: Reading) -> str:
        """Say why a place can't be read; empty where it can, or where the call reads nothing."""
        if place is None:
            return ""
        if place == reading.log.name:
            return "" if self.log_is_same else "the log has changed since it was recorded, or is gone"
        seen = self.session.seen
        if place not in seen:
            return f"{place} was not looked at when this was recorded, and may have been another then"
        if not Sightings.again({place: seen[place]}, reading.workspace):
            return f"{place} has changed since it was recorded, or is gone"
        return ""


def _recorded(session: PastSession, log: str) -> dict[str, tuple[str, bool]]:
    """Give the results of the calls that were made, by what they ask for."""
    used = [step for step in session.steps if isinstance(step, ToolUsed) and step.call.name != SUBMIT]
    return {meaning_of(step.call, log): (step.result, step.failed) for step in used}


@contextmanager
def read_again(
    incident: Incident, session: PastSession, signatures: SignatureSet, rules: tuple[Rule, ...] | None = None
) -> Iterator[tuple[Reading, bool]]:
    """Open what a session read, for the time of a `with`.

    Secrets are told by `rules`; None: by those that ship. Where the log isn't as it was, a stand-in of what was shown
    of it takes its place: quotes are looked up in that.

    Yields
    ------
    tuple of Reading and bool
        What to read, and whether that is the log as it was.
    """
    found = session.diagnosis
    try:
        reading = Reading.of(incident, signatures=signatures, redactor=Redactor(rules))
    except (WorkspaceError, LogError):
        reading = None
    try:
        if reading is not None and found is not None and reading.log.sha256 == found.log_sha256:
            yield reading, True
            return
    finally:
        if reading is not None:
            reading.close()
    with tempfile.TemporaryDirectory(prefix="logdebug-") as place:
        log = Path(place) / incident.log_file
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(_stand_in(session, incident.log_file), encoding="utf-8", errors="backslashreplace")
        stand_in = Incident(Path(place), incident.log_file, incident.service)
        reading = Reading.of(stand_in, signatures=signatures, redactor=Redactor(rules))
        try:
            yield reading, False
        finally:
            reading.close()


def _stand_in(session: PastSession, log: str) -> str:
    """Give the log's lines that were shown or quoted, each in its place, and nothing in the others."""
    lines: dict[int, str] = {}
    for step in session.steps:
        if isinstance(step, ToolUsed) and not step.failed and place_of(step.call, log) == log:
            shown = filter(None, map(_SHOWN.match, step.result.split("\n")))
            lines |= {int(row[1]): _CUT.sub("", row[2]) for row in shown}
    quotes = session.diagnosis.evidence if session.diagnosis else ()
    for quote in quotes:
        if quote.verified and quote.line and quote.file == log:
            for further, text in enumerate(quote.quote.split("\n")):
                lines.setdefault(quote.line + further, text)
    last = min(max(lines, default=0), _MOST_LINES)
    return "".join(f"{lines.get(number, '')}\n" for number in range(1, last + 1))
