"""A run steered by clicks in a real JupyterLab while its cell runs, and what is left of it on the page afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from lab_browser import browser_page, jupyterlab, open_notebook, photograph, run_all
from scripted_server import by_text, submit, tool_call, turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import StartServer, WriteCase

LOG = ["2026-11-18 09:00:02 ERROR connection to db-1:5432 refused", "2026-11-18 09:00:03 ERROR giving up"]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 1, "file": None}])
STEPS = [tool_call("search", pattern="timeout|refused"), tool_call("read_lines", first=1)]
SLOW = turns([*STEPS, GROUNDED])
LATENCY_SECONDS = 2.0
SERVICES = ("payment-svc", "checkout-api", "<img src=x onerror=alert(1)>", "auth-svc")
AWAITED = "report = await ld.investigate(incidents)"
IN_SYNC = "report = ld.investigate_sync(incidents)"
OVER_SUBSHELLS = "@jupyterlab/apputils-extension/kernels-settings"


class Live:
    """A JupyterLab with a notebook of three cells that investigates on a slow server, opened in a browser."""

    def __init__(self, page: Any, server: Any, notebook: Path, problems: list[str]) -> None:
        self.page = page
        self.server = server
        self.notebook = notebook
        self.problems = problems

    def begin(self) -> None:
        """Run all cells, and wait for the controls."""
        run_all(self.page)
        self.page.wait_for_selector(f"button[title='Cancel {SERVICES[0]}']")

    def click(self, what: str, service: str) -> None:
        """Click a button of an incident, or of all."""
        self.page.locator(f'button[title="{what} {service}"]').click()

    def steer(self, service: str, said: str) -> None:
        """Type a direction, and press Enter."""
        box = self.page.locator(f'input[title^="Steer {service}:"]')
        box.click()
        box.press_sequentially(said, delay=20)
        box.press("Enter")
        deadline = time.monotonic() + 2
        while box.input_value() and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        assert not box.input_value(), "the direction was not taken"

    def wait_for_requests(self, count: int) -> None:
        """Wait until the model was asked so often."""
        deadline = time.monotonic() + 20
        while len(self.server.requests) < count and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        assert len(self.server.requests) == count

    def settled(self) -> str:
        """Wait until the widgets are gone; give the text of the table that stays."""
        self.page.wait_for_selector(".logdebug-run", state="detached")
        self.page.wait_for_timeout(1_000)
        return str(self.page.locator(".jp-OutputArea-output:has(table)").inner_text())

    def printed(self) -> dict[str, Any]:
        """Give what the last cell printed of the report."""
        printed: dict[str, Any] = json.loads(self.page.locator(".jp-OutputArea-output pre").last.inner_text())
        return printed

    def requests_with(self, words: str) -> list[Any]:
        """Give the requests that the model got with some words in them."""
        return [request for request in self.server.requests if words in request.raw.decode()]

    def photograph(self, name: str) -> None:
        """Take a picture, for people to look at."""
        photograph(self.page, f"live_{name}")


@contextmanager
def live_lab(
    server: Any, incidents: list[Any], call: str, tmp_path: Path, theme: str = "light", **settings: dict[str, Any]
) -> Iterator[Live]:
    """Start a JupyterLab and a browser on a notebook that investigates the incidents."""
    notebook = _written(tmp_path / "lab" / "live.ipynb", incidents, call)
    environment = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-test"}
    problems: list[str] = []
    with (
        jupyterlab(tmp_path / "lab", theme, settings=settings, environment=environment) as address,
        browser_page(problems, height=900) as page,
    ):
        open_notebook(page, address, notebook.name)
        yield Live(page, server, notebook, problems)


def _written(path: Path, incidents: list[Any], call: str) -> Path:
    """Write a notebook that investigates, and prints what came of it."""
    given = [(str(each.working_dir), each.log_file, each.service) for each in incidents]
    told = (
        "import json\n"
        "print(json.dumps({'done': [each.service for each in report], "
        "'failed': {each.service: each.message for each in report.errors}}))"
    )
    cells = [f"import logdebug as ld\n\nincidents = {given!r}", call, told]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.parent.mkdir()
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def incidents(case_dir: WriteCase) -> list[Any]:
    """Give four incidents, one of them with a hostile name."""
    return [
        type(case)(case.working_dir, case.log_file, service)
        for number, service in enumerate(SERVICES)
        for case in [case_dir(LOG, service=f"case-{number}")]
    ]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("call", "theme"), [(AWAITED, "light"), (IN_SYNC, "dark")])
def test_clicks_steer_a_run_while_its_cell_runs(
    call: str, theme: str, server: StartServer, incidents: list[Any], tmp_path: Path
) -> None:
    """Cancel ends one incident, Steer reaches the next request of another, a paused one goes on; then a table stays."""
    # What is clicked while the first requests are in flight is clicked in time, however slow the machine.
    running = server(turns([*STEPS, GROUNDED, GROUNDED]))
    running.hold()
    with live_lab(running, incidents, call, tmp_path, theme) as live:
        live.begin()
        live.wait_for_requests(len(SERVICES))
        live.click("Cancel", "checkout-api")
        live.page.wait_for_selector("td:has-text('cancelled')", timeout=5_000)
        live.steer("auth-svc", "was the disk full?")
        live.steer("auth-svc", "and look at the deploy")
        live.click("Pause", "payment-svc")
        live.page.wait_for_selector("button[title='Resume payment-svc']", timeout=5_000)
        live.photograph(f"during_{theme}")
        running.release()
        live.page.wait_for_selector("td:has-text('done') >> nth=1")
        assert len(live.requests_with("'payment-svc' has failed")) == 1
        live.click("Resume", "payment-svc")
        text = live.settled()
        live.photograph(f"after_{theme}")
        assert live.printed() == {
            "done": ["payment-svc", SERVICES[2], "auth-svc"],
            "failed": {"checkout-api": "cancelled by the operator while this incident was worked on"},
        }
        assert len(live.requests_with("'payment-svc' has failed")) == 3
        for said in ("was the disk full?", "and look at the deploy"):
            directed = live.requests_with(said)
            assert directed
            assert all("auth-svc" in request.opening for request in directed)
        assert "3 of 4 diagnosed" in text
        _check_what_stays(live, text)


def _check_what_stays(live: Live, text: str) -> None:
    """Save, reload and export: the table is the same each time, plain HTML, with no widget and no error."""
    live.page.keyboard.press("Control+s")
    live.page.wait_for_timeout(2_000)
    outputs = json.loads(live.notebook.read_text())["cells"][1]["outputs"]
    assert [set(output["data"]) for output in outputs] == [{"text/html", "text/plain"}]
    live.page.reload()
    live.page.wait_for_selector(".jp-OutputArea-output table")
    assert live.page.locator(".jp-OutputArea-output:has(table)").inner_text() == text
    assert not live.problems
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", str(live.notebook)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    exported = live.notebook.with_suffix(".html").read_text()
    assert "3 of 4 diagnosed" in exported
    assert SERVICES[2] not in exported


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("call", [AWAITED, IN_SYNC])
def test_an_interrupt_keeps_what_was_finished(
    call: str, server: StartServer, incidents: list[Any], tmp_path: Path
) -> None:
    """Interrupting the kernel ends the run; the output says how to get the report of what was finished."""
    running = server(by_text({"'auth-svc' has failed": GROUNDED}, SLOW), latency_seconds=LATENCY_SECONDS)
    with live_lab(running, incidents, call, tmp_path) as live:
        live.begin()
        live.page.wait_for_selector("td:has-text('done')")
        live.page.locator("[data-command='notebook:interrupt-kernel']").first.click()
        text = live.settled()
        live.photograph("interrupted")
        assert "1 of 4 diagnosed" in text
        assert "3 cancelled" in text
        path = text.partition("ld.Report.load('")[2].partition("')")[0]
        assert [each["service"] for each in json.loads(Path(path).read_text())["reports"]] == ["auth-svc"]
        assert not live.problems


@pytest.mark.browser
@pytest.mark.slow
def test_where_clicks_cant_arrive_there_are_no_buttons(
    server: StartServer, incidents: list[Any], tmp_path: Path
) -> None:
    """Where messages of the page wait until the cell has ended, no control is shown, and the other way is told."""
    running = server(SLOW, latency_seconds=LATENCY_SECONDS * 2)
    off = {OVER_SUBSHELLS: {"commsOverSubshells": "disabled"}}
    with live_lab(running, incidents[:1], IN_SYNC, tmp_path, **off) as live:
        run_all(live.page)
        live.page.wait_for_selector("text=Interrupt the kernel")
        assert not live.page.locator("button[title='Cancel all']").is_visible()
        live.settled()
        assert live.printed()["done"] == ["payment-svc"]
        assert not live.problems
