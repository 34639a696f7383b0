"""Parts before messages that take turns: one program's loggers, ranks, environments, where many messages have each.

A message comes with one, with another, or with none of them, and is the same call's. One message alone doesn't show
that; that several do, and most of those that have the rarer one, does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from logdebug.logs.forms import STAR, shortened
from logdebug.logs.values import is_level, says, tells

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from logdebug.logs.forms import Form

__all__ = ["without_alternating"]

_ROUNDS = 3
_MOST_FORMS = 1500  # of a log of free text, where nothing takes turns
_FARTHEST = 14
_LONGEST = 6
_LEAST_SHARED = 3
_MOST_PARTS = 200
_LEVEL = b"\0"
_LAST_PART = re.compile(rb"[.=]")
_CLOSING = frozenset(b") ] } > | :".split())
_PAIRS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"), (b"<", b">"))
_PARTING = {(mark,) for mark in b": ] | >".split()}


class _Part(NamedTuple):
    """What stands between a line's beginning and its message; levels in it are left out, whichever they are."""

    before: Form
    words: Form


def without_alternating(forms: Collection[Form]) -> tuple[dict[Form, Form], set[Form]]:
    """Give what each form is with `*` for parts before the message that take turns, and those parts.

    Parameters
    ----------
    forms
        Those of a log.
    """
    given = {form: form for form in forms}
    found: set[Form] = set()
    for _ in range(_ROUNDS):
        left = set(given.values())
        parts = _alternating_in(left) if len(left) <= _MOST_FORMS else None
        if not parts:
            break
        found.update(part.words for part in parts if part.words)
        replaced = {form: _with_value(form, parts) for form in left}
        given = {form: replaced[pattern] for form, pattern in given.items()}
    return given, found


def _alternating_in(forms: Collection[Form]) -> set[_Part]:
    """Give the parts that take turns; an empty one where nothing stands in the place of others."""
    messages: dict[_Part, set[Form]] = defaultdict(set)
    for form in forms:
        for part, message in _parts_of(form):
            messages[part].add(message)
    of_place: dict[Form, list[_Part]] = defaultdict(list)
    for part, after in messages.items():
        if len(after) >= _LEAST_SHARED:
            of_place[part.before].append(part)
    return {
        part
        for parts in of_place.values()
        if len(parts) <= _MOST_PARTS
        for pair in combinations(parts, 2)
        if _take_turns(*pair, messages)
        for part in pair
    }


def _parts_of(form: Form) -> Iterator[tuple[_Part, Form]]:
    """Give each part that may stand before a form's message, and the empty one, with its levels and the message."""
    head = form[: _FARTHEST + _LONGEST]
    levels = [_level_of(word) for word in head]
    leveled = tuple(
        word.removesuffix(level) + _LEVEL if level else word for word, level in zip(head, levels, strict=True)
    )
    for start in range(min(len(form), _FARTHEST)):
        yield _Part(leveled[:start], ()), (*filter(None, levels[:start]), b"", *form[start:])
        for end in range(start + 1, min(start + _LONGEST, len(form)) + 1):
            if _is_apart(form[start:end], form[end:]):
                yield _Part(leveled[:start], leveled[start:end]), (*filter(None, levels[:end]), b"", *form[end:])


def _is_apart(words: Form, message: Form) -> bool:
    """Say whether some words are parted from the message after them by a mark, and that says something."""
    if any(words.count(opening) != words.count(closing) for opening, closing in _PAIRS):
        return False
    if words[-1] not in _CLOSING and message[:1] not in _PARTING:
        return False
    return any(map(tells, message)) and not any(map(says, words))


def _take_turns(one: _Part, other: _Part, messages: Mapping[_Part, set[Form]]) -> bool:
    """Say whether most messages that come after the rarer of two parts come after the other one, too."""
    if one.words[:1] == other.words[:1] or one.words[-1:] == other.words[-1:]:
        return False  # what varies is less than all of it
    rarer = min(len(messages[one]), len(messages[other]))
    shared = len(messages[one] & messages[other])
    return shared >= _LEAST_SHARED and shared * 2 >= rarer


def _level_of(word: bytes) -> bytes:
    """Give the level that a word names, as the last part of `production.ERROR` does; empty without one."""
    last = _LAST_PART.split(word)[-1]
    return last if is_level(last) else b""


def _with_value(form: Form, parts: Collection[_Part]) -> Form:
    """Give a form with `*` for the longest of some parts that it has, the last of such, or where an empty one is."""
    found = [part for part, _ in _parts_of(form) if part in parts]
    if not found:
        return form
    part = max(found, key=lambda part: (len(part.words), len(part.before)))
    start = len(part.before)
    end = start + len(part.words)
    return shortened((*form[:start], STAR, *filter(None, map(_level_of, form[start:end])), *form[end:]))
