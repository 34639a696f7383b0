"""How OpenAI-compatible servers differ from OpenAI's: what they refuse, in their words, and what they send otherwise.

The texts are those of the servers named, as found in public bug reports. A quirk looks at a request and may refuse it,
or at the finished completion and alters it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripted_faults import error, openai_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripted_replies import ChatRequest, Fault

__all__ = ["ALTERATIONS", "REFUSALS", "ROLES", "Quirk", "quirk"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Quirk:
    """One way in which a server differs.

    Parameters
    ----------
    name
        What it is called in a test's name: what is refused or altered, and by whom.
    refuse
        Gives the refusal that a request meets, or None.
    alter
        Changes a completion in place.
    """

    name: str
    refuse: Callable[[ChatRequest], Fault | None] = lambda _: None
    alter: Callable[[Json], None] = lambda _: None

    def __str__(self) -> str:
        """Give its name."""
        return self.name


# -- what is refused ---------------------------------------------------------------------------------------------------


def _refusing(name: str, refused: Callable[[Json], bool], fault: Fault) -> Quirk:
    return Quirk(name, refuse=lambda request: fault if refused(request.body) else None)


def _mistral(name: str, parameter: str) -> Fault:
    """Mistral's 422: `message` is an object, and there is no `error` around it."""
    detail = {
        "type": "extra_forbidden",
        "loc": ["body", parameter],
        "msg": "Extra inputs are not permitted",
        "input": 4096,
    }
    body = {
        "object": "error",
        "message": {"detail": [detail]},
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    return error(name, 422, body)


def _gemini(name: str, parameter: str) -> Fault:
    """Gemini's 400: the body is a list."""
    message = f'Invalid JSON payload received. Unknown name "{parameter}": Cannot find field.'
    violation = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"description": message}]}
    body = [{"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [violation]}}]
    return error(name, 400, body)


def _unsupported(name: str, parameter: str, more: str = "") -> Fault:
    """OpenAI's 400 for a parameter that a model doesn't take."""
    message = f"Unsupported parameter: '{parameter}' is not supported with this model.{more}"
    return openai_error(name, 400, message, param=parameter, code="unsupported_parameter")


def _is_forced(body: Json) -> bool:
    return body.get("tool_choice") not in (None, "auto", "none")


def _has_strict_tool(body: Json) -> bool:
    return any(tool["function"].get("strict") for tool in body.get("tools") or ())


def _has_mixed_strictness(body: Json) -> bool:
    return len({bool(tool["function"].get("strict")) for tool in body.get("tools") or ()}) > 1


def _roles(body: Json) -> list[str]:
    return [message["role"] for message in body["messages"]]


def _speaks_twice(body: Json) -> bool:
    """Whether anybody but user and assistant speaks, the system at the beginning left out, or one of them twice."""
    roles = _roles(body)
    turns = roles[1:] if roles[:1] == ["system"] else roles
    return any(role != ("assistant" if place % 2 else "user") for place, role in enumerate(turns))


ROLES: tuple[Quirk, ...] = (
    _refusing(
        "system_role_vllm",  # Gemma's chat template
        lambda body: "system" in _roles(body),
        error("system_role_vllm", 400, {"object": "error", "message": "System role not supported", "code": 400}),
    ),
    _refusing(
        "alternating_roles_vllm",  # the chat templates of Mistral's first models
        _speaks_twice,
        error(
            "alternating_roles_vllm",
            400,
            {
                "object": "error",
                "message": "Conversation roles must alternate user/assistant/user/assistant/...",
                "code": 400,
            },
        ),
    ),
    _refusing(
        "tool_role_custom",
        lambda body: "tool" in _roles(body),
        openai_error("tool_role_custom", 400, "Invalid role: tool. Must be one of: system, user, assistant"),
    ),
)
"""Servers, or the chat templates of their models, that refuse who speaks, or in which order."""

REFUSALS: tuple[Quirk, ...] = (
    _refusing(
        "tool_choice_deepseek",
        _is_forced,
        openai_error(
            "tool_choice_deepseek",
            400,
            "deepseek-reasoner does not support this tool_choice",
            code="invalid_request_error",
        ),
    ),
    _refusing(
        "named_tool_choice_lmstudio",
        lambda body: isinstance(body.get("tool_choice"), dict),
        error(
            "named_tool_choice_lmstudio",
            400,
            {"error": "Invalid tool_choice type: 'object'. Supported string values: none, auto, required"},
        ),
    ),
    _refusing(
        "tool_choice_azure",
        lambda body: "tool_choice" in body,
        openai_error("tool_choice_azure", 400, "Unrecognized request argument supplied: tool_choice"),
    ),
    _refusing(
        "parallel_tool_calls_openai",
        lambda body: "parallel_tool_calls" in body,
        _unsupported("parallel_tool_calls_openai", "parallel_tool_calls"),
    ),
    _refusing(
        "parallel_tool_calls_azure",
        lambda body: "parallel_tool_calls" in body,
        openai_error("parallel_tool_calls_azure", 400, "Unrecognized request argument supplied: parallel_tool_calls"),
    ),
    _refusing(
        "parallel_tool_calls_gemini",
        lambda body: "parallel_tool_calls" in body,
        _gemini("parallel_tool_calls_gemini", "parallel_tool_calls"),
    ),
    _refusing(
        "max_completion_tokens_mistral",
        lambda body: "max_completion_tokens" in body,
        _mistral("max_completion_tokens_mistral", "max_completion_tokens"),
    ),
    _refusing(
        "max_completion_tokens_azure",
        lambda body: "max_completion_tokens" in body,
        openai_error(
            "max_completion_tokens_azure", 400, "Unrecognized request argument supplied: max_completion_tokens"
        ),
    ),
    _refusing(
        "max_tokens_openai",
        lambda body: "max_tokens" in body,
        _unsupported("max_tokens_openai", "max_tokens", " Use 'max_completion_tokens' instead."),
    ),
    _refusing(
        "temperature_openai",
        lambda body: body.get("temperature", 1) != 1,
        openai_error(
            "temperature_openai",
            400,
            "Unsupported value: 'temperature' does not support 0 with this model. "
            "Only the default (1) value is supported.",
            param="temperature",
            code="unsupported_value",
        ),
    ),
    _refusing(
        "strict_cerebras",
        _has_strict_tool,
        error(
            "strict_cerebras",
            422,
            {
                "message": "Tools with strict=True are not supported by this model",
                "type": "invalid_request_error",
                "param": "tools",
                "code": "wrong_api_format",
            },
        ),
    ),
    _refusing(
        "mixed_strict_cerebras",
        _has_mixed_strictness,
        error(
            "mixed_strict_cerebras",
            422,
            {
                "message": "Tools with mixed values for 'strict' are not allowed. "
                "Please set all tools to 'strict: true' or 'strict: false'",
                "type": "invalid_request_error",
                "param": "tools",
                "code": "wrong_api_format",
            },
        ),
    ),
    _refusing(
        "strict_schema_openai",
        _has_strict_tool,
        openai_error(
            "strict_schema_openai",
            400,
            "Invalid schema for function 'submit_diagnosis': In context=('properties', 'timeline'), "
            "'additionalProperties' is required to be supplied and to be false.",
            param="tools[0].function.parameters",
            code="invalid_function_parameters",
        ),
    ),
    _refusing(
        "tools_ollama",
        lambda body: bool(body.get("tools")),
        openai_error(
            "tools_ollama", 400, "registry.ollama.ai/library/gemma3:4b does not support tools", kind="api_error"
        ),
    ),
    _refusing(
        # vLLM takes tools without a tool_choice as "auto", too.
        "tools_vllm",
        lambda body: bool(body.get("tools")) and body.get("tool_choice") != "none",
        error(
            "tools_vllm",
            400,
            {
                "object": "error",
                "message": '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
        ),
    ),
    _refusing(
        # A 500, though asking again can't help.
        "tools_llamacpp",
        lambda body: bool(body.get("tools")),
        error(
            "tools_llamacpp",
            500,
            {"error": {"code": 500, "message": "tools param requires --jinja flag", "type": "server_error"}},
        ),
    ),
    _refusing(
        # A 404, though the model is there.
        "tools_openrouter",
        lambda body: bool(body.get("tools")),
        error(
            "tools_openrouter",
            404,
            {
                "error": {
                    "message": "No endpoints found that support tool use. "
                    "To learn more about provider routing, visit the documentation.",
                    "code": 404,
                }
            },
        ),
    ),
)
"""Requests that a server turns down, though OpenAI's newest takes them."""


# -- what is sent otherwise --------------------------------------------------------------------------------------------


def _message(completion: Json) -> Json:
    message: Json = completion["choices"][0]["message"]
    return message


def _each_call(change: Callable[[Json], object]) -> Callable[[Json], None]:
    def alter(completion: Json) -> None:
        for call in _message(completion).get("tool_calls") or ():
            change(call)

    return alter


def _decode_arguments(call: Json) -> None:
    call["function"]["arguments"] = json.loads(call["function"]["arguments"])


def _split_content(completion: Json) -> None:
    message = _message(completion)
    if message["content"] is not None:
        message["content"] = [{"type": "text", "text": message["content"]}]


def _add_reasoning(completion: Json) -> None:
    _message(completion)["reasoning_content"] = "The log's last lines look like the place to start."


def _write_calls_as_text(completion: Json) -> None:
    """Give the calls as the model wrote them, in the text: what a server without a tool parser does."""
    message = _message(completion)
    calls = [call["function"] for call in message.pop("tool_calls", None) or ()]
    if not calls:
        return
    written = [
        f'<tool_call>\n{{"name": "{call["name"]}", "arguments": {call["arguments"]}}}\n</tool_call>' for call in calls
    ]
    message["content"] = "\n".join(written)
    completion["choices"][0]["finish_reason"] = "stop"


def _say_answer_as_text(completion: Json) -> None:
    """Give the answer in a fence, after some words: what a model that was never taught tools does."""
    message = _message(completion)
    calls = [call["function"] for call in message.pop("tool_calls", None) or ()]
    if not calls:
        return
    message["content"] = f"Here is what I found.\n\n```json\n{calls[-1]['arguments']}\n```\n"
    completion["choices"][0]["finish_reason"] = "stop"


ALTERATIONS: tuple[Quirk, ...] = (
    Quirk("usage_omitted", alter=lambda completion: completion.pop("usage")),
    Quirk("usage_null", alter=lambda completion: completion.update(usage=None)),
    Quirk("usage_partial", alter=lambda completion: completion.update(usage={"prompt_tokens": 7})),
    Quirk("call_id_missing", alter=_each_call(lambda call: call.pop("id"))),
    Quirk("call_id_null", alter=_each_call(lambda call: call.update(id=None))),
    Quirk("call_id_empty", alter=_each_call(lambda call: call.update(id=""))),
    Quirk("call_id_repeated", alter=_each_call(lambda call: call.update(id="call_0"))),
    Quirk("call_type_missing", alter=_each_call(lambda call: call.pop("type"))),
    Quirk("arguments_object", alter=_each_call(_decode_arguments)),
    Quirk("content_missing", alter=lambda completion: _message(completion).pop("content")),
    Quirk(
        "content_empty",
        alter=lambda completion: _message(completion).update(content=_message(completion)["content"] or ""),
    ),
    Quirk("content_parts", alter=_split_content),
    Quirk("finish_reason_stop", alter=lambda completion: completion["choices"][0].update(finish_reason="stop")),
    Quirk("finish_reason_null", alter=lambda completion: completion["choices"][0].update(finish_reason=None)),
    Quirk("reasoning_content", alter=_add_reasoning),
    Quirk("calls_as_text", alter=_write_calls_as_text),
    Quirk("answer_as_text", alter=_say_answer_as_text),
)
"""Completions that say the same in another form."""


def quirk(name: str) -> Quirk:
    """Find a quirk by its name."""
    return next(each for each in (*REFUSALS, *ALTERATIONS) if each.name == name)
