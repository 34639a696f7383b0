"""Words without which an expression can't match: what is cheap to look for before the expression itself is.

`logs.branches` finds such words for patterns that are words mostly, and fast enough to do so at each start. Anchors are
of classes, numbers and signs: their words are found by all the texts that a part can match, beforehand where they ship.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import defaultdict
from functools import cache
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["UNFOLDED", "derived", "digest_of", "folded", "needles_of"]

UNFOLDED = tuple(letter.encode() for letter in "\u212a\u017f\u212b\u2126\u1e9e")
"""What RE2 takes for k, s, å, ω and ß where case is of no matter: words say nothing about a text with such."""

_MOST_WORDS = 128  # of one part of an expression
_MOST_LETTERS = 12  # of a word: more letters would hardly make it rarer
_MOST_OF_CLASS = 12
_COMMON_ENOUGH = 2e-3  # times a byte of a log: what begins there more often is not worth looking for

# How often a letter stands in a folded log, roughly: of two words the rarer is looked for. Digits come in groups.
_OFTEN: dict[str, float] = defaultdict(lambda: 0.001, {" ": 0.1, "0": 0.6})
_OFTEN |= dict.fromkeys("etaoinsrldcu", 0.04) | dict.fromkeys("pmhfgby.:-/", 0.02)
_OFTEN |= dict.fromkeys("wvkx\"=_,[]'()", 0.01) | dict.fromkeys("jqz", 0.004)
_GROUP_OF_DIGITS = 0.1

_FOLD = bytes.maketrans(b"\t\v\f\r123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"    000000000abcdefghijklmnopqrstuvwxyz")


def folded(data: bytes) -> bytes:
    """Give a text as its words are looked for: in small letters, each digit a 0 and each blank a space."""
    return data.translate(_FOLD)


def needles_of(expression: str) -> tuple[bytes, ...]:
    """Give words one of which stands, folded, in each line that an expression matches.

    Parameters
    ----------
    expression
        In RE2's syntax; no match of it goes over the end of a line.

    Returns
    -------
    tuple of bytes
        In UTF-8; none where none are known that are rare. Those of the rules that ship are known beforehand.
    """
    words = _known().get(digest_of(expression))
    return tuple(word.encode() for word in (derived(expression) if words is None else words))


def digest_of(expression: str) -> str:
    """Give what an expression's words are found by in `needles.json`, which `make needles` writes."""
    return hashlib.sha256(expression.encode()).hexdigest()[:16]


@cache
def _known() -> dict[str, list[str]]:
    known: dict[str, list[str]] = json.loads(resources.files(__package__).joinpath("needles.json").read_bytes())
    return known


def derived(expression: str) -> list[str]:
    """Find an expression's words, which takes a millisecond or more."""
    if "[[:" in expression:
        return []  # Python takes it for something else than RE2 does
    try:
        # Python has no public way to its parser, but the tree that it gives has been the same for many years. What it
        # does not take, and RE2 does, has no words.
        words = _of_sequence(import_module("re._parser").parse(expression)).needed or frozenset()
    except Exception:  # noqa: BLE001 -- whatever another version of Python makes of it: it is looked for in each line
        return []
    if any("\n" in word for word in words) or _times(words) > _COMMON_ENOUGH:
        return []
    return sorted(word for word in words if not any(each != word and each in word for each in words))


class _Part(NamedTuple):
    """What is known of a part of an expression, in folded letters."""

    texts: frozenset[str] | None
    """All that it can match; None where that is too much."""
    needed: frozenset[str] | None = None
    """Words one of which is in whatever it matches; None where none are known."""
    edges: frozenset[str] | None = None
    """Words with one of which it begins, and with one of which it ends, where its texts are too many."""


_NOTHING = frozenset({""})


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> _Part:
    """Join what is known of parts that follow each other: neighbours make longer words."""
    texts, needed, is_whole = _NOTHING, None, True
    for part in map(_of, items):
        joined = _joined(texts, part.texts)
        if joined is None:
            is_whole = False
            needed = _rarest(needed, texts, part.needed, _joined(texts, part.edges))
            joined = part.texts or part.edges or _NOTHING
        texts = joined
    return _Part(texts if is_whole else None, _rarest(needed, texts))


