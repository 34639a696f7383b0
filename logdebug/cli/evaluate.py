"""`logdebug eval`: measure analysts on labelled incidents."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from logdebug.cli.outcome import CANCELLED, OK, SOME_FAILED, check_writable, finish
from logdebug.errors import IncidentError

if TYPE_CHECKING:
    from logdebug.evaluation.grading import Grade

__all__ = ["add_eval", "evaluate"]

_EXAMPLES = """\
examples:
  logdebug eval --demo
  logdebug eval cases --model offline --model gpt-5-mini --output scores.json

exit status: 0 every case got a diagnosis, 1 some got none, 2 wrong usage, 130 cancelled (the scores hold what was
finished)
"""


def add_eval(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its arguments."""
    command = commands.add_parser(
        "eval",
        help="measure analysts on labelled incidents",
        description="Measure analysts on labelled incidents: directories, each with its log and a label.json.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("directories", nargs="*", metavar="DIR", help="a directory of labelled incidents, or one")
    command.add_argument("--demo", action="store_true", help="the five sample incidents that ship with logdebug")
    command.add_argument(
        "--model", action="append", default=[], metavar="MODEL", help="an analyst; repeat for more (default: offline)"
    )
    command.add_argument(
        "--no-baselines", action="store_true", help="leave out tail and grep, the floor of every table"
    )
    command.add_argument("--max-concurrency", type=int, default=16, metavar="N", help="agents at a time (default: 16)")
    command.add_argument("--sessions-dir", metavar="DIR", help="where the agents' traces are kept")
    command.add_argument(
        "--output", default="scores.json", metavar="FILE", help="the scores as JSON (default: %(default)s)"
    )
    command.set_defaults(execute=evaluate)


def evaluate(arguments: argparse.Namespace) -> int:
    """Do `logdebug eval`."""
    check_writable(arguments.output)
    from logdebug.evaluation.baselines import BASELINES
    from logdebug.evaluation.cases import demo_cases, load_cases
    from logdebug.evaluation.trials import Evaluation

    if not arguments.directories and not arguments.demo:
        raise IncidentError("no cases: name a directory of labelled incidents, or try --demo")
    cases = [case for directory in arguments.directories for case in load_cases(directory)]
    models = list(arguments.model or ["offline"])
    if not arguments.no_baselines:
        models += [name for name in BASELINES if name not in models]
    evaluation = Evaluation(
        [*cases, *(demo_cases() if arguments.demo else [])],
        models=models,
        max_concurrency=arguments.max_concurrency,
        sessions_dir=arguments.sessions_dir,
        on_grade=_tell_grade,
    )
    cancelled = finish(evaluation)
    scores = evaluation.scores()
    scores.save(arguments.output)
    sys.stdout.write(f"{scores!r}\n\n{'Cancelled: the scores hold what was finished. ' if cancelled else ''}")
    sys.stdout.write(f"Written: {arguments.output}\n")
    if cancelled:
        return CANCELLED
    return SOME_FAILED if scores.failed else OK


def _tell_grade(grade: Grade) -> None:
    """Say how one analyst did on one case, in a line."""
    from logdebug.evaluation.table import verdict
    from logdebug.report.text import one_line

    sys.stderr.write(f"{one_line(grade.analyst)}: {one_line(grade.case)}: {verdict(grade)}\n")
