"""A session's steps in words: what an agent looked for, read, answered and concluded, one line each.

They are told from a trace, whose every text is a log's or a model's, and which another version may have written: what
isn't as expected is told as far as it can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["call_in_words", "step_in_words", "tool_in_words"]

_MOST_LETTERS = 500

Step = Mapping[str, Any]


def step_in_words(step: Step) -> str:
    """Say what a step did, on one line of at most 500 characters.

    Parameters
    ----------
    step
        As `sessions.read_trace` gives it.
    """
    tell = _TELLERS.get(str(step.get("step")))
    told = tell(step) if tell else next((step[key] for key in ("text", "message", "reason") if step.get(key)), "")
    return shorten(one_line(str(told)), _MOST_LETTERS)


def tool_in_words(name: str, arguments: str) -> str:
    """Say what a tool call looks at: "searched for `timeout` in app.log".

    Parameters
    ----------
    name
        The tool's, as the model gave it.
    arguments
        JSON as the model wrote it, so it may be broken.
    """
    from logdebug.agent.objects import objects_in

    given = next(objects_in(arguments), {})
    where = f" of {given['file']}" if given.get("file") else ""
    match name:
        case "search":
            return f"searched for `{given.get('pattern', '')}`{where.replace(' of ', ' in ')}{_filters(given)}"
        case "read_lines":
            return f"read {_range(given.get('first'), given.get('last'))}{where}"
        case "overview":
            return f"read the overview{where}"
        case "list_files":
            return f"listed the files in {given.get('path') or '.'}"
        case "submit_diagnosis":
            return "submitted a diagnosis"
    return f"{name} {arguments}"


@lru_cache(256)  # it is said when a call is asked for, and again when it is carried out
def call_in_words(name: str, arguments: str) -> str:
    """Say what a tool call does while it goes on: "searching for `timeout`"; parameters as of `tool_in_words`."""
    from logdebug.agent.objects import objects_in

    given = next(objects_in(arguments), {})
    file = given.get("file") or given.get("path")
    match name:
        case "search":
            return f"searching for `{given.get('pattern', '')}`" + (f" in {file}" if file else "")
        case "read_lines":
            return f"reading from line {given.get('first', 1)}" + (f" of {file}" if file else "")
        case "overview":
            return "reading the overview" + (f" of {file}" if file else "")
        case "list_files":
            return "listing the files" + (f" in {file}" if file else "")
        case "submit_diagnosis":
            return "submitting its diagnosis"
    return name.replace("_", " ")


def _range(first: object, last: object) -> str:
    if isinstance(first, int) and first < 0:
        return f"the last {-first:,} lines"
    return f"lines {first} to {last}" if isinstance(last, int) else f"from line {first} on"


def _filters(given: Step) -> str:
    parts = [f"{word} {given[key]}" for key, word in _FILTERS.items() if given.get(key) not in {None, ""}]
    return f" ({', '.join(parts)})" if parts else ""


_FILTERS = {
    "first_line": "from line",
    "last_line": "to line",
    "since": "since",
    "until": "until",
    "min_level": "at least",
}


def _prompted(step: Step) -> str:
    messages = _records(step.get("messages"))
    letters = sum(len(str(message.get("text") or "")) for message in messages)
    return f"told {letters:,} characters in {len(messages)} message{'s' * (len(messages) != 1)}"


def _answered(step: Step) -> str:
    wishes = ", ".join(str(call.get("name")) for call in _records(step.get("tool_calls")))
    text = str(step.get("text") or "").strip()
    return text if text or not wishes else f"asked for {wishes}"


def _tool_used(step: Step) -> str:
    [call] = _records([step.get("call")]) or [{}]
    told = tool_in_words(str(call.get("name") or ""), str(call.get("arguments") or ""))
    return f"{told}: {step.get('result')}" if step.get("failed") else told


def _concluded(step: Step) -> str:
    [diagnosis] = _records([step.get("diagnosis")]) or [{}]
    words = ", ".join(str(diagnosis.get(key)) for key in ("status", "severity", "category") if diagnosis.get(key))
    return f"{words}: {diagnosis.get('root_cause') or ''}"


def _records(values: object) -> list[Step]:
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def _redacted(step: Step) -> str:
    found = step.get("found")
    if not step.get("key"):
        return "redaction is off: the model is shown secrets as they are"
    names = (
        [str(each[1]) for each in found if isinstance(each, list) and len(each) == 2] if isinstance(found, list) else []
    )
    return f"{len(names):,} secrets are hidden from the model: {', '.join(names[:12])}"


_TELLERS: dict[str, Callable[[Step], str]] = {
    "Placed": lambda step: f"on worker {step.get('worker')}" + (f": {step['reason']}" if step.get("reason") else ""),
    "Prompted": _prompted,
    "Asked": lambda step: f"turn {step.get('turn')}",
    "Answered": _answered,
    "ToolUsed": _tool_used,
    "Retried": lambda step: f"asked again after {step.get('wait_seconds')} s: {step.get('reason')}",
    "Shortened": lambda step: f"the conversation was too long, so it was shortened: {step.get('reason')}",
    "LimitReached": lambda step: str(step.get("reason")).replace("_", " "),
    "Warned": lambda _: "told that most of what it may spend is spent",
    "Recalled": lambda step: f"nothing has changed since {step.get('session')}: its diagnosis is taken, 0 tokens",
    "Redacted": _redacted,
    "Resumed": lambda _: "gone on with",
    "Concluded": _concluded,
    "Failure": lambda step: f"{step.get('error')}: {step.get('message')}",
}
