"""A trace is shown as it grows, to its end."""

from __future__ import annotations

import io
import json
import threading
from typing import TYPE_CHECKING

from monitor_samples import HOSTILE, answered, begin, failed, searched, step, until, write_run
from rich.console import Console

from logdebug.monitor.runs import RunView
from logdebug.monitor.targets import Target
from logdebug.monitor.watching import watch
from logdebug.run.events import ControlTaken

if TYPE_CHECKING:
    from pathlib import Path


class Watching:
    """Watches the first incident of a run in a thread."""

    def __init__(self, directory: Path, *, from_start: bool = False, width: int | None = None) -> None:
        self.screen = io.StringIO()
        view = RunView(directory)
        view.refresh()
        console = Console(file=self.screen, force_terminal=width is not None, width=width, color_system=None)
        target = Target(view, view.rows[0])
        self.thread = threading.Thread(target=lambda: watch(target, console, from_start=from_start))
        self.thread.start()

    @property
    def text(self) -> str:
        """What is on the screen."""
        return self.screen.getvalue()


def test_from_its_turn_to_its_end(tmp_path: Path) -> None:
    """An incident is watched before its turn, while it works and is paused, until it ends."""
    directory, chronicle = write_run(tmp_path, "shop")
    watching = Watching(directory)
    until(lambda: "waits for its turn" in watching.text)
    trace = begin(directory, chronicle, 0, step("Asked", turn=1))
    until(lambda: "turn 1" in watching.text)
    chronicle.take(ControlTaken(0, "pause", "ann"))
    until(lambda: "paused" in watching.text)
    chronicle.take(ControlTaken(0, "resume", "ann"))
    until(lambda: "goes on" in watching.text)
    with trace.open("a") as file:
        file.write(
            json.dumps(searched("timeout")) + "\n" + json.dumps(step("Failure", error="x", message="gone")) + "\n"
        )
    chronicle.take(failed(0))
    watching.thread.join(10)
    assert not watching.thread.is_alive()
    assert "searched for `timeout`" in watching.text
    assert watching.text.rstrip().endswith("x: gone")


def test_from_the_start_or_the_last_steps(tmp_path: Path) -> None:
    """The last dozen steps are shown, or with `--start` all; each once."""
    directory, chronicle = write_run(tmp_path, "shop")
    begin(directory, chronicle, 0, *(searched(f"p{number};") for number in range(40)))
    with chronicle:
        pass
    for from_start, count in ((False, 12), (True, 40)):
        watching = Watching(directory, from_start=from_start)
        watching.thread.join(10)
        assert watching.text.count("tool      searched for") == count
        assert watching.text.count("`p39;` →") == 1
        assert "cancelled: the run ended before its diagnosis" in watching.text


def test_long_words_stand_in_a_column(tmp_path: Path) -> None:
    """On a terminal no line is wider than it is, and hostile words do nothing."""
    directory, chronicle = write_run(tmp_path, HOSTILE)
    long = step("Answered", turn=1, text=f"{HOSTILE} " + "word " * 60, usage={})
    begin(directory, chronicle, 0, long, answered(2))
    with chronicle:
        pass
    watching = Watching(directory, width=80)
    watching.thread.join(10)
    lines = watching.text.splitlines()
    assert all(len(line) <= 80 and line.isprintable() for line in lines)
    assert sum(line.startswith(" " * 20) and "word" in line for line in lines) >= 3
