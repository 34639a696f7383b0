"""Working out what a run would cost and send, before anything is spent or sent."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.agent import prompts
from logdebug.agent.choice import chosen_model
from logdebug.agent.concealing import analysed
from logdebug.agent.limits import Limits
from logdebug.agent.messages import Request
from logdebug.agent.reading import Reading
from logdebug.agent.tools import tool_specs
from logdebug.errors import IncidentError, LogdebugError
from logdebug.incidents import check_incidents, service_of
from logdebug.logs import load_signatures
from logdebug.redaction.redactor import Redactor
from logdebug.redaction.rules import rules_for
from logdebug.run.estimate import Estimate, IncidentEstimate
from logdebug.run.habits import habits_of
from logdebug.run.projection import ASSUMED, least, most, typical
from logdebug.settings import OFFLINE, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from logdebug.agent.models import Model
    from logdebug.records import Diagnosis, Incident, Usage
    from logdebug.redaction.rules import Redact
    from logdebug.run.projection import Habits

__all__ = ["Estimator", "estimate"]

_MOST_PRICES = 10_000


def estimate(
    incidents: Iterable[Incident | Sequence[object] | str],
    *,
    model: str | Model | None = None,
    limits: Limits | None = None,
    signatures: Iterable[str | Path] | None = None,
    sessions_dir: str | Path | None = None,
    redact: Redact = True,
) -> Estimate:
    """Say what `investigate` would cost and send, before anything is spent or sent; needs no key and no network.

    Parameters
    ----------
    incidents, model, limits, signatures, redact
        As for `investigate`.
    sessions_dir
        Where past sessions are kept, by which the typical figures go; as for `investigate`.

    Returns
    -------
    Estimate
        Per incident: the log's size, the exact first request, and tokens and price from the least (one turn) to what
        the limits let happen, with a typical figure between. It renders as a table; `.to_df()` has one row each.

    Raises
    ------
    IncidentError
        Where there is no incident that can be investigated; one bad one among good ones has its `problem` instead.
    """
    checked = check_incidents(incidents)
    settings = Settings.load()
    estimator = Estimator.of(model, limits or Limits(), settings, sessions_dir)
    rules = rules_for(redact, settings.redaction)
    known = load_signatures(*(map(Path, settings.signatures if signatures is None else signatures)))

    def told(incident: Incident | IncidentError) -> IncidentEstimate:
        if isinstance(incident, IncidentError):
            return IncidentEstimate(service_of(incident), "", "", problem=str(incident))
        try:
            with closing(Reading.of(incident, signatures=known, redactor=Redactor(rules))) as reading:
                return estimator.tell(incident, reading, None)
        except LogdebugError as error:
            return IncidentEstimate(incident.service, str(incident.working_dir), incident.log_file, problem=str(error))

    return Estimate(estimator.name, tuple(map(told, checked)), estimator.habits.basis)


@dataclass(frozen=True, slots=True)
class Estimator:
    """What the estimates of a run have in common.

    Parameters
    ----------
    model
        Who would be asked; None for the embedded analyst.
    limits
        What one incident may cost.
    habits
        What sessions of the model are like.
    charge
        Puts its price to a usage; None where it isn't known.
    """

    model: Model | None
    limits: Limits
    habits: Habits
    charge: Callable[[Usage], Usage]

    @classmethod
    def of(
        cls, model: str | Model | None, limits: Limits, settings: Settings, sessions_dir: str | Path | None
    ) -> Estimator:
        """Find the model that a run would ask, what it costs, and what its sessions are like."""
        asked = chosen_model(model, settings, needs_key=False)
        if asked is None:
            return cls(None, limits, ASSUMED, lambda usage: usage)
        below = Path(sessions_dir).expanduser() if sessions_dir is not None else settings.sessions_dir
        charge = lru_cache(_MOST_PRICES)(getattr(asked, "charge", _unpriced))  # a price takes longer than all else here
        return cls(asked, limits, habits_of(asked.name, below), charge)

    @property
    def name(self) -> str:
        """The model that would be asked, or `offline`."""
        return OFFLINE if self.model is None else self.model.name

    def tell(self, incident: Incident, reading: Reading, hypothesis: Diagnosis | None) -> IncidentEstimate:
        """Say what an incident would cost and send.

        Parameters
        ----------
        incident
            The incident.
        reading
            Its directory and log, open.
        hypothesis
            What the embedded analyst makes of it; None where that isn't known yet.
        """
        about = IncidentEstimate(
            incident.service, str(incident.working_dir), incident.log_file, reading.log.stored_bytes
        )
        if self.model is None:
            return about
        said = prompts.opening(
            incident,
            reading,
            hypothesis or analysed(incident, reading),
            budget_tokens=self.limits.overview_tokens,
        )
        request = _written(self.model, Request(said, tool_specs(), service=incident.service))
        tokens = round(len(request) / self.habits.bytes_per_token)
        return replace(
            about,
            first_request=request,
            redactions=len(reading.redactor) if reading.redactor.is_on else None,
            least=least(tokens, self.charge),
            typical=typical(tokens, self.habits, self.limits, self.charge),
            most=most(tokens, self.habits, self.limits, self.charge),
        )


def _written(model: Model, request: Request) -> bytes:
    """Write a request as the model would; one that doesn't say how it does, as OpenAI's are written."""
    written = getattr(model, "written", None)
    if written is None:
        from logdebug.agent.models import OpenAIModel

        written = OpenAIModel(model.name, api_key="none").written
    return bytes(written(request))


def _unpriced(usage: Usage) -> Usage:
    """Leave a usage without its cost: a model of one's own may cost anything."""
    return replace(usage, cost_usd=None)
