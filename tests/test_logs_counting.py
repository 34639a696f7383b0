"""Lines counted block by block, against lines looked at one by one."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs.counting import count_lines

PATTERNS = ["ab", "a", "abcab", r"a\.b", "a.b", "(a|c)b$", "^b", "ba?c"]
TEXTS = st.lists(st.sampled_from([*b"abc.\n\n"]), max_size=200).map(bytes)


def cut(text: bytes, places: list[int]) -> list[bytes]:
    """Cut a text in pieces, empty ones left out."""
    ends = [0, *sorted(place for place in places if place < len(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends) if start < end]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=TEXTS, after=st.lists(st.integers(0, 30), max_size=5), threads=st.integers(1, 2))
def test_the_count_is_that_of_single_lines(pattern: str, text: bytes, after: list[int], threads: int) -> None:
    """However a text is cut at its lines' ends, as many lines are counted as match one by one."""
    ends = [match.end() for match in re.finditer(rb"\n", text)]
    blocks = cut(text, [ends[place % len(ends)] for place in after] if ends else [])
    expected = sum(re.search(pattern.encode(), line) is not None for line in text.split(b"\n"))
    assert count_lines(pattern, blocks, ignore_case=False, threads=threads) == expected


@given(text=TEXTS, places=st.lists(st.integers(0, 200), max_size=8))
def test_a_line_in_several_blocks_counts_once(text: bytes, places: list[int]) -> None:
    """A line longer than a block counts once, in however many of its pieces something is found."""
    expected = sum(b"a" in line for line in text.split(b"\n"))
    assert count_lines("a", cut(text, places), ignore_case=False, threads=1) == expected
    assert count_lines("[a]", cut(text, places), ignore_case=False, threads=1) == expected


def test_dense_and_sparse_texts_count_alike() -> None:
    """A text in every line and one in every thousandth line are counted in different ways, both right."""
    dense = b"INFO ok INFO\n" * 5000
    sparse = b"".join(b"ERROR\r\n" if place % 1000 == 0 else b"fine\r\n" for place in range(5000))
    assert count_lines("INFO", [dense, dense], ignore_case=False, threads=2) == 10_000
    assert count_lines("ERROR", [sparse, sparse], ignore_case=False, threads=2) == 10
    assert count_lines("ERROR$", [sparse], ignore_case=False, threads=1) == 5
    assert count_lines("error", [sparse], ignore_case=True, threads=1) == 5
