"""Live progress is plain HTML in which nothing of a log or a model is markup."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from test_run_board import DIAGNOSIS, board_of

from logdebug.agent.steps import Answered, Retried
from logdebug.notebook.progress import progress_html
from logdebug.records import Failure, Incident, Usage
from logdebug.run.board import Board
from logdebug.run.events import IncidentDiagnosed, IncidentFailed, IncidentStarted, RunStarted, StepTaken

HOSTILE = "<script>alert(1)</script><img src=x onerror='y'>\"&amp; \x1b[31m\x00 \u202egnp \ud800 \u2028 </td></table>"


class Reader(HTMLParser):
    """Takes note of tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.rows = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.rows += tag == "td"

    def handle_data(self, data: str) -> None:
        """Take note of text."""
        self.text += data + " "


def test_hostile_text_is_text() -> None:
    """Service, model, messages and causes add no tag and no attribute, and hide nothing."""
    board = Board()
    board.take(RunStarted("r", HOSTILE, (HOSTILE,) * 3, Path("/s")))
    board.take(IncidentStarted(0, Incident(Path("/d"), "a.log", HOSTILE), "s"))
    board.take(StepTaken(0, Retried(HOSTILE, 1, 1.0)))
    board.take(IncidentFailed(1, Failure(HOSTILE, "model", HOSTILE)))
    html = progress_html(board)
    html.encode()
    read = Reader(html)
    assert read.tags <= {"div", "table", "tr", "th", "td", "b", "span"}
    assert read.attributes == {"style", "title", "class"}
    assert "<script>alert(1)</script>" in read.text
    assert not set(html) & set("\x1b\x00\u202e\u2028")


def test_style_stands_on_the_elements() -> None:
    """The table needs no style sheet, so that a page which trusts nothing shows it all the same."""
    html = progress_html(board_of("a"))
    assert "<style" not in html
    assert html.count("class=") == 1  # in which no formulas are set


@pytest.mark.parametrize(
    ("count", "rows", "more"), [(0, 0, ""), (1, 1, ""), (40, 40, ""), (41, 40, "1"), (5_000, 40, "4,960")]
)
def test_no_more_rows_than_a_cell_can_show(count: int, rows: int, more: str) -> None:
    """At most 40 rows are drawn, the others are counted."""
    read = Reader(progress_html(board_of(*(f"service-{number}" for number in range(count)))))
    assert read.rows == rows * 6
    assert (re.search(r"and ([\d,]+) more", read.text) or ["", ""])[1] == more


def test_those_at_work_come_first() -> None:
    """Where not all rows fit, the working and the failed are among those that are shown."""
    board = board_of(*(f"service-{number}" for number in range(1_000)))
    for index in range(900):
        board.take(IncidentDiagnosed(index, DIAGNOSIS))
    board.take(IncidentFailed(950, Failure("x", "model", "down")))
    board.take(IncidentStarted(999, Incident(Path("/d"), "a.log", "x"), "s"))
    text = Reader(progress_html(board)).text
    assert text.index("service-999") < text.index("service-950") < text.index("service-0 ")


def test_the_head_gives_totals_and_the_analyst() -> None:
    """The head says how the run stands and who works: a model by name, or the embedded analyst."""
    board = board_of("a", "b")
    assert "starting" in progress_html(Board())
    board.take(StepTaken(0, Answered(1, "", (), "stop", Usage(1, 1_000, 234, cost_usd=0.0123))))
    text = Reader(progress_html(board)).text
    assert re.search(r"0 of 2 diagnosed +· 2 waiting · 1 turns, 1,234 tokens · \$0.0123 · \d\.\d s · model m", text)
    board.model = "offline"
    assert "no model: the embedded offline analyst" in progress_html(board)


def test_a_row_gives_what_it_cost() -> None:
    """A row has turns, tokens, cost and time; a cost that isn't known is a dash, and no zero."""
    board = board_of("a", "b")
    for index, cost in enumerate((1.5, None)):
        board.take(IncidentStarted(index, Incident(Path("/d"), "a.log", "x"), "s"))
        board.take(StepTaken(index, Answered(1, "", (), "stop", Usage(1, 7_000, 654, cost_usd=cost))))
    text = " ".join(Reader(progress_html(board)).text.split())
    assert re.search(r"reading the log 1 7,654 \$1.50 \d\.\d s ", text)
    assert re.search(r" 1 7,654 — \d\.\d s", text)


def test_who_interrupts_is_told_where_the_report_is() -> None:
    """A run that did not end by itself says so, and how to get what was finished; open rows are shown as cancelled."""
    board = board_of("a")
    board.cut_short()
    text = Reader(progress_html(board, ended="interrupted")).text
    assert "Interrupted. What was finished is kept:" in text
    assert "ld.Report.load('/s/run-1/report.json')" in text
    assert "1 cancelled" in text


def test_long_text_is_cut() -> None:
    """One row stays one row, however long a cause or a name is."""
    board = board_of("s" * 10_000)
    board.take(IncidentFailed(0, Failure("s", "model", "m" * 100_000)))
    assert len(progress_html(board)) < 6_000


PROGRAM = """
import asyncio, sys
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell
from logdebug.notebook.progress import live
from logdebug.run.control import Controls
from logdebug.run.events import RunStarted

if sys.argv[1] == "shell":
    InteractiveShell.instance()

async def main():
    heard = []
    try:
        async with live(Controls(1)) as tell:
            tell(RunStarted("r", "m", ("a",), Path("/s")))
            await asyncio.sleep(0.6)
            heard.append("slept")
            raise ZeroDivisionError
    except ZeroDivisionError:
        print("heard", len(heard), "left", len(asyncio.all_tasks()) - 1)

asyncio.run(main())
"""


@pytest.mark.parametrize("where", ["shell", "script"])
def test_progress_disturbs_no_run(where: str) -> None:
    """With a shell and without, the run goes on, an error comes out as itself, no task stays."""
    command = [sys.executable, "-c", PROGRAM, where]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "heard 1 left 0" in done.stdout
    assert ("a run of logdebug" in done.stdout) == (where == "shell")
