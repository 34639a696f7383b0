"""Runs are read from disk as they stand: incrementally, each for itself, the dead told from the living."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from monitor_samples import answered, begin, diagnosed, failed, looking, running, searched, step, until, write_run

from logdebug.monitor.runs import Runs, RunView
from logdebug.records import Incident
from logdebug.run.chronicle import EVENTS, Chronicle
from logdebug.run.events import ControlTaken, IncidentStarted, RunStarted
from logdebug.run.process import Process

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartServer


def test_a_run_as_it_goes_on(tmp_path: Path) -> None:
    """Each refresh takes in what was written since: starts, steps, pauses, ends."""
    directory, chronicle = write_run(tmp_path, "shop", "cart", "shop")
    view = RunView(directory)
    view.refresh()
    assert (view.state, view.model, [row.state for row in view.rows]) == ("live", "gpt-5-mini", ["waiting"] * 3)
    trace = begin(directory, chronicle, 1, step("Prompted", messages=[]), step("Asked", turn=1))
    view.refresh()
    assert (view.rows[1].state, view.rows[1].doing) == ("working", "thinking (turn 1)")
    with trace.open("a") as file:
        file.write(json.dumps(answered(1)) + "\n" + json.dumps(searched("x")) + "\n")
    chronicle.take(ControlTaken(2, "pause", "ann"))
    view.refresh()
    assert (view.rows[1].spent.turns, view.rows[2].state) == (1, "paused")
    chronicle.take(diagnosed(1))
    chronicle.take(failed(0))
    view.refresh()
    assert [row.state for row in view.rows] == ["failed", "done", "paused"]
    assert view.spent().turns == 3
    with chronicle:
        pass
    view.refresh()
    assert (view.state, view.rows[2].state) == ("ended", "cancelled")


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    """Traces of incidents that ended are never opened again, nor lines read twice."""
    directory, chronicle = write_run(tmp_path, "shop", "cart")
    trace = begin(directory, chronicle, 0, answered(1))
    view = RunView(directory)
    view.refresh()
    chronicle.take(diagnosed(0))
    view.refresh()
    with trace.open("a") as file:
        file.write(json.dumps(answered(2)) + "\n")
    trace_read = trace.stat().st_atime_ns
    view.refresh()
    assert view.rows[0].state == "done"
    assert view.rows[0].spent.turns == 3  # as the run said in the end
    assert trace.stat().st_atime_ns == trace_read


def test_a_torn_trace_is_survived(tmp_path: Path) -> None:
    """A trace whose last line is torn is read up to there, and on from there once it is whole."""
    directory, chronicle = write_run(tmp_path, "shop")
    trace = begin(directory, chronicle, 0, answered(1))
    line = json.dumps(answered(2)) + "\n"
    with trace.open("a") as file:
        file.write(line[:30])
    view = RunView(directory)
    view.refresh()
    assert view.rows[0].spent.turns == 1
    with trace.open("a") as file:
        file.write(line[30:])
    view.refresh()
    assert view.rows[0].spent.turns == 2


def test_a_process_that_was_killed(tmp_path: Path, server: StartServer) -> None:
    """A run whose process was killed is dead, and so is each incident that hadn't ended."""
    slow = server(looking(0), latency_seconds=20)
    with running(slow.base_url, tmp_path / "sessions", "shop", "cart", concurrency=1) as process:
        runs = Runs(tmp_path / "sessions")

        def is_at_work() -> bool:
            runs.refresh()
            return slow.in_flight == 1 and "thinking" in runs.shown[0].rows[0].doing

        until(is_at_work)
        assert runs.live() == runs.shown
        process.kill()
        process.wait()
        runs.refresh()
        [view] = runs.shown
        assert view.state == "dead"
        assert [row.state for row in view.rows] == ["dead", "dead"]
        assert view.rows[0].doing == "its process is gone; last: thinking (turn 1)"
        assert not runs.live()


def test_a_process_that_cannot_be_seen(tmp_path: Path) -> None:
    """A run on another machine is live while it gives signs of life, and silent without, but never called dead."""
    directory, chronicle = write_run(tmp_path, "shop")
    elsewhere = asdict(replace(Process.this(), host="db-7"))
    chronicle.note("RunStarted", model="m", services=["shop"], address="x", process=elsewhere)
    view = RunView(directory)
    view.refresh()
    assert view.state == "live"
    os.utime(directory / EVENTS, (0, time.time() - 60))
    view.refresh()
    assert (view.state, view.rows[0].state) == ("silent", "waiting")
    chronicle.sign_life()
    view.refresh()
    assert view.state == "live"


