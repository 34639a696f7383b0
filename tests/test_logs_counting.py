"""Lines counted block by block, against lines looked at one by one."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs import matches
from logdebug.logs.counting import found_in

PATTERNS = ["ab", "a", "abcab", r"a\.b", "a.b", "(a|c)b$", "^b", "ba?c"]
TEXTS = st.lists(st.sampled_from([*b"abc.\n\n"]), max_size=200).map(bytes)


def cut(text: bytes, places: list[int]) -> list[tuple[int, bytes]]:
    """Cut a text in pieces, each with where it begins; empty ones left out."""
    ends = [0, *sorted(place for place in places if place < len(text)), len(text)]
    return [(start, text[start:end]) for start, end in pairwise(ends) if start < end]


def joined(*blocks: bytes) -> list[tuple[int, bytes]]:
    """Give blocks with where each begins in the text of them all."""
    return cut(b"".join(blocks), list(accumulate(map(len, blocks))))


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=TEXTS, after=st.lists(st.integers(0, 30), max_size=5))
def test_the_count_is_that_of_single_lines(pattern: str, text: bytes, after: list[int]) -> None:
    """However a text is cut at its lines' ends, as many lines are counted as match one by one."""
    ends = [match.end() for match in re.finditer(rb"\n", text)]
    blocks = cut(text, [ends[place % len(ends)] for place in after] if ends else [])
    expected = sum(re.search(pattern.encode(), line) is not None for line in text.split(b"\n"))
    assert found_in(pattern, blocks, ignore_case=False).total == expected


@given(
    text=st.lists(st.sampled_from([*b"ababc\n"]), max_size=60).map(bytes),
    places=st.lists(st.integers(0, 60), max_size=8),
    dense=st.sampled_from([0, 1, 100_000]),
)
def test_a_line_in_several_blocks_counts_once(text: bytes, places: list[int], dense: int) -> None:
    """A line longer than a block counts once, in however many of its pieces something is found, and in whatever way."""
    blocks = cut(text, places)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matches, "_DENSE_BYTES", dense)
        for pattern in ("a", "[a]", "a|c", "(?i)A|C"):
            expected = [n for n, line in enumerate(text.split(b"\n")) if re.search(pattern.encode(), line)]
            found = found_in(pattern, blocks, ignore_case=False, most=2)
            assert found.total == len(expected)
            assert [text.count(b"\n", 0, begin) + line for begin, line in found.places] == expected[:2]


@pytest.mark.parametrize("pattern", [r"[ab]\.", r"(a|c)[^b]*$", r"^[^a]+b", r"\ba\W*b", r"(?i)A[.]|cc"])
@given(text=st.lists(st.sampled_from([*"aabbc. \né"]), max_size=3000).map(lambda letters: "".join(letters).encode()))
def test_many_lines_that_match_are_counted_at_once(pattern: str, text: bytes) -> None:
    """Lines counted 64, 8 and 1 at a time are as many as match one by one, whatever stands in them."""
    expected = sum(re.search(pattern.encode(), line) is not None for line in text.split(b"\n"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matches, "_DENSE_BYTES_FOR_REGEX", 100_000)
        found = found_in(pattern, joined(b"ab.\n", *[text] * bool(text)), ignore_case=False)
        assert found.total == expected + (re.search(pattern.encode(), b"ab.") is not None)


@pytest.mark.parametrize(
    "pattern",
    ["(a|b)[ab]{9}x?" + "(a|b|[ab]{1,9}c)?" * 8 + "b", "|".join(f"[a]b{place}" for place in range(3000)) + "|b"],
)
def test_a_pattern_of_many_states_is_counted_all_the_same(pattern: str) -> None:
    """A pattern too long to be looked for 64 times over, or that RE2 is slow with then, is looked for line by line."""
    text = b"".join(b"ab" * (place % 40) + b"\n" for place in range(9000))
    expected = sum(re.search(pattern.encode(), line) is not None for line in text.split(b"\n"))
    assert found_in(pattern, joined(text, text), ignore_case=False).total == 2 * expected


def test_dense_and_sparse_texts_count_alike() -> None:
    """A text in every line and one in every thousandth line are counted in different ways, both right."""
    dense = b"INFO ok INFO\n" * 5000
    sparse = b"".join(b"ERROR\r\n" if place % 1000 == 0 else b"fine\r\n" for place in range(5000))
    assert found_in("INFO", joined(dense, dense), ignore_case=False).total == 10_000
    assert found_in("ERROR", joined(sparse, sparse), ignore_case=False).total == 10
    assert found_in("ERROR$", joined(sparse), ignore_case=False).total == 5
    assert found_in("error", joined(sparse), ignore_case=True).total == 5


@given(
    blocks=st.lists(st.text("xyzab  \n", max_size=60).map(lambda text: text.encode() * 3 + b"\n"), max_size=5),
    rare=st.sampled_from([1, 5, 2000]),
    dense=st.sampled_from([0, 10, 1500]),
)
def test_a_text_is_found_whatever_byte_of_it_was_rare(blocks: list[bytes], rare: int, dense: int) -> None:
    """A byte that was rare in the first block may be all there is in the next one: the lines found stay the same."""
    text = b"".join(blocks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matches, "_RARE_BYTES", rare)
        patch.setattr(matches, "_DENSE_BYTES", dense)
        for pattern in ("xy", "zxz", "x|ab"):
            expected = [n for n, line in enumerate(text.split(b"\n")) if re.search(pattern.encode(), line)]
            found = found_in(pattern, joined(*blocks), ignore_case=False, most=3)
            assert found.total == len(expected)
            assert [text.count(b"\n", 0, begin) + line for begin, line in found.places] == expected[:3]


@pytest.mark.parametrize("pattern", [r"fo+\b|bar", "[a-z]{3}", r"\b"])
def test_a_line_that_is_no_utf8_counts_once(pattern: str) -> None:
    """A line with a match before a byte that is no character and one behind it is one line, in any text."""
    block = b"foo \xe9 foo\n"
    text = block * 20 + b"\n" * 5000 + block
    assert found_in(pattern, joined(text, text), ignore_case=False).total == 42
    assert found_in(pattern, joined(block, block, block), ignore_case=False).total == 3
