"""The JSON of chat completions: requests as a server takes them, replies as servers write them.

Servers that call themselves OpenAI-compatible differ in what they refuse (see `features`) and in what they leave out:
what comes back is read with suspicion, and any field may be missing, null or of another type.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticSerializationError, to_json

from logdebug.agent.messages import Reply, ToolCall
from logdebug.agent.metering import cached_tokens, counted, estimated
from logdebug.agent.objects import objects_in
from logdebug.errors import ModelBusy, ModelRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logdebug.agent.features import Features
    from logdebug.agent.messages import Message, Request, ToolSpec

__all__ = ["as_bytes", "read_reply", "write_request"]


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
        body["messages"] = _alternating(_with_system(_as_plain_text(request), features))
        return body
    body["messages"] = _with_system(_joined([_message(message) for message in request.messages]), features)
    if request.tools:
        body["tools"] = [_tool(spec, strict=features.strict) for spec in request.tools]
        if features.parallel:
            body["parallel_tool_calls"] = True
        if features.choice and request.must_call:
            body["tool_choice"] = _choice_of(request)
    return body


def as_bytes(body: dict[str, Any]) -> bytes:
    """Give a body as it goes over the wire: what is told of a request before it is made is what is then sent."""
    try:
        return to_json(body)  # the same, in a third of the time
    except PydanticSerializationError:
        pass
    # A lone surrogate, which only a hostile model or file name can have brought in, must not stop the request.
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(errors="replace")


def read_reply(body: bytes, request: Request, model: str) -> Reply:
    """Read the body of an answer to a request.

    Raises
    ------
    ModelBusy
        Where it is no JSON, is nested without end, or holds no choice: a proxy's page or a hiccup, worth asking again.
    ModelRefused
        Where the server's content filter kept the answer back.
    """
    try:
        return _read(body, request, model)
    except RecursionError:
        raise ModelBusy(f"model {model!r}: the server's answer is nested too deeply to be read", model=model) from None


def _read(body: bytes, request: Request, model: str) -> Reply:
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
    return written


def _choice_of(request: Request) -> str | dict[str, Any]:
    """Say that a tool must be called. Where it is the only one on offer, the word does, which more servers take.

    llama.cpp passes over the name of a function without a word.
    """
    if [spec.name for spec in request.tools] == [request.must_call]:
        return "required"
    return {"type": "function", "function": {"name": request.must_call}}


def _joined(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join what the user says in a row into one message: chat templates of many models refuse two."""
    joined: list[dict[str, Any]] = []
    for message in messages:
        if joined and message["role"] == joined[-1]["role"] == "user":
            joined[-1] = {**joined[-1], "content": f"{joined[-1]['content']}\n\n{message['content']}"}
        else:
            joined.append(message)
    return joined


def _with_system(messages: list[dict[str, Any]], features: Features) -> list[dict[str, Any]]:
    """Put the system prompt before the first message of the user, for models that have no such role."""
    if features.system:
        return messages
    return _joined([{**each, "role": "user"} if each["role"] == "system" else each for each in messages])


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
    except (ValueError, RecursionError):
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
