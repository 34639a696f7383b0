"""What an agent saw beside its log is known again by hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logdebug.agent.messages import ToolCall
from logdebug.agent.reading import Reading
from logdebug.agent.sightings import Sightings
from logdebug.agent.tools import meaning_of, place_of, run_tool

if TYPE_CHECKING:
    from conftest import WriteCase

CALLS = [
    ToolCall("1", "read_lines", '{"file": "./a.conf", "first": 1}'),
    ToolCall("2", "read_lines", '{"file": "missing.conf", "first": 1}'),
    ToolCall("3", "list_files", '{"path": "conf"}'),
    ToolCall("4", "list_files", '{"path": "nowhere"}'),
    ToolCall("5", "search", '{"pattern": "x"}'),
]


def test_all_that_is_read_is_noted(case_dir: WriteCase) -> None:
    """Files, listings and what was missing are noted, the log isn't; unchanged, they would be seen again."""
    incident = case_dir(["line"], a__conf="a", **{"conf/b.conf": "b"})
    reading = Reading.of(incident)
    for call in CALLS:
        run_tool(call, reading)
    seen = reading.seen.hashes
    assert set(seen) == {"a.conf", "missing.conf", "conf/", "nowhere/"}
    assert [bool(seen[path]) for path in ("a.conf", "missing.conf", "conf/", "nowhere/")] == [True, False, True, False]
    assert Sightings.again(seen, reading.workspace)
    reading.close()


@pytest.mark.parametrize("path", ["a.conf", "missing.conf", "conf/c.conf", "nowhere/d.conf"])
def test_what_is_another_now_is_told(case_dir: WriteCase, path: str) -> None:
    """A file that changed, that is there now, or is new in a directory that was listed, would be seen otherwise."""
    incident = case_dir(["line"], a__conf="a", **{"conf/b.conf": "b"})
    reading = Reading.of(incident)
    for call in CALLS:
        run_tool(call, reading)
    (incident.working_dir / path).parent.mkdir(exist_ok=True)
    (incident.working_dir / path).write_text("z", encoding="utf-8")
    assert not Sightings.again(reading.seen.hashes, reading.workspace)
    reading.close()


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ('{"pattern": "a"}', '{"file": null, "context": 0, "pattern": "a"}', True),
        ('{"pattern": "a"}', '{"pattern": "a", "file": "app.log"}', True),
        ('{"pattern": "a"}', '{"pattern": "a", "file": "other.log"}', False),
        ('{"pattern": "a"}', '{"pattern": "b"}', False),
        ('{"pattern"', '{"pattern"', True),
        ('{"pattern"', "{}", False),
    ],
)
def test_calls_that_ask_for_the_same_are_one(one: str, other: str, alike: bool) -> None:
    """However its arguments are written, a call that asks for the same is the same."""
    meanings = [meaning_of(ToolCall("1", "search", given), "app.log") for given in (one, other)]
    assert (meanings[0] == meanings[1]) is alike


def test_what_a_call_reads_is_told() -> None:
    """A call reads the log, another file, or a directory; one that can't be carried out reads nothing."""
    assert place_of(ToolCall("1", "search", '{"pattern": "a"}'), "app.log") == "app.log"
    assert place_of(ToolCall("1", "overview", '{"file": "b.log"}'), "app.log") == "b.log"
    assert place_of(ToolCall("1", "list_files", "{}"), "app.log") == "./"
    assert place_of(ToolCall("1", "search", "{}"), "app.log") is None
    assert place_of(ToolCall("1", "write_file", "{}"), "app.log") is None
