"""A log call's text without its values: quoted texts, addresses, bodies, causes and lists are one value each.

A line's key (see `words`) is taken of every new line, and errs on the side of telling apart. A line's *form* is taken
of a template's example only, once it is asked which templates one call wrote: it takes more for values, and keeps the
marks between words, which tell where a value of several words begins and ends.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import re2

from logdebug.linear import UNANCHORED, Matching, matching
from logdebug.logs.asides import STAR, says_something, without_asides, without_caught
from logdebug.logs.fields import json_fields, level_of, message_of, strip_ansi
from logdebug.logs.heads import without_names
from logdebug.logs.words import UNIT, masked_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["MARKS", "STAR", "Form", "form_of", "is_name", "shortened"]

Form = tuple[bytes, ...]
MARKS = frozenset(b': , ; ( ) [ ] { } " < > | -> =>'.split()) | {b"'"}
"""What parts the words of a form; each is a word of it."""

_ERRORS = ("err", "error", "exception", "exc_info")  # a JSON line's cause, beside its message
_ENDS = frozenset(b", ; ) ] }".split()) | {b""}
_ARROWS = {b"->", b"=>"}
_EQUALS = ord("=")
_VALUE = b" 0 "
_LONGEST_BYTES = 1000
_VERBS = rb"(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND) "
# A request in the common log format: a field of its own, with the status after it, and who asked before it.
_REQUEST = re.compile(rb"(?:^\S+ \S+ \S+ (?=\[\d))|\"%s[^\"]*\"(?= [\"\d-]|,|$)" % _VERBS)
# Bodies of JSON and the like, after the message.
_BODY = re.compile(
    rb"(?<=[\w)\]:=,.\"'] )\{(?=[^{}]*[:=])[^{}]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^{}]*)*\}|=\{[^{}]*\}"
    rb"|(?<=[\w)\]:=,.\"'] )\{\"[^{}\"]+\":[^{}]*$"  # cut, or going on in the lines after
)
# What a body says happened: its event, and values of one word of state, as kubelet's "Type":"ContainerDied".
_STATE = re.compile(
    rb"(?<=\"event\"): ?\"\w+\"|[:=>] ?\"(?:[A-Za-z]*(?:[a-z]ed|ing)|[A-Za-z]*[a-z]Died|up|down|on|off)\""
)
# A line of a trace of Java's or its like, one form whatever function it names.
_FRAME = re.compile(
    rb"(?:^\s*|\t|: +)at [\w$.<>/@-]+"
    rb"\((?:[\w$.-]+\.(?:java|kt|scala|groovy)(?::\d+)?|Native Method|Unknown Source|<\w+>)\)"
)
_FRAME_FORM: Form = (b"at", STAR)
# Quoted texts. What says what happened is none of them: a field of messages, klog's message (and after that what its
# fields say), requests; nor is the letter before one of Python's texts a word.
_INSIDE = rb"(?:[^\"\\]|\\.)*"
_QUOTED = re.compile(
    rb"(?:(?<=msg=)|(?<=message=)|(?<=event=)|(?<=MESSAGE=)|(?<=Msg=))\"(%s)\""
    rb"|(?:(?<!\] )|(?!\"[^\"]*\"(?: [\w.]+=|$)))"
    rb"(?:\\\"(?!%s)[^\"\\]*\\\"|\"(?!%s)%s\"|(?<![\w'])[bru]?'(?:[^'\\]|\\.)*'(?!\w)|`[^`]*`)"
    % (_INSIDE, _VERBS, _VERBS, _INSIDE)
)
# URLs, paths, addresses of mail, users of databases: of those a part may be in brackets.
_ADDRESS = re.compile(
    rb"(?<![\w+.-])[a-zA-Z][\w+.-]*://[^\s\"'<>;()\[\]]*[^\s\"'<>,;:.()\[\]]"
    rb"|(?<![\w.*)\]/<-])/(?!/)(?:[^\s\"'<>,;()\[\]{}|]*[^\s\"'<>,;:.()\[\]{}|])?"
    rb"|(?<![\w.+%-])[\w.+%-]+@[\w-]+\.[\w.-]+"
    rb"|(?<!\S)(?:\[[\w.-]+\]|[\w.-]+)@(?:\[[\w.-]+\]|[\w.-]+)(?!\S)"
)
# What programs call themselves to servers: product/version, with comments between brackets.
_AGENT = re.compile(rb"(?<![\w.-])[A-Za-z][\w.-]*/\d[\w.]*(?: (?:\([^()]*\)|[A-Za-z][\w.-]*/[\w.]+))*")
_STATEMENT = re.compile(
    rb"(?:(?<=STATEMENT:  )|(?<=statement: )|(?<=SQL: )).+"
    rb"|\b(?:SELECT\b(?!\()|INSERT INTO|UPDATE \S+ SET|DELETE FROM|SHOW [A-Z]+|REPLACE INTO|MERGE INTO"
    rb"|(?:CREATE|ALTER|DROP|TRUNCATE) (?:TABLE|INDEX|DATABASE|VIEW|UNIQUE))\b(?:[^()\n]|\([^()]*\))*"
)
# An exception as its language writes it as a value.
_THROWN = re.compile(rb"\b[A-Z]\w*(?:Error|Exception|Warning|Timeout)\((?:[^()]|\([^()]*\))*\)")
# Causes that the system, or a language's library, gives in words; and what it did, before them.
_CAUSES = (
    rb"connection refused|connection reset(?: by peer)?|connection timed out|connection aborted|broken pipe"
    rb"|no such file or directory|no such host|no such device|permission denied|operation not permitted|access denied"
    rb"|no space left on device|(?:i/o|operation|read|write|network|TLS handshake) time(?:d )?-?out|timed out"
    rb"|context deadline exceeded|context canceled|deadline exceeded|(?:unexpected )?EOF|no route to host"
    rb"|network is unreachable|host is (?:down|unreachable)|too many open files|file exists|is a directory"
    rb"|not a directory|read-only file ?system|input/output error|device or resource busy|invalid argument"
    rb"|resource temporarily unavailable|cannot allocate memory|address already in use|transport is closing"
    rb"|use of closed network connection|unexpected status(?: code)?:? ?\d*[\w ]*|name or service not known"
    rb"|temporary failure in name resolution|certificate (?:has expired|signed by unknown authority)[\w ]*"
)
_CAUSE = re.compile(
    rb"(?:(?<=: )|(?<=to )|(?<=, )|(?<=[=(])|(?<=[=(] ))"
    rb"(?:(?:dial|read|write|open|stat|connect|lookup|listen|accept|exec|fork|mkdir|unlink|rename|remove|getsockopt"
    rb"|send|recv|rpc error|Get|Post|Put|Head)\b[^:\n]{0,80}(?::\d[^:\n]{0,60})*: )*(?:%s)(?=[\s;,.)\]\"']|$)"
    % _CAUSES,
    re.IGNORECASE,
)
_STATUS = re.compile(
    rb"\b[1-5]\d\d (?:OK|Created|Accepted|No Content|Partial Content|Moved Permanently|Found|See Other|Not Modified"
    rb"|Temporary Redirect|Permanent Redirect|Bad Request|Unauthorized|Forbidden|Not Found|Method Not Allowed|Conflict"
    rb"|Gone|Request Timeout|Payload Too Large|Unprocessable (?:Entity|Content)|Too Many Requests|Bad Gateway"
    rb"|Internal Server Error|Not Implemented|Service Unavailable|Gateway Timeout)\b"
)
# The index of a name: not a program's process id, after which a colon comes.
_INDEX = re.compile(rb"((?<![\w./-])[A-Za-z_][\w./-]*)\[\d+\](:?)")
_LIST = re.compile(rb"\[[^\[\]]*,[^\[\]]*\]|=(?:\d+:)?\[[^\[\]]*\]|\[\s*\]")
_ITEMS = re.compile(
    rb"(?<=: )[\w./-]+(?:, [\w./-]+)+$|(?<=\()[\w./-]+(?:, [\w./-]+)+(?=\))"
    rb"|(?<![^\s(\[=])[\w.:/-]+(?:,[\w.:/-]+)+(?![^\s)\]])"
)
# Codes of one letter each, as links of a torus: X+ X- Z-.
_CODES = re.compile(rb"(?<!\S)[A-Z][+-]?(?: [A-Z][+-]?)+(?!\S)|(?<!\S)[A-Z][+-](?!\S)")
_FIELD = re.compile(
    rb"\b(?!(?:level|lvl|severity|msg|message|event|logger|component|module|caller|MESSAGE|Msg)=)"
    rb"([A-Za-z_][\w.-]*=)(?!=)(?:\([^()]*\)|\{[^{}]*\}|(?:[^\s,;)\]}\"'\[]|\[[^\s\[\]]*\])+)"
)


class _Shape(NamedTuple):
    """What values look like, and what a text holds that has one: to look for that takes a tenth of the time."""

    pattern: re.Pattern[bytes]
    signs: bytes
    """One of these is in it."""
    ahead: Matching | None = None
    """This matches, too."""


_SHAPES = (
    _Shape(_ADDRESS, b"/@"),
    _Shape(_AGENT, b"/"),
    _Shape(_STATEMENT, b"SIDURMCAT"),
    _Shape(_STATUS, b"12345"),
    _Shape(_CAUSE, b" =(", matching(re2.compile(rb"(?i)%s" % _CAUSES))),
    _Shape(_LIST, b"["),
    _Shape(_ITEMS, b","),
    _Shape(_CODES, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", matching(re2.compile(rb"(?:^|\s|\v)[A-Z][+-]?(?:\s|\v|$)"))),
)
_ACCENTED = re.compile(rb"\xc3[\x9f-\xbf]")
_NAMES_SIGN = re.compile(rb"\b[OD]'(?=[A-Z][a-z])")
_AS_DIGITS = bytes.maketrans(b"123456789\t\r\n", b"000000000   ")
_PART = rb"[^\s:,;()\[\]{}\"'<>|]+"
_WORD = re.compile(rb"->|=>|[:,;()\[\]{}\"'<>|]|%s(?::+%s)*" % (_PART, _PART))
_MOST_WORDS = 8192
_RUN = re.compile(rb"(?<!\S)\*(?: (?:[,;/&+x-] )?\*)+(?!\S)")


def form_of(data: bytes) -> Form:
    """Give the form of a line: its words and the marks between them, `*` for each value.

    Parameters
    ----------
    data
        A line, without its newline.
    """
    level = b""
    text = data[:_LONGEST_BYTES]
    if text[:1] == b"{":
        level, text = _said_by(data.decode("utf-8", "replace"))
    elif b"\x1b" in text:
        text = strip_ansi(text.decode("utf-8", "replace")).encode()
    if b"at " in text and _FRAME.search(text):
        return _FRAME_FORM
    text = without_names(text)
    text = _REQUEST.sub(_VALUE, text) if b'"' in text or b"[" in text else text
    text = _BODY.sub(_states_in, text) if b"{" in text else text
    text = _THROWN.sub(_VALUE, text) if b"(" in text else text
    text = _ACCENTED.sub(b"e", text) if b"\xc3" in text else text
    text = without_caught(text)
    quoting = b'"' in text or b"'" in text or b"`" in text
    text = _NAMES_SIGN.sub(b"", text) if b"'" in text else text
    words = [level, *_words_of(_QUOTED.sub(_said_in, text) if quoting else text)]
    if not any(map(says_something, words)):
        quoted = [level, *_words_of(text)]
        words = quoted if any(map(says_something, quoted)) else words  # what is quoted may be all that it says
    return shortened(_told_once(UNIT.sub(b" *", b" %s " % b" ".join(without_asides(words))).split()))


def _said_by(text: str) -> tuple[bytes, bytes]:
    """Give the level and the message of a JSON line, without the cause that stands beside the message."""
    fields = json_fields(text)
    if fields is None:
        return b"", text.encode()[:_LONGEST_BYTES]
    rest = json.dumps({name: value for name, value in fields.items() if name not in _ERRORS})
    message = message_of(rest)
    return (level_of(text) or "").encode(), (message_of(text) if message == rest else message).encode()


def _words_of(text: bytes) -> list[bytes]:
    """Give the words of a text, `*` for what shows to be a value, and the marks between them."""
    held = frozenset(text)  # a value put in adds no sign of another
    for pattern, signs, ahead in _SHAPES:
        if not held.isdisjoint(signs) and (ahead is None or ahead(UNANCHORED, text, 0, len(text))[0][0] >= 0):
            text = pattern.sub(_VALUE, text)
    text = _INDEX.sub(_without_index, text) if b"[0" in text.translate(_AS_DIGITS) else text
    text = (_FIELD.sub(rb"\1 0 ", text) if b"=" in text else text).translate(_AS_DIGITS)
    return [_masked(word.rstrip(b".!?") or word) for word in _WORD.findall(text)]


_masked = lru_cache(_MOST_WORDS)(masked_word)


def _told_once(words: Sequence[bytes]) -> Iterable[bytes]:
    """Give the words of a line, a value for each name that came before, and for what an arrow leads from or to."""
    if not _ARROWS.isdisjoint(words) or any(word[-1] == _EQUALS for word in words):
        return _with_fields_told(words)
    names = [word for word in words if _is_told(word)]
    told = set(names)
    if len(told) == len(names):
        return words
    return [STAR if word in told and word in words[:place] else word for place, word in enumerate(words)]


def _with_fields_told(words: Sequence[bytes]) -> Iterator[bytes]:
    told: set[bytes] = set()
    for before, word, after in zip((b"", *words), words, (*words[1:], b""), strict=False):
        known = word in told or (_ARROWS & {before, after} and word not in MARKS)
        yield STAR if known else word
        if word[-1:] == b"=" and (after[-1:] == b"=" or after in _ENDS):
            yield STAR  # a field that has no value this time
        if _is_told(word):
            told.add(word)


@lru_cache(_MOST_WORDS)
def _is_told(word: bytes) -> bool:
    return word not in MARKS and word != STAR and is_name(word)


def is_name(word: bytes) -> bool:
    """Say whether a word looks like the name of a thing, not like a word of a sentence."""
    return not word.replace(b"-", b"").isalpha() or not (word.islower() or word.istitle() or word.isupper())


def _states_in(match: re.Match[bytes]) -> bytes:
    """Give a body as a value, and what it says happened."""
    states = (state.strip(b':=> "') for state in _STATE.findall(match[0]))
    return _VALUE + b" ".join(states) + b" "


def _said_in(match: re.Match[bytes]) -> bytes:
    """Give a quoted text as a value, or what it says where it is a message."""
    return _VALUE if match[1] is None else b' " %s " ' % _QUOTED.sub(_VALUE, match[1])


def _without_index(match: re.Match[bytes]) -> bytes:
    """Give a name without its index; as it is where it may be a program's, with its process."""
    return match[0] if match[2] and b"." not in match[1] and b"_" not in match[1] else match[1] + match[2]


def shortened(words: Iterable[bytes]) -> Form:
    """Give the words of a form with one `*` for values in a row: how many a list has tells no calls apart."""
    text = b" ".join(words)
    return tuple((_RUN.sub(STAR, text) if text.count(STAR) > 1 else text).split())
