"""Which template keys differ only in words that are variables: names of users, hosts, files and the like.

Digits give most variables away, these don't. A word is taken for a variable by the company it keeps: many other words
stand in its place where all else is the same, or all around it is common and only it is rare.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["General", "generals_of"]

# So many plain words in one place are names; fewer may be states (started, paused, stopped), which are told apart.
_MANY_WORDS = 8
# Words with signs or capitals within are names more likely, so fewer will do.
_MANY_NAMES = 4
_RARE_SHARE = 0.04
_LEAST_CROWD = 24
_LEAST_MERGED = 6
_LONGEST_KEY = 60
_LEVELS = frozenset(
    b"TRACE DEBUG INFO NOTICE WARN WARNING ERROR SEVERE CRITICAL FATAL ALERT EMERG PANIC LOG trace debug info notice"
    b" warn warning error crit critical alert emerg fatal panic".split()
)


class General(NamedTuple):
    """Keys that are one template.

    Parameters
    ----------
    members
        Their places, ascending.
    variable
        The places of the words that differ.
    pattern
        Their words, with `*` where they differ, joined by blanks.
    """

    members: list[int]
    variable: tuple[int, ...]
    pattern: bytes


def generals_of(keys: Sequence[bytes]) -> list[General]:
    """Find the keys that differ only in variables.

    Parameters
    ----------
    keys
        Words joined by blanks, a `*` for each variable that is known.
    """
    crowds: dict[int, list[tuple[int, list[bytes]]]] = defaultdict(list)
    for place, key in enumerate(keys):
        words = key.split(b" ")
        if 2 < len(words) <= _LONGEST_KEY:
            crowds[len(words)].append((place, words))
    return [general for crowd in crowds.values() if len(crowd) >= _MANY_NAMES for general in _of_crowd(crowd)]


def _of_crowd(crowd: list[tuple[int, list[bytes]]]) -> Iterable[General]:
    """Find those among keys of one length."""
    leader = list(range(len(crowd)))

    def lead(member: int) -> int:
        while leader[member] != member:
            leader[member] = leader[leader[member]]
            member = leader[member]
        return member

    merged = False
    for members in [*_by_one_word(crowd), *(_by_rare_words(crowd) if len(crowd) >= _LEAST_CROWD else ())]:
        first = lead(members[0])
        merged = True
        for member in members[1:]:
            one, other = sorted((first, lead(member)))
            leader[other] = first = one
    if not merged:
        return
    clusters: dict[int, list[int]] = defaultdict(list)
    for member in range(len(crowd)):
        clusters[lead(member)].append(member)
    for members in clusters.values():
        if len(members) > 1:
            yield _general([crowd[member] for member in members])


def _by_one_word(crowd: list[tuple[int, list[bytes]]]) -> Iterable[list[int]]:
    """Give sets of keys that differ in one place only, where that place holds a variable."""
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for member, (_, words) in enumerate(crowd):
        hashes = [hash(word) * (2 * place + 1) for place, word in enumerate(words)]
        whole = sum(hashes)
        for place, part in enumerate(hashes):
            alike[place, whole - part].append(member)
    for (place, _), members in alike.items():
        if len(members) >= _MANY_NAMES and _is_variable({crowd[member][1][place] for member in members}):
            yield members


def _is_variable(words: set[bytes]) -> bool:
    """Say whether the words that stand in one place are values of a variable."""
    if not words.isdisjoint(_LEVELS):
        return False
    if len(words) >= _MANY_WORDS:
        return True
    names = sum(not word.isalpha() or not (word.islower() or word[1:].islower() or word.isupper()) for word in words)
    return len(words) >= _MANY_NAMES and names * 4 >= len(words) * 3


def _by_rare_words(crowd: list[tuple[int, list[bytes]]]) -> Iterable[list[int]]:
    """Give sets of keys that have the same common words in the same places, at least half of all their words."""
    common: Counter[tuple[int, bytes]] = Counter()
    for _, words in crowd:
        common.update(enumerate(words))
    least = max(3, len(crowd) * _RARE_SHARE)
    alike: dict[tuple[bytes, ...], list[int]] = defaultdict(list)
    for member, (_, words) in enumerate(crowd):
        kept = tuple(word if common[place, word] >= least else b"" for place, word in enumerate(words))
        constant = sum(word not in (b"*", b"") for word in kept)
        if constant >= 2 and constant * 2 >= len(words) - words.count(b"*"):
            alike[kept].append(member)
    for kept, members in alike.items():
        if len(members) >= _LEAST_MERGED and b"" in kept and _vary(crowd, members, kept):
            yield members


def _vary(crowd: list[tuple[int, list[bytes]]], members: list[int], kept: tuple[bytes, ...]) -> bool:
    """Say whether each place that isn't common to the members holds a variable."""
    places = [place for place, word in enumerate(kept) if word == b""]
    return all(_is_variable({crowd[member][1][place] for member in members}) for place in places)


def _general(members: list[tuple[int, list[bytes]]]) -> General:
    first = members[0][1]
    variable = tuple(
        place for place in range(len(first)) if any(words[place] != first[place] for _, words in members[1:])
    )
    return General([place for place, _ in members], variable, with_variables(first, variable))


def with_variables(words: Sequence[bytes], variable: tuple[int, ...]) -> bytes:
    """Give the words, joined by blanks, with `*` in the places that hold a variable."""
    general = list(words)
    for place in variable:
        general[place] = b"*"
    return b" ".join(general)
