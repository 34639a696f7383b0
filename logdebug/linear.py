"""RE2 without the wrapper around a match, where a text is looked through so often that the wrapper takes most of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import re2

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["FROM_START", "UNANCHORED", "Matching", "Span", "matching"]

Span = tuple[int, int]
"""Where a match or a group begins and ends, in bytes; -1 where there is none."""

# What `matching` gives must be told one of these.
UNANCHORED = re2._Anchor.UNANCHORED  # noqa: SLF001
FROM_START = re2._Anchor.ANCHOR_START  # noqa: SLF001


Matching: TypeAlias = "Callable[[Any, bytes, int, int], Sequence[Span]]"
"""What gives the groups' places of the next match between two places of a text, told where the match may begin."""


def matching(pattern: Any) -> Matching:
    """Give what gives the groups' places of a pattern's next match between two places of a text.

    The wrapper around it makes a generator and an object of each match, for twice the time of most searches here.

    Parameters
    ----------
    pattern
        What `re2.compile` gave for bytes.
    """
    matching: Matching = pattern._regexp.Match  # noqa: SLF001 -- as said
    return matching
