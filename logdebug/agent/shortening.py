"""Shortening a conversation that is longer than the model takes: old tool results first, the opening last.

What is cut is decided once and told as a step; `shortened` does it, now and when a session is gone on with.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from logdebug.agent.steps import Cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logdebug.agent.messages import Message

__all__ = ["cuts_of", "shortened"]

_LEFT = 0.6
"""How much of the conversation is left each time, tool calls and system prompt apart, as far as that goes."""
_LEAST_CHARACTERS = 400  # of a message; below that, nothing is won by cutting it
_GONE = "[left out: the conversation was longer than you take; call the tool again for what you need of it]"
_MIDDLE = "\n[… {} characters left out here: the conversation was longer than you take …]\n"


def cuts_of(messages: Sequence[Message]) -> tuple[Cut, ...]:
    """Decide what to cut out of a conversation, so that it is two fifths shorter.

    Parameters
    ----------
    messages
        The conversation.

    Returns
    -------
    tuple of Cut
        Whole results of tools, oldest first; where those are not enough, the middles of the longest of the rest, be
        they the newest results or the overview. Empty where there is nothing left to cut.
    """
    texts = {place: len(message.text) for place, message in enumerate(messages) if message.role != "system"}
    excess = sum(texts.values()) * (1 - _LEFT)
    cuts: list[Cut] = []
    newest = max((place for place, message in enumerate(messages) if message.role == "assistant"), default=0)
    for place, message in enumerate(messages[:newest]):
        if excess <= 0:
            break
        if message.role == "tool" and len(message.text) >= _LEAST_CHARACTERS:
            cuts.append(Cut(place, 0, 0, _GONE))
            excess -= texts.pop(place) - len(_GONE)
    for place, length in sorted(texts.items(), key=lambda item: -item[1]):
        if excess <= 0 or length < _LEAST_CHARACTERS:
            break
        left = max(length - int(excess), length // 3)
        note = _MIDDLE.format(length - left)
        if left + len(note) < length:
            cuts.append(Cut(place, left * 2 // 3, left - left * 2 // 3, note))
            excess -= length - left - len(note)
    return tuple(cuts)


def shortened(messages: Iterable[Message], cuts: Iterable[Cut]) -> list[Message]:
    """Give a conversation with something cut out of it."""
    left = list(messages)
    for cut in cuts:
        text = left[cut.place].text
        left[cut.place] = replace(left[cut.place], text=text[: cut.head] + cut.note + text[len(text) - cut.tail :])
    return left
