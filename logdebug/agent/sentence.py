"""The root cause in one sentence, plain words first, then the log's own words; then what stands around it.

That is what was changed before, what was going on just before, and what came of it: each in the log's words.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from logdebug.agent.clues import MENTIONED, Clue
from logdebug.agent.statements import REQUEST, frame_of, objects_of, rest_of, tidy
from logdebug.agent.story import chapters_of
from logdebug.agent.surroundings import NOTHING_AROUND
from logdebug.logs import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logdebug.agent.cause import Conclusion
    from logdebug.agent.surroundings import Surroundings
    from logdebug.agent.survey import Survey
    from logdebug.records import Category

__all__ = ["root_cause_of"]

# What a sentence about the network needs to be of use: a URL, host and port, or an address.
_ADDRESS = re.compile(
    r"https?://[^\s\"'<>,)]+|\b[a-z][\w-]*(?:\.[a-z][\w-]*)+:\d{2,5}\b|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5})?\b"
    r"|\b(?:localhost|[a-z][a-z0-9-]+):\d{4,5}\b"
)
_BARE_HEAD = re.compile(r"^(?:File \"|Traceback \(most recent|Exception in thread|Unhandled|throw |\^|at |\S{0,2}$)")
_WORD = re.compile(r"[A-Za-z][\w.-]{3,}|\d{2,}")
_BEGUN = re.compile(
    r"(?:[\w.-]+(?:\[\d+\])?[:|] ?|[\w.-]+ \| |\[[\w-]+\] |[\w.]*[-.][\w.-]+ )*(?!warning|missing)"
    r"[a-z]{3,}ing\b (?!up\b|on\b|\w*$).*[\d/=:\"'@_-]",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"\b(?:STATEMENT|ANWEISUNG|INSTRUCTION|SENTENCIA) ?: +(?P<said>\S[^\n]*)")
_NUMBERED = re.compile(
    r"\b(?:GET|POST|PUT|request|order|row|frame|job|task|batch|quote|item|page|file|message|record|chunk|event|queue)s?\b"
    r"[ =:#/]*\S*\d",
    re.IGNORECASE,
)
_SUDDEN = ("crash", "application_bug", "data_corruption")
_SENTENCE_CHARS = 400
_STATEMENT_CHARS = 230
_LEAST_DETAIL_CHARS = 50
_MOST_OBJECTS = 4
_WHOLE_CHARS, _CONTEXT_CHARS = 700, 140
# What an error that no signature knows is about, by the category that its words point at.
_PLAIN: dict[Category, str] = {
    "crash": "the process died",
    "oom": "memory ran out",
    "dependency_failure": "something that the service depends on failed it",
    "config_error": "a setting seems to be wrong or missing",
    "timeout": "something took longer than its time limit",
    "permission_denied": "something was not permitted",
    "disk_full": "storage is full",
    "network_error": "the network failed",
    "application_bug": "the program ran into an error that it does not handle",
    "data_corruption": "data is not as it should be",
    "unknown": "it failed with an error that names no cause",
}
_UPSTREAM = re.compile(
    r"\b(?:upstream|backend|service|dependency|host|target|provider)[ =:\"'/]{1,4}(?:https?://)?"
    r"(?P<name>[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)+)",
    re.IGNORECASE,
)


def root_cause_of(conclusion: Conclusion, survey: Survey, around: Surroundings = NOTHING_AROUND) -> str:
    """Say in one sentence what was the cause, with the log's own words for the objects in it; what is around, after it.

    Parameters
    ----------
    conclusion, survey
        What was concluded, and from what.
    around
        What stands around the cause; the records right after it, in which a database says which statement it was about.
    """
    if conclusion.cause is None:
        return _nothing(conclusion, survey)
    text = _told(conclusion, survey, conclusion.cause, around)
    for place, said in _context(conclusion, around):
        part = f" {place}: “{tidy(said.message if isinstance(said, Record) else said.statement, _CONTEXT_CHARS)}”"
        part += f" (line {said.line if isinstance(said, Clue) else said.first_line})."
        if len(text) + len(part) <= _WHOLE_CHARS and _is_news(part, text):
            text += part
    return text


def _told(conclusion: Conclusion, survey: Survey, cause: Clue, around: Surroundings) -> str:
    """Say what the cause was, in one sentence."""
    extent = _extent(cause, conclusion.alike) + "."
    if conclusion.status == "inconclusive":
        lead = "The log does not say why it failed; what it shows is that"
        meaning = cause.signature.explanation if cause.signature else "this error stands in it without a reason"
        text = f"{lead} {meaning}: "
        return text + tidy(cause.statement, _SENTENCE_CHARS - len(text) - len(extent)) + extent
    text = _capital(cause.signature.explanation if cause.signature else _PLAIN[conclusion.category]) + ": "
    room = _SENTENCE_CHARS - len(extent)
    text += tidy(cause.statement, min(_STATEMENT_CHARS, room - len(text)))
    about = next((match["said"] for record in around.after if (match := _ABOUT.search(record.text))), "")
    additions = chain(
        [f", in the statement “{tidy(about, 110)}”"] if about else [],
        _additions(conclusion, survey, around.before, text),
    )
    for part in additions:
        if len(text) + len(part) <= room:
            text += part
    return text + _details(conclusion, text, room - len(text)) + extent


def _context(conclusion: Conclusion, around: Surroundings) -> Iterator[tuple[str, Record | Clue]]:
    """Give what stands around the cause, the more telling first."""
    if around.change is not None:
        yield "Changed before", around.change
    came = chapters_of(conclusion.led_to)
    if came:
        yield "Then", came[0]
    if around.before is not None and around.before.message and not REQUEST.search(around.before.text):
        yield "Just before", around.before
    if len(came) > 1:
        yield "Then", came[-1]


def _is_news(part: str, text: str) -> bool:
    """Say whether a part says something that the text doesn't."""
    known = text.lower()
    said = part.partition("“")[2].rpartition("”")[0]
    return " " in said and any(word.lower() not in known for word in _WORD.findall(said))


