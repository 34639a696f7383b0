"""Which lines a search is about: those of records with some levels, or of a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from logdebug.errors import LogError
from logdebug.logs.fields import LEVELS, Level, level_of, parse_timestamp
from logdebug.logs.onward import OnwardLines
from logdebug.logs.traces import record_at, stands_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from logdebug.logs.lines import Line, LineIndex

__all__ = ["LineFilter", "Only", "only_of", "record_start"]

_LOOK_BACK_LINES = (6, 60, 2000)
_LOOK_ON_LINES = 2000
_TAIL_LINES = 40


@dataclass(frozen=True, slots=True)
class Only:
    """What a line's record must be for the line to count.

    Parameters
    ----------
    since, until
        The span of time, both ends included, in UTC; None for open.
    levels
        The levels; empty for all, those that state none included.
    """

    since: datetime | None = None
    until: datetime | None = None
    levels: frozenset[Level] = frozenset()

    def __bool__(self) -> bool:
        """Say whether anything is left out at all."""
        return bool(self.levels or self.since or self.until)


def only_of(
    index: LineIndex,
    *,
    since: datetime | str | None,
    until: datetime | str | None,
    levels: Iterable[Level] | None,
    modified: datetime,
    name: str,
) -> Only:
    """Read what a caller asks for.

    Parameters
    ----------
    index
        The log's lines.
    since, until
        Times, or texts that say one: ISO with or without seconds and zone, a day, a time of day (of the log's last
        day), or as any log writes it. A day as `until` is meant to its end. Without a zone they are UTC.
    levels
        The levels that count; None for all.
    modified
        When the log was last written, for times without a year.
    name
        The log's name, for errors.

    Raises
    ------
    LogError
        Where a text is no time, or a word no level.
    """
    wanted = frozenset(levels) if levels is not None else frozenset()
    unknown = sorted(str(word) for word in wanted - set(LEVELS))
    if unknown or (levels is not None and not wanted):
        said = ", ".join(unknown) or "an empty list"
        raise LogError(f"{said} is no level to search for; levels are {', '.join(LEVELS)}", log=name)
    reference = modified
    if any(isinstance(limit, str) for limit in (since, until)):
        reference = _last_time(index, modified) or modified
    return Only(
        _limit(since, reference, name, end=False),
        _limit(until, reference, name, end=True),
        wanted,
    )


def _last_time(index: LineIndex, modified: datetime) -> datetime | None:
    count = index.line_count
    for line in reversed(list(index.lines(count - _TAIL_LINES, count))):
        time = parse_timestamp(line.text, reference=modified)
        if time is not None:
            return time
    return None


def _limit(limit: datetime | str | None, reference: datetime, name: str, *, end: bool) -> datetime | None:
    """Read one end of a span of time."""
    if limit is None or isinstance(limit, datetime):
        time = limit
    else:
        time = _read(limit.strip(), reference, end=end)
        if time is None:
            raise LogError(
                f"{limit!r} is no time to search from or to; write it as 2026-11-22T08:42:55Z or 08:42:55", log=name
            )
    if time is None:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def _read(text: str, reference: datetime, *, end: bool) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        # 08:42 is a time of day, too.
        text = f"{text}:00" if text.count(":") == 1 and len(text) <= 5 else text
        # A time of day is of the last day, not of the day that puts it nearest.
        text = text if parse_timestamp(text) is not None else f"{reference:%Y-%m-%d} {text}"
        return parse_timestamp(text, reference=reference)
    if end and len(text) <= 10 and ":" not in text:
        return time.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return time


class LineFilter:
    """Tells of line after line, in their order, whether its record is one that counts.

    Only lines asked for are looked at, so that a search that finds little costs little, wherever in the log it is.

    Parameters
    ----------
    index
        The log's lines.
    only
        What counts.
    reference
        Says of a line's number about when the line was written, for times without year or date.
    """

    def __init__(self, index: LineIndex, only: Only, reference: Callable[[int], datetime]) -> None:
        self._index = index
        self._onward = OnwardLines(index)
        self._only = only
        self._reference = reference
        self._last_line = 0
        self._kept = False
        self._time: datetime | None = None

    def keeps(self, number: int) -> bool:
        """Say whether a line counts; lines are to be asked for in ascending order."""
        if number > self._last_line:
            self._kept = self._judge(number)
        return self._kept

    def _judge(self, number: int) -> bool:
        self._last_line = number
        line = next(iter(self._onward.lines(number, number)), None)
        if line is None:
            return False  # the log was cut short since
        level = level_of(line.text)
        if stands_alone(line.text) and (level or not self._only.levels):
            return self._fits(level, parse_timestamp(line.text, reference=self._reference(number)))
        start = record_start(self._index, line)
        record = record_at(self._index.lines(start, number + _LOOK_ON_LINES), number, reference=self._reference)
        if record is None:
            return False
        self._last_line = max(record.last_line, number)
        time = record.timestamp or (self._time_before(record.first_line) if self._is_timed() else None)
        return self._fits(record.level, time)

    def _is_timed(self) -> bool:
        return bool(self._only.since or self._only.until)

    def _fits(self, level: Level | None, time: datetime | None) -> bool:
        only = self._only
        if only.levels and level not in only.levels:
            return False
        if not self._is_timed():
            return True
        self._time = time = time or self._time
        return time is not None and (not only.since or time >= only.since) and (not only.until or time <= only.until)

    def _time_before(self, number: int) -> datetime | None:
        """Give the time of the nearest line above that has one: what has no time happened about then."""
        first = max(number - _LOOK_BACK_LINES[1], 1)
        for line in reversed(list(self._index.lines(first, number - 1))):
            time = parse_timestamp(line.text, reference=self._reference(line.number))
            if time is not None:
                return time
        return None


def record_start(index: LineIndex, line: Line) -> int:
    """Give the nearest line at or before `line` that begins a record for sure, or one far enough before."""
    if stands_alone(line.text):
        return line.number
    back = 0
    for back in _LOOK_BACK_LINES:
        for earlier in reversed(list(index.lines(line.number - back, line.number - 1))):
            if stands_alone(earlier.text):
                return earlier.number
    return max(line.number - back, 1)
