"""What stretches over lines: private keys, and values whose names stand on the line before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import re2

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["KEY_MARKS", "LONGEST_KEY_LINES", "NAMED_ABOVE", "QUESTION", "answers", "key_lines", "named_above"]

LONGEST_KEY_LINES = 260
"""Lines that a private key may have: 16,384 bits are 205."""

KEY_MARKS = (b"PRIVATE KEY", b"Private-Lines", b"Static key")
"""One of these stands where a private key begins."""

_OTHERS_AMID = 12  # lines of other threads in a row, before a block that never ends is given up
_BEGIN = re2.compile(
    rb"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----"
    rb"|-----BEGIN OpenVPN Static key V1-----|Private-Lines: \d+"
)
_END = re2.compile(
    rb"-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|---- END SSH2 ENCRYPTED PRIVATE KEY ----"
    rb"|-----END OpenVPN Static key V1-----|Private-MAC:"
)
_BODY = re.compile(rb"(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{16,}={0,2}|[A-Za-z0-9+/]{2,}={1,2})[\\nr\s\"',|]*$")
_SHORT = re.compile(rb"\s*([A-Za-z0-9+/]{2,}={0,2})\s*")
NAMED_ABOVE = (
    rb"name[\"']?\s{0,9}[:=>]\s?[\"']?([A-Za-z0-9_.\-]{1,100})[\"']?(?:</name>)?,?[ \t\r]*\n"
    rb"(?:\s{0,40}(?:[+~] {1,3})?[<\"']?value[\"']?\s{0,9}[:=>][ \t]?|\r?\n)[^\s]"
    rb"|<key>([A-Za-z0-9_.\- ]{1,100})</key>[ \t\r]*\n\s{0,40}<string>[^\s]"
    rb"|([A-Za-z0-9_.\-]+)[\"']?:[ \t]*[|>][+-]?[0-9]?[ \t\r]*\n[ \t]{1,40}[^\s]"
    rb"|\[\"([A-Za-z0-9_.\-]{1,100})\"(?::[a-z]+)?\]=>[ \t\r]*\n\s{0,40}string\([0-9]+\) \""
)
"""What a name looks like whose value stands on the next line."""

_named_above = re2.compile(NAMED_ABOVE)

QUESTION = (
    rb"334 UGFzc3dvcmQ6|\nAUTH\r?\n|(?i:passwor[dt]|passphrase|passwd|code)s?[^\n]*:[ \t\r]*\n"
    rb"|(?:requirepass|masterauth)\"?\r?\n"
    rb"|(?:keygen|genkey|genpsk|openssl rand[^\n]*|pwgen[^\n]*|key:generate[^\n]*)[ \t\r]*\n"
    rb"|USER \S+[^\n]*\n|PASS \S+\r?\nNICK |chpasswd:[^\n]*\n"
    rb"|(?i:priv(?:ate)?[ -]?(?:key|exponent)?|prime[12]|exponent[12]|coefficient):[ \t\r]*\n[ \t]+[0-9a-f]{2}:"
)
"""What is answered on the next line: a mail server's "Password:", a Redis command, a sentence that ends in a colon."""

_question = re2.compile(QUESTION)
_ANSWERS = (
    re.compile(
        rb"334 UGFzc3dvcmQ6[^\n]{0,8}\n[^\n]{0,200}?(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{4,}={0,2})[\\rn\"'\s]*$",
        re.MULTILINE,
    ),
    re.compile(
        rb"\nAUTH\r?\n(?:\$[0-9]{1,3}\r?\n[\w.@-]{1,60}\r?\n(?=\$))?\$[0-9]{1,3}\r?\n([^\s]{3,200})", re.MULTILINE
    ),
    re.compile(
        rb"(?i:passwor[dt]|passphrase|passwd)[^\n]{0,120}:[ \t\r]*\n(?:[ \t\r]*\n)?"
        rb"[ \t]*(?=[^\s]*[0-9])(?=[^\s]*[A-Za-z])([^\s:/(){}=]{8,64})[ \t\r]*$",
        re.MULTILINE,
    ),
    re.compile(
        rb"USER \S{1,80}[ \t\r]*\n(?:(?:\+OK|331)[^\n]{0,200}\n)?(?:[^\n]{0,20}\s)?PASS (\S{3,120})[ \t\r]*$",
        re.MULTILINE,
    ),
    re.compile(rb"PASS :?(\S{3,120})\r?\nNICK "),
    re.compile(
        rb"(?:requirepass|masterauth)\"?\r?\n(?:[ \t]*2\) |\$[0-9]{1,3}\r?\n)?\"?([^\s\"]{3,200})\"?[ \t\r]*$",
        re.MULTILINE,
    ),
    re.compile(
        rb"(?:keygen|genkey|genpsk|openssl rand[^\n]{0,40}|pwgen[^\n]{0,40}|key:generate[^\n]{0,40})[ \t\r]*\n"
        rb"[ \t]*([A-Za-z0-9+/:_-]{12,128}={0,2})[ \t\r]*$",
        re.MULTILINE,
    ),
)
_CODES = re.compile(
    rb"(?i:(?:recovery|backup|scratch|rescue)\s?code)s?[^\n]{0,24}:[ \t\r]*((?:\n[ \t]*[0-9A-Za-z-]{6,24}[ \t\r]*$)+)",
    re.MULTILINE,
)
_LOGINS = re.compile(
    rb"chpasswd:[^\n]{0,80}\n[ \t]*(?:list|users):[^\n]{0,20}((?:\n[ \t]+(?:- )?[\w.-]{1,60}:\S{3,120}[ \t\r]*$)+)",
    re.MULTILINE,
)
_LOGIN = re.compile(rb":(\S+)")
_NUMBERS = re.compile(
    rb"(?i:priv(?:ate)?[ -]?(?:key|exponent)?|prime[12]|exponent[12]|coefficient):[ \t\r]*"
    rb"((?:\n[ \t]+(?:[0-9a-f]{2}:){1,40}(?:[0-9a-f]{2})?[ \t\r]*$)+)",
    re.MULTILINE,
)
_NUMBER = re.compile(rb"[0-9a-f:]{3,}")
_CODE = re.compile(rb"[0-9A-Za-z-]*[0-9][0-9A-Za-z-]*")


