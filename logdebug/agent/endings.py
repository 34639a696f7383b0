"""How a log ends: whether its last words are that all went well, are of a failure, or leave open what came."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import re2

from logdebug.agent.attempts import is_announced
from logdebug.agent.clues import MENTIONED, Clue
from logdebug.agent.passing import LASTING
from logdebug.logs.templates import masked

if TYPE_CHECKING:
    from logdebug.agent.survey import Survey

__all__ = ["Ending", "ends_badly", "unfinished"]

_LOUD = ("warning", "error", "fatal")
_MOST_JOBS = 10
_BRIEF_LINES = 12
_LEAST_COUNTS = 3
_MOST_COUNTS = 12  # so many of the last counts of what failed have to be of nothing
_ZERO = re.compile(
    r"\b(?:0|no) (?:failed|failures?|errors?)|(?:failed|failures?|errors?)(?: \w+){0,2}\"?[=:] ?0", re.IGNORECASE
)
_WAITING = re.compile(
    r"\b(?:slow|so far|still (?:waiting|running|pending)|stuck|hangs?|not respond\w*|no (?:answer|response|progress)"
    r"|for longer than)\b",
    re.IGNORECASE,
)
_EXIT_FIELD = r"(?:exit(?:_?code|_?status)?|failed\w*|failures|errors|lost|missing)\"?[:=] ?"
_GOOD_END = re.compile(
    r"\bexit(?:ed)?(?:[_ ]?code|[_ ]?status)?(?: with)?(?: code| status)?\"?[:=]? ?0\W*$|\brc[:=] ?0\b"
    rf"|\b(?:\w+_)?(?:finished|completed|ended|done)\b.*\b{_EXIT_FIELD}0\b(?!.*\b{_EXIT_FIELD}[1-9])"
    r"|\b(?:finished|completed|ended) (?:successfully|without errors?)\W*$|\b(?:0 failed|no failures|0 errors)\W*$"
    r"|\b(?:task|job|step|script|run|process)\b.*\breturned 0\W*$",
    re.IGNORECASE,
)
_EXIT_ZERO = re.compile(
    r"\b(?:rc|exit(?:ed)?(?:[_ ]?code|[_ ]?status)?(?: with)?(?: code| status)?)\"?[:=]? ?0\b", re.IGNORECASE
)
# How a program counts what failed.
_COUNT = re2.compile(r"(?i)\b(?:failed|failures|lost|dead|unreachable)\"?(?:[=:] ?| )\d")
_COUNT_OF_SOME = re2.compile(r"(?i)\b(?:failed|failures|lost|dead|unreachable)\"?(?:[=:] ?| )0*[1-9]")
_COUNT_CHARS = 600
# That a program was asked to stop, and what that does to its connections.
_ASKED = re2.compile(
    r"(?i)\b(?:SIGTERM|SIGINT|signal 15|signal 2|terminated by user|keyboard ?interrupt"
    r"|(?:shutdown|stop) request(?:ed)?"
    r"|request(?:ed)? (?:to )?(?:shut ?down|stop)|graceful(?:ly)? (?:shut|stop)|reason: \w+-close)"
)
_CLOSED = re2.compile(
    r"(?i)\b(?:connection|stream|socket|channel|comm|pipe|session|client|context)\w* ?"
    r"(?:was |is |has been |already )?(?:closed|lost|reset|aborted|cancell?ed)|CommClosed|broken pipe|cancell?ed|EOF"
)
_MOST_STOPPING = 60
_CERTAIN_WEIGHT = 90  # from here on, a cause is one beyond doubt
_LOUD_ALARM = 3
_CLOSE_LINES, _CLOSE_PART = 8, 20  # what is told so near the end is part of what the end says
# How it counts what was done of what was to be done.
_DONE = "complete|completed|done|finished|loaded|processed|succeeded|ok|passed"
_PARTS = re2.compile(
    rf"(?i)\b(?:{_DONE})\b.*\b\d+ (?:of|/) \d+\b"
    rf"|\b\d+(?: of |/)\d+ (?:\w+ )?(?:\(100 ?%\) )?(?:{_DONE})\b"
)
_OF_ALL = re.compile(r"\b(\d+)(?: of | ?/ ?)(\d+)\b")
# A service that is stopped exits with 0 however unwell it was.
_STOPPED = re.compile(r"shut(?:ting)? ?down|\bstop(?:ped|ping)?\b|\bsignal\b|SIGTERM", re.IGNORECASE)
_OK = re.compile(
    r"\b(?:backup|job|run|build|deploy\w*|import|export|sync|batch|pipeline|nightly|\w+\.(?:sh|py|pl|rb))\b"
    r"[^:]*[ :]ok\W*$",
    re.IGNORECASE,
)
_BAD_END = re.compile(
    r"\b(?:abort(?:ed|ing)|fail(?:ed|ure)|giving up|can(?:no|')t|fatal|died|crash\w*)\b", re.IGNORECASE
)


class Ending:
    """Knows whether a log ends well.

    Parameters
    ----------
    survey
        What was read of it.
    """

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._end = survey.last.text.rstrip().rpartition("\n")[2] if survey.last is not None else ""

    def takes_back(self, clue: Clue) -> bool:
        """Say whether the log's last words take back what a clue tells: all went well, and no lasting harm was done."""
        last = self._survey.last
        if self._is_of_stop(clue):
            return True
        if last is None or not ((self._good and clue.last_line < last.last_line) or self._is_counted_well(clue)):
            return False
        if clue.signature is not None and clue.signature.category in LASTING:
            return False
        if clue.alarm < 5 or _COUNT.search(self._end):
            return True
        # A script may exit with 0 that takes no heed of what failed in it.
        heeded = bool(clue.survived) or is_announced(clue.lines, self._survey.records)
        return heeded and _EXIT_ZERO.search(self._end) is not None

    @cached_property
    def _stop(self) -> int:
        return _line_of_stop(self._survey)

    @cached_property
    def _of_none(self) -> tuple[int, int]:
        return _counts_of_none(self._survey)

    @cached_property
    def _all_done(self) -> int:
        return _last_count_of_all(self._survey)

    def _is_of_stop(self, clue: Clue) -> bool:
        """Say whether a clue tells of nothing but a connection that closed as the program was asked to stop."""
        return clue.alarm < 5 and _CLOSED.search(clue.statement) is not None and 0 < self._stop < clue.first_line

    def _is_counted_well(self, clue: Clue) -> bool:
        """Say whether the program's own counts after it are good: of what failed, or of all that was to be done."""
        if clue.role == "cause" and clue.weight >= _CERTAIN_WEIGHT and not _COUNT.search(self._end):
            return False  # it may count something else
        counted, counts = self._of_none
        if clue.last_line <= counted or (clue.last_said < self._all_done and clue.alarm < 5):
            return True
        # What no level calls trouble, and which was there before other counts, is none after the last of them either.
        return clue.survived == MENTIONED and counts >= _LEAST_COUNTS and clue.first_line < counted

    @cached_property
    def _good(self) -> bool:
        """Whether the last line says that all went well, of the whole job, and no failure is told right above it."""
        end, survey = self._end, self._survey
        said = _GOOD_END.search(end) and not _STOPPED.search(end)
        if not said and not (survey.records and _OK.search(end)):
            return False
        near = survey.line_count - min(_CLOSE_LINES, survey.line_count // _CLOSE_PART)
        if any(clue.alarm >= _LOUD_ALARM and clue.last_line > near and not clue.survived for clue in survey.clues):
            return False
        words = masked(end)
        alike = sum(masked(each.text.rpartition("\n")[2]) == words for each in survey.records)
        return alike <= _MOST_JOBS  # else it tells of one request, not of the job


def _counts_of_none(survey: Survey) -> tuple[int, int]:
    """Give the last line on which the program counts what failed, and how many count none; 0 where a late one does."""
    line, seen = 0, 0
    for record in reversed(survey.records):
        text = record.text[-_COUNT_CHARS:]
        if record.level in _LOUD or not _COUNT.search(text):
            continue
        if _COUNT_OF_SOME.search(text):
            return 0, 0
        line, seen = line or record.last_line, seen + 1
        if seen == _MOST_COUNTS:
            break
    return line, seen


def _last_count_of_all(survey: Survey) -> int:
    """Give the last line that counts what was done, where it is all that was to be done; else 0."""
    for record in reversed(survey.records):
        if not _PARTS.search(record.text[-_COUNT_CHARS:]):
            continue
        end = record.text.rstrip()[-_COUNT_CHARS:].rpartition("\n")[2]
        found = _OF_ALL.search(end)
        return record.last_line if found is not None and found[1] == found[2] != "0" and found[1] != "1" else 0
    return 0


def _line_of_stop(survey: Survey) -> int:
    """Give the line, near a log's end, on which its program begins to stop since it was asked to; else 0."""
    asked = (each.first_line for each in survey.records[-_MOST_STOPPING:] if _ASKED.search(each.message))
    return next(asked, 0) if survey.last is not None and survey.last.level not in _LOUD else 0


def unfinished(survey: Survey) -> Clue | None:
    """Give the log's last words where they warn that something takes too long; what came of it, it doesn't say."""
    last = survey.last
    if last is None or last.level != "warning" or not _WAITING.search(last.message):
        return None
    return Clue(last, last.first_line, last.message, None, 2, last_line=last.last_line, last_said=last.first_line)


def ends_badly(survey: Survey) -> bool:
    """Say whether the log's last words are of a failure; to exit is one for what had hardly begun."""
    if survey.last is None:
        return False
    words = _ZERO.sub("", survey.last.message)
    return bool(_BAD_END.search(words)) or (survey.line_count <= _BRIEF_LINES and "exiting" in words)
