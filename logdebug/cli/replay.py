"""`logdebug replay`: ask another model, or with another prompt, over what a run's tools had given."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.cli.outcome import OK, SOME_FAILED, check_writable
from logdebug.cli.spending import add_limits, limits_of
from logdebug.errors import SettingsError

if TYPE_CHECKING:
    from logdebug.run.replays import Replay

__all__ = ["add_replay"]

_EXAMPLES = """\
examples:
  logdebug replay 20261118T090000-3f9a1c --model gpt-5
  logdebug replay 20261118T090000-3f9a1c --prompt brief.md --csv changed.csv

A tool call that was made then gets the result of then; another one is carried out where the file that it reads is as it
was. exit status: 0 every incident has a diagnosis, 1 some have none, 2 wrong usage
"""


def add_replay(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its arguments."""
    command = commands.add_parser(
        "replay",
        help="ask another model over what a run's tools had given",
        description="Ask another model, or with another prompt, over a recorded run, and show what changes.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("run", metavar="RUN", help="the run, by its id or directory")
    command.add_argument("--model", help="the model to ask (default: the one that was asked then)")
    command.add_argument("--prompt", metavar="FILE", help="the system prompt to give (default: the one of then)")
    command.add_argument("--max-concurrency", type=int, default=16, metavar="N", help="agents at a time (default: 16)")
    command.add_argument("--sessions-dir", metavar="DIR", help="where the agents' traces are kept")
    command.add_argument("--csv", metavar="FILE", help="write one row per incident there, too")
    add_limits(command)
    command.set_defaults(execute=_execute)


def _execute(arguments: argparse.Namespace) -> int:
    import asyncio

    from logdebug.records import Failure
    from logdebug.report.text import visible
    from logdebug.run.replaying import replay

    check_writable(arguments.csv)
    if arguments.max_concurrency < 1:
        raise SettingsError("--max-concurrency: at least one agent must work", setting="run")
    made = asyncio.run(
        replay(
            arguments.run,
            model=arguments.model,
            prompt=_prompt(arguments.prompt),
            limits=limits_of(arguments),
            max_concurrency=arguments.max_concurrency,
            sessions_dir=arguments.sessions_dir,
        )
    )
    sys.stdout.write("\n".join(map(visible, repr(made).split("\n"))) + "\n")
    if arguments.csv:
        _write(made, arguments.csv)
    return SOME_FAILED if any(isinstance(each.after, Failure) for each in made) else OK


def _prompt(file: str | None) -> str | None:
    if file is None:
        return None
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--prompt {file} can't be read: {error}; name a text file", setting="prompt") from error


def _write(made: Replay, file: str) -> None:
    from logdebug.report.files import write_text

    write_text(file, made.to_df().to_csv(index=False))
