"""The runs of a directory of sessions, each as it stands, read from disk a little at a time."""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal

from logdebug.monitor.rows import Row, moment
from logdebug.monitor.tail import Tail
from logdebug.records import Usage
from logdebug.report.text import one_line
from logdebug.run.chronicle import EVENTS
from logdebug.run.process import Process

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from logdebug.monitor.rows import State

__all__ = ["RunState", "RunView", "Runs"]

RunState = Literal["live", "silent", "ended", "dead"]
"""`dead`: its process is gone before its end; `silent`: its process can't be seen from here, and gives no sign."""

_SILENT_SECONDS = 30.0
_RECENT_SECONDS = 3600.0


class RunView:
    """One run as it stands.

    Parameters
    ----------
    directory
        Its directory.

    Attributes
    ----------
    rows
        One per incident, in order.
    model
        Who is asked, safe to show.
    address
        How the process that works on it is called in orders.
    answers
        What came of each order by its id: empty where it was passed on, else why not.
    began
        When the process that works on it began to; None where that isn't known.
    state
        As `RunState` says, at the last `refresh`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.run_id = directory.name
        self.rows: list[Row] = []
        self.model = ""
        self.address = ""
        self.began: datetime | None = None
        self.process: Process | None = None
        self.answers: dict[str, str] = {}
        self.state: RunState = "live"
        self._over = False
        self._is_resumed = False
        self._events = Tail(directory / EVENTS)
        self._traces: dict[int, Tail] = {}

    @property
    def short(self) -> str:
        """The part of its name that tells it from others, short enough to type."""
        return self.run_id.rpartition("-")[2] or self.run_id

    @property
    def is_live(self) -> bool:
        """Whether it may still take orders."""
        return self.state in {"live", "silent"}

    def refresh(self) -> None:
        """Read what is new on disk."""
        self._read()
        self.state = self._state()
        if self.state == "dead":
            self._read()  # what it wrote at its very end may have come since
            self.state = self._state()
        if not self.is_live:
            self._close()

    def counts(self) -> Counter[State]:
        """Count the incidents by their states."""
        return Counter(row.state for row in self.rows)

    def spent(self) -> Usage:
        """Add up what all incidents cost; no seconds."""
        turns = sum(row.spent.turns for row in self.rows)
        tokens_in = sum(row.spent.input_tokens for row in self.rows)
        tokens_out = sum(row.spent.output_tokens for row in self.rows)
        costs = [row.spent.cost_usd for row in self.rows]
        known = [cost for cost in costs if cost is not None]
        return Usage(turns, tokens_in, tokens_out, sum(known) if len(known) == len(costs) else None)

    def session_of(self, row: Row) -> Path | None:
        """Give the directory of an incident's session, if it has one; it lies in the run's own."""
        name = row.session.rpartition("/")[2]
        return self.directory / name if name not in {"", ".", ".."} else None

    def _take(self, line: Mapping[str, Any]) -> None:
        match line.get("event"):
            case "RunStarted":
                self._start(line)
            case "RunEnded":
                self._over = True
            case "OrderTaken":
                self.answers[str(line.get("order"))] = one_line(str(line.get("refused") or ""))
            case event:
                index = line.get("index")
                if isinstance(index, int) and 0 <= index < len(self.rows):
                    self._take_of(self.rows[index], str(event), line)

    def _take_of(self, row: Row, event: str, line: Mapping[str, Any]) -> None:
        match event:
            case "IncidentStarted":
                row.begin(line)
                if session := self.session_of(row):
                    self._traces[row.index] = Tail(session / "trace.jsonl")
            case "ControlTaken":
                row.take_control(line)
            case "IncidentDiagnosed" | "IncidentFailed":
                trace = self._traces.pop(row.index, None)
                if trace is not None and self._is_resumed:
                    for step in trace.read():
                        row.take_step(step)
                row.end(line)

    def _start(self, line: Mapping[str, Any]) -> None:
        """Take note that a process begins to work on it, or another does again."""
        services = line.get("services")
        names = [str(name) for name in services] if isinstance(services, list) else []
        if len(names) != len(self.rows):
            self.rows = [Row(index, name) for index, name in enumerate(names)]
        for row in self.rows:
            if row.state not in {"done", "failed"}:
                row.reopen()
        self._traces.clear()
        self._is_resumed = bool(self.address)
        self.model = one_line(str(line.get("model") or ""))
        self.address = str(line.get("address") or "")
        self.process = _process(line.get("process"))
        self.began, self._over = moment(line.get("at")), False

    def _follow(self, row: Row, trace: Tail) -> None:
        for step in trace.read():
            row.take_step(step)
        if not row.is_open:
            del self._traces[row.index]

    def _read(self) -> None:
        for line in self._events.read():
            self._take(line)
        for index, trace in tuple(self._traces.items()):
            self._follow(self.rows[index], trace)

    def _state(self) -> RunState:
        if self._over:
            return "ended"
        there = self.process.is_there() if self.process else None
        if there is None:
            return "live" if _age_seconds(self._events.path) < _SILENT_SECONDS else "silent"
        return "live" if there else "dead"

    def _close(self) -> None:
        """Give those that are open the end that their run had."""
        for row in self.rows:
            if row.is_open and self.state == "dead":
                row.stop("dead", "its process is gone")
            elif row.is_open:
                row.stop("cancelled", "the run ended before its diagnosis")
        self._traces.clear()


class Runs:
    """The runs of a directory of sessions: those that go on, and those that ended lately; else the newest.

    Parameters
    ----------
    directory
        The directory of sessions, or that of one run.

    Attributes
    ----------
    shown
        The runs that are read, oldest first.
    older
        How many there are besides.
    """

    def __init__(self, directory: Path) -> None:
        self._only = directory.name if (directory / EVENTS).is_file() else ""
        self.directory = directory.parent if self._only else directory
        self.shown: list[RunView] = []
        self.older = 0
        self._views: dict[str, RunView] = {}

    def refresh(self) -> None:
        """Read what is new on disk; a run that ended is not looked at again, unless it is taken up."""
        names = self._names()
        for name in names:
            if name not in self._views and (name in {self._only, names[-1]} or self._is_recent(name)):
                self._views[name] = RunView(self.directory / name)
        for view in self._views.values():
            view.refresh()
        shown = [view for view in self._views.values() if view.rows or view.is_live]
        self.shown = sorted(shown, key=lambda view: view.run_id)
        self.older = len(names) - len(self.shown)

    def live(self) -> list[RunView]:
        """Give the runs that may take orders."""
        return [view for view in self.shown if view.is_live]

    def open_all(self) -> None:
        """Read all runs from now on, however old."""
        for name in self._names():
            self._views.setdefault(name, RunView(self.directory / name))
        self.refresh()

    def _names(self) -> list[str]:
        """List the runs, oldest first."""
        if self._only:
            return [self._only]
        try:
            with os.scandir(self.directory) as entries:
                found = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            return []
        return sorted(name for name in found if (self.directory / name / EVENTS).is_file())

    def _is_recent(self, name: str) -> bool:
        return _age_seconds(self.directory / name / EVENTS) < _RECENT_SECONDS


def _age_seconds(path: Path) -> float:
    with suppress(OSError):
        return time.time() - path.stat().st_mtime
    return float("inf")


def _process(given: object) -> Process | None:
    if not isinstance(given, dict) or not isinstance(given.get("pid"), int):
        return None
    names = [each.name for each in fields(Process) if each.name != "pid"]
    return Process(given["pid"], **{name: str(given.get(name) or "") for name in names})
