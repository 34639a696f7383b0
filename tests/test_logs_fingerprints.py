"""Numbers of lines by numpy: the same groups as by the words of each line."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs import mining
from logdebug.logs.fingerprints import Fingerprints
from logdebug.logs.mining import Miner
from logdebug.logs.words import as_words

if TYPE_CHECKING:
    from collections.abc import Sequence


def line_of(chance: random.Random) -> str:
    """Give a line with names, paths, dates, numbers in a row, or free text."""
    names = ["".join(chance.choices("abcdefhi", k=chance.randint(2, 8))) for _ in range(12)]
    return chance.choice(
        [
            f"2026-11-22 08:00:00 INFO user {names[0]}.{names[1]} logged in from https://{names[2]}.example.com/x",
            f"Nov 22 08:00:00 ERROR pod {names[0]}-{names[1]} scheduled on {names[2]} 1 2 {names[3]}",
            f"[{names[0]}] open /srv/{names[1]}/{names[2]} failed: {chance.randint(1, 99)}, {chance.randint(1, 99)}",
            '{"level":50,"msg":"' + names[0] + ' gone"}',
            " ".join(names[: chance.randint(1, 12)]),
            "",
        ]
    )


def told(chunks: Sequence[bytes]) -> tuple[list[dict[int, int]], list[bytes]]:
    """Give what a miner counts in each chunk, and its keys."""
    miner = Miner()
    return [dict(miner.take(chunk, 1).counts) for chunk in chunks], miner.keys


def test_groups_are_those_of_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log with more templates than are kept has the same groups whether lines are looked at in bulk or one by one."""
    monkeypatch.setattr(mining, "_MOST_TEMPLATES", 600)
    monkeypatch.setattr(mining, "_MOST_COARSE", 100)
    chance = random.Random(3)
    chunks = ["\n".join(line_of(chance) for _ in range(800)).encode() for _ in range(10)]
    monkeypatch.setattr(mining, "_MOST_NEW", 100)
    in_bulk, keys = told(chunks)
    assert len(keys) > 650
    monkeypatch.setattr(mining, "_MOST_NEW", 1 << 40)
    monkeypatch.setattr(mining, "_FEW_NEW", 1 << 40)
    assert told(chunks) == (in_bulk, keys)


def test_long_lines_that_never_come_again_are_looked_at_in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few lines of a chunk, all of which are new, are many where they are long."""
    monkeypatch.setattr(mining, "_MOST_TEMPLATES", 300)
    monkeypatch.setattr(mining, "_MOST_COARSE", 10)
    chance = random.Random(5)
    chunks = [b"\n".join(bytes(chance.choices(b"abcdefghi   ", k=900)) for _ in range(60)) for _ in range(11)]
    miner = Miner()
    for chunk in chunks[:10]:
        miner.take(chunk, 1)
    with monkeypatch.context() as patch:
        patch.setattr(Miner, "_group_of", lambda *_: pytest.fail("a line was looked at by itself"))
        assert sum(miner.take(chunks[10], 1).counts.values()) == 60


LONG = [
    b"abcdefghi",
    b"abcdefghj",
    b"abcdefgh0",
    b"/longer/b",
    b"longer_than_two/times_eight",
    b"longer_than_two/times/eigh",
]
WORDS = st.lists(
    st.sampled_from([b"a", b"b", b"ab", b"ba", b"x0", b"/a/b", b"Mon", b"*", b"\xff", b"a\x0bb", b"aF", b"aG", *LONG]),
    max_size=9,
)


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_numbers_are_equal_where_keys_are(lines: list[list[bytes]]) -> None:
    """Two lines have one number if, and only if, they have one key."""
    data = [b" ".join(words) for words in lines]
    keys = list(Miner()._keys_of(data))
    numbers = Fingerprints(as_words(b" \n ".join(data))).whole.tolist()
    assert len(numbers) == len(keys)
    assert len(set(zip(keys, numbers, strict=True))) == len(set(keys)) == len(set(numbers))


def test_a_variable_in_a_place_is_a_star_there() -> None:
    """The number of a line without a word is that of the line with a star in its place."""
    import numpy as np

    prints = Fingerprints(b"user ann came \x01 user * came \x01 \x01 user bob came")
    assert prints.lengths.tolist() == [3, 3, 0, 3]
    lines, places = np.array([0, 3]), np.array([1])
    assert prints.without(lines, places).tolist() == [prints.whole[1]] * 2
