"""What came through in the end: a job, a message, an upload that failed once, and later is said to have gone well."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from logdebug.agent.attempts import WELL, Attempts
from logdebug.agent.clues import AGAIN, LATER, REFUSED
from logdebug.agent.planted import is_planted
from logdebug.agent.statements import answer_in
from logdebug.logs.templates import alarm_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logdebug.logs import Record

__all__ = ["Retried"]

_ID = re.compile(r"(?<![\w.-])(?=[\w-]*\d)[A-Za-z0-9][\w-]{3,63}(?![\w-])")
_PAIR = re.compile(r"([A-Za-z_]\w*)\"?(?:=|: ?)\"?([\w.-]+)")
_NUMBERED = re.compile(
    r"\b(job|task|step|page|batch|chunk|part|order|message|item|row|file|upload|invoice|run|build|stage|shard|block"
    r"|ticket|document|record|package|image|tile|frame|trip|shipment|parcel|delivery)"
    r"(?:[_ ]?(?:id|no|number|nr)\.?)?\"?[ #:=]+\"?#?(\d+)\b",
    re.IGNORECASE,
)
_ATTEMPT = re.compile(
    r"(?:try|attempt|retry)\"?(?: ?#|[:=] ?| )\"?(\d{1,3})\"?"
    r"(?: ?/ ?| of |,? \"?max_?(?:attempts|retries|tries)\"?[:=] ?)(\d{1,3})",
    re.IGNORECASE,
)
_LEFT = re.compile(
    r"\b(?:retry|again) in [\d.]+ ?\w+ \([1-9]\d? left|\b[1-9]\d? (?:more )?(?:tries|attempts|retries)(?: are)? left"
    r"|(?:tries|attempts|retries)_left\W{1,3}[1-9]",
    re.IGNORECASE,
)
_MOST_ENDS = 3  # what more lines say to have gone well is a host, a process or a day, and no job; so is what did before
_LOUD = ("error", "fatal", "warning")
_HEAD_CHARS = 400
_REFUSED_FROM = 400
_SHARE = 0.8  # of a failure's occasions so many have to have come through


class Retried:
    """Knows where it is said that something went well with what an id names.

    Parameters
    ----------
    records
        All records of a log.
    failed
        Those that tell of failures, whose ids are looked for.
    """

    def __init__(self, records: Sequence[Record], failed: Iterable[Record]) -> None:
        self._attempts = Attempts(records)
        wanted = set[str]().union(*map(_ids_of, failed))
        well: dict[str, list[int]] = defaultdict(list)
        for record in records if wanted else ():
            if record.level not in _LOUD and WELL.search(record.message[:_HEAD_CHARS]):
                ids = _ids_of(record) & wanted
                if ids and _is_heeded(record):
                    for each in ids:
                        well[each].append(record.first_line)
        self._well = {each: lines for each, lines in well.items() if len(lines) <= _MOST_ENDS}

    def survived(self, failed: Sequence[Record]) -> str:
        """Say how what these records tell of was overcome; empty where nothing tells that it was."""
        if end := self.came_through(failed) or self._attempts.line_of_end(failed):
            return f"{LATER} (line {end:,})"
        if self._attempts.was_refused(failed):
            return REFUSED
        return AGAIN if self.was_tried_again(failed) else ""

    def came_through(self, failed: Sequence[Record]) -> int:
        """Give the line that says that the last of these records' jobs went well after all; 0 where few of them did."""
        ends = [self._end_of(record) for record in failed]
        through = sum(end > 0 for end in ends)
        return max(ends) if failed and through >= _SHARE * len(failed) else 0

    @staticmethod
    def was_tried_again(failed: Sequence[Record]) -> bool:
        """Say whether each of these records tells of an attempt that was not the last one that was meant to be."""
        return bool(failed) and all(_goes_on(record.text[:_HEAD_CHARS]) for record in failed)

    def _end_of(self, record: Record) -> int:
        ends = (self._well[each] for each in _ids_of(record) if each in self._well)
        return max((lines[0] for lines in ends if lines[0] > record.last_line), default=0)


def _goes_on(text: str) -> bool:
    """Say whether a text tells of an attempt after which there is another one."""
    found = _ATTEMPT.search(text)
    return int(found[1]) < int(found[2]) if found else _LEFT.search(text) is not None


def _ids_of(record: Record) -> set[str]:
    """Give what may name a job in a record's first line."""
    whole = record.text.startswith("{")  # the fields of JSON are not in its message
    text = (record.text if whole else record.message).partition("\n")[0][:_HEAD_CHARS]
    pairs = (f"{key}={value}" for key, value in _PAIR.findall(text) if any(map(str.isdigit, value)))
    named = (f"{key.lower()} {value}" for key, value in _NUMBERED.findall(record.text[:_HEAD_CHARS]))
    return {*_ID.findall(text), *pairs, *named}


def _is_heeded(record: Record) -> bool:
    """Say whether a record tells of no trouble, too, and was written by the program itself."""
    calm = alarm_of(record.message[:_HEAD_CHARS], record.level) == 0
    # A request that is done with may have been refused, or have failed.
    return calm and not is_planted(record.message) and answer_in(record) < _REFUSED_FROM
