"""Matches of RE2 by places alone, against those of the wrapper."""

from __future__ import annotations

import re2

from logdebug.linear import UNANCHORED, matching


def test_places_are_those_of_a_match() -> None:
    """The places of a match and its groups are those that the wrapper tells, and -1 where there is none."""
    pattern = re2.compile(rb"(b+)|(c)")
    match = matching(pattern)
    text = b"abbc"
    told = pattern.search(text)
    assert list(match(UNANCHORED, text, 0, len(text))) == [told.span(), told.span(1), (-1, -1)]
    assert match(UNANCHORED, text, 3, len(text))[0] == (3, 4)
    assert match(UNANCHORED, text, 0, 1)[0] == (-1, -1)
