"""What a server says is left of its limits, in the headers of its answers, however it spells them.

x-ratelimit-remaining-requests: 59      x-ratelimit-reset-requests: 1s      OpenAI, Azure, Groq, LiteLLM
x-ratelimit-remaining-tokens: 149984    x-ratelimit-reset-tokens: 6m0s
x-ratelimit-remaining-tokens-minute, -requests-day …                        Cerebras
anthropic-ratelimit-requests-remaining  anthropic-ratelimit-requests-reset  Anthropic: a time, as in RFC 3339
x-ratelimit-remaining                   x-ratelimit-reset                   Together (seconds), OpenRouter (epoch, ms)
ratelimit-remaining                     ratelimit-reset                     the IETF's drafts, until 2023
ratelimit: "default";r=50;t=30                                              the IETF's drafts, since
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from logdebug.agent.pacing import Allowance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["allowance_of"]

_REMAINING = re.compile(
    r"^(?:x-)?(?:rate-?limit(?:bysize)?)-remaining(?:-(?P<of>[a-z_-]+))?$|"
    r"^anthropic-ratelimit-(?P<theirs>[a-z-]+)-remaining$"
)
_DRAFT = re.compile(r"r=(\d+).*?t=(\d+)")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|d|h|m|s)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_EPOCH_FROM, _EPOCH_MS_FROM = 1e9, 1e12  # what is larger is a date, in seconds or milliseconds


def allowance_of(headers: Mapping[str, str], *, tokens: float) -> Allowance | None:
    """Read what is left.

    Parameters
    ----------
    headers
        An answer's headers.
    tokens
        How many tokens a request usually takes.

    Returns
    -------
    Allowance or None
        The one that is used up first, where there are several; None where the server says nothing of the kind. What it
        says of a limit in tokens is given in requests.
    """
    found = [
        Allowance(left / tokens if "token" in of and tokens > 0 else left, seconds)
        for of, left, seconds in _found(headers)
    ]
    return min(found, key=lambda each: each.requests / max(each.seconds, 1e-3), default=None)


def _found(headers: Mapping[str, str]) -> Iterator[tuple[str, float, float]]:
    """Give what each limit is of, how much of it is left, and for how many seconds."""
    for name, value in headers.items():
        lowered = name.lower()
        if "limit" not in lowered:
            continue
        if lowered == "ratelimit":
            yield from (("", float(left), float(seconds)) for left, seconds in _DRAFT.findall(value))
            continue
        matched = _REMAINING.match(lowered)
        if matched is None:
            continue
        seconds = _until(headers.get(lowered.replace("remaining", "reset")), headers)
        try:
            left = float(value)
        except ValueError:
            continue
        if seconds is not None and 0 <= left < float("inf"):
            yield matched["of"] or matched["theirs"] or "", left, seconds


def _until(value: str | None, headers: Mapping[str, str]) -> float | None:
    """Read when a limit is whole again, in seconds from now; None where that can't be read."""
    if not value:
        return None
    try:
        number = float(value)
    except ValueError:
        return _duration(value) if _DURATION.match(value) and "-" not in value else _date(value, headers)
    if number >= _EPOCH_FROM:
        return max(number / (1e3 if number >= _EPOCH_MS_FROM else 1.0) - _now(headers).timestamp(), 0.0)
    return number if number >= 0 else None


def _duration(value: str) -> float:
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(value))


def _date(value: str, headers: Mapping[str, str]) -> float | None:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return max(((at if at.tzinfo else at.replace(tzinfo=UTC)) - _now(headers)).total_seconds(), 0.0)


def _now(headers: Mapping[str, str]) -> datetime:
    """Give the time by the server's clock, which its dates are of; ours may be wrong, or jump."""
    try:
        return parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return datetime.now(UTC)
