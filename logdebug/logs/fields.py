"""What a log line says about itself: its time, its level, its message; plain text, JSON lines and logfmt alike."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, get_args

from logdebug.logs.timestamps import parse_timestamp, timestamp_end, timestamp_span

__all__ = [
    "LEVELS",
    "Level",
    "http_status_of",
    "json_fields",
    "level_of",
    "message_of",
    "parse_timestamp",
    "strip_ansi",
]

Level = Literal["trace", "debug", "info", "warning", "error", "fatal"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Every level, mildest first."""

_NAMES: dict[Level, str] = {
    "trace": "trace finest finer trce trc verbose vrb silly",
    "debug": "debug debug1 debug2 debug3 debug4 debug5 fine dbug dbg",
    "info": "info information informational notice note log config hinweis statement detail hint context tipp"
    " anweisung zusammenhang inf",
    "warning": "warning warn warnung wrn avertissement attention",
    "error": "error err severe fehler fail erreur errore erro eror stderr",
    "fatal": "fatal critical crit alert emerg emergency panic dpanic panik schwerwiegend crash ftl",
}
_LEVEL_OF_NAME: dict[str, Level] = {name: level for level, names in _NAMES.items() for name in names.split()}
_LETTERS: dict[str, Level] = {
    "V": "trace",
    "D": "debug",
    "I": "info",
    "W": "warning",
    "E": "error",
    "F": "fatal",
    "C": "fatal",
}
_REDIS_MARKS: dict[str, Level] = {".": "debug", "-": "info", "*": "info", "#": "warning"}
_SYSLOG: tuple[Level, ...] = ("fatal", "fatal", "fatal", "error", "warning", "info", "info", "debug")

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[()#][0-9A-Z]|[@-Z\\-_])")

# Words that programs only write in capitals as a level; "LOG" and the like only where a colon follows.
_CAPITALS = re.compile(
    r"(?<![A-Za-z0-9_/.-])(?:(TRACE|FINEST|FINER|DEBUG\d?|FINE|VERBOSE|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRIT"
    r"|CRITICAL|ALERT|EMERG|EMERGENCY|FATAL|PANIC|FEHLER|WARNUNG|ERREUR|PANIK)(?![A-Za-z0-9_-]|\.\w)"
    r"|(LOG|HINWEIS|STATEMENT|DETAIL|HINT|CONTEXT|TIPP|ANWEISUNG|ZUSAMMENHANG|CONFIG)(?=: ))"
    # Monolog's, after its channel: [2026-11-29 08:00:01] shop.ERROR: …
    r"|(?<=\] )[\w-]+\.(DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL|ALERT|EMERGENCY)(?=: )"
    # Those of three letters, after a time or a bracket: Serilog, zerolog, NATS.
    r"|(?:(?<=\[)|(?<=[\dZM\]] ))(TRC|VRB|DBG|INF|WRN|FTL)(?=[\] ])"
)
# A level in any case where its place shows it to be one: [error], <warn>, | info |, [core:notice], tab error tab.
_MARKED = re.compile(
    r"(?:[\[<(|]|\[[\w.]+:|\t)[ ]*(trace|debug|verbose|info|notice|note|warn(?:ing)?|err(?:or)?|crit(?:ical)?|alert"
    r"|emerg(?:ency)?|fatal|panic)[ ]*(?:[\]>)|\t]|:(?=\s))",
    re.IGNORECASE,
)
# error: message, at the head of the message.
_LEADING = re.compile(
    r"[^A-Za-z0-9]{0,8}(?:(?:[\w.-]{1,60} )?[\w./()-]{1,60}(?:(?:\[\d+\]|(?::\d+){1,2})?:|\[\d+:\d+\]) "
    r"(?:[\w./()-]{1,60}: )?)?(?:npm )?"
    r"(trce|dbug|info|warn|fail|crit|debug|warning|error|fatal|critical|panic|notice|err!|fatal error|erreur|fehler)"
    r"(?:\[[^\]]*\])?(?::|!| -)(?=\s|$)",
    re.IGNORECASE,
)
_LOGFMT = re.compile(r'(?:^|[\s,{])(?:level|lvl|severity|loglevel|log_level|levelname)="?([A-Za-z]+|\d+)')
_JSON = re.compile(
    r'"(?:level|levelname|severity|lvl|log_level|loglevel|@l|Level|PRIORITY|log\.level|levelno|s)"\s*:\s*'
    r'(?:"([A-Za-z]+|\d{1,3})[^"]{0,12}"|(\d{1,3})\b)'
)
_JSON_PRIORITY = re.compile(r'"PRIORITY"\s*:\s*"(\d)"')
_KLOG = re.compile(r"([IWEFD])\d{4} \d\d:\d\d:\d\d")
_ANDROID = re.compile(r"\d\d-\d\d \d\d:\d\d:\d\d\.\d+ +\d+ +\d+ ([VDIWEF]) ")
_REDIS = re.compile(r"\d+:[XCSM] \d\d [A-Z]\w\w \d{4} [\d:.]+ ([.\-*#]) ")
_PRIORITY = re.compile(r"<(\d{1,3})>")
# Tornado's letter, Tarantool's, and stunnel's number.
_BRACKETED = re.compile(r"\[([DIWEC]) \d")
_TARANTOOL = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \[\d+\] [\w/.: -]{1,120}? ([FECWIVD])> ")
_STUNNEL = re.compile(r"\d{4}\.\d\d\.\d\d [\d:]{8} LOG([0-7])\[")
_ACCESS = re.compile(r'" ([1-5]\d\d) (?:\d+|-)(?:\s|$)')
_STATUS = re.compile(
    r"\b(?:status|statusCode|status_code|http_status|code)\"?\s*[:=]\s*\"?([1-5]\d\d)\b", re.IGNORECASE
)

_HINT_STATUS = re.compile("[sS]tatus|code")

# Text that is no level word, yet only written by something that died or threw.
_DEATH = re.compile(
    r"panic: |fatal error: |thread '[^']*' (?:\(\d+\) )?panicked at |Segmentation fault|Fatal Python error: "
    r"|#\s+A fatal error has been detected|Unhandled exception[.:]|Aborted \(core dumped\)"
)
_THROWN = re.compile(
    r"Traceback \(most recent call last\)|Exception in thread |Caused by: |(?:Uncaught |Unhandled )?"
    r"(?:[A-Za-z_$][\w$]*[.:]{1,2})*[A-Z][\w$]*(?:Error|Exception|Throwable|Interrupt|Failure)(?::|$|\s\[)"
)

# What a container runtime puts before, or around, the line that a program wrote.
_CONTAINER = re.compile(r"\d{4}-\d\d-\d\dT\S{8,30} (?:stdout|stderr) [FP] ")
_DOCKER = '{"log":"'

_PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}")
_HEAD_CHARS = 200
_MESSAGE_KEYS = ("msg", "message", "MESSAGE", "@m", "@mt", "log", "event", "text", "body", "Message", "RenderedMessage")


