"""Steps in words: what was looked for and read, whatever a model wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import HOSTILE

from logdebug.run.wording import step_in_words, tool_in_words


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("search", '{"pattern": "timeout|refused"}', "searched for `timeout|refused`"),
        ("search", '{"pattern": "x", "file": "a.log", "since": "14:02"}', "searched for `x` in a.log (since 14:02)"),
        ("read_lines", '{"first": -50}', "read the last 50 lines"),
        ("read_lines", '{"first": 7, "last": 9, "file": "a.conf"}', "read lines 7 to 9 of a.conf"),
        ("read_lines", '{"first": 7}', "read from line 7 on"),
        ("overview", "{}", "read the overview"),
        ("list_files", "", "listed the files in ."),
        ("submit_diagnosis", "{", "submitted a diagnosis"),
        ("shell", '{"command": "id"}', 'shell {"command": "id"}'),
        ("search", "no json", "searched for ``"),
    ],
)
def test_a_tool_call_is_told(name: str, arguments: str, said: str) -> None:
    """A call is a short sentence; one of a tool that isn't there is told as it was written."""
    assert tool_in_words(name, arguments) == said


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"step": "Prompted", "messages": [{"text": "ab"}, {"text": "c"}]}, "told 3 characters in 2 messages"),
        ({"step": "Asked", "turn": 2}, "turn 2"),
        ({"step": "Answered", "text": "", "tool_calls": [{"name": "search"}, {"name": "x"}]}, "asked for search, x"),
        ({"step": "Answered", "text": " It ran\nout. ", "tool_calls": []}, "It ran out."),
        ({"step": "ToolUsed", "call": {"name": "overview", "arguments": ""}}, "read the overview"),
        (
            {"step": "ToolUsed", "call": {"name": "overview", "arguments": ""}, "failed": True, "result": "no file"},
            "read the overview: no file",
        ),
        ({"step": "Retried", "wait_seconds": 2, "reason": "429"}, "asked again after 2 s: 429"),
        ({"step": "LimitReached", "reason": "turn_limit"}, "turn limit"),
        ({"step": "Rejected", "reason": "no evidence"}, "no evidence"),
        (
            {"step": "Concluded", "diagnosis": {"status": "diagnosed", "category": "oom", "root_cause": "full"}},
            "diagnosed, oom: full",
        ),
        ({"step": "Failure", "error": "no_answer", "message": "none"}, "no_answer: none"),
        ({"step": "Directed", "text": "look at the disk"}, "look at the disk"),
        ({"step": "Unheard"}, ""),
    ],
)
def test_every_step_is_told(step: dict[str, object], said: str) -> None:
    """Each kind of step has its words, those of a later version as far as they go."""
    assert step_in_words(step) == said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
STEPS = ["Prompted", "Asked", "Answered", "ToolUsed", "Retried", "LimitReached", "Concluded", "Failure", "New"]
KEYS = ["messages", "turn", "text", "tool_calls", "call", "result", "failed", "reason", "diagnosis", "message", "usage"]


@given(st.sampled_from(STEPS), st.dictionaries(st.sampled_from(KEYS), JSON))
def test_no_trace_is_too_odd(step: str, more: dict[str, object]) -> None:
    """Whatever stands in a step, it is told on one short line."""
    said = step_in_words({**more, "step": step})
    assert len(said) <= 500
    assert "\n" not in said


@given(st.sampled_from(["search", "read_lines", "list_files", "overview"]), JSON)
def test_no_arguments_are_too_odd(name: str, arguments: object) -> None:
    """Whatever a model gives a tool, the call is told."""
    import json

    assert tool_in_words(name, json.dumps(arguments))


def test_hostile_words_are_shown_for_what_they_are() -> None:
    """What a model says can't act on a terminal."""
    assert step_in_words({"step": "Answered", "text": HOSTILE}).isprintable()
