"""What a record says: its message without decoration and without a client's words, and the place in the code."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import re2

from logdebug.logs.fields import http_status_of, json_fields, message_of, strip_ansi

if TYPE_CHECKING:
    from logdebug.logs import Record

__all__ = [
    "REQUEST",
    "answer_in",
    "frame_of",
    "lines_of",
    "objects_of",
    "rest_of",
    "statement_of",
    "text_of_line",
    "tidy",
    "without_client",
]

_STATEMENT_CHARS = 280
_MOST_CHARS = 2000  # of a line; some of the patterns below are slow on long runs of letters

REQUEST = re.compile(r'"(?P<request>[A-Z]{3,8} [^"]*|-)" (?P<status>[1-5]\d\d) (?:\d+|-)')
_METHOD = r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|PROPFIND|REPORT|MKCOL)"
# A request and what it was answered with, in whatever order.
_ANSWERED = re2.compile(
    rf"(?:<-+|-+>|=>|→|returned|answered|responded|response|status)(?: code| with)?:? ?([1-5]\d\d)[^\w.:/-].{{0,80}}"
    rf"[ '\"]{_METHOD} /"
    rf"|[ '\"]{_METHOD} /[^ ]*(?: HTTP/[\d.]+)?['\"]?(?: [^ \d]\S*){{0,3}} ([1-5]\d\d)(?:[^\w.:/-]|$)"
    rf"|{_METHOD}\b.{{0,120}}[ :=]([1-5]\d\d) (?:OK|Created|Accepted|No Content|Bad Request|Unauthorized|Forbidden"
    r"|Not Found|Method Not Allowed|Not Acceptable|Conflict|Gone|Length Required|Precondition|Payload|Unprocessable"
    r"|Too Many|Internal Server|Bad Gateway|Service Unavail|Gateway Time)"
)
_ANSWER_CHARS = 300
# What a client wrote and the server only repeats: no statement about the service.
_CLIENT_TEXT = re.compile(r'(request|referrer|user[-_]agent|ua|uri|query): ?"[^"]*"|, host: "[^"]*"', re.IGNORECASE)
_ERROR_KEYS = (
    *("err", "error", "exception", "exc", "exc_info", "exc_text", "stack", "stack_trace", "stacktrace", "traceback"),
    *("cause", "reason", "detail", "details"),
)
_CAUSED_BY = re.compile(r"(Caused by|Original exception|Inner exception|caused by): ", re.IGNORECASE)

_MOST_TEXT_CHARS, _MOST_REST_LINES = 8000, 6
_TRACE_BEGINS = re.compile(
    r"\s*(?:at |File \"|Traceback|During |The above |\.\.\. \d+ more|#\d+ |\d+: |from |goroutine )"
)
_OBJECT = re.compile(
    r"(?:^|[_.-])(?:host|url|uri|path|file(?:name)?|dir|addr(?:ess)?|upstream|target|peer|remote|endpoint|server|node|issuer"
    r"|queue|topic|table|db|database|bucket|key|user|tenant|customer|job|task|stage|step|route|op(?:eration)?|code|errno"
    r"|status|device|volume|model|order|batch|shard|partition|consumer|channel|query|collection|index|setting|option)$",
    re.IGNORECASE,
)
_OBJECT_CHARS = 80
_TELLS = re.compile(r"[A-Za-z]{3}")
# What stands before a message and tells nothing about the failure: process ids, thread names, a day's name.
_PREFIX = re.compile(
    r"^(?:\[(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b\]? ?|\[pid [^\]]*\] ?|\[(?:client|tid) [^\]]*\] ?|\[\d+\] |\d+#\d+: "
    r"|\*\d+ |<\d[\d.]*> |/[\w-]+\] |\d+ (?=[A-Z])|\[[\d.]+s\] ?|\d+ --- (?:\[[^\]]*\] ?)+|[|:-] ?|\d+:[XCSM] |# )+"
)
_FRAMES = (
    re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+),? in (?P<name>[\w<>.]+)'),
    re.compile(
        r"^\s*at (?:async )?(?:(?P<name>[\w$.<>\[\] ]+) )?"
        r"\(?(?P<file>/[^():]+|[\w.-]+\.(?:java|kt|scala)):(?P<line>\d+)"
    ),
    re.compile(r"^\s*at (?P<name>[\w.`<>$]+)\([^)]*\) in (?P<file>\S+):line (?P<line>\d+)"),
    re.compile(r"^\s*at (?P<name>[\w$.<>/]+)\((?P<file>[\w.-]+):(?P<line>\d+)\)"),
    re.compile(r"^\s+(?:at )?(?P<file>[\w./-]+\.(?:go|rs|c|cc|cpp|cs)):(?P<line>\d+)(?P<name>)"),
    re.compile(r"(?P<file>[\w./-]+\.(?:rb|php|pl|py)):(?P<line>\d+):in [`'](?P<name>[^']+)'"),
)
_LIBRARY = re.compile(
    r"site-packages|dist-packages|_libs|\.pyx|/lib/python|<frozen|node_modules|node:|internal/|/usr/lib/|/rustc/|/usr/local/go|/go/pkg|"
    r"\.cargo|^java[.x]|^jdk\.|^sun\.|^org\.(?:spring|apache|hibernate|eclipse|jboss)|^io\.netty|/gems/|vendor/"
)
_JAVA_LIBRARY = re.compile(
    r"\b(?:java|javax|jdk|sun|com\.sun|org\.(?:springframework|apache|hibernate|eclipse|jboss|postgresql|"
    r"mongodb|mariadb|h2|quartz)|io\.(?:netty|lettuce|grpc)|com\.(?:zaxxer|mysql|mongodb|fasterxml|google)|reactor|scala)\."
)
# What stands in a statement and tells the reader of a page nothing: who asked, loggers' names, ids, bytes of a value.
_NOISE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r", client: [^,]*|, (?:server|host|request|referrer|context): *(?=,|$)|, context: ngx\.timer", ""),
        (r"^(?:(?:time|ts|t|caller|logger|component)=\S* |level=\w* )+", ""),
        (r"^msg=\"((?:[^\"\\]|\\.)*)\"", r"\1"),
        (r'^\{.*?"(?:msg|message)": ?"', ""),
        (r'\\+"', '"'),
        (r"[:\s]*[=*#]{4,}$", ""),
        (r"\[[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\]", ""),
        (r"[\ufffd\x00-\x08\x0e-\x1f]+", "…"),
        (r"\\+n(?:Stack trace|\s*at |#0 ).*", ""),
        (r"^bash: line \d+:\s+\d+ ", ""),
        (r"^[\w.-]+ ([\w./@-]+)\[\d+\]: ", r"\1: "),
        (r"^[\w.-]+ kernel: (?:\[ *[\d.]+\] )?", "kernel: "),
        (r"^[0-9a-f]{8}\.[0-9a-f]{8} 0x[0-9a-f]+ ", ""),
        (r"^npm ! ", "npm: "),
        (r"^(postfix/\w+: )[0-9A-Za-z]{6,}: ", r"\1"),
        (r", delay=\S+, delays=\S+, dsn=[\d.]+", ""),
        (r"^\(\d+\) : (?:config : )?", ""),
        (r"^(?:\[[^\]]*\] ?)*(?:[a-z]\w*\.)+[\w$./\[\]]+ +[:-] (?=\S)", ""),
        (r"^\[[\w-]+\] (?:[a-z]\w*\.){2,}[A-Z]\w*(?:\.\w+)? (?=[A-Z])", ""),
        (r" \((?:[a-z]\w*\.)+[A-Za-z]\w*\)$", ""),
    )
)
_GO_FUNCTION = re.compile(r"^(?P<name>[\w./*()-]+)\(.*\)$")


def answer_in(record: Record) -> int:
    """Give the HTTP status with which a record says that a request was answered, however it writes that; else 0."""
    if record.level in (None, "info", "debug", "warning"):
        found = _ANSWERED.search(record.text[:_ANSWER_CHARS])
        if found is not None:
            return int(next(filter(None, found.groups())))
    return (http_status_of(record.text) or 0) if record.level == "info" or '" ' in record.text else 0


def lines_of(record: Record) -> list[str]:
    """Give what a record says, line by line, without terminal escapes and what a client wrote."""
    text = strip_ansi(record.text)
    fields = json_fields(text)
    if fields is not None:
        return (_said(fields, record.message) or record.message).split("\n")
    # syslog writes a newline within a message as #012
    text = text.replace("#012", " ").replace("#011", " ") if "#012" in text else text
    return without_client(text).split("\n")


def without_client(text: str) -> str:
    """Leave out what a client wrote; most lines repeat nothing of the kind, which is quickly seen."""
    return _CLIENT_TEXT.sub("", text).replace(", ,", ",") if ': "' in text else text


def text_of_line(line: str) -> str | None:
    """Give what a single line says for signatures; None for an access-log line."""
    if REQUEST.search(line):
        return None
    text = strip_ansi(line)
    fields = json_fields(text)
    return _said(fields, message_of(text)) if fields is not None else without_client(text)


def _said(fields: dict[str, Any], message: str) -> str:
    """Give what a JSON line says happened: its message and whatever describes an error."""
    parts = [message]
    attributes = fields.get("attr")
    for holder, key in [(fields, key) for key in _ERROR_KEYS] + [(attributes, key) for key in _ERROR_KEYS]:
        value = holder.get(key) if isinstance(holder, dict) else None
        if isinstance(value, dict):
            parts += [str(inner) for name, inner in value.items() if isinstance(inner, str) and name != "name"]
        elif isinstance(value, list):
            parts += [str(inner) for inner in value if isinstance(inner, str)]
        elif isinstance(value, str):
            parts.append(value)
    seen: list[str] = []
    for part in parts:
        if part and not any(part in known for known in seen):
            seen.append(part)
    return "\n".join(seen)


def statement_of(record: Record, lines: list[str], place: int) -> str:
    """Give what the record says at its best line, in one line."""
    if place == 0 or record.first_line == record.last_line:
        text = record.message if record.text[:1] != "{" else lines[place]
        text = text.replace("#012", " ").replace("#011", " ")
    else:
        text = lines[place]
    text = " ".join(without_client(strip_ansi(text[:_MOST_CHARS])).split())
    if text.endswith(":") and place + 1 < len(lines):
        text += " " + lines[place + 1].strip()
    return (
        _CAUSED_BY.sub("", text, count=1).strip(" ,")
        if text.startswith(("Caused by", "caused by"))
        else text.strip(" ,")
    )


def objects_of(record: Record) -> list[str]:
    """Give the fields of a JSON record that name what it is about, as `name=value`: a host, a file, a queue, a job."""
    fields = json_fields(strip_ansi(record.text)) or {}
    holders = [fields, *(value for value in fields.values() if isinstance(value, dict))]
    return [
        f"{name}={value}"
        for holder in holders
        for name, value in holder.items()
        if _OBJECT.search(name) and isinstance(value, str | int) and 0 < len(str(value)) <= _OBJECT_CHARS
    ]


def rest_of(record: Record, line: int) -> str:
    """Give what a record says right below one of its lines, without the frames of a trace; empty for no more."""
    below = strip_ansi(record.text[:_MOST_TEXT_CHARS]).split("\n")[line - record.first_line + 1 :][:_MOST_REST_LINES]
    told = (" ".join(each.split()) for each in takewhile(lambda each: not _TRACE_BEGINS.match(each), below))
    return " / ".join(each for each in told if _TELLS.search(each))


def tidy(statement: str, limit: int = _STATEMENT_CHARS) -> str:
    """Give a statement without process ids, loggers' names and the like, cut to a length."""
    text = _PREFIX.sub("", strip_ansi(statement)).strip()
    for pattern, put in _NOISE:
        text = pattern.sub(put, text)
    text = _PREFIX.sub("", text).strip(" ,")
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def frame_of(record: Record) -> str:
    """Give the innermost place in the program's own code that a stack trace names (`charge (billing.py:12)`), or ""."""
    lines = strip_ansi(record.text).split("\n")
    if len(lines) < 2:
        return ""
    frames: list[str] = []
    before = ""
    for line in (each[:_MOST_CHARS] for each in lines[:300]):
        frame = _frame_of(line, before)
        if frame:
            frames.append(frame)
        before = line
    if not frames:
        return ""
    # Python lists the innermost call last, all others (and Python's own crash report) first.
    return frames[-1] if "Traceback (most recent" in record.text else frames[0]


def _frame_of(line: str, before: str) -> str:
    """Give a stack frame as `function (file:line)`; empty where the line is none, or one of a library's."""
    for form in _FRAMES:
        match = form.search(line)
        if not match:
            continue
        file, name = match["file"], (match["name"] or "").strip()
        if _LIBRARY.search(file) or _LIBRARY.search(name) or _JAVA_LIBRARY.search(name):
            return ""
        if not name:
            function = _GO_FUNCTION.match(before.strip())
            name = function["name"] if function else before.strip().split(": ", 1)[-1] if "::" in before else ""
            if _LIBRARY.search(name) or name.startswith(("core::", "std::", "__rust", "runtime.", "net/", "panic")):
                return ""
        return f"{name} ({file}:{match['line']})" if name else f"{file}:{match['line']}"
    return ""
