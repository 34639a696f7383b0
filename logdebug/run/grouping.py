"""Which of many logs tell of the same failure, without a comparison of each with each."""

from __future__ import annotations

from collections import Counter
from math import ceil, sqrt
from typing import TYPE_CHECKING

from logdebug.run.likeness import LEAST_ALIKE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.run.likeness import Fingerprint

__all__ = ["grouped"]

_ROUNDING = 1e-9


def grouped(prints: Sequence[Fingerprint]) -> list[list[int]]:
    """Put fingerprints into groups: each goes to the first group whose first one it is like, or begins another.

    Two that have a share in common have one of their rarest words in common, so only those are compared.

    Parameters
    ----------
    prints
        The fingerprints, in the order in which they may lead a group.

    Returns
    -------
    list of list of int
        The groups in the order in which they were begun, each as the places of its fingerprints, ascending.

    Source
    ------
    Prefix filtering: Bayardo, Ma, Srikant, "Scaling up all pairs similarity search", WWW 2007.
    """
    often = Counter(said for each in prints for said in _telling(each))
    led_by: dict[tuple[tuple[str, ...], bool, str], list[int]] = {}
    groups: list[list[int]] = []
    for place, print_ in enumerate(prints):
        keys = [(print_.kind, bool(print_.failures), said) for said in _rarest(print_, often)]
        candidates = sorted({number for key in keys for number in led_by.get(key, ())})
        alike = next((number for number in candidates if prints[groups[number][0]].is_like(print_)), None)
        if alike is not None:
            groups[alike].append(place)
            continue
        for key in keys:
            led_by.setdefault(key, []).append(len(groups))
        groups.append([place])
    return groups


def _telling(print_: Fingerprint) -> frozenset[str]:
    """Give what must be alike first: the failures, or all that is said where there are none."""
    return print_.failures or print_.messages


def _rarest(print_: Fingerprint, often: Counter[str]) -> list[str]:
    """Give so many of the rarest that whatever lacks them all can't have enough of the others."""
    telling = _telling(print_)
    least = LEAST_ALIKE if print_.failures else sqrt(LEAST_ALIKE)
    enough = ceil(least * len(telling) - _ROUNDING)
    return sorted(telling, key=lambda said: (often[said], said))[: len(telling) - enough + 1]
