"""Gaps in time: where a log fell silent for much longer than it ever does otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from heapq import nlargest
from itertools import pairwise
from typing import TYPE_CHECKING

from logdebug.logs.timestamps import find_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from logdebug.logs.log import Log
    from logdebug.logs.scan import Scan

__all__ = ["Silence", "silences_of"]

_SMALL_LINES = 300  # up to here every line's time is read
_CANDIDATES = 6
_MOST = 3
_LEAST_SECONDS = 10.0
_TIMES_NEXT = 3.0  # a silence stands out that is so many times as long as the next longest one
_TIMES_USUAL = 30.0  # and as the usual time from line to line
_NEAR_LINES = 20


@dataclass(frozen=True, slots=True)
class Silence:
    """A gap in time between two lines.

    Parameters
    ----------
    seconds
        How long it is.
    last_line, next_line
        The last line that has a time before it, and the first one after it.
    since
        The time of the line before it, in UTC.
    """

    seconds: float
    last_line: int
    next_line: int
    since: datetime


def silences_of(log: Log, scan: Scan) -> tuple[Silence, ...]:
    """Give the silences that stand out, at most three, in the log's order.

    Parameters
    ----------
    log, scan
        The log and what a pass over it found. Of a large log only the stretches that took longest are looked into.
    """
    if scan.first_time is None or scan.last_time is None or scan.line_count < 3:
        return ()
    span = (scan.last_time - scan.first_time).total_seconds()
    if scan.line_count <= _SMALL_LINES:
        steps = _longest_steps(_times(log, 1, scan.line_count), _MOST + 1)
    else:
        steps = _steps(_starts(scan))
        usual = max(span, 0.0) / scan.line_count
        steps.sort(key=lambda step: -_excess(step, usual))
        steps = [_narrowed(log, step, usual) for step in steps[:_CANDIDATES]]
    steps.sort(key=lambda step: -step.seconds)
    known = [*(step.seconds for step in steps), 0.0]
    for count in range(min(_MOST, len(steps)), 0, -1):
        usual = max(span - sum(known[:count]), 0.0) / scan.line_count
        least = max(_LEAST_SECONDS, _TIMES_NEXT * known[count], _TIMES_USUAL * usual)
        if known[count - 1] >= least:
            return tuple(sorted(steps[:count], key=lambda step: step.last_line))
    return ()


def _steps(times: Iterable[tuple[int, datetime]]) -> list[Silence]:
    """Give the steps from each time to the next."""
    return [_between(*pair) for pair in pairwise(times)]


def _longest_steps(times: Iterable[tuple[int, datetime]], most: int) -> list[Silence]:
    """Give the longest of the steps from each time to the next."""
    return [_between(*pair) for pair in nlargest(most, pairwise(times), key=lambda pair: pair[1][1] - pair[0][1])]


def _excess(step: Silence, usual: float) -> float:
    """Give how many seconds more a stretch takes than so many lines usually do."""
    return step.seconds - usual * (step.next_line - step.last_line)


def _starts(scan: Scan) -> list[tuple[int, datetime]]:
    """Give the stretches' first lines and times, and the log's last."""
    starts = [(piece.first_line, piece.time) for piece in scan.slices if piece.time is not None]
    return [*starts, (scan.line_count, scan.last_time)] if scan.last_time is not None else starts


def _between(before: tuple[int, datetime], after: tuple[int, datetime]) -> Silence:
    return Silence((after[1] - before[1]).total_seconds(), before[0], after[0], before[1])


def _narrowed(log: Log, step: Silence, usual: float) -> Silence:
    """Find the longest silence in a stretch, or one about as long, by halving it."""
    while step.next_line - step.last_line > 2 * _NEAR_LINES:
        middle = (step.last_line + step.next_line) // 2
        found = next(_times(log, middle, min(middle + _NEAR_LINES, step.next_line - 1)), None)
        if found is None:
            return step
        parts = (
            _between((step.last_line, step.since), found),
            _between(found, (step.next_line, _end_of(step))),
        )
        step = max(parts, key=lambda part: _excess(part, usual))
    times = [(step.last_line, step.since), *_times(log, step.last_line + 1, step.next_line - 1)]
    times.append((step.next_line, _end_of(step)))
    return max(_steps(times), key=lambda part: part.seconds)


def _end_of(step: Silence) -> datetime:
    return step.since + timedelta(seconds=step.seconds)


def _times(log: Log, first: int, last: int) -> Iterator[tuple[int, datetime]]:
    """Give the lines of a range that have a time, with it; no more is read than is asked for."""
    for line in log.iter_lines(first, last):
        stamp = find_timestamp(line.text, reference=log.written_about(line.number))
        if stamp is not None:
            yield line.number, stamp.time
