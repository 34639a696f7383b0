"""What a model's tokens cost.

Prices of public providers come from the list that `genai-prices` ships (pydantic's, renewed every few weeks; nothing is
fetched). They are list prices: a contract of one's own is given as a `Price`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from logdebug.errors import SettingsError
from logdebug.records import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

__all__ = ["Price", "Tariff", "cost_of"]


@dataclass(frozen=True, slots=True)
class Price:
    """What tokens of a model cost.

    Parameters
    ----------
    input_usd, output_usd
        US dollars per million tokens sent and received.
    """

    input_usd: float
    output_usd: float

    def __post_init__(self) -> None:
        """Refuse what is no price."""
        if not (0 <= self.input_usd < float("inf") and 0 <= self.output_usd < float("inf")):
            raise SettingsError(
                f"the price {self.input_usd}/{self.output_usd} is none: give US dollars per million tokens, from 0 on",
                setting="LOGDEBUG_PRICE",
            )

    @classmethod
    def parse(cls, text: str) -> Price:
        """Read a price from `INPUT/OUTPUT`, as in "0.25/2.00".

        Raises
        ------
        SettingsError
            Where it is written in another way.
        """
        sent, _, received = text.partition("/")
        try:
            return cls(float(sent), float(received))
        except ValueError:
            raise SettingsError(
                f"LOGDEBUG_PRICE={text!r}: write US dollars per million tokens sent and received, as in 0.25/2.00",
                setting="LOGDEBUG_PRICE",
            ) from None

    def of(self, usage: Usage) -> float:
        """Give what a usage costs, in US dollars."""
        return (usage.input_tokens * self.input_usd + usage.output_tokens * self.output_usd) / 1e6


class Tariff:
    """What one model costs at one server.

    Parameters
    ----------
    model
        Its name, as the server knows it.
    base_url
        The server's address.
    own
        A price of one's own, which goes before the list; tokens that the server had kept count in full.
    """

    def __init__(self, model: str, base_url: str, own: Price | None = None) -> None:
        self._model = model
        self._base_url = base_url
        self._own = own
        self.is_known = own is not None or cost_of(Usage(), model, base_url=base_url) is not None

    @property
    def unknown(self) -> str:
        """What to say where it isn't known."""
        return (
            f"the price of {self._model!r} at {urlsplit(self._base_url).hostname} isn't known, so neither is the cost; "
            "give it as LOGDEBUG_PRICE=0.25/2.00 (US dollars per million tokens sent and received) or price="
        )

    def charge(self, usage: Usage, cached_tokens: int = 0) -> Usage:
        """Give a usage with its cost, which is None where it isn't known."""
        if not self.is_known:
            return replace(usage, cost_usd=None)
        if self._own is not None:
            return replace(usage, cost_usd=self._own.of(usage))
        cost = cost_of(usage, self._model, base_url=self._base_url, cached_tokens=cached_tokens)
        return replace(usage, cost_usd=cost)


def cost_of(usage: Usage, model: str, *, base_url: str | None = None, cached_tokens: int = 0) -> float | None:
    """Give what a usage costs at list price, in US dollars; None where nobody knows.

    Parameters
    ----------
    usage
        The tokens.
    model
        The model's name, as the server knows it.
    base_url
        The server's address; None for OpenAI's. A server that isn't in the list may charge anything.
    cached_tokens
        How many of the tokens sent the server had kept, which most charge less for.
    """
    if base_url is not None and _is_unlisted(base_url):
        return None  # without loading the list, which takes half a second
    listed = _listed(model, base_url)
    if listed is None:
        return None
    from genai_prices import Usage as Tokens

    provider, info = listed
    tokens = Tokens(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=min(cached_tokens, usage.input_tokens),
    )
    try:
        return float(info.calc_price(tokens, provider).total_price)
    except ValueError:
        return None


@cache
def _listed(model: str, base_url: str | None) -> tuple[Provider, ModelInfo] | None:
    """Find a model in the list, once: a look-up tries the rules of every provider; None where it isn't there."""
    from genai_prices.data_snapshot import get_snapshot

    try:
        return get_snapshot().find_provider_model(model, None, "openai" if base_url is None else None, base_url)
    except (LookupError, ValueError):  # neither the server nor the model need be in the list
        return None


def _is_unlisted(base_url: str) -> bool:
    """Tell a server of one's own, as far as its address does: a bare host or a number is no public provider's."""
    host = urlsplit(base_url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." not in host
    return True
