"""Models: the one place from which anything leaves the machine.

`OpenAIModel` speaks to OpenAI and to any OpenAI-compatible server: what a server refuses is left out of the next
request, for the rest of the run, and said in the reply's `notes`. `ReplayModel` gives scripted or recorded replies and
needs no server; it is what the tests use and what anyone may use to test what they build on logdebug.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from logdebug.agent.messages import Message, Reply, Request, ToolCall, ToolSpec
from logdebug.agent.wire import Features, as_bytes, read_reply, write_request
from logdebug.errors import ContextTooLong, ModelBusy, ModelError, ModelNotAuthorised, ModelRefused, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import openai

__all__ = ["Message", "Model", "OpenAIModel", "ReplayModel", "Reply", "Request", "ToolCall", "ToolSpec"]


class Model(Protocol):
    """Whatever can be asked: one request, one reply."""

    @property
    def name(self) -> str:
        """The model's name, as reports show it."""

    async def ask(self, request: Request) -> Reply:
        """Answer a request.

        Raises
        ------
        ModelBusy
            On a passing trouble; the same request may be made again.
        ModelError
            On anything else that keeps the model from answering.
        """

    async def aclose(self) -> None:
        """Let go of connections."""


class OpenAIModel:
    """A model behind OpenAI's chat completions, or behind any server that is compatible with them.

    One of these serves a whole run: its connections are shared, and what one request taught about the server holds for
    the next.

    Parameters
    ----------
    name
        The model, as the server calls it.
    api_key
        The key. It is never shown.
    base_url
        The server's address; empty for OpenAI's own.
    max_output_tokens
        The most that one reply may hold, reasoning included.
    """

    def __init__(self, name: str, *, api_key: str, base_url: str = "", max_output_tokens: int = 16_384) -> None:
        import openai

        self.name = name
        # Retrying is the loop's: it shows and records each attempt, which the client would do in silence.
        self._client = openai.AsyncOpenAI(api_key=api_key, base_url=base_url or None, max_retries=0)
        self._features = Features(max_output_tokens=max_output_tokens)

    def __repr__(self) -> str:
        """Give name and server; never the key."""
        return f"OpenAIModel({self.name!r}, base_url={str(self._client.base_url)!r})"

    async def ask(self, request: Request) -> Reply:
        """Answer a request; see `Model.ask`."""
        while True:
            features = self._features
            try:
                body = await self._post(self.written(request), request.timeout_seconds)
            except _RefusedRequest as refused:
                # Another request may have learned meanwhile what this one just did: start from the newest knowledge.
                if self._features != features:
                    continue
                too_long = isinstance(refused.error, ContextTooLong)
                poorer = features.without_limit() if too_long else features.without_refused(refused.words)
                if poorer is None:
                    raise refused.error from None
                self._features = poorer
                continue
            reply = read_reply(body, request, self.name)
            return replace(reply, notes=features.notes + reply.notes)

    def written(self, request: Request) -> bytes:
        """Give the body that a request is sent as: exactly what leaves this machine, headers apart."""
        return as_bytes(write_request(request, self.name, self._features))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _post(self, body: bytes, timeout_seconds: float) -> bytes:
        """Send one request and give the bytes of its answer, every failure as an error of the tree."""
        import httpx2
        import openai

        try:
            # The typed `chat.completions.create` walks and copies the whole conversation on every turn and leaves a
            # reply half-validated; the same client's generic `post` sends and gives the bytes as they are.
            response = await self._client.post(
                "/chat/completions", cast_to=httpx2.Response, content=body, options={"timeout": timeout_seconds}
            )
        except openai.APITimeoutError:
            raise ModelBusy(
                f"model {self.name!r} did not answer within {timeout_seconds:.0f} s", model=self.name
            ) from None
        except openai.APIConnectionError as error:
            raise ModelBusy(_connection_trouble(error, self._client), model=self.name) from None
        except openai.APIStatusError as error:
            raise _status_error(error, self.name) from None
        except openai.OpenAIError as error:
            raise ModelError(f"model {self.name!r}: {error}", model=self.name) from error
        return response.content


