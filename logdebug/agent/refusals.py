"""A server's refusals, sorted into the tree of errors: what may pass, what is for good, what is about the request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from logdebug.errors import AccountSpent, ContextTooLong, ModelBusy, ModelError, ModelNotAuthorised, ModelRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Refusal", "RefusedRequest", "error_of"]

_FINAL_STATUSES: dict[int, tuple[type[ModelError], str]] = {
    401: (ModelNotAuthorised, "; check OPENAI_API_KEY and its rights"),
    402: (AccountSpent, "; the account has no money left"),
    403: (ModelNotAuthorised, "; check OPENAI_API_KEY and its rights"),
    404: (ModelRefused, "; check the model's name and OPENAI_BASE_URL"),
    413: (ContextTooLong, ""),
}
_PASSING_STATUSES = frozenset({408, 409, 425, 429})
_MOST_CHARACTERS = 20_000  # of what a server says


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with a status other than 2xx.

    Parameters
    ----------
    status
        The HTTP status.
    headers
        The answer's headers, names in lower case or looked up without regard to case.
    body
        Its JSON; None where it has none.
    text
        Its body, or what else stands for it.
    code
        The error's code, as OpenAI gives it.
    """

    status: int
    headers: Mapping[str, str]
    body: object
    text: str
    code: str | None = None

    @property
    def words(self) -> str:
        """What the server said, whatever shape it said it in; of very much the beginning."""
        body = self.body
        if isinstance(body, dict):
            message = body.get("message") or body.get("detail") or body.get("error") or body
            said = " ".join(str(part) for part in (message, body.get("param"), body.get("code")) if part)
            return said[:_MOST_CHARACTERS]
        return " ".join(self.text[:_MOST_CHARACTERS].split())

    @property
    def retry_after_seconds(self) -> float | None:
        """What `retry-after-ms` or `Retry-After` (seconds or a date; RFC 9110, 10.2.3) asks for; None where neither."""
        for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
            value = self.headers.get(name)
            if value is None:
                continue
            try:
                seconds = float(value) * unit
            except ValueError:
                try:
                    seconds = (parsedate_to_datetime(value) - self._now).total_seconds()
                except (TypeError, ValueError):
                    continue
            if 0 <= seconds < float("inf"):
                return seconds
        return None

    @property
    def _now(self) -> datetime:
        """What time it is by the server's clock, which its dates are of; ours may be wrong, or jump."""
        try:
            return parsedate_to_datetime(self.headers.get("date", ""))
        except (TypeError, ValueError):
            return datetime.now(UTC)


class RefusedRequest(Exception):
    """The server found fault with the request itself; something in it may have to be left out."""

    def __init__(self, words: str, error: ModelError) -> None:
        super().__init__(words)
        self.words = words
        self.error = error


def error_of(refusal: Refusal, model: str) -> ModelError | RefusedRequest:
    """Give the error that a refusal is.

    Parameters
    ----------
    refusal
        What the server answered.
    model
        The model that was asked.
    """
    status, words = refusal.status, refusal.words
    shown = f"model {model!r}: the server answered {status}: {words[:300]}"
    unsupported = status in {404, 500, 501} and _says_unsupported(words)
    if status in _FINAL_STATUSES and not unsupported and not (status == 403 and _is_about_text(refusal)):
        kind, remedy = _FINAL_STATUSES[status]
        return kind(shown + remedy, model=model)
    if status == 400 and _is_about_key(words):
        kind, remedy = _FINAL_STATUSES[401]
        return kind(shown + remedy, model=model)
    if too_long := _says_too_long(words):
        final = ContextTooLong(shown, model=model)
        return final if too_long == "for good" else RefusedRequest(words, final)
    if status in {400, 422} or unsupported:
        return RefusedRequest(words, ModelRefused(shown, model=model))
    # OpenAI says 429 both to "slower" and to "pay first"; only the code tells them apart.
    spent = status == 429 and refusal.code in {"insufficient_quota", "billing_hard_limit_reached"}
    if (status in _PASSING_STATUSES or status >= 500) and not spent:
        return ModelBusy(shown, model=model, retry_after_seconds=refusal.retry_after_seconds)
    return AccountSpent(shown + "; its quota is used up", model=model) if spent else ModelRefused(shown, model=model)


def _is_about_text(refusal: Refusal) -> bool:
    """Tell a 403 about what was sent (a gateway's moderation, a firewall's page) from one about the key."""
    lowered = refusal.words.lower()
    if not isinstance(refusal.body, dict):
        return "<html" in lowered
    return any(word in lowered for word in ("moderation", "flagged", "content policy", "content_filter"))


def _is_about_key(words: str) -> bool:
    """Tell a 400 about the key: Gemini's, and that of LiteLLM's proxy, which without a database knows one key alone."""
    lowered = words.lower()
    return any(said in lowered for said in ("api key not valid", "invalid api key", "no connected db"))


def _says_too_long(words: str) -> str:
    """Tell whether a refusal is about length: empty where it isn't, else whether room for the reply might be given up.

    vLLM and others count the reply's limit in, so that a conversation that would fit is refused for the limit's sake.
    """
    lowered = words.lower()
    if not any(word in lowered for word in ("context_length", "context length", "context window", "context size")):
        return ""
    return "with this reply" if "completion" in lowered or "max_tokens" in lowered else "for good"


def _says_unsupported(words: str) -> bool:
    lowered = words.lower()
    # "No endpoints found that support tool use" is how one gateway says it, with a 404.
    said = ("not support", "unsupported", "support tool", "requires --", "not implemented", "unknown param")
    return any(word in lowered for word in said)
