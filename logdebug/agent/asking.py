"""Asking the model: what there is to tell it first, the question, and again after a passing trouble."""

from __future__ import annotations

import asyncio
import random
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING

from logdebug.agent import prompts
from logdebug.agent.gate import Gate
from logdebug.agent.messages import Message, Request
from logdebug.agent.shortening import cuts_of
from logdebug.agent.steps import Answered, Asked, Directed, Retried, Shortened, Step
from logdebug.agent.tools import SUBMIT, tool_specs
from logdebug.errors import ContextTooLong, ModelBusy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from logdebug.agent.conversation import Conversation
    from logdebug.agent.gate import Turn
    from logdebug.agent.inbox import Inbox
    from logdebug.agent.limits import Limits, Stopwatch
    from logdebug.agent.messages import Reply
    from logdebug.agent.models import Model
    from logdebug.redaction.redactor import Redactor

__all__ = ["Asker"]

_MOST_CALLS = 32  # of one reply; no model makes so many in earnest


@dataclass(frozen=True, slots=True)
class Asker:
    """What asks the model for one agent.

    Parameters
    ----------
    model
        Whom to ask.
    service
        Whose incident it is about.
    said
        What was said until now.
    limits
        How often and how long to ask.
    inbox
        Where the operator holds the agent up, and directs it.
    worked
        For how long the agent has worked; the time for which it is held up is taken out of it.
    redactor
        The last net under what the model is told: what no tool has hidden is hidden here.
    """

    model: Model
    service: str
    said: Conversation
    limits: Limits
    inbox: Inbox
    worked: Stopwatch
    redactor: Redactor
    _sent: dict[Message, Message] = field(default_factory=dict, init=False)

    async def ask(self, *, must_submit: bool = False, seconds: float | None = None) -> AsyncGenerator[Step]:
        """Ask the model once, again after passing troubles; the last step is its `Answered`, unless time ran out.

        Parameters
        ----------
        must_submit
            Whether all that the model may do is submit its diagnosis.
        seconds
            How long this may take; None for what is left of the incident's time.

        Raises
        ------
        ModelBusy
            Where the trouble didn't pass.
        ModelError
            Where the model can't be asked.
        """
        await self._wait_while_held()
        for direction in map(self.redactor.mask, self.inbox.take()):
            yield Directed(direction, Message("user", prompts.direction(direction)))
        yield Asked(self.said.usage.turns + 1)
        left = self.limits.seconds - self.worked.seconds if seconds is None else seconds
        patience = _Patience(self.limits, monotonic() + max(left, 0.0))
        while True:
            try:
                reply = await self._ask_once(patience, must_submit=must_submit)
            except TimeoutError:
                return
            except ContextTooLong as error:
                cuts = cuts_of(self.said.messages)
                if not cuts:
                    raise
                yield Shortened(cuts, str(error))
            except ModelBusy as busy:
                wait = patience.wait_seconds(busy)
                if wait is None:
                    raise
                yield Retried(str(busy), patience.attempt, wait)
                patience.attempt += 1
                await asyncio.sleep(wait)
                if busy.refusing_seconds is not None:  # as at the gate: no limit counts it
                    patience.deadline += wait
                    self.worked.leave_out(wait)
                patience.deadline += await self._wait_while_held()
            else:
                yield _answered(reply, self.said.usage.turns + 1)
                return

    async def _ask_once(self, patience: _Patience, *, must_submit: bool) -> Reply:
        """Ask when it is this request's turn; the time until then is nobody's work."""
        gate = getattr(self.model, "gate", None)  # anybody's model may have something else by that name
        while True:
            async with gate.turn(patience.place) if isinstance(gate, Gate) else nullcontext() as turn:
                if turn is not None:
                    patience.place = turn.place
                    patience.deadline += turn.waited_seconds
                    self.worked.leave_out(turn.waited_seconds)
                if not self.inbox.is_held:
                    request = self._request(patience.deadline, turn, must_submit=must_submit)
                    async with asyncio.timeout(patience.deadline - monotonic()):
                        return await self.model.ask(request)
            patience.deadline += await self._wait_while_held()

    def _request(self, deadline: float, turn: Turn | None, *, must_submit: bool) -> Request:
        return Request(
            tuple(map(self._masked, self.said.messages)),
            tool_specs()[-1:] if must_submit else tool_specs(),
            must_call=SUBMIT if must_submit else "",
            service=self.service,
            timeout_seconds=min(self.limits.reply_seconds, max(1.0, deadline - monotonic())),
            turn=turn,
        )

    def _masked(self, message: Message) -> Message:
        """Give a message as it is sent, the same each time; what the model itself has said is its own."""
        if message.role == "assistant":
            return message
        if message not in self._sent:
            mask = self.redactor.mask_usual if message.role == "system" else self.redactor.mask
            self._sent[message] = replace(message, text=mask(message.text))
        return self._sent[message]

    async def _wait_while_held(self) -> float:
        """Wait while the operator holds this agent up; give for how long, which no limit counts."""
        before = monotonic()
        await self.inbox.opened()
        held = monotonic() - before
        self.worked.leave_out(held)
        return held


def _answered(reply: Reply, turn: int) -> Answered:
    """Take a reply; of very many tool calls only the first are heard, since no limit is looked at between them."""
    calls, notes = reply.tool_calls, reply.notes
    if (more := len(calls) - _MOST_CALLS) > 0:
        calls, notes = calls[:_MOST_CALLS], (*notes, f"{more:,} more tool calls of this reply are passed over")
    return Answered(turn, reply.text, calls, reply.finish_reason, reply.usage, notes)


@dataclass(slots=True)
class _Patience:
    """How long and how often one request is made again.

    Parameters
    ----------
    limits
        What is allowed.
    deadline
        When it must be answered.
    place
        Its place at the gate; 0 while it has none.
    attempt
        How often it was made.
    """

    limits: Limits
    deadline: float
    place: int = 0
    attempt: int = 1

    def wait_seconds(self, busy: ModelBusy) -> float | None:
        """Give how long to wait after a passing trouble; None where it is no use.

        That is as long as the server says, else exponentially longer each time, with jitter, so that agents don't come
        back in step. Where there were too many requests, what is longer than the server says is the gate's.
        """
        limits = self.limits
        if busy.refusing_seconds is not None:
            refused_long = busy.refusing_seconds > limits.retries * limits.retry_most_seconds
            return None if refused_long else min(busy.retry_after_seconds or 0.0, limits.retry_most_seconds)
        if busy.retry_after_seconds is not None:
            wait = min(busy.retry_after_seconds, limits.retry_most_seconds)
        else:
            backoff = min(limits.retry_seconds * 2.0 ** (self.attempt - 1), limits.retry_most_seconds)
            wait = backoff * random.uniform(0.5, 1.0)  # noqa: S311  jitter, no secret
        return wait if self.attempt <= limits.retries and monotonic() + wait <= self.deadline else None
