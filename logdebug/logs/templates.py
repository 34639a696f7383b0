"""Message templates: lines that differ only in their variables are one, with its count, first and last line, alarm."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import re2

from logdebug.logs.fields import Level, http_status_of, level_of, message_of, strip_ansi
from logdebug.logs.traces import is_continuation

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Template", "alarm_of", "masked", "said_by", "template_of", "trouble_at"]

_LONGEST_LINE = 2000

_BREAK = r"\s=:,;()\[\]{}\"'<>|"
_DAY = (
    # a month, or a weekday and a month, of a timestamp
    r"(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ /-](?= ?\d)"
)
_WHERE = (
    # URL, mail address
    r"|\b[a-z][a-z0-9+]{1,9}://[^\s\"'<>]+|[\w.+-]+@[\w-]+\.[\w.-]+"
    # path
    r"|(?<![\w.])~?(?:/[\w.@%+~:-]+){2,}/?"
)
_NUMBER = (
    # UUID, hexadecimal without any digit in it
    r"|\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b|\b(?:0x)?[0-9a-f]{8,}\b"
    # anything that holds a digit, with what is joined to it by colons (addresses, times)
    rf"|(?<![^{_BREAK}])[^{_BREAK}\d]*\d[^{_BREAK}]*(?::\d[^{_BREAK}]*)*"
)
_VARIABLE, _DAY_OR_NUMBER = re.compile(_DAY + _WHERE + _NUMBER), re.compile(_DAY + _NUMBER)
_RUN = re.compile(r"<\*>(?:[ ,:/.-]{1,2}<\*>)+")

# What words tell of trouble where no level does: 3 the failure itself, 2 something that went wrong, 1 worth a look.
_NAMED = re.compile(
    r"(?<![\w-])(?:(?P<three>segfault|segmentation fault|core dumped|out of memory|oom[- ]?kill\w*|kernel panic"
    r"|no space left|panic(?:ked|s)?|fatal|exception|traceback|uncaught|unhandled|deadlock|corrupt(?:ed|ion)?"
    r"|read-only file ?system|stack overflow|undefined reference|unrecoverable|(?:exit(?:ed)?|terminated|killed)"
    r" (?:by|on|with|due to)? ?signal|exit signal|enospc|econn\w+|etimedout|ehostunreach|enotfound|emfile|eacces"
    r"|(?-i:\w+(?:Error|Exception)))"
    r"|(?P<two>errors?|err|fail(?:s|ed|ure|ures|ing)?|cannot|can't|can not|could ?n[o']t|unable to|refused|denied"
    r"|timed[ -]?out|timeout|abort(?:ed|ing)?|killed|crash(?:ed|es)?|invalid|rejected|unreachable|lost|violation"
    r"|not found|no such|missing|broken|bad|unknown|unexpected|exceeded|exhausted|insufficient|forbidden"
    r"|unavailable|expired|illegal|misconfigured|unauthori[sz]ed|too many|too large|mismatch|overflow|dropped"
    r"|not (?:permitted|allowed|supported|valid|numeric|responding|reachable|recogni[sz]ed|readable|writable)|malformed"
    r"|unreadable|unsupported|unrecogni[sz]ed|undefined|undeliverable|truncated|incompatible|inconsistent"
    r"|died|dead|reset by peer|in use|fehler|fehlgeschlagen|nicht|kein|erreur|impossible|refus[eé]e?)"
    r"|(?P<one>retry(?:ing)?|retries|warn(?:ing)?|slow|degraded|skipp(?:ed|ing)|terminat(?:ed|ing)|unhealthy"
    r"|backoff|back-off|shutting down|restart(?:ed|ing)?|evicted|stopp(?:ed|ing)|reject|disconnect(?:ed)?))"
    r"(?![\w-]|\.\w|=0\b|(?: [a-z]+){1,2}[:=] ?0(?![\w.])"
    r"|[\"']?[:=] ?[\"']?(?:(?:0|none|null|false)\b|(?:no|ok)\b(?! [a-z])))",
    re.IGNORECASE,
)
# The same words for an engine that is fast at finding that there are none of them.
_ANY_NAMED = re2.compile(
    "(?i)" + re.sub(r"\(\?P<\w+>", "(?:", _NAMED.pattern.removeprefix(r"(?<![\w-])").rpartition(r"(?![\w-]")[0])
)
_DENIED = re.compile(
    r"(?:\b(?:no|0|zero|without(?: any)?|ignor\w+|not an?|if|on|any|never|handle|last) |[\"'/]$)$", re.IGNORECASE
)
_OF_LEVEL = {"fatal": 5, "error": 4, "warning": 2, "info": 0, "debug": 0, "trace": 0, None: 0}


@dataclass(frozen=True, slots=True)
class Template:
    """What a group of lines has in common.

    Parameters
    ----------
    count
        How many lines.
    first_line, last_line
        The first and the last of them, from 1.
    level
        Their level, as the first one states it.
    example
        The first line, cut at some hundred characters.
    alarm
        How much it tells of a failure, from 0 (nothing) to 5 (fatal): by its level or, failing that, its words.
    detail
        Whether it is a line that goes on with another (a frame of a stack trace).
    status
        The HTTP status it carries, from 400 on; None where it carries none.
    variables
        Words of the first line that are variables though nothing in them shows it, such as names of users.
    """

    count: int
    first_line: int
    last_line: int
    level: Level | None
    example: str
    alarm: int = 0
    detail: bool = False
    status: int | None = None
    variables: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """The message with its variables as `<*>`."""
        pattern = masked(message_of(self.example))
        for word in self.variables:
            pattern = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "<*>", pattern)
        return _RUN.sub("<*>", pattern) if self.variables else pattern


def masked(text: str) -> str:
    """Give a line with its variables (numbers, addresses, paths, ids) as `<*>`."""
    variable = _VARIABLE if "/" in text or "@" in text else _DAY_OR_NUMBER  # in two thirds of the time
    return _RUN.sub("<*>", variable.sub("<*>", text))


def alarm_of(text: str, level: Level | None, *, status: int | None = None) -> int:
    """Say how much a line tells of a failure: 0 nothing, 2 a warning, 3 or 4 an error, 5 fatal.

    Parameters
    ----------
    text
        The line.
    level
        Its level, which counts more than its words.
    status
        Its HTTP status, if it has one.
    """
    stated = _OF_LEVEL[level]
    if stated >= 4:
        return stated
    words = _words_alarm(text)
    if level in ("info", "debug", "trace"):
        words = min(words - 1, 2) if words < 3 else 3
    if status is not None and status >= 500:
        words = max(words, 3)
    return max(stated + (words >= 2 and stated == 2), words, 0)


def _words_alarm(text: str) -> int:
    """Give the worst rank of the words in a text, as far as what stands before them doesn't take it back."""
    worst = 0
    for match in _named(text[:_LONGEST_LINE]):
        if not _DENIED.search(text[max(match.start() - 14, 0) : match.start()]):
            worst = max(worst, 3 if match["three"] else 2 if match["two"] else 1)
            if worst == 3:
                break
    return worst


