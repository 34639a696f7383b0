"""The floor of every table: analysts that understand nothing. One that is not clearly better has learned nothing.

Both guess `high`, the severity that failures mostly have, and never name a category. Their confidence says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.records import Diagnosis, Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logdebug.logs import Line, Log
    from logdebug.records import Incident

__all__ = ["BASELINES", "grep", "tail"]

_TAIL_LINES = 10
_GREP_LINES = 5
_ALARMING = "error|fatal|exception"
_WINDOW_LINES = 20_000
_QUOTE_CHARACTERS = 400


def tail(incident: Incident, log: Log) -> Diagnosis:
    """Take the last line for the cause and the last ten for the evidence, as one does who opens the log at its end.

    Parameters
    ----------
    incident
        Whose log it is.
    log
        Its log, open.
    """
    end = log.line_count
    last = [line for line in log.lines(max(1, end - 2 * _TAIL_LINES), end) if line.text.strip()][-_TAIL_LINES:]
    return _diagnosis(incident, last)


def grep(incident: Incident, log: Log) -> Diagnosis:
    """Take the last line with `error`, `fatal` or `exception` for the cause, and the last five for the evidence.

    Parameters
    ----------
    incident
        Whose log it is.
    log
        Its log, open; it is read from its end.
    """
    found: list[Line] = []
    last = log.line_count
    while last > 0 and len(found) < _GREP_LINES:
        first = max(1, last - _WINDOW_LINES + 1)
        window = log.search(_ALARMING, ignore_case=True, first_line=first, last_line=last, limit=_WINDOW_LINES)
        found = [match.line for match in window.matches[-_GREP_LINES:]] + found
        last = first - 1
    return _diagnosis(incident, found[-_GREP_LINES:])


BASELINES: dict[str, Callable[[Incident, Log], Diagnosis]] = {"tail": tail, "grep": grep}
"""The baselines by the names under which they are evaluated."""


def _diagnosis(incident: Incident, lines: Sequence[Line]) -> Diagnosis:
    """Make a diagnosis of lines, the last of which is taken for the cause; with no line, nothing failed."""
    return Diagnosis(
        service=incident.service,
        working_dir=str(incident.working_dir),
        log_file=incident.log_file,
        status="diagnosed" if lines else "no_errors_found",
        root_cause=lines[-1].text.strip() if lines else "No line looks like an error.",
        category="unknown",
        severity="high" if lines else "low",
        confidence=0.5,
        evidence=tuple(
            Evidence(_cut(line.text), incident.log_file, line.number, line.byte_start, line.byte_end, verified=True)
            for line in lines
        ),
        grounded=bool(lines),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _QUOTE_CHARACTERS else f"{text[:_QUOTE_CHARACTERS]}…"
