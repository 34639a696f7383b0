"""Ranges of lines in ascending order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs import open_log
from logdebug.logs.onward import OnwardLines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.logs import Log

LINES = 20_000


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    """Give a log of some index entries."""
    path = tmp_path_factory.mktemp("onward") / "app.log"
    path.write_text("".join(f"order {number} stored\n" for number in range(LINES)))
    with open_log(path) as log:
        yield log


@given(st.lists(st.integers(-2, LINES + 5) | st.integers(7_000, 7_300), max_size=12), st.integers(0, 5))
def test_ranges_are_those_of_the_log(log: Log, numbers: list[int], context: int) -> None:
    """Whether near the last range or far from it, over it or beyond the end, each is what the log gives."""
    onward = OnwardLines(log._index)
    for number in sorted(numbers):
        assert onward.lines(number - context, number + context) == log.lines(number - context, number + context)


def test_what_is_near_is_read_once(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand lines in a row take no more reads of the log than their size asks for."""
    read, sizes = log.source.read, []
    monkeypatch.setattr(log.source, "read", lambda start, size: sizes.append(size) or read(start, size))
    onward = OnwardLines(log._index)
    for number in range(10_000, 11_000):
        onward.lines(number - 3, number + 3)
    assert len(sizes) < 4
