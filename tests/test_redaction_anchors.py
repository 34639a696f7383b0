"""Whichever engine looks for the anchors, the same is found."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from secret_samples import clean, leaking
from secret_templates import clean_templates, leaking_templates

from logdebug.redaction.anchors import Anchors, _Database
from logdebug.redaction.detector import Detector
from logdebug.redaction.rules import load_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.redaction.rules import Rule

pytest.importorskip("hyperscan", reason="has no wheel for this machine: RE2 alone is tested")

EVERYTHING = 1 << 60


@cache
def slow() -> Detector:
    """Give a detector that stays with RE2."""
    return Detector(load_rules(), worth=EVERYTHING)


@cache
def fast() -> Detector:
    """Give a detector that uses hyperscan from the beginning."""
    detector = Detector(load_rules(), worth=0)
    detector.spans(b"compiled")
    detector._anchors.settled()
    return detector


def engine_of(anchors: Anchors) -> str:
    """Name the engine that looked last."""
    return type(anchors._engine).__name__


def test_lines_with_and_without_secrets_are_found_alike() -> None:
    """In lines of hundreds of programs, one by one and together, both engines find the same secrets."""
    texts = [
        *(leak.text for leak in leaking(40, wording="second", seed=31)),
        *(leak.text for leak in leaking_templates(40, seed=32)),
        *clean(20, wording="second", seed=33),
        *clean_templates(20, seed=34),
    ]
    for text in (*texts, "\n".join(texts)):
        assert slow().spans(text.encode()) == fast().spans(text.encode()), text[:200]


def pieces_of(rules: Sequence[Rule]) -> list[str]:
    """Give the words of the rules' specimens, with what stands between them."""
    lines = " ".join(line for rule in rules for line in (rule.match, rule.near_miss))
    return sorted({lines[at : at + size] for at in range(0, len(lines), 9) for size in (5, 12, 30)})


ODD = st.text(st.characters(exclude_categories=()), max_size=6)  # lone surrogates among them


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from(pieces_of(load_rules())), st.sampled_from("\n=: \"',é→\uff1a密码"), ODD), max_size=40
    )
)
def test_any_text_is_found_alike(parts: list[str]) -> None:
    """In whatever text, letters of any alphabet and halves of letters among it, both engines find the same."""
    data = "".join(parts).encode("utf-8", "surrogatepass")
    assert slow().spans(data) == fast().spans(data)


@pytest.mark.parametrize(
    "data", [b"\xff\xfe password=hunter2x \x80\x81", b"\xed\xa0\x80 password=hunter2x", b"\x00\x00"]
)
def test_bytes_that_are_no_text_are_found_alike(data: bytes) -> None:
    """What is no UTF-8 moves no place, and hides nothing."""
    assert slow().spans(data) == fast().spans(data)


def test_hyperscan_takes_over_where_much_is_looked_through() -> None:
    """RE2 looks through the first bytes, as it is ready at once; hyperscan through the rest."""
    anchors = Anchors([rule for rule in load_rules() if rule.id == "jwt"], [b"never"], worth=1_000)
    anchors.candidates(b"x" * 900)
    assert engine_of(anchors) == "_Words"
    anchors.candidates(b"x" * 200)
    anchors.settled()
    assert engine_of(anchors) == "_Database"


def test_nobody_waits_for_hyperscan(monkeypatch: pytest.MonkeyPatch) -> None:
    """While hyperscan makes its tables, texts are looked through by RE2: other agents' requests go on meanwhile."""
    is_made = threading.Event()
    monkeypatch.setattr(_Database, "of", lambda *_: is_made.wait(30) and None)
    detector = Detector(load_rules(), worth=1)
    for _ in range(2):
        assert detector.spans(b"password=hunter2x") == slow().spans(b"password=hunter2x")
    is_made.set()
    detector._anchors.settled()


def test_where_there_is_no_hyperscan_re2_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine for which hyperscan has no wheel finds the same, more slowly."""
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    detector = Detector(load_rules(), worth=0)
    assert detector.spans(b"password=hunter2x") == slow().spans(b"password=hunter2x")
    detector._anchors.settled()
    assert engine_of(detector._anchors) == "_Words"


@pytest.mark.parametrize("anchor", ["badge*?", r"\pN|badge", "(?U)badge", "b?"])
def test_an_anchor_of_ones_own_may_be_whatever_re2_takes(anchor: str) -> None:
    """An anchor that hyperscan doesn't know, or one that matches nothing at all, loses no secret."""
    [jwt] = [rule for rule in load_rules() if rule.id == "jwt"]
    own = replace(jwt, id="badge", kind="badge", check="", pattern="badge ([0-9]{4})", anchor=anchor)
    for worth in (0, EVERYTHING):
        detector = Detector([own, jwt], worth=worth)
        for _ in range(2):
            [span] = detector.spans(b"a\nthe badge 4711\nb")
            assert (span.start, span.end) == (12, 16)
            detector._anchors.settled()


def test_threads_look_at_once() -> None:
    """Several threads that look through texts at once find what one finds."""
    texts = ["\n".join(leak.text for leak in leaking(20, wording="first", seed=seed)).encode() for seed in range(24)]
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(fast().spans, texts)) == [fast().spans(text) for text in texts]


def test_a_flood_of_anchors_takes_linear_time() -> None:
    """A text full of anchors takes ten times as long where it is ten times as long, thirty times at the most."""

    def seconds(count: int) -> float:
        data = b"password for key token to a1-b-c got 1a sent\nsecret " * count
        begun = time.process_time()
        fast()._anchors.candidates(data)
        return time.process_time() - begun

    seconds(400)  # the tables are made, and their pages touched, before anything is measured
    assert seconds(4_000) < 30 * max(seconds(400), 0.005)
