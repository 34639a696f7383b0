"""What a watcher shows of a run: events folded into one row per incident, and totals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Literal

from logdebug.agent.steps import (
    Answered,
    Asked,
    Concluded,
    Directed,
    LimitReached,
    Prompted,
    Rejected,
    Retried,
    Shortened,
    ToolUsed,
)
from logdebug.records import Diagnosis, Failure, Usage
from logdebug.run.events import (
    ControlTaken,
    Event,
    IncidentDiagnosed,
    IncidentEvent,
    IncidentFailed,
    IncidentStarted,
    RunStarted,
    StepTaken,
)
from logdebug.run.wording import call_in_words

if TYPE_CHECKING:
    from logdebug.agent.steps import Step

__all__ = ["Board", "Row", "State"]

State = Literal["waiting", "working", "paused", "done", "failed", "cancelled"]
_OPEN: tuple[State, ...] = ("waiting", "working", "paused")


@dataclass(slots=True)
class Row:
    """One incident as it stands.

    Parameters
    ----------
    service
        Its service.
    state
        `waiting` for its turn, `working`, `paused` (before or at work), `done`, `failed` or `cancelled`.
    doing
        What its agent does at the moment, or what came of it: hostile text, as it is in logs and models' words.
    spent
        What it cost until now; no seconds.
    outcome
        Its diagnosis or failure, when it has one.
    looked_at
        The last tool call, in words.
    """

    service: str
    state: State = "waiting"
    doing: str = ""
    spent: Usage = field(default_factory=lambda: Usage(cost_usd=0.0))
    outcome: Diagnosis | Failure | None = None
    looked_at: str = ""
    _began: float | None = None
    _stopped: float | None = None

    @property
    def turns(self) -> int:
        """Replies that were got from the model."""
        return self.spent.turns

    @property
    def tokens(self) -> int:
        """Tokens sent and received."""
        return self.spent.tokens

    @property
    def cost_usd(self) -> float | None:
        """Price in US dollars until now; None where it isn't known."""
        return self.spent.cost_usd

    @property
    def seconds(self) -> float:
        """Wall time since the agent was sent, or for as long as it worked; none while it is paused."""
        if self._began is None:
            return 0.0
        return (self._stopped if self._stopped is not None else monotonic()) - self._began

    def begin(self) -> None:
        """Take note that an agent was sent."""
        self.state, self.doing, self._began = "working", "reading the log", monotonic()

    def pause(self) -> None:
        """Take note that it is held up."""
        self.state, self._stopped = "paused", monotonic()

    def resume(self) -> None:
        """Take note that it goes on, its clock from where it stood."""
        self.state = "waiting" if self._began is None else "working"
        if self._began is not None and self._stopped is not None:
            self._began += monotonic() - self._stopped
        self._stopped = None

    def end(self, outcome: Diagnosis | Failure) -> None:
        """Take note of the outcome."""
        self.outcome = outcome
        if isinstance(outcome, Diagnosis):
            source = f"(from {outcome.recalled_from}, $0) " if outcome.recalled_from else ""
            self.state, self.doing = "done", source + outcome.root_cause
        else:
            self.state, self.doing = "cancelled" if outcome.error == "cancelled" else "failed", outcome.message
        self._stopped = self._stopped if self._stopped is not None else monotonic()