def _of(item: tuple[Any, Any]) -> _Part:
    """Tell what is known of one node of Python's tree of an expression."""
    kind, held = str(item[0]), item[1]
    if kind == "SUBPATTERN":
        return _of_sequence(held[3])
    if kind == "BRANCH":
        return _of_branches([_of_sequence(branch) for branch in held[1]])
    if kind in {"MAX_REPEAT", "MIN_REPEAT"}:
        return _of_repeated(_of_sequence(held[2]), held[0], held[1])
    if kind == "LITERAL":
        return _Part(_cases(held))
    return _Part(_of_class(held) if kind == "IN" else _NOTHING if kind == "AT" else None)


def _of_branches(branches: Sequence[_Part]) -> _Part:
    texts = [branch.texts for branch in branches if branch.texts is not None]
    needed = [branch.needed for branch in branches if branch.needed is not None]
    whole = frozenset().union(*texts) if len(texts) == len(branches) else None
    return _Part(
        None if whole is not None and len(whole) > _MOST_WORDS else whole,
        frozenset().union(*needed) if len(needed) == len(branches) else None,
    )


def _of_repeated(part: _Part, least: int, most: int) -> _Part:
    """Give what is known of a part that stands several times."""
    ways: list[frozenset[str]] = [_NOTHING]
    for _ in range(min(most, _MOST_LETTERS)):
        longer = _joined(ways[-1], part.texts)
        if longer is None:
            break
        ways.append(longer)
    if len(ways) > most and sum(map(len, ways[least:])) <= _MOST_WORDS:
        return _Part(frozenset().union(*ways[least:]), None)
    return _Part(None, part.needed if least > 0 else None, ways[min(least, len(ways) - 1)] if least > 0 else None)


def _of_class(members: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    """Give the letters of a class; None where they are many."""
    letters: set[str] = set()
    for kind, held in members:
        name = str(kind)
        if name == "LITERAL":
            letters |= _cases(held)
        elif name == "RANGE" and held[1] < _ASCII:
            letters |= {folded(bytes([code])).decode() for code in range(held[0], held[1] + 1)}
        elif name == "CATEGORY" and str(held) in _CATEGORIES:
            letters.add(_CATEGORIES[str(held)])
        else:
            return None
    letters -= {"\n"} if len(letters) > 1 else set()
    return frozenset(letters) if len(letters) <= _MOST_OF_CLASS else None


_ASCII = 128
_CATEGORIES = {"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " "}


def _cases(code: int) -> frozenset[str]:
    """Give a letter as it is looked for: folded, or, where it isn't in ASCII, in all cases that it has."""
    letter = chr(code)
    if letter.isascii():
        return frozenset({folded(letter.encode()).decode()})
    return frozenset(each for each in (letter, letter.lower(), letter.upper()) if len(each) == 1)


def _joined(first: frozenset[str], second: frozenset[str] | None) -> frozenset[str] | None:
    """Give the texts that one of some makes with one of others after it; None where these are too many or too long."""
    if second == _NOTHING:
        return first
    if not second or len(first) * len(second) > _MOST_WORDS:
        return None
    if max(map(len, first)) + max(map(len, second)) > _MOST_LETTERS:
        return None
    return frozenset([one + other for one in first for other in second])


def _rarest(*words: frozenset[str] | None) -> frozenset[str] | None:
    """Give, of some sets of words, the one of which a word stands in a log least often."""
    known = [each for each in words if each and "" not in each]
    return min(known, key=_times) if known else None


def _times(words: Iterable[str]) -> float:
    """Estimate how often one of some words begins at a byte of a log."""
    return sum(
        math.prod(map(_OFTEN.__getitem__, word)) * _GROUP_OF_DIGITS ** len(re.findall("0+", word)) for word in words
    )
