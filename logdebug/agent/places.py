"""Which line of a record says what failed: the innermost exception, the most specific words, or what stands below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import re2

from logdebug.logs.fields import level_of
from logdebug.logs.templates import alarm_of
from logdebug.logs.traces import root_of_trace

if TYPE_CHECKING:
    from logdebug.logs import Signature, SignatureSet

__all__ = ["WRAPPERS", "best_line", "failures_in", "shows_source", "told_below"]

WRAPPERS = ("uwsgi-no-app", "asgi-wsgi-start", "tomcat-start", "elixir-erlang", "erlang-badarg")
"""Failures to load or start something, which an exception, or a fatal word, right above them explains."""

# Lines of a record that say what was wrong with what, though no signature knows them.
_TELLING = re2.compile(
    r"(?i)^\s*(E  |(expected|received|actual|got|want|detail|reason|error|problematic frame)\b.*:"
    r"|[A-Z]\w*(?:Error|Exception):$)"
)
_TRACE_TALK = re2.compile(
    r"(raise|throw|return|panic)\b|Traceback |goroutine |called `|at |\.\.\. |During |The above |(Current t|T)hread 0x"
)
_CARET = re2.compile(r"^\s*[\^~]+\s*$")
_SPEAKS = ("Error", "error", "panic", "thread ")
_PYTHON_RAISED = re2.compile(r"^[A-Za-z_][\w.]*(?:: .*)?$")
_MOST_TRACE_LINES = 400
_WRAPPED = 20  # by so much does "could not be loaded" weigh less where an exception stands in the same record
_MOST_BELOW = 80
_MOST_CHARS = 400
_INDENTS = ("", " ", "\t", "}", ")", "]")


def shows_source(lines: list[str]) -> bool:
    """Say whether a record is but a line of source code, with a mark below it, that is shown above the error in it."""
    return len(lines) > 1 and _CARET.match(lines[1]) is not None and not lines[0].startswith(_SPEAKS)


def told_below(lines: list[str], signatures: SignatureSet) -> tuple[int, int]:
    """Give the place of a line below a harmless one that tells of a failure in its own words, and how much it tells."""
    # The first line below a head may be indented: samba and others write nothing of a message beside the head.
    own = [
        place for place, line in enumerate(lines[:_MOST_BELOW]) if place and (place == 1 or line[:1] not in _INDENTS)
    ]
    for place in own:
        alarm = alarm_of(lines[place][:_MOST_CHARS], level_of(lines[place]))
        if alarm >= 2 and all(signature.role != "harmless" for signature in signatures.match(lines[place])):
            # The head of a stack trace is about the line above it.
            return (place - 1 if lines[place].endswith(":") and place - 1 in own else place), alarm
    return 0, 0


def best_line(
    lines: list[str], found: tuple[Signature, ...], signatures: SignatureSet
) -> tuple[int, Signature | None, str]:
    """Give the line that says most, its signature, and the line that says next to most.

    The heaviest signature counts, and the innermost cause of a stack trace before the others.
    """
    failures = failures_in(found)
    if len(lines) == 1:
        return 0, failures[0] if failures else None, ""
    root = _root_of(lines)
    ranked: list[tuple[int, int, Signature]] = []
    for place, line in enumerate(lines[:_MOST_TRACE_LINES] if failures else ()):
        matched = _standing(signatures.match(line))
        if matched:
            wraps = root is not None and matched[0].id in WRAPPERS
            nearness = 10 if place == root else -_WRAPPED if wraps else 0
            ranked.append((-matched[0].weight - nearness, place, matched[0]))
    if not ranked:
        # What spans lines is still a failure; what only harmless lines say is none.
        harmless = any(signature.role == "harmless" for signature in found)
        return root or 0, failures[0] if failures and not harmless else None, ""
    ranked.sort(key=lambda each: each[:2])
    _, place, signature = ranked[0]
    if signature.role == "symptom" and root is not None and root > place:
        place = root  # the line that names the exception says more than the head of its trace
    return place, signature, _told_besides(lines, place, [other for _, other, _ in sorted(ranked, key=lambda r: -r[1])])


def _told_besides(lines: list[str], place: int, known: list[int]) -> str:
    """Give another line of the record that says something about it: what was expected, or what else is known of it."""
    for other in range(place + 1, min(place + 12, len(lines))):
        if _TELLING.match(lines[other]):
            said = lines[other].strip()
            return f"{said} {lines[other + 1].strip()}" if said.endswith(":") and other + 1 < len(lines) else said
    told = (lines[other].strip() for other in known if other)
    return next((line for line in told if line not in lines[place] and not _TRACE_TALK.match(line)), "")


def _root_of(lines: list[str]) -> int | None:
    """Give the place of the line that names the innermost exception, whatever its class is called."""
    root = root_of_trace("\n".join(lines))
    if root is not None:
        return root
    begin = next((place for place, line in enumerate(lines) if line.startswith("Traceback (most recent")), None)
    if begin is None:
        return None
    raised = (
        place
        for place, line in enumerate(lines)
        if place > begin + 1 and lines[place - 1][:1] == " " and _PYTHON_RAISED.match(line)
    )
    return next(raised, None)


def _standing(found: tuple[Signature, ...]) -> list[Signature]:
    """Give the signatures of a line that tell of a failure, unless a heavier one says that the line is harmless."""
    failures = failures_in(found)
    return failures if failures and failures[0] is found[0] else []


def failures_in(found: tuple[Signature, ...]) -> list[Signature]:
    """Give the signatures that tell of a failure, most specific first."""
    return [signature for signature in found if signature.role != "harmless"]
