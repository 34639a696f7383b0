"""The monitor's prompt: line editing, history, completion by Tab, and a line below it that says how the runs stand."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style
from rich.console import Console
from rich.text import Text

from logdebug.errors import LogdebugError, SettingsError
from logdebug.monitor.listing import summary
from logdebug.monitor.targets import ALL, names
from logdebug.monitor.wishes import COMMANDS, Wish, command_of, wish_of_line
from logdebug.report.text import shorten, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import History

    from logdebug.monitor.monitor import Monitor
    from logdebug.monitor.runs import Runs

__all__ = ["WishCompleter", "converse", "obey_lines"]

_PROMPT = "logdebug> "
_STYLE = Style.from_dict({"bottom-toolbar": "noreverse fg:ansigray bg:default"})


def converse(monitor: Monitor, history_file: Path) -> int:
    """Do what is typed, line by line, until `quit` or Ctrl-D; the runs go on.

    Parameters
    ----------
    monitor
        What does it.
    history_file
        Where lines that were typed are kept, for this user alone.
    """
    monitor.runs.refresh()
    _greet(monitor)
    session: PromptSession[str] = PromptSession(
        _PROMPT,
        history=_history(history_file),
        completer=WishCompleter(monitor.runs),
        complete_while_typing=False,
        complete_style=CompleteStyle.READLINE_LIKE,
        bottom_toolbar=lambda: shorten(_toolbar(monitor.runs), monitor.console.width - 1),
        refresh_interval=1.0,
        style=_STYLE,
    )
    while True:
        try:
            line = session.prompt()
        except KeyboardInterrupt:  # Ctrl-C clears the line, as in a shell
            continue
        except EOFError:
            return 0
        if _obey(monitor, line) is None:
            return 0


def obey_lines(monitor: Monitor, lines: Iterable[str]) -> int:
    """Do what comes in a pipe, line by line; give 0 where all was done, else the last status that wasn't 0."""
    status = 0
    for line in lines:
        done = _obey(monitor, line)
        if done is None:
            break
        status = done or status
    return status


def _obey(monitor: Monitor, line: str) -> int | None:
    """Do what a line says; give its exit status, or None where it is to be the last one."""
    if not line.strip():
        return 0
    wish = Wish("")
    try:
        wish = wish_of_line(line)
        return None if wish.command == "quit" else monitor.obey(wish)
    except LogdebugError as error:
        sys.stdout.flush()
        Console(stderr=True).print(Text(visible(str(error)), style="red"), soft_wrap=not sys.stderr.isatty())
        return 1
    except KeyboardInterrupt:
        said = "stopped looking; the agent goes on" if wish.command == "watch" else "stopped"
        monitor.tell(Text(said, style="dim"))
        return 0


def _greet(monitor: Monitor) -> None:
    place = visible(str(monitor.runs.directory))
    monitor.tell(
        Text(f"logdebug monitor: {place}"), Text("help lists the commands, Ctrl-D leaves", style="dim"), Text()
    )
    monitor.obey(Wish("ps"))


def _toolbar(runs: Runs) -> str:
    runs.refresh()
    live = runs.live()
    if not live:
        return "no run goes on"
    if len(live) == 1:
        return f"{live[0].short}: {summary(live[0])}"
    return " | ".join(f"{run.short}: {run.counts()['done']:,} of {len(run.rows):,}" for run in live)


def _history(path: Path) -> History:
    """Keep what is typed, where that can be kept for this user alone."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600))
        return FileHistory(str(path))
    return InMemoryHistory()


class WishCompleter(Completer):
    """Completes commands, services and options.

    Parameters
    ----------
    runs
        Whose incidents there are.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:  # noqa: ARG002
        """Give what the line may go on with."""
        first, blank, rest = document.text_before_cursor.lstrip().partition(" ")
        if not blank:
            yield from (Completion(f"{name} ", -len(first)) for name in COMMANDS if name.startswith(first.lower()))
            return
        try:
            name = command_of(first)
        except SettingsError:
            return
        command, rest = COMMANDS[name], rest.lstrip()
        last = rest.rpartition(" ")[2]
        if last.startswith("-"):
            yield from (Completion(option, -len(last)) for option in command.options if option.startswith(last))
        elif command.takes != "none":
            yield from self._names(rest, only_open=command.takes == "open", quoted=command.has_text)

    def _names(self, typed: str, *, only_open: bool, quoted: bool) -> Iterator[Completion]:
        """Give the incidents that what was typed may mean, in quotes where a text comes after one with blanks."""
        folded = typed.lstrip("\"'").casefold()
        runs = self._runs.live() if only_open else self._runs.shown
        choices = [*names(runs, only_open=only_open), *([(ALL, "")] if only_open else [])]
        for word, stands_for in choices:
            if not word.casefold().startswith(folded):
                continue
            meant = stands_for.partition(" ")[0] if '"' in word else word
            shown = f'"{meant}"' if quoted and " " in meant else meant
            yield Completion(f"{shown} ", -len(typed), display=f"{word} {stands_for}".strip())
