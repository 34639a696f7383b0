"""What a diagnosis says, as words to compare: without numbers, ids and paths, and each weighed by what it tells.

Two incidents are alike where they share telling words: names of errors, of things, of what was done. Words that half of
all failures have (error, failed, connection) tell little, and words of prose nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from logdebug.logs.fields import message_of
from logdebug.logs.templates import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logdebug.records import Diagnosis

__all__ = ["advice_of", "similarity", "weigh", "words_of"]

_MOST_WORDS = 400
_MOST_TEXT = 4000
_LEAST_LETTERS = 3

# Prose, the phrases of the analyst and of recommendations, parts of log lines: they are the same in every diagnosis.
_STOP_WORDS = """
the and for are was were has have had not but its it's his her this that these those with from into onto over under
than then when where which what who whom whose why how all any both each few more most other some such nor only own
same too very can could will would should may might must shall did does doing done been being out off again further
once here there because while during before after above below between through until against about also time times line
lines log logs logged file files entry entries info warn warning debug trace notice error errors fatal critical severe
main thread process pid host utc gmt first last next one two three starting ruled explain explains skipped come found
cause caused root recovered named names give given check make sure see use used using look looks get got let set way
run runs running ran try tried start started service services server servers app application system your you our they
them their null none true false level msg message timestamp date jan feb mar apr jun jul aug sep oct nov dec mon tue
wed thu fri sat sun com org net www http https java python lib usr var opt etc src home bin std core exception caller
kind type value name
"""
# What half of all failures say.
_COMMON_WORDS = """
failed fails fail failure failing connection connect connected connecting connections request requests response
timeout timed refused retry retries retrying retried exited exit exiting status code client user data database read
write open close closed job task worker state stopped stop restart aborted cannot unable invalid missing unknown
unexpected address port network remote local handler upstream backend queue call called api path key signal killed
memory load loading config configuration permission denied query session socket reason attempt attempts limit max
maximum size count total number
"""
_STOP, _COMMON = frozenset(_STOP_WORDS.split()), frozenset(_COMMON_WORDS.split())
_COMMON_WEIGHT = 0.35
_AROUND = re.compile(r" (?:Changed before|Just before|Then): “")
_PIECE = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words_of(diagnosis: Diagnosis) -> list[str]:
    """Give the words by which a diagnosis is compared, in order, each as often as it stands there; at most 400.

    They are those of the root cause, the verified quotes and the category. None where nothing failed.
    """
    if diagnosis.status == "no_errors_found":
        return []
    # What the embedded analyst found around a cause tells of the day, and not of the failure.
    cause = _AROUND.split(diagnosis.root_cause, maxsplit=1)[0]
    texts = [cause, *(quote.quote for quote in diagnosis.evidence if quote.verified)]
    return _of_texts([*texts, diagnosis.category.replace("_", " ")])


def advice_of(diagnosis: Diagnosis) -> list[str]:
    """Give the words of what is advised and noted: they help to find a diagnosis, and make none alike.

    The same advice fits many failures.
    """
    return _of_texts([diagnosis.recommendation, *(review.note for review in diagnosis.reviews)])


def _of_texts(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for word in _words(text)][:_MOST_WORDS]


def _words(text: str) -> Iterable[str]:
    said = masked(message_of(text[:_MOST_TEXT])).replace("<*>", " ")
    for piece in _PIECE.findall(said):
        whole = piece.lower()
        if len(whole) >= _LEAST_LETTERS and whole not in _STOP:
            yield whole
        parts = _CAMEL.split(piece)
        if len(parts) > 1:
            yield from (part for part in map(str.lower, parts) if len(part) > _LEAST_LETTERS and part not in _STOP)


def weigh(words: Iterable[str], rows_with: Mapping[str, int], rows: int) -> dict[str, float]:
    """Give each word the weight by which it counts: more where few incidents have it, a little more where it repeats.

    Parameters
    ----------
    words
        The words.
    rows_with
        In how many incidents of the history each word stands.
    rows
        How many incidents the history has.
    """
    return {
        word: (1 + math.log(count))
        * (_COMMON_WEIGHT if word in _COMMON else 1.0)
        * _rarity(rows_with.get(word, 0), rows)
        for word, count in Counter(words).items()
    }


def _rarity(rows_with: int, rows: int) -> float:
    """Give 1 for a word that no incident has, less the more have it.

    Ten incidents that nobody has seen stand beside those of a small history, which can't tell yet what is rare.
    """
    return math.log1p((rows + 10) / (rows_with + 1)) / math.log1p(rows + 10)


def similarity(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Give how much two weighed sets of words have in common: the cosine of the angle between them, 0 to 1."""
    shared = sum(weight * other[word] for word, weight in one.items() if word in other)
    length = math.sqrt(sum(weight**2 for weight in one.values()) * sum(weight**2 for weight in other.values()))
    return min(shared / length, 1.0) if length else 0.0
