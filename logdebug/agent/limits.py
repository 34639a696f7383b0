"""What may be spent: by one agent, and by all agents of a run together."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from logdebug.errors import SettingsError
from logdebug.records import Usage

if TYPE_CHECKING:
    from logdebug.agent.models import Model
    from logdebug.agent.steps import EndReason

__all__ = ["Budget", "Limits", "RunLimits", "Stopwatch", "check_payable"]


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
        Wall time, without the wait for its turn where the server allows no more requests at a time.
    usd
        US dollars; None for any. Needs a model whose price is known.
    rejections
        How often an answer that does not hold goes back to the model.
    retries
        How often one request is made again after a passing trouble. Where the server says that there are too many
        requests (429), it waits for its turn instead, which counts for none of these limits, and gives up when the
        server has refused all for `retries` times `retry_most_seconds`.
    retry_seconds
        The first wait before that; it doubles each time, up to `retry_most_seconds`. A server that says how long to
        wait is believed up to that as well.
    reply_seconds
        How long one reply may take; after that the model is asked again.
    overview_tokens
        How long the overview in the first message may be.
    """

    turns: int = 20
    tokens: int = 300_000
    seconds: float = 900.0
    usd: float | None = None
    rejections: int = 3
    retries: int = 6
    retry_seconds: float = 0.5
    retry_most_seconds: float = 60.0
    reply_seconds: float = 300.0
    overview_tokens: int = 2_000

    def __post_init__(self) -> None:
        """Refuse a limit that nothing could keep."""
        _check_positive(self, "an incident")

    def nearest(self, usage: Usage, seconds: float) -> tuple[float, EndReason]:
        """Give the limit that is nearest to being reached, and which share of it is spent (1 and more: it is reached).

        Parameters
        ----------
        usage
            What was spent so far.
        seconds
            For how long the agent has worked.
        """
        shares: dict[EndReason, float] = {
            "turn_limit": usage.turns / self.turns,
            "token_limit": usage.tokens / self.tokens,
            "time_limit": seconds / self.seconds,
            "cost_limit": _share(usage.cost_usd, self.usd),
        }
        reason = max(shares, key=lambda each: shares[each])
        return shares[reason], reason


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What a whole run may cost; None for any.

    At a limit each agent is asked for its best answer, and no incident is begun any more.

    Parameters
    ----------
    turns
        Replies of the model.
    tokens
        Tokens sent and received.
    seconds
        Wall time.
    usd
        US dollars. Needs a model whose price is known.
    """

    turns: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    usd: float | None = None

    def __post_init__(self) -> None:
        """Refuse a limit that nothing could keep."""
        _check_positive(self, "a run")


@dataclass(slots=True)
class Budget:
    """What a run has spent of what it may, all its agents together.

    Parameters
    ----------
    limits
        What it may spend.
    """

    limits: RunLimits = field(default_factory=RunLimits)
    spent: Usage = field(default_factory=lambda: Usage(cost_usd=0.0))
    began: float = field(default_factory=monotonic)

    def spend(self, usage: Usage) -> None:
        """Take note of what one reply cost."""
        self.spent += usage

    @property
    def share(self) -> float:
        """Which share of the nearest limit is spent; 1 and more: it is reached."""
        limits, spent = self.limits, self.spent
        return max(
            _share(spent.turns, limits.turns),
            _share(spent.tokens, limits.tokens),
            _share(monotonic() - self.began, limits.seconds),
            _share(spent.cost_usd, limits.usd),
        )


class Stopwatch:
    """For how long an agent has worked, by a clock that nobody sets.

    Parameters
    ----------
    seconds
        For how long it worked before.
    """

    __slots__ = ("_began",)

    def __init__(self, seconds: float = 0.0) -> None:
        self._began = monotonic() - seconds

    @property
    def seconds(self) -> float:
        """For how long it has worked."""
        return monotonic() - self._began

    def leave_out(self, seconds: float) -> None:
        """Leave out a time that was no work: the agent was held up."""
        self._began += seconds


def check_payable(model: Model | None, limits: Limits, run_limits: RunLimits, spent: Usage | None = None) -> None:
    """Refuse limits in dollars where nobody could tell that they are reached, before anything is spent.

    Parameters
    ----------
    model
        Who will be asked; None is the embedded analyst, which costs nothing.
    limits, run_limits
        What one incident may cost, and all together.
    spent
        What the run that is gone on with has cost.

    Raises
    ------
    SettingsError
        Where there is such a limit, and the model's price, or what was spent until now, isn't known.
    """
    limit = limits.usd if limits.usd is not None else run_limits.usd
    if limit is None or model is None:
        return
    if not getattr(model, "priced", False):
        raise SettingsError(
            f"usd={limit:g}: that limit can't be kept, since the price of model {model.name!r} isn't known; give it as "
            "LOGDEBUG_PRICE=0.25/2.00 (US dollars per million tokens sent and received), as price= of an OpenAIModel, "
            "or as cost_usd in the replies of a `priced` model of your own; or limit tokens instead",
            setting="usd",
        )
    if run_limits.usd is not None and spent is not None and spent.cost_usd is None:
        raise SettingsError(
            f"usd={limit:g}: that limit can't be kept, since nobody knows what the run has cost until now; "
            "limit tokens instead",
            setting="usd",
        )


def _check_positive(limits: Limits | RunLimits, who: str) -> None:
    for name in ("turns", "tokens", "seconds", "usd"):
        value = getattr(limits, name)
        if value is not None and not value > 0:
            raise SettingsError(f"{name}={value}: {who} needs more than that; leave it out for any", setting=name)


def _share(spent: float | None, limit: float | None) -> float:
    if limit is None:
        return 0.0
    return 1.0 if spent is None else spent / limit  # nothing is spent in the dark
