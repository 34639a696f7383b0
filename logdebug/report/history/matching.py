"""Finding past incidents that are like one: candidates by full-text search, then compared word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from logdebug.report.document import to_utc
from logdebug.report.history.wording import advice_of, similarity, weigh, words_of
from logdebug.report.text import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from logdebug.records import Diagnosis

__all__ = [
    "LEAST_SIMILAR",
    "LEAST_SIMILAR_SAME_SERVICE",
    "PastIncident",
    "candidates",
    "first_event",
    "happened",
    "stamped",
]

LEAST_SIMILAR_SAME_SERVICE = 0.40
LEAST_SIMILAR = 0.62
"""From here on incidents are taken for alike: of one service sooner than of two.

Measured on the diagnoses of 54 real failures of all sorts: no two that differ in cause come to 0.62, none of one
service to 0.40; the same failure with other numbers, ids and times is at 0.96 or above.
"""
_MOST_CANDIDATES = 60
_MOST_ASKED = 80


class PastIncident(NamedTuple):
    """A past incident, as the database has it; times are text that sorts as they do."""

    id: int
    run_id: str
    place: int
    service: str
    happened_at: str
    first_event: str | None
    log_sha256: str
    words: str


def first_event(diagnosis: Diagnosis) -> datetime | None:
    """Give when the first event of a diagnosis was, in UTC; None where none has a time."""
    return min((to_utc(event.timestamp) for event in diagnosis.timeline if event.timestamp), default=None)


def happened(diagnosis: Diagnosis, otherwise: datetime) -> datetime:
    """Give when an incident began, in UTC; another time where its diagnosis has none."""
    return first_event(diagnosis) or to_utc(otherwise)


def stamped(moment: datetime) -> str:
    """Give a time in UTC as text that sorts as times do."""
    return to_utc(moment).isoformat(timespec="microseconds")


def candidates(
    connection: sqlite3.Connection, diagnosis: Diagnosis, *, has_index: bool, before: datetime | None
) -> list[tuple[float, PastIncident]]:
    """Find the past incidents that are like one, the most similar first, each real incident once.

    Parameters
    ----------
    connection
        The history's database.
    diagnosis
        The incident to look for; other diagnoses of the same incident are left out.
    has_index
        Whether the database has a full-text index; without it every incident is compared.
    before
        Only incidents that happened before this time; None for all.
    """
    asked = words_of(diagnosis)
    if not asked:
        return []
    latest = stamped(before) if before else "~"
    rows = _by_index(connection, [*asked, *advice_of(diagnosis)], latest) if has_index else _all(connection, latest)
    known = {row.id: row.words.split() for row in rows}
    spoken = {*asked, *(word for words in known.values() for word in words)}
    count = connection.execute("SELECT count(*) FROM incidents WHERE words <> ''").fetchone()[0]
    rows_with = _rows_with(connection, spoken) if has_index else _counted(known.values())
    mine = weigh(asked, rows_with, count)
    found = [
        (score, row)
        for row in rows
        if (score := similarity(mine, weigh(known[row.id], rows_with, count))) >= _least(row.service, diagnosis)
        and not _is_same(row, diagnosis)
    ]
    return _distinct(sorted(found, key=lambda match: (-round(match[0], 6), _descending(match[1].happened_at))))


def _least(service: str, diagnosis: Diagnosis) -> float:
    return LEAST_SIMILAR_SAME_SERVICE if service == storable(diagnosis.service) else LEAST_SIMILAR


def _is_same(row: PastIncident, diagnosis: Diagnosis) -> bool:
    """Say whether a past diagnosis is one of the same incident: of the same log, or of the same service and moment."""
    if row.service != storable(diagnosis.service):
        return False
    begun = first_event(diagnosis)
    return (bool(row.log_sha256) and row.log_sha256 == storable(diagnosis.log_sha256)) or (
        begun is not None and row.first_event == stamped(begun)
    )


def _distinct(found: list[tuple[float, PastIncident]]) -> list[tuple[float, PastIncident]]:
    """Keep of several diagnoses of one incident the newest in the history."""
    newest: dict[tuple[str, str], tuple[float, PastIncident]] = {}
    for score, row in found:
        incident = (row.service, row.first_event or row.log_sha256 or str(row.id))
        held = newest.get(incident)
        if held is None or row.id > held[1].id:
            newest[incident] = (score, row)
    return sorted(newest.values(), key=lambda match: (-round(match[0], 6), _descending(match[1].happened_at)))


def _descending(text: str) -> tuple[int, ...]:
    return tuple(-ord(char) for char in text)


_COLUMNS = "i.id, i.run_id, i.place, i.service, i.happened_at, i.first_event, i.log_sha256, i.words"


def _by_index(connection: sqlite3.Connection, words: Iterable[str], latest: str) -> list[PastIncident]:
    """Give the incidents that have most of the rare ones of some words, by BM25; advice counts for less."""
    asked = " OR ".join(f'"{word}"' for word in list(dict.fromkeys(words))[:_MOST_ASKED])
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM words_index JOIN incidents i ON i.id = words_index.rowid"  # noqa: S608 - constants
        " WHERE words_index MATCH ? AND i.happened_at < ? ORDER BY bm25(words_index, 1.0, 0.3) LIMIT ?",
        (asked, latest, _MOST_CANDIDATES),
    )
    return [PastIncident(*row) for row in rows]


def _all(connection: sqlite3.Connection, latest: str) -> list[PastIncident]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM incidents i WHERE i.words <> '' AND i.happened_at < ?",  # noqa: S608 - constants
        (latest,),
    )
    return [PastIncident(*row) for row in rows]


def _rows_with(connection: sqlite3.Connection, words: Iterable[str]) -> dict[str, int]:
    """Say in how many incidents each of some words stands."""
    found: dict[str, int] = {}
    for word in words:
        row = connection.execute("SELECT doc FROM words_known WHERE term = ? AND col = 'words'", (word,)).fetchone()
        found[word] = row[0] if row else 0
    return found


def _counted(held: Iterable[list[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for words in held:
        for word in set(words):
            found[word] = found.get(word, 0) + 1
    return found
