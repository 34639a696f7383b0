"""Which day a time is of, in a log whose lines say the time of day only."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from logdebug.logs.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["has_no_dates", "unwrapped"]

_SAMPLE_BYTES = 8 << 10
_LINE_BYTES = 512
_DAY = timedelta(days=1)
# Threads write a little out of order, and clocks are put back by an hour: only more than that is another day.
_DISORDER = timedelta(hours=2)
_OF_ONE_DATED = 4
"""A date in one of so many lines is something that the log tells of, not when it tells it."""


def has_no_dates(text: bytes, reference: datetime) -> bool:
    """Say whether lines have times of day, and hardly one a date.

    Parameters
    ----------
    text
        A few KB of a log; no more is looked at.
    reference
        About when they were written.
    """
    lines = [line[:_LINE_BYTES].decode("utf-8", "replace") for line in text[:_SAMPLE_BYTES].split(b"\n")]
    dated = [parse_timestamp(line) is not None for line in lines]
    # What has a date is a time, whatever the reference.
    others = (line for line, is_dated in zip(lines, dated, strict=True) if not is_dated)
    timed = sum(dated) + sum(parse_timestamp(line, reference=reference) is not None for line in others)
    return timed > sum(dated) * _OF_ONE_DATED


def unwrapped(times: Sequence[datetime], last: datetime) -> list[datetime]:
    """Give times of day the days that put each before the next.

    Parameters
    ----------
    times
        In the log's order, of any day. Two that follow each other are less than a day apart.
    last
        The log's last time, whose day is known.
    """
    found: list[datetime] = []
    for time in reversed(times):
        last = time - math.ceil((time - last - _DISORDER) / _DAY) * _DAY
        found.append(last)
    return found[::-1]
