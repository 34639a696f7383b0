"""What is done for one incident: an agent is sent, or sent on; or what is known already is taken."""

from __future__ import annotations

from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logdebug.agent.loop import Agent
from logdebug.agent.offline import diagnose
from logdebug.agent.reading import Reading
from logdebug.agent.steps import Concluded, Directed, Prompted, Recalled
from logdebug.records import Usage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from logdebug.agent.inbox import Inbox
    from logdebug.agent.limits import Budget, Limits
    from logdebug.agent.models import Model
    from logdebug.agent.steps import Step
    from logdebug.logs.signatures import SignatureSet
    from logdebug.records import Incident
    from logdebug.run.cache import Cache
    from logdebug.run.resuming import PastSession

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
    """

    model: Model | None
    signatures: SignatureSet
    limits: Limits
    budget: Budget
    cache: Cache

    async def steps(
        self, incident: Incident, inbox: Inbox, past: PastSession | None, session: str
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

        Raises
        ------
        LogdebugError
            Where it can't be done.
        """
        with closing(Reading.of(incident, signatures=self.signatures)) as reading:
            if self.model is None:
                diagnosis = await reading.off_loop(lambda: diagnose(incident, reading.log))
                await inbox.opened()
                yield Concluded(diagnosis, "offline", diagnosis.usage)
                return
            agent = Agent(incident, reading, self.model, self.limits, inbox, self.budget)
            if past is not None and past.steps:
                reading.mark = past.mark or reading.mark
                agent.said, agent.spent_seconds = past.conversation(), past.seconds
            async with aclosing(self._remembered(agent, session)) as steps:
                async for step in steps:
                    yield step

    async def _remembered(self, agent: Agent, session: str) -> AsyncGenerator[Step]:
        """Let an agent work, unless it is known already what would come of it; keep what comes of it."""
        key = ""
        async with aclosing(agent.run()) as steps:
            async for step in steps:
                if isinstance(step, Concluded) and step.reason == "submitted" and key:
                    # Before it is told: whoever drives this stops at the last step, and doesn't come back.
                    self.cache.keep(key, replace(step.diagnosis, session=session))
                yield step
                if isinstance(step, Prompted) and agent.said.messages == list(step.messages):
                    key = self._key(agent)
                    known = self.cache.find(key) if key else None
                    if known is not None:
                        yield Recalled(known.session, known.usage)
                        yield Concluded(replace(known, usage=_NOTHING), "recalled", _NOTHING)
                        return
                elif isinstance(step, Directed):
                    key = ""  # what its operator tells an agent is for this time

    def _key(self, agent: Agent) -> str:
        """Give what an incident is kept under; empty where the model doesn't say what it is."""
        asked = getattr(agent.model, "identity", "")
        reading = agent.reading
        return (
            self.cache.key(agent.said.messages, reading.mark, reading.log.sha256, asked, self.limits) if asked else ""
        )
