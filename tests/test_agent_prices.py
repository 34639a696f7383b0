"""What tokens cost."""

from __future__ import annotations

import pytest

from logdebug.agent.prices import Price, cost_of
from logdebug.errors import SettingsError
from logdebug.records import Usage

MILLIONS = Usage(turns=1, input_tokens=1_000_000, output_tokens=1_000_000)


def test_a_known_model_has_its_list_price() -> None:
    """A model of OpenAI's costs something, more for more tokens, and less for tokens that the server had kept."""
    cost = cost_of(MILLIONS, "gpt-5-mini")
    assert cost is not None
    assert 0 < cost < 100
    assert cost_of(MILLIONS + MILLIONS, "gpt-5-mini") == pytest.approx(2 * cost)
    kept = cost_of(MILLIONS, "gpt-5-mini", cached_tokens=900_000)
    assert kept is not None
    assert kept < cost
    assert cost_of(MILLIONS, "gpt-5-mini", base_url="https://api.openai.com/v1") == cost


@pytest.mark.parametrize(
    ("model", "base_url"),
    [("llama-of-ours", None), ("gpt-5-mini", "http://127.0.0.1:8000/v1"), ("", None), ("x" * 9999, None)],
)
def test_what_nobody_knows_has_no_price(model: str, base_url: str | None) -> None:
    """A model or a server that isn't in the list has the price None, and not 0."""
    assert cost_of(MILLIONS, model, base_url=base_url) is None


def test_a_price_of_ones_own() -> None:
    """`0.25/2.00` is dollars per million tokens sent and received."""
    assert Price.parse("0.25/2.00").of(MILLIONS) == pytest.approx(2.25)


@pytest.mark.parametrize("text", ["", "1", "a/b", "1/", "-1/2", "nan/1", "inf/1"])
def test_what_is_no_price_is_refused(text: str) -> None:
    """The error names the setting, what it was, and how it is written."""
    with pytest.raises(SettingsError, match="per million tokens"):
        Price.parse(text)
