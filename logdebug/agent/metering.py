"""What a reply cost in tokens: as the server counts them, or estimated where it doesn't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logdebug.records import Usage

if TYPE_CHECKING:
    from logdebug.agent.messages import Request

__all__ = ["cached_tokens", "counted", "estimated"]

_CHARACTERS_PER_TOKEN = 4  # the usual rough figure for English text
_MOST_TOKENS = 10**12  # of one reply: what a server says beyond it no sum, table or price could hold


def counted(usage: Any) -> Usage | None:
    """Read the tokens that a server counted; None where it doesn't.

    Parameters
    ----------
    usage
        The `usage` of its answer, whatever it is.
    """
    if not isinstance(usage, dict):
        return None
    return Usage(turns=1, input_tokens=_count(usage, "prompt_tokens"), output_tokens=_count(usage, "completion_tokens"))


def cached_tokens(usage: Any) -> int:
    """Read how many of the tokens sent the server had kept from before; 0 where it doesn't say."""
    details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
    return _count(details, "cached_tokens") if isinstance(details, dict) else 0


def estimated(request: Request, body: bytes) -> Usage:
    """Estimate the tokens of a request and of the body of its answer from their lengths."""
    sent = sum(len(message.text) for message in request.messages)
    return Usage(turns=1, input_tokens=sent // _CHARACTERS_PER_TOKEN, output_tokens=len(body) // _CHARACTERS_PER_TOKEN)


def _count(counts: dict[str, Any], name: str) -> int:
    value = counts.get(name)
    return int(min(value, _MOST_TOKENS)) if isinstance(value, int | float) and 0 < value < float("inf") else 0
