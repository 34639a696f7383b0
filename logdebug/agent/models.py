"""Models: the one place from which anything leaves the machine.

`OpenAIModel` speaks to OpenAI and to any OpenAI-compatible server: what a server refuses is left out of the next
request, for the rest of the run, and said in the reply's `notes`. `ReplayModel` needs no server: see `replay`.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from logdebug.agent.allowances import allowance_of
from logdebug.agent.connections import Connections
from logdebug.agent.features import Features
from logdebug.agent.gate import gate_of
from logdebug.agent.keys import Key
from logdebug.agent.messages import Message, Reply, Request, ToolCall, ToolSpec
from logdebug.agent.prices import Tariff
from logdebug.agent.receiving import AnswerTooLarge, bounded
from logdebug.agent.refusals import Refusal, RefusedRequest, error_of
from logdebug.agent.replay import ReplayModel
from logdebug.agent.wire import as_bytes, read_reply, write_request
from logdebug.errors import ContextTooLong, ModelBusy, ModelError

if TYPE_CHECKING:
    import httpx2
    import openai

    from logdebug.agent.gate import Turn
    from logdebug.agent.prices import Price
    from logdebug.records import Usage

__all__ = ["Message", "Model", "OpenAIModel", "ReplayModel", "Reply", "Request", "ToolCall", "ToolSpec"]


class Model(Protocol):
    """Whatever can be asked: one request, one reply.

    A model may also have these, and is asked with less comfort where it hasn't:

    - `identity`: a string that stands for it and every setting that shapes its answers, and holds no key. With it,
      answers are kept, and an incident that hasn't changed isn't asked about again.
    - `gate`: the `Gate` before its endpoint, at which an agent waits for its turn; no time limit counts that.
    - `priced`: whether the usage of each reply has its `cost_usd`. Without it, no limit in dollars is taken.
    """

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

    One of these serves a whole run, and others after it: its connections are shared, and what one request taught about
    the server holds for the next.

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
    price
        What its tokens cost; None for the list price, where there is one.
    """

    def __init__(
        self,
        name: str,
        *,
        api_key: str,
        base_url: str = "",
        max_output_tokens: int = 16_384,
        price: Price | None = None,
    ) -> None:
        self.name = name
        self._price = price
        self._key = Key(api_key)
        del api_key  # so that no traceback that shows what names hold, as notebooks can, shows it
        client = self._client(base_url or None)
        self._base_url = client.base_url
        self._connections = Connections(client, lambda: self._client(self._base_url))
        self._features = Features(max_output_tokens=max_output_tokens)
        self.gate = gate_of(self._address)
        self._tariff = Tariff(name, self._address, price)
        self._said_unpriced = self.priced
        self._usual_tokens = 4_000.0  # of one request, its reply included; as they come

    def _client(self, base_url: httpx2.URL | str | None) -> openai.AsyncOpenAI:
        import openai

        # Retrying is the loop's: it shows and records each attempt, which the client would do in silence.
        sent_by = bounded(openai.DefaultAsyncHttpxClient)()
        return openai.AsyncOpenAI(api_key=self._key, base_url=base_url, max_retries=0, http_client=sent_by)

    def __repr__(self) -> str:
        """Give name and server; never the key."""
        return f"OpenAIModel({self.name!r}, base_url={self._address!r})"

    def __reduce__(self) -> tuple[partial[OpenAIModel], tuple[()]]:
        """Give what makes the same model in another process, its key included: it must never come to lie on a disk."""
        made = partial(
            OpenAIModel,
            self.name,
            api_key=self._key.value,
            base_url=str(self._base_url),
            max_output_tokens=self._features.max_output_tokens,
            price=self._price,
        )
        return made, ()

    @property
    def identity(self) -> str:
        """What stands for this model: name, server, and every setting that shapes its answers; see `Model`."""
        return json.dumps([self.name, self._address, self._features.max_output_tokens])

    @property
    def priced(self) -> bool:
        """Whether its price is known."""
        return self._tariff.is_known

    @property
    def _address(self) -> str:
        """The server's address, without a user's name and password where it has them."""
        return str(self._base_url.copy_with(username=None, password=None))

    async def ask(self, request: Request) -> Reply:
        """Answer a request, in its turn; see `Model.ask`."""
        if request.turn is not None:
            return await self._ask(request, request.turn)
        async with self.gate.turn() as turn:
            return await self._ask(request, turn)

    async def _ask(self, request: Request, turn: Turn) -> Reply:
        while True:
            features = self._features
            try:
                body = await self._post(self.written(request), request.timeout_seconds, turn)
            except RefusedRequest as refused:
                # Another request may have learned meanwhile what this one just did: start from the newest knowledge.
                if self._features != features:
                    continue
                too_long = isinstance(refused.error, ContextTooLong)
                poorer = features.without_limit() if too_long else features.without_refused(refused.words)
                if poorer is None:
                    raise refused.error from None
                self._features = poorer
                continue
            return self._with_cost(read_reply(body, request, self.name), features.notes)

    def written(self, request: Request) -> bytes:
        """Give the body that a request is sent as: exactly what leaves this machine, headers apart."""
        return as_bytes(write_request(request, self.name, self._features))

    def charge(self, usage: Usage) -> Usage:
        """Give a usage with what it costs; None where the price isn't known."""
        return self._tariff.charge(usage)

    async def aclose(self) -> None:
        """Close the connections; the next request makes others."""
        await self._connections.aclose()

    def _with_cost(self, reply: Reply, notes: tuple[str, ...]) -> Reply:
        """Put its cost to a reply; say once that it isn't known."""
        self._usual_tokens += 0.2 * (reply.usage.tokens - self._usual_tokens)
        notes += reply.notes
        if not self._said_unpriced:
            self._said_unpriced = True
            notes += (self._tariff.unknown,)
        return replace(reply, usage=self._tariff.charge(reply.usage, reply.cached_tokens), notes=notes)

    async def _post(self, body: bytes, timeout_seconds: float, turn: Turn) -> bytes:
        """Send one request and give the bytes of its answer, every failure as an error of the tree."""
        import httpx2
        import openai

        client = await self._connections.client()
        try:
            # The typed `chat.completions.create` walks and copies the whole conversation on every turn and leaves a
            # reply half-validated; the same client's generic `post` sends and gives the bytes as they are.
            async with asyncio.timeout(timeout_seconds):  # the client's own starts anew with each byte of a trickle
                response = await client.post(
                    "/chat/completions",
                    cast_to=httpx2.Response,
                    content=body,
                    # Not where a server says that the answer is elsewhere: what is sent is for this one alone.
                    options={"timeout": timeout_seconds, "follow_redirects": False},
                )
        except (openai.APITimeoutError, TimeoutError):
            raise ModelBusy(
                f"model {self.name!r} did not answer within {timeout_seconds:.0f} s", model=self.name
            ) from None
        except openai.APIConnectionError as error:
            raise ModelBusy(_connection_trouble(error, client), model=self.name) from None
        except AnswerTooLarge as error:
            raise ModelBusy(f"model {self.name!r}: {error}", model=self.name) from None
        except openai.APIStatusError as error:
            raise self._refused(error, turn) from None
        except openai.OpenAIError as error:
            raise ModelError(f"model {self.name!r}: {self._key.masked(str(error))}", model=self.name) from None
        self.gate.answered(turn, allowance_of(response.headers, tokens=self._usual_tokens))
        content: bytes = self._key.masked(response.content)
        return content

    def _refused(self, error: openai.APIStatusError, turn: Turn) -> ModelError | RefusedRequest:
        """Sort a refusal into the tree; tell the gate where it is that there are too many."""
        try:
            sorted_ = error_of(_refusal(error, self._key), self.name)
        except RecursionError:
            unread = Refusal(error.status_code, error.response.headers, None, "what is nested too deeply to be read")
            sorted_ = error_of(unread, self.name)
        if error.status_code == 429 and isinstance(sorted_, ModelBusy):
            sorted_.refusing_seconds = self.gate.refused(turn, sorted_.retry_after_seconds)
        return sorted_


def _connection_trouble(error: openai.APIConnectionError, client: openai.AsyncOpenAI) -> str:
    reason = str(error.__cause__ or error) or type(error.__cause__).__name__
    return f"no connection to {client.base_url.host}: {reason}"


def _refusal(error: openai.APIStatusError, key: Key) -> Refusal:
    response = error.response
    text = key.masked(response.text or error.message)
    code = key.masked(error.code) if isinstance(error.code, str) else None  # a server may write anything there
    return Refusal(error.status_code, response.headers, key.masked(error.body), text, code)