def strip_ansi(text: str) -> str:
    """Give the text without terminal escapes (colours, titles, cursor movements).

    The NULs of UTF-16 that a shell appended to a log of another encoding go, too: words are looked for in what is left.
    """
    if "\0" in text and 3 * text.count("\0") >= len(text):
        text = text.replace("\0", "")
    return _ANSI.sub("", text) if "\x1b" in text else text


def level_of(text: str) -> Level | None:
    """Give the level that a log line states, or that its form shows it to have; None where it shows none.

    Parameters
    ----------
    text
        One line. JSON lines and logfmt are read by their keys (pino's numbers too), syslog by its priority, klog,
        Android and Redis by their letter or mark, others by the first level word that stands where levels stand.
    """
    if "\x1b" in text:
        text = strip_ansi(text)
    inner = _inside(text)
    if inner is not None:
        return level_of(inner)
    first = text[:1]
    if first == "{":
        return _level_of_json(text[:8192])
    head = text[:_HEAD_CHARS]
    if first.isdigit() or first in "IWEFD<[":
        level = _level_of_prefix(head)
        if level:
            return level
    if "=" in head and ("lev" in head or "lvl=" in head or "sev" in head):
        match = _LOGFMT.search(head)
        if match:
            return _named(match[1])
    return _level_of_words(head)


def _inside(text: str) -> str | None:
    """Give the line that a container's program wrote, of a line as its runtime stores it; None for any other line."""
    if " std" in text[:48]:
        match = _CONTAINER.match(text)
        return text[match.end() :] if match else None
    if text.startswith(_DOCKER):
        log = (json_fields(text) or {}).get("log")
        return log if isinstance(log, str) and not log.startswith(_DOCKER) else None
    return None


