"""Which templates were written by one call of a program: their forms differ in values only.

The overview tells such templates apart, since one of a call's causes may be that of the failure; people who look at a
log's templates, and labellers, count calls.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from logdebug.logs.alternating import without_alternating
from logdebug.logs.forms import STAR, form_of, shortened
from logdebug.logs.omissions import without_omissions
from logdebug.logs.slots import slots_of
from logdebug.logs.values import Values, Weighing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from logdebug.logs.fields import Level
    from logdebug.logs.forms import Form
    from logdebug.logs.templates import Template

__all__ = ["by_calls", "calls_of", "leader_of"]

_ROUNDS = 6
_MOST_FORMS = 3000
_LONGEST_FORM = 80
_MOST_COMPARED = 20
_FARTHEST_NUMBER = 200
# What names one call of a program that numbers its messages: Apache, MySQL, JBoss and its like, WebSphere, WebLogic.
# A number of its own kind (ORD-1001) would be a value; under one of Cisco's names are opposites, up and down.
_NUMBERED = re.compile(
    rb"\b(AH\d{5}|MY-(?!000000)\d{6}|(?:WFLY[A-Z]+|HHH|ISPN|AMQ|JBAS|JBWEB|ARJUNA|IJ|UT|HV|RESTEASY)\d{4,6}"
    rb"|BEA-\d{6}|(?:CWWK|SRVE|DSRA|WSVR|SECJ|CWPKI|CHFW|TCPC)[A-Z]?\d{4}[AEIW])(?=[\]:> ])"
)
_WORD = re.compile(r"[^\W\d_][^\s=:,;()\[\]{}\"'<>|\d]*(?![^\s=:,;()\[\]{}\"'<>|])")


def calls_of(examples: Sequence[bytes], into: Sequence[int] | None = None) -> list[int]:
    """Give for each template the first of those that the same call wrote.

    Parameters
    ----------
    examples
        The first line of each template.
    into
        For each template the first of those that it is one with for sure; None for itself each.
    """
    leaders = list(range(len(examples)) if into is None else into)
    forms = [_numbered(example) or form_of(example) for example in examples]
    patterns = _patterns_of(set(forms))
    first: dict[Form, int] = {}
    for template, form in enumerate(forms):
        earlier = first.setdefault(patterns.get(form, form), template)
        one, other = sorted((leader_of(leaders, template), leader_of(leaders, earlier)))
        leaders[other] = one
    return [leader_of(leaders, template) for template in range(len(examples))]


def _numbered(example: bytes) -> Form:
    """Give the number that a program gives each of its messages as the form of a line; empty without one."""
    found = _NUMBERED.search(example, 0, _FARTHEST_NUMBER)
    return found.groups(b"") if found else ()


def by_calls(templates: Sequence[Template]) -> list[Template]:
    """Make one of the templates that a call wrote, as far as their levels and HTTP statuses are the same.

    Parameters
    ----------
    templates
        In the order of their first lines.
    """
    calls: dict[tuple[int, Level | None, int | None], list[Template]] = defaultdict(list)
    for template, call in zip(templates, calls_of([template.example.encode() for template in templates]), strict=True):
        calls[call, template.level, template.status].append(template)
    return [_joint(members) if len(members) > 1 else members[0] for members in calls.values()]


def _joint(members: Sequence[Template]) -> Template:
    """Make one of some templates: words of the first that another hasn't are variables."""
    first, *others = members
    words = [set(_WORD.findall(member.example)) for member in others[:_MOST_COMPARED]]
    found = dict.fromkeys(_WORD.findall(first.example))
    differ = [word for word in found if not all(word in other for other in words)]
    return replace(
        first,
        count=sum(member.count for member in members),
        last_line=max(member.last_line for member in members),
        alarm=max(member.alarm for member in members),
        variables=(*first.variables, *differ),
    )


def leader_of(into: list[int], member: int) -> int:
    """Give the first of those that one was joined to, by way of others."""
    while into[member] != member:
        into[member] = into[into[member]]
        member = into[member]
    return member


def _patterns_of(forms: Collection[Form]) -> dict[Form, Form]:
    """Give what each form is with its values as `*`: what fills a place of its own, then parts that take turns."""
    patterns = _filled({form: form for form in forms if len(form) <= _LONGEST_FORM})
    weighing, values = Weighing(set(patterns.values())), Values()
    patterns = _filled(_rounds(patterns, weighing, values))
    turned, parts = without_alternating(set(patterns.values()))
    if parts:
        values.learn(parts)
        patterns = {form: turned[pattern] for form, pattern in patterns.items()}
        patterns = _filled(_rounds(patterns, Weighing(set(turned.values())), values))
    return patterns


def _filled(patterns: dict[Form, Form]) -> dict[Form, Form]:
    """Give the patterns with one for those that differ in what a call may leave out."""
    filled = without_omissions(set(patterns.values()))
    return {form: filled[pattern] for form, pattern in patterns.items()}


def _rounds(patterns: dict[Form, Form], weighing: Weighing, values: Values) -> dict[Form, Form]:
    """Give the patterns after some rounds, as each shows values that others have too."""
    for _ in range(_ROUNDS):
        left = sorted(set(patterns.values()))
        if len(left) > _MOST_FORMS:
            break
        joined = _joined(left, weighing, values)
        patterns = {form: joined[pattern] for form, pattern in patterns.items()}
        if len(set(patterns.values())) == len(left):
            break
    return patterns


def _joined(forms: Sequence[Form], weighing: Weighing, values: Values) -> dict[Form, Form]:
    """Give what each form is, with one pattern for those that differ in values of one place."""
    place_of = {form: place for place, form in enumerate(forms)}
    into = list(range(len(forms)))
    spans: list[list[tuple[int, int]]] = [[] for _ in forms]
    for slot in weighing.variable(slots_of(forms)):
        values.add(slot)
        first = leader_of(into, place_of[slot.members[0][0]])
        for form, start, end in slot.members:
            spans[place_of[form]].append((start, end))
            first, other = sorted((first, leader_of(into, place_of[form])))
            into[other] = first
    clusters: dict[int, list[int]] = defaultdict(list)
    for member in range(len(forms)):
        clusters[leader_of(into, member)].append(member)
    joined: dict[Form, Form] = {}
    for members in clusters.values():
        pattern = _pattern_of([_with_values(forms[member], spans[member], values) for member in members])
        joined.update((forms[member], pattern) for member in members)
    return joined


def _with_values(form: Form, spans: Iterable[tuple[int, int]], values: Values) -> Form:
    """Give a form with `*` for some of its words."""
    covered = {place for start, end in (*spans, *values.spans_in(form)) for place in range(start, end)}
    return shortened(STAR if place in covered else word for place, word in enumerate(form))


def _pattern_of(forms: Sequence[Form]) -> Form:
    """Give what forms, those of the usual length, have in common."""
    length = max(Counter(map(len, forms)).items(), key=lambda counted: (counted[1], -counted[0]))[0]
    columns = zip(*(form for form in forms if len(form) == length), strict=True)
    return shortened(column[0] if len(set(column)) == 1 else STAR for column in columns)
