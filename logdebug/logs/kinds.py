"""What kind of failure words tell of that no signature knows: that of the known failures said in such words.

Naive Bayes over the words of the signatures' specimens and explanations, and of `kinds.toml` (Manning, Raghavan and
Schütze, Introduction to Information Retrieval, section 13.2, with the absent words left out, since a log says little).
Whoever adds a signature teaches it, too.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import defaultdict
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from logdebug.records import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logdebug.logs.signatures import Signature
    from logdebug.records import Category

__all__ = ["Kind", "Kinds"]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")  # "BadZipFile" is three words
_STEM_CHARS = 7  # so many letters of a word: "denied" and "deny" differ still, "corruption" and "corrupted" don't
_TOO_COMMON = frozenset(("the", "an", "of", "to", "in", "is", "was", "for", "at", "on", "by", "and", "or", "this"))
_SMOOTHING = 2.5
_EXPLAINED = 0.5  # a word of an explanation counts so much of one that a log said
_MOST_CHARS = 400


class Kind(NamedTuple):
    """What words are likely to tell of.

    Parameters
    ----------
    category
        The likeliest category.
    margin
        By how much it is likelier than the next, as the natural logarithm of their ratio: over 3 it is right nine
        times in ten, below 1 hardly more often than not.
    """

    category: Category
    margin: float


class Kinds:
    """Knows the words of the known failures.

    Parameters
    ----------
    signatures
        What is known; harmless ones, and those that only say that something failed, teach nothing.
    """

    def __init__(self, signatures: Iterable[Signature]) -> None:
        said: dict[str, dict[Category, float]] = defaultdict(lambda: defaultdict(float))
        sizes: dict[Category, float] = defaultdict(float)
        for category, text, share in _lessons(signatures):
            sizes[category] += share
            for word in _words_of(text):
                said[word][category] += share
        self._said = {word: dict(counts) for word, counts in said.items()}
        self._sizes = dict(sizes)
        self._total = sum(sizes.values())

    def likeliest(self, text: str) -> Kind | None:
        """Give the kind of failure that a text tells of; None where it has no word of a known one."""
        known = [self._said[word] for word in _words_of(text[:_MOST_CHARS]) if word in self._said]
        if not known:
            return None
        scores = {
            category: math.log(size / self._total) + sum(self._told_by(counts, category) for counts in known)
            for category, size in self._sizes.items()
        }
        first, *others = sorted(scores, key=lambda category: -scores[category])
        return Kind(first, scores[first] - scores[others[0]] if others else math.inf)

    def _told_by(self, counts: dict[Category, float], category: Category) -> float:
        """Give how much likelier a word is in texts of a category than anywhere, as a logarithm."""
        size, total = self._sizes[category], self._total
        here = (counts.get(category, 0.0) + _SMOOTHING * size / total) / (size + _SMOOTHING)
        anywhere = (sum(counts.values()) + _SMOOTHING) / (total + _SMOOTHING)
        return math.log(here / anywhere)


def _lessons(signatures: Iterable[Signature]) -> Iterator[tuple[Category, str, float]]:
    """Yield what tells of which category, and how much it counts."""
    for signature in signatures:
        if signature.role != "harmless" and signature.category != "unknown":
            yield signature.category, signature.matches, 1.0
            yield signature.category, signature.explanation, _EXPLAINED
    shipped = tomllib.loads(resources.files("logdebug.logs").joinpath("kinds.toml").read_text(encoding="utf-8"))
    for category in CATEGORIES:
        for wording in shipped.get(category, ()):
            yield category, wording, 1.0


def _words_of(text: str) -> set[str]:
    words = (word.lower() for word in _WORD.findall(text))
    return {word[:_STEM_CHARS] for word in words if len(word) > 1 and word not in _TOO_COMMON}
