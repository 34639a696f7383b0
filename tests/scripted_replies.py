"""What the scripted server is asked, what it answers, and the scripts that choose the answer.

A script is any callable `(ChatRequest) -> ChatReply | Fault`. The ready-made ones keep no state: where a conversation
stands is counted in the request itself (its assistant messages), so any number of conversations run side by side.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

__all__ = [
    "ChatReply",
    "ChatRequest",
    "Fault",
    "Script",
    "Step",
    "ToolCall",
    "after",
    "by_text",
    "text",
    "together",
    "tool_call",
    "turns",
]


@dataclass(frozen=True)
class ChatRequest:
    """One request as it came in.

    Parameters
    ----------
    number
        Its place in the order of arrival, from 0.
    headers
        The HTTP headers, names in lower case.
    raw
        The body's bytes.
    """

    number: int
    headers: Mapping[str, str]
    raw: bytes

    @cached_property
    def body(self) -> dict[str, Any]:
        """The body, decoded."""
        body: dict[str, Any] = json.loads(self.raw)
        return body

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation until now."""
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages

    @property
    def turn(self) -> int:
        """How many answers this conversation has had, from 0."""
        return sum(message["role"] == "assistant" for message in self.messages)

    @property
    def tool_names(self) -> list[str]:
        """The tools that are offered."""
        return [tool["function"]["name"] for tool in self.body.get("tools") or ()]

    @property
    def opening(self) -> str:
        """The text of all messages before the first answer: it tells conversations apart."""
        texts = []
        for message in self.messages:
            if message["role"] == "assistant":
                break
            texts.append(_text_of(message))
        return "\n".join(texts)

    @property
    def tool_results(self) -> list[str]:
        """The texts of the tool results that came since the last answer, in their order."""
        texts: list[str] = []
        for message in reversed(self.messages):
            if message["role"] == "assistant":
                break
            if message["role"] == "tool":
                texts.insert(0, _text_of(message))
        return texts


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call: `arguments` as values, or as the very string to send."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str | None = None


@dataclass(frozen=True, slots=True)
class ChatReply:
    """One answer of the model.

    Parameters
    ----------
    content
        Its text; None where it only calls tools.
    tool_calls
        The tools that it calls.
    finish_reason
        As sent; without one, "tool_calls" or "stop" as fits.
    refusal
        The text of a refusal, which some servers send apart from the content.
    output_tokens
        What the usage says was written; without it, a quarter of the characters.
    """

    content: str | list[Any] | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    refusal: str | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that isn't one: an HTTP error, a body that is no completion, a connection that breaks or falls silent.

    Parameters
    ----------
    name
        What it is called in a test's name.
    status, headers, body
        The HTTP response.
    pause_seconds
        Silence before the first byte.
    cut
        How much of the response is sent; None for all of it.
    then
        What happens to the connection after that.
    trickle_seconds
        How long the server takes for each byte of the body; 0 for all of it at once.
    """

    name: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    body: bytes = b""
    pause_seconds: float = 0.0
    cut: Literal["nothing", "half_head", "head", "half_body"] | None = None
    then: Literal["keep", "close", "reset", "hang"] = "keep"
    trickle_seconds: float = 0.0

    def __str__(self) -> str:
        """Give its name."""
        return self.name


Script = Callable[[ChatRequest], "ChatReply | Fault"]
Step = ChatReply | Fault | Script


def text(content: str, *, finish_reason: str | None = None) -> ChatReply:
    """Answer in text."""
    return ChatReply(content=content, finish_reason=finish_reason)


def tool_call(name: str, /, **arguments: Any) -> ChatReply:
    """Call one tool."""
    return ChatReply(tool_calls=(ToolCall(name, arguments),))


def together(*replies: ChatReply) -> ChatReply:
    """Call the tools of several replies in one turn."""
    return ChatReply(tool_calls=tuple(call for reply in replies for call in reply.tool_calls))


def turns(steps: Sequence[Step]) -> Script:
    """Answer the n-th turn of every conversation with the n-th step; to go on past the last is an error."""

    def script(request: ChatRequest) -> ChatReply | Fault:
        if request.turn >= len(steps):
            raise AssertionError(
                f"the script has {len(steps)} turns, and was asked for another: {request.messages[-1]}"
            )
        return _play(steps[request.turn], request)

    return script


def after(faults: Sequence[Fault], then: Script, *, at_turn: int | None = None) -> Script:
    """Meet every conversation with these faults, in their order, before its script goes on.

    Parameters
    ----------
    faults
        One for each request of a conversation, until they are used up.
    then
        The script after that.
    at_turn
        The turn that they befall, from 0; without it, the first that comes.
    """
    met: dict[str, int] = {}

    def script(request: ChatRequest) -> ChatReply | Fault:
        count = met.get(request.opening, 0)
        if count == len(faults) or (at_turn is not None and request.turn != at_turn):
            return then(request)
        met[request.opening] = count + 1
        return faults[count]

    return script


def by_text(scripts: Mapping[str, Step], default: Step | None = None) -> Script:
    """Choose the script whose key occurs in the conversation's opening (a service's name, say)."""

    def script(request: ChatRequest) -> ChatReply | Fault:
        chosen = next((step for key, step in scripts.items() if key in request.opening), default)
        if chosen is None:
            raise AssertionError(f"no script for this conversation; there are some for {sorted(scripts)}")
        return _play(chosen, request)

    return script


def submit(**diagnosis: Any) -> ChatReply:
    """Submit a diagnosis: what is given, and for the rest values that stand up by themselves, but for evidence."""
    return tool_call("submit_diagnosis", **{**SOUND_DIAGNOSIS, **diagnosis})


def cut_short(reply: ChatReply, characters: int) -> ChatReply:
    """Break a reply off after so many characters, as a server does at its limit of output tokens."""
    if not reply.tool_calls:
        return replace(reply, content=str(reply.content)[:characters], finish_reason="length")
    *whole, last = reply.tool_calls
    written = arguments_of(last)[:characters]
    return replace(reply, tool_calls=(*whole, replace(last, arguments=written)), finish_reason="length")


SOUND_DIAGNOSIS: dict[str, Any] = {
    "status": "diagnosed",
    "root_cause": "The primary database refused connections.",
    "category": "dependency_failure",
    "severity": "high",
    "confidence": 0.8,
    "timeline": [],
    "evidence": [],
    "recommendation": "Bring the database back, then restart the service.",
}


def arguments_of(call: ToolCall) -> str:
    """Give a call's arguments as the string that goes over the wire."""
    return call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)


def completion(request: ChatRequest, reply: ChatReply) -> dict[str, Any]:
    """Give a reply as the chat completion that OpenAI's own server would send."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.content, "refusal": reply.refusal}
    written = len(str(reply.content or ""))
    if reply.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.id or f"call_{request.number}_{position}",
                "type": "function",
                "function": {"name": call.name, "arguments": arguments_of(call)},
            }
            for position, call in enumerate(reply.tool_calls)
        ]
        written += sum(len(call["function"]["arguments"]) for call in message["tool_calls"])
    sent = len(request.raw) // 4
    received = reply.output_tokens if reply.output_tokens is not None else written // 4 + 1
    return {
        "id": f"chatcmpl-{request.number}",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": request.body.get("model"),
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": reply.finish_reason or ("tool_calls" if reply.tool_calls else "stop"),
            }
        ],
        "usage": {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": sent + received},
    }


def _play(step: Step, request: ChatRequest) -> ChatReply | Fault:
    return step if isinstance(step, ChatReply | Fault) else step(request)


def _text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
