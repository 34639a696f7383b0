"""A review as a person holds it: in a real JupyterLab in Chromium, by mouse and by keys, in light and dark."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from lab_browser import browser_page, jupyterlab, open_notebook, photograph, run_all

import logdebug as ld
from logdebug.agent.messages import Reply, ToolCall
from logdebug.agent.models import ReplayModel
from logdebug.records import Incident, Usage
from logdebug.report.report import Report

if TYPE_CHECKING:
    from pathlib import Path

CELLS = (
    "import logdebug as ld\nreport = ld.Report.load('found.json')",
    "reviewing = report.review('ann', path='reviewed.json', sessions_dir='sessions')\nreviewing",
)


def answer_of(entry: Any) -> str:
    """Give a diagnosis as a model submits it, with a quote that the log doesn't have."""
    quotes = [{"quote": quote.quote, "line": quote.line, "file": None} for quote in entry.evidence]
    return json.dumps(
        {
            "status": entry.status,
            "root_cause": entry.root_cause,
            "category": entry.category,
            "severity": entry.severity,
            "confidence": entry.confidence,
            "timeline": [{"timestamp": None, "event": each.event, "line": each.line} for each in entry.timeline],
            "evidence": [*quotes, {"quote": "the operator switched it off at noon", "line": 3, "file": None}],
            "recommendation": entry.recommendation,
        }
    )


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Give a directory with a notebook, and the report and sessions of a run of agents on the five samples."""
    place = tmp_path / "lab"
    for sample in ld.demo_incidents():
        shutil.copytree(sample.working_dir, place / "incidents" / sample.service)
    incidents = [
        Incident(place / "incidents" / each.service, each.log_file, each.service) for each in ld.demo_incidents()
    ]
    rules = ld.investigate_sync(incidents, model="offline", sessions_dir=tmp_path / "rules", progress=False)
    script = {}
    for entry in rules:
        first = entry.evidence[0].line or 1
        look = (
            ToolCall("1", "read_lines", json.dumps({"first": first - 20, "last": first + 20})),
            ToolCall("2", "search", '{"pattern": "timeout|refused", "context": 1}'),
        )
        submit = (ToolCall("3", "submit_diagnosis", answer_of(entry)),)
        script[entry.service] = [
            Reply("I look closer.", look, "tool_calls", Usage(1, 4_000, 100)),
            Reply("", submit, "tool_calls", Usage(1, 6_000, 400)),
        ]
    found = ld.investigate_sync(incidents, model=ReplayModel(script), sessions_dir=place / "sessions", progress=False)
    found.save(place / "found.json")
    # Since then, a line was put at the head of one log.
    log = incidents[1].log_path
    log.write_text("2026-11-18T09:11:59.000Z  INFO 7 --- [auth-svc] warm start\n" + log.read_text())
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, place / "review.ipynb")
    return place


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_review_is_held(theme: str, work: Path) -> None:
    """Evidence opens, a diagnosis is corrected, the page is reloaded, and all of it is in the saved report."""
    problems: list[str] = []
    with jupyterlab(work, theme) as address, browser_page(problems, height=1150) as page:
        open_notebook(page, address, "review.ipynb")
        run_all(page)
        page.wait_for_selector(".ld-head")
        look_at_evidence(page, theme)
        correct_by_keys(page, theme)
        look_at_steps_and_coverage(page, theme)
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Control+s")
        page.wait_for_timeout(1_500)
        page.goto(f"{address}/lab/tree/review.ipynb")  # as a reload, without the question whether to leave
        page.wait_for_selector(".ld-reviews")
        accept_after_reload(page, theme)
        cells = page.locator(".jp-CodeCell").count()
        scripts = page.locator(".ld-review script").count()
    assert (cells, scripts, problems) == (2, 0, [])
    saved = Report.load(work / "reviewed.json")
    [review] = saved["etl-daily"].reviews
    assert (review.reviewer, review.decision, review.note) == ("ann", "corrected", "the night's batch was late")
    assert [(change.field, change.before, change.after) for change in review.corrections] == [
        ("severity", "critical", "low")
    ]
    assert saved["etl-daily"].severity == "low"
    assert [review.decision for review in saved["auth-svc"].reviews] == ["accepted"]


def look_at_evidence(page: Any, theme: str) -> None:
    """Click a quote that moved, and one that was never there."""
    assert page.locator(".ld-item.ld-current").inner_text().startswith("◆ auth-svc")
    assert page.locator(".ld-mark").all_inner_texts()[-1] == "✕ not found"
    assert page.locator(".ld-mark").first.inner_text() == "➜ moved"
    assert page.locator(".ld-quote").last.is_disabled()
    page.locator(".ld-quote").first.click()
    page.wait_for_selector(".ld-log mark")
    assert page.locator(".ld-log mark").inner_text() == "java.lang.OutOfMemoryError: Java heap space"
    assert page.locator(".ld-log .hit").is_visible()
    photograph(page, f"review_evidence_{theme}")


def correct_by_keys(page: Any, theme: str) -> None:
    """Go to the next incident and correct it without the mouse; JupyterLab's own keys stay out of it."""
    page.keyboard.type("jc", delay=100)
    page.wait_for_selector(".ld-form select:focus")
    photograph(page, f"review_correct_{theme}")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("l")  # low, as a list takes a letter
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("the night's batch was late")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ld-reviews")
    assert page.locator(".ld-chip").inner_text() == "○ low"
    assert "critical → low" in page.locator(".ld-reviews").inner_text()
    assert "1 of 5 incidents reviewed" in page.locator(".ld-summary").inner_text()


def look_at_steps_and_coverage(page: Any, theme: str) -> None:
    """See what the agent did and what it never looked at."""
    page.wait_for_selector(".ld-keys input:focus")
    page.keyboard.press("3")
    page.wait_for_selector(".ld-steps summary")
    page.locator(".ld-steps summary", has_text="read_lines first=").click()
    assert page.locator(".ld-steps details[open] pre").is_visible()
    photograph(page, f"review_steps_{theme}")
    page.locator(".ld-sections button", has_text="Coverage").click()
    page.wait_for_selector(".ld-strip .looks rect")
    assert "kinds of lines that tell of a failure" in page.locator(".ld-body").inner_text()
    photograph(page, f"review_coverage_{theme}")


def accept_after_reload(page: Any, theme: str) -> None:
    """After a reload the explorer is as it was, and goes on working."""
    assert "✎ corrected by ann" in page.locator(".ld-reviews").inner_text()
    page.locator(".ld-item", has_text="auth-svc").click()
    page.wait_for_selector(".ld-service:has-text('auth-svc')")
    page.wait_for_selector(".ld-keys input:focus")
    page.keyboard.press("a")
    page.wait_for_selector(".ld-reviews:has-text('accepted by ann')")
    photograph(page, f"review_reloaded_{theme}")
