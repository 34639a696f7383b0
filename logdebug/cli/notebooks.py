"""Notebooks that the command line makes or runs: one that shows a report, and the postmortem as a page."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.cli.shipped import shipped
from logdebug.errors import ReportError, SettingsError
from logdebug.report.export.pages import filled, source_of
from logdebug.report.export.postmortem import index_of
from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    from markupsafe import Markup

    from logdebug.report.report import Report

__all__ = ["postmortem_page", "report_notebook"]

_POSTMORTEM = "02_postmortem.ipynb"
_TIMEOUT_SECONDS = 600


def report_notebook(report: Path, *, service: str = "", output: str = "-") -> str:
    """Return a notebook that loads a report and shows it, as its JSON.

    Parameters
    ----------
    report
        The report's file. The notebook names it as it is seen from where the notebook will lie.
    service
        The incident to look into; empty for the worst.
    output
        Where the notebook will lie; `-` for the working directory.
    """
    beside = Path() if output == "-" else Path(output).parent
    notebook = json.loads(source_of("report.ipynb"))
    values = {"report_file": os.path.relpath(report.absolute(), beside.absolute()), "service": service}
    [cell] = [cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", ())]
    cell["source"] = [line if "=" not in line else _assigned(line, values) for line in cell["source"]]
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _assigned(line: str, values: dict[str, str]) -> str:
    name = line.partition("=")[0].strip()
    return f"{name} = {values[name]!r}" + "\n" * line.endswith("\n") if name in values else line


def postmortem_page(report: Report, path: Path, service: str, *, history: str = "") -> str:
    """Run notebook 02 on one service of a report, and return it as a page with the code hidden.

    Parameters
    ----------
    report, path
        The report, and the file that it is from.
    service
        The incident's service; may be empty where the report has one diagnosis.
    history
        A history's file, to say what was seen before; empty for none.

    Raises
    ------
    ReportError
        Where there is no such incident, or the notebook could not be run.
    SettingsError
        Where papermill or nbconvert is not installed.
    """
    found = report.reports[index_of(report, service)]
    parameters = {"report_file": str(path.absolute()), "service": service, "history_file": history}
    with tempfile.TemporaryDirectory() as directory:
        notebook = _executed(shipped("notebooks") / _POSTMORTEM, parameters, Path(directory))
    return filled(
        "postmortem.html",
        title=f"Postmortem: {one_line(found.service)}",
        body=_body(notebook),
        source=f"Made from {path.name} (run {report.run_id}) by notebook {_POSTMORTEM}.",
    )


def _executed(path: Path, parameters: dict[str, str], directory: Path) -> Any:
    """Run a notebook with parameters, in a directory of its own."""
    with warnings.catch_warnings():  # papermill's and nbclient's own loose ends are none of the reader's
        warnings.simplefilter("ignore")
        try:
            import papermill
        except ImportError as error:
            raise SettingsError(
                "a postmortem's notebook is run by papermill, which is not installed: pip install papermill",
                setting="papermill",
            ) from error
        try:
            return papermill.execute_notebook(
                str(path),
                None,
                parameters,
                cwd=str(directory),
                kernel_name="python3",
                progress_bar=False,
                # CRITICAL only: shutting a kernel down interrupts it first, and one still busy calls that an error.
                extra_arguments=["--IPKernelApp.log_level=50"],
            )
        except papermill.PapermillExecutionError as error:
            raise ReportError(
                f"{path.name} failed: {error.ename}: {shorten(one_line(error.evalue), 400)}; open it with "
                "`logdebug lab` and run it there with the same parameters"
            ) from error


def _body(notebook: Any) -> Markup:
    """Give what a notebook shows, without its code, as HTML."""
    from markupsafe import Markup
    from nbconvert.exporters import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="basic", exclude_input=True, exclude_output_prompt=True, exclude_anchor_links=True
    )
    body, _ = exporter.from_notebook_node(notebook)
    # Every output is made by this package, which escapes what it shows; the page's policy runs no script either way.
    return Markup(body)  # noqa: S704
