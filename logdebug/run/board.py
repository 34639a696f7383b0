"""What a watcher shows of a run: events folded into one row per incident, and totals."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Literal

from logdebug.agent.steps import Answered, Asked, Concluded, LimitReached, Prompted, Rejected, Retried, ToolUsed
from logdebug.run.events import Event, IncidentDiagnosed, IncidentFailed, IncidentStarted, RunStarted, StepTaken

if TYPE_CHECKING:
    from logdebug.agent.steps import Step
    from logdebug.records import Diagnosis, Failure

__all__ = ["Board", "Row", "State"]

State = Literal["waiting", "working", "done", "failed"]


@dataclass(slots=True)
class Row:
    """One incident as it stands.

    Parameters
    ----------
    service
        Its service.
    state
        `waiting` for its turn, `working`, `done` or `failed`.
    doing
        What its agent does at the moment, or what came of it: hostile text, as it is in logs and models' words.
    turns, tokens
        What it cost until now.
    outcome
        Its diagnosis or failure, when it has one.
    looked_at
        The last tool call, in words.
    """

    service: str
    state: State = "waiting"
    doing: str = ""
    turns: int = 0
    tokens: int = 0
    outcome: Diagnosis | Failure | None = None
    looked_at: str = ""
    _began: float | None = None
    _ended: float | None = None

    @property
    def seconds(self) -> float:
        """Wall time since the agent was sent, or for as long as it worked."""
        if self._began is None:
            return 0.0
        return (self._ended if self._ended is not None else monotonic()) - self._began

    def begin(self) -> None:
        """Take note that an agent was sent."""
        self.state, self.doing, self._began = "working", "reading the log", monotonic()

    def end(self, state: State, doing: str, outcome: Diagnosis | Failure) -> None:
        """Take note of the outcome."""
        self.state, self.doing, self.outcome, self._ended = state, doing, outcome, monotonic()


@dataclass(slots=True)
class Board:
    """A run as it stands.

    Parameters
    ----------
    run_id, model, directory
        As the run said when it began.
    rows
        One per incident, in the order given.
    """

    run_id: str = ""
    model: str = ""
    directory: str = ""
    rows: list[Row] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """Fold an event in."""
        match event:
            case RunStarted():
                self.run_id, self.model, self.directory = event.run_id, event.model, str(event.directory)
                self.rows = [Row(service) for service in event.services]
            case IncidentStarted():
                self.rows[event.index].begin()
            case StepTaken():
                _take_step(self.rows[event.index], event.step)
            case IncidentDiagnosed():
                self.rows[event.index].end("done", event.diagnosis.root_cause, event.diagnosis)
            case IncidentFailed():
                self.rows[event.index].end("failed", event.failure.message, event.failure)

    def count(self, state: State) -> int:
        """Count the incidents in a state."""
        return sum(row.state == state for row in self.rows)

    @property
    def turns(self) -> int:
        """Turns of all incidents."""
        return sum(row.turns for row in self.rows)

    @property
    def tokens(self) -> int:
        """Tokens of all incidents."""
        return sum(row.tokens for row in self.rows)

    def summary(self) -> str:
        """Say how the run stands, in one line."""
        total = len(self.rows)
        parts = [f"{self.count('done')} of {total} diagnosed"]
        others: tuple[State, ...] = ("failed", "working", "waiting")
        parts += [f"{count} {state}" for state in others if (count := self.count(state))]
        if self.turns:
            parts.append(f"{self.turns:,} turns, {self.tokens:,} tokens")
        return " · ".join(parts)


def _take_step(row: Row, step: Step) -> None:
    match step:
        case Prompted():
            row.doing = "thinking"
        case Asked(turn=turn):
            row.doing = f"thinking about {row.looked_at}" if row.looked_at else f"thinking (turn {turn})"
        case Retried():
            row.doing = f"waiting {step.wait_seconds:.0f} s: {step.reason}"
        case Answered():
            row.turns += 1
            row.tokens += step.usage.tokens
        case ToolUsed():
            row.looked_at = row.doing = _tool_in_words(step)
        case Rejected():
            row.doing = "answer did not hold; asking again"
        case LimitReached():
            row.doing = f"{step.reason.replace('_', ' ')}: asking for the best answer so far"
        case Concluded():
            row.doing = "concluding"


def _tool_in_words(step: ToolUsed) -> str:
    """Say what a tool call did: "search: timeout|refused"."""
    from logdebug.agent.answers import objects_in

    arguments = next(objects_in(step.call.arguments), {})
    told = [str(arguments[name]) for name in ("pattern", "file", "path") if arguments.get(name)]
    if "first" in arguments:
        told.append(f"from line {arguments['first']}")
    return f"{step.call.name.replace('_', ' ')}: {', '.join(told)}" if told else step.call.name.replace("_", " ")