def _named(text: str) -> Iterator[re.Match[str]]:
    """Find the words that tell of trouble."""
    data = text.encode("utf-8", "replace")
    found = _ANY_NAMED.search(data)
    if found is None:
        return
    if len(data) != len(text):
        yield from _NAMED.finditer(text)
        return
    while found is not None:
        match = _NAMED.match(text, found.start())
        if match:
            yield match
        found = _ANY_NAMED.search(data, match.end() if match else found.start() + 1)


def said_by(text: str) -> str:
    """Give what a line says: of a JSON line its message, without the names and numbers around it."""
    return message_of(text) if text[:1] == "{" else text


def template_of(
    data: bytes, count: int, first_line: int, last_line: int, *, variables: tuple[str, ...] = ()
) -> Template:
    """Give the template of a group of lines.

    Parameters
    ----------
    data
        The bytes of its first line.
    count, first_line, last_line
        How many lines it has, the first and the last of them.
    variables
        Words of it that are variables.
    """
    example = strip_ansi(data.decode("utf-8", "replace")).rstrip("\r")
    level = level_of(example)
    status = http_status_of(example)
    status = status if status is not None and status >= 400 else None
    detail = is_continuation(example)
    return Template(
        count=count,
        first_line=first_line,
        last_line=last_line,
        level=level,
        example=example,
        alarm=min(alarm_of(said_by(example), level, status=status), 1 if detail else 5),
        detail=detail,
        status=status,
        variables=variables,
    )


def trouble_at(text: str) -> int | None:
    """Give where in a line the first of the words that most tell of trouble stands; None where there is none."""
    best = None
    for match in _NAMED.finditer(text):
        if match["three"]:
            return match.start()
        if best is None and match["two"]:
            best = match.start()
    return best
