"""How many lines of which groups a chunk of text holds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Tally"]

_FEW_GROUPS = 32


class Tally:
    """What a chunk holds: how many lines of which groups, and where each group stands last.

    Parameters
    ----------
    groups
        The group of each line.
    """

    def __init__(self, groups: Sequence[int]) -> None:
        self.lines = len(groups)
        self.counts: Mapping[int, int]
        self.last: Mapping[int, int]
        try:
            codes = bytes(groups)
            found = set(codes)
        except ValueError:
            found = set()
        if 0 < len(found) <= _FEW_GROUPS:
            # Bytes are searched several times as fast as lists are counted.
            self.counts = {group: codes.count(group) for group in found}
            self.last = {group: codes.rfind(group) for group in found}
        else:
            self.counts = Counter(groups)
            self.last = dict(zip(groups, range(len(groups)), strict=True))
