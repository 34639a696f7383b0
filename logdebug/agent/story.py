"""A conclusion in words: the root cause in a sentence, the timeline, the evidence, what to do."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from logdebug.agent.grounding import ground
from logdebug.agent.statements import REQUEST, frame_of, tidy
from logdebug.logs.fields import strip_ansi
from logdebug.records import TimelineEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from logdebug.agent.cause import Conclusion
    from logdebug.agent.clues import Clue
    from logdebug.agent.survey import Survey
    from logdebug.logs import Log, Record
    from logdebug.records import Evidence

__all__ = ["evidence_of", "recommendation_of", "root_cause_of", "timeline_of"]

_EVENT_CHARS = 170
_MOST_EVENTS = 10
_FEWEST_EVENTS = 3
_QUOTE_CHARS = 400

# What a sentence about the network needs to be of use: a URL, host and port, or an address.
_ADDRESS = re.compile(
    r"https?://[^\s\"'<>,)]+|\b[a-z][\w-]*(?:\.[a-z][\w-]*)+:\d{2,5}\b|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5})?\b"
    r"|\b(?:localhost|[a-z][a-z0-9-]+):\d{4,5}\b"
)
_OBJECT = re.compile(r"[\"'`“][^\"'`”]{2,}[\"'`”]|/\w|\w\.\w{2,4}\b|:\d{2,5}\b|\w\(\)|\b[A-Z]\w+::|=\S")
_BARE_HEAD = re.compile(r"^(?:Traceback \(most recent|Exception in thread|Unhandled|throw |\^|at |\S{0,2}$)")
_BREAK = re.compile(r"[\s,]")
_UPSTREAM = re.compile(
    r"\b(?:upstream|backend|service|dependency|host|target|provider)[ =:\"'/]{1,4}(?:https?://)?"
    r"(?P<name>[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)+)",
    re.IGNORECASE,
)


def root_cause_of(conclusion: Conclusion, survey: Survey, before: Record | None = None) -> str:
    """Say in one sentence what was the cause, with the log's own words for the objects in it.

    Parameters
    ----------
    conclusion, survey
        What was concluded, and from what.
    before
        The record just before the cause, which says what the program was doing; None where there is none.
    """
    cause = conclusion.cause
    if cause is None:
        return _nothing(conclusion, survey)
    if conclusion.status == "inconclusive":
        lead = "The log does not say why it failed; what it shows is that"
        meaning = cause.signature.explanation if cause.signature else "this error stands in it without a reason"
        return f"{lead} {meaning}: {tidy(cause.statement)} (line {cause.line})."
    meaning = cause.signature.explanation if cause.signature else "An error that is not known by a signature"
    parts = [f"{_capital(meaning)}: {tidy(cause.statement)}"]
    if conclusion.detail is not None and not _says(cause.statement, conclusion.detail.statement):
        parts[0] += f"; {tidy(conclusion.detail.statement, 200)}"
    elif cause.also:
        parts[0] += f"; {tidy(cause.also, 200)}"
    where = frame_of(cause.record)
    if where:
        parts.append(f"in {where}")
    doing = _doing(cause, before)
    if doing:
        parts.append(doing)
    if conclusion.category in ("dependency_failure", "network_error") and not _ADDRESS.search(parts[0]):
        address = _address_near(cause, conclusion, (before, survey.last))
        if address:
            parts.append(f"where the log names {address}")
    names = _upstreams(cause, *conclusion.alike, *conclusion.led_to)
    if len(names) > 1 and conclusion.category == "dependency_failure":
        parts.append(f"starting with {names[0]}, then {', '.join(names[1:5])}")
    return ", ".join(parts) + _extent(cause, conclusion.alike) + "."


def _capital(text: str) -> str:
    """Begin a sentence with a capital, unless it begins with a name such as pg_hba.conf."""
    return text[0].upper() + text[1:] if text.split(" ", 1)[0].isalpha() else text


def _says(one: str, other: str) -> bool:
    """Say whether one statement holds the other."""
    return one in other or other in one


def _nothing(conclusion: Conclusion, survey: Survey) -> str:
    if not survey.line_count:
        return "The log is empty, so it does not show what happened."
    text = f"Nothing failed: none of the {survey.line_count:,} lines tells of a failure of the service"
    if conclusion.survived:
        text += f"; what went wrong was dealt with ({_why(conclusion.survived[0])})"
    return text + "."


def _doing(cause: Clue, before: Record | None) -> str:
    """Say what was being done: by the head of the cause's own record, or by the record before it; empty for neither."""
    head = tidy(cause.record.message, 110)
    trouble = cause.record.level != "info"
    if (
        trouble
        and cause.line != cause.record.first_line
        and head
        and not _BARE_HEAD.match(head)
        and head not in cause.statement
    ):
        return f"logged under “{head}”"
    if before is not None and (cause.line != cause.record.first_line or not _OBJECT.search(cause.statement)):
        last = tidy(before.message, 110)
        return f"just after “{last}”" if re.search(r"\w{3}", last) and not _BARE_HEAD.match(last) else ""
    return ""


