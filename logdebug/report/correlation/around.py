"""The lines around what was quoted of an incident's log, and its head, where the log can be read and still holds it.

Never more than a bounded part of a log is read, and nothing outside the incident's directory.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from logdebug.errors import LogError
from logdebug.logs import parse_timestamp
from logdebug.logs.timestamps import says_date
from logdebug.report.correlation.lines import LogLines
from logdebug.report.opening import open_log_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from logdebug.logs import Log
    from logdebug.records import Diagnosis, Evidence

__all__ = ["Around", "read_around"]

_WINDOW_BYTES = 64 << 10
_HEAD_BYTES = 32 << 10
_MOST_WINDOWS = 8
_MOST_PACKED_BYTES = 64 << 20
"""To come to a line of a packed log all before it is unpacked; in larger ones that isn't bounded enough."""
_MOST_LINE = 4000


class Around(LogLines):
    """Lines that were read, each of the time that it carries, or else of the last one before it.

    Parameters
    ----------
    found
        The lines by their numbers.
    quoted
        The numbers of those that are quoted.
    log
        Their log, open. Only one whose lines say the time of day and no date is read from end to end, now: its days
        are counted.
    """

    def __init__(self, found: dict[int, str], quoted: Sequence[int], log: Log) -> None:
        numbers = sorted(found)
        super().__init__(numbers, [found[number] for number in numbers])
        self._times: dict[int, datetime | None] = {}
        if all(says_date(found.get(number, "")) for number in (numbers[0], *quoted)):
            modified = log.modified
            self._about: Callable[[int], datetime] = lambda _: modified
        else:
            log.written_about(1)  # from now on it knows this of all lines, and needs not be open
            self._about = log.written_about

    def time_of(self, place: int) -> datetime | None:
        """Give the time of the line at a place; what was not read before it may have had other times."""
        begin, stamp = place, self._stamp(place)
        while stamp is None and begin and self.numbers[begin - 1] == self.numbers[begin] - 1:
            begin -= 1
            stamp = self._stamp(begin)
        self._times.update(dict.fromkeys(range(begin, place + 1), stamp))
        return stamp

    def _stamp(self, place: int) -> datetime | None:
        if place in self._times:
            return self._times[place]
        with suppress(ValueError, OverflowError):
            return parse_timestamp(self.said_at(place), reference=self._about(self.numbers[place]))
        return None


def read_around(diagnosis: Diagnosis) -> Around | None:
    """Read the lines around an incident's quotes, and the head of its log.

    Returns
    -------
    Around or None
        At most about 1 MiB of them; None where there are none, or the log is gone, lies elsewhere than in the
        incident's directory, or isn't the one that the quotes are from.
    """
    quotes = [
        quote
        for quote in diagnosis.evidence
        if quote.verified and quote.file == diagnosis.log_file and quote.byte_start is not None and quote.line
    ]
    if not quotes:
        return None
    try:
        with open_log_of(diagnosis) as log:
            if log.is_compressed and log.stored_bytes > _MOST_PACKED_BYTES:
                return None
            found = _lines_around(log, quotes[:_MOST_WINDOWS])
            return Around(found, [quote.line or 1 for quote in quotes[:_MOST_WINDOWS]], log) if found else None
    except LogError:  # gone, unreadable, damaged, elsewhere than it says
        return None


def _lines_around(log: Log, quotes: list[Evidence]) -> dict[int, str]:
    """Give the lines around quotes, and those at the log's head, by their numbers; none where one has changed."""
    found: dict[int, str] = {}
    whole = b""  # of a small log, which is read once
    for quote in quotes:
        start = quote.byte_start or 0
        begin = 0 if whole else max(start - _WINDOW_BYTES, 0)
        data = whole or log.source.read(begin, start - begin + _WINDOW_BYTES)
        if not _holds(data[start - begin :], quote):
            return {}
        if not whole:
            found.update(_split(data, (quote.line or 1) - data.count(b"\n", 0, start - begin), cut=begin > 0))
            whole = data if not begin and len(data) < start + _WINDOW_BYTES else b""
    if not whole:
        found.update(_split(log.source.read(0, _HEAD_BYTES), 1, cut=False))
    return found


def _holds(data: bytes, quote: Evidence) -> bool:
    """Say whether a log still has a quote where it was found."""
    lines = quote.quote.strip().splitlines()
    wanted = lines[0].strip()[:60] if lines else ""
    height = quote.quote.count("\n") + 2
    said = b"\n".join(data.split(b"\n", height)[:height]).decode("utf-8", "replace")
    return bool(wanted) and " ".join(wanted.split()) in " ".join(said.split())


def _split(data: bytes, first: int, *, cut: bool) -> dict[int, str]:
    """Give the whole lines of a stretch by their numbers; where it is cut from what is before, its first is a part."""
    parts = data.split(b"\n")[:-1]
    return {
        first + place: part[:_MOST_LINE].decode("utf-8", "replace").rstrip("\r")
        for place, part in enumerate(parts)
        if part and not (cut and not place)
    }
