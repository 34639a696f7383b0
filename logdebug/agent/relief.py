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
    r"|back (online|up|to normal)|succeeded (after|on (attempt|retry|try|the))|(retry|attempt) \d* ?(succeeded|ok)"
    r"|ok after \d+ (attempts|retries|tries)"
    r"|healthy again|(replication|consumption|processing) resumed"
    r"|failover (complete|done)|now (available|healthy)|circuit.*closed|resumed normal"
)
_PASSED = re2.compile(
    r"^=+ \d+ passed(, \d+ (skipped|xfailed|xpassed|warnings?|deselected|rerun))* in [\d.]+s"
    r"|^Tests: +(\d+ (skipped|todo), )*\d+ passed, \d+ total|^ok +\S+ +(\(cached\)|[\d.]+s)"
    r"|^test result: ok\. |^\d+ examples?, 0 failures|^OK \(\d+ tests|^100% tests passed"
)
_DONE = re2.compile(r"^(\[INFO\] )?BUILD SUCCESS(FUL)?\b|^Job succeeded$|^Finished: SUCCESS$")
_ENDS_WELL = ("=", "Tests: ", "ok ", "test result: ", "OK (", "100% ", "[INFO] ", "BUILD ", "Job ", "Finished: ")
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
            if _PASSED.match(line):
                return "passed"
    return relief_on(record.message)


def relief_on(line: str) -> Relief:
    """Give what a line says to be over, seen by itself."""
    data = line.encode("utf-8", "replace")
    if _relieved(UNANCHORED, data, 0, len(data))[0][0] < 0:
        return ""
    return "recovered" if _RECOVERED.search(line) else "skipped"
