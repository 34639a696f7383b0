"""The steps of an agent, as a person reads them: one row each, made of a session's trace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logdebug.errors import SessionError
from logdebug.run.sessions import read_trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["StepRow", "rows_of", "trace_of"]

_TITLE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step.

    Parameters
    ----------
    kind
        What it was, in a word: `worker`, `prompt`, `operator`, `model`, `tool`, `retry`, `rejected`, `limit`, `end`, or
        the step's own name.
    title
        What happened, in a line.
    body
        What was said or given, whole; empty for nothing.
    at
        When, ISO 8601 in UTC; empty where the trace doesn't say.
    failed
        Whether it went wrong.
    """

    kind: str
    title: str
    body: str = ""
    at: str = ""
    failed: bool = False


def trace_of(session: str, sessions_dir: Path) -> tuple[dict[str, Any], ...]:
    """Read the trace of a session by its name.

    Parameters
    ----------
    session
        The session's directory below `sessions_dir`, as a diagnosis has it.
    sessions_dir
        Where sessions are kept.

    Raises
    ------
    SessionError
        Where there is none of that name, it lies elsewhere, or its trace is damaged.
    """
    if not session:
        raise SessionError("the diagnosis names no session, so its steps aren't known", path="")
    root = sessions_dir.expanduser().resolve()
    try:
        path = (root / session).resolve()
        held = path.is_relative_to(root) and path != root and path.is_dir()
    except (OSError, ValueError, RuntimeError):  # a name too long, with a NUL, or a loop of links
        held = False
    if not held:
        raise SessionError(
            f"there is no session {session!r} in {root}; give the directory that the run kept its sessions in, "
            "report.review(sessions_dir=…)",
            path=root,
        )
    return tuple(step for step in read_trace(path) if isinstance(step, dict))


def rows_of(trace: Iterable[Mapping[str, Any]]) -> tuple[StepRow, ...]:
    """Tell a trace step by step; what only announces the next step is left out."""
    return tuple(_row(step) for step in trace if step.get("step") != "Asked")


def _row(step: Mapping[str, Any]) -> StepRow:
    name = str(step.get("step", ""))
    tell = _TELLERS.get(name)
    if tell is None:  # a failure at the end, or a step that a newer logdebug wrote
        said = {key: value for key, value in step.items() if key not in {"at", "step"}}
        return StepRow(
            name.lower() or "step", _cut(said.get("message", "")), _plain(said), _at(step), failed=name == "Failure"
        )
    kind, title, body = tell(step)
    failed = bool(step.get("failed")) or kind in {"rejected", "retry"}
    return StepRow(kind, _cut(title), body, _at(step), failed)


def _prompted(step: Mapping[str, Any]) -> tuple[str, str, str]:
    messages = [message for message in step.get("messages") or () if isinstance(message, dict)]
    texts = [f"── {message.get('role', '')} ──\n{message.get('text', '')}" for message in messages]
    size = sum(len(str(message.get("text", ""))) for message in messages)
    return "prompt", f"the agent was told {size:,} characters in {_count(len(messages), 'message')}", "\n\n".join(texts)


def _directed(step: Mapping[str, Any]) -> tuple[str, str, str]:
    return "operator", f"told the agent: {step.get('text', '')}", ""


def _answered(step: Mapping[str, Any]) -> tuple[str, str, str]:
    calls = [call for call in step.get("tool_calls") or () if isinstance(call, dict)]
    wishes = ", ".join(str(call.get("name", "")) for call in calls)
    text = str(step.get("text") or "")
    title = f"turn {step.get('turn', '?')}: " + " → ".join(part for part in (_first_line(text), wishes) if part)
    asked = [f"{call.get('name', '')} {call.get('arguments', '')}" for call in calls]
    notes = [str(note) for note in step.get("notes") or ()]
    return "model", title, "\n\n".join(part for part in (text, *asked, *notes) if part)


def _tool_used(step: Mapping[str, Any]) -> tuple[str, str, str]:
    call = step.get("call")
    name, arguments = (call.get("name", ""), call.get("arguments", "")) if isinstance(call, dict) else ("", "")
    return "tool", f"{name} {_arguments(str(arguments))}", str(step.get("result") or "")


def _concluded(step: Mapping[str, Any]) -> tuple[str, str, str]:
    diagnosis = step.get("diagnosis")
    held = diagnosis if isinstance(diagnosis, dict) else {}
    if step.get("reason") == "offline":
        return "end", "the embedded analyst read the log by its rules and concluded, in this one step", _plain(held)
    reason = str(step.get("reason", "")).replace("_", " ")
    return "end", f"{reason}: {held.get('status', '')}, {held.get('category', '')}", _plain(held)


def _retried(step: Mapping[str, Any]) -> tuple[str, str, str]:
    return "retry", f"asked again: {step.get('reason', '')}", ""


def _rejected(step: Mapping[str, Any]) -> tuple[str, str, str]:
    return "rejected", f"the answer did not hold: {step.get('reason', '')}", ""


def _shortened(step: Mapping[str, Any]) -> tuple[str, str, str]:
    return "shortened", f"the conversation was too long, so it was shortened: {step.get('reason', '')}", ""


def _limit_reached(step: Mapping[str, Any]) -> tuple[str, str, str]:
    return "limit", f"{str(step.get('reason', '')).replace('_', ' ')} reached", ""


def _placed(step: Mapping[str, Any]) -> tuple[str, str, str]:
    reason = str(step.get("reason") or "")
    return "worker", f"works on {step.get('worker', '')}" + (f": {reason}" if reason else ""), ""


_TELLERS = {
    "Placed": _placed,
    "Prompted": _prompted,
    "Directed": _directed,
    "Answered": _answered,
    "ToolUsed": _tool_used,
    "Concluded": _concluded,
    "Retried": _retried,
    "Rejected": _rejected,
    "Shortened": _shortened,
    "LimitReached": _limit_reached,
}


def _arguments(text: str) -> str:
    """Give a call's arguments in short: `pattern='timeout', context=2`."""
    try:
        held = json.loads(text)
    except ValueError:
        return text
    if not isinstance(held, dict):
        return text
    return ", ".join(f"{key}={value!r}" for key, value in held.items() if value is not None)


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _cut(text: object) -> str:
    said = " ".join(str(text).split())
    return said if len(said) <= _TITLE_CHARACTERS else said[: _TITLE_CHARACTERS - 1] + "…"


def _at(step: Mapping[str, Any]) -> str:
    return str(step.get("at", ""))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
