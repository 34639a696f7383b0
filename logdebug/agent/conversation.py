"""What an agent has said, heard and spent, folded from its steps one by one.

The loop tells its conversation of each step that it takes; whoever goes on with a session from disk tells a new one of
the steps that were written there, and it stands where the old one stood.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from logdebug.agent.messages import Message
from logdebug.agent.shortening import shortened
from logdebug.agent.steps import (
    Answered,
    Concluded,
    Directed,
    LimitReached,
    Prompted,
    Rejected,
    Resumed,
    Shortened,
    ToolUsed,
    Warned,
)
from logdebug.records import Usage

if TYPE_CHECKING:
    from logdebug.agent.messages import ToolCall
    from logdebug.agent.steps import EndReason, Step
    from logdebug.records import Diagnosis

__all__ = ["Conversation"]


@dataclass(slots=True)
class Conversation:
    """Where an agent stands.

    Attributes
    ----------
    messages
        What was said, as the model is to be shown it.
    usage
        What the replies cost.
    rejections
        How many answers did not hold.
    best
        The last answer that serves where no better one comes; None where there is none.
    warned
        Whether the agent knows that most of what it may spend is spent.
    limit
        The limit that was reached; None while the agent is within all.
    asked_for_best
        Whether it was then asked for its best answer.
    best_replies
        How many replies are still asked for in search of it, once the limit is reached.
    open_reply
        The last reply, while not all that it asks for is done; None where it is.
    refusal
        What is wrong with the diagnosis in the open reply; empty where nothing is known to be.
    has_heard
        Whether its operator has told it something.
    conclusion
        The last step, once it is taken.
    """

    messages: list[Message] = field(default_factory=list)
    usage: Usage = field(default_factory=lambda: Usage(cost_usd=0.0))
    rejections: int = 0
    best: Diagnosis | None = None
    warned: bool = False
    limit: EndReason | None = None
    asked_for_best: bool = False
    best_replies: int = 0
    open_reply: Answered | None = None
    refusal: str = ""
    has_heard: bool = False
    conclusion: Concluded | None = None

    def take(self, step: Step) -> None:
        """Take note of a step."""
        match step:
            case Prompted(messages):
                self.messages += messages
                self.asked_for_best = self.limit is not None
            case Directed(message=message) | Warned(message=message):
                self.messages.append(message)
                self.warned |= isinstance(step, Warned)
                self.has_heard |= isinstance(step, Directed)
            case Answered():
                self._hear(step)
            case Rejected():
                self._refuse(step)
            case ToolUsed(call, result):
                self._see(call, result)
            case Shortened(cuts):
                self.messages = shortened(self.messages, cuts)
            case LimitReached(reason):
                self.limit, self.best_replies = reason, 2 if self.best is None else 1
            case Resumed(limit_lifted=True):
                self.limit, self.asked_for_best = None, False
            case Concluded():
                self.conclusion = step
            case _:  # that the model is asked, and asked again, changes nothing
                return

    @property
    def open_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls of the last reply whose results aren't there yet."""
        if self.open_reply is None:
            return ()
        since = self.messages[self._place_of_reply() + 1 :]
        done = [message.call_id for message in since]
        return tuple(
            call
            for place, call in enumerate(self.open_reply.tool_calls)
            # Some models give several calls of one turn the same id.
            if done.count(call.id) <= sum(other.id == call.id for other in self.open_reply.tool_calls[:place])
        )

    def _place_of_reply(self) -> int:
        return max(place for place, message in enumerate(self.messages) if message.role == "assistant")

    def _hear(self, reply: Answered) -> None:
        self.usage += replace(reply.usage, turns=1)
        self.messages.append(Message("assistant", reply.text, reply.tool_calls))
        self.open_reply, self.refusal = reply, ""
        self.best_replies -= self.limit is not None

    def _see(self, call: ToolCall, result: str) -> None:
        self.messages.append(Message("tool", result, call_id=call.id))
        if not self.open_calls:
            self.open_reply = None

    def _refuse(self, step: Rejected) -> None:
        self.rejections += step.counts
        self.best = step.diagnosis or self.best
        self.refusal = step.reason
        if self.open_reply is not None and not self.open_reply.tool_calls:
            self.messages.append(Message("user", step.reason))
            self.open_reply = None
