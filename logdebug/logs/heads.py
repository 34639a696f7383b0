"""What stands before a line's message and names where it was written: syslog's host, the thread of a Java program.

Such names say nothing of what happened, and one program's line is one template whichever thread wrote it.
"""

from __future__ import annotations

import re

__all__ = ["without_names"]

_LEVEL = rb"(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL)\b"
_BRACKETS = rb"\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]"
_DAY = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d"
_INSTANT = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*"

# Time and host, and after them a program that names itself as syslog's do.
_SYSLOG = re.compile(
    rb".{0,60}?(?<!\S)(?:%s|%s) (\S+)(?= [\w./()@-]+(?:\[\d+\](?: \(\[\d+\]\))?)?: )" % (_DAY, _INSTANT)
)
# A level, the thread between brackets, and after them a logger, a dash, or the time.
_THREAD_AFTER = re.compile(
    rb"[^\[a-z]{0,40}?%s(?: +\d+ +---)? *(%s)(?= +(?:[\w$]+\.[\w$.]+|- |\d{4}-\d\d))" % (_LEVEL, _BRACKETS)
)
# The thread between brackets, and after it a level.
_THREAD_BEFORE = re.compile(rb"[\d\[][^\[a-z]{6,40}?[\d\]] *(%s)(?= +%s)" % (_BRACKETS, _LEVEL))


def without_names(line: bytes) -> bytes:
    """Give a line with the names in its head as a variable."""
    day = line[:1]
    if b"[" in line:
        match = _THREAD_AFTER.match(line) or (_THREAD_BEFORE.match(line) if day.isdigit() or day == b"[" else None)
        if match:
            return b"%s 0 %s" % (line[: match.start(1)], line[match.end() :])
    match = _SYSLOG.match(line) if b": " in line[:200] else None
    return b"0 " + line[match.end() :] if match else line
