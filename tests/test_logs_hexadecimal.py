"""Hexadecimal ids blanked by numpy, against a regular expression."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs.hexadecimal import HexBlanker

BLANKER = HexBlanker()
TEXTS = st.lists(st.sampled_from([*b"09afAF-gG`@/:\n \x00\x7f\xc1\xe6\xff"]), max_size=120).map(bytes)


@given(st.one_of(TEXTS, st.binary(max_size=200)))
def test_runs_of_eight_and_more_are_blanked(text: bytes) -> None:
    """Each run of eight or more hexadecimal digits and dashes is NUL bytes, and no other byte changes."""
    assert BLANKER.blank(text) == re.sub(rb"[0-9a-fA-F-]{8,}", lambda run: b"\0" * len(run[0]), text)


def test_a_longer_chunk_after_a_shorter_one_gets_room() -> None:
    """The room that is kept grows with the chunks, and what an earlier chunk left in it doesn't show."""
    blanker = HexBlanker()
    assert blanker.blank(b"deadbeef") == bytes(8)
    assert blanker.blank(b"no id here, 0123456 only") == b"no id here, 0123456 only"
    assert blanker.blank(b"x" * 5000 + b"deadbeef") == b"x" * 5000 + bytes(8)
    assert blanker.blank(b"plain") == b"plain"
