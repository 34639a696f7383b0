"""Every notebook, executed: by nbclient, and by "Run All" in a real JupyterLab in Chromium."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import nbformat
import pytest
from lab_browser import SCREENSHOTS, browser_page, jupyterlab, open_notebook, photograph, run_all, wait_for_all
from nbclient import NotebookClient

import logdebug as ld
from logdebug.cli.notebooks import report_notebook
from logdebug.evaluation.scores import Scores
from logdebug.report import reviewing
from logdebug.report.history.demonstration import EXAMPLE
from logdebug.report.history.history import History

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
REVIEW = "01_incident_review"


def _report_is_written(directory: Path) -> None:
    assert json.loads((directory / "report.json").read_text())["diagnosed"] == 5
    assert (directory / "report.html").stat().st_size > 10_000
    with (directory / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 6
    assert len(History(directory / "history.db")) == 1


def _nothing_is_written(directory: Path) -> None:
    assert not [path for path in directory.iterdir() if path.suffix not in (".ipynb", "") and path.is_file()]


def _examples_are_written(directory: Path) -> None:
    assert [path.name for path in directory.glob("*.db")] == ["example_history.db"]
    assert {report.model for report in History(directory / "example_history.db").reports()} == {EXAMPLE, "offline"}


def _scores_are_written(directory: Path) -> None:
    scores = Scores.load(directory / "scores.json")
    assert (len(scores.cases), scores.analysts, scores.failed) == (5, ("offline", "tail", "grep"), 0)


CLAIMS = {
    "01_incident_review": _report_is_written,
    "02_postmortem": _nothing_is_written,
    "03_failure_categories": _examples_are_written,
    "04_compare_models": _scores_are_written,
    "05_scale_out": _nothing_is_written,
}
"""What a notebook leaves behind, by its name."""


class Executed(Protocol):
    """Execute a notebook by nbclient, once for all tests; give it, and the directory that it ran in."""

    def __call__(self, name: str) -> tuple[Any, Path]:
        """Execute it, or give what came of it."""


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    """Give a function that executes a notebook when it is first asked for."""

    @cache
    def execute(name: str) -> tuple[Any, Path]:
        notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
        place = tmp_path_factory.mktemp(name)
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(place)}}).execute()
        return notebook, place

    return execute


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
# nbclient's and zmq's own loose ends on Python 3.11, none of ours
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_notebook_runs(name: str, executed: Executed) -> None:
    """Each cell runs without an error or a warning, and what the notebook is to leave behind is there."""
    notebook, place = executed(name)
    streams = [
        output for cell in notebook.cells for output in cell.get("outputs", ()) if output.output_type == "stream"
    ]
    assert not [output.text for output in streams if output.name == "stderr"]
    CLAIMS[name](place)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("name", ["01_incident_review", "03_failure_categories", "04_compare_models"])
def test_charts_are_shown_once(name: str, executed: Executed) -> None:
    """A chart that is the last value of a cell is shown as one picture, and as nothing else."""
    notebook, _ = executed(name)
    charts = [
        cell for cell in notebook.cells if re.search(r"^(report|history|scores)\.plot\.", cell.source, re.MULTILINE)
    ]
    assert len(charts) == 3
    for cell in charts:
        pictures = [output for output in cell.outputs if {"image/png", "image/svg+xml"} & set(output.get("data", ()))]
        assert len(pictures) == len(cell.outputs) == 1


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Diagnose the five samples offline, decide on one, and save the report; give its path."""
    path = tmp_path_factory.mktemp("saved") / "report.json"
    report = ld.investigate_sync(ld.demo_incidents(), model="offline", progress=False)
    reviewing.accept(report, "etl-daily", reviewer="Ann Lee", note="Seen on the chart.").save(path)
    return path


@pytest.fixture(scope="module")
def postmortem(saved: Path) -> Path:
    """Make a postmortem's page by the command line, as its users do; give its path."""
    command = [sys.executable, "-m", "logdebug.cli", "report", "report.json", "--to", "postmortem"]
    command += ["--service", "etl-daily", "--output", "postmortem.html"]
    done = subprocess.run(command, cwd=saved.parent, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, "Written: postmortem.html\n"), done.stderr
    assert not done.stderr
    return saved.parent / "postmortem.html"


