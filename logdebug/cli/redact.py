"""`logdebug redact`: say what would be hidden from a model in a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from logdebug.cli.outcome import OK

if TYPE_CHECKING:
    import argparse

__all__ = ["add_redact", "redact"]


def add_redact(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its arguments."""
    command = commands.add_parser(
        "redact",
        help="list what would be hidden from a model in a file",
        description="List the secrets that would be replaced by placeholders before a model is shown the file: a dry "
        "run, nothing is sent or written.",
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="a log, packed or not, or any other file of text")
    command.add_argument("--redaction", action="append", metavar="FILE", help="rules of your own, as TOML")
    command.set_defaults(execute=redact)


def redact(arguments: argparse.Namespace) -> int:
    """Do `logdebug redact`."""
    from logdebug.report.text import visible
    from logdebug.run.secrets import find_secrets

    for file in arguments.files:
        sys.stdout.write(f"{visible(repr(find_secrets(file, redact=arguments.redaction or True)))}\n")
    return OK
