"""A session from disk, to go on with: what its agent did, for how long, and where it stood."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from logdebug.agent.conversation import Conversation
from logdebug.agent.steps import (
    Answered,
    Concluded,
    LimitReached,
    Prompted,
    Redacted,
    Resumed,
    Step,
    ToolUsed,
)
from logdebug.errors import NoAnswer, SessionError
from logdebug.records import Diagnosis, Failure, Usage
from logdebug.run.moments import Moment
from logdebug.run.retelling import Told, steps_of
from logdebug.run.sessions import Session, read_trace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from logdebug.agent.messages import Message
    from logdebug.redaction.redactor import Redactor

__all__ = ["PastSession", "mark_in", "past_session"]

_MARK = re.compile(r"^<data ([0-9a-f]{8}) ", re.MULTILINE)


def mark_in(messages: Sequence[Message]) -> str:
    """Give what stands at the ends of the data blocks of a conversation; empty where it has none."""
    found = next(filter(None, (_MARK.search(each.text) for each in messages if each.role == "user")), None)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class PastSession:
    """What one agent did before.

    Parameters
    ----------
    path
        The session's directory.
    steps
        Its steps, oldest first; one that was cut short on disk is left out.
    seconds
        For how long it worked.
    failure
        Why it ended without a diagnosis, where asking again would be paying again for the same: the model was asked
        for its best answer and had none. None where it is to be gone on with.
    damage
        Why it can't be gone on with; empty where it can.
    """

    path: Path
    steps: tuple[Step, ...] = ()
    seconds: float = 0.0
    failure: Failure | None = None
    damage: str = ""

    @property
    def name(self) -> str:
        """The session's name, as reports have it."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def usage(self) -> Usage:
        """What its replies cost."""
        spent = Usage(cost_usd=0.0)
        for step in self.steps:
            if isinstance(step, Answered):
                spent += replace(step.usage, turns=1, seconds=0.0)
        return spent

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What it found; None where it had not ended."""
        last = self.steps[-1] if self.steps else None
        return replace(last.diagnosis, session=self.name) if isinstance(last, Concluded) else None

    @property
    def seen(self) -> Mapping[str, str]:
        """What it had read beside its log, by hash; see `Sightings`."""
        seen: dict[str, str] = {}
        for step in self.steps:
            if isinstance(step, ToolUsed):
                seen |= step.seen
        return seen

    @property
    def opening(self) -> tuple[Message, ...]:
        """What the model was told first; empty where none was asked."""
        first = next((step for step in self.steps if isinstance(step, Prompted)), None)
        return first.messages if first is not None else ()

    @property
    def mark(self) -> str:
        """What stood at the ends of its data blocks; empty where it had none."""
        return mark_in(self.opening)

    def remind(self, redactor: Redactor) -> None:
        """Have the same secrets get the placeholders that they had."""
        for step in self.steps:
            if isinstance(step, Redacted) and step.key:
                redactor.recall(step.key, dict(step.found))

    def conversation(self, *, lift_limit: bool = False) -> Conversation:
        """Give where the agent stood; or where it stands once the limit that it had reached is one no more."""
        said = Conversation()
        for step in (*self.steps, Resumed(0, lift_limit)):
            said.take(step)
        return said

    def reopen(self, about: Mapping[str, object], *, lift_limit: bool = False) -> Session:
        """Open the session to go on with.

        Parameters
        ----------
        about
            What its `meta.json` says, where a crash came before that was written.
        lift_limit
            Whether a limit that it had reached is one no more.

        Raises
        ------
        SessionError
            Where it can't be written, or what is on disk of it can't be gone on with.
        """
        if self.damage:
            raise SessionError(self.damage, path=self.path)
        session = Session(self.path, about, again=True)
        try:
            session.append(Resumed(os.getpid(), lift_limit))
        except SessionError:
            session.close()
            raise
        return session


def past_session(directory: Path, index: int, told: Told, times: list[Moment]) -> PastSession:
    """Read a session; add to `times` when its steps were taken."""
    try:
        lines = list(read_trace(directory)) if (directory / "trace.jsonl").exists() else []
        moments = [Moment.read(line) for line in lines]
        steps = tuple(steps_of(lines, directory))
    except SessionError as error:
        return PastSession(directory, damage=str(error))
    except (ValueError, KeyError, TypeError) as error:
        return PastSession(directory, damage=f"{directory / 'trace.jsonl'} is no trace: {error}")
    times.extend(moments[-1:])
    # A session may have been gone on with: the time between is nobody's work.
    worked = sum(
        max(0.0, before.seconds_to(after) - told.held_seconds(index, before.at, after.at))
        for (before, after), line in zip(pairwise(moments), lines[1:], strict=True)
        if line["step"] != Resumed.__name__
    )
    return PastSession(directory, steps, worked, _failure(lines, directory))


def _failure(lines: list[dict[str, Any]], directory: Path) -> Failure | None:
    """Give the failure that a trace ends in, where it is the answer."""
    last = lines[-1] if lines else {}
    asked_for_best = any(line["step"] == LimitReached.__name__ for line in lines)
    if last.get("step") != Failure.__name__ or last.get("error") != NoAnswer.kind or not asked_for_best:
        return None
    name = f"{directory.parent.name}/{directory.name}"
    return Failure(str(last.get("service")), NoAnswer.kind, str(last.get("message")), name)
