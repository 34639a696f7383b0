"""What happens within one session: one frozen record per step, in the order in which an agent takes them.

The loop yields these; `run` writes each to disk before it asks for the next, and passes it on to whoever watches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from logdebug.records import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logdebug.agent.messages import Message, ToolCall
    from logdebug.records import Diagnosis

__all__ = [
    "Answered",
    "Asked",
    "Concluded",
    "Cut",
    "Directed",
    "EndReason",
    "LimitReached",
    "Placed",
    "Prompted",
    "Recalled",
    "Redacted",
    "Rejected",
    "Resumed",
    "Retried",
    "Shortened",
    "Step",
    "ToolUsed",
    "Warned",
]

EndReason = Literal[
    "submitted",
    "turn_limit",
    "token_limit",
    "time_limit",
    "cost_limit",
    "run_limit",
    "too_many_rejections",
    "recalled",
    "offline",
]
"""Why an agent ended: it was done, a limit was reached, its answers never held, or it is the embedded analyst."""


@dataclass(frozen=True, slots=True)
class Placed:
    """From here on the agent works on `worker` of a cluster; `reason` says why no longer where it was."""

    worker: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Prompted:
    """The conversation was opened, or went on, with these messages."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Directed:
    """The operator directed the agent; `text` is what was said to it, and `message` how it is put to the model."""

    text: str
    message: Message


@dataclass(frozen=True, slots=True)
class Redacted:
    """Secrets were met, which the model is shown placeholders of; or redaction is off.

    Parameters
    ----------
    key
        What the secrets are digested with; empty where redaction is off.
    found
        The digest of each secret that is new, and what stands for it, such as `password:1`. A session that is gone on
        with knows them again by these; the secrets themselves are not kept.
    """

    key: str
    found: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """The model is being asked for turn number `turn` (from 1)."""

    turn: int


@dataclass(frozen=True, slots=True)
class Retried:
    """A passing trouble: the model is asked again, for the `attempt`th time, after `wait_seconds`."""

    reason: str
    attempt: int
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Answered:
    """The model's reply to turn number `turn`; `notes` say what had to be left out for the server's sake."""

    turn: int
    text: str
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str
    usage: Usage
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolUsed:
    """A tool call was carried out.

    Parameters
    ----------
    call
        As the model wrote it.
    result
        What the model is told.
    failed
        Whether that is an error for the model to act on.
    seconds
        How long it took.
    seen
        What the agent has read beside its log until now; see `Sightings`.
    """

    call: ToolCall
    result: str
    failed: bool = False
    seconds: float = 0.0
    seen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer did not hold; `reason` went back to the model.

    Parameters
    ----------
    reason
        What is wrong with it.
    diagnosis
        What serves where no better one comes: it only lacks evidence, or was to be thought over.
    counts
        Whether it was the model's fault.
    """

    reason: str
    diagnosis: Diagnosis | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Cut:
    """What was cut out of a message: of its text, only the first `head` and the last `tail` characters are left.

    Parameters
    ----------
    place
        Which message of the conversation, from 0.
    head, tail
        How many characters are left.
    note
        What stands in their place.
    """

    place: int
    head: int
    tail: int
    note: str


@dataclass(frozen=True, slots=True)
class Shortened:
    """The conversation was longer than the model takes, so some of it was cut out; `reason` is what the server said."""

    cuts: tuple[Cut, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Warned:
    """The agent was told, by `message`, that most of what it may spend is spent."""

    message: Message


@dataclass(frozen=True, slots=True)
class LimitReached:
    """A limit was reached; the model is asked for its best answer so far."""

    reason: EndReason


@dataclass(frozen=True, slots=True)
class Recalled:
    """Nothing has changed since `session`, which cost `usage`: its diagnosis is taken, and no model is asked."""

    session: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class Resumed:
    """The session is gone on with.

    Parameters
    ----------
    pid
        The process that does.
    limit_lifted
        Whether a limit that it had reached is one no more.
    """

    pid: int
    limit_lifted: bool = False


@dataclass(frozen=True, slots=True)
class Concluded:
    """The last step: the diagnosis, why the agent ended, and what it all cost."""

    diagnosis: Diagnosis
    reason: EndReason
    usage: Usage = field(default_factory=Usage)


Step = (
    Placed
    | Prompted
    | Directed
    | Redacted
    | Asked
    | Retried
    | Answered
    | ToolUsed
    | Rejected
    | Shortened
    | Warned
    | LimitReached
    | Recalled
    | Resumed
    | Concluded
)
