"""`logdebug verify`: a saved report's citations, looked up again in the files."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from logdebug.cli.outcome import OK, SOME_FAILED, USAGE, complain
from logdebug.errors import ReportError, SettingsError

if TYPE_CHECKING:
    from logdebug.verification.verification import Verification

__all__ = ["add_verify", "verify"]

_EXAMPLES = """\
examples:
  logdebug verify report.json
  logdebug verify report.json --directory payment-svc=/archive/2026-11-18
  logdebug verify report.json --csv citations.csv

outcomes: unchanged; moved (elsewhere in its file); rotated (in app.log.1, app.log.2.gz …); altered (its file says
something else); gone (its file is gone, or ends before it); unfounded (never found, and said so from the start)

exit status: 0 all that was found is found now, 1 some of it is altered or gone, 2 wrong usage: no such report
"""


def add_verify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its arguments."""
    command = commands.add_parser(
        "verify",
        help="look a report's citations up again",
        description="Look every citation of a report up again: the log's hash, the bytes, the text, the searches.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("report", metavar="REPORT", help="a report as `logdebug run --output` wrote it")
    command.add_argument(
        "--directory",
        action="append",
        default=[],
        metavar="SERVICE=DIR",
        help="where a service's files are now, if not where the report says; may be given several times",
    )
    command.add_argument("--csv", metavar="FILE", help="write one row per citation, too")
    command.set_defaults(execute=verify)


def verify(arguments: argparse.Namespace) -> int:
    """Do `logdebug verify`."""
    from logdebug.report.report import Report

    directories = dict(map(_directory, arguments.directory))
    try:
        report = Report.load(arguments.report)
    except ReportError as error:
        complain(error)
        return USAGE
    verification = report.verify(directories)
    sys.stdout.write(f"{verification!r}\n")
    if arguments.csv:
        _write(verification, arguments.csv)
    return OK if verification.holds else SOME_FAILED


def _directory(given: str) -> tuple[str, str]:
    service, equals, directory = given.partition("=")
    if not (service and equals and directory):
        raise SettingsError(f"--directory {given!r} is not SERVICE=DIR", setting="directory")
    return service, directory


def _write(verification: Verification, path: str) -> None:
    from logdebug.report.export.sheet import cell
    from logdebug.report.files import write_text

    frame = verification.to_df()
    for name in frame.columns[frame.dtypes == "str"]:
        frame[name] = frame[name].map(cell, na_action="ignore")
    write_text(path, f"\ufeff{frame.to_csv(index=False)}")
    sys.stdout.write(f"Written: {path}\n")
