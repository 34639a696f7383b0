"""Texts that are known, to be found in others fast however many they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KnownTexts"]

_MOST = 2_000
_MOST_SINGLE = 64
_JOINED = 4  # so many patterns of one size become one of the next
_SETTLED = 64  # texts that were looked through since the last new one: then all become one pattern


class KnownTexts:
    """Texts to look for in others. Of too many the first 2,000 are looked for.

    The newest are looked for one by one; sixty-four make a pattern, and four patterns of one size a larger one. So each
    text is compiled three times at the most, however many come. Where none came for a while, all make one pattern.
    """

    def __init__(self) -> None:
        self._count = self._asked = 0
        self._single: list[str] = []
        self._groups: list[tuple[list[str], Any]] = []  # texts and their pattern, the largest first

    def add(self, text: str) -> None:
        """Add a text that is not among them."""
        if self._count < _MOST:
            self._count, self._asked = self._count + 1, 0
            self._single.append(text)

    def in_text(self, text: str) -> list[str]:
        """Give those that stand in a text, the longest first."""
        self._asked += 1
        if len(self._single) >= _MOST_SINGLE:
            self._group()
        elif self._asked == _SETTLED and self._count:
            self._settle()
        found = {known for known in self._single if known in text}
        if self._groups:
            data = text.encode("utf-8", "surrogatepass")
            for _, pattern in self._groups:
                found |= {match.group().decode("utf-8", "surrogatepass") for match in pattern.finditer(data)}
        return sorted(found, key=len, reverse=True)

    def _group(self) -> None:
        """Make a pattern of the single ones, and one of the smallest patterns where there are enough of a size."""
        texts, self._single = self._single, []
        while sum(len(others) <= len(texts) for others, _ in self._groups) >= _JOINED - 1:
            for others, _ in self._groups[1 - _JOINED :]:
                texts = [*others, *texts]
            del self._groups[1 - _JOINED :]
        self._groups.append((texts, _pattern(texts)))

    def _settle(self) -> None:
        """Make one pattern of all."""
        texts = [*(text for others, _ in self._groups for text in others), *self._single]
        self._single, self._groups = [], [(texts, _pattern(texts))]


def _pattern(texts: Sequence[str]) -> Any:
    """Compile texts to one pattern; of two that begin alike the longer wins."""
    options = re2.Options()
    options.max_mem = 64 << 20
    escaped = "|".join(map(re.escape, sorted(texts, key=len, reverse=True))).encode("utf-8", "surrogatepass")
    return re2.compile(escaped, options)
