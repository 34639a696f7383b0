"""A run of many incidents keeps what came of each and no more, and has the files of those at work open, no others."""

from __future__ import annotations

import gc
import json
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripted_server import submit

import logdebug as ld
from logdebug.agent.messages import Reply, Request, ToolCall
from logdebug.notebook.progress import progress_html
from logdebug.run.board import Board
from logdebug.run.events import Event, IncidentDiagnosed

if TYPE_CHECKING:
    from conftest import WriteCase

    from logdebug.records import Incident

QUOTE = "connection to db-1:5432 refused"
LOG = [f"2026-11-18 09:00:{n % 60:02} INFO served request {n} of customer c{n * 7919 % 997}" for n in range(60)]
LOG.append(f"2026-11-18 09:01:02 ERROR {QUOTE}")
ANSWER = json.dumps(submit(evidence=[{"quote": QUOTE, "line": 61, "file": None}]).tool_calls[0].arguments)
WIDTH = 4
MOST_BYTES_PER_INCIDENT = 16_000
MOST_FILES_PER_AGENT = 8


def open_files() -> int:
    """Count the files that this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def answer(request: Request) -> Reply:
    """Read the log twice, then submit: a conversation of some 20 kB."""
    turn = sum(message.role == "assistant" for message in request.messages)
    if turn < 2:
        return Reply("", (ToolCall(f"c{turn}", "read_lines", '{"first": 1, "last": 60}'),))
    return Reply("", (ToolCall("c", "submit_diagnosis", ANSWER),))


def investigated(incidents: list[Incident], sessions: Path, **kwargs: Any) -> ld.Report:
    """Send agents that ask no server."""
    model = ld.ReplayModel(answer)
    report = ld.investigate_sync(
        incidents, model=model, sessions_dir=sessions, max_concurrency=WIDTH, cache="off", **kwargs
    )
    assert report.diagnosed == len(incidents), report.errors[:1]
    return report


def test_memory_grows_by_what_came_of_each(case_dir: WriteCase, tmp_path: Path) -> None:
    """An incident that is done leaves its diagnosis in memory, and neither its conversation nor its log."""
    incidents = [case_dir(LOG, service=f"shop-{number}") for number in range(28)]
    investigated(incidents[:8], tmp_path / "s")  # what is loaded and compiled once is nobody's
    held: list[int] = []
    tracemalloc.start()
    try:
        for count in (8, 28):
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            board = Board()
            report = investigated(incidents[:count], tmp_path / "s", on_event=board.take)
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0] - before)
            assert len(board.rows) == len(report)
            del report, board
    finally:
        tracemalloc.stop()
    assert (held[1] - held[0]) / 20 < MOST_BYTES_PER_INCIDENT


def test_open_files_are_those_of_agents_at_work(case_dir: WriteCase, tmp_path: Path) -> None:
    """However many incidents there are, as many have files open as agents work at one time."""
    incidents = [case_dir(LOG, service=f"shop-{number}") for number in range(20)]
    most = before = open_files()

    def look(event: Event) -> None:
        nonlocal most
        if isinstance(event, IncidentDiagnosed):
            most = max(most, open_files())

    investigated(incidents, tmp_path / "s", on_event=look)
    assert most - before <= WIDTH * MOST_FILES_PER_AGENT + 16
    assert open_files() <= before + 2


def test_the_live_table_of_thousands_is_small(case_dir: WriteCase, tmp_path: Path) -> None:
    """What is drawn four times a second holds a window of rows, and says how many there are besides."""
    board = Board()
    investigated([case_dir(LOG, service=f"shop-{number}") for number in range(12)], tmp_path / "s", on_event=board.take)
    board.rows *= 1_000
    html = progress_html(board)
    assert "and 11,960 more" in html
    assert len(html) < 200_000