def _address_near(cause: Clue, conclusion: Conclusion, records: Iterable[Record | None]) -> str:
    """Give an address that the cause's record or the nearest clues name; empty where they name none."""
    near = sorted((*conclusion.led_to, *conclusion.others), key=lambda clue: abs(clue.line - cause.line))
    others = [clue.record for clue in near[:8]]
    for record in (cause.record, *records, *others):
        text = record.text[:4000] if record is not None else ""
        match = None if REQUEST.search(text) else _ADDRESS.search(text)
        if match and ":" in match[0]:
            return match[0]
    return ""


def _extent(cause: Clue, alike: Iterable[Clue]) -> str:
    said = (cause, *alike)
    count, first, last = (
        sum(clue.count for clue in said),
        min(clue.line for clue in said),
        max(clue.last_said for clue in said),
    )
    return f" ({count:,} times, lines {first} to {last})" if count > 1 else f" (line {cause.line})"


def _why(clue: Clue) -> str:
    return f"{tidy(clue.statement, 90)}: {clue.survived}"


def _upstreams(*clues: Clue) -> list[str]:
    """Give the services that the clues name as failed, in the order in which they failed."""
    names: list[str] = []
    for clue in sorted(clues, key=lambda clue: clue.first_line):
        for match in _UPSTREAM.finditer(clue.statement):
            if match["name"] not in names:
                names.append(match["name"])
    return names


def timeline_of(conclusion: Conclusion, survey: Survey, before: Record | None = None) -> tuple[TimelineEvent, ...]:
    """Tell the story in three to ten events: what went on before, the cause, what followed, how it ended.

    Where that makes fewer than three: also how the log begins, what was survived and what was considered.
    """
    # What was ruled out is no part of the story where there is one: it would make another incident's beginning of it.
    story = chain(_told_of_cause(conclusion), _told_of_frame(survey, before), _told_of_detail(conclusion))
    events: dict[int, TimelineEvent] = {}
    for line, time, text in story:
        if len(events) < _MOST_EVENTS:
            events.setdefault(line, TimelineEvent(time, text, line))
    for line, time, text in chain(
        _told_of_beginning(survey), _told_of_survived(conclusion), _told_of_others(conclusion)
    ):
        if len(events) < _FEWEST_EVENTS:
            events.setdefault(line, TimelineEvent(time, text, line))
    return tuple(events[line] for line in sorted(events))


def _told_of_cause(conclusion: Conclusion) -> Iterator[tuple[int, datetime | None, str]]:
    """Tell of the cause and what it led to, the more important first."""
    cause = conclusion.cause
    if cause is None:
        return
    label = "Cause" if conclusion.status == "diagnosed" else "What is seen first"
    yield cause.line, cause.time, f"{label}: {tidy(cause.statement, _EVENT_CHARS)}"
    for clue in _chapters(conclusion.led_to)[:3]:
        yield clue.line, clue.time, f"Followed by: {tidy(clue.statement, _EVENT_CHARS)}{_often(clue)}"
    if cause.count > 1:
        yield cause.last_said, cause.last_time, f"The same for the last of {cause.count:,} times."


def _told_of_survived(conclusion: Conclusion) -> Iterator[tuple[int, datetime | None, str]]:
    """Tell of what was dealt with and is therefore ruled out."""
    for clue in conclusion.survived[:2]:
        yield clue.line, clue.time, f"Ruled out as cause ({clue.survived}): {tidy(clue.statement, _EVENT_CHARS)}"


def _told_of_frame(survey: Survey, before: Record | None) -> Iterator[tuple[int, datetime | None, str]]:
    """Tell what was going on before, and how the log ends."""
    if before is not None and re.search(r"\w{3}", before.message):
        yield before.first_line, before.timestamp, f"Just before: {tidy(before.message, _EVENT_CHARS)}"
    yield from _told_of_end(survey.last, "The log ends")


def _told_of_beginning(survey: Survey) -> Iterator[tuple[int, datetime | None, str]]:
    yield from _told_of_end(survey.first, "The log begins")


