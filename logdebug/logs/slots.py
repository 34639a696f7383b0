"""The places in forms that values may stand in: a word's, a run of capitalised words', a part of what marks enclose."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from logdebug.logs.forms import MARKS, STAR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from logdebug.logs.forms import Form

__all__ = ["Slot", "slots_of"]

_MANY_FORMS = 1000  # of a log of free text, where parts of sentences are too many to look at


class Slot:
    """A place in forms that are the same but for what stands there.

    Attributes
    ----------
    members
        The forms, each with where what stands there begins and ends.
    fillings
        What stands there, without known values: nothing, for a value alone.
    before
        The word before it, past a colon; empty at a form's beginning.
    farther
        The word before that.
    ahead, after
        The word, or mark, right before it and right after it.
    """

    def __init__(self, members: list[tuple[Form, int, int]]) -> None:
        self.members = members
        self.fillings = {tuple(word for word in form[start:end] if word != STAR) for form, start, end in members}
        form, start, end = members[0]
        self._form, self._start, self._end = form, start, end
        place = start - 2 if start > 1 and form[start - 1] == b":" else start - 1
        self.before = form[place] if place >= 0 else b""
        self.farther = form[place - 1] if place > 0 else b""
        self.ahead = form[start - 1] if start else b""
        self.after = form[end] if end < len(form) else b""

    @property
    def around(self) -> Form:
        """The words that all of the forms have."""
        return self._form[: self._start] + self._form[self._end :]

    @property
    def quoted(self) -> bool:
        """Whether it begins right after a quotation mark."""
        return self.ahead == b'"'

    @property
    def enclosed(self) -> bool:
        """Whether it is all that a pair of marks encloses."""
        return self.ahead + self.after in _PAIRS


_PAIRS = {b"()", b"[]", b"{}", b"<>", b'""', b"''"}


def slots_of(forms: Collection[Form]) -> list[Slot]:
    """Give the places that have different fillings in forms that are the same otherwise.

    Parameters
    ----------
    forms
        Different ones.
    """
    parts = len(forms) <= _MANY_FORMS
    alike: dict[tuple[int, int], list[tuple[Form, int, int]]] = defaultdict(list)
    for form in forms:
        for start, end in sorted(_places_of(form, parts=parts)):
            alike[start, hash((form[:start], form[end:]))].append((form, start, end))
    slots = (Slot(members) for members in alike.values() if len(members) > 1)
    return [slot for slot in slots if len(slot.fillings) > 1]


def _places_of(form: Form, *, parts: bool) -> set[tuple[int, int]]:
    """Give where what may be a value begins and ends; what begins or ends inside of a segment too, with `parts`."""
    places = {(place, place + 1) for place, word in enumerate(form) if word not in MARKS}
    # A value that is known to be one may be all of it: "* web : started" beside "* : started".
    pairs = enumerate(pairwise(form))
    places.update((place, place + 2) for place, pair in pairs if STAR in pair and MARKS.isdisjoint(pair))
    places.update(_capitalised_in(form))
    segments = list(_segments_of(form))
    places.update(segments)
    if parts:
        for start, end in segments:
            places.update((start, place) for place in range(start + 1, end))
            places.update((place, end) for place in range(start + 1, end))
    # All after a colon: a cause may have any signs.
    places.update((start, len(form)) for start, _ in segments if start and form[start - 1] == b":")
    # Two with a colon between, and more after them: a value may have a colon.
    places.update(
        (start, end)
        for (start, colon), (after, end) in pairwise(segments)
        if after == colon + 1 and form[colon] == b":" and end < len(form)
    )
    return places


def _capitalised_in(form: Form) -> Iterator[tuple[int, int]]:
    """Give where each run of capitalised words begins and ends."""
    start = None
    for place, word in enumerate((*form, b"")):
        if not word.istitle():
            if start is not None:
                yield start, place
            start = None
        elif start is None:
            start = place


def _segments_of(form: Form) -> Iterator[tuple[int, int]]:
    """Give where each run of words between marks begins and ends."""
    marks = [-1, *(place for place, word in enumerate(form) if word in MARKS), len(form)]
    yield from ((before + 1, after) for before, after in pairwise(marks) if after - before > 1)
