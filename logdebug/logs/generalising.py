"""Which template keys differ only in words that are variables: names of users, hosts, files and the like.

Digits give most variables away, these don't. A word is taken for a variable by the company it keeps: many other words
stand in its place where all else is the same, or all around it is common and only it is rare.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

__all__ = ["General", "generals_of"]

# So many plain words in one place are names; fewer may be states (started, paused, stopped), which are told apart.
_MANY_WORDS = 8
# Words with signs within are names more likely, so fewer will do; and fewer yet where a number stands in their place.
_MANY_NAMES = 3
_FEW_WORDS = 3
_SOME_WORDS = 5
_MANY_CAPITALS = re.compile(rb"(?=.{12})(?:[^A-Z]*[A-Z]){5}")
_RARE_SHARE = 0.04
_LEAST_CROWD = 6
_LEAST_MERGED = 5
_MUCH_ELSE = 6
_MANY_LENGTHS = 4
_LONGEST_KEY = 60
_ROUNDS = 3
_MANY_KEYS = 1000  # of a log of free text, where another look finds little
LEVELS = frozenset(
    b"TRACE DEBUG INFO NOTICE WARN WARNING ERROR SEVERE CRITICAL FATAL ALERT EMERG PANIC LOG trace debug info notice"
    b" warn warning error crit critical alert emerg fatal panic".split()
)
# Accounts that most machines have: where one stands in a place of others, the place is that of a user.
_ACCOUNTS = frozenset(
    b"root admin administrator guest nobody daemon operator test ubuntu mysql postgres www-data ftp".split()
)
STATES = frozenset(
    b"up down on off ok OK UP DOWN good bad success failure fail pass full empty ready idle busy online offline active"
    b" inactive open start stop begin end done yes no GET PUT POST HEAD PATCH DELETE error errors timeout unknown"
    b" missing unreachable unavailable is was not has does".split()
)
# Words that tell nothing of what a line is about.
JOINTS = frozenset(b"* - = a an and as at by for from in of on or set the to via with".split()) | LEVELS
# What is called by one of these is named by the word after it.
NAMED = frozenset(
    b"user user= username account host node pod container queue topic table database bucket frontend backend interface"
    b" job volume partition".split()
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


class _Kind(NamedTuple):
    """Keys of one length that are taken for one so far: their words, `*` where they differ, and their places."""

    words: tuple[bytes, ...]
    members: list[int]


def generals_of(keys: Sequence[bytes]) -> list[General]:
    """Find the keys that differ only in variables.

    Parameters
    ----------
    keys
        Words joined by blanks, a `*` for each variable that is known.
    """
    crowds: dict[int, list[_Kind]] = defaultdict(list)
    for place, key in enumerate(keys):
        words = tuple(key.split(b" "))
        if 2 < len(words) <= _LONGEST_KEY:
            crowds[len(words)].append(_Kind(words, [place]))
    usual = _usual_of(crowds.values()) | JOINTS
    values: set[bytes] = set(_ACCOUNTS)
    # Again, for what one crowd shows to be a value: so is a word in another where it stands beside another value.
    for _ in range(2 if len(keys) <= _MANY_KEYS else 1):
        known = len(values)
        crowds = {length: _merged(crowd, usual, values) for length, crowd in crowds.items()}
        if len(values) == known:
            break
    return [_general(kind, keys) for crowd in crowds.values() for kind in crowd if len(kind.members) > 1]


def _usual_of(crowds: Collection[list[_Kind]]) -> frozenset[bytes]:
    """Give the words that most keys have: they stand before the message, whatever it is."""
    majority: Counter[bytes] = Counter()
    for crowd in crowds:
        seen = Counter(word for words, _ in crowd for word in set(words))
        majority.update(word for word, count in seen.items() if count * 2 > len(crowd))
    return frozenset(word for word, count in majority.items() if count * 2 > len(crowds) >= _MANY_LENGTHS)


def _merged(crowd: list[_Kind], usual: frozenset[bytes], values: set[bytes]) -> list[_Kind]:
    """Make one of keys of one length that differ in variables; again, as others then differ in no more than those."""
    for _ in range(_ROUNDS if len(crowd) <= _MANY_KEYS else 1):
        if len(crowd) < 2:
            break
        sets = [
            *_by_one_word(crowd, usual, values),
            *(_by_rare_words(crowd, usual) if len(crowd) >= _LEAST_CROWD else ()),
        ]
        if not sets:
            break
        crowd = _joined(crowd, sets)
    return crowd


def _joined(crowd: list[_Kind], sets: Iterable[list[int]]) -> list[_Kind]:
    """Join the kinds of each set, and those that then have the same words."""
    leader = list(range(len(crowd)))

    def lead(member: int) -> int:
        while leader[member] != member:
            leader[member] = leader[leader[member]]
            member = leader[member]
        return member

    for members in sets:
        first = lead(members[0])
        for member in members[1:]:
            one, other = sorted((first, lead(member)))
            leader[other] = first = one
    clusters: dict[int, list[int]] = defaultdict(list)
    for member in range(len(crowd)):
        clusters[lead(member)].append(member)
    kinds: dict[tuple[bytes, ...], list[int]] = defaultdict(list)
    for cluster in clusters.values():
        columns = zip(*(crowd[member].words for member in cluster), strict=True)
        words = tuple(column[0] if len(set(column)) == 1 else b"*" for column in columns)
        kinds[words] += [place for member in cluster for place in crowd[member].members]
    return [_Kind(words, sorted(members)) for words, members in kinds.items()]


def _by_one_word(crowd: list[_Kind], usual: frozenset[bytes], values: set[bytes]) -> Iterable[list[int]]:
    """Give sets of keys that differ in one place only, where that place holds a variable."""
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for member, (words, _) in enumerate(crowd):
        hashes = [hash(word) * (2 * place + 1) for place, word in enumerate(words)]
        whole = sum(hashes)
        for place, part in enumerate(hashes):
            alike[place, whole - part].append(member)
    for (place, _), members in alike.items():
        found = {crowd[member].words[place] for member in members} if len(members) > 1 else set()
        if found and not _tell_apart(found) and _is_variable(found, place, crowd[members[0]].words, usual, values):
            values.update(found - {b"*"})
            yield members


def _is_variable(
    found: set[bytes], place: int, around: tuple[bytes, ...], usual: frozenset[bytes], values: set[bytes]
) -> bool:
    """Say whether the words found in one place are values of a variable, by themselves and by what is around them."""
    telling = sum(word not in usual for at, word in enumerate(around) if at != place)
    if not telling:
        return False
    if found <= values or (place > 0 and around[place - 1].lower() in NAMED):
        return True
    many = _SOME_WORDS if telling >= _MUCH_ELSE else _MANY_WORDS
    return telling > 1 and (len(found) >= many or _are_names(found))


def _tell_apart(words: set[bytes]) -> bool:
    """Say whether the words that stand in one place say what happened: levels, states."""
    plain = {word.rstrip(b".!,") for word in words - {b"*"}}
    states = sum(word in STATES or word.endswith((b"ed", b"ing", b"ful", b"=")) for word in plain)
    return states * 2 >= len(plain) or not words.isdisjoint(LEVELS)


def _are_names(words: set[bytes]) -> bool:
    """Say whether some words that stand in one place look like values of a variable."""
    if not words.isdisjoint(_ACCOUNTS):
        return True
    plain = words - {b"*"}
    names = sum(not word.isalpha() or _MANY_CAPITALS.match(word) is not None for word in plain)
    few = len(words) >= _MANY_NAMES
    if b"*" in words:
        few = True
        if len(plain) >= _FEW_WORDS and not any(word in STATES for word in plain):
            return True
    return few and names * 4 >= len(plain) * 3


def _by_rare_words(crowd: list[_Kind], usual: frozenset[bytes]) -> Iterable[list[int]]:
    """Give sets of keys that have the same common words in the same places, at least half of all their words."""
    common: Counter[tuple[int, bytes]] = Counter()
    for words, _ in crowd:
        common.update(enumerate(words))
    least = max(3, len(crowd) * _RARE_SHARE)
    alike: dict[tuple[bytes, ...], list[int]] = defaultdict(list)
    for member, (words, _) in enumerate(crowd):
        kept = tuple(word if common[place, word] >= least else b"" for place, word in enumerate(words))
        constant = sum(word not in (b"*", b"") for word in kept)
        telling = sum(word not in usual for word in kept if word)
        if telling >= 2 and constant * 2 >= len(words) - words.count(b"*"):
            alike[kept].append(member)
    for kept, members in alike.items():
        if len(members) >= _LEAST_MERGED and b"" in kept and _vary(crowd, members, kept):
            yield members


def _vary(crowd: list[_Kind], members: list[int], kept: tuple[bytes, ...]) -> bool:
    """Say whether each place that isn't common to the members holds a variable."""
    places = [place for place, word in enumerate(kept) if word == b""]
    columns = ({crowd[member].words[place] for member in members} for place in places)
    return all((len(words) >= _SOME_WORDS or _are_names(words)) and not _tell_apart(words) for words in columns)


def _general(kind: _Kind, keys: Sequence[bytes]) -> General:
    first = keys[kind.members[0]].split(b" ")
    variable = tuple(place for place, word in enumerate(kind.words) if word == b"*" and _differ(kind, keys, place))
    return General(kind.members, variable, with_variables(first, variable))


def _differ(kind: _Kind, keys: Sequence[bytes], place: int) -> bool:
    return len({keys[member].split(b" ")[place] for member in kind.members}) > 1


def with_variables(words: Sequence[bytes], variable: tuple[int, ...]) -> bytes:
    """Give the words, joined by blanks, with `*` in the places that hold a variable."""
    general = list(words)
    for place in variable:
        general[place] = b"*"
    return b" ".join(general)
