"""Texts that are known, to be found in others fast however many they are."""

from __future__ import annotations

import re
from typing import Any

import re2

__all__ = ["KnownTexts"]

_MOST = 2_000
_MOST_SINGLE = 24


class KnownTexts:
    """Texts to look for in others. Of too many the first 2,000 are looked for."""

    def __init__(self) -> None:
        self._all: list[str] = []
        self._compiled = 0  # so many of them are in the pattern; the others are looked for one by one
        self._pattern: Any = None

    def add(self, text: str) -> None:
        """Add a text that is not among them."""
        if len(self._all) < _MOST:
            self._all.append(text)

    def in_text(self, text: str) -> list[str]:
        """Give those that stand in a text, the longest first."""
        if len(self._all) - self._compiled > _MOST_SINGLE:
            self._compile()
        found = {known for known in self._all[self._compiled :] if known in text}
        if self._pattern is not None:
            data = text.encode("utf-8", "surrogatepass")
            found |= {match.group().decode("utf-8", "surrogatepass") for match in self._pattern.finditer(data)}
        return sorted(found, key=len, reverse=True)

    def _compile(self) -> None:
        options = re2.Options()
        options.max_mem = 64 << 20
        # Of two that begin alike the longer must win.
        texts = sorted(self._all, key=len, reverse=True)
        escaped = "|".join(map(re.escape, texts)).encode("utf-8", "surrogatepass")
        self._pattern = re2.compile(escaped, options)
        self._compiled = len(self._all)
