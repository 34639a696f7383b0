"""Texts that are known, to be found in others fast however many they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ahocorasick_rs import BytesAhoCorasick, Implementation

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KnownTexts"]

_MOST = 2_000
_MOST_SINGLE = 32
_JOINED = 4  # so many groups of one size become one of the next
_SETTLED = 64  # texts that were looked through since the last new one: then all become one group
_HEAD_BYTES = 8


class KnownTexts:
    """Texts to look for in others. Of too many the first 2,000 are looked for.

    The newest are looked for one by one; thirty-two make a group, and four groups of one size a larger one. So each
    text is compiled four times at the most, however many come. Where none came for a while, all make one group.
    """

    def __init__(self) -> None:
        self._count = self._asked = 0
        self._single: list[bytes] = []
        self._groups: list[_Group] = []  # the largest first

    def add(self, text: str) -> None:
        """Add a text that is not among them."""
        if self._count < _MOST:
            self._count, self._asked = self._count + 1, 0
            self._single.append(text.encode("utf-8", "surrogatepass"))

    def in_text(self, text: str) -> list[str]:
        """Give those that stand in a text, the longest first."""
        self._asked += 1
        if len(self._single) >= _MOST_SINGLE:
            self._join()
        elif self._asked == _SETTLED and self._count:
            self._settle()
        data = text.encode("utf-8", "surrogatepass")
        found = {known for known in self._single if known in data}
        for group in self._groups:
            found |= group.within(data)
        texts = [known.decode("utf-8", "surrogatepass") for known in found]
        return sorted(texts, key=lambda known: (-len(known), known))

    def _join(self) -> None:
        """Make a group of the single ones, and one of the smallest groups where there are enough of a size."""
        texts, self._single = self._single, []
        while sum(len(group.texts) <= len(texts) for group in self._groups) >= _JOINED - 1:
            for group in self._groups[1 - _JOINED :]:
                texts = [*group.texts, *texts]
            del self._groups[1 - _JOINED :]
        self._groups.append(_Group(texts))

    def _settle(self) -> None:
        """Make one group of all."""
        texts = [*(text for group in self._groups for text in group.texts), *self._single]
        self._single, self._groups = [], [_Group(texts)]


class _Group:
    """Some of the texts, found by how they begin: whole long ones would make too large an automaton.

    Parameters
    ----------
    texts
        The texts.
    """

    def __init__(self, texts: Sequence[bytes]) -> None:
        self.texts = texts
        by_head: dict[bytes, list[bytes]] = {}
        for text in texts:
            by_head.setdefault(text[:_HEAD_BYTES], []).append(text)
        self._of_head = tuple(by_head.values())
        self._heads = BytesAhoCorasick(by_head, implementation=Implementation.DFA)

    def within(self, data: bytes) -> set[bytes]:
        """Give those that stand in a text."""
        found: set[bytes] = set()
        for head, at, _ in self._heads.find_matches_as_indexes(data, overlapping=True):
            found.update(text for text in self._of_head[head] if data.startswith(text, at))
        return found
