"""What an incident will cost, worked out by the same rules as those by which an agent spends.

Each reply costs the whole conversation until then, which grows by what the tools gave; so what an incident costs grows
with the square of its turns, until one of its limits is reached.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logdebug.records import Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.agent.limits import Limits

__all__ = ["ASSUMED", "Habits", "least", "most", "typical"]

_LONGEST_RESULT_BYTES = 12_000
_MOST_RESULTS = 4
_LONGEST_REPLY_TOKENS = 16_384
_SHORTEST_REPLY_TOKENS = 150
_BEST_ANSWERS = 2


@dataclass(frozen=True, slots=True)
class Habits:
    """What the sessions of a model are like.

    Parameters
    ----------
    turns
        Replies until it submits its diagnosis.
    growth_tokens
        By how much a turn lengthens the conversation: the reply, and what the tools gave.
    reply_tokens
        How long a reply is, reasoning included.
    bytes_per_token
        How many bytes of a request the server counts as one token.
    basis
        What these figures rest on, in words.
    """

    turns: int
    growth_tokens: int
    reply_tokens: int
    bytes_per_token: float
    basis: str


ASSUMED = Habits(
    turns=5,
    growth_tokens=1_800,
    reply_tokens=500,
    bytes_per_token=3.5,
    basis="an assumption, for want of past sessions: 5 turns of 500 tokens each, between which the tools give 1,300; "
    "3.5 bytes to the token, between prose (above 4) and log lines (about 3)",
)


def least(first_tokens: int, charge: Callable[[Usage], Usage]) -> Usage:
    """Give what an incident costs whose first reply, a short one, is its diagnosis.

    Parameters
    ----------
    first_tokens
        The tokens of the first request.
    charge
        Puts its price to a usage; None where it isn't known.
    """
    return charge(Usage(1, first_tokens, _SHORTEST_REPLY_TOKENS))


def typical(first_tokens: int, habits: Habits, limits: Limits, charge: Callable[[Usage], Usage]) -> Usage:
    """Give what an incident costs that goes as past ones did, within the limits; parameters are those of `least`."""
    return _spent(first_tokens, habits, limits, charge, turns=habits.turns)


def most(first_tokens: int, habits: Habits, limits: Limits, charge: Callable[[Usage], Usage]) -> Usage:
    """Give what an incident costs whose model never submits, until its limits end it; parameters are those of `least`.

    A limit ends a session after the turn in which it is reached, and the model is then asked for its best answer, at
    the most twice. A turn is taken to add at the most four results of the tools at their full length, or to be a reply
    at its full length, whichever comes dearer.
    """
    growth = round(_MOST_RESULTS * _LONGEST_RESULT_BYTES / habits.bytes_per_token) + habits.reply_tokens
    reads = replace(habits, growth_tokens=growth)
    writes = replace(habits, growth_tokens=0, reply_tokens=_LONGEST_REPLY_TOKENS)
    ends = [_spent(first_tokens, each, limits, charge) for each in (reads, writes)]
    return max(ends, key=lambda spent: (spent.cost_usd or 0.0, spent.tokens))


def _spent(
    first_tokens: int, habits: Habits, limits: Limits, charge: Callable[[Usage], Usage], *, turns: int | None = None
) -> Usage:
    """Spend as an agent does; None turns for a model that never submits."""
    spent = Usage(cost_usd=0.0)
    conversation, reply = first_tokens, charge(Usage(1, first_tokens, habits.reply_tokens))
    while turns is None or spent.turns < turns:
        asked = 1
        if limits.nearest(spent, 0.0)[0] >= 1:
            asked, turns = (_BEST_ANSWERS if turns is None else 1), 0
        if reply.input_tokens != conversation:  # to look a price up takes longer than all else here
            reply = charge(Usage(1, conversation, habits.reply_tokens))
        for _ in range(asked):
            spent += reply
        conversation += habits.growth_tokens
    return spent
