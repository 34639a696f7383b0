"""`replay`: ask another model, or with another prompt, over what a run's tools had given."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.agent.conversation import Conversation
from logdebug.agent.limits import Limits, RunLimits, check_payable
from logdebug.agent.loop import Agent
from logdebug.agent.messages import Message
from logdebug.agent.steps import Concluded, Prompted
from logdebug.errors import LogdebugError, SessionError, SettingsError
from logdebug.logs import load_signatures
from logdebug.records import Diagnosis, Failure, Incident, Usage
from logdebug.redaction.rules import rules_for
from logdebug.run.answering import Answering, read_again
from logdebug.run.brief import Brief, identity_of, model_of, sessions_below
from logdebug.run.failures import failure_of
from logdebug.run.replays import Replay, Replayed
from logdebug.run.resuming import PastRun, find_run
from logdebug.run.sessions import RunDirectory
from logdebug.settings import Settings

if TYPE_CHECKING:
    from logdebug.agent.models import Model
    from logdebug.logs.signatures import SignatureSet
    from logdebug.redaction.rules import Redact, Rule
    from logdebug.run.past import PastSession
    from logdebug.run.sessions import Session

__all__ = ["replay"]

_CONCURRENCY = 16


async def replay(
    run: str | Path,
    *,
    model: str | Model | None = None,
    prompt: str | None = None,
    limits: Limits | None = None,
    max_concurrency: int = _CONCURRENCY,
    sessions_dir: str | Path | None = None,
    redact: Redact = True,
) -> Replay:
    """Ask another model, or with another prompt, over what the tools of a recorded run had given.

    A tool call that was made then gets the result of then. Another one is carried out where the file that it reads is
    as it was, by hash; else the agent is told that it can't be answered. The new sessions are kept beside the others.

    Parameters
    ----------
    run
        The run, by its id or directory.
    model
        Whom to ask: a model's name or a `Model`; by default the one that was asked then.
    prompt
        The system prompt; by default the one of then.
    limits
        What one incident may cost; by default as then.
    max_concurrency
        How many agents work at the same time.
    sessions_dir
        Where runs are kept; by default where `investigate` keeps them.
    redact
        Whether secrets are hidden from the model, and files of rules of one's own, as for `investigate`.

    Returns
    -------
    Replay
        What changed and what it cost, per incident; `to_df()` has it as a frame.

    Raises
    ------
    SessionError
        Where there is no such run, or no model was asked in it.
    SettingsError
        Where the model can't be asked: it has no key, or is the embedded analyst.
    """
    settings = Settings.load()
    below = sessions_below(sessions_dir, settings)
    past = PastRun.read(find_run(run, below))
    asked, recorded = _askable(model_of(model, past, settings), past)
    incidents = tuple(each for each in past.incidents if isinstance(each, Incident))
    brief = Brief(incidents, limits or past.limits, RunLimits(), past.signatures, "off")
    check_payable(asked, brief.limits, brief.run_limits, None)
    about = {**brief.written(asked.name, identity_of(asked)), "replay_of": past.path.name}
    rules = rules_for(redact, settings.redaction)
    try:
        with RunDirectory(below, about) as directory:
            again = _Again(asked, prompt, brief.limits, load_signatures(*map(Path, past.signatures)), directory, rules)
            done = await again.ask_all(past, recorded, max_concurrency)
    finally:
        if model is None or isinstance(model, str):
            await asked.aclose()
    return Replay(past.path.name, past.model, asked.name, prompt is not None, done, directory.run_id)


def _askable(model: Model | None, past: PastRun) -> tuple[Model, dict[int, PastSession]]:
    """Give whom to ask, and the sessions in which a model was asked before, by index."""
    if model is None:
        raise SettingsError("the embedded analyst asks for no tools; use investigate(model='offline')", setting="model")
    recorded = {index: each for index, each in past.sessions.items() if each.opening}
    if not recorded:
        raise SessionError(f"no model was asked in {past.path.name}: nothing to ask again", path=past.path)
    return model, recorded


@dataclass(frozen=True, slots=True)
class _Again:
    """What the incidents that are gone through again have in common; see `replay`."""

    model: Model
    prompt: str | None
    limits: Limits
    signatures: SignatureSet
    directory: RunDirectory
    rules: tuple[Rule, ...]

    async def ask_all(self, past: PastRun, recorded: dict[int, PastSession], at_a_time: int) -> tuple[Replayed, ...]:
        """Go through these incidents again, so many at a time."""
        turns = asyncio.Semaphore(at_a_time)

        async def one(index: int, session: PastSession) -> Replayed:
            async with turns:
                return await self.ask(index, past, session)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(index, session)) for index, session in recorded.items()]
        return tuple(task.result() for task in tasks)

    async def ask(self, index: int, past: PastRun, session: PastSession) -> Replayed:
        """Go through one incident again; what goes wrong with it is its own."""
        service, incident = past.service(index), past.incidents[index]
        assert isinstance(incident, Incident), "only what could be investigated has a session"  # noqa: S101
        answering = Answering(session, log_is_same=False)
        spent = Usage(cost_usd=0.0)
        name = ""
        after: Diagnosis | Failure
        try:
            with self.directory.begin(index, service, {"incident": incident, "model": self.model.name}) as kept:
                name = kept.name
                with read_again(incident, session, self.signatures, self.rules) as (reading, answering.log_is_same):
                    reading.mark = session.mark or reading.mark
                    session.remind(reading.redactor)
                    agent = Agent(incident, reading, self.model, self.limits, use_tool=answering.use)
                    agent.said = self._opened(session)
                    try:
                        after = await _worked(agent, kept)
                    finally:
                        spent = replace(agent.said.usage, seconds=0.0)
        except LogdebugError as error:
            after = failure_of(error, service=service, session=name)
        return Replayed(
            service,
            session.diagnosis,
            after,
            session.usage,
            spent,
            answering.recorded,
            answering.carried_out,
            answering.unanswered,
            answering.log_is_same,
            name,
        )

    def _opened(self, session: PastSession) -> Conversation:
        """Give a conversation that was opened as then, with the new prompt where there is one."""
        said = Conversation()
        messages = session.opening
        if self.prompt is not None:
            messages = tuple(
                Message("system", self.prompt) if message.role == "system" else message for message in messages
            )
        said.take(Prompted(messages))
        return said


async def _worked(agent: Agent, kept: Session) -> Diagnosis:
    """Let an agent work, each step on disk before the next; give its diagnosis."""
    kept.append(Prompted(tuple(agent.said.messages)))
    async with aclosing(agent.run()) as steps:
        async for step in steps:
            kept.append(step)
            if isinstance(step, Concluded):
                return replace(step.diagnosis, session=kept.name)
    raise AssertionError("an agent ended without a conclusion or an error")