def test_a_run_that_is_taken_up_again(tmp_path: Path) -> None:
    """What was finished stays, and what wasn't is open again, with the second process's address."""
    directory, chronicle = write_run(tmp_path, "shop", "cart")
    with chronicle:
        chronicle.take(diagnosed(0))
    view = RunView(directory)
    view.refresh()
    assert [row.state for row in view.rows] == ["done", "cancelled"]
    with Chronicle(directory) as again:
        again.take(RunStarted(directory.name, "m2", ("shop", "cart"), directory))
        view.refresh()
        assert (view.state, view.model, view.address) == ("live", "m2", again.address)
        assert [row.state for row in view.rows] == ["done", "waiting"]


def test_what_a_resumed_incident_cost_counts_both_processes(tmp_path: Path) -> None:
    """An incident that fails in a second process cost what its replies cost in the first one, too."""
    directory, chronicle = write_run(tmp_path, "shop")
    begin(directory, chronicle, 0, answered(1), answered(2), step("Failure", error="cancelled", message="by ann"))
    chronicle.take(failed(0))
    with Chronicle(directory) as again:
        again.take(RunStarted(directory.name, "m", ("shop",), directory))
        again.take(IncidentStarted(0, Incident(tmp_path, "app.log", "shop"), f"{directory.name}/00001-service"))
        again.take(failed(0, "the server is gone"))
        view = RunView(directory)
        view.refresh()
    assert (view.rows[0].state, view.rows[0].doing, view.rows[0].spent.turns) == ("failed", "the server is gone", 2)


def test_lines_of_another_version(tmp_path: Path) -> None:
    """Events that nobody knows, and those of incidents that aren't there, change nothing."""
    directory, chronicle = write_run(tmp_path, "shop")
    chronicle.note("Weather", index=0)
    chronicle.note("IncidentFailed", index=9)
    chronicle.note("IncidentFailed", index="0")
    chronicle.note("ControlTaken", index=0, control="dance")
    view = RunView(directory)
    view.refresh()
    assert [row.state for row in view.rows] == ["waiting"]


def test_old_runs_are_left_aside(tmp_path: Path) -> None:
    """Runs that ended long ago aren't read until they are asked for; where there are no others, the newest is."""
    for number in range(4):
        directory, chronicle = write_run(tmp_path, "shop", run_id=f"20261118T09000{number}-00000{number}")
        with chronicle:
            pass
        os.utime(directory / EVENTS, (0, time.time() - 7200))
    (tmp_path / "not-a-run").mkdir()
    (tmp_path / "a-file").touch()
    runs = Runs(tmp_path)
    runs.refresh()
    assert [view.short for view in runs.shown] == ["000003"]
    assert runs.older == 3
    write_run(tmp_path, "cart", run_id="20261118T100000-aaaaaa")
    runs.refresh()
    assert [view.short for view in runs.live()] == ["aaaaaa"]
    runs.open_all()
    assert [view.short for view in runs.shown] == ["000000", "000001", "000002", "000003", "aaaaaa"]
    assert runs.older == 0


def test_the_directory_of_one_run(tmp_path: Path) -> None:
    """Where a run's own directory is named, that run alone is read."""
    directory, _ = write_run(tmp_path, "shop")
    write_run(tmp_path, "cart", run_id="20261118T100000-bbbbbb")
    runs = Runs(directory)
    runs.refresh()
    assert [view.directory for view in runs.shown] == [directory]


def test_ten_thousand_incidents_are_not_read_twice(tmp_path: Path) -> None:
    """A refresh of a run of 10,000 incidents of which 64 are at work opens little more than those 64 traces."""
    count = 10_000
    directory, chronicle = write_run(tmp_path, *(f"svc-{number}" for number in range(count)))
    for number in range(count - 64):
        chronicle.take(diagnosed(number))
    for number in range(count - 64, count):
        begin(directory, chronicle, number, *(searched("x" * 2_000) for _ in range(10)))
    runs = Runs(tmp_path)
    began = time.process_time()
    runs.refresh()
    first = time.process_time() - began
    began = time.process_time()
    for _ in range(10):
        runs.refresh()
    assert (time.process_time() - began) / 10 < max(0.02, first / 10)
    assert runs.shown[0].counts() == {"done": count - 64, "working": 64}
