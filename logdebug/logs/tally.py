"""How many lines of which groups a chunk of text holds."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Tally"]

_FEW_GROUPS = 32
_ALL = bytes(range(256))


class Tally:
    """What a chunk holds: how many lines of which groups, and where each group stands last.

    Parameters
    ----------
    groups
        The group of each line, in a list or an array.
    """

    def __init__(self, groups: list[int] | NDArray[np.intp]) -> None:
        self.lines = len(groups)
        self.counts: Mapping[int, int]
        self.last: Mapping[int, int]
        if not isinstance(groups, list):
            self.counts, self.last = _counts_and_last(groups)
            return
        try:
            codes = bytes(groups)
        except ValueError:  # there are more groups than bytes can tell apart
            codes = b""
        counts = _counts(codes)
        if not codes and "numpy" in sys.modules and groups:
            import numpy as np

            self.counts, self.last = _counts_and_last(np.array(groups))
        elif 0 < len(counts) <= _FEW_GROUPS:
            # Bytes are searched several times as fast as lists are counted.
            self.counts = counts
            self.last = {group: codes.rfind(group) for group in counts}
        else:
            self.counts = Counter(groups)
            self.last = dict(zip(groups, range(len(groups)), strict=True))


def _counts(codes: bytes) -> dict[int, int]:
    """Count each byte; by numpy where that is loaded already."""
    if "numpy" not in sys.modules:
        return {code: codes.count(code) for code in _ALL.translate(None, _ALL.translate(None, codes))}
    import numpy as np

    counts = np.bincount(np.frombuffer(codes, np.uint8)).tolist()
    return {code: count for code, count in enumerate(counts) if count}


def _counts_and_last(groups: NDArray[np.intp]) -> tuple[dict[int, int], dict[int, int]]:
    """Count each group of an array, and give where it stands last."""
    import numpy as np

    counts = np.bincount(groups)
    places = np.empty_like(counts)
    places[groups] = np.arange(len(groups))  # of many values for one place the last one stays
    found = np.flatnonzero(counts)
    each = found.tolist()
    return dict(zip(each, counts[found].tolist(), strict=True)), dict(zip(each, places[found].tolist(), strict=True))
