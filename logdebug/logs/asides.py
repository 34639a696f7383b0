"""What a line says besides its message: the exception that was the cause, the reason given, what brackets enclose.

Each is one value of a form, however many words it has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logdebug.logs.generalising import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["STAR", "says_something", "without_asides", "without_caught"]

STAR = b"*"

# An exception at the end, with what it says.
_CAUGHT = re.compile(
    rb"(?<=[\w:\])=-] )(?:(?:(?:[\w$]+[.:]+)+[A-Z]\w*|[A-Z]\w+)(?:Exception|Error|Throwable)|(?:[A-Z]\w*::)+[A-Z]\w+)"
    rb"\b(?: ?\([^()]*\))?(?:: [^\n]*|\.)?$"
)
_PARTING = re.compile(rb"[\s:|()\[\]]+")
_KINDS = (b"Exception", b"Error", b"Throwable", b"::")
_TRACE = (b"Caused by", b"Suppressed", b"Exception in thread")
_CALLED = frozenset(b"error err exception cause reason arguments args".split())
_MUCH_SAID = 2


def says_something(word: bytes) -> bool:
    """Say whether a word of a form is one of a message: no value, mark or level."""
    return word.isalpha() and word not in LEVELS


def without_caught(text: bytes) -> bytes:
    """Give a line with a value for an exception that ends it, and what that says; those that begin a trace are kept."""
    if any(kind in text for kind in _KINDS) and not text.startswith(_TRACE):
        caught = _CAUGHT.search(text)
        if caught and any(map(says_something, _PARTING.split(text[: caught.start()]))):
            return text[: caught.start()] + b"0"
    return text


def without_asides(words: Sequence[bytes]) -> Sequence[bytes]:
    """Give the words of a form with a value for a reason that is called one, and for what brackets enclose."""
    if b":" in words and not _CALLED.isdisjoint(map(bytes.lower, words)):
        words = _without_reason(words)
    return list(_without_enclosed(words)) if b"[" in words else words


def _without_reason(words: Sequence[bytes]) -> Sequence[bytes]:
    """Give words with a value for what comes after `error:` where much was said before; fields after it are kept."""
    said = 0
    for place, word in enumerate(words[:-2]):
        if said >= _MUCH_SAID and word.lower() in _CALLED and words[place + 1] == b":":
            rest = enumerate(words[place + 2 :], place + 2)
            end = next((at for at, after in rest if after == b'"' or after[-1:] == b"="), len(words))
            return [*words[: place + 2], STAR, *words[end:]]
        said += says_something(word)
    return words


def _without_enclosed(words: Sequence[bytes]) -> Iterable[bytes]:
    """Give words with a value for what brackets enclose after a small word; capitals between them are a state."""
    place = 0
    while place < len(words):
        word = words[place]
        yield word
        place += 1
        before = words[place - 2] if word == b":" and place > 1 else word
        if words[place : place + 1] == [b"["] and before.islower() and says_something(before):
            end = _closed_at(words, place)
            if end and not any(map(bytes.isupper, words[place:end])):
                yield STAR
                place = end


def _closed_at(words: Sequence[bytes], place: int) -> int:
    """Give where what the bracket at a place opens is closed; 0 where it isn't."""
    depth = 0
    for at in range(place, len(words)):
        depth += (words[at] == b"[") - (words[at] == b"]")
        if not depth:
            return at + 1
    return 0
