"""What a server refuses is known by its words, and nothing else is left out for it."""

from __future__ import annotations

import itertools

import pytest

from logdebug.agent.features import Features
from logdebug.agent.messages import Message, Request, ToolCall
from logdebug.agent.refusals import Refusal, error_of
from logdebug.agent.tools import SUBMIT, tool_specs
from logdebug.agent.wire import write_request
from logdebug.errors import ModelNotAuthorised

FULL = Features(max_output_tokens=100)
SAID = (
    Message("system", "You are careful."),
    Message("user", "Why?"),
    Message("assistant", "", (ToolCall("c1", "search", "{}"),)),
    Message("tool", "found", call_id="c1"),
    Message("user", "Most is spent."),
    Message("user", "The operator says: hurry."),
)


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ("System role not supported", {"system"}),
        ("Developer/system message is not supported by this model", {"system"}),
        ("Conversation roles must alternate user/assistant/user/...", {"tools", "strict", "parallel", "choice"}),
        ("Invalid role: tool", {"tools", "strict", "parallel", "choice"}),
        ("Invalid tool_choice type: 'object'", {"choice"}),
        ("strict is not permitted for functions", {"strict"}),
        ("bad request", {"strict"}),
    ],
)
def test_the_words_say_what_is_refused(words: str, gone: set[str]) -> None:
    """A refusal leaves out what it names, and the first guess where it names nothing."""
    poorer = FULL.without_refused(words)
    assert poorer is not None
    names = ("strict", "parallel", "choice", "tools", "system")
    assert {name for name in names if not getattr(poorer, name)} == gone
    assert len(poorer.notes) == 1


@pytest.mark.parametrize("words", ["API key not valid. Please pass a valid API key.", "No connected db."])
def test_a_wrong_key_told_as_a_bad_request_is_one(words: str) -> None:
    """Gemini, and LiteLLM's proxy, answer 400 to a key that they don't know: nothing is left out for that."""
    told = error_of(Refusal(400, {}, {"message": words}, ""), "m")
    assert isinstance(told, ModelNotAuthorised)
    assert "OPENAI_API_KEY" in str(told)


def test_nobody_speaks_twice_in_a_row() -> None:
    """What the user says in a row is one message, with tools and without; no word is lost."""
    for features in (FULL, Features(100, tools=False)):
        body = write_request(Request(SAID, tool_specs()), "m", features)
        roles = [each["role"] for each in body["messages"]]
        assert all(one != other for one, other in itertools.pairwise(roles))
        assert "Most is spent.\n\nThe operator says: hurry." in body["messages"][-1]["content"]


def test_without_a_system_role_the_prompt_is_the_user_s() -> None:
    """A model without that role reads the system prompt at the head of the first message."""
    for tools in (True, False):
        body = write_request(Request(SAID, tool_specs()), "m", Features(100, system=False, tools=tools))
        assert [each["role"] for each in body["messages"][:2]] == ["user", "assistant"]
        assert body["messages"][0]["content"].startswith("You are careful.")
        assert "Why?" in body["messages"][0]["content"]


def test_the_only_tool_is_forced_by_a_word() -> None:
    """One tool on offer is forced by `required`, which llama.cpp takes; one of several by its name."""
    alone = write_request(Request(SAID, tool_specs()[-1:], must_call=SUBMIT), "m", FULL)
    among = write_request(Request(SAID, tool_specs(), must_call=SUBMIT), "m", FULL)
    assert alone["tool_choice"] == "required"
    assert among["tool_choice"] == {"type": "function", "function": {"name": SUBMIT}}
