"""What is said between an agent and a model, as frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from logdebug.records import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logdebug.agent.gate import Turn

__all__ = ["Message", "Reply", "Request", "ToolCall", "ToolSpec"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to use a tool; `arguments` is JSON as the model wrote it, so it may be broken."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    Parameters
    ----------
    role
        `system`, `user`, `assistant` or `tool`.
    text
        What is said; of a `tool` message, the result.
    tool_calls
        Of an `assistant` message: the tools it wants to use.
    call_id
        Of a `tool` message: the call that this is the result of.
    """

    role: str
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as it is offered to a model; `parameters` is a JSON schema, `strict` asks the server to enforce it."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked.

    Parameters
    ----------
    messages
        The whole conversation.
    tools
        The tools on offer.
    must_call
        The tool that the model is made to call, where the server can do that; empty for a free choice.
    service
        Whose incident this is; not sent.
    timeout_seconds
        How long the answer may take.
    turn
        Its turn at the model's gate; None where the model has none, or is to wait for one by itself.
    """

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    must_call: str = ""
    service: str = ""
    timeout_seconds: float = 300.0
    turn: Turn | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered.

    Parameters
    ----------
    text
        Its words; may be empty.
    tool_calls
        The tools it wants to use, in its order.
    finish_reason
        `stop`, `tool_calls`, `length` (cut off) or whatever else the server says.
    usage
        Tokens, one turn.
    notes
        What was left out of the request because the server refuses it.
    cached_tokens
        How many of the tokens sent the server had kept from before; 0 where it doesn't say.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    usage: Usage = field(default_factory=lambda: Usage(turns=1))
    notes: tuple[str, ...] = ()
    cached_tokens: int = 0
