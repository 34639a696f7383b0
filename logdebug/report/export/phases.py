"""How an incident went: first sign, first error, stop. From the log where it can still be read, else from the report.

The first error is the earliest quoted line that tells of a failure. The first sign is the earliest line in the half
hour before it that tells of trouble and is of a new kind: one that comes again once the failure has begun, or one that
is less than five minutes older than it. The stop is the first line from the first error on in which a process says
that it ends. Each is a line that anyone can look up; where there is none, there is no moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from logdebug.errors import LogError
from logdebug.logs import level_of, strip_ansi
from logdebug.logs.fields import message_of
from logdebug.logs.templates import alarm_of
from logdebug.report.document import to_utc
from logdebug.report.opening import open_log_of
from logdebug.report.quoting import excerpt_of

if TYPE_CHECKING:
    from datetime import datetime

    from logdebug.logs import Log, Template
    from logdebug.records import Diagnosis

__all__ = ["Moment", "Phases", "phases_of"]

_LONGEST_RUN_UP = timedelta(minutes=30)
_SHORT_RUN_UP = timedelta(minutes=5)
_STARTING_SHARE = 0.05  # the first lines of a log complain about settings, each time a process starts
_ALL_THROUGH = "all through the log"
_FAILURE, _WORST = 3, 5
_RECORD_LINES = 60
_STOPS = (
    r"\b(?:exit(?:ed|ing)?(?: (?:with|on))?(?: (?:exit )?(?:code|status))?[ :=]*-?[1-9]\d*\b|exiting\b|core dumped"
    r"|killed\b|(?:process|worker|container|pod) \S{0,40} ?(?:died|exited|terminated)|panic: |segmentation fault"
    r"|SIG(?:KILL|SEGV|ABRT|TERM)\b|fatal error)"
)
_STOPS_IN_WORDS = re.compile(rf"{_STOPS}|\bcrash|\bstopped\b|\bended\b|\bterminated\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of an incident.

    Parameters
    ----------
    timestamp
        When, in UTC; None where nothing tells.
    line
        The line of the log that shows it, from 1; None where no line does.
    words
        What the line, or the report, says.
    """

    timestamp: datetime | None
    line: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Phases:
    """The moments of an incident, each None where nothing shows it.

    Parameters
    ----------
    first_sign
        When trouble could first have been seen; None where the first error came out of the blue.
    first_error
        When it was first said in an error that is quoted.
    stop
        When a process of the service said that it ends.
    last
        When the failure was last told of.
    log_begins, log_ends
        The times that the log spans; None where it wasn't read, or has none.
    from_log
        Whether the log was read; otherwise all is from the report's timeline, which has no first sign.
    lines, failing_lines
        How many lines the log has, and how many of them tell of a failure from the first error on; 0 where unread.
    statuses
        HTTP statuses from 500 on and how many lines have each, from the first error on or not.
    """

    first_sign: Moment | None = None
    first_error: Moment | None = None
    stop: Moment | None = None
    last: Moment | None = None
    log_begins: datetime | None = None
    log_ends: datetime | None = None
    from_log: bool = False
    lines: int = 0
    failing_lines: int = 0
    statuses: tuple[tuple[int, int], ...] = ()

    @property
    def gap_seconds(self) -> float | None:
        """The detection gap: for how long it could have been seen before it was said in an error."""
        return _between(self.first_sign, self.first_error)

    @property
    def error_to_stop_seconds(self) -> float | None:
        """From the first error to the stop."""
        return _between(self.first_error, self.stop)

    @property
    def span_seconds(self) -> float | None:
        """From the first error to when the failure was last told of: it lasted at least so long."""
        return _between(self.first_error, self.last)


def phases_of(diagnosis: Diagnosis) -> Phases:
    """Find the moments of an incident.

    Parameters
    ----------
    diagnosis
        The incident. Its log is read where it is still there and has the quotes in their places.
    """
    try:
        with open_log_of(diagnosis) as log:
            quoted = _quoted_lines(diagnosis, log)
            if quoted:
                return _from_log(log, quoted)
    except LogError:  # gone, moved, damaged: the report's own timeline has to do
        pass
    return _from_report(diagnosis)


