"""Lines whose words alone don't tell their template: JSON, colours, HTTP statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.logs.fields import http_status_of, json_fields, level_of, message_of, strip_ansi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.logs.words import Words

__all__ = ["special_key", "specials_of"]

# What only lines have that are JSON, have colours, or may have an HTTP status that tells of trouble.
_SPECIAL = (b'{"', b"\x1b", b'" 4', b'" 5', b"tatus")
_UNQUOTED = tuple(sign for sign in _SPECIAL if b'"' not in sign)


def specials_of(lines: Sequence[bytes], joined: bytes) -> dict[int, bytes]:
    """Give those of some lines that are JSON, have colours, or may have an HTTP status, by their places.

    Parameters
    ----------
    lines, joined
        The lines, and all of them in one text.
    """
    signs = [sign for sign in (_SPECIAL if b'"' in joined else _UNQUOTED) if sign in joined]
    if not signs:
        return {}
    return {place: line for place, line in enumerate(lines) if any(sign in line for sign in signs)}


def special_key(data: bytes, key: bytes, words: Words) -> bytes:
    """Give the key of a line that is JSON, has colours, or may have an HTTP status.

    Parameters
    ----------
    data, key
        The line, and the key of its words.
    words
        What gives the key of its message.
    """
    text = data.decode("utf-8", "replace")
    level = b""
    if data[:1] == b"{" and json_fields(text) is not None:
        level = (level_of(text) or "").encode()
        key = _key_of(message_of(text), words)
    elif b"\x1b" in data:
        key = _key_of(strip_ansi(text), words)
    status = http_status_of(text)
    return b"%s %s #%d" % (level, key, status if status is not None and status >= 400 else 0)


def _key_of(message: str, words: Words) -> bytes:
    (key,) = words.keys_of([message.encode().replace(b"\n", b" ")])
    return key
