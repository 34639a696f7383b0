"""`logdebug monitor`: look at runs that go on in a notebook or another terminal, and steer them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.cli.outcome import CANCELLED
from logdebug.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["add_monitor", "monitor"]

_EXAMPLES = """\
examples:
  logdebug monitor                                a prompt; `help` lists the commands
  logdebug monitor sessions ps --json             one command, for scripts
  logdebug monitor sessions cancel payment-svc

Without a directory, the one where `investigate` keeps its sessions is looked at.

exit status: 0 done, 1 an order had no effect, 2 wrong usage or not clear what is meant, 130 stopped by Ctrl-C
"""


def add_monitor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its arguments."""
    command = commands.add_parser(
        "monitor",
        help="watch and steer runs that go on elsewhere",
        usage="%(prog)s [-h] [SESSIONS_DIR] [COMMAND [ARGUMENT ...]]",
        description="Watch, pause, resume, cancel and direct the agents of runs that go on in other processes.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("words", nargs=argparse.REMAINDER, metavar="[SESSIONS_DIR] [COMMAND ...]")
    command.set_defaults(execute=monitor)


def monitor(arguments: argparse.Namespace) -> int:
    """Do `logdebug monitor`."""
    from logdebug.monitor.monitor import Monitor
    from logdebug.monitor.wishes import wish_of
    from logdebug.settings import default_sessions_dir

    directory, words = _place(arguments.words)
    wish = wish_of(words) if words else None
    shown = Monitor(directory)
    try:
        if wish:
            return shown.obey(wish)
        from logdebug.monitor.prompt import converse, obey_lines

        if sys.stdin.isatty() and sys.stdout.isatty():
            return converse(shown, default_sessions_dir().parent / "monitor_history")
        return obey_lines(shown, sys.stdin)
    except KeyboardInterrupt:
        return CANCELLED


def _place(words: Sequence[str]) -> tuple[Path, Sequence[str]]:
    """Tell the directory from the command: what is a command's name is no directory, unless it has a slash."""
    from logdebug.monitor.wishes import is_command
    from logdebug.settings import Settings

    if not words or is_command(words[0]):
        return Settings.load().sessions_dir, words
    directory = Path(words[0]).expanduser()
    if not directory.is_dir():
        raise SessionError(
            f"{directory} is no directory: name the one that `run --sessions-dir` or LOGDEBUG_SESSIONS_DIR names",
            path=directory,
        )
    return directory, words[1:]
