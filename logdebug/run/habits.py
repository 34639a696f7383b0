"""What this user's past sessions were like, read from disk: what a new one will typically cost."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING, Any

from logdebug.agent.features import Features
from logdebug.agent.messages import Message, Request
from logdebug.agent.tools import tool_specs
from logdebug.agent.wire import as_bytes, write_request
from logdebug.errors import SessionError
from logdebug.run.projection import ASSUMED, Habits
from logdebug.run.sessions import read_trace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["habits_of"]

_MOST_RUNS = 200
_MOST_SESSIONS = 60
_MOST_OF_A_RUN = 20
_LEAST_SESSIONS = 3


@dataclass(frozen=True, slots=True)
class _Session:
    """What one session was like; see `Habits`."""

    turns: int
    growth_tokens: float
    reply_tokens: float
    bytes_per_token: float


def habits_of(model: str, sessions_dir: Path) -> Habits:
    """Give what the sessions of a model are like: by the newest ones that ended with its diagnosis, else by assumption.

    Parameters
    ----------
    model
        The model's name.
    sessions_dir
        Where the sessions are kept.

    Returns
    -------
    Habits
        Medians over up to 60 sessions, at the most 20 of a run; `ASSUMED` where there are fewer than three.
    """
    past = list(islice(_sessions(model, sessions_dir), _MOST_SESSIONS))
    if len(past) < _LEAST_SESSIONS:
        return ASSUMED
    longer = [each.growth_tokens for each in past if each.turns > 1]
    return Habits(
        turns=max(1, round(median(each.turns for each in past))),
        growth_tokens=round(median(longer)) if longer else ASSUMED.growth_tokens,
        reply_tokens=round(median(each.reply_tokens for each in past)),
        bytes_per_token=median(each.bytes_per_token for each in past),
        basis=f"your last {len(past)} sessions with this model",
    )


def _sessions(model: str, sessions_dir: Path) -> Iterator[_Session]:
    """Give the sessions of a model that ended with its own diagnosis, the newest run first."""
    runs = sorted((path for path in sessions_dir.glob("*/run.json")), reverse=True)[:_MOST_RUNS]
    for run in runs:
        with suppress(OSError, ValueError, KeyError, TypeError):
            if json.loads(run.read_bytes())["model"] == model:
                yield from islice(_sessions_of(run.parent), _MOST_OF_A_RUN)


def _sessions_of(run: Path) -> Iterator[_Session]:
    for trace in run.glob("*/trace.jsonl"):
        # What another version wrote, or a crash tore, tells nothing of habits and must not keep anybody from a figure.
        with suppress(OSError, ValueError, KeyError, TypeError, SessionError):
            session = _session(list(read_trace(trace.parent)))
            if session is not None:
                yield session


def _session(lines: list[dict[str, Any]]) -> _Session | None:
    """Read a session; None for one that didn't go its whole way, or of which the server counted nothing."""
    usages = [line["usage"] for line in lines if line["step"] == "Answered"]
    last = lines[-1] if lines else {}
    if not usages or last.get("step") != "Concluded" or last.get("reason") != "submitted":
        return None
    sent = [int(usage["input_tokens"]) for usage in usages]
    if not sent[0]:
        return None
    messages = tuple(Message(said["role"], said["text"]) for said in lines[0]["messages"])
    first = as_bytes(write_request(Request(messages, tool_specs()), "", Features(max_output_tokens=0)))
    return _Session(
        turns=len(sent),
        growth_tokens=max(0, sent[-1] - sent[0]) / max(1, len(sent) - 1),
        reply_tokens=sum(int(usage["output_tokens"]) for usage in usages) / len(usages),
        bytes_per_token=len(first) / sent[0],
    )
