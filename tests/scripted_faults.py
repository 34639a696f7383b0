"""What goes wrong between a client and a chat-completions server, with the bodies that real servers send.

Each is a `Fault`, made by a function so that a test can say how long and how often. The texts are those of the servers
named in each docstring, as found in public bug reports.
"""

from __future__ import annotations

import json
import math
import time
from email.utils import formatdate
from typing import Any, Literal

from scripted_replies import Fault

JSON = ("content-type", "application/json")
HTML = ("content-type", "text/html; charset=utf-8")


def error(name: str, status: int, body: Any, *headers: tuple[str, str]) -> Fault:
    """Answer with an error and a JSON body."""
    return Fault(name, status, (JSON, *headers), json.dumps(body).encode())


def openai_error(
    name: str,
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    code: Any = None,
) -> Fault:
    """Answer with an error in the shape of OpenAI's own."""
    return error(name, status, {"error": {"message": message, "type": kind, "param": param, "code": code}})


# -- asked too often, or at a bad time ---------------------------------------------------------------------------------


def rate_limited(
    retry_after_seconds: float | None = None, form: Literal["seconds", "milliseconds", "date"] = "seconds"
) -> Fault:
    """Give OpenAI's 429, with the wait it asks for in one of three forms, or none."""
    headers: tuple[tuple[str, str], ...] = ()
    if retry_after_seconds is not None:
        headers = {
            "seconds": (("retry-after", f"{retry_after_seconds:g}"),),
            "milliseconds": (("retry-after-ms", f"{retry_after_seconds * 1000:g}"),),
            # An HTTP date has whole seconds: round up, as a server that means it does.
            "date": (("retry-after", formatdate(math.ceil(time.time() + retry_after_seconds), usegmt=True)),),
        }[form]
    body = {
        "error": {
            "message": "Rate limit reached for gpt-5-mini in organization org-test on tokens per min (TPM): "
            "Limit 200000, Used 199000, Requested 4000. Please try again in 900ms.",
            "type": "tokens",
            "param": None,
            "code": "rate_limit_exceeded",
        }
    }
    return error("rate_limited", 429, body, *headers)


def quota_exhausted() -> Fault:
    """Give OpenAI's other 429, which no waiting mends."""
    message = "You exceeded your current quota, please check your plan and billing details."
    return openai_error("quota_exhausted", 429, message, kind="insufficient_quota", code="insufficient_quota")


def server_error() -> Fault:
    """Give OpenAI's 500."""
    message = "The server had an error while processing your request. Sorry about that!"
    return openai_error("server_error", 500, message, kind="server_error")


def bad_gateway() -> Fault:
    """Give a proxy's 502: a page of HTML."""
    page = (
        b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>"
    )
    return Fault("bad_gateway", 502, (HTML,), page + b"\r\n<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>\r\n")


def overloaded(retry_after_seconds: float | None = None) -> Fault:
    """Give OpenAI's 503, with or without the wait that it asks for."""
    headers = () if retry_after_seconds is None else (("retry-after", f"{retry_after_seconds:g}"),)
    body = {
        "error": {"message": "The engine is currently overloaded.", "type": "server_error", "param": None, "code": None}
    }
    return error("overloaded", 503, body, *headers)


def loading_model() -> Fault:
    """Give llama.cpp's 503 while it loads its model."""
    body = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
    return error("loading_model", 503, body)


# -- the connection ----------------------------------------------------------------------------------------------------


def dropped(cut: Literal["nothing", "half_head", "head", "half_body"] = "nothing", *, reset: bool = False) -> Fault:
    """Close the connection (or reset it) after nothing, half of the headers, the headers, or half of the body."""
    body = json.dumps({"id": "chatcmpl-cut", "object": "chat.completion", "choices": []}).encode()
    return Fault(f"dropped_{cut}{'_reset' * reset}", body=body, cut=cut, then="reset" if reset else "close")


def stalled(seconds: float, cut: Literal["nothing", "head", "half_body"] = "nothing") -> Fault:
    """Fall silent at once, after the headers or within the body; then, where the client still waits, hang up."""
    body = json.dumps({"id": "chatcmpl-slow", "object": "chat.completion", "choices": []}).encode()
    if cut == "nothing":
        return Fault("stalled", body=body, cut="nothing", then="close", pause_seconds=seconds)
    return Fault(f"stalled_{cut}", body=body, cut=cut, then="hang")


def trickled(seconds: float) -> Fault:
    """Send the body a byte at a time, each after so many seconds: no read ever times out, and it takes for ever."""
    body = json.dumps({"id": "chatcmpl-trickle", "object": "chat.completion", "choices": []}).encode()
    return Fault("trickled", body=body, trickle_seconds=seconds)


# -- a 200 that is no completion ---------------------------------------------------------------------------------------


def not_json() -> Fault:
    """Say 200 and application/json, and send something else."""
    return Fault("not_json", body=b'{"id": "chatcmpl-1", "object": "chat.comp')


def html_page() -> Fault:
    """Say 200 and send a page: a captive portal, or a base URL that is a web site's."""
    return Fault("html_page", headers=(HTML,), body=b"<!doctype html><html><body>Sign in to continue</body></html>")


def empty_choices() -> Fault:
    """Send a completion with no choices."""
    return Fault("empty_choices", body=json.dumps(_empty_completion(choices=[])).encode())


def null_choices() -> Fault:
    """Send a completion whose choices are null, as OpenRouter has done."""
    return Fault("null_choices", body=json.dumps(_empty_completion(choices=None)).encode())


def error_in_ok() -> Fault:
    """Send an error with status 200, as OpenRouter does when its upstream fails midway."""
    body = {"error": {"message": "Provider returned error", "code": 502, "metadata": {"provider_name": "upstream"}}}
    return error("error_in_ok", 200, body)