def _additions(conclusion: Conclusion, survey: Survey, before: Record | None, text: str) -> Iterator[str]:
    """Say what else belongs in the sentence, the more important first: where, at which address, on what."""
    cause = conclusion.cause
    if cause is None:
        return
    where = frame_of(cause.record)
    if where:
        yield f", in {where}"
    if conclusion.category in ("dependency_failure", "network_error") and not _ADDRESS.search(text):
        address = _address_near(cause, conclusion, (before, survey.last))
        if address:
            yield f", where the log names {address}"
    names = _upstreams(cause, *conclusion.alike, *conclusion.led_to)
    if len(names) > 1 and conclusion.category == "dependency_failure":
        yield f", starting with {names[0]}, then {', '.join(names[1:5])}"
    objects = [each for each in objects_of(cause.record) if each.partition("=")[2] not in text][:_MOST_OBJECTS]
    if objects:
        yield f", with {', '.join(objects)}"
    doing = _doing(cause, before, text)
    if doing:
        yield f", {doing}"


def _details(conclusion: Conclusion, text: str, room: int) -> str:
    """Give other statements about the cause that say something new, as far as there is room."""
    cause, detail, known = conclusion.cause, conclusion.detail, text.lower()
    below = rest_of(cause.record, cause.line) if cause else ""
    told = ""
    for said in (below, cause.also if cause else "", detail.statement if detail else ""):
        words = set(_WORD.findall(said))
        news = [word for word in words if word.lower() not in known]
        if room - len(told) >= _LEAST_DETAIL_CHARS and len(news) >= max(2, len(words) // 2):
            told += f"; {tidy(said, min(room - len(told) - 2, _CONTEXT_CHARS))}"
            known += told.lower()
    return told


def _capital(text: str) -> str:
    """Begin a sentence with a capital, unless it begins with a name such as pg_hba.conf."""
    return text[0].upper() + text[1:] if text.split(" ", 1)[0].isalpha() else text


def _nothing(conclusion: Conclusion, survey: Survey) -> str:
    if not survey.line_count:
        return "The log is empty, so it does not show what happened."
    text = f"Nothing failed: none of the {survey.line_count:,} lines tells of a failure of the service"
    dealt_with = [clue for clue in conclusion.survived if clue.survived != MENTIONED]
    if dealt_with:
        text += f"; what went wrong was dealt with ({_why(dealt_with[0])})"
    return text + "."


def _doing(cause: Clue, before: Record | None, text: str) -> str:
    """Say what was being done: by the head of the cause's own record, or by the record before it; empty for neither."""
    head = tidy(cause.record.message, 110)
    below = cause.line != cause.record.first_line
    if cause.record.level != "info" and below and head and not _BARE_HEAD.match(head) and head not in text:
        return f"logged under “{head}”"
    if before is None or before.level in ("error", "fatal", "warning"):
        return ""
    last = tidy(before.message, 110)
    # What the program had just begun, or what a crash interrupted, tells where to look; any other last words don't.
    sudden = cause.signature is not None and cause.signature.category in _SUDDEN and not frame_of(cause.record)
    telling = _BEGUN.match(last) or (sudden and _NUMBERED.search(last))
    if not telling or _BARE_HEAD.match(last) or last in text:
        return ""
    return f"just after “{last}”"


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
