"""Words by which a log says that a trouble is over: recovered from, passed over, or part of tests that passed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import re2

from logdebug.agent.clues import SKIPPED
from logdebug.linear import UNANCHORED, matching

if TYPE_CHECKING:
    from logdebug.logs import Record

__all__ = ["Relief", "relief_in", "relief_on"]

Relief = Literal["done", "passed", "recovered", "skipped", ""]
"""What a line says: that a whole job ended well, that all tests passed, that something works again, that something was
passed over; or nothing."""

_RECOVERED = re2.compile(
    r"(?i)\brecovered\b|reconnected|re-?established|(connection|link|session) (was )?(restored|is back)|\bis UP\b"
    r"|back (online|up|to normal)|(succeeded|sent|done|delivered|stored|completed) (after|on) (a |the )?"
    r"(attempt|retry|retries|try|second|third|the)\b|succeeded after|(retry|attempt) \d* ?(succeeded|ok)"
    r"|ok after \d+ (attempts|retries|tries)"
    r"|healthy again|(replication|consumption|processing|action \S+) resumed"
    r"|failover (complete|done)|now (available|healthy|reachable)"
    r"|(reachable|available|works?|working) again|\b(is|are) back\b|back again"
    r"|spool (is )?(drained|empty)|caught up|circuit.*closed|resumed normal"
)
_PASSED = re2.compile(
    r"^=+ \d+ passed(, \d+ (skipped|xfailed|xpassed|warnings?|deselected|rerun))* in [\d.]+s"
    r"|^Tests: +(\d+ (skipped|todo), )*\d+ passed, \d+ total|^ok +\S+ +(\(cached\)|[\d.]+s)"
    r"|^test result: ok\. |^OK( \((skipped|expected failures|unexpected successes)=[^)]*\))?$"
    r"|^\d+ examples?, 0 failures|^OK \(\d+ tests|^100% tests passed"
)
_DONE = re2.compile(
    r"^(\[INFO\] )?BUILD SUCCESS(FUL)?\b|^Finished: SUCCESS$"
    r"|^(?i:build|job|stage|pipeline|deploy(ment)?)\b[^\d]{0,40}"
    r"\b(?i:success|succeeded|passed|(ended|completed|finished) successfully)\.?$"
)
_JOBS = tuple(
    form(word) for word in ("build ", "job ", "stage ", "pipeline ", "deploy") for form in (str, str.title, str.upper)
)
_ENDS_WELL = ("=", "Tests: ", "ok ", "OK", "test result: ", "100% ", "[INFO] ", "Finished: ", *_JOBS)
_OPTIONS = re2.Options()
_OPTIONS.never_capture = True
# Most lines are done with after this one look.
_relieved = matching(re2.compile(f"{_RECOVERED.pattern}|{SKIPPED.pattern}".encode(), _OPTIONS))


def relief_in(record: Record) -> Relief:
    """Give what a record says to be over."""
    for text in (record.text, record.message):
        if text.startswith(_ENDS_WELL) or (text[:1].isdigit() and " example" in text[:20]):
            line = text.expandtabs(1).partition("\n")[0]
            if _DONE.match(line):
                return "done"
            # An "OK" of a log with times may be of anything.
            if _PASSED.match(line) and (text is record.text or not line.startswith("OK")):
                return "passed"
    return relief_on(record.message)


def relief_on(line: str) -> Relief:
    """Give what a line says to be over, seen by itself."""
    data = line.encode("utf-8", "replace")
    if _relieved(UNANCHORED, data, 0, len(data))[0][0] < 0:
        return ""
    return "recovered" if _RECOVERED.search(line) else "skipped"
