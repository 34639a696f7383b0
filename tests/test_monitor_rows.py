"""Lines from disk become one row per incident, whatever they hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some
from monitor_samples import HOSTILE, HOSTILE_SHOWN, answered, searched, step

from logdebug.monitor.rows import Row, moment, usage_of, whole
from logdebug.report.text import one_line

BEGUN = {"at": "2026-11-18T09:00:00+00:00", "event": "IncidentStarted", "session": "run/00001-shop"}


def begun(service: str = "shop") -> Row:
    """Give a row whose agent was sent."""
    row = Row(0, service)
    row.begin(BEGUN)
    return row


def test_steps_are_told_and_counted() -> None:
    """A row says what its agent does, and what its replies cost until now."""
    row = begun()
    assert (row.state, row.doing) == ("working", "reading the log")
    for line in (step("Asked", turn=1), answered(1), searched("timeout"), step("Asked", turn=2)):
        row.take_step(line)
    assert row.doing == "thinking (turn 2), having searched for `timeout`"
    assert (row.spent.turns, row.spent.tokens, row.spent.cost_usd) == (1, 110, 0.001)


def test_an_unknown_price_stays_unknown() -> None:
    """A reply without a price makes the incident's price unknown, not less."""
    row = begun()
    row.take_step(answered(1))
    row.take_step(step("Answered", turn=2, usage={"input_tokens": 5, "output_tokens": 1, "cost_usd": None}))
    assert row.spent.cost_usd is None
    assert row.spent.turns == 2


def test_its_end_from_its_trace() -> None:
    """A trace that ends in a diagnosis or a failure ends the row, where the run's own word was lost."""
    row = begun()
    row.take_step(step("Concluded", diagnosis={"status": "diagnosed", "severity": "high", "root_cause": "The disk."}))
    assert (row.state, row.is_open) == ("done", False)
    assert "The disk." in row.doing
    row = begun()
    row.take_step(step("Failure", error="cancelled", message="cancelled by ann"))
    assert (row.state, row.doing) == ("cancelled", "cancelled by ann")


def test_a_session_that_was_gone_on_with_is_open_again() -> None:
    """Steps after an end open the row again: its run was resumed."""
    row = begun()
    for line in (step("Failure", error="model", message="gone"), step("Resumed"), step("Asked", turn=3)):
        row.take_step(line)
    assert (row.state, row.doing, row.ended) == ("working", "thinking (turn 3)", None)


def test_paused_before_and_at_work() -> None:
    """A row that is let go on waits again where it hadn't begun, and works where it had."""
    for row, after in ((Row(0, "shop"), "waiting"), (begun(), "working")):
        row.take_control({"control": "pause"})
        assert row.state == "paused"
        row.take_control({"control": "resume"})
        assert row.state == after


def test_what_comes_after_the_end_changes_nothing() -> None:
    """An incident that has ended isn't paused any more."""
    row = begun()
    row.end({"event": "IncidentFailed", "error": "log", "message": "unreadable"})
    row.take_control({"control": "pause"})
    assert row.state == "failed"


def test_hostile_words_are_made_harmless() -> None:
    """Neither a service's name nor what an agent says can act on a terminal."""
    row = begun(HOSTILE)
    assert row.name == HOSTILE_SHOWN
    row.take_step(step("Answered", turn=1, text=f"I found\r\n{HOSTILE}\x9b2J", usage={}))
    assert row.doing == f"I found {HOSTILE_SHOWN}"


def test_age_stops_at_the_end() -> None:
    """Age counts from when the agent was sent until it ended."""
    row = begun()
    at = datetime(2026, 11, 18, 9, 0, 30, tzinfo=UTC)
    assert Row(0, "shop").age_seconds(at) is None
    assert row.age_seconds(at) == 30
    assert row.quiet_seconds(at) == 30
    row.end({"event": "IncidentFailed", "at": "2026-11-18T09:00:10+00:00"})
    assert row.age_seconds(at + timedelta(hours=1)) == 10
    assert row.quiet_seconds(at) is None


def test_values_of_other_kinds_count_for_nothing() -> None:
    """Numbers and times that aren't any are nothing, not an error."""
    assert [whole(value) for value in (5, -5, True, "5", None, 1e300, 1 << 80)] == [5, 0, 0, 0, 0, 0, 0]
    assert usage_of({"turns": "x", "input_tokens": None, "cost_usd": float("nan")}).cost_usd is None
    assert [moment(value) for value in (None, "", "today", 5)] == [None] * 4
    assert moment("2026-11-18T09:00:00") == datetime(2026, 11, 18, 9, tzinfo=UTC)


VALUES: Any = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=6,
)
STEPS = ["Prompted", "Directed", "Asked", "Retried", "Answered", "ToolUsed", "Rejected", "LimitReached", "Concluded"]
KEYS = ["at", "turn", "text", "usage", "call", "result", "reason", "diagnosis", "messages", "tool_calls", "message"]


@settings(deadline=None)  # the first example loads what reads arguments
@given(some.sampled_from([*STEPS, "Failure", "New"]), some.dictionaries(some.sampled_from(KEYS), VALUES))
def test_no_line_is_too_odd(name: str, fields: dict[str, Any]) -> None:
    """Whatever stands in a step, it makes a row that can be shown."""
    row = begun()
    row.take_step({**fields, "step": name})
    assert row.doing == one_line(row.doing)
    assert len(row.doing) <= 500
