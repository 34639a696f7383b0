"""What a cut in a quote may not take away: a word, or the beginning of one, that turns around what is left."""

from __future__ import annotations

import re

__all__ = ["MOST_CHARACTERS", "turns"]

MOST_CHARACTERS = 40
"""How much of what is left out is looked at: what is cut for its length is longer, and a "not" in it tells nothing."""

_AGAINST = re.compile(r"(?i)\b(?:not|no|never|none|nor|without|cannot|neither)\b|n['\u2019]t\b")
_HEADS = frozenset({"un", "in", "im", "ir", "il", "dis", "non", "mis", "de"})
_HEAD = re.compile(r"[^\W\d_]*$")


def turns(before: str, after: str, *, is_between: bool) -> bool:
    """Tell whether what a quote leaves out turns its meaning: "is … authorized" is no quote of "is not authorized".

    Parameters
    ----------
    before
        What is left out before a piece of the quote; of much, the last `MOST_CHARACTERS`.
    after
        The piece.
    is_between
        Whether all of it is left out; else the quote begins here, with the rest of a word perhaps ("… able").
    """
    head = _HEAD.search(before)
    if head is not None and head[0].lower() in _HEADS and after[:1].isalpha():
        return True
    return is_between and len(before) < MOST_CHARACTERS and _AGAINST.search(before) is not None
