"""The command line: `logdebug run …`, `logdebug eval …`.

Nothing heavy is imported before the arguments are known to be good, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug import __version__
from logdebug.errors import IncidentError, LogdebugError, SettingsError, SignatureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logdebug.evaluation.grading import Grade
    from logdebug.evaluation.trials import Evaluation
    from logdebug.records import Incident
    from logdebug.report.report import Report
    from logdebug.run.dispatch import Run

__all__ = ["main"]

OK, SOME_FAILED, USAGE, CANCELLED = 0, 1, 2, 130

_EXAMPLES = """\
examples:
  logdebug run --demo
  logdebug run --incident /srv/shop/logs:app.log:shop --html report.html
  logdebug run --find /var/log --pattern '*.log'
  logdebug run --incidents incidents.csv --model gpt-5-mini --output report.json
  logdebug eval cases --model offline --model gpt-5-mini

An incident is DIR:LOGFILE:SERVICE: the directory that the agent may read, the log in it, the service's name.

exit status: 0 every incident has a diagnosis, 1 some have none, 2 wrong usage, 130 cancelled (the report holds what
was finished)
"""


_EVAL_EXAMPLES = """\
examples:
  logdebug eval --demo
  logdebug eval cases --model offline --model gpt-5-mini --output scores.json

exit status: 0 every case got a diagnosis, 1 some got none, 2 wrong usage, 130 cancelled (the scores hold what was
finished)
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
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help()
        return USAGE
    try:
        return _eval(arguments) if arguments.command == "eval" else _run(arguments)
    except (IncidentError, SettingsError, SignatureError) as error:
        _complain(error)
        return USAGE
    except LogdebugError as error:
        _complain(error)
        return SOME_FAILED
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter would complain once more when it flushes.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="logdebug",
        description="One read-only agent per failed service finds the root cause in its log; one report for all.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"logdebug {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="investigate incidents and write a report",
        description="Investigate incidents, all in parallel, and write one report.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = run.add_argument_group("incidents (these add up)")
    what.add_argument("--incident", action="append", default=[], metavar="DIR:LOGFILE:SERVICE", help="one incident")
    what.add_argument("--incidents", action="append", default=[], metavar="FILE", help="a .csv, .json or .yaml of them")
    what.add_argument("--find", action="append", default=[], metavar="DIR", help="every log below a directory")
    what.add_argument("--pattern", metavar="GLOB", help="which files --find takes (default: *.log, syslog, messages …)")
    what.add_argument("--demo", action="store_true", help="the five sample incidents that ship with logdebug")
    how = run.add_argument_group("how")
    how.add_argument(
        "--model", help="the model to ask; 'offline' needs none (default: OPENAI_MODEL, else gpt-5-mini with a key)"
    )
    how.add_argument("--max-concurrency", type=int, default=16, metavar="N", help="agents at a time (default: 16)")
    how.add_argument("--sessions-dir", metavar="DIR", help="where the agents' traces are kept")
    how.add_argument("--signatures", action="append", metavar="FILE", help="failure signatures of your own, as TOML")
    out = run.add_argument_group("output")
    out.add_argument(
        "--output", default="debug_report.json", metavar="FILE", help="the report as JSON (default: %(default)s)"
    )
    out.add_argument("--html", metavar="FILE", help="the report as a page to share")
    _add_eval(commands)
    return parser


def _add_eval(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    evaluate = commands.add_parser(
        "eval",
        help="measure analysts on labelled incidents",
        description="Measure analysts on labelled incidents: directories, each with its log and a label.json.",
        epilog=_EVAL_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    evaluate.add_argument("directories", nargs="*", metavar="DIR", help="a directory of labelled incidents, or one")
    evaluate.add_argument("--demo", action="store_true", help="the five sample incidents that ship with logdebug")
    evaluate.add_argument(
        "--model", action="append", default=[], metavar="MODEL", help="an analyst; repeat for more (default: offline)"
    )
    evaluate.add_argument(
        "--no-baselines", action="store_true", help="leave out tail and grep, the floor of every table"
    )
    evaluate.add_argument("--max-concurrency", type=int, default=16, metavar="N", help="agents at a time (default: 16)")
    evaluate.add_argument("--sessions-dir", metavar="DIR", help="where the agents' traces are kept")
    evaluate.add_argument(
        "--output", default="scores.json", metavar="FILE", help="the scores as JSON (default: %(default)s)"
    )


def _run(arguments: argparse.Namespace) -> int:
    """Do `logdebug run`."""
    _check_writable(arguments.output, arguments.html)
    incidents = _incidents(arguments)
    from logdebug.run.dispatch import Run
    from logdebug.terminal import Watcher, print_summary

    watcher = Watcher()
    run = Run(
        incidents,
        model=arguments.model,
        max_concurrency=arguments.max_concurrency,
        on_event=watcher.take,
        sessions_dir=arguments.sessions_dir,
        signatures=arguments.signatures,
    )
    with watcher:
        cancelled = _finish(run)
    report = run.report()
    written = _write(report, arguments.output, arguments.html)
    print_summary(report, written, cancelled=cancelled)
    if cancelled:
        return CANCELLED
    return SOME_FAILED if report.failed else OK


def _eval(arguments: argparse.Namespace) -> int:
    """Do `logdebug eval`."""
    _check_writable(arguments.output)
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
    cancelled = _finish(evaluation)
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


def _finish(run: Run | Evaluation) -> bool:
    """Let the run finish; tell whether it was cancelled instead."""
    import asyncio

    try:
        asyncio.run(run.finish())
    except KeyboardInterrupt:
        return True
    return False


def _incidents(arguments: argparse.Namespace) -> list[Incident | str]:
    """Gather the incidents from all the places that were named."""
    from logdebug.incidents import demo_incidents, find_incidents, load_incidents

    gathered: list[Incident | str] = list(arguments.incident)
    for path in arguments.incidents:
        gathered += load_incidents(path)
    for root in arguments.find:
        gathered += find_incidents(root, arguments.pattern)
    if arguments.demo:
        gathered += demo_incidents()
    if not gathered:
        raise IncidentError(
            "no incidents: name some with --incident DIR:LOGFILE:SERVICE, --incidents FILE or --find DIR, or try --demo"
        )
    return gathered


def _check_writable(*paths: str | None) -> None:
    """Refuse an output that could not be written before anything is spent on what goes into it."""
    for path in filter(None, paths):
        target = Path(path)
        if target.is_dir():
            raise SettingsError(f"{path} is a directory; name a file to write the report to", setting="output")
        if not target.absolute().parent.is_dir():
            raise SettingsError(f"{target.absolute().parent} is no directory; make it first", setting="output")
        if not os.access(target.absolute().parent, os.W_OK):
            raise SettingsError(f"{target.absolute().parent} can't be written to; name another place", setting="output")


def _write(report: Report, output: str, html: str | None) -> Iterable[str]:
    report.save(output)
    if html:
        report.to_html(html)
    return [output, *([html] if html else [])]


def _complain(error: LogdebugError) -> None:
    from logdebug.report.text import visible

    sys.stderr.write(f"logdebug: {visible(str(error))}\n")


if __name__ == "__main__":
    sys.exit(main())
