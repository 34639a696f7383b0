"""`ps` fits the terminal, tells the most telling, and is whole as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from monitor_samples import HOSTILE, HOSTILE_SHOWN, answered, begin, diagnosed, failed, searched, write_run
from rich.cells import cell_len

from logdebug.monitor.listing import age_in_words, as_json, listing
from logdebug.monitor.runs import RunView

if TYPE_CHECKING:
    from pathlib import Path

    from logdebug.monitor.rows import Row


def anything(row: Row) -> bool:
    """Take every row."""
    return bool(row)


def sample(tmp_path: Path) -> RunView:
    """Give a run with an incident in each of several states."""
    names = ("payment-svc", HOSTILE, "x" * 60, "服务器日志系统" * 4, "cart")
    directory, chronicle = write_run(tmp_path, *names)
    begin(directory, chronicle, 0, answered(1, tokens=34_000), searched("connection refused"))
    begin(directory, chronicle, 1)
    chronicle.take(failed(1, f"the server said {HOSTILE}"))
    begin(directory, chronicle, 2)
    chronicle.take(diagnosed(2))
    view = RunView(directory)
    view.refresh()
    return view


@pytest.mark.parametrize("width", [40, 80, 100, 140, 300])
def test_it_fits_the_terminal(tmp_path: Path, width: int) -> None:
    """At any usual width no line is wider than the terminal, and columns stand below each other."""
    lines = listing([sample(tmp_path)], width=width, most=50, only=anything)
    shown = [line.plain for line in lines]
    if width >= 80:
        assert all(cell_len(line) <= width for line in shown), shown
    heads = next(line for line in shown if "service" in line)
    for state in ("working", "failed", "done", "waiting"):
        lines_of_state = [line for line in shown if f" {state} " in f"{line} " and "·" not in line]
        assert lines_of_state
        for line in lines_of_state:
            assert cell_len(line[: line.index(state)]) == cell_len(heads[: heads.index("state")])


def test_it_says_what_there_is(tmp_path: Path) -> None:
    """A run's title says who it is and how it is; its rows what each costs and does."""
    text = "\n".join(line.plain for line in listing([sample(tmp_path)], width=160, most=None, only=anything))
    for said in ("abc123 live", "gpt-5-mini", "34k", "$0.0010", "searched for `connection refused`"):
        assert said in text
    assert "1 of 5 diagnosed · 1 working · 1 failed · 2 waiting" in text
    assert "high dependency_failure: The database refused connections." in text


def test_hostile_names_and_words_do_nothing(tmp_path: Path) -> None:
    """Whatever a service is called and a server says, the lines hold printable letters only."""
    lines = [line.plain for line in listing([sample(tmp_path)], width=140, most=None, only=anything)]
    assert all(line.isprintable() for line in lines)
    assert sum(HOSTILE_SHOWN in line for line in lines) == 1
    assert any(f"the server said {HOSTILE_SHOWN}" in line for line in lines)


def test_few_lines_show_those_at_work_first(tmp_path: Path) -> None:
    """Where not all fit, those at work and those that failed are shown, and how many more there are."""
    directory, chronicle = write_run(tmp_path, *(f"svc-{number}" for number in range(500)))
    for number in range(100):
        chronicle.take(diagnosed(number))
    begin(directory, chronicle, 400)
    chronicle.take(failed(300))
    view = RunView(directory)
    view.refresh()
    shown = [line.plain for line in listing([view], width=120, most=10, only=anything)]
    assert len(shown) <= 13
    assert any("svc-400" in line for line in shown)
    assert any("svc-300" in line for line in shown)
    assert "490 more: ps --all" in shown[-1]


def test_only_those_that_are_wanted(tmp_path: Path) -> None:
    """Rows that aren't wanted are left out; the run's own line still counts them."""
    lines = listing([sample(tmp_path)], width=120, most=None, only=lambda row: row.state == "failed")
    assert sum("payment-svc" in line.plain for line in lines) == 0
    assert "1 of 5 diagnosed" in lines[-1].plain


def test_as_json_it_is_whole(tmp_path: Path) -> None:
    """JSON holds each run and incident, a service's name as it was given, and no raw control character."""
    view = sample(tmp_path)
    text = as_json([view], only=anything)
    assert text.isascii()
    assert not any(ord(char) < 32 and char != "\n" for char in text)
    found = json.loads(text)
    assert found["runs"][0]["state"] == "live"
    first, second = found["incidents"][:2]
    assert second["service"] == HOSTILE
    assert {key: first[key] for key in ("id", "number", "state", "turns", "tokens", "cost_usd", "model")} == {
        "id": "abc123/1", "number": 1, "state": "working", "turns": 1, "tokens": 34_010, "cost_usd": 0.001,
        "model": "gpt-5-mini",
    }  # fmt: skip
    assert found["incidents"][4]["age_seconds"] is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0.2, "0 s"), (99, "99 s"), (100, "2 min"), (5_999, "100 min"), (9_000, "2.5 h"), (1e6, "12 d")],
)
def test_an_age_is_short(seconds: float | None, words: str) -> None:
    """An age takes a few letters, whatever it is."""
    assert age_in_words(seconds) == words
