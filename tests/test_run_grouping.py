"""Alike logs come together as if each were compared with each, without being it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.run.grouping import grouped
from logdebug.run.likeness import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = st.frozensets(st.sampled_from("abcdefghij"), max_size=7)
PRINTS = st.lists(st.builds(Fingerprint, st.sampled_from([("x",), ("y",)]), WORDS, WORDS), max_size=25)


def compared_with_each(prints: Sequence[Fingerprint]) -> list[list[int]]:
    """Group by comparing each with the first one of every group."""
    groups: list[list[int]] = []
    for place, print_ in enumerate(prints):
        alike = next((group for group in groups if prints[group[0]].is_like(print_)), None)
        if alike is None:
            groups.append([place])
        else:
            alike.append(place)
    return groups


@given(prints=PRINTS)
def test_the_groups_are_those_of_comparing_each_with_each(prints: list[Fingerprint]) -> None:
    """Whatever the logs say, with failures in them or without, the same ones come together in the same order."""
    assert grouped(prints) == compared_with_each(prints)


@pytest.mark.parametrize("failures", [True, False])
def test_logs_that_all_differ_are_hardly_compared(monkeypatch: pytest.MonkeyPatch, *, failures: bool) -> None:
    """Of 2,000 logs that have one line in common, and the others for themselves, no two are compared."""
    compared = 0
    is_like = Fingerprint.is_like

    def counted(one: Fingerprint, other: Fingerprint) -> bool:
        nonlocal compared
        compared += 1
        return is_like(one, other)

    monkeypatch.setattr(Fingerprint, "is_like", counted)
    said = [frozenset({"it has begun", f"{number} is wrong", f"{number} is gone"}) for number in range(2_000)]
    prints = [Fingerprint(("diagnosed",), each if failures else frozenset(), each) for each in said]
    assert len(grouped(prints)) == 2_000
    assert compared == 0
    assert grouped([*prints, *prints])[0] == [0, 2_000]
    assert compared <= 2_000
