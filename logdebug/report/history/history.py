"""Many reports over time, in one SQLite file: what failed how often, what comes again, and what was seen before."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from logdebug.errors import ReportError
from logdebug.report.document import to_utc
from logdebug.report.history.matching import candidates, first_event, happened, stamped
from logdebug.report.history.sightings import Sightings, sighting_of
from logdebug.report.history.store import Store
from logdebug.report.history.wording import advice_of, words_of
from logdebug.report.report import Report
from logdebug.report.text import one_line, shorten, storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from logdebug.records import Diagnosis
    from logdebug.report.history.charts import HistoryPlots

__all__ = ["History"]


class History:
    """Reports that were kept, and what they tell together.

        history = ld.History("history.db")
        history.add(report)
        history.plot.categories()
        history.similar(report["payment-svc"])

    Several processes and threads may use one file at once.

    Parameters
    ----------
    path
        The file. It is made where there is none, readable by its owner alone: it holds what logs say.

    Raises
    ------
    ReportError
        Where the file can't be used: no database, another program's, a newer logdebug's, not writable.
    """

    def __init__(self, path: str | Path) -> None:
        self._store = Store(path)

    @property
    def path(self) -> Path:
        """The file."""
        return self._store.path

    @property
    def has_index(self) -> bool:
        """Whether `similar` finds its candidates by full-text search; without FTS5 in SQLite it compares with all."""
        return self._store.has_index

    def add(self, report: Report) -> None:
        """Keep a report; one with the same `run_id` is replaced, as after a review.

        Parameters
        ----------
        report
            The report; it is kept whole, and given back as it is by `load`.

        Raises
        ------
        ReportError
            Where it has no `run_id`, or the database fails; what was kept before is as it was.
        """
        if not report.run_id.strip():
            raise ReportError("the report has no run_id, by which a history tells reports apart; give it one first")
        run_id = storable(report.run_id)
        text = report.to_json()
        rows = [_row_of(run_id, place, each, report.generated_at) for place, each in enumerate(report.reports)]
        with self._store.write() as connection:
            connection.execute("DELETE FROM runs WHERE run_id = ?", (run_id,))
            connection.execute(
                "INSERT INTO runs (run_id, generated_at, model, document) VALUES (?, ?, ?, ?)",
                (run_id, stamped(report.generated_at), storable(report.model), text),
            )
            connection.executemany(
                "INSERT INTO incidents (run_id, place, service, happened_at, first_event, log_sha256, words, advice)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            if self.has_index:
                _bring_index_up_to_date(connection)

    def load(self, run_id: str) -> Report:
        """Return a report as it was added.

        Raises
        ------
        ReportError
            Where there is none of that run.
        """
        with self._store.open() as connection:
            row = connection.execute("SELECT document FROM runs WHERE run_id = ?", (storable(run_id),)).fetchone()
        if row is None:
            raise ReportError(f"no report of run {one_line(run_id)!r} in {self.path}; it has {self._known()}")
        return Report.from_json(row[0], source=f"run {one_line(run_id)} in {self.path}")

    def reports(
        self,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
        *,
        service: str | None = None,
    ) -> Iterator[Report]:
        """Give the reports of a span of time one by one, oldest first.

        Parameters
        ----------
        since, until
            By when they were made (`generated_at`), both included; a day as `until` is meant to its end. Times without
            a zone are UTC. None for open.
        service
            Only those with a diagnosis of this service; None for all.
        """
        for run_id in self._run_ids(since, until, service):
            yield self.load(run_id)

    def to_df(
        self,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
        *,
        service: str | None = None,
    ) -> pd.DataFrame:
        """Return one row per diagnosis of every report, the oldest report first.

        Parameters
        ----------
        since, until, service
            As for `reports`; other services' rows are left out, too.

        Returns
        -------
        pandas.DataFrame
            Columns run_id, generated_at (UTC), and those of `Report.to_df`. An incident that was investigated twice
            has two rows; `distinct` of `logdebug.report.history.trends` keeps the newer.
        """
        from logdebug.report.history.trends import history_frame

        return history_frame(self.reports(since, until, service=service), service)

    def repeats(
        self,
        since: datetime | date | str | None = None,
        until: datetime | date | str | None = None,
        *,
        service: str | None = None,
    ) -> pd.DataFrame:
        """Return what came again; see `logdebug.report.history.trends.repeats` for the columns."""
        from logdebug.report.history.trends import repeats

        return repeats(self.to_df(since, until, service=service))

    @property
    def plot(self) -> HistoryPlots:
        """The history's charts: `history.plot.categories()`, `.severities()`, `.repeats()`."""
        from logdebug.report.history.charts import HistoryPlots

        return HistoryPlots(self)

    def similar(self, diagnosis: Diagnosis, limit: int = 5, *, before: datetime | None = None) -> Sightings:
        """Find past incidents that say the same as one, and how they were dealt with.

        What is compared are the telling words of root cause, quotes and category, without numbers, ids and paths; an
        incident of the same service is taken for alike sooner than one of another. The incident itself is left out,
        however often it was investigated.

        Parameters
        ----------
        diagnosis
            The incident to look for.
        limit
            The most that are given.
        before
            Only those that happened before this time; None for all.

        Returns
        -------
        Sightings
            The most similar first; empty where nothing is like it.
        """
        with self._store.open() as connection:
            found = candidates(connection, diagnosis, has_index=self.has_index, before=before)[: max(limit, 0)]
        held = {run_id: self.load(run_id) for run_id in dict.fromkeys(row.run_id for _, row in found)}
        return Sightings(sighting_of(row, score, held[row.run_id].reports[row.place]) for score, row in found)

    def __len__(self) -> int:
        """Count the reports."""
        with self._store.open() as connection:
            return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])

    def __bool__(self) -> bool:
        """Be true, with no report in it, too."""
        return True

    def __contains__(self, run_id: object) -> bool:
        """Whether the report of a run is kept."""
        if not isinstance(run_id, str):
            return False
        with self._store.open() as connection:
            found = connection.execute("SELECT 1 FROM runs WHERE run_id = ?", (storable(run_id),)).fetchone()
        return found is not None

    def __repr__(self) -> str:
        """Name the file and say what is in it."""
        with self._store.open() as connection:
            incidents = connection.execute("SELECT count(*) FROM incidents").fetchone()[0]
            reports, first, last = connection.execute(
                "SELECT count(*), min(generated_at), max(generated_at) FROM runs"
            ).fetchone()
        span = f", {first[:10]} to {last[:10]}" if reports else ""
        return f"<History {one_line(self.path.name)}: {reports:,} reports, {incidents:,} incidents{span}>"

    def _run_ids(
        self, since: datetime | date | str | None, until: datetime | date | str | None, service: str | None
    ) -> list[str]:
        first = stamped(_moment(since, "since")) if since is not None else ""
        last = stamped(_moment(until, "until", end=True)) if until is not None else "~"
        query = "SELECT run_id FROM runs WHERE generated_at >= ? AND generated_at <= ?"
        values = [first, last]
        if service is not None:
            query += " AND run_id IN (SELECT run_id FROM incidents WHERE service = ?)"
            values.append(storable(service))
        with self._store.open() as connection:
            return [row[0] for row in connection.execute(f"{query} ORDER BY generated_at, run_id", values)]

    def _known(self) -> str:
        run_ids = self._run_ids(None, None, None)
        return shorten(", ".join(map(one_line, reversed(run_ids))), 500) if run_ids else "none at all"


