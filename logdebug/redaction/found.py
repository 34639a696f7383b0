"""What a pattern found on a line, for the checks that it must also pass."""

from __future__ import annotations

import math
from collections import Counter

__all__ = ["Found", "entropy_bits"]


class Found:
    """What a pattern found on a line.

    Parameters
    ----------
    value
        What may be a secret.
    key
        The name of the field that holds it; empty where the rule names none.
    before, after
        What stands before the value and after it on its line, 160 bytes at the most.
    quoted
        Whether the value stands in quotes, so that its ends are certain.
    """

    __slots__ = ("_after", "_before", "key", "quoted", "value")

    def __init__(
        self, value: str, key: str = "", before: str | bytes = "", after: str | bytes = "", *, quoted: bool = False
    ) -> None:
        self.value, self.key, self.quoted = value, key, quoted
        self._before, self._after = before, after

    @property
    def before(self) -> str:
        """What stands before the value; most checks never ask."""
        if isinstance(self._before, bytes):
            self._before = self._before[self._before.rfind(b"\n") + 1 :].decode("utf-8", "replace")
        return self._before

    @property
    def after(self) -> str:
        """What stands after the value."""
        if isinstance(self._after, bytes):
            self._after = self._after.partition(b"\n")[0].decode("utf-8", "replace")
        return self._after


def entropy_bits(text: str) -> float:
    """Give Shannon's entropy of a text's characters, in bits per character; 0 for an empty text."""
    size = len(text)
    if not size:
        return 0.0
    counts = Counter(text).values()
    if len(counts) == size:
        return math.log2(size)
    return math.log2(size) - sum([count * math.log2(count) for count in counts if count > 1]) / size
