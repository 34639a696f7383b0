"""Find and read the time in a log line, in any of the forms that programs usually write."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from logdebug.logs.clocks import FORMS, UTC_NAMES, ZONES

__all__ = ["Stamp", "find_timestamp", "parse_timestamp", "says_date", "timestamp_end", "timestamp_span"]

_MONTHS = {
    name: number
    for names, number in (
        ("jan janv gen ene", 1),
        ("feb fév fev", 2),
        ("mar mär mrz mars", 3),
        ("apr avr abr", 4),
        ("may mai mei maj", 5),
        ("jun juin giu", 6),
        ("jul juil lug", 7),
        ("aug août ago", 8),
        ("sep sept set", 9),
        ("oct okt ott out", 10),
        ("nov", 11),
        ("dec dez déc dic", 12),
    )
    for name in names.split()
}
_ZONES_AHEAD = timedelta(hours=14)
_HEAD_CHARS = 100
_KEPT_HEADS = 2_000
"""Of so many lines, the latest, it is known where their time stands: whoever reads a line asks for it several times."""
# What every form has; most lines without a time are done with after this.
_DIGITS = re.compile(r"\d:[0-5]\d|\d{6}")

_JSON_KEY = re.compile(
    r'"(?:@?timestamp|@t|time|ts|t|datetime|date|eventTime|event_time|asctime|timeMillis|Timestamp|logged_at|created'
    r'|_SOURCE_REALTIME_TIMESTAMP|__REALTIME_TIMESTAMP)"\s*:\s*(?:\{\s*"\$date"\s*:\s*)?'
    r'(?:"(?P<text>[^"]{6,40})"|(?P<e>1\d{9}(?:\.\d+|\d{3}|\d{6}|\d{9})?)(?![\w.]))'
)
_LOGFMT_KEY = re.compile(r'\b(?:time|ts|timestamp|t|__REALTIME_TIMESTAMP)="?(?P<text>[^" ]{8,40}(?: [\d:.,]+)?)')
_EPOCH = re.compile(r"1\d{9}(?:\.\d+|\d{3}|\d{6}|\d{9})?")


class Stamp(NamedTuple):
    """A time found in a line: when, and the characters [start, end) that say so."""

    time: datetime
    start: int
    end: int


def parse_timestamp(text: str, *, reference: datetime | None = None) -> datetime | None:
    """Give the time that a log line, or a bare timestamp, carries.

    Parameters
    ----------
    text
        A line of any usual format; JSON lines and logfmt by their keys.
    reference
        About when the log was written, for forms without a year (default: now) or without a date (default: such a
        form gives None).

    Returns
    -------
    datetime or None
        In UTC; a time without a zone is taken as UTC. None where no time is found, or only seconds since boot.
    """
    stamp = find_timestamp(text, reference=reference)
    return stamp.time if stamp else None


def find_timestamp(text: str, *, reference: datetime | None = None) -> Stamp | None:
    """Find the time that a log line carries, and where in the line it stands.

    Parameters
    ----------
    text, reference
        As for `parse_timestamp`.
    """
    if text.lstrip()[:1] == "{":
        return _keyed(_JSON_KEY, text[:8192], reference)
    head = text[:_HEAD_CHARS]
    stamp = _whole_stamp_in(head) or _stamp_in(head, reference)
    if stamp is None and "=" in head and _DIGITS.search(head):
        return _keyed(_LOGFMT_KEY, text[:1024], reference)
    return stamp


def says_date(text: str) -> bool:
    """Tell whether the time at the head of a line has its date, so that it is read the same whenever it was written."""
    return text.lstrip()[:1] != "{" and _whole_stamp_in(text[:_HEAD_CHARS]) is not None


def timestamp_span(text: str) -> tuple[int, int] | None:
    """Give where the time in the head of a line stands, without reading it: the characters [start, end)."""
    match = _first_match(text[:_HEAD_CHARS])
    return match.span() if match else None


def timestamp_end(text: str) -> int:
    """Give where the time at the head of a line ends; -1 where none begins within 40 characters."""
    span = timestamp_span(text)
    return span[1] if span and span[0] <= 40 else -1


@lru_cache(_KEPT_HEADS)
def _first_match(head: str) -> re.Match[str] | None:
    """Give the first form that fits in the head of a line."""
    usual = FORMS[0].match(head)  # most lines begin with it
    if usual:
        return usual
    if not _DIGITS.search(head):
        return None
    for form in FORMS:
        match = form.search(head)
        if match:
            return match
    return None


@lru_cache(_KEPT_HEADS)
def _whole_stamp_in(head: str) -> Stamp | None:
    """Give the time in the head of a line where the first form that fits says the year, too."""
    match = _first_match(head)
    if match is None:
        return None
    time = _usual_time(match) if match.re is FORMS[0] else None
    if time is None:
        fields = match.groupdict()
        time = _build(fields, None) if fields.get("y") or fields.get("e") else None
    return Stamp(time, match.start(), match.end()) if time else None


def _usual_time(match: re.Match[str]) -> datetime | None:
    """Make a time of the first form where it is in UTC and nothing about it is odd, at a third of the cost."""
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if zone not in UTC_NAMES:
        return None
    microsecond = int(f"{fraction}000000"[:6]) if fraction else 0
    try:
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), microsecond, UTC)
    except ValueError:
        return None


def _stamp_in(head: str, reference: datetime | None) -> Stamp | None:
    """Give the time in the head of a line, by the first form that fits and makes one."""
    match = _first_match(head)
    while match is not None:
        time = _build(match.groupdict(), reference)
        if time:
            return Stamp(time, match.start(), match.end())
        others = FORMS[FORMS.index(match.re) + 1 :]
        match = next((match for form in others if (match := form.search(head))), None)
    return None


def _keyed(pattern: re.Pattern[str], text: str, reference: datetime | None) -> Stamp | None:
    """Find a time under one of the keys that `pattern` knows."""
    for match in pattern.finditer(text):
        fields = match.groupdict()
        if fields.get("e"):
            time = _from_epoch(fields["e"])
        elif _EPOCH.fullmatch(fields["text"]):
            time = _from_epoch(fields["text"])
        else:
            inner = next((found for form in FORMS if (found := form.search(fields["text"]))), None)
            time = _build(inner.groupdict(), reference) if inner else None
        if time:
            return Stamp(time, match.start(), match.end())
    return None


def _from_epoch(digits: str) -> datetime | None:
    """Read seconds, ms, µs or ns since 1970, told apart by how many digits there are."""
    whole, _, fraction = digits.partition(".")
    scale = 10 ** (len(whole) - 10)
    try:
        time = datetime.fromtimestamp(int(whole) // scale, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    rest = (int(whole) % scale) * 1_000_000 // scale if scale > 1 else int((fraction + "000000")[:6])
    return time + timedelta(microseconds=rest)


def _build(fields: dict[str, str | None], reference: datetime | None) -> datetime | None:
    """Make a time of a form's named groups, or None where they are none (month 13, day 31 of June)."""
    epoch = fields.get("e")
    if epoch:
        return _from_epoch(epoch)
    month = fields.get("mo") or _MONTHS.get((fields.get("b") or "").lower())
    if month is None:
        return None if fields.get("b") else _time_of_day(fields, reference)
    year = fields.get("y")
    try:
        if year is None:
            return _without_year(fields, int(month), reference)
        return _at(int(year) + (2000 if len(year) == 2 else 0), int(month), int(fields["d"] or 0), fields)
    except ValueError:
        return None


