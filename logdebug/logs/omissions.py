"""Fields that a call leaves out where it has nothing to say in them: lines with them and without are the same call's.

What is left of a form without its fields is its *rest*. Forms of one rest whose fields differ are one where they have
fields in common, and those that differ stand in a list: of two lines that a mere word more tells apart, nobody knows.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from logdebug.logs.forms import STAR, shortened
from logdebug.logs.values import tells

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from logdebug.logs.forms import Form

__all__ = ["without_omissions"]

_SEPARATORS = frozenset(b", | ;".split())
_BOUNDS = _SEPARATORS | frozenset(b"( ) [ ] { }".split()) | {b""}
_MESSAGE = frozenset(b"msg= message= Msg= MESSAGE=".split())
_LONGEST_NAME = 2
_MUCH_SAID = 3


class _Parsed(NamedTuple):
    """A form's fields, those of them that a sign parts from the others, and its rest."""

    fields: frozenset[bytes]
    parted: frozenset[bytes]
    rest: Form


def without_omissions(forms: Collection[Form]) -> dict[Form, Form]:
    """Give for each form the fullest of those that differ from it only in fields that a call may leave out.

    Parameters
    ----------
    forms
        Those of a log.
    """
    parsed = {form: _parsed(form) for form in sorted(forms)}
    of_rest: dict[Form, list[Form]] = defaultdict(list)
    for form, (fields, _, rest) in parsed.items():
        if fields or len(rest) > 1:
            of_rest[rest].append(form)
    given = {form: form for form in forms}
    for members in of_rest.values():
        for alike in _clusters_of(members, parsed) if len(members) > 1 else ():
            given.update(dict.fromkeys(alike, alike[0]))
    return given


def _clusters_of(members: Sequence[Form], parsed: Mapping[Form, _Parsed]) -> list[list[Form]]:
    """Part forms of one rest into those that are one, the fullest first."""
    clusters: list[list[Form]] = []
    for form in sorted(members, key=lambda form: (-len(parsed[form].fields), form)):
        fields = parsed[form].fields
        within = [cluster for cluster in clusters if any(fields <= parsed[member].fields for member in cluster)]
        clusters = [cluster for cluster in clusters if cluster not in within]
        clusters.append([*(member for cluster in within for member in cluster), form])
    listing = [[form for form in cluster if parsed[form].fields] for cluster in clusters]
    pairs = zip(clusters, listing, strict=True)
    found = [cluster if _is_one([parsed[form] for form in cluster]) else listed for cluster, listed in pairs]
    return [cluster for cluster in found if len(cluster) > 1 and _is_one([parsed[form] for form in cluster])]


def _is_one(members: Sequence[_Parsed]) -> bool:
    """Say whether forms of one rest are one call's, by what fields all have, and by those that some lack."""
    everywhere = frozenset[bytes].intersection(*(member.fields for member in members))
    anywhere = frozenset[bytes].union(*(member.fields for member in members))
    parted = frozenset[bytes].union(*(member.parted for member in members))
    rest = members[0].rest
    if not _MESSAGE.isdisjoint(rest):
        return True
    if sum(map(tells, rest)) + len(everywhere) < _MUCH_SAID:
        return False
    lacking = anywhere - everywhere
    return len(lacking) != 1 or (lacking <= parted and bool(everywhere))


def _parsed(form: Form) -> _Parsed:
    """Part a form into its fields and its rest."""
    if _SEPARATORS.isdisjoint(form) and not (b":" in form and b"(" in form) and b"=" not in b"".join(form):
        return _Parsed(frozenset(), frozenset(), _closed(form))  # no place in it that a field may stand in
    fields: set[bytes] = set()
    parted: set[bytes] = set()
    rest: list[bytes] = []
    place = 0
    while place < len(form):
        end = _field_at(form, place)
        if end:
            name = form[place].rstrip(b"=")
            fields.add(name)
            if not _SEPARATORS.isdisjoint((*form[max(place - 1, 0) : place], *form[end : end + 1])):
                parted.add(name)
            place = end
        else:
            if form[place] not in _SEPARATORS:
                rest.append(form[place])
            place += 1
    return _Parsed(frozenset(fields), frozenset(parted), _closed(rest))


def _field_at(form: Form, place: int) -> int:
    """Give where a field that begins at a place ends, 0 where none does: `name= *`; in a list `name: *`, `name *`."""
    if form[place][-1:] == b"=":
        return place + 2 if form[place + 1 : place + 2] == (STAR,) else 0
    before = form[place - 1] if place else b""
    if before not in _BOUNDS or not form[place][:1].isalpha():
        return 0
    end = place + 1
    while end < len(form) and end - place < _LONGEST_NAME and form[end][:1].isalpha():
        end += 1
    has_colon = form[end : end + 1] == (b":",)
    end += has_colon
    if form[end : end + 1] != (STAR,):
        return 0
    around = {before, form[end + 1] if end + 1 < len(form) else b""}
    in_list = not _SEPARATORS.isdisjoint(around) or (has_colon and b"(" in around)
    return end + 1 if around <= _BOUNDS and in_list else 0


def _closed(rest: Iterable[bytes]) -> Form:
    """Give the rest of a form without brackets that enclose nothing any more."""
    closed: list[bytes] = []
    for word in rest:
        if closed and closed[-1] + word in (b"()", b"[]", b"{}"):
            closed.pop()
        else:
            closed.append(word)
    return shortened(closed)
