"""What each of the monitor's commands does, on a terminal or in a pipe."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from logdebug.errors import IncidentError
from logdebug.monitor.listing import as_json, listing
from logdebug.monitor.ordering import order
from logdebug.monitor.rows import State
from logdebug.monitor.runs import Runs
from logdebug.monitor.tail import Tail
from logdebug.monitor.targets import ALL, one_target, targets_of
from logdebug.monitor.telling import diagnosis_in_words, heading
from logdebug.monitor.watching import watch
from logdebug.monitor.wishes import COMMANDS
from logdebug.report.text import one_line, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from logdebug.monitor.ordering import Outcome
    from logdebug.monitor.rows import Row
    from logdebug.monitor.runs import RunView
    from logdebug.monitor.targets import Target
    from logdebug.monitor.wishes import Wish
    from logdebug.run.events import Control

__all__ = ["Monitor"]

_PIPE_CELLS = 240
_MOST_TOLD = 10
_PRINTED_LINES = 100
"""Printed together: each print of its own asks the terminal for its size, and much else."""
_HINT = (
    "A command or a service may be cut short. Incidents of one name are told apart by their numbers, and by RUN/number "
    "where several runs go on. Tab completes; the arrow up brings back what was typed."
)
_CONTROLS: dict[str, Control] = {"cancel": "cancel", "pause": "pause", "resume": "resume", "directive": "steer"}


class Monitor:
    """Looks at the runs of a directory of sessions, and steers them.

    Parameters
    ----------
    directory
        The directory of sessions, or of one run.
    """

    def __init__(self, directory: Path) -> None:
        self.runs = Runs(directory)
        self.console = Console(highlight=False, emoji=False, markup=False)

    def obey(self, wish: Wish) -> int:
        """Do what is asked for; give the exit status: 1 where an order had no effect on an incident, else 0.

        Raises
        ------
        IncidentError, SettingsError
            Where it isn't clear what is meant.
        SessionError
            Where a run takes no orders.
        """
        self.runs.refresh()
        match wish.command:
            case "ps":
                return self._list(wish)
            case "watch":
                target = one_target(wish.word, self.runs.shown)
                watch(target, self.console, from_start="--start" in wish.options)
                return 0
            case "show":
                return self._show(one_target(wish.word, self.runs.shown), as_is="--json" in wish.options)
            case "help":
                return self._help()
            case "quit":
                return 0
        return self._order(wish)

    def tell(self, *lines: Text) -> None:
        """Print lines of text."""
        for begin in range(0, len(lines), _PRINTED_LINES):
            self.console.print(Text("\n").join(lines[begin : begin + _PRINTED_LINES]), soft_wrap=True)

    def _list(self, wish: Wish) -> int:
        if "--all" in wish.options:
            self.runs.open_all()
        runs, only = self._chosen(wish.word)
        if "--json" in wish.options:
            self.console.out(as_json(runs, only=only), highlight=False)
            return 0
        if not runs:
            self.tell(Text(f"no runs in {visible(str(self.runs.directory))} yet"))
            return 0
        is_whole = "--all" in wish.options or not self.console.is_terminal
        width = self.console.width if self.console.is_terminal else _PIPE_CELLS
        most = None if is_whole else max(8, self.console.height - 6)
        self.tell(*listing(runs, width=width, most=most, only=only))
        if self.runs.older:
            self.tell(Text(f"{self.runs.older:,} older run{'s' * (self.runs.older != 1)}: ps --all", style="dim"))
        return 0

    def _chosen(self, word: str) -> tuple[Sequence[RunView], Callable[[Row], bool]]:
        """Give the runs and rows that a word of `ps` is about."""
        shown = self.runs.shown
        if not word:
            return shown, lambda _: True
        if word in get_args(State):
            return shown, lambda row: row.state == word
        if runs := [run for run in shown if run.short.startswith(word) or run.run_id.startswith(word)]:
            return runs, lambda _: True
        folded = word.casefold()

        def is_meant(row: Row) -> bool:
            return row.name.casefold().startswith(folded)

        if runs := [run for run in shown if any(map(is_meant, run.rows))]:
            return runs, is_meant
        states = ", ".join(get_args(State))
        raise IncidentError(f"{one_line(word)!r} is no service, no run, and no state ({states})", incident=word)

    def _show(self, target: Target, *, as_is: bool) -> int:
        session = target.run.session_of(target.row)
        steps = deque(Tail(session / "trace.jsonl").read(), maxlen=1) if session else ()
        end = steps[-1] if steps else None
        if as_is:
            self.console.out(json.dumps((end or {}).get("diagnosis"), indent=1), highlight=False)
            return 0
        self.tell(heading(target))
        for line in diagnosis_in_words(target.row, end):
            self.console.print(line, soft_wrap=not self.console.is_terminal)
        if session:
            self.tell(Text(visible(str(session)), style="dim"))
        return 0

    def _order(self, wish: Wish) -> int:
        """Pass an order on, and say what came of it."""
        word = wish.word or ALL
        targets = targets_of(word, self.runs.shown)
        everything = word.rpartition("/")[2] == ALL and len(targets) != 1
        outcomes = order(_CONTROLS[wish.command], targets, wish.text, everything=everything)
        if not outcomes:
            self.tell(Text("no incident there that hasn't ended"))
            return 1
        self._tell_outcomes(outcomes)
        return 0 if all(outcome.is_done for outcome in outcomes) else 1

    def _tell_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        several = len(outcomes) > _MOST_TOLD
        done = [outcome for outcome in outcomes if outcome.is_done]
        if several and done:
            self.tell(Text(f"{len(done):,} incidents: {done[0].said}", style="green"))
        left = [outcome for outcome in outcomes if not outcome.is_done or not several]
        for outcome in left[: 2 * _MOST_TOLD]:
            text = Text(f"{outcome.target.row.name}", style="bold").append(f"  {outcome.target.name}  ", style="dim")
            text.append(outcome.said, style="green" if outcome.is_done else "bold yellow")
            self.tell(text)
        if len(left) > 2 * _MOST_TOLD:
            self.tell(Text(f"and {len(left) - 2 * _MOST_TOLD:,} more like these", style="dim"))

    def _help(self) -> int:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", max_width=40)
        grid.add_column()
        for name, command in COMMANDS.items():
            grid.add_row(Text(f"{name} {command.usage}"), Text(command.says))
        self.console.print(grid)
        self.console.print(Text(_HINT, style="dim"))
        return 0