@dataclass(slots=True)
class Board:
    """A run as it stands.

    Parameters
    ----------
    run_id, model, directory
        As the run said when it began.
    rows
        One per incident, in the order given.
    spent
        What all incidents cost until now; no seconds.
    """

    run_id: str = ""
    model: str = ""
    directory: str = ""
    rows: list[Row] = field(default_factory=list)
    spent: Usage = field(default_factory=lambda: Usage(cost_usd=0.0))
    _began: float | None = None
    _ended: float | None = None
    _counts: Counter[State] = field(default_factory=Counter)

    def take(self, event: Event) -> None:
        """Fold an event in."""
        if isinstance(event, RunStarted):
            self.run_id, self.model, self.directory = event.run_id, event.model, str(event.directory)
            self.rows = [Row(service) for service in event.services]
            self._began, self._counts = monotonic(), Counter({"waiting": len(self.rows)})
            return
        row = self.rows[event.index]
        before = row.state
        self._take(event, row)
        self._recount(before, row)

    def _take(self, event: IncidentEvent, row: Row) -> None:
        match event:
            case IncidentStarted():
                row.begin()
                self._spend(row, event.spent)  # an agent that is sent on has cost something before
            case StepTaken():
                _take_step(row, event.step)
                if isinstance(event.step, Answered):
                    self.spent += replace(event.step.usage, turns=1, seconds=0.0)
            case ControlTaken():
                _take_control(row, event)
            case IncidentDiagnosed():
                if row.state == "waiting":  # it was finished before the run was gone on with
                    self._spend(row, event.diagnosis.usage)
                row.end(event.diagnosis)
            case IncidentFailed():
                row.end(event.failure)

    def _spend(self, row: Row, spent: Usage) -> None:
        row.spent += replace(spent, seconds=0.0)
        self.spent += replace(spent, seconds=0.0)

    def _recount(self, before: State, row: Row) -> None:
        """Take note of what became of a row: to count all anew takes too long to be done several times a second."""
        if row.state != before:
            self._counts[before] -= 1
            self._counts[row.state] += 1
            if not self.open:
                self._ended = monotonic()

    @property
    def open(self) -> int:
        """How many incidents have no outcome yet."""
        return sum(self._counts[state] for state in _OPEN)

    def cut_short(self) -> None:
        """Take note that the run ended before its time: what isn't finished never will be."""
        for row in self.rows:
            if row.outcome is None:
                before = row.state
                row.end(Failure(row.service, "cancelled", "the run ended before its diagnosis"))
                self._recount(before, row)

    def count(self, state: State) -> int:
        """Count the incidents in a state."""
        return self._counts[state]

    def counts(self) -> Counter[State]:
        """Count the incidents by their states."""
        return self._counts.copy()

    @property
    def turns(self) -> int:
        """Turns of all incidents."""
        return self.spent.turns

    @property
    def tokens(self) -> int:
        """Tokens of all incidents."""
        return self.spent.tokens

    @property
    def cost_usd(self) -> float | None:
        """Price of all incidents until now, in US dollars; None where that of one isn't known."""
        return self.spent.cost_usd

    @property
    def seconds(self) -> float:
        """Wall time since the run began, or for as long as it went on."""
        if self._began is None:
            return 0.0
        return (self._ended if self._ended is not None else monotonic()) - self._began

    def summary(self) -> str:
        """Say how the run stands, in one line."""
        counts = self.counts()
        parts = [f"{counts['done']} of {len(self.rows)} diagnosed"]
        others: tuple[State, ...] = ("failed", "cancelled", "working", "paused", "waiting")
        parts += [f"{counts[state]} {state}" for state in others if counts[state]]
        if self.turns:
            parts.append(f"{self.turns:,} turns, {self.tokens:,} tokens")
        return " · ".join(parts)


def _take_control(row: Row, event: ControlTaken) -> None:
    match event.control:
        case "pause":
            row.pause()
        case "resume":
            row.resume()
        case "steer":
            row.doing = event.refused or f"from its next turn: {event.text}"
        case "cancel":
            pass  # its failure tells


def _take_step(row: Row, step: Step) -> None:
    if isinstance(step, Answered):
        row.spent += replace(step.usage, turns=1, seconds=0.0)
    if isinstance(step, ToolUsed):
        row.looked_at = call_in_words(step.call.name, step.call.arguments)
    row.doing = _step_in_words(row, step)


def _step_in_words(row: Row, step: Step) -> str:
    """Say what an agent does since a step; what it did, where there is nothing new to say."""
    words = row.doing
    match step:
        case Directed(text=text):
            words = f"directed: {text}"
        case Asked(turn=turn):
            words = f"thinking, after {row.looked_at}" if row.looked_at else f"thinking (turn {turn})"
        case Retried():
            words = f"waiting {step.wait_seconds:.0f} s: {step.reason}"
        case Answered(tool_calls=[call, *_]):
            words = call_in_words(call.name, call.arguments)
        case ToolUsed():
            words = row.looked_at
        case Rejected():
            words = "answer did not hold; asking again"
        case LimitReached(reason=reason):
            words = f"{reason.replace('_', ' ')}: asking for the best answer so far"
        case Prompted() | Shortened():
            words = "thinking"
        case Concluded():
            words = "concluding"
    return words
