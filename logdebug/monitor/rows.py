"""One row per incident, folded from what a run and its agents wrote down; dicts from disk end here.

Another version may have written them, so what isn't as expected is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from logdebug.records import Usage
from logdebug.report.text import one_line, shorten
from logdebug.run.wording import step_in_words

__all__ = ["ENDED", "Row", "State", "moment", "usage_of", "whole"]

State = Literal["working", "paused", "waiting", "done", "failed", "cancelled", "dead"]
"""`dead` is an incident whose run's process is gone before its end."""

ENDED: frozenset[State] = frozenset({"done", "failed", "cancelled", "dead"})
"""The states in which an incident can't be steered any more."""

Line = Mapping[str, Any]

_MOST_CHARACTERS = 500


@dataclass(slots=True)
class Row:
    """One incident as it stands.

    Parameters
    ----------
    index
        Its place in its run, from 0.
    service
        Its service as it was given: hostile text.
    state
        As `State` says.
    session
        Its session's name, empty before its turn.
    doing
        The last step, or what came of it, on one line and safe to show.
    spent
        What it cost until now.
    began, stepped, ended
        When its agent was sent, when its last step was, and when it ended; None before.
    told
        What the operator told it last, and whether it can be told anything.
    """

    index: int
    service: str
    state: State = "waiting"
    session: str = ""
    doing: str = ""
    spent: Usage = field(default_factory=lambda: Usage(cost_usd=0.0))
    began: datetime | None = None
    stepped: datetime | None = None
    ended: datetime | None = None
    steered: int = 0
    refused: str = ""
    _looked_at: str = ""

    @property
    def name(self) -> str:
        """Its service, safe to show."""
        return one_line(self.service) or "␀"

    @property
    def number(self) -> int:
        """Its place from 1, as its session's directory has it."""
        return self.index + 1

    @property
    def is_open(self) -> bool:
        """Whether it can still be steered."""
        return self.state not in ENDED

    def age_seconds(self, now: datetime) -> float | None:
        """Give the time since its agent was sent, or until it ended; None before its turn."""
        if self.began is None:
            return None
        return max(0.0, ((self.ended or now) - self.began).total_seconds())

    def quiet_seconds(self, now: datetime) -> float | None:
        """Give the time since its last step while it is at work; None else."""
        if self.state not in {"working", "paused"} or self.stepped is None:
            return None
        return max(0.0, (now - self.stepped).total_seconds())

    def begin(self, line: Line) -> None:
        """Take note that an agent was sent."""
        self.state = "working"
        self.session = str(line.get("session") or "")
        self.doing, self.spent, self._looked_at = "reading the log", Usage(cost_usd=0.0), ""
        self.began = self.stepped = moment(line.get("at"))
        self.ended = None

    def take_control(self, line: Line) -> None:
        """Take note that it was paused, resumed or directed."""
        match line.get("control"):
            case "pause" if self.is_open:
                self.state = "paused"
            case "resume" if self.is_open:
                self.state = "waiting" if self.began is None else "working"
            case "steer":
                self.steered += 1
                self.refused = one_line(str(line.get("refused") or ""))
                self._say(self.refused or f"from its next turn: {line.get('text') or ''}")

    def end(self, line: Line) -> None:
        """Take note of what came of it, as the run says."""
        spent = usage_of(line.get("usage"))
        if spent.turns >= self.spent.turns:  # a failure says what this process spent; its trace may know of another
            self.spent = spent
        self.session = str(line.get("session") or self.session)
        self.ended = moment(line.get("at"))
        if line.get("event") == "IncidentDiagnosed":
            self._conclude(line)
        else:
            self._fail(line)

    def take_step(self, step: Line) -> None:
        """Take note of a step of its agent."""
        self.stepped = moment(step.get("at")) or self.stepped
        if not self.is_open:  # its session was gone on with after that
            self.state, self.ended = "working", None
        match step.get("step"):
            case "Answered":
                self.spent += usage_of(step.get("usage"), turns=1)
                self._say(step_in_words(step))
            case "ToolUsed":
                self._looked_at = step_in_words(step)
                self._say(self._looked_at)
            case "Asked":
                turn = f"thinking (turn {whole(step.get('turn'))})"
                self._say(f"{turn}, having {self._looked_at}" if self._looked_at else turn)
            case "Concluded":  # the run's own word on it may be lost with its process
                found = step.get("diagnosis")
                self.ended = self.stepped
                self._conclude(found if isinstance(found, Mapping) else {})
            case "Failure":
                self.ended = self.stepped
                self._fail(step)
            case "Directed":
                self._say(f"directed: {step.get('text') or ''}")
            case _:
                self._say(step_in_words(step))

    def stop(self, state: Literal["dead", "cancelled"], said: str) -> None:
        """Take note that its run is no more."""
        self.state = state
        self.doing = f"{said}; last: {self.doing}" if self.began and self.doing else said
        self.ended = self.stepped

    def reopen(self) -> None:
        """Take note that its run is taken up again."""
        self.state, self.began, self.ended = "waiting", None, None

    def _conclude(self, found: Line) -> None:
        self.state = "done"
        status = str(found.get("status") or "")
        words = [str(found.get(key) or "") for key in ("severity", "category")]
        words += [f"(from {found['recalled_from']}, $0)"] if found.get("recalled_from") else []
        lead = " ".join([f"({status.replace('_', ' ')})", *words] if status != "diagnosed" else words)
        self._say(f"{lead}: {found.get('root_cause') or ''}")

    def _fail(self, line: Line) -> None:
        self.state = "cancelled" if line.get("error") == "cancelled" else "failed"
        self._say(str(line.get("message") or line.get("error") or ""))

    def _say(self, words: str) -> None:
        self.doing = shorten(one_line(words), _MOST_CHARACTERS) or self.doing


def moment(value: object) -> datetime | None:
    """Read a time; None where it is none. One without a zone is UTC."""
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def whole(value: object) -> int:
    """Read a count; 0 where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62 else 0


def usage_of(value: object, *, turns: int | None = None) -> Usage:
    """Read what something cost; what isn't said is nothing, and a price that isn't said is unknown.

    Parameters
    ----------
    value
        A usage's fields.
    turns
        How many turns it is for, where its fields don't say.
    """
    given = value if isinstance(value, Mapping) else {}
    cost, seconds = _amount(given.get("cost_usd")), _amount(given.get("seconds"))
    return Usage(
        whole(given.get("turns")) if turns is None else turns,
        whole(given.get("input_tokens")),
        whole(given.get("output_tokens")),
        cost,
        seconds or 0.0,
    )


def _amount(value: object) -> float | None:
    is_amount = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
    return float(value) if is_amount else None  # type: ignore[arg-type]
