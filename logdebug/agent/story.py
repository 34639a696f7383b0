"""A conclusion told: the timeline, the evidence, and what to do."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from logdebug.agent.clues import REQUEST_FAILED
from logdebug.agent.grounding import ground
from logdebug.agent.statements import tidy
from logdebug.agent.surroundings import NOTHING_AROUND
from logdebug.logs.fields import strip_ansi
from logdebug.records import TimelineEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from logdebug.agent.cause import Conclusion
    from logdebug.agent.clues import Clue
    from logdebug.agent.surroundings import Surroundings
    from logdebug.agent.survey import Survey
    from logdebug.logs import Log, Record
    from logdebug.records import Evidence

__all__ = ["chapters_of", "evidence_of", "recommendation_of", "timeline_of"]

_EVENT_CHARS = 170
_MOST_EVENTS = 10
_FEWEST_EVENTS = 3
_QUOTE_CHARS = 400
_CLEAR_WEIGHT = 60
_BREAK = re.compile(r"[\s,]")


def timeline_of(
    conclusion: Conclusion, survey: Survey, around: Surroundings = NOTHING_AROUND
) -> tuple[TimelineEvent, ...]:
    """Tell the story in three to ten events: what went on before, the cause, what followed, how it ended.

    Where that makes fewer than three: also how the log begins, what was survived and what was considered.
    """
    # What was ruled out is no part of the story where there is one: it would make another incident's beginning of it.
    story = chain(_told_of_cause(conclusion), _told_of_frame(survey, around), _told_of_detail(conclusion))
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
    for clue in chapters_of(conclusion.led_to)[:3]:
        yield clue.line, clue.time, f"Followed by: {tidy(clue.statement, _EVENT_CHARS)}{_often(clue)}"
    if cause.count > 1:
        yield cause.last_said, cause.last_time, f"The same for the last of {cause.count:,} times."


def _told_of_survived(conclusion: Conclusion) -> Iterator[tuple[int, datetime | None, str]]:
    """Tell of what was dealt with and is therefore ruled out."""
    for clue in conclusion.survived[:2]:
        yield clue.line, clue.time, f"Ruled out as cause ({clue.survived}): {tidy(clue.statement, _EVENT_CHARS)}"


def _told_of_frame(survey: Survey, around: Surroundings) -> Iterator[tuple[int, datetime | None, str]]:
    """Tell what was going on and how the log ends, not what was changed long before: there the failure didn't begin."""
    before = around.before
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


def chapters_of(clues: Iterable[Clue]) -> list[Clue]:
    """Give one clue per signature, and of unknown errors the first ones; that requests failed tells least."""
    told: set[str] = set()
    chapters = []
    for clue in clues:
        name = clue.signature.id if clue.signature else f"?{min(len(told), 3)}"
        if name not in told:
            told.add(name)
            chapters.append(clue)
    return sorted(chapters, key=lambda clue: clue.signature is not None and clue.signature.id == REQUEST_FAILED)


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


def evidence_of(conclusion: Conclusion, around: Surroundings, file: str, log: Log) -> tuple[Evidence, ...]:
    """Quote the lines that carry the conclusion: the cause where it is first and last stated, and what it led to."""
    cause = conclusion.cause
    if cause is None:
        return ()
    places = {cause.line: cause.statement}
    if cause.record.first_line != cause.line and cause.record.level != "info":
        places.setdefault(cause.record.first_line, cause.record.message)
    if conclusion.detail is not None:
        places.setdefault(conclusion.detail.line, conclusion.detail.statement)
    for clue in chapters_of(conclusion.led_to)[:3]:
        places.setdefault(clue.line, clue.statement)
    if cause.count > 1:
        places.setdefault(cause.last_said, cause.statement)
    if around.change is not None and cause.weight < _CLEAR_WEIGHT:  # what is clear needs no circumstances for evidence
        places.setdefault(around.change.first_line, around.change.message)
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
