"""The agent loop: one incident in, one diagnosis out.

Ask the model, do what it asks for, give it the results, until it submits a diagnosis that holds. Each step is yielded
before the next begins, so that whoever drives the loop can have it on disk first. The loop never prints, never reads
settings and never writes.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING

from logdebug.agent import prompts
from logdebug.agent.answers import answer_from
from logdebug.agent.conversation import Conversation
from logdebug.agent.findings import diagnosis_of
from logdebug.agent.inbox import Inbox
from logdebug.agent.limits import Budget, Limits
from logdebug.agent.messages import Message, Request
from logdebug.agent.offline import diagnose
from logdebug.agent.steps import (
    Answered,
    Asked,
    Concluded,
    Directed,
    EndReason,
    LimitReached,
    Prompted,
    Rejected,
    Retried,
    Step,
    ToolUsed,
    Warned,
)
from logdebug.agent.tools import SUBMIT, run_tool, tool_specs
from logdebug.errors import AnswerError, ModelBusy, ModelError, NoAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from logdebug.agent.messages import ToolCall
    from logdebug.agent.models import Model
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
    """

    incident: Incident
    reading: Reading
    model: Model
    limits: Limits = field(default_factory=Limits)
    inbox: Inbox = field(default_factory=Inbox)
    budget: Budget = field(default_factory=Budget)
    said: Conversation = field(default_factory=Conversation)
    spent_seconds: float = 0.0

    _began: float = field(default=0.0, init=False)

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
        self._began = monotonic() - self.spent_seconds
        async with aclosing(self._steps()) as steps:
            async for step in steps:
                self.said.take(step)  # before it is told: where the agent stands is never behind the trace
                yield step

    async def _steps(self) -> AsyncGenerator[Step]:
        said = self.said
        if not said.messages:
            yield Prompted(await self.reading.off_loop(self._open))
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
        async for step in self._ask():
            yield step
        if said.open_reply is not None:
            async for step in self._act(said.open_reply):
                yield step

    def _open(self) -> tuple[Message, Message]:
        hypothesis = diagnose(self.incident, self.reading.log)
        return prompts.opening(self.incident, self.reading, hypothesis, budget_tokens=self.limits.overview_tokens)

    async def _ask(self, *, must_submit: bool = False, seconds: float | None = None) -> AsyncGenerator[Step]:
        """Ask the model once, again after passing troubles; the last step is its `Answered`, unless time ran out."""
        await self._wait_while_held()
        for direction in self.inbox.take():
            yield Directed(direction, Message("user", prompts.direction(direction)))
        yield Asked(self.said.usage.turns + 1)
        deadline = monotonic() + (seconds if seconds is not None else max(self.limits.seconds - self._seconds, 0.0))
        attempt = 1
        while True:
            try:
                async with asyncio.timeout(deadline - monotonic()):
                    reply = await self.model.ask(self._request(deadline, must_submit=must_submit))
            except TimeoutError:
                return
            except ModelBusy as busy:
                wait = self._wait_seconds(attempt, busy)
                if attempt > self.limits.retries or monotonic() + wait > deadline:
                    raise
                yield Retried(str(busy), attempt, wait)
                attempt += 1
                await asyncio.sleep(wait)
                deadline += await self._wait_while_held()
            else:
                turn = self.said.usage.turns + 1
                yield Answered(turn, reply.text, reply.tool_calls, reply.finish_reason, reply.usage, reply.notes)
                return

    def _request(self, deadline: float, *, must_submit: bool) -> Request:
        return Request(
            tuple(self.said.messages),
            tool_specs()[-1:] if must_submit else tool_specs(),
            must_call=SUBMIT if must_submit else "",
            service=self.incident.service,
            timeout_seconds=min(300.0, max(1.0, deadline - monotonic())),
        )

    @property
    def _seconds(self) -> float:
        """For how long the agent has worked."""
        return monotonic() - self._began

    async def _wait_while_held(self) -> float:
        """Wait while the operator holds this agent up; give for how long, which no limit counts."""
        before = monotonic()
        await self.inbox.opened()
        held = monotonic() - before
        self._began += held
        return held

    def _wait_seconds(self, attempt: int, busy: ModelBusy) -> float:
        """Wait as long as the server says, else exponentially with jitter, so that agents don't come back in step."""
        if busy.retry_after_seconds is not None:
            return min(busy.retry_after_seconds, self.limits.retry_most_seconds)
        backoff = min(self.limits.retry_seconds * 2.0 ** (attempt - 1), self.limits.retry_most_seconds)
        return backoff * random.uniform(0.5, 1.0)  # noqa: S311  jitter, no secret

    async def _act(self, reply: Answered) -> AsyncGenerator[Step]:
        """Do what a reply asks for: take its diagnosis, or say what is wrong with it, and use its tools."""
        submitted = next((call.arguments for call in reply.tool_calls if call.name == SUBMIT), None)
        words = submitted if reply.tool_calls else reply.text
        if words is not None and not self.said.refusal:
            outcome = await self._judge(words, reply)
            if isinstance(outcome, Rejected):
                yield outcome
            elif self.said.limit is None and self.inbox.has_directions:
                yield Rejected(prompts.HEAR_FIRST, outcome, counts=False)
            else:
                yield self._conclude(outcome)
                return
        for step in await self._use_tools(self.said.open_calls):
            yield step

    async def _judge(self, words: str, reply: Answered) -> Diagnosis | Rejected:
        """Give the diagnosis in a model's words, or what to tell the model about them."""
        try:
            answer = answer_from(words)
        except AnswerError as error:
            if reply.finish_reason == "length":
                return Rejected(prompts.CUT_SHORT)
            return Rejected(str(error) if reply.tool_calls or "{" in words else prompts.NO_ANSWER_YET)
        if reply.finish_reason == "length" and not reply.tool_calls:
            # What is whole in a text that was cut off is a draft or an example, and not the answer that was cut.
            return Rejected(prompts.CUT_SHORT)
        diagnosis = await self.reading.off_loop(
            lambda: diagnosis_of(answer, self.incident, self.reading),
            elsewhere=any(quote.file for quote in answer.evidence),
        )
        return diagnosis if diagnosis.status == answer.status else Rejected(prompts.UNGROUNDED, diagnosis)

    async def _use_tools(self, calls: tuple[ToolCall, ...]) -> list[ToolUsed]:
        """Carry out tool calls of one turn together."""
        return await asyncio.gather(*map(self._use_tool, calls))

    async def _use_tool(self, call: ToolCall) -> ToolUsed:
        began = monotonic()
        if call.name == SUBMIT:
            return ToolUsed(call, self.said.refusal, failed=True)
        result, failed = await self.reading.off_loop(
            lambda: run_tool(call, self.reading), elsewhere='"file"' in call.arguments
        )
        return ToolUsed(call, result, failed, monotonic() - began)

    def _limit(self) -> EndReason | None:
        """Tell which limit is reached, if any."""
        if self.said.rejections > self.limits.rejections:
            return "too_many_rejections"
        share, reason = self.limits.nearest(self.said.usage, self._seconds)
        if share >= 1:
            return reason
        return "run_limit" if self.budget.share >= 1 else None

    def _spent_share(self) -> float:
        return max(self.limits.nearest(self.said.usage, self._seconds)[0], self.budget.share)

    async def _best_answer(self) -> AsyncGenerator[Step]:
        """Ask for the best answer so far, twice at the most; an earlier one that only lacked evidence serves too."""
        said = self.said
        reason = said.limit or "turn_limit"
        if not said.asked_for_best:
            yield Prompted((Message("user", prompts.at_limit(reason.replace("_", " "))),))
        for _ in range(2 if said.best is None else 1):
            try:
                async for step in self._ask(must_submit=True, seconds=max(60.0, self.limits.seconds / 10)):
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
        usage = replace(self.said.usage, seconds=round(self._seconds, 3))
        return Concluded(replace(diagnosis, usage=usage), self.said.limit or "submitted", usage)
