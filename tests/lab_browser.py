"""A real JupyterLab, and a real Chromium to use it with."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["SCREENSHOTS", "browser_page", "jupyterlab", "open_notebook", "photograph", "run_all", "wait_for_all"]

SCREENSHOTS = Path(__file__).resolve().parent.parent / "screenshots"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_SETTINGS: dict[str, dict[str, Any]] = {
    # All cells are on the page at once, so that a test can read them.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
_ARGUMENTS = ["--no-browser", "--allow-root", "--port=0", "--IdentityProvider.token=", "--ServerApp.ip=127.0.0.1"]
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A busy machine starts a server and a kernel ten times as slowly as an idle one.
_START_SECONDS = 120


@contextmanager
def jupyterlab(
    work: Path,
    theme: str = "light",
    *,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Run a JupyterLab on a directory for the time of a `with`; give its address.

    Parameters
    ----------
    work
        The directory; its log and settings are put beside it.
    theme
        `light` or `dark`.
    settings
        More settings of JupyterLab, by plugin.
    environment
        More of the environment, which its kernels inherit.
    """
    themed = {"@jupyterlab/apputils-extension/themes": {"theme": THEMES[theme]}}
    for name, values in {**_SETTINGS, **themed, **(settings or {})}.items():
        path = work.parent / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    told = {"JUPYTERLAB_SETTINGS_DIR": str(work.parent / "settings"), **(environment or {})}
    with (work.parent / "lab.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *_ARGUMENTS, f"--ServerApp.root_dir={work}"],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **told},
        )
        try:
            yield _address(process, work.parent / "lab.log")
        finally:
            process.terminate()
            process.wait(timeout=30)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait for the server to say where it listens, and to answer there."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        if found:
            # It says where it listens before it does.
            with suppress(urllib.error.URLError):
                urllib.request.urlopen(f"{found[0]}/api/status", timeout=10).close()
                return found[0]
        assert process.poll() is None, log.read_text()
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@contextmanager
def browser_page(problems: list[str], *, width: int = 1300, height: int = 1000) -> Iterator[Any]:
    """Open a page in Chromium for the time of a `with`; what its console says of errors goes to `problems`."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Debian's chromium is not installed: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=_FLAGS)
        try:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(60_000)
            page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: problems.append(str(error)))
            yield page
        finally:
            browser.close()


def open_notebook(page: Any, address: str, name: str) -> None:
    """Open a notebook, and wait for its kernel."""
    page.goto(f"{address}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")


def run_all(page: Any) -> None:
    """Choose Run > Run All Cells, as a person does: not before the kernel is there, and again where nothing happens."""
    page.wait_for_selector(".jp-Toolbar-kernelName:has-text('Python 3')")
    for _ in range(10):
        if page.locator(".jp-Dialog").count():  # which kernel? The one that is offered.
            page.locator(".jp-Dialog .jp-mod-accept").first.click()
        page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
        page.locator(".lm-Menu-item[data-command='runmenu:run-all']").click()
        page.wait_for_timeout(2_000)
        if any(prompt != "[ ]:" for prompt in page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()):
            return
        page.keyboard.press("Escape")
    raise AssertionError("Run All Cells does nothing")


def wait_for_all(page: Any) -> None:
    """Wait until the last code cell has been executed; the page itself has no word for "all done"."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        prompts = page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
        if prompts and "[*]:" not in prompts and re.fullmatch(r"\[\d+\]:", prompts[-1]):
            return
        page.wait_for_timeout(500)
    photograph(page, "not_all_cells_executed")
    raise AssertionError(f"not all cells were executed: {prompts}")


def photograph(page: Any, name: str, *, whole: bool = False) -> None:
    """Take a picture of what is on the page, or of the whole notebook, for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    if whole:
        height = page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
        page.set_viewport_size({"width": 1300, "height": min(int(height) + 200, 12_000)})
        page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    page.wait_for_timeout(1_000 if whole else 300)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
