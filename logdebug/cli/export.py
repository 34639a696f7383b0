"""`logdebug report`: a saved report as a page, Markdown, a sheet, a notebook or a postmortem."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.cli.outcome import OK, USAGE, check_writable, complain
from logdebug.errors import ReportError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.report.report import Report

__all__ = ["add_report", "export"]

_EXAMPLES = """\
examples:
  logdebug report report.json --to html
  logdebug report report.json --to md --output - | gh issue create --title 'Review' --body-file -
  logdebug report report.json --to csv --service payment-svc
  logdebug report report.json --to notebook
  logdebug report report.json --to postmortem --service payment-svc

exit status: 0 written, 1 it could not be made or written, 2 wrong usage: no such report, no such service
"""
_ENDINGS = {"html": ".html", "md": ".md", "csv": ".csv", "notebook": ".ipynb", "postmortem": ".html"}
_STDOUT = "-"
_ALWAYS_HIDING = ("notebook", "postmortem")


def add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its arguments."""
    command = commands.add_parser(
        "report",
        help="turn a saved report into something to share",
        description="Turn a saved report into a page, Markdown, a sheet, a notebook or one service's postmortem.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("report", metavar="REPORT", help="a report as `logdebug run --output` wrote it")
    command.add_argument("--to", required=True, choices=list(_ENDINGS), help="what to make of it")
    command.add_argument("--service", metavar="S", help="only this service; a postmortem is about one")
    command.add_argument(
        "--output", metavar="FILE", help="where to; - is standard output (default: beside the report, named after it)"
    )
    command.add_argument(
        "--show-secrets", action="store_true", help="show secrets that can still be read in the logs (html, md, csv)"
    )
    command.add_argument("--history", metavar="FILE", help="say what was seen before, as this history has it")
    command.set_defaults(execute=export)


def export(arguments: argparse.Namespace) -> int:
    """Do `logdebug report`."""
    from logdebug.report.report import Report

    if arguments.show_secrets and arguments.to in _ALWAYS_HIDING:
        complain(
            SettingsError(
                f"--show-secrets is for html, md and csv; a {arguments.to} reads the report again whenever it is run, "
                "and hides them",
                setting="report",
            )
        )
        return USAGE
    try:
        report = Report.load(arguments.report)
        _check_service(report, arguments.service or "", arguments.to)
    except ReportError as error:
        complain(error)
        return USAGE
    output = arguments.output or str(_beside(Path(arguments.report), arguments.to, arguments.service))
    check_writable(None if output == _STDOUT else output)
    text = _MAKERS[arguments.to](report, arguments, output)
    if output == _STDOUT:
        sys.stdout.write(text)
        return OK
    from logdebug.report.files import write_text

    # A sheet that is a file begins with a byte order mark, by which Excel knows UTF-8.
    written = write_text(output, f"\ufeff{text}" if arguments.to == "csv" else text)
    sys.stdout.write(f"Written: {written if arguments.output is None else output}\n")
    return OK


def _html(report: Report, arguments: argparse.Namespace, _: str) -> str:
    from logdebug.report.export.render import to_html

    only, history = _only(report, arguments.service), _history(arguments.history)
    return to_html(only, history=history, show_secrets=arguments.show_secrets)


def _markdown(report: Report, arguments: argparse.Namespace, _: str) -> str:
    from logdebug.report.export.render import to_markdown

    only, history = _only(report, arguments.service), _history(arguments.history)
    return to_markdown(only, history=history, show_secrets=arguments.show_secrets)


def _csv(report: Report, arguments: argparse.Namespace, _: str) -> str:
    from logdebug.report.export.sheet import to_csv

    return to_csv(_only(report, arguments.service), show_secrets=arguments.show_secrets)


def _notebook(_: Report, arguments: argparse.Namespace, output: str) -> str:
    from logdebug.cli.notebooks import report_notebook

    return report_notebook(Path(arguments.report), service=arguments.service or "", output=output)


def _postmortem(report: Report, arguments: argparse.Namespace, _: str) -> str:
    from logdebug.cli.notebooks import postmortem_page

    return postmortem_page(
        report, Path(arguments.report), arguments.service or "", history=_absolute(_history(arguments.history))
    )


_MAKERS: dict[str, Callable[[Report, argparse.Namespace, str], str]] = {
    "html": _html,
    "md": _markdown,
    "csv": _csv,
    "notebook": _notebook,
    "postmortem": _postmortem,
}


def _history(path: str | None) -> str | None:
    """Give a history's file, if one is named and it is there: an export makes none."""
    if path and not Path(path).is_file():
        raise SettingsError(f"there is no history {path}; give a file that `ld.History` made", setting="history")
    return path or None


def _absolute(path: str | None) -> str:
    return str(Path(path).absolute()) if path else ""


def _only(report: Report, service: str | None) -> Report:
    """Give the report of one service alone, or the whole of it where none is named."""
    if not service:
        return report
    return replace(
        report,
        reports=report.find(service),
        errors=tuple(failure for failure in report.errors if failure.service == service),
    )


def _check_service(report: Report, service: str, to: str) -> None:
    """Refuse a service that the report doesn't have, and a postmortem of none or several; say which it has."""
    if to == "postmortem":
        from logdebug.report.export.postmortem import index_of

        index_of(report, service)
    elif service and not report.find(service) and all(failure.service != service for failure in report.errors):
        _ = report[service]


def _beside(report: Path, to: str, service: str | None) -> Path:
    """Name the output after the report: `report.html`, `report-shop.html`, `report-shop-postmortem.html`."""
    parts = [report.stem or "report", re.sub(r"[^\w.-]+", "-", service or "").strip("-.")[:80]]
    parts += ["postmortem"] if to == "postmortem" else []
    name = "-".join(filter(None, parts)) + _ENDINGS[to]
    target = report.with_name(name)
    return target if target != report else report.with_name(f"{parts[0]}-report{_ENDINGS[to]}")
