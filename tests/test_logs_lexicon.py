"""Looking up all lines of a chunk at once: the same groups as one by one, whatever the residues are."""

from __future__ import annotations

import itertools
import random
import re
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs.lexicon import Lexicon
from logdebug.logs.mining import Miner
from logdebug.logs.shapes import Shaper, Shapes
from logdebug.logs.tally import Tally

CHANCE = random.Random(20261129)
SHAPES = st.lists(
    st.binary(max_size=24).map(lambda data: data.replace(b"\n", b""))
    | st.sampled_from([b"", b"a", b"end of it", b"\xff", b"took 12 ms", b"took 1 ms"]),
    min_size=1,
    max_size=12,
    unique_by=lambda line: re.sub(rb"[0-9]", b"0", line),
)


def shapes_of(lines: list[bytes]) -> Shapes:
    """Give the shapes of some lines."""
    return Shaper().of(b"\n".join(lines), with_ids=False)


def looked_up(lexicon: Lexicon, lines: list[bytes], known: dict[bytes, int]) -> list[int]:
    """Give the group of each line, once all are learned."""
    assert lexicon.groups_of(shapes_of(lines), {}) is None
    lexicon.learn([known[line] for line in lines])
    found = lexicon.groups_of(shapes_of(lines), {})
    assert found is not None
    assert not found[1]
    return found[0].tolist()


@given(SHAPES, st.randoms(use_true_random=False))
def test_the_lines_of_a_chunk_are_of_the_groups_that_their_shapes_are_of(
    shapes: list[bytes], chance: random.Random
) -> None:
    """Any bytes, short ones and empty ones too, are found at once as they would be one by one."""
    known = {line: group for group, line in enumerate(shapes)}
    lines = [*chance.choices(shapes, k=200), *shapes * 8]
    assert looked_up(Lexicon(), lines, known) == [known[line] for line in lines]


def test_lines_that_end_alike_and_are_as_long_are_told_apart() -> None:
    """Some bytes further ahead tell them apart, wherever they differ."""
    states = [b"VM %s (Lifecycle Event) of the instance that it is of" % state for state in (b"Started", b"Stopped")]
    states += [b"x" * place + b"y" + b"x" * (60 - place) for place in (0, 9, 18, 40)]
    known = {state: group for group, state in enumerate(states)}
    lines = states * 20
    assert looked_up(Lexicon(), lines, known) == [known[line] for line in lines]


def test_more_shapes_than_there_is_room_for_are_told_apart_all_the_same() -> None:
    """Numbers of all lengths in several places make thousands of shapes; those without a place are found by residue."""
    lexicon, residue = Lexicon(), b"block  of  from "
    lines = [
        b"block %s of %s from %s" % tuple(b"1" * length for length in lengths)
        for lengths in itertools.product(range(1, 18), repeat=3)
    ]
    assert lexicon.groups_of(shapes_of(lines * 2), {}) is None
    lexicon.learn([4] * len(lines) * 2)
    found = lexicon.groups_of(shapes_of(lines[:4000] + lines[-200:]), {residue: 4}) or pytest.fail("not looked up")
    assert set(found[0].tolist()) == {4}
    assert not found[1]


def test_lines_that_the_lexicon_lacks_are_found_one_by_one_or_given_back() -> None:
    """A residue known elsewhere gets its group; one that nobody knows is given by its place."""
    lexicon, known = Lexicon(), {b"one": 3, b"two ": 5}
    looked_up(lexicon, [b"one"] * 100, known)
    lines = [b"one"] * 50 + [b"two 2", b"never seen 17"]
    groups, unknown = lexicon.groups_of(shapes_of(lines), known) or pytest.fail("not looked up")
    assert groups.tolist() == [3] * 50 + [5, -1]
    assert unknown == {51: b"never seen "}


def test_an_unknown_line_with_the_number_of_a_known_one_is_no_such_line() -> None:
    """What looks like a known line by its length and end is compared as a whole."""
    lexicon, known = Lexicon(), {b"the disk sda is full today": 1}
    looked_up(lexicon, list(known) * 100, known)
    assert lexicon.groups_of(shapes_of([*known, b"the disk sdb is full today"] * 50), known) is None


def test_a_log_whose_lines_never_come_again_is_hardly_looked_at() -> None:
    """After some chunks in vain most go by untried."""
    lexicon, tried = Lexicon(), 0
    for _ in range(200):
        if lexicon.is_awake():
            tried += 1
            lines = ["".join(CHANCE.choices("abcdefgh/", k=9)).encode() for _ in range(50)]
            assert lexicon.groups_of(shapes_of(lines), {}) is None
            lexicon.learn(list(range(50)))
    assert tried < 15


def test_other_lines_than_at_first_find_room() -> None:
    """A lexicon full of lines that come no more makes room for those that come now."""
    lexicon = Lexicon()
    old = ["".join(CHANCE.choices("abcdefgh/", k=30)).encode() for _ in range(5000)]
    looked_up(lexicon, old[:4000] * 2, dict.fromkeys(old, 1))
    lexicon.groups_of(shapes_of(old[4000:] * 2), {})
    lexicon.learn([1] * 2000)
    new = [b"x%d" % place for place in range(10)] * 40
    for _ in range(2):
        found = lexicon.groups_of(shapes_of(new), {})
        lexicon.learn([2] * len(new))
    found = lexicon.groups_of(shapes_of(new), {})
    assert found is not None
    assert set(found[0].tolist()) == {2}


def test_a_miner_with_a_lexicon_tells_the_same_as_one_without() -> None:
    """Counts and last lines are equal for a log with rare lines, empty lines and words that vary."""
    chance = random.Random(3)
    names = ["".join(chance.choices("abcdefgh", k=chance.randint(1, 9))) for _ in range(300)]
    lines = [
        chance.choice(["", "end", "\tat com.acme.Order.call(Order.java:17)", f"took {chance.randint(1, 10**6)} ms"])
        if chance.random() < 0.95
        else f"user {chance.choice(names)} said {chance.choice(names)} {chance.randint(1, 99)}"
        for _ in range(8_000)
    ]
    chunks = ["\n".join(lines[start : start + 400]).encode() for start in range(0, len(lines), 400)]
    told = Miner(), Miner()
    for place, chunk in enumerate(chunks):
        with patch.object(told[1], "_awake_lexicon", lambda: None):
            one, other = (miner.take(chunk, 1 + 400 * place) for miner in told)
        assert (one.lines, dict(one.counts), dict(one.last)) == (other.lines, dict(other.counts), dict(other.last))
    assert told[0].keys == told[1].keys
    assert told[0].first_lines == told[1].first_lines


@given(st.lists(st.integers(0, 300), min_size=1, max_size=300))
def test_an_array_of_groups_is_counted_like_a_list(groups: list[int]) -> None:
    """Each group's lines are counted, and where it stands last is found."""
    one, other = Tally(groups), Tally(np.array(groups))
    assert (one.lines, dict(one.counts), dict(one.last)) == (other.lines, dict(other.counts), dict(other.last))
