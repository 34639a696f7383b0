"""The agent loop: one incident in, one diagnosis out.

Ask the model, do what it asks for, give it the results, until it submits a diagnosis that holds. Each step is yielded
before the next begins, so that whoever drives the loop can have it on disk first. The loop never prints, never reads
settings and never writes.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING

from logdebug.agent import prompts
from logdebug.agent.answers import answer_from
from logdebug.agent.findings import diagnosis_of
from logdebug.agent.inbox import Inbox
from logdebug.agent.messages import Message, Reply, Request
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
)
from logdebug.agent.tools import SUBMIT, run_tool, tool_specs
from logdebug.errors import AnswerError, ModelBusy, ModelError, NoAnswer
from logdebug.records import Usage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from logdebug.agent.messages import ToolCall
    from logdebug.agent.models import Model
    from logdebug.agent.reading import Reading
    from logdebug.records import Diagnosis, Incident

__all__ = ["Agent", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one incident may cost.

    Parameters
    ----------
    turns
        Replies of the model, the last ones for its best answer not counted.
    tokens
        Tokens sent and received.
    seconds
        Wall time.
    rejections
        How often an answer that does not hold goes back to the model.
    retries
        How often one request is made again after a passing trouble.
    retry_seconds
        The first wait before that; it doubles each time, up to `retry_most_seconds`. A server that says how long to
        wait is believed up to that as well.
    overview_tokens
        How long the overview in the first message may be.
    """

    turns: int = 20
    tokens: int = 300_000
    seconds: float = 900.0
    rejections: int = 3
    retries: int = 6
    retry_seconds: float = 0.5
    retry_most_seconds: float = 60.0
    overview_tokens: int = 2_000


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
    """

    incident: Incident
    reading: Reading
    model: Model
    limits: Limits = field(default_factory=Limits)
    inbox: Inbox = field(default_factory=Inbox)

    _messages: list[Message] = field(default_factory=list, init=False)
    _usage: Usage = field(default_factory=lambda: Usage(cost_usd=0.0), init=False)
    _began: float = field(default_factory=monotonic, init=False)
    _rejections: int = field(default=0, init=False)
    _best: Diagnosis | None = field(default=None, init=False)

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
        self._messages += await self.reading.off_loop(self._open)
        yield Prompted(tuple(self._messages))
        reason: EndReason | None = None
        while reason is None:
            reply = None
            async for step in self._ask():
                yield step
                reply = step if isinstance(step, Answered) else None
            if reply is not None:
                async for step in self._act(reply):
                    yield step
                    if isinstance(step, Concluded):
                        return
            reason = self._limit()
        yield LimitReached(reason)
        async for step in self._best_answer(reason):
            yield step

    def _open(self) -> tuple[Message, Message]:
        hypothesis = diagnose(self.incident, self.reading.log)
        return prompts.opening(self.incident, self.reading, hypothesis, budget_tokens=self.limits.overview_tokens)

    async def _ask(self, *, must_submit: bool = False, seconds: float | None = None) -> AsyncGenerator[Step]:
        """Ask the model once, again after passing troubles; the last step is its `Answered`, unless time ran out."""
        await self._wait_while_held()
        for said in self.inbox.take():
            message = Message("user", prompts.direction(said))
            self._messages.append(message)
            yield Directed(said, message)
        turn = self._usage.turns + 1
        yield Asked(turn)
        left = seconds if seconds is not None else self.limits.seconds - (monotonic() - self._began)
        deadline = monotonic() + max(left, 0.0)
        for attempt in range(1, self.limits.retries + 2):
            request = Request(
                tuple(self._messages),
                tool_specs()[-1:] if must_submit else tool_specs(),
                must_call=SUBMIT if must_submit else "",
                service=self.incident.service,
                timeout_seconds=min(300.0, max(1.0, deadline - monotonic())),
            )
            try:
                async with asyncio.timeout(deadline - monotonic()):
                    reply = await self.model.ask(request)
            except TimeoutError:
                return
            except ModelBusy as busy:
                wait = self._wait_seconds(attempt, busy)
                if attempt > self.limits.retries or monotonic() + wait > deadline:
                    raise
                yield Retried(str(busy), attempt, wait)
                await asyncio.sleep(wait)
                deadline += await self._wait_while_held()
                continue
            yield self._hear(reply, turn)
            return

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

    def _hear(self, reply: Reply, turn: int) -> Answered:
        """Take a reply into the conversation."""
        self._usage += replace(reply.usage, turns=1)
        self._messages.append(Message("assistant", reply.text, reply.tool_calls))
        return Answered(turn, reply.text, reply.tool_calls, reply.finish_reason, reply.usage, reply.notes)

    async def _act(self, reply: Answered, reason: EndReason = "submitted") -> AsyncGenerator[Step]:
        """Do what a reply asks for: take its diagnosis, or say what is wrong with it, and use its tools."""
        submitted = next((call.arguments for call in reply.tool_calls if call.name == SUBMIT), None)
        words = submitted if reply.tool_calls else reply.text
        refusal = ""
        if words is not None:
            outcome = await self._judge(words, reply)
            if not isinstance(outcome, str) and reason == "submitted" and self.inbox.has_directions:
                self._best, outcome = outcome, prompts.HEAR_FIRST
            if not isinstance(outcome, str):
                yield self._conclude(outcome, reason)
                return
            yield Rejected(outcome)
            refusal = outcome
        if reply.tool_calls:
            for step in await self._use_tools(reply.tool_calls, refusal=refusal):
                yield step
        else:
            self._messages.append(Message("user", refusal))

    async def _judge(self, words: str, reply: Answered) -> Diagnosis | str:
        """Give the diagnosis in a model's words, or what to tell the model about them."""
        try:
            answer = answer_from(words)
        except AnswerError as error:
            self._rejections += 1
            if reply.finish_reason == "length":
                return prompts.CUT_SHORT
            return str(error) if reply.tool_calls or "{" in words else prompts.NO_ANSWER_YET
        if reply.finish_reason == "length" and not reply.tool_calls:
            # What is whole in a text that was cut off is a draft or an example, and not the answer that was cut.
            self._rejections += 1
            return prompts.CUT_SHORT
        diagnosis = await self.reading.off_loop(
            lambda: diagnosis_of(answer, self.incident, self.reading),
            elsewhere=any(quote.file for quote in answer.evidence),
        )
        if diagnosis.status == answer.status:
            return diagnosis
        self._best = diagnosis
        self._rejections += 1
        return prompts.UNGROUNDED

    async def _use_tools(self, calls: tuple[ToolCall, ...], *, refusal: str) -> list[Step]:
        """Carry out the tool calls of one turn together and put their results into the conversation."""
        used = await asyncio.gather(*(self._use_tool(call, refusal=refusal) for call in calls))
        self._messages += [Message("tool", step.result, call_id=step.call.id) for step in used]
        return list(used)

    async def _use_tool(self, call: ToolCall, *, refusal: str) -> ToolUsed:
        began = monotonic()
        if call.name == SUBMIT:
            return ToolUsed(call, refusal, failed=True)
        result, failed = await self.reading.off_loop(
            lambda: run_tool(call, self.reading), elsewhere='"file"' in call.arguments
        )
        return ToolUsed(call, result, failed, monotonic() - began)

    def _limit(self) -> EndReason | None:
        """Tell which limit is reached, if any."""
        if self._rejections > self.limits.rejections:
            return "too_many_rejections"
        if self._usage.turns >= self.limits.turns:
            return "turn_limit"
        if self._usage.tokens >= self.limits.tokens:
            return "token_limit"
        if monotonic() - self._began >= self.limits.seconds:
            return "time_limit"
        return None

    async def _best_answer(self, reason: EndReason) -> AsyncGenerator[Step]:
        """Ask for the best answer so far, twice at the most; an earlier one that only lacked evidence serves too."""
        message = Message("user", prompts.at_limit(reason.replace("_", " ")))
        self._messages.append(message)
        yield Prompted((message,))
        for _ in range(2 if self._best is None else 1):
            try:
                async for step in self._ask(must_submit=True, seconds=max(60.0, self.limits.seconds / 10)):
                    yield step
                    if isinstance(step, Answered):
                        async for outcome in self._act(step, reason):
                            yield outcome
                            if isinstance(outcome, Concluded):
                                return
            except ModelError:
                if self._best is None:
                    raise
        if self._best is None:
            raise NoAnswer(
                f"the model {self.model.name!r} gave no diagnosis that holds within its limits ({reason}); "
                "raise the limits or try another model"
            )
        yield self._conclude(self._best, reason)

    def _conclude(self, diagnosis: Diagnosis, reason: EndReason) -> Concluded:
        usage = replace(self._usage, seconds=round(monotonic() - self._began, 3))
        return Concluded(replace(diagnosis, usage=usage), reason, usage)
