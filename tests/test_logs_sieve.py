"""Tests of the sieve: it finds what RE2 finds with every pattern, compiling few."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import re2

from logdebug.logs.sieve import Sieve, compiled
from logdebug.logs.signatures import load_signatures

if TYPE_CHECKING:
    from collections.abc import Callable

SHIPPED = load_signatures()
SAMPLES = Path(__file__).parent.parent / "sample_logs"


@pytest.fixture(scope="module")
def every() -> Callable[[str], list[int]]:
    """Compile all shipped patterns whole, in parts, since RE2 takes so many in one filter only."""
    parts = []
    for first in range(0, len(SHIPPED), 300):
        part = re2.Filter()
        for signature in SHIPPED.signatures[first : first + 300]:
            options = re2.Options()
            options.log_errors = False
            options.never_capture = True
            part.Add(signature.expression, options)
        part.Compile()
        parts.append((first, part))
    return lambda text: sorted(first + place for first, part in parts for place in part.Match(text) or ())


def texts() -> list[str]:
    """Every specimen of the shipped signatures, and lines of the sample logs."""
    logs = sorted(path for path in SAMPLES.rglob("*.log") if path.is_file())
    lines = [line for log in logs for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[:150]]
    specimens = [text for signature in SHIPPED for text in (signature.matches, signature.near_miss)]
    return [*specimens, *lines[::9], "\n".join(specimens[:60]), "\n".join(lines[:60])]


def test_finds_what_all_patterns_find(every: Callable[[str], list[int]]) -> None:
    """What the sieve finds in specimens and logs is what all the patterns find there, compiled whole and all tried."""
    sieve = Sieve((signature.pattern, signature.ignore_case) for signature in SHIPPED)
    seen = texts()
    assert len(seen) > 1000
    for text in seen:
        assert sieve.match(text) == every(text), text
    for text in seen[::7]:
        assert sieve.match(text.upper()) == every(text.upper()), text


def test_compiles_what_may_match_only() -> None:
    """Of a thousand patterns only those are compiled whose words a text holds, and none for a plain word."""
    sieve = Sieve([*((rf"part {n}x\b", True) for n in range(1000)), ("machine room", True)])
    assert sieve.match("PART 77x of the Machine Room") == [77, 1000]
    assert list(sieve._compiled) == [77]


def test_case_counts_where_it_should() -> None:
    """A pattern to which case is not the same is not found in the wrong case, be it a plain word."""
    sieve = Sieve([("Killed", False), ("Killed", True)])
    assert sieve.match("killed") == [1]
    assert sieve.match(b"Killed") == [0, 1]


def test_long_words_are_found_whole() -> None:
    """Of two words that begin alike only the one that stands in the text is found."""
    assert Sieve([("connection refused", True), ("connection reset", True)]).match("Connection reset by peer") == [1]


def test_a_pattern_without_words_is_tried_always() -> None:
    """A pattern without any certain word is still found."""
    assert Sieve([(r"^\d+$|\pN{3}x", True), ("never", True)]).match("a\n17\nb") == [0]


def test_what_is_no_re2_is_refused_when_it_is_compiled() -> None:
    """A pattern that RE2 doesn't take raises RE2's error."""
    with pytest.raises(re2.error):
        compiled("(?=x)")
