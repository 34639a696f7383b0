"""Where the secrets in a text are: one pass for all rules' anchors, and a close look at the few lines that have one."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

import re2

from logdebug.linear import UNANCHORED, matching
from logdebug.redaction.anchors import WORTH_BYTES, Anchors
from logdebug.redaction.blocks import KEY_MARKS, key_lines
from logdebug.redaction.expressions import Expression
from logdebug.redaction.folded import folded
from logdebug.redaction.placed import PLACED, named_by_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logdebug.redaction.rules import Rule

__all__ = ["Detector", "Span", "detector_of"]

_QUOTES = frozenset(b"\"'`")
_next_end = matching(
    re2.compile(
        rb"[,;&|](?:\s|$|[,;&|\"']|(?:amp;)?[A-Za-z_][\w.\-\[\]]{0,60}(?:=|:|%3[Dd]))|[)\]}>]+[.,;:!?)\]}]*$|[.,;:]+$|</|(?:=>)"
    )
)
_MAY_END = re.compile(rb"[,;&|)\]}<>]")
_STOPS = frozenset(b".,;:")
_ENDS_ENCODED = re2.compile(rb"%(?:25)*(?:26|22|27|2[Cc]|20|0[AaDd]|7[Dd]|3[Bb])|&")


class Span(NamedTuple):
    """Where a secret is, in bytes of UTF-8 from the text's beginning, and which rule found it."""

    start: int
    end: int
    rule: Rule


class Detector:
    """Finds secrets by rules; safe for several threads.

    Parameters
    ----------
    rules
        What to look for; of two that find the same, the first names it.
    worth
        How many bytes are looked through before the faster engine is compiled.
    """

    def __init__(self, rules: Iterable[Rule], *, worth: int = WORTH_BYTES) -> None:
        self.rules = tuple(rules)
        self._worth = worth
        self.kinds = frozenset(rule.kind for rule in self.rules)
        self._keys = next((rule for rule in self.rules if rule.kind == "private-key"), None)
        self._expressions = [Expression(place, rule) for place, rule in enumerate(self.rules)]

    @cached_property
    def _anchors(self) -> Anchors:
        return Anchors(self.rules, PLACED, worth=self._worth)

    def spans(self, data: bytes) -> list[Span]:
        """Find the secrets in a text.

        Parameters
        ----------
        data
            Whole lines, in UTF-8: what is cut off a line can't be told from what is no secret.

        Returns
        -------
        list of Span
            In the text's order; none overlaps another, none is empty and none goes over the end of a line.
        """
        if not self.rules:
            return []
        found = self._found(data)
        if (plain := folded(data)) is not None:
            found += [(plain.place(start), plain.place(end), place) for start, end, place in self._found(plain.text)]
        return self._apart(found) if found else []

    def _found(self, data: bytes) -> list[tuple[int, int, int]]:
        """Give the start, the end and the rule's place of what is found, in whatever order, as it overlaps."""
        candidates, is_placed = self._anchors.candidates(data)
        found: list[tuple[int, int, int]] = []
        for place, start, end in candidates:
            found += _hits(self._expressions[place], data, start, end)
        if self._keys is not None and any(mark in data for mark in KEY_MARKS):
            place = self.rules.index(self._keys)
            found += [(start, end, place) for start, end in key_lines(data)]
        for name, start, end in named_by_place(data) if is_placed else ():
            shift = start - len(name) - 1
            spans = self.spans(name + b"=" + data[start:end])
            found += [(shift + at, shift + to, self.rules.index(rule)) for at, to, rule in spans if shift + at >= start]
        return found

    def _apart(self, found: list[tuple[int, int, int]]) -> list[Span]:
        """Join what overlaps: the widest covers, the first rule names; what is personal gives way."""
        spans: list[tuple[int, int, int]] = []
        for start, end, place in sorted(set(found)):
            if not spans or start >= spans[-1][1]:
                spans.append((start, end, place))
                continue
            before, until, named = spans[-1]
            if (self.rules[place].group == "personal") != (self.rules[named].group == "personal"):
                if self.rules[named].group == "personal":
                    spans[-1] = (start, end, place)
                continue
            spans[-1] = (before, max(until, end), min(place, named))
        return [Span(start, end, self.rules[place]) for start, end, place in spans]


def _hits(rule: Expression, data: bytes, at: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Give the secrets that a rule finds between two places as start, end and the rule's place."""
    while at < stop and (hit := rule.next_at(data, at, stop)) is not None:
        begin, end, key, values = hit
        # A value may hold the next field: of a field only the name is used.
        at = max(key[1], begin + 1) if rule.is_named else max(end, at + 1)
        is_refused = True
        for start, end_of_group in values:
            quoted = start > 0 and data[start - 1] in _QUOTES
            bare = rule.may_be_bare and not quoted
            stop_at = _end_of_bare(data, begin, start, end_of_group) if bare else end_of_group
            at = max(at, stop_at)
            if stop_at > start and rule.may_hold(data, start, stop_at):
                is_refused = False
                if rule.holds(data, key, start, stop_at, quoted=quoted):
                    yield start, stop_at, rule.place
        if is_refused and rule.is_named:
            rule.refuse(data[begin:end], at - begin)


def _end_of_bare(line: bytes, begin: int, start: int, end: int) -> int:
    """Tell where a value ends that no quotes hold: before the next field, a bracket that closes, a full stop."""
    before = line[max(begin, start - 16) : start]
    if b"%3" in before or b"%2" in before:
        cut = _ENDS_ENCODED.search(line, start, end)
        if cut is not None:
            end = cut.start()
    if line[end - 1] not in _STOPS and _MAY_END.search(line, start, end) is None:
        return end
    cut = _next_end(UNANCHORED, line[start:end], 0, end - start)[0][0]
    return end if cut < 0 else start + cut


@cache
def detector_of(rules: tuple[Rule, ...]) -> Detector:
    """Give the detector of some rules, the same one each time: its expressions are compiled once."""
    return Detector(rules)
