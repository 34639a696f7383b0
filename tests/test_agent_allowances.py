"""What servers say is left of their limits is understood, however they spell it."""

from __future__ import annotations

import pytest

from logdebug.agent.allowances import allowance_of

NOON = {"date": "Wed, 18 Nov 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "requests", "seconds"),
    [
        ({"x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1s"}, 59, 1),
        ({"x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "6m0s"}, 59, 360),
        ({"x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "1m2.5s"}, 59, 62.5),
        ({"x-ratelimit-remaining-requests": "4999", "x-ratelimit-reset-requests": "12ms"}, 4999, 0.012),
        ({"x-ratelimit-remaining-tokens": "8000", "x-ratelimit-reset-tokens": "2s"}, 4, 2),
        ({"x-ratelimit-remaining-tokens-minute": "8000", "x-ratelimit-reset-tokens-minute": "31.5"}, 4, 31.5),
        ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": "3"}, 7, 3),
        ({**NOON, "x-ratelimit-remaining": "7", "x-ratelimit-reset": "1795003210"}, 7, 10),
        ({**NOON, "x-ratelimit-remaining": "7", "x-ratelimit-reset": "1795003210500"}, 7, 10.5),
        (
            {
                **NOON,
                "anthropic-ratelimit-requests-remaining": "5",
                "anthropic-ratelimit-requests-reset": "2026-11-18T12:00:20Z",
            },
            5,
            20,
        ),
        ({"ratelimit-remaining": "5", "ratelimit-reset": "4"}, 5, 4),
        ({"ratelimit": '"default";r=50;t=30'}, 50, 30),
    ],
)
def test_each_spelling_is_read(headers: dict[str, str], requests: float, seconds: float) -> None:
    """How many requests of 2,000 tokens are left, and for how long, is what the headers say, by their own clock."""
    allowance = allowance_of(headers, tokens=2_000)
    assert allowance is not None
    assert (allowance.requests, allowance.seconds) == (pytest.approx(requests), pytest.approx(seconds))


def test_what_is_used_up_first_counts() -> None:
    """Of a limit in requests and one in tokens, the one that allows fewer requests per second is given."""
    both = {
        "x-ratelimit-remaining-requests": "100",
        "x-ratelimit-reset-requests": "10s",
        "x-ratelimit-remaining-tokens": "4000",
        "x-ratelimit-reset-tokens": "10s",
    }
    allowance = allowance_of(both, tokens=2_000)
    assert allowance is not None
    assert allowance.requests == 2


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "application/json"},
        {"x-ratelimit-remaining-requests": "59"},
        {"x-ratelimit-remaining-requests": "many", "x-ratelimit-reset-requests": "1s"},
        {"x-ratelimit-remaining-requests": "-1", "x-ratelimit-reset-requests": "1s"},
        {"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "soon"},
        {"x-ratelimit-remaining": "5", "x-ratelimit-reset": "nan"},
        {"ratelimit": "nonsense"},
    ],
)
def test_what_says_nothing_is_passed_over(headers: dict[str, str]) -> None:
    """Missing, broken and strange values give no allowance, and no error."""
    assert allowance_of(headers, tokens=2_000) is None