def _level_of_words(head: str) -> Level | None:
    """Find a level by its word: the first that stands in capitals or between marks, else one that leads the message."""
    capital = _CAPITALS.search(head)
    marked = _MARKED.search(head, 0, capital.start() + 1) if capital else _MARKED.search(head)
    if capital and (not marked or capital.start() <= marked.start()):
        return _named(capital[capital.lastindex or 1])
    if marked:
        return _named(marked[1])
    body = head[max(timestamp_end(head), 0) :]
    leading = _LEADING.match(body)
    if leading:
        return _named(leading[1].lower().rstrip("!").split()[0])
    body = body.lstrip()
    if _DEATH.match(body):
        return "fatal"
    return "error" if _THROWN.match(body) else None


def _level_of_prefix(head: str) -> Level | None:
    match = _KLOG.match(head) or _ANDROID.match(head)
    if match:
        return _LETTERS[match[1]]
    match = _REDIS.match(head)
    if match:
        return _REDIS_MARKS[match[1]]
    match = _BRACKETED.match(head) or _STUNNEL.match(head) or _TARANTOOL.match(head)
    if match:
        return _named(match[1])
    match = _PRIORITY.match(head)
    if match and int(match[1]) < 192:
        return _SYSLOG[int(match[1]) % 8]
    return None


def _level_of_json(text: str) -> Level | None:
    priority = _JSON_PRIORITY.search(text)
    if priority:
        return _SYSLOG[int(priority[1])] if int(priority[1]) < 8 else None
    for match in _JSON.finditer(text):
        level = _named(match[1] or match[2])
        if level:
            return level
    return None


def _named(word: str) -> Level | None:
    """Give the level of a name, a letter, a syslog severity (0-7) or a pino/bunyan/Python number (10-60)."""
    if word.isdigit():
        number = int(word)
        if number < 8:
            return _SYSLOG[number]
        return LEVELS[min(number // 10 - 1, 5)] if number % 10 == 0 and number <= 60 else None
    if len(word) == 1:
        return _LETTERS.get(word)
    return _LEVEL_OF_NAME.get(word.lower())


def http_status_of(text: str) -> int | None:
    """Give the HTTP status that an access-log line, or a structured line about a request, carries."""
    match = _ACCESS.search(text) if '" ' in text else None
    if match is None and _HINT_STATUS.search(text):
        match = _STATUS.search(text)
    return int(match[1]) if match else None


def json_fields(text: str) -> dict[str, Any] | None:
    """Give the fields of a JSON line, or None where the text is no JSON object."""
    if text[:1] != "{":
        return None
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def message_of(text: str) -> str:
    """Give a line's message: what is left without its timestamp and level; of a JSON line, what happened.

    Parameters
    ----------
    text
        One line.
    """
    text = strip_ansi(text)
    inner = _inside(text)
    if inner is not None:
        return message_of(inner.rstrip("\n"))
    fields = json_fields(text)
    if fields is not None:
        return _json_message(fields) or text
    span = timestamp_span(text)
    if span and span[0] <= 60:
        text = (text[: span[0]].rstrip("[( ") + " " + text[span[1] :].lstrip("]) ,:|-")).strip()
    capital = _CAPITALS.search(text[:60]) or _MARKED.search(text[:60])
    if capital and not _PROSE.search(text, 0, capital.start()):
        text = (text[: capital.start()].rstrip("[<(| ") + " " + text[capital.end() :].lstrip("]>)|: \t-")).strip()
    return text


def _json_message(fields: dict[str, Any]) -> str:
    """Say what a JSON line says: its message, and its error where it has one."""
    message = next((fields[key] for key in _MESSAGE_KEYS if isinstance(fields.get(key), str) and fields[key]), "")
    error = fields.get("err") or fields.get("error") or fields.get("exception") or fields.get("exc_info")
    if isinstance(error, dict):
        kind, text = error.get("type") or error.get("name") or error.get("code"), error.get("message")
        error = ": ".join(str(part) for part in (kind, text) if part)
    if isinstance(error, str) and error and error not in message:
        message = f"{message}: {error}" if message else error
    return str(message).strip()