def _at(year: int, month: int, day: int, fields: dict[str, str | None]) -> datetime:
    hour, second = int(fields["h"] or 0), int(fields["s"] or 0)
    half = fields.get("p")
    if half:
        hour = hour % 12 + (12 if half == "PM" else 0)
    microsecond = int(((fields.get("f") or "") + "000000")[:6])
    if hour < 24 and second < 60 and fields.get("z") in UTC_NAMES:
        return datetime(year, month, day, hour, int(fields["mi"] or 0), second, microsecond, UTC)
    # 24:00:00 and leap seconds are written by real clocks; datetime has neither.
    extra = timedelta(days=hour // 24, minutes=second // 60)
    time = datetime(year, month, day, hour % 24, int(fields["mi"] or 0), second % 60, microsecond, _zone(fields))
    return (time + extra).astimezone(UTC)


def _zone(fields: dict[str, str | None]) -> timezone:
    zone = fields.get("z")
    if not zone:
        return UTC
    if zone[0] in "+-":
        minutes = int(zone[1:3]) * 60 + int(zone[-2:])
        return timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes)) if minutes < 24 * 60 else UTC
    return timezone(timedelta(hours=ZONES[zone]))


def _without_year(fields: dict[str, str | None], month: int, reference: datetime | None) -> datetime:
    """Take the year that puts the time last before the reference, allowing clocks a day's difference."""
    reference = reference or datetime.now(UTC)
    day = int(fields["d"] or 0)
    # 29 February exists in some of the last years only.
    for year in range(reference.year + 1, reference.year - 8, -1):
        try:
            time = _at(year, month, day, fields)
        except ValueError:
            continue
        if time <= reference + timedelta(days=1):
            return time
    raise ValueError(f"no year has a day {day} of month {month}")


def _time_of_day(fields: dict[str, str | None], reference: datetime | None) -> datetime | None:
    """Take the day that puts the time before the reference, or after it by no more than zones are ahead of UTC."""
    if reference is None:
        return None
    time = _at(reference.year, reference.month, reference.day, fields)
    ahead = time - reference.astimezone(UTC)
    return time - timedelta(days=(ahead >= _ZONES_AHEAD) - (ahead < _ZONES_AHEAD - timedelta(days=1)))
