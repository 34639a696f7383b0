"""The JSON of chat completions: requests as a server takes them, replies as servers write them.

Servers that call themselves OpenAI-compatible differ in what they refuse and in what they leave out. `Features` is what
one server is known to take; it only ever shrinks. What comes back is read with suspicion: any field may be missing,
null or of another type.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from logdebug.agent.answers import objects_in
from logdebug.agent.messages import Reply, ToolCall
from logdebug.agent.metering import cached_tokens, counted, estimated
from logdebug.errors import ModelBusy, ModelRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logdebug.agent.messages import Message, Request, ToolSpec

__all__ = ["Features", "as_bytes", "read_reply", "write_request"]

_TOKEN_LIMIT_NAMES = ("max_completion_tokens", "max_tokens", "")


@dataclass(frozen=True, slots=True)
class Features:
    """What a server takes.

    Parameters
    ----------
    max_output_tokens
        The most that a reply may hold.
    limit_name
        What the server calls that: `max_completion_tokens`, `max_tokens`; empty where it takes neither.
    strict, parallel, choice, tools
        Whether it takes strict schemas, `parallel_tool_calls`, `tool_choice`, and tools at all.
    notes
        What was found to be refused, for the trace.
    """

    max_output_tokens: int
    limit_name: str = _TOKEN_LIMIT_NAMES[0]
    strict: bool = True
    parallel: bool = True
    choice: bool = True
    tools: bool = True
    notes: tuple[str, ...] = ()

    def without_refused(self, words: str) -> Features | None:
        """Give these features without the one that a server's refusal is about.

        Parameters
        ----------
        words
            What the server said.

        Returns
        -------
        Features or None
            What to ask with next time. Where the words name none of the features, the next in a fixed order is left
            out, since many servers only say "bad request". None where nothing is left to leave out.
        """
        said = re.sub(r"[\s_-]+", " ", words.lower())
        if self.limit_name and self.limit_name.replace("_", " ") in said:
            return self.without_limit()
        if self.strict and "strict" in said:
            return self._without("strict")
        if self.parallel and "parallel tool" in said:
            return self._without("parallel")
        if self.choice and "tool choice" in said:
            return self._without("choice")
        if self.tools and re.search(r"\b(tools?|functions?)\b", said):
            return self._without("tools")
        silent = next((name for name in ("strict", "parallel", "choice") if getattr(self, name)), None)
        return self._without(silent) if silent else self.without_limit()

    def without_limit(self) -> Features | None:
        """Give these features with the next name of the reply's limit, or none; None where there is none already."""
        if not self.limit_name:
            return None
        following = _TOKEN_LIMIT_NAMES[_TOKEN_LIMIT_NAMES.index(self.limit_name) + 1]
        note = f"the server refuses {self.limit_name}; " + (f"sending {following}" if following else "left out")
        return replace(self, limit_name=following, notes=(*self.notes, note))

    def _without(self, name: str) -> Features:
        said = {
            "strict": "strict schemas",
            "parallel": "parallel_tool_calls",
            "choice": "tool_choice",
            "tools": "tools; they are described in the text instead",
        }
        note = f"the server refuses {said[name]}" + ("" if name == "tools" else "; left out")
        gone = ("tools", "strict", "parallel", "choice") if name == "tools" else (name,)
        return replace(self, **dict.fromkeys(gone, False), notes=(*self.notes, note))  # type: ignore[arg-type]


def write_request(request: Request, model: str, features: Features) -> dict[str, Any]:
    """Write a request as a body for `POST /chat/completions`.

    Parameters
    ----------
    request
        What to ask.
    model
        The model's name, as the server calls it.
    features
        What the server takes.
    """
    body: dict[str, Any] = {"model": model}
    if features.limit_name:
        body[features.limit_name] = features.max_output_tokens
    if not features.tools:
        body["messages"] = _as_plain_text(request)
        return body
    body["messages"] = [_message(message) for message in request.messages]
    if request.tools:
        body["tools"] = [_tool(spec, strict=features.strict) for spec in request.tools]
        if features.parallel:
            body["parallel_tool_calls"] = True
        if features.choice and request.must_call:
            body["tool_choice"] = {"type": "function", "function": {"name": request.must_call}}
    return body


def as_bytes(body: dict[str, Any]) -> bytes:
    """Give a body as it goes over the wire: what is told of a request before it is made is what is then sent."""
    # A lone surrogate, which only a hostile model or file name can have brought in, must not stop the request.
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(errors="replace")


