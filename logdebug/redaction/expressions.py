"""The rules' expressions, each compiled when it is needed first: most rules never have anything to look at."""

from __future__ import annotations

import re
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import re2

from logdebug.linear import UNANCHORED, Matching, Span, matching
from logdebug.redaction.checks import CHECKS, LEAST, NEEDED
from logdebug.redaction.found import Found
from logdebug.redaction.rules import field_end

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logdebug.redaction.rules import Rule

__all__ = ["Expression", "by_line", "is_field", "options"]

_AROUND = 160
_MOST_MEMORY = 64 << 20
_MOST_REMEMBERED = 8_192
_ESCAPES = frozenset(b"\\%u")
_NO_LETTER = re.escape(r"(?:^|[^A-Za-z0-9_.\-]")


class Expression:
    """One rule, compiled: what is called for each hit is bound once.

    Its expressions see a text of many lines as so many texts: none of their matches goes over the end of a line.

    Parameters
    ----------
    place
        The rule's place among all.
    rule
        The rule.
    """

    def __init__(self, place: int, rule: Rule) -> None:
        self.place = place
        self.may_be_bare = rule.group == "value"
        self.is_named = "(?P<key>" in rule.pattern  # whether it knows the name of a field
        self._rule = rule
        self._check = CHECKS.get(rule.check)
        self._least = LEAST.get(rule.check, 0)
        self._needed = _on_bytes(NEEDED[rule.check]) if rule.check in NEEDED else None
        self._refused: dict[bytes, int] = {}

    @cached_property
    def _pattern(self) -> Any:
        return re2.compile(by_line(self._rule.pattern), options(never_nl=True))

    @cached_property
    def _key(self) -> int:
        """The number of the group that is the field's name; 0 for a rule that knows none."""
        return int(self._pattern.groupindex.get(b"key", 0))

    @cached_property
    def _groups(self) -> tuple[int, ...]:
        return tuple(group for group in range(1, self._pattern.groups + 1) if group != self._key) or (0,)

    @cached_property
    def _match(self) -> Matching:
        return matching(self._pattern)

    @cached_property
    def _places(self) -> Matching:
        """Where a match is, which costs a fifth of where its groups are."""
        nameless = by_line(self._rule.pattern.replace("(?P<key>", "(?:"))
        return matching(re2.compile(nameless, options(never_nl=True, never_capture=True)))

    @cached_property
    def _field(self) -> re.Pattern[bytes] | None:
        return _field() if self.is_named and is_field(self._rule.pattern) else None

    def next_at(self, data: bytes, at: int, stop: int) -> tuple[int, int, Span, Sequence[Span]] | None:
        """Give the next hit's start and end, the place of its field's name and those of its values; None for none."""
        if not self.is_named:
            return self._next_token(data, at, stop)
        while True:
            begin, end = self._places(UNANCHORED, data, at, stop)[0]
            if begin < 0:
                return None
            refused = self._refused.get(data[begin:end])
            if refused is None:
                return self._taken_apart(data, begin, end, stop)
            at = begin + refused

    def _next_token(self, data: bytes, at: int, stop: int) -> tuple[int, int, Span, Sequence[Span]] | None:
        """Give the next hit of a rule that knows no field's name."""
        spans = self._match(UNANCHORED, data, at, stop)
        begin, end = spans[0]
        if begin < 0:
            return None
        return begin, end, spans[0], [spans[group] for group in self._groups if spans[group][0] >= 0]

    def _taken_apart(self, data: bytes, begin: int, end: int, stop: int) -> tuple[int, int, Span, Sequence[Span]]:
        """Tell where the name and the values are within a field's text."""
        if self._field is not None and data[begin] not in _ESCAPES:
            parts = self._field.fullmatch(data, begin, end)
            if parts is not None:
                return begin, end, parts.span(1), (parts.span(parts.lastindex or 0),)
        spans = self._match(UNANCHORED, data, begin, stop)
        return begin, end, spans[self._key], [spans[group] for group in self._groups if spans[group][0] >= 0]

    def may_hold(self, data: bytes, start: int, end: int) -> bool:
        """Tell whether a value may be a secret by itself, whatever stands around it."""
        return end - start >= self._least and (self._needed is None or self._needed(data[start:end]))

    def refuse(self, text: bytes, until: int) -> None:
        """Take note that a field's text holds no secret, and how far of it is then looked at: the same often recur."""
        if len(self._refused) >= _MOST_REMEMBERED:
            self._refused.clear()
        self._refused[text] = until

    def holds(self, data: bytes, key: Span, start: int, end: int, *, quoted: bool) -> bool:
        """Tell whether the rule's check takes a hit for a secret, of which it may be one."""
        if self._check is None:
            return True
        name = data[key[0] : key[1]].decode("utf-8", "replace") if self.is_named else ""
        before, after = data[max(0, start - _AROUND) : start], data[end : end + _AROUND]
        value = data[start:end].decode("utf-8", "replace")
        return self._check(Found(value, name, before, after, quoted=quoted))


def options(*, never_nl: bool = False, never_capture: bool = False) -> Any:
    """Give RE2's options: quiet, much memory, and whether a match may hold the end of a line, or groups."""
    options = re2.Options()
    options.log_errors, options.max_mem = False, _MOST_MEMORY
    options.never_nl, options.never_capture = never_nl, never_capture
    return options


def by_line(pattern: str) -> bytes:
    """Give an expression in which the beginning and the end of a text are those of a line."""
    ends = re.sub(r"(?<!\\)((?:\\\\)*)\\([Az])", lambda found: found[1] + ("^" if found[2] == "A" else "$"), pattern)
    return f"(?m:{ends})".encode()


def is_field(pattern: str) -> bool:
    """Tell whether a pattern is that of a named field: no letter of a name, the name, what separates, a value."""
    return re.match(_NO_LETTER + r"[^()]*\)\(\?P<key>", pattern) is not None and pattern.endswith(field_end())


@cache
def _field() -> re.Pattern[bytes]:
    """Give what takes a field apart whose ends are known: which letters are the name's is then in no doubt."""
    blank = r"\t\n\f\r "  # what RE2 takes for one
    end = re.sub(r"(\[[^\]]*?)\\s", lambda found: found[1] + blank, field_end()).replace(r"\s", f"[{blank}]")
    return re.compile(rf"[^A-Za-z0-9_.\-]?([A-Za-z0-9_.\-]+){end}".encode())


def _on_bytes(judge: Callable[[str], bool]) -> Callable[[bytes], bool]:
    """Give a judgment of a value's bytes that is remembered."""

    @lru_cache(_MOST_REMEMBERED)
    def judged(value: bytes) -> bool:
        return judge(value.decode("utf-8", "replace"))

    return judged