def _told_of_end(record: Record | None, label: str) -> Iterator[tuple[int, datetime | None, str]]:
    if record is not None:
        said = next((text for text in (record.message, *record.text.split("\n")) if text.strip()), "")
        yield record.first_line, record.timestamp, f"{label}: {tidy(said, _EVENT_CHARS)}"


def _told_of_detail(conclusion: Conclusion) -> Iterator[tuple[int, datetime | None, str]]:
    """Tell of what else is stated about the cause."""
    detail = conclusion.detail
    if detail is not None:
        yield detail.line, detail.time, f"Also: {tidy(detail.statement, _EVENT_CHARS)}"


def _told_of_others(conclusion: Conclusion) -> Iterator[tuple[int, datetime | None, str]]:
    """Tell of what was considered besides the cause."""
    for clue in conclusion.others[:2]:
        yield clue.line, clue.time, f"Considered, but less likely the cause: {tidy(clue.statement, _EVENT_CHARS)}"


def _chapters(clues: Iterable[Clue]) -> list[Clue]:
    """Give one clue per signature, and of unknown errors the first ones."""
    told: set[str] = set()
    chapters = []
    for clue in clues:
        name = clue.signature.id if clue.signature else f"?{min(len(told), 3)}"
        if name not in told:
            told.add(name)
            chapters.append(clue)
    return chapters


def _often(clue: Clue) -> str:
    return f" ({clue.count:,} times until line {clue.last_line})" if clue.count > 1 else ""


def recommendation_of(conclusion: Conclusion) -> str:
    """Say what to do about it, and what need not be looked at."""
    cause = conclusion.cause
    if cause is None:
        return (
            "Nothing to do." if conclusion.status == "no_errors_found" else "Find the log that the service writes to."
        )
    if cause.signature is not None:
        text = cause.signature.recommendation
    else:
        text = (
            f"Look up what the program means by this error (line {cause.line}), and at what it was doing just before."
        )
    if conclusion.status == "inconclusive":
        text += " Collect what the log lacks: the kernel's log, the supervisor's log, a more verbose log level."
    ruled = (*conclusion.survived, *conclusion.others)[:2]
    if ruled:
        text += (
            " Ruled out: "
            + "; ".join(
                f"line {clue.line} ({tidy(clue.statement, 70)}) {clue.survived or 'does not explain the failure'}"
                for clue in ruled
            )
            + "."
        )
    return text


def evidence_of(conclusion: Conclusion, file: str, log: Log) -> tuple[Evidence, ...]:
    """Quote the lines that carry the conclusion: the cause where it is first and last stated, and what it led to."""
    cause = conclusion.cause
    if cause is None:
        return ()
    places = {cause.line: cause.statement}
    if cause.record.first_line != cause.line and cause.record.level != "info":
        places.setdefault(cause.record.first_line, cause.record.message)
    if conclusion.detail is not None:
        places.setdefault(conclusion.detail.line, conclusion.detail.statement)
    for clue in _chapters(conclusion.led_to)[:3]:
        places.setdefault(clue.line, clue.statement)
    if cause.count > 1:
        places.setdefault(cause.last_said, cause.statement)
    quotes = (_quote(number, about, file, log) for number, about in places.items())
    return tuple(quote for quote in quotes if quote is not None)


def _quote(number: int, about: str, file: str, log: Log) -> Evidence | None:
    """Quote a line, looked up in the log like any other quote; None where it has no words."""
    lines = log.lines(number, number)
    text = strip_ansi(lines[0].text).strip() if lines else ""
    if not re.search(r"\w", text):
        return None
    return ground(_excerpt(text, about), file=file, line=number, log=log)


def _excerpt(text: str, about: str) -> str:
    """Cut a long line to what it says about the matter, between words where it has any, else with a mark."""
    if len(text) <= _QUOTE_CHARS:
        return text
    start = max(text.find(about[:24]) - _QUOTE_CHARS // 4, 0)
    end = min(start + _QUOTE_CHARS, len(text))
    head = _BREAK.search(text, start, start + _QUOTE_CHARS // 4) if start else None
    tail = text.rfind(" ", end - _QUOTE_CHARS // 4, end) if end < len(text) else -1
    tail = max(tail, text.rfind(",", end - _QUOTE_CHARS // 4, end)) if end < len(text) else -1
    before = "…" if start and not head else ""
    after = "…" if end < len(text) and tail < 0 else ""
    return before + text[head.end() if head else start : tail if tail >= 0 else end].strip() + after
