"""The agent loop: one incident in, one diagnosis out.

Ask the model, do what it asks for, give it the results, until it submits a diagnosis that holds. Each step is yielded
before the next begins, so that whoever drives the loop can have it on disk first. The loop never prints, never reads
settings and never writes.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING

from logdebug.agent import prompts
from logdebug.agent.asking import Asker
from logdebug.agent.conversation import Conversation
from logdebug.agent.inbox import Inbox
from logdebug.agent.judging import judge, words_of
from logdebug.agent.limits import Budget, Limits, Stopwatch
from logdebug.agent.messages import Message
from logdebug.agent.opening import open_conversation
from logdebug.agent.steps import (
    Answered,
    Concluded,
    EndReason,
    LimitReached,
    Prompted,
    Redacted,
    Rejected,
    Step,
    ToolUsed,
    Warned,
)
from logdebug.agent.suspicion import suspicions_told
from logdebug.agent.tools import SUBMIT, run_tool, takes_long
from logdebug.errors import ModelError, NoAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from logdebug.agent.messages import ToolCall
    from logdebug.agent.models import Model
    from logdebug.agent.opening import OpenElsewhere
    from logdebug.agent.reading import Reading
    from logdebug.records import Diagnosis, Incident

__all__ = ["Agent", "Limits"]

_WARNED_AT = 0.7
"""From this share of a limit on, the agent knows that it comes near."""


@dataclass(slots=True)
class Agent:
    """One agent on one incident.

    Parameters
    ----------
    incident
        What to investigate.
    reading
        Its directory and log, open.
    model
        Whom to ask.
    limits
        What it may cost; the time for which it is held up counts for nothing.
    inbox
        Where its operator holds it up, and directs it.
    budget
        What the run as a whole has spent of what it may.
    said
        Where it stands: that of a session which is gone on with, or a new one.
    spent_seconds
        For how long it worked before.
    use_tool
        What carries out its tool calls.
    open_elsewhere
        What may have the conversation opened by another process.
    """

    incident: Incident
    reading: Reading
    model: Model
    limits: Limits = field(default_factory=Limits)
    inbox: Inbox = field(default_factory=Inbox)
    budget: Budget = field(default_factory=Budget)
    said: Conversation = field(default_factory=Conversation)
    spent_seconds: float = 0.0
    use_tool: Callable[[ToolCall, Reading], tuple[str, bool]] = run_tool
    open_elsewhere: OpenElsewhere | None = None

    _told_redacted: int = field(init=False, default=0)
    _worked: Stopwatch = field(init=False)
    _asker: Asker = field(init=False)

    async def run(self) -> AsyncGenerator[Step]:
        """Investigate, one step at a time; the last step is `Concluded`.

        Raises
        ------
        ModelError
            Where the model can't be asked, also after retrying.
        NoAnswer
            Where it never gave a diagnosis.
        LogError
            Where the log can't be read.
        """
        self._worked = Stopwatch(self.spent_seconds)
        self._asker = Asker(
            self.model, self.incident.service, self.said, self.limits, self.inbox, self._worked, self.reading.redactor
        )
        self._told_redacted = len(self.reading.redactor.digests)
        async with aclosing(self._steps()) as steps:
            async for step in steps:
                if (redacted := self._redacted()) is not None:
                    yield redacted  # first: whoever goes on from the trace must know what stands in the next step
                self.said.take(step)  # before it is told: where the agent stands is never behind the trace
                yield step

    def _redacted(self) -> Redacted | None:
        """Give what secrets were met since this was last asked; None where none were, or it is known already."""
        redactor = self.reading.redactor
        if not redactor.is_on:
            off = None if self._told_redacted else Redacted("")
            self._told_redacted = 1
            return off
        found = tuple(redactor.digests.items())[self._told_redacted :]
        self._told_redacted += len(found)
        return Redacted(redactor.key, found) if found else None

    async def _steps(self) -> AsyncGenerator[Step]:
        said = self.said
        if not said.messages:
            yield Prompted(await self._opening())
        if said.open_reply is not None:  # what a session that is gone on with had not done yet
            async for step in self._act(said.open_reply):
                yield step
        while said.conclusion is None and said.limit is None:
            reached = self._limit()
            if reached is not None:
                yield LimitReached(reached)
                break
            async for step in self._turn():
                yield step
        if said.conclusion is None:
            async for step in self._best_answer():
                yield step

    async def _turn(self) -> AsyncGenerator[Step]:
        """Tell the model what there is to tell, ask it, and do what it asks for."""
        said = self.said
        if not said.warned and self._spent_share() >= _WARNED_AT:
            yield Warned(Message("user", prompts.NEARLY_SPENT))
        async for step in self._asker.ask():
            yield step
        if said.open_reply is not None:
            async for step in self._act(said.open_reply):
                yield step

    async def _opening(self) -> tuple[Message, Message]:
        incident, reading = self.incident, self.reading
        opening = await self.open_elsewhere(incident) if self.open_elsewhere is not None else None
        messages = opening.taken_by(reading) if opening is not None else None
        if messages is not None:
            return messages
        tokens = self.limits.overview_tokens
        return await reading.off_loop(lambda: open_conversation(incident, reading, overview_tokens=tokens))

    async def _act(self, reply: Answered) -> AsyncGenerator[Step]:
        """Do what a reply asks for: take its diagnosis, or say what is wrong with it, and use its tools."""
        words = words_of(reply)
        if words is not None and not self.said.refusal:
            outcome = await judge(words, reply, self.incident, self.reading)
            if isinstance(outcome, Rejected):
                yield outcome
            elif self.said.limit is None and self.inbox.has_directions:
                yield Rejected(prompts.HEAR_FIRST, outcome, counts=False)
            else:
                yield self._conclude(outcome)
                return
        for step in await self._use_tools(self.said.open_calls):
            yield step

    async def _use_tools(self, calls: tuple[ToolCall, ...]) -> list[ToolUsed]:
        """Carry out tool calls of one turn together."""
        return await asyncio.gather(*map(self._use_tool, calls))

    async def _use_tool(self, call: ToolCall) -> ToolUsed:
        began = monotonic()
        if call.name == SUBMIT:
            return ToolUsed(call, self.said.refusal, failed=True)
        result, failed = await self.reading.off_loop(
            lambda: self.use_tool(call, self.reading), at_length=takes_long(call)
        )
        return ToolUsed(call, result, failed, monotonic() - began, dict(self.reading.seen.hashes))

    def _limit(self) -> EndReason | None:
        """Tell which limit is reached, if any."""
        if self.said.rejections > self.limits.rejections:
            return "too_many_rejections"
        share, reason = self.limits.nearest(self.said.usage, self._worked.seconds)
        if share >= 1:
            return reason
        return "run_limit" if self.budget.share >= 1 else None

    def _spent_share(self) -> float:
        return max(self.limits.nearest(self.said.usage, self._worked.seconds)[0], self.budget.share)

    async def _best_answer(self) -> AsyncGenerator[Step]:
        """Ask for the best answer so far, twice at the most; an earlier one that only lacked evidence serves too."""
        said = self.said
        reason = said.limit or "turn_limit"
        if not said.asked_for_best:
            yield Prompted((Message("user", prompts.at_limit(reason.replace("_", " "))),))
        for _ in range(said.best_replies):
            try:
                async for step in self._asker.ask(must_submit=True, seconds=max(60.0, self.limits.seconds / 10)):
                    yield step
            except ModelError:
                if said.best is None:
                    raise
            if said.open_reply is not None:
                async for step in self._act(said.open_reply):
                    yield step
            if said.conclusion is not None:
                return
        if said.best is None:
            raise NoAnswer(
                f"the model {self.model.name!r} gave no diagnosis that holds within its limits ({reason}); "
                "raise the limits or try another model"
            )
        yield self._conclude(said.best)

    def _conclude(self, diagnosis: Diagnosis) -> Concluded:
        usage = replace(self.said.usage, seconds=round(self._worked.seconds, 3))
        suspicions = suspicions_told(self.said.messages, self.reading.mark)
        return Concluded(replace(diagnosis, usage=usage, suspicions=suspicions), self.said.limit or "submitted", usage)
