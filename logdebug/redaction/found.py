"""What a pattern found on a line, for the checks that it must also pass."""

from __future__ import annotations

import math
from collections import Counter
from typing import NamedTuple

__all__ = ["Found", "entropy_bits"]


class Found(NamedTuple):
    """What a pattern found on a line.

    Parameters
    ----------
    value
        What may be a secret.
    key
        The name of the field that holds it; empty where the rule names none.
    before, after
        What stands before the value and after it on its line, 120 characters at the most.
    quoted
        Whether the value stands in quotes, so that its ends are certain.
    """

    value: str
    key: str = ""
    before: str = ""
    after: str = ""
    quoted: bool = False


def entropy_bits(text: str) -> float:
    """Give Shannon's entropy of a text's characters, in bits per character; 0 for an empty text."""
    size = len(text)
    if not size:
        return 0.0
    counts = Counter(text).values()
    if len(counts) == size:
        return math.log2(size)
    return math.log2(size) - sum([count * math.log2(count) for count in counts if count > 1]) / size
