"""The trace of one agent as it grows, on a terminal or in a pipe."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from logdebug.monitor.tail import Tail
from logdebug.monitor.telling import heading, step_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from logdebug.monitor.targets import Target

__all__ = ["watch"]

_LOOK_SECONDS = 0.1
_LAST_STEPS = 12
_INDENT_CELLS = 20
_LAST = frozenset({"Concluded", "Failure"})


def watch(target: Target, console: Console, *, from_start: bool) -> None:
    """Print an agent's steps as they come, until it ends; Ctrl-C ends the watching, and nothing else.

    Parameters
    ----------
    target
        The incident.
    console
        Where to print.
    from_start
        Whether all its steps are printed, or the last dozen and those to come.
    """
    console.print(heading(target), soft_wrap=True)
    row, trace, state, last = target.row, None, target.row.state, ""
    if state == "waiting":
        console.print(Text("waits for its turn", style="dim"))
    while True:
        steps: Iterable[dict[str, Any]] = ()
        if trace is not None:
            steps = trace.read()
        elif session := target.run.session_of(row):
            trace = Tail(session / "trace.jsonl")
            steps = deque(trace.read(), maxlen=None if from_start else _LAST_STEPS)
        for step in steps:
            _print_step(step, console)
            last = str(step.get("step"))
        if row.state != state and row.is_open and "paused" in {row.state, state}:
            console.print(Text("paused" if row.state == "paused" else "goes on", style="bold yellow"))
        if not row.is_open:
            break
        state = row.state
        time.sleep(_LOOK_SECONDS)
        target.run.refresh()
    if last not in _LAST:
        console.print(Text(f"{row.state}: {row.doing}", style="bold red"), soft_wrap=not console.is_terminal)


def _print_step(step: dict[str, Any], console: Console) -> None:
    """Print a step; on a terminal its words stand in a column of their own."""
    line = step_line(step)
    if not console.is_terminal:
        console.print(line, soft_wrap=True)
        return
    grid = Table.grid()
    grid.add_column(width=_INDENT_CELLS, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(*line.divide([_INDENT_CELLS]))
    console.print(grid)
