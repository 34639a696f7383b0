"""What is done for one incident: an agent is sent, or sent on; or what is known already is taken."""

from __future__ import annotations

from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.agent.concealing import analysed
from logdebug.agent.limits import Budget
from logdebug.agent.loop import Agent
from logdebug.agent.reading import Reading
from logdebug.agent.sightings import Sightings
from logdebug.agent.steps import Concluded, Directed, Recalled
from logdebug.logs import load_signatures
from logdebug.records import Usage
from logdebug.redaction.redactor import Redactor
from logdebug.run.brief import identity_of
from logdebug.run.cache import Cache

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from logdebug.agent.inbox import Inbox
    from logdebug.agent.limits import Limits
    from logdebug.agent.models import Model
    from logdebug.agent.opening import OpenElsewhere
    from logdebug.agent.steps import Step
    from logdebug.logs.signatures import SignatureSet
    from logdebug.records import Diagnosis, Incident
    from logdebug.redaction.rules import Rule
    from logdebug.run.brief import Brief
    from logdebug.run.past import PastSession

__all__ = ["Errands"]

_NOTHING = Usage(cost_usd=0.0)


@dataclass(frozen=True, slots=True)
class Errands:
    """What the incidents of a run have in common.

    Parameters
    ----------
    model
        Whom to ask; None is the embedded analyst.
    signatures
        The failure signatures that logs are read with.
    limits, budget
        What one incident may cost, and all together.
    cache
        What is known from earlier runs.
    redaction
        The rules of what is hidden from the model; None: those that ship. With none at all nothing is hidden.
    open_elsewhere
        What may have conversations opened by another process.
    """

    model: Model | None
    signatures: SignatureSet
    limits: Limits
    budget: Budget
    cache: Cache
    redaction: tuple[Rule, ...] | None = None
    open_elsewhere: OpenElsewhere | None = None

    @classmethod
    def of(cls, brief: Brief, model: Model | None, cached: Path, redaction: tuple[Rule, ...] | None) -> Errands:
        """Give those of a run, from what it is about and where its cache is."""
        return cls(
            model,
            load_signatures(*map(Path, brief.signatures)),
            brief.limits,
            Budget(brief.run_limits),
            Cache(cached, brief.cache),
            redaction,
        )

    async def steps(
        self, incident: Incident, inbox: Inbox, past: PastSession | None, session: str, *, lift_limit: bool = False
    ) -> AsyncGenerator[Step]:
        """Take the steps for one incident; the last one is `Concluded`.

        Parameters
        ----------
        incident
            The incident.
        inbox
            Where the agent hears of its operator.
        past
            What an agent did for it before; None where it is new.
        session
            The session's name.
        lift_limit
            Whether a limit that the agent had reached before is one no more.

        Raises
        ------
        LogdebugError
            Where it can't be done.
        """
        redactor = Redactor(self.redaction)
        with closing(Reading.of(incident, signatures=self.signatures, redactor=redactor)) as reading:
            if self.model is None:
                diagnosis = await reading.off_loop(lambda: analysed(incident, reading))
                await inbox.opened()
                yield Concluded(diagnosis, "offline", diagnosis.usage)
                return
            agent = Agent(
                incident, reading, self.model, self.limits, inbox, self.budget, open_elsewhere=self.open_elsewhere
            )
            if past is not None and past.steps:
                reading.mark = past.mark or reading.mark
                past.remind(redactor)
                agent.said, agent.spent_seconds = past.conversation(lift_limit=lift_limit), past.seconds
            async with aclosing(self._remembered(agent, session)) as steps:
                async for step in steps:
                    yield step

    async def _remembered(self, agent: Agent, session: str) -> AsyncGenerator[Step]:
        """Let an agent work, unless it is known already what would come of it; keep what comes of it."""
        async with aclosing(agent.run()) as steps:
            if not agent.said.messages:
                yield await anext(steps)  # how it is opened; the key stands for that, too
            key = await self._key(agent)
            known = await self._known(key, agent) if key else None
            if known is not None:
                yield Recalled(known.recalled_from, known.usage)
                yield Concluded(replace(known, usage=_NOTHING), "recalled", _NOTHING)
                return
            async for step in steps:
                yield step
                if isinstance(step, Directed):
                    key = ""  # what its operator tells an agent is for this time
                elif isinstance(step, Concluded) and step.reason == "submitted" and key:
                    self.cache.keep(key, replace(step.diagnosis, session=session), agent.reading.seen.hashes)

    async def _key(self, agent: Agent) -> str:
        """Give what an incident is kept under; empty where that can't be told.

        It can't where the model doesn't say what it is, where the agent has gone on from its opening in an earlier
        process, which may have seen other files, and where its operator has told it something.
        """
        asked, said, reading = identity_of(agent.model), agent.said.messages, agent.reading
        if not asked or self.cache.mode == "off" or agent.inbox.has_directions:
            return ""
        if any(message.role not in {"system", "user"} for message in said) or agent.said.has_heard:
            return ""
        log_sha256 = await reading.off_loop(lambda: reading.log.sha256)
        return self.cache.key(
            said,
            reading.mark,
            log_sha256=log_sha256,
            asked=asked,
            limits=self.limits,
            signatures=self.signatures,
        )

    async def _known(self, key: str, agent: Agent) -> Diagnosis | None:
        """Give the diagnosis of a key, where all that its agent had seen is as it was."""
        kept, reading = self.cache.find(key), agent.reading
        if kept is None:
            return None
        if kept.seen and not await reading.off_loop(
            lambda: Sightings.again(kept.seen, reading.workspace), at_length=True
        ):
            return None
        return replace(
            kept.diagnosis,
            working_dir=str(agent.incident.working_dir),  # the same files may lie elsewhere by now
            session="",
            recalled_from=kept.diagnosis.session,
        )