def read_reply(body: bytes, request: Request, model: str) -> Reply:
    """Read the body of an answer to a request.

    Raises
    ------
    ModelBusy
        Where it is no JSON or holds no choice: a proxy's page or a hiccup, worth asking again.
    ModelRefused
        Where the server's content filter kept the answer back.
    """
    try:
        data = json.loads(body)
        choice = data["choices"][0]
        message = choice["message"]
        message.get("content")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        start = body[:120].decode(errors="replace")
        raise ModelBusy(f"model {model!r}: the server's answer holds no choice: {start!r}", model=model) from None
    text = _text_of(message.get("content"))
    functions = _functions(message)
    if not functions and request.tools:
        # Servers without tool calls, and those whose parser doesn't know the model's way of writing them.
        functions = _functions_in_text(text, {tool.name for tool in request.tools})
    finish_reason = str(choice.get("finish_reason") or "stop")
    if finish_reason == "content_filter" and not functions:
        raise ModelRefused(f"model {model!r}: the server's content filter kept the answer back", model=model)
    usage = counted(data.get("usage"))
    notes = () if usage else ("the server gives no usage; tokens are estimated from lengths",)
    return Reply(
        text=text,
        tool_calls=_numbered(functions, turn=sum(message.role == "assistant" for message in request.messages) + 1),
        finish_reason=finish_reason,
        usage=usage or estimated(request, body),
        notes=notes,
        cached_tokens=cached_tokens(data.get("usage")),
    )


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id, "content": message.text}
    written: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.tool_calls:
        written["content"] = message.text or None
        written["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return written


def _tool(spec: ToolSpec, *, strict: bool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": spec.name, "description": spec.description, "parameters": spec.parameters}
    if strict and spec.strict:
        function["strict"] = True
    return {"type": "function", "function": function}


def _as_plain_text(request: Request) -> list[dict[str, Any]]:
    """Write a conversation for a server without tools: they are described, called and answered in the text."""
    described = "\n".join(
        f"- {spec.name}: {spec.description}\n  arguments: {json.dumps(spec.parameters)}" for spec in request.tools
    )
    howto = (
        "\n\n## Tools in text\n\nThis server has no tool calls. To use a tool, answer with one JSON object and nothing "
        'else: {"tool": NAME, "arguments": {…}}. The tools:\n' + described
    )
    written: list[dict[str, Any]] = []
    for message in request.messages:
        if message.role == "system":
            written.append({"role": "system", "content": message.text + howto})
        elif message.role == "tool":
            written.append({"role": "user", "content": f"Result of {message.call_id}:\n{message.text}"})
        else:
            calls = "".join(
                "\n" + json.dumps({"tool": call.name, "arguments": _loads(call.arguments)})
                for call in message.tool_calls
                if call.name not in message.text
            )
            written.append({"role": message.role, "content": (message.text + calls).strip()})
    return _alternating(written)


def _alternating(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join neighbours of one role: chat templates of small models insist that user and assistant alternate."""
    joined: list[dict[str, Any]] = []
    for message in messages:
        if joined and joined[-1]["role"] == message["role"]:
            joined[-1]["content"] += "\n\n" + message["content"]
        else:
            joined.append(message)
    return joined


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text_of(content: Any) -> str:
    """Give a message's text; some servers write it as a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return ""


def _functions(message: dict[str, Any]) -> list[tuple[Any, dict[str, Any]]]:
    """Give the (id, function) of a message's tool calls; the id may be missing."""
    written = message.get("tool_calls")
    calls = [call for call in written if isinstance(call, dict)] if isinstance(written, list) else []
    if isinstance(message.get("function_call"), dict):  # the form before `tools`, which some servers still use
        calls.append({"function": message["function_call"]})
    return [(call.get("id"), call["function"]) for call in calls if isinstance(call.get("function"), dict)]


def _functions_in_text(text: str, offered: set[str]) -> list[tuple[Any, dict[str, Any]]]:
    """Find calls of the tools on offer that are written as text."""
    found: list[tuple[Any, dict[str, Any]]] = []
    for written in objects_in(text):
        name = written.get("tool") or written.get("name")
        arguments = written.get("arguments", written.get("parameters"))
        if isinstance(name, str) and name in offered and isinstance(arguments, dict | str):
            found.append((None, {"name": name, "arguments": arguments}))
    return found


def _numbered(functions: Iterable[tuple[Any, dict[str, Any]]], *, turn: int) -> tuple[ToolCall, ...]:
    """Make tool calls: ids made up where they are missing or doubled, arguments always as text."""
    calls: list[ToolCall] = []
    seen: set[str] = set()
    for number, (id_, function) in enumerate(functions, 1):
        arguments = function.get("arguments")
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments if arguments is not None else {})
        unique = id_ if isinstance(id_, str) and id_ and id_ not in seen else f"call_{turn}_{number}"
        seen.add(unique)
        calls.append(ToolCall(unique, str(function.get("name") or ""), arguments))
    return tuple(calls)
