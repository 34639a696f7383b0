"""Records without what was planted in them to steer an analyst: what the log itself says is judged, and nothing else.

Only the planted words go. Whoever can put words into an error message must not be able to hide the error with them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from logdebug.agent.suspicion import innocent_part

if TYPE_CHECKING:
    from logdebug.logs import Record

__all__ = ["is_planted", "without_planted"]

_FEWEST_WORDS = 2  # a message of fewer words says nothing by itself


def is_planted(text: str) -> bool:
    """Tell whether a text says nothing but what was planted."""
    rest = innocent_part(text)
    return rest is not text and len(rest.split()) < _FEWEST_WORDS


def without_planted(record: Record) -> Record | None:
    """Give a record without what was planted in it; itself where nothing was, None where nothing else is in it."""
    lines = record.text.split("\n")
    bare = [innocent_part(line) for line in lines]
    if all(one is other for one, other in zip(bare, lines, strict=True)):
        return record
    message = innocent_part(record.message)
    said = message.split() if message is not record.message else record.message.split()
    if len(said) < _FEWEST_WORDS:
        message, bare[0] = "", ""
        if not any(line.strip() for line in bare):
            return None
        # The level stood on the planted line, and says nothing about the ones below it.
        return replace(record, text="\n".join(bare), message=message, level=None)
    return replace(record, text="\n".join(bare), message=message)
