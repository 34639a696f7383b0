"""What was tried again, attempt by attempt: a failure that says it is tried again, and the attempt that went well."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import re2

from logdebug.agent.planted import is_planted
from logdebug.agent.statements import answer_in
from logdebug.logs.templates import alarm_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from logdebug.logs import Record

__all__ = ["WELL", "Attempts", "is_announced"]

WELL = re2.compile(
    r"(?i)(?:^|[^a-z])(?:sent|done|completed?|completes|succeeds|succe(?:ss|ssful|ssfully|eded)|executed|finished|processed"
    r"|delivered|shipped|stored|saved|accepted|loaded|published|uploaded|imported|indexed|confirmed|acked|passed|written"
    r"|synced|ok)(?:[^a-z]|$)"
)
"""Words by which a log says that something went well."""

_NUMBERED = re.compile(
    r"\b(?:try|attempts?|tries|retry|retries)\"?(?: ?#|[:=] ?| )\"?(\d{1,3})\b(?! ?(?:ms|s|sec|min|left)\b)",
    re.IGNORECASE,
)
# What comes right after a failure: that the same is tried once more.
_ANNOUNCED = re2.compile(
    r"(?i)\b(?:re-?trying|re-?queue?ing|re-?queued|re-?scheduled|retry (?:is )?scheduled"
    r"|(?:running|run|trying|try|sending|starting|start|fetching|queued) (?:it |this |them |\w+ )?again"
    r"|trying to re(?:start|connect)|(?:will|to be) (?:be )?(?:retr(?:y|ied)|tried again|repeated)|(?:re)?try in \d"
    r"|next (?:try|attempt|retry) (?:at|in) )|\$\? = \d"
)
_AFTER_ALL = re2.compile(
    r"(?i)\b(?:after|on|at|with|in) (?:a |the |its |their |an? additional |\d+ |attempt |try )?(?:\w+ )?"
    r"(?:retr(?:y|ies)|attempts?|tries|try|repetition)\b|\b(?:attempt|try|retry)[ #=:]+(?:[2-9]|\d\d)\b"
)
_SOON = 6  # records: so soon after a failure, "again" is about it
_HEAD_CHARS = 400
_LOUD = ("error", "fatal", "warning")
_LEAST_ENDS, _MOST_TRIES = 3, 3
# These answers, and none that tells of a limit or a right that the service sets.
_MISTAKES = frozenset((400, 401, 404, 405, 406, 409, 410, 415, 422))
_ONSET_SHARE, _END_SHARE, _OFTEN = 0.25, 0.9, 8
_SHARE = 0.8  # of the failed attempts so many have to have been followed by one that went well


class Attempts:
    """Knows which attempts failed, and which later ones went well.

    Parameters
    ----------
    records
        All records of a log.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self._places = {record.first_line: place for place, record in enumerate(records)}
        self._records = records

    @cached_property
    def _ends(self) -> list[int]:
        """The lines that say that something went well at another attempt than the first."""
        return [
            record.first_line
            for record in self._records
            if record.level not in _LOUD
            and _AFTER_ALL.search(record.text[:_HEAD_CHARS])
            and WELL.search(record.text[:_HEAD_CHARS])  # that a second try begins tells nothing of how it ends
            and alarm_of(record.message[:_HEAD_CHARS], record.level) == 0
            and not is_planted(record.message)
        ]

    def line_of_end(self, failed: Sequence[Record]) -> int:
        """Give the line that says that the last of these was done at another attempt; 0 where it wasn't."""
        if not failed or self._came_up(failed):
            return 0
        if end := self._numbered(failed):
            return end
        announced = is_announced([each.first_line for each in failed], self._records)
        return (self._announced(failed) or self._answered_well(failed)) if announced else 0

    def was_refused(self, failed: Sequence[Record]) -> bool:
        """Say whether all of these, none of them at an error's level, were answered at once as a client's mistake."""
        if not failed or self._came_up(failed) or any(each.level in ("error", "fatal") for each in failed):
            return False
        return all(self._answer_after(each)[1] in _MISTAKES for each in failed)

    def _came_up(self, failed: Sequence[Record]) -> bool:
        """Say whether it began on the way and goes on to the end: nobody tries again so often who is well."""
        count = self._records[-1].last_line
        began, ended = failed[0].first_line > _ONSET_SHARE * count, failed[-1].last_line > _END_SHARE * count
        return began and ended and len(failed) >= _OFTEN

    def _answered_well(self, failed: Sequence[Record]) -> int:
        """Find that the request that each failure is of was answered well, and give where the last one was."""
        answers = [self._answer_after(each) for each in failed]
        well = [line for line, status in answers if 200 <= status < 400]
        return max(well) if len(well) >= _SHARE * len(failed) else 0

    def _answer_after(self, record: Record) -> tuple[int, int]:
        """Give the line and the status of the first answer that is told of soon after a record; 0 where none is."""
        place = self._places.get(record.first_line, 0) + 1
        told = ((each.first_line, answer_in(each)) for each in self._records[place : place + _SOON])
        return next(((line, status) for line, status in told if status), (0, 0))

    def _numbered(self, failed: Sequence[Record]) -> int:
        """Match failed attempts with the next one that went well: what waits when it does are the ones before it."""
        tries = [(each.first_line, _number_of(each), True) for each in failed]
        if any(number == 0 for _, number, _ in tries):
            return 0
        ends = [(line, _number_of(self._records[self._places[line]]), False) for line in self._ends]
        waiting: list[int] = []
        last = 0
        for line, number, is_failure in sorted(tries + ends):
            if is_failure:
                waiting.append(number)
                continue
            wanted = number - 1
            while wanted > 0 and wanted in waiting:
                waiting.remove(wanted)
                wanted -= 1
                last = line
        through = len(waiting) <= (1 - _SHARE) * len(failed)
        return last if through and last > failed[-1].first_line else 0

    def _announced(self, failed: Sequence[Record]) -> int:
        """Find that what is tried again went well in the end, time after time."""
        ends = [line for line in self._ends if line > failed[0].last_line]
        enough = len(ends) >= min(_LEAST_ENDS, len(failed)) and len(failed) <= _MOST_TRIES * len(ends)
        return ends[-1] if enough and ends[-1] > failed[-1].last_line else 0


def is_announced(lines: Collection[int], records: Sequence[Record]) -> bool:
    """Say whether, wherever a failure is told of, it is to be tried again.

    Parameters
    ----------
    lines
        The first lines of the records that tell of it.
    records
        All records of a log.
    """
    wanted = set(lines)
    places = [place for place, record in enumerate(records) if record.first_line in wanted]
    return bool(places) and all(
        any(_ANNOUNCED.search(each.text[:_HEAD_CHARS]) for each in records[place : place + 1 + _SOON])
        for place in places
    )


def _number_of(record: Record) -> int:
    found = _NUMBERED.search(record.text[:_HEAD_CHARS])
    return int(found[1]) if found else 0