class ReplayModel:
    """A model that gives replies from a script: no server, no key, the same every time.

    Parameters
    ----------
    script
        The replies of one conversation, in order; or one such list per service; or a function from `Request` to
        `Reply`. An error in place of a reply is raised.
    name
        The model's name, as reports show it.
    """

    def __init__(
        self,
        script: Sequence[Reply | Exception] | Mapping[str, Sequence[Reply | Exception]] | Callable[[Request], Reply],
        *,
        name: str = "replay",
    ) -> None:
        self.name = name
        self._script = script
        self._asked: dict[str, int] = {}

    async def ask(self, request: Request) -> Reply:
        """Give the next reply of the script for this conversation; see `Model.ask`."""
        if callable(self._script):
            return self._script(request)
        script = self._script
        replies = script.get(request.service, ()) if isinstance(script, Mapping) else script
        conversation = f"{request.service}\0{request.messages[1].text if len(request.messages) > 1 else ''}"
        number = self._asked.get(conversation, 0)
        self._asked[conversation] = number + 1
        if number >= len(replies):
            raise NoAnswer(f"the script for {request.service!r} has {len(replies)} replies and was asked for one more")
        reply = replies[number]
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def aclose(self) -> None:
        """Do nothing: there is nothing to let go of."""


class _RefusedRequest(Exception):
    """The server found fault with the request itself; something in it may have to be left out."""

    def __init__(self, words: str, error: ModelError) -> None:
        super().__init__(words)
        self.words = words
        self.error = error


def _connection_trouble(error: openai.APIConnectionError, client: openai.AsyncOpenAI) -> str:
    reason = str(error.__cause__ or error) or type(error.__cause__).__name__
    return f"no connection to {client.base_url.host}: {reason}"


_FINAL_STATUSES: dict[int, tuple[type[ModelError], str]] = {
    401: (ModelNotAuthorised, "; check OPENAI_API_KEY and its rights"),
    403: (ModelNotAuthorised, "; check OPENAI_API_KEY and its rights"),
    404: (ModelRefused, "; check the model's name and OPENAI_BASE_URL"),
    413: (ContextTooLong, ""),
}
_PASSING_STATUSES = frozenset({408, 409, 425, 429})


def _status_error(error: openai.APIStatusError, model: str) -> ModelError | _RefusedRequest:
    """Sort a status other than 2xx into the tree."""
    status = error.status_code
    words = _words_of(error)
    shown = f"model {model!r}: the server answered {status}: {words[:300]}"
    unsupported = status in {404, 500, 501} and _says_unsupported(words)
    if status in _FINAL_STATUSES and not unsupported:
        kind, remedy = _FINAL_STATUSES[status]
        return kind(shown + remedy, model=model)
    if too_long := _says_too_long(words):
        final = ContextTooLong(shown, model=model)
        return final if too_long == "for good" else _RefusedRequest(words, final)
    if status in {400, 422} or unsupported:
        return _RefusedRequest(words, ModelRefused(shown, model=model))
    spent = _is_spent(error)
    if (status in _PASSING_STATUSES or status >= 500) and not spent:
        return ModelBusy(shown, model=model, retry_after_seconds=_retry_after_seconds(error))
    return ModelRefused(shown + ("; the account's quota is used up" if spent else ""), model=model)


def _words_of(error: openai.APIStatusError) -> str:
    """Give what the server said about a refusal, whatever shape it said it in."""
    body = error.body
    if isinstance(body, dict):
        message = body.get("message") or body.get("detail") or body.get("error") or body
        return " ".join(str(part) for part in (message, body.get("param"), body.get("code")) if part)
    return " ".join(error.response.text.split()) or error.message


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


def _is_spent(error: openai.APIStatusError) -> bool:
    # OpenAI says 429 both to "slower" and to "pay first"; only the code tells them apart.
    return error.status_code == 429 and error.code in {"insufficient_quota", "billing_hard_limit_reached"}


def _retry_after_seconds(error: openai.APIStatusError) -> float | None:
    """Read `retry-after-ms` or `Retry-After` (seconds or a date; RFC 9110, 10.2.3)."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    headers = error.response.headers
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * unit
        except ValueError:
            try:
                seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
            except (TypeError, ValueError):
                continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None
