"""`logdebug run`: investigate incidents and write a report."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from logdebug.cli.outcome import CANCELLED, OK, SOME_FAILED, check_writable, finish
from logdebug.cli.spending import add_spending, limits_of, run_limits_of
from logdebug.errors import IncidentError, LogdebugError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logdebug.records import Incident
    from logdebug.report.report import Report

__all__ = ["add_run", "run"]

_EXAMPLES = """\
examples:
  logdebug run --demo
  logdebug run --incident /srv/shop/logs:app.log:shop --html report.html
  logdebug run --find /var/log --pattern '*.log'
  logdebug run --incidents incidents.csv --model gpt-5-mini --output report.json --max-run-usd 5
  logdebug run --resume 20261118T090000-3f9a1c

An incident is DIR:LOGFILE:SERVICE: the directory that the agent may read, the log in it, the service's name.

exit status: 0 every incident has a diagnosis, 1 some have none, 2 wrong usage, 130 cancelled (the report holds what
was finished, also where a wrong key stopped the run)
"""


def add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its arguments."""
    command = commands.add_parser(
        "run",
        help="investigate incidents and write a report",
        description="Investigate incidents, all in parallel, and write one report.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_incidents(command)
    _add_how(command)
    add_spending(command)
    out = command.add_argument_group("output")
    out.add_argument(
        "--output", default="debug_report.json", metavar="FILE", help="the report as JSON (default: %(default)s)"
    )
    out.add_argument("--html", metavar="FILE", help="the report as a page to share")
    command.set_defaults(execute=run)


def _add_incidents(command: argparse.ArgumentParser) -> None:
    """Add the arguments that say what is investigated."""
    what = command.add_argument_group("incidents (these add up)")
    what.add_argument("--incident", action="append", default=[], metavar="DIR:LOGFILE:SERVICE", help="one incident")
    what.add_argument("--incidents", action="append", default=[], metavar="FILE", help="a .csv, .json or .yaml of them")
    what.add_argument("--find", action="append", default=[], metavar="DIR", help="every log below a directory")
    what.add_argument("--pattern", metavar="GLOB", help="which files --find takes (default: *.log, syslog, messages …)")
    what.add_argument("--demo", action="store_true", help="the five sample incidents that ship with logdebug")


def _add_how(command: argparse.ArgumentParser) -> None:
    """Add the arguments that say how."""
    how = command.add_argument_group("how")
    how.add_argument(
        "--model", help="the model to ask; 'offline' needs none (default: OPENAI_MODEL, else gpt-5-mini with a key)"
    )
    how.add_argument("--max-concurrency", type=int, default=16, metavar="N", help="agents at a time (default: 16)")
    how.add_argument("--sessions-dir", metavar="DIR", help="where the agents' traces are kept")
    how.add_argument("--signatures", action="append", metavar="FILE", help="failure signatures of your own, as TOML")
    how.add_argument(
        "--cache",
        choices=("reuse", "refresh", "off"),
        help="what is known of an incident that hasn't changed since it was diagnosed: reuse it, at no cost (the "
        "default); refresh it, asking anew; or off",
    )
    how.add_argument(
        "--resume",
        metavar="RUN",
        help="go on with a run, by its id or directory: what is finished is taken from there, the rest goes on from "
        "its last step; incidents, model and limits are that run's",
    )
    how.add_argument(
        "--redaction",
        action="append",
        metavar="FILE",
        help="rules of your own for what is hidden from a model, as TOML",
    )
    how.add_argument("--no-redaction", action="store_true", help="send and keep secrets as they are")
    how.add_argument(
        "--estimate",
        "--dry-run",
        action="store_true",
        help="only say what it would cost, and send; nothing is spent or sent",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do `logdebug run`."""
    incidents = _incidents(arguments)
    if arguments.estimate:
        return _estimate(arguments, incidents or [])
    check_writable(arguments.output, arguments.html)
    from logdebug.run.dispatch import Run
    from logdebug.terminal import Watcher, print_summary

    watcher = Watcher()
    started = Run(
        incidents,
        model=arguments.model,
        max_concurrency=arguments.max_concurrency,
        on_event=watcher.take,
        sessions_dir=arguments.sessions_dir,
        signatures=arguments.signatures,
        redact=_redact(arguments),
        limits=limits_of(arguments),
        run_limits=run_limits_of(arguments),
        cache=arguments.cache,
        resume=arguments.resume,
    )
    try:
        with watcher:
            cancelled = finish(started)
    except LogdebugError:  # it stopped the run, and is told after what was finished
        report = started.report()
        if report.diagnosed:
            print_summary(report, _write(report, arguments.output, arguments.html), cancelled=False)
        raise
    report = started.report()
    written = _write(report, arguments.output, arguments.html)
    print_summary(report, written, cancelled=cancelled)
    if cancelled:
        return CANCELLED
    return SOME_FAILED if report.failed else OK


def _estimate(arguments: argparse.Namespace, incidents: list[Incident | str]) -> int:
    """Say what the run would cost and send."""
    from logdebug.run.estimator import estimate

    told = estimate(
        incidents,
        model=arguments.model,
        sessions_dir=arguments.sessions_dir,
        signatures=arguments.signatures,
        redact=_redact(arguments),
    )
    sys.stdout.write(f"{told!r}\n")
    return OK


def _redact(arguments: argparse.Namespace) -> bool | list[str]:
    """Give what the arguments say of redaction."""
    return False if arguments.no_redaction else arguments.redaction or True


def _incidents(arguments: argparse.Namespace) -> list[Incident | str] | None:
    """Gather the incidents from all the places that were named; None where those of the run to go on with are meant."""
    from logdebug.incidents import demo_incidents, find_incidents, load_incidents

    gathered: list[Incident | str] = list(arguments.incident)
    for path in arguments.incidents:
        gathered += load_incidents(path)
    for root in arguments.find:
        gathered += find_incidents(root, arguments.pattern)
    if arguments.demo:
        gathered += demo_incidents()
    if not gathered and arguments.resume:
        if arguments.estimate:
            raise SettingsError("--estimate tells of incidents; name some in place of --resume", setting="estimate")
        return None
    if not gathered:
        raise IncidentError(
            "no incidents: name some with --incident DIR:LOGFILE:SERVICE, --incidents FILE or --find DIR, or try --demo"
        )
    return gathered


def _write(report: Report, output: str, html: str | None) -> Iterable[str]:
    report.save(output)
    if html:
        report.to_html(html)
    return [output, *([html] if html else [])]