def _row_of(run_id: str, place: int, diagnosis: Diagnosis, generated_at: datetime) -> tuple[object, ...]:
    begun = first_event(diagnosis)
    return (
        run_id,
        place,
        storable(diagnosis.service),
        stamped(happened(diagnosis, generated_at)),
        stamped(begun) if begun else None,
        storable(diagnosis.log_sha256),
        storable(" ".join(words_of(diagnosis))),
        storable(" ".join(advice_of(diagnosis))),
    )


def _bring_index_up_to_date(connection: sqlite3.Connection) -> None:
    """Index what isn't yet and drop what is gone: a SQLite without full-text search may have written in between."""
    connection.execute("DELETE FROM words_index WHERE rowid NOT IN (SELECT id FROM incidents)")
    connection.execute(
        "INSERT INTO words_index (rowid, words, advice) SELECT id, words, advice FROM incidents"
        " WHERE id NOT IN (SELECT rowid FROM words_index)"
    )


def _moment(given: datetime | date | str, name: str, *, end: bool = False) -> datetime:
    """Read a time; a day is its begin, or its end."""
    if isinstance(given, str):
        try:
            given = date.fromisoformat(given) if len(given) == 10 else datetime.fromisoformat(given)
        except ValueError:
            raise ReportError(
                f"{name} is {given!r}, no time; write for example '2026-11-22' or '2026-11-22T08:42'"
            ) from None
    if isinstance(given, datetime):
        return to_utc(given)
    day = datetime.combine(given, time(), UTC)
    return day + timedelta(days=1, microseconds=-1) if end else day
