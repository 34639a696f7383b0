"""The JSON objects in a model's words, whatever stands around them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["objects_in"]


def objects_in(text: str) -> Iterator[dict[str, Any]]:
    """Find the JSON objects in a text, whatever stands around them.

    Parameters
    ----------
    text
        A model's words. What stands within `<think>…</think>` is left out, and so is all of a thought that never ends.

    Yields
    ------
    dict
        Each complete outermost object, in order; small faults such as trailing commas are mended. One that is cut
        short is none: half an answer isn't mended into a whole one.
    """
    position, wasted = 0, 0
    for _ in range(_MOST_STARTS):
        # A thought is left out where it begins, and not beforehand: a quote within an object may hold these marks too.
        opening = _OPENING.search(text, position)
        if not opening:
            return
        start = opening.start()
        if opening[0] != "{":
            thought_end = _THOUGHT_END.search(text, start)
            if not thought_end:
                return
            position = thought_end.end()
            continue
        end = _closing(text, start)
        if end is None:
            position = start + 1
            wasted += len(text) - start
            if wasted > _MOST_WASTED_CHARACTERS:
                return
            continue
        loaded = _load(text[start:end])
        if isinstance(loaded, dict):
            yield loaded
            position = end
        else:
            position = start + 1


_OPENING = re.compile(r"\{|<think(?:ing)?>")
_THOUGHT_END = re.compile(r"</think(?:ing)?>")
_STRUCTURE = re.compile(r'["{}\\]')
# A hostile "{{{{…" would otherwise be scanned to its end once per brace.
_MOST_NESTED = 200
_MOST_STARTS = 200
_MOST_WASTED_CHARACTERS = 2_000_000


def _closing(text: str, start: int) -> int | None:
    """Find the end of the object that opens at `start`; None where it is cut short."""
    depth, quoted, position = 0, False, start
    while match := _STRUCTURE.search(text, position):
        position = match.end()
        character = match[0]
        if character == "\\":
            position += quoted
        elif character == '"':
            quoted = not quoted
        elif not quoted:
            depth += 1 if character == "{" else -1
            if depth == 0:
                return position
            if depth > _MOST_NESTED:
                return None
    return None


def _load(text: str) -> Any:
    """Load JSON, mending small faults."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        pass
    if '"' not in text and "'" not in text:
        return None  # a set of braces in prose or code, not JSON with a fault
    from json_repair import repair_json

    try:
        return repair_json(text, return_objects=True)
    except (ValueError, RecursionError):
        return None