def test_papermill_fills_in_the_parameters(saved: Path, tmp_path: Path) -> None:
    """By its own command line papermill runs notebook 02 on a report and a service and the result is about those."""
    parameters = ["-p", "report_file", str(saved), "-p", "service", "auth-svc"]
    command = [sys.executable, "-m", "papermill", str(ROOT / "notebooks" / "02_postmortem.ipynb"), "out.ipynb"]
    subprocess.run([*command, *parameters, "-k", "python3"], cwd=tmp_path, capture_output=True, timeout=300, check=True)
    notebook = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    [injected] = [cell for cell in notebook.cells if "injected-parameters" in cell.metadata.get("tags", ())]
    assert 'service = "auth-svc"' in injected.source
    shown = json.dumps(notebook.cells)
    assert "auth-svc began to fail" in shown
    assert "payment-svc began to fail" not in shown


def test_the_postmortem_page_hides_the_code(postmortem: Path) -> None:
    """The page has every section with what it says, none of the notebook's code, and nothing that loads."""
    page = postmortem.read_text(encoding="utf-8")
    for words in (
        *("Summary", "Impact", "Detection", "Timeline", "Root cause", "Evidence", "What was ruled out"),
        *("What we don't know", "Action items", "etl-daily began to fail", "Ann Lee", "low free space"),
    ):
        assert words in page.replace("&#39;", "'"), words
    for code in ("import logdebug", "report_file", "story.summary", "In [", "Out["):
        assert code not in page, code
    assert not re.search(r"<(?:script|link|iframe)\b|(?:src|href)=\"(?:https?:|//)|@import|url\((?!#)", page)


@pytest.mark.browser
def test_the_postmortem_page_in_a_browser(postmortem: Path) -> None:
    """In Chromium the page asks for nothing and says nothing on the console, in light, dark and print."""
    said: list[str] = []
    with browser_page(said, width=1100, height=900) as page:
        page.on("request", lambda request: said.append(request.url) if "postmortem" not in request.url else None)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(postmortem.as_uri())
            assert page.locator("h1, h2").count() == 10
            SCREENSHOTS.mkdir(exist_ok=True)
            page.screenshot(path=SCREENSHOTS / f"postmortem_{scheme}.png", full_page=True)
        pdf = page.pdf(format="A4")
    assert said == []
    assert pdf.startswith(b"%PDF")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("service", ["", "payment-svc"])
def test_a_report_s_own_notebook_runs(saved: Path, tmp_path: Path, service: str) -> None:
    """The notebook of `--to notebook` finds its report from where it lies, runs, and warns of nothing."""
    path = tmp_path / "shown.ipynb"
    path.write_text(report_notebook(saved, service=service, output=str(path)), encoding="utf-8")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    streams = [
        output for cell in notebook.cells for output in cell.get("outputs", ()) if output.output_type == "stream"
    ]
    assert not streams
    shown = json.dumps(notebook.cells)
    assert "5 incidents: 5 diagnosed" in shown
    assert f"of {service or 'auth-svc'} tell of a failure" in shown or "image/png" in shown
    assert "def " not in "".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def test_a_report_s_notebook_takes_any_name(tmp_path: Path) -> None:
    """Quotes, backslashes and newlines in a file's or a service's name stay within their literals."""
    hostile = 'it\'s "x"\\\nimport os'
    text = report_notebook(tmp_path / hostile, service=hostile, output="-")
    [cell] = [cell for cell in json.loads(text)["cells"] if "parameters" in cell["metadata"].get("tags", ())]
    values: dict[str, str] = {}
    exec("".join(cell["source"]), {}, values)  # noqa: S102 - literals, as the test of the floors has them
    assert values["service"] == hostile
    assert values["report_file"].endswith(hostile)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("name", "theme"), [(path.stem, "light") for path in NOTEBOOKS] + [(REVIEW, "dark")])
def test_run_all_in_jupyterlab(name: str, theme: str, tmp_path: Path) -> None:
    """Run All in JupyterLab executes every cell, shows the charts, and leaves no error in the browser's console."""
    work = tmp_path / "lab"
    shutil.copytree(ROOT / "notebooks", work, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    problems: list[str] = []
    with jupyterlab(work, theme) as address, browser_page(problems) as page:
        open_notebook(page, address, f"{name}.ipynb")
        run_all(page)
        wait_for_all(page)
        photograph(page, f"{name}_{theme}", whole=True)
        errors = page.locator("[data-mime-type='application/vnd.jupyter.error']").count()
        pictures = page.locator(".jp-OutputArea-output :is(img, svg)").count()
        cells = page.locator(".ld-section td")
        aligned = set(cells.evaluate_all("cells => cells.map(cell => getComputedStyle(cell).textAlign)"))
    assert errors == 0
    assert aligned <= {"left"}, "JupyterLab's own rules for tables have won"
    assert pictures > 0
    assert not problems
    if name in CLAIMS:
        CLAIMS[name](work)
