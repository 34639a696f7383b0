"""The shapes of lines, made by numpy, against a regular expression."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs.residues import residues_of
from logdebug.logs.shapes import Shaper

SHAPER = Shaper()
TEXTS = st.lists(st.sampled_from([*b"09afAF-gG`@/:\n \x00\x7f\xc1\xe6\xff"]), max_size=120).map(bytes)


def shape(text: bytes) -> bytes:
    """Give a shape's bytes, less by that of a zero."""
    return bytes((byte - ord("0")) % 256 for byte in text)


@pytest.mark.parametrize(("with_ids", "variable"), [(False, rb"[0-9]"), (True, rb"[0-9a-fA-F-]{8,}|[0-9]")])
@given(text=st.one_of(TEXTS, st.binary(max_size=200)))
def test_digits_and_ids_are_made_the_same(text: bytes, with_ids: bool, variable: bytes) -> None:
    """Each digit is a zero, as is each of eight or more hexadecimal digits and dashes; no other byte changes."""
    zeros = re.sub(variable, lambda run: b"0" * len(run[0]), text)
    assert SHAPER.of(text, with_ids=with_ids).text().encode("latin-1") == shape(zeros)


@given(st.binary(max_size=200))
def test_a_shape_has_the_residue_of_its_line(text: bytes) -> None:
    """Of a shape, and of its line, the same is left without digits and dashes."""
    assert residues_of(SHAPER.of(text, with_ids=False).text()) == text.translate(None, b"0123456789-")


def test_a_longer_chunk_after_a_shorter_one_gets_room() -> None:
    """The room that is kept grows with the chunks, and what an earlier chunk left in it doesn't show."""
    shaper = Shaper()
    for text in (b"deadbeef", b"no id here, 0123456 only", b"x" * 5000 + b"deadbeef", b"plain"):
        zeros = re.sub(rb"deadbeef|[0-9]", lambda run: b"0" * len(run[0]), text)
        assert shaper.of(text, with_ids=True).text().encode("latin-1") == shape(zeros)
