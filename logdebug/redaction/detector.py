"""Where the secrets in a text are: one pass for all rules' anchors, and a close look at the few lines that have one."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import re2

from logdebug.redaction.blocks import key_lines
from logdebug.redaction.checks import CHECKS, LEAST
from logdebug.redaction.found import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from logdebug.redaction.rules import Rule

__all__ = ["Detector", "Span", "detector_of"]

_AROUND = 160
_MOST_MEMORY = 64 << 20
_UNANCHORED = re2._Anchor.UNANCHORED  # noqa: SLF001 -- what `_matching` gives must be told it
_QUOTES = frozenset(b"\"'`")
_ENDS_BARE = re2.compile(
    rb"[,;&|](?:\s|$|[,;&|]|(?:amp;)?[A-Za-z_][\w.\-\[\]]{0,60}(?:=|:|%3[Dd]))|[)\]}>]+[.,;:!?)\]}]*$|[.,;:]+$|</|(?:=>)"
)
_MAY_END = re.compile(rb"[,;&|)\]}<>]")
_STOPS = frozenset(b".,;:")
_ENDS_ENCODED = re2.compile(rb"%(?:25)*(?:26|22|27|2[Cc]|20|0[AaDd]|7[Dd]|3[Bb])|&")


@dataclass(frozen=True, slots=True)
class Span:
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
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self.kinds = frozenset(rule.kind for rule in self.rules)
        self._keys = next((rule for rule in self.rules if rule.kind == "private-key"), None)
        self._lock = threading.Lock()
        self._compiled: _Compiled | None = None

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
        compiled = self._compiled or self._compile()
        found: list[tuple[int, int, int]] = []
        for start, end in compiled.lines(data):
            found += self._on_line(data[start:end], start, compiled)
        if self._keys is not None and b"PRIVATE KEY" in data:
            place = self.rules.index(self._keys)
            found += [(start, end, place) for start, end in key_lines(data)]
        return self._apart(found)

    def _on_line(self, line: bytes, offset: int, compiled: _Compiled) -> Iterator[tuple[int, int, int]]:
        """Give the secrets of one line as start, end and the rule's place."""
        size = len(line)
        for looked in compiled.at_place(line):
            at = 0
            while at < size:
                spans = looked.match(_UNANCHORED, line, at, size)
                begin, end = spans[0]
                if begin < 0:
                    break
                at = max(end, at + 1)
                if looked.key:
                    at = max(spans[looked.key][1], begin + 1)  # a value may hold the next field: only the name is used
                for group in looked.groups:
                    start, stop = spans[group]
                    if start < 0:
                        continue
                    quoted = start > 0 and line[start - 1] in _QUOTES
                    end = _end_of_bare(line, begin, start, stop) if looked.may_be_bare and not quoted else stop
                    at = max(at, end)
                    if end > start and looked.holds(line, spans[looked.key], start, end, quoted=quoted):
                        yield offset + start, offset + end, looked.place

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

    def _compile(self) -> _Compiled:
        with self._lock:
            if self._compiled is None:
                self._compiled = _Compiled(self.rules)
        return self._compiled


class _Looked:
    """One rule, compiled: what is called for each hit is bound once."""

    def __init__(self, place: int, rule: Rule, options: Any) -> None:
        pattern = re2.compile(rule.pattern.encode(), options)
        self.place = place
        self.match = _matching(pattern)
        self.key: int = pattern.groupindex.get(b"key", 0)
        self.groups = tuple(group for group in range(1, pattern.groups + 1) if group != self.key) or (0,)
        self.may_be_bare = rule.group == "value"
        self._check = CHECKS.get(rule.check)
        self._least = LEAST.get(rule.check, 0)

    def holds(self, line: bytes, key: tuple[int, int], start: int, end: int, *, quoted: bool) -> bool:
        """Tell whether the rule's check takes a hit for a secret; the commonest values are refused by their length."""
        if self._check is None:
            return True
        if end - start < self._least:
            return False
        name = line[slice(*key)] if self.key else b""
        return self._check(_found(line, name, start, end, quoted=quoted))


class _Compiled:
    """The rules' expressions, compiled."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MOST_MEMORY
        self._everywhere: list[_Looked] = []
        by_anchor: dict[str, list[_Looked]] = {}
        for place, rule in enumerate(rules):
            looked = _Looked(place, rule, options)
            (by_anchor.setdefault(rule.anchor, []) if rule.anchor else self._everywhere).append(looked)
        self._by_anchor = [by_anchor[anchor] for anchor in sorted(by_anchor)]
        options.never_capture = True
        self._set: Any = re2.Set.SearchSet(options)
        for anchor in sorted(by_anchor):
            self._set.Add(anchor.encode())
        self._set.Compile()
        anchors = "|".join(f"(?:{anchor})" for anchor in sorted(by_anchor))
        self._next_anchor = _matching(re2.compile(anchors.encode(), options))

    def at_place(self, line: bytes) -> list[_Looked]:
        """Give the rules whose anchors a line has, and those that have none."""
        found = [looked for each in self._set.Match(line) or () for looked in self._by_anchor[each]]
        return [*self._everywhere, *found]

    def lines(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Give the lines that need a close look, as start and end."""
        match, at, size = self._next_anchor, 0, len(data)
        while at < size:
            start = at
            if not self._everywhere:
                anchor = match(_UNANCHORED, data, at, size)[0][0]
                if anchor < 0:
                    return
                start = data.rfind(b"\n", 0, anchor + 1) + 1
            end = data.find(b"\n", start)
            end = size if end < 0 else end
            yield start, end
            at = end + 1


def _matching(pattern: Any) -> Callable[[Any, bytes, int, int], Sequence[tuple[int, int]]]:
    """Give what gives the groups' places of a pattern's next match, -1 where there is none.

    The wrapper around it makes a generator and an object of each match, for twice the time of most searches here.
    """
    matching: Callable[[Any, bytes, int, int], Sequence[tuple[int, int]]] = pattern._regexp.Match  # noqa: SLF001 -- as said
    return matching


def _found(line: bytes, key: bytes, start: int, end: int, *, quoted: bool) -> Found:
    return Found(
        line[start:end].decode("utf-8", "replace"),
        key.decode("utf-8", "replace"),
        line[max(0, start - _AROUND) : start].decode("utf-8", "replace"),
        line[end : end + _AROUND].decode("utf-8", "replace"),
        quoted,
    )


def _end_of_bare(line: bytes, begin: int, start: int, end: int) -> int:
    """Tell where a value ends that no quotes hold: before the next field, a bracket that closes, a full stop."""
    before = line[max(begin, start - 16) : start]
    if b"%3" in before or b"%2" in before:
        cut = _ENDS_ENCODED.search(line, start, end)
        if cut is not None:
            end = cut.start()
    if line[end - 1] not in _STOPS and _MAY_END.search(line, start, end) is None:
        return end
    cut = _ENDS_BARE.search(line[start:end])
    return end if cut is None else start + cut.start()


@cache
def detector_of(rules: tuple[Rule, ...]) -> Detector:
    """Give the detector of some rules, the same one each time: its expressions are compiled once."""
    return Detector(rules)
