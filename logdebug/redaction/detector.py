"""Where the secrets in a text are: one pass for all rules' anchors, and a close look at the few lines that have one."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import re2

from logdebug.redaction.blocks import key_lines
from logdebug.redaction.checks import CHECKS
from logdebug.redaction.found import Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logdebug.redaction.rules import Rule

__all__ = ["Detector", "Span", "detector_of"]

_AROUND = 160
_MOST_MEMORY = 64 << 20
_QUOTES = frozenset(b"\"'`")
_ENDS_BARE = re2.compile(
    rb"[,;&|](?:\s|$|[,;&|]|(?:amp;)?[A-Za-z_][\w.\-\[\]]{0,60}(?:=|:|%3[Dd]))|[)\]}>]+[.,;:!?)\]}]*$|[.,;:]+$|</|(?:=>)"
)
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
        for place in compiled.filter.Match(line) or ():
            rule, pattern = self.rules[place], compiled.patterns[place]
            key_group, groups = compiled.keys[place], compiled.groups[place]
            check = CHECKS.get(rule.check)
            at = 0
            while at <= len(line) and (match := pattern.search(line, at)) is not None:
                begin, at = match.start(), max(match.end(), at + 1)
                key = b""
                if key_group:
                    first, last = match.span(key_group)
                    key = line[first:last]
                    at = max(last, begin + 1)  # a value may hold the next field: only the name is used up
                for start, stop in map(match.span, groups):
                    if start < 0:
                        continue
                    quoted = start > 0 and line[start - 1] in _QUOTES
                    bare = rule.group == "value" and not quoted
                    end = _end_of_bare(line, begin, start, stop) if bare else stop
                    at = max(at, end)
                    if end > start and (check is None or check(_found(line, key, start, end, quoted=quoted))):
                        yield offset + start, offset + end, place

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


class _Compiled:
    """The rules' expressions, compiled."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MOST_MEMORY
        self.patterns = [re2.compile(rule.pattern.encode(), options) for rule in rules]
        self.keys = [pattern.groupindex.get(b"key", 0) for pattern in self.patterns]
        self.groups = [
            [group for group in range(1, pattern.groups + 1) if group != key] or [0]
            for pattern, key in zip(self.patterns, self.keys, strict=True)
        ]
        self.filter: Any = re2.Filter()
        for rule in rules:
            self.filter.Add(rule.pattern.encode(), options)
        self.filter.Compile()
        anchors = sorted({rule.anchor for rule in rules})
        self._all = "" in anchors
        options.never_capture = True
        options.longest_match = False
        self._anchors = re2.compile("|".join(f"(?:{anchor})" for anchor in anchors if anchor).encode(), options)

    def lines(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Give the lines that need a close look, as start and end."""
        search, at, size = self._anchors.search, 0, len(data)
        while at < size:
            if self._all:
                start = at
            else:
                match = search(data, at)
                if match is None:
                    return
                start = data.rfind(b"\n", 0, match.start() + 1) + 1
            end = data.find(b"\n", start)
            end = size if end < 0 else end
            yield start, end
            at = end + 1


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
    cut = _ENDS_BARE.search(line[start:end])
    return end if cut is None else start + cut.start()


@cache
def detector_of(rules: tuple[Rule, ...]) -> Detector:
    """Give the detector of some rules, the same one each time: its expressions are compiled once."""
    return Detector(rules)