# -- refused for good --------------------------------------------------------------------------------------------------


def content_filtered() -> Fault:
    """Send a completion that the content filter stopped: no text, no calls."""
    choice = {"index": 0, "finish_reason": "content_filter", "message": {"role": "assistant", "content": None}}
    return Fault("content_filtered", body=json.dumps(_empty_completion(choices=[choice])).encode())


def prompt_filtered() -> Fault:
    """Give Azure's 400 for a prompt that its filter stopped."""
    body = {
        "error": {
            "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management "
            "policy. Please modify your prompt and retry.",
            "type": None,
            "param": "prompt",
            "code": "content_filter",
            "status": 400,
            "innererror": {"code": "ResponsibleAIPolicyViolation"},
        }
    }
    return error("prompt_filtered", 400, body)


def context_too_long(server: Literal["openai", "vllm", "llama.cpp", "groq"] = "openai") -> Fault:
    """Refuse a conversation that is longer than the model takes, in one server's words."""
    limit = "This model's maximum context length is 8192 tokens."
    return {
        "openai": openai_error(
            "context_openai",
            400,
            f"{limit} However, your messages resulted in 9107 tokens. Please reduce the length of the messages.",
            param="messages",
            code="context_length_exceeded",
        ),
        "vllm": error(
            "context_vllm",
            400,
            {
                "object": "error",
                "message": f"{limit} However, you requested 9619 tokens (9107 in the messages, 512 in the completion). "
                "Please reduce the length of the messages or completion.",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
        ),
        "llama.cpp": error(
            "context_llama.cpp",
            400,
            {
                "error": {
                    "code": 400,
                    "message": "request (9107 tokens) exceeds the available context size (8192 tokens), "
                    "try increasing it",
                    "type": "exceed_context_size_error",
                    "n_prompt_tokens": 9107,
                    "n_ctx": 8192,
                }
            },
        ),
        "groq": error(
            "context_groq",
            413,
            {
                "error": {
                    "message": "Request Entity Too Large",
                    "type": "invalid_request_error",
                    "code": "request_too_large",
                }
            },
        ),
    }[server]


def not_authorised(server: Literal["openai", "azure", "vllm"] = "openai") -> Fault:
    """Refuse the key, in one server's words."""
    return {
        "openai": openai_error(
            "key_openai", 401, "Incorrect API key provided: sk-test****key.", code="invalid_api_key"
        ),
        "azure": error(
            "key_azure",
            401,
            {
                "error": {
                    "code": "401",
                    "message": "Access denied due to invalid subscription key or wrong API endpoint.",
                }
            },
        ),
        "vllm": error("key_vllm", 401, {"error": "Unauthorized"}),
    }[server]


def out_of_money() -> Fault:
    """Refuse for want of money: OpenRouter's 402."""
    return error("out_of_money", 402, {"error": {"code": 402, "message": "Insufficient credits. Add more to go on."}})


def flagged() -> Fault:
    """Refuse what was sent: OpenRouter's 403 for a prompt that its moderation flagged."""
    message = "Your chosen model requires moderation and your input was flagged."
    return error("flagged", 403, {"error": {"code": 403, "message": message, "metadata": {"reasons": ["violence"]}}})


def forbidden() -> Fault:
    """Refuse the model to this key: OpenAI's 403."""
    message = "Project `proj_test` does not have access to model `gpt-5-mini`"
    return openai_error("forbidden", 403, message, code="model_not_found")


def no_such_model(server: Literal["openai", "ollama", "vllm"] = "openai", model: str = "gpt-5-mini") -> Fault:
    """Give a 404 for an unknown model, in one server's words."""
    return {
        "openai": openai_error(
            "model_openai",
            404,
            f"The model `{model}` does not exist or you do not have access to it.",
            code="model_not_found",
        ),
        "ollama": openai_error(
            "model_ollama", 404, f'model "{model}" not found, try pulling it first', kind="api_error"
        ),
        "vllm": error(
            "model_vllm",
            404,
            {
                "object": "error",
                "message": f"The model `{model}` does not exist.",
                "type": "NotFoundError",
                "param": None,
                "code": 404,
            },
        ),
    }[server]


def generation_failed() -> Fault:
    """Give Groq's 400 for a tool call that its model garbled: the same request may well succeed next time."""
    body = {
        "error": {
            "message": "Failed to call a function. Please adjust your prompt. "
            "See 'failed_generation' for more details.",
            "type": "invalid_request_error",
            "code": "tool_use_failed",
            "failed_generation": '<function=submit_diagnosis{"status": "diagnosed"',
        }
    }
    return error("generation_failed", 400, body)


def _empty_completion(choices: list[Any] | None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-empty",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": "gpt-5-mini",
        "choices": choices,
        "usage": {"prompt_tokens": 10, "completion_tokens": 0, "total_tokens": 10},
    }


PASSING: tuple[Fault, ...] = (
    rate_limited(),
    rate_limited(0.01),
    rate_limited(0.01, "milliseconds"),
    server_error(),
    bad_gateway(),
    overloaded(),
    loading_model(),
    dropped("nothing"),
    dropped("nothing", reset=True),
    dropped("half_head"),
    dropped("head"),
    dropped("half_body"),
    not_json(),
    html_page(),
    empty_choices(),
    null_choices(),
    error_in_ok(),
)
"""Troubles that asking again may mend."""

LASTING: tuple[Fault, ...] = (
    quota_exhausted(),
    prompt_filtered(),
    not_authorised("openai"),
    not_authorised("azure"),
    not_authorised("vllm"),
    forbidden(),
    no_such_model("openai"),
    no_such_model("ollama"),
    no_such_model("vllm"),
)
"""Refusals that asking again can't mend."""
