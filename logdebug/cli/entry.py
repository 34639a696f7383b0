"""The command line's beginning: which command, and what becomes of its errors."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from logdebug import __version__
from logdebug.cli.evaluate import add_eval
from logdebug.cli.export import add_report
from logdebug.cli.lab import add_lab
from logdebug.cli.monitor import add_monitor
from logdebug.cli.outcome import SOME_FAILED, USAGE, complain
from logdebug.cli.redact import add_redact
from logdebug.cli.replay import add_replay
from logdebug.cli.run import add_run
from logdebug.cli.sign import add_check, add_sign
from logdebug.cli.verify import add_verify
from logdebug.errors import IncidentError, LogdebugError, SettingsError, SignatureError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_EXAMPLES = """\
examples:
  logdebug run --demo
  logdebug run --incident /srv/shop/logs:app.log:shop --html report.html
  logdebug monitor
  logdebug report report.json --to postmortem --service shop
  logdebug verify report.json
  logdebug redact app.log
  logdebug lab
  logdebug eval cases --model offline --model gpt-5-mini

`logdebug COMMAND --help` tells more of each.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv
        The arguments without the program's name; by default those of the process.

    Returns
    -------
    int
        0 where every incident has a diagnosis, 1 where some have none or the report could not be written, 2 on wrong
        usage, 130 when cancelled.
    """
    parser = _parser()
    given, passed_on = _split(list(sys.argv[1:] if argv is None else argv))
    arguments = parser.parse_args(given)
    if arguments.command is None:
        parser.print_help()
        return USAGE
    try:
        if passed_on:
            arguments.jupyter = passed_on
        status: int = arguments.execute(arguments)
    except (IncidentError, SettingsError, SignatureError) as error:
        complain(error)
        return USAGE
    except LogdebugError as error:
        complain(error)
        return SOME_FAILED
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter would complain once more when it flushes.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_FAILED
    return status


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """Give our own arguments, and those after `--`, which `lab` passes on: argparse loses track of them."""
    if argv[:1] != ["lab"] or "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="logdebug",
        description="One read-only agent per failed service finds the root cause in its log; one report for all.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"logdebug {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    add_run(commands)
    add_monitor(commands)
    add_replay(commands)
    add_report(commands)
    add_verify(commands)
    add_sign(commands)
    add_check(commands)
    add_redact(commands)
    add_lab(commands)
    add_eval(commands)
    return parser
