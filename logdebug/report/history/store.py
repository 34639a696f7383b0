"""The file that a history lies in: SQLite, made private, its schema versioned, safe with several writers.

A connection lives as long as one operation, so that a history can be used from any thread and after a fork, and leaves
nothing open.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SCHEMA_VERSION", "Store"]

_APPLICATION_ID = 0x6C646267
"""What marks the file as one of ours (`PRAGMA application_id`): "ldbg"."""
_WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.05

_FIRST_SCHEMA = """
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    generated_at TEXT NOT NULL,
    model TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX runs_by_time ON runs (generated_at);
CREATE TABLE incidents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    service TEXT NOT NULL,
    happened_at TEXT NOT NULL,
    first_event TEXT,
    log_sha256 TEXT NOT NULL,
    words TEXT NOT NULL,
    advice TEXT NOT NULL
);
CREATE INDEX incidents_by_run ON incidents (run_id);
CREATE INDEX incidents_by_service ON incidents (service)
"""
_MIGRATIONS: tuple[str, ...] = (_FIRST_SCHEMA,)
"""The statements that lead from each version of the schema to the next; `PRAGMA user_version` says how far a file is.

What stands here is in people's files: it is added to and never changed.
"""

SCHEMA_VERSION = len(_MIGRATIONS)
"""The version of the schema that this module writes, and the newest that it reads."""

_INDEX = """
CREATE VIRTUAL TABLE IF NOT EXISTS words_index USING fts5 (words, advice, tokenize = 'unicode61 remove_diacritics 0')
"""
_VOCABULARY = "CREATE VIRTUAL TABLE IF NOT EXISTS words_known USING fts5vocab (words_index, 'col')"


class Store:
    """A database file.

    Parameters
    ----------
    path
        The file; it is made where there is none, for its owner alone (mode 0600).

    Raises
    ------
    ReportError
        Where it can't be opened or made, is no database, one of something else, or written by a newer logdebug.
    """

    def __init__(self, path: str | Path) -> None:
        self._named = str(path)
        try:
            self.path = Path(path).expanduser().absolute()
            if self.path.is_dir():
                raise ReportError(f"{path} is a directory; name a file in it, for example {Path(path) / 'history.db'}")
            _make_private(self.path)
        except (OSError, RuntimeError, ValueError) as error:  # also no home for ~, a NUL in the name
            reason = getattr(error, "strerror", None) or error
            raise ReportError(f"{path} can't be made: {reason}; give a file in a directory you may write to") from error
        with self.open() as connection:
            self._check(connection)
            self.has_index = _prepare(connection)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Give a connection, and close it afterwards.

        Raises
        ------
        ReportError
            Where the database fails: it is locked for too long, damaged, full, read-only.
        """
        try:
            with closing(_connect(self.path)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise ReportError(f"{self._named} {self._remedy(error)}") from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give a connection within a transaction that is kept whole or, where something is raised, not at all.

        Raises
        ------
        ReportError
            As `open` does.
        """
        with self.open() as connection:
            # Taken at once: to read first and then find that another writes would fail without waiting.
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:  # an interrupt leaves nothing half done either
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _check(self, connection: sqlite3.Connection) -> None:
        """Refuse a file that isn't ours, or newer than we are."""
        connection.execute("BEGIN")  # all three as of one moment: another may be making the tables
        version, application = _pragma(connection, "user_version"), _pragma(connection, "application_id")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        connection.execute("COMMIT")
        if application != _APPLICATION_ID and (tables or application or version):
            raise ReportError(f"{self._named} is a database of another program; give a file of its own to the history")
        if version > SCHEMA_VERSION:
            raise ReportError(
                f"{self._named} has schema {version}, and this logdebug reads up to {SCHEMA_VERSION}: a newer one "
                "wrote it; upgrade with `pip install --upgrade logdebug`"
            )

    def _remedy(self, error: sqlite3.Error) -> str:
        said = str(error)
        if "not a database" in said:
            return "is not a database; give the path of a history, or of a file that isn't there yet"
        if "locked" in said or "busy" in said:
            return f"was locked by another writer for {_WAIT_SECONDS:.0f} s; try again when it is done"
        if "readonly" in said or "unable to open" in said:
            return f"can't be written: {said}; give a file in a directory you may write to"
        if "malformed" in said:
            return f"is damaged: {said}; go back to a copy, or start a new one from saved reports"
        return f"can't be used: {said}"


def _make_private(path: Path) -> None:
    """Make a file that only its owner may read, where there is none; SQLite gives its mode to those beside it."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:  # an interrupt leaves no connection open either
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Let readers read while one writes. Two who switch at once get in each other's way, and SQLite doesn't wait."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while _pragma(connection, "journal_mode") != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return  # some file systems stay at another mode, which is safe, too


def _prepare(connection: sqlite3.Connection) -> bool:
    """Bring the schema up to date; tell whether this SQLite has full-text search."""
    if _pragma(connection, "user_version") < SCHEMA_VERSION:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Asked again, now that nobody else can change it.
            for version in range(_pragma(connection, "user_version"), SCHEMA_VERSION):
                for statement in _MIGRATIONS[version].split(";"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        except BaseException:  # an interrupt leaves no schema half made either
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    try:
        connection.execute(_INDEX)
        connection.execute(_VOCABULARY)
    except sqlite3.OperationalError as error:
        if "no such module" not in str(error):
            raise
        return False
    return True


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]
