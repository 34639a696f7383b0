"""What a server sends back, read up to a bound: one that never ends, or swells when it is unpacked, fills no memory."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

__all__ = ["MOST_BYTES", "AnswerTooLarge", "bounded"]

MOST_BYTES = 16_000_000
"""Of one answer, unpacked: a hundred times what the longest reply of a model takes."""

_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding")


class AnswerTooLarge(Exception):
    """A server sends more than any answer takes; the rest of it was not read."""

    def __init__(self) -> None:
        super().__init__(f"the server's answer is larger than {MOST_BYTES // 1_000_000} MB, and was not read on")


@cache
def bounded(client: Any) -> Any:
    """Give a class of clients that read no more of an answer than it may have.

    Parameters
    ----------
    client
        The class to make it of, an `httpx2.AsyncClient`.
    """
    import httpx2  # made when it is asked for: it takes long to import

    class BoundedClient(client):  # type: ignore[misc]  # which class it is, is said by the caller
        async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
            """Send a request, and read its answer as far as it may go; raises AnswerTooLarge beyond."""
            answer: httpx2.Response = await super().send(request, stream=True, **options)
            if stream:
                return answer
            try:
                content = await _content_of(answer)
            finally:
                await answer.aclose()
            # What was read is unpacked already.
            headers = [pair for pair in answer.headers.multi_items() if pair[0] not in _OF_THE_WIRE]
            return httpx2.Response(
                answer.status_code, headers=headers, content=content, request=request, extensions=answer.extensions
            )

    return BoundedClient


async def _content_of(answer: httpx2.Response) -> bytes:
    pieces, size = [], 0
    async for piece in answer.aiter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise AnswerTooLarge
    return b"".join(pieces)