def named_above(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Find values whose name stands on the line before: `name: DB_PASSWORD` and `value: …`, a form's parts, `key: |`.

    Yields
    ------
    tuple of bytes, int and int
        The name; start and end of the rest of the line that the value begins.
    """
    for found in _named_above.finditer(data):
        name = next(name for name in found.groups() if name is not None)
        end = data.find(b"\n", found.end())
        yield name, found.end() - 1, len(data) if end < 0 else end


def answers(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Find what stands on the line after a question, and the lines of codes, logins or numbers below a heading.

    Yields
    ------
    tuple of bytes, int and int
        A name that says what it is; start and end of the answer.
    """
    if _question.search(data) is None:
        return
    for pattern in _ANSWERS:
        yield from ((b"password", *found.span(1)) for found in pattern.finditer(data))
    for blocks, line in ((_CODES, _CODE), (_LOGINS, _LOGIN), (_NUMBERS, _NUMBER)):
        for block in blocks.finditer(data):
            found = line.finditer(data, *block.span(1))
            yield from ((b"password", *each.span(each.lastindex or 0)) for each in found)


def key_lines(data: bytes) -> Iterator[tuple[int, int]]:
    """Find what stands between the marks of private keys in a text.

    Parameters
    ----------
    data
        Whole lines. A key whose beginning or end isn't among them is found by the mark that is.

    Yields
    ------
    tuple of int
        Start and end of each line's part of a key, in bytes. The marks themselves stay: that a key was logged is no
        secret.
    """
    at = 0
    while True:
        begin, end = _BEGIN.search(data, at), _END.search(data, at)
        if begin is None and end is None:
            return
        if end is not None and (begin is None or end.start() < begin.start()):
            yield from _backward(data, at, end.start())
            at = end.end()
        elif begin is not None:
            if end is not None and b"\n" not in data[begin.end() : end.start()]:
                at = end.end()  # on one line: the rules see to it
                continue
            at = yield from _forward(data, begin.end())


def _forward(data: bytes, start: int) -> Generator[tuple[int, int], None, int]:
    """Give the lines after a beginning; return where to go on."""
    at = data.find(b"\n", start) + 1
    others, column = 0, 0
    for _ in range(LONGEST_KEY_LINES if at else 0):
        line_end = data.find(b"\n", at)
        line_end = len(data) if line_end < 0 else line_end
        line = data[at:line_end]
        if _END.search(line):
            return at
        # The last line of a key may be short: it is told by standing where the others do.
        body = _BODY.search(line) or _SHORT.fullmatch(line, column)
        if body is not None:
            column = body.start(1)
            yield at + body.start(1), at + body.end(1)
        others = 0 if body else others + 1
        if others > _OTHERS_AMID or line_end >= len(data) or _BEGIN.search(line):
            return at
        at = line_end + 1
    return at or len(data)


def _backward(data: bytes, first: int, stop: int) -> Iterator[tuple[int, int]]:
    """Give the lines before an end whose beginning is missing, as far as they look like a key's."""
    line_start = data.rfind(b"\n", first, stop)
    for _ in range(LONGEST_KEY_LINES):
        if line_start < first:
            return
        before = data.rfind(b"\n", first, line_start)
        begins = max(before + 1, first)
        line = data[begins:line_start]
        body = _BODY.search(line) or _SHORT.fullmatch(line)
        if body is None:
            return
        yield begins + body.start(1), begins + body.end(1)
        line_start = before