def _quoted_lines(diagnosis: Diagnosis, log: Log) -> list[int]:
    """Give the lines of the log that are quoted, ascending; none where a quote is no longer in its place."""
    lines = []
    for quote in diagnosis.evidence:
        if quote.verified and quote.file == diagnosis.log_file and quote.line and quote.byte_end:
            if excerpt_of(quote, log, around_lines=0) is None:
                return []
            lines.append(quote.line)
    return sorted(lines)


def _from_log(log: Log, quoted: list[int]) -> Phases:
    overview = log.overview()
    texts = [(number, log[number].text) for number in quoted]  # type: ignore[union-attr] # a number gives a line
    told = [number for number, text in texts if _alarm(text) >= _FAILURE]
    error = _at(log, (told or quoted)[0])
    failing = [finding.template for finding in overview.findings if _ALL_THROUGH not in finding.notes]
    worse = [template for template in failing if template.alarm >= _FAILURE and template.last_line >= (error.line or 0)]
    last = max([quoted[-1], *(template.last_line for template in worse)])
    found = log.search(_STOPS, ignore_case=True, limit=1, first_line=error.line or 1)
    activity = [template.count for template in worse if template.first_line >= (error.line or 0)]
    facts = overview.facts
    return Phases(
        first_sign=_first_sign(log, failing, error),
        first_error=error,
        stop=_at(log, found.matches[0].line.number) if found.matches else None,
        last=_at(log, last),
        log_begins=facts.first_time,
        log_ends=facts.last_time,
        from_log=True,
        lines=facts.line_count,
        failing_lines=sum(activity),
        statuses=tuple((status, count) for status, count in facts.statuses if status >= 500),
    )


def _first_sign(log: Log, failing: list[Template], error: Moment) -> Moment | None:
    """Give the earliest line before the first error that tells of the same trouble, as far as its kind shows that."""
    if error.line is None:
        return None
    start = log.line_count * _STARTING_SHARE
    for template in sorted(failing, key=lambda template: template.first_line):
        if not start < template.first_line < error.line:
            continue
        sign = _at(log, template.first_line)
        if sign.timestamp is None or error.timestamp is None:
            continue
        ahead = error.timestamp - sign.timestamp
        comes_again = template.last_line >= error.line
        if timedelta() <= ahead <= (_LONGEST_RUN_UP if comes_again else _SHORT_RUN_UP):
            return sign
    return None


def _at(log: Log, number: int) -> Moment:
    """Give the moment of a line: its own time, or that of the record that it is part of or follows."""
    when, words = None, ""
    for record in log.records(max(1, number - _RECORD_LINES), number):
        when = record.timestamp or when
    for line in log.lines(number, number):
        words = message_of(line.text) or line.text
    return Moment(when, number, words)


def _alarm(text: str) -> int:
    text = strip_ansi(text)
    return alarm_of(text, level_of(text))


def _from_report(diagnosis: Diagnosis) -> Phases:
    """Take what the report's timeline tells: the quoted events are errors, the last event is the last that is known."""
    timed = sorted(
        (event for event in diagnosis.timeline if event.timestamp is not None),
        key=lambda event: to_utc(event.timestamp),  # type: ignore[arg-type] # those without a time are left out
    )
    moments = [Moment(event.timestamp, event.line, event.event) for event in timed]
    quoted = {quote.line for quote in diagnosis.evidence if quote.verified}
    first = next((moment for moment in moments if moment.line in quoted), moments[0] if moments else None)
    after = [moment for moment in moments if first is None or moment.timestamp >= first.timestamp]  # type: ignore[operator]
    stop = next((moment for moment in after if _STOPS_IN_WORDS.search(moment.words)), None)
    return Phases(first_error=first, stop=stop, last=after[-1] if after else None)


def _between(earlier: Moment | None, later: Moment | None) -> float | None:
    if earlier is None or later is None or earlier.timestamp is None or later.timestamp is None:
        return None
    return max((to_utc(later.timestamp) - to_utc(earlier.timestamp)).total_seconds(), 0.0)
