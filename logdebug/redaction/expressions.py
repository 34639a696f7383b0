"""The rules' expressions, compiled so that a text without a secret costs one pass, and a hit a short look."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import re2

from logdebug.linear import UNANCHORED, Span, matching
from logdebug.redaction.checks import CHECKS, LEAST, NEEDED
from logdebug.redaction.found import Found
from logdebug.redaction.rules import field_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logdebug.redaction.rules import Rule

__all__ = ["Compiled", "Expression", "Family"]

_AROUND = 160
_MOST_MEMORY = 64 << 20
_MOST_REMEMBERED = 8_192
_OF_SENTENCES = frozenset({"said", "near", "login", "strong", "keyed", "scrambled"})
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
        pattern = re2.compile(_by_line(rule.pattern), _options(never_nl=True))
        self.place = place
        self.may_be_bare = rule.group == "value"
        self.key: int = pattern.groupindex.get(b"key", 0)
        self._groups = tuple(group for group in range(1, pattern.groups + 1) if group != self.key) or (0,)
        self._match = matching(pattern)
        # Where a match is costs a fifth of where its groups are.
        nameless = _by_line(rule.pattern.replace("(?P<key>", "(?:"))
        self._places = matching(re2.compile(nameless, _options(never_nl=True, never_capture=True)))
        self._anchor = matching(re2.compile(_by_line(rule.anchor), _options(never_nl=True, never_capture=True)))
        self._field = _field() if self.key and _is_field(rule.pattern) else None
        self._check = CHECKS.get(rule.check)
        self._refused: dict[bytes, int] = {}
        self._least = LEAST.get(rule.check, 0)
        self._needed = _on_bytes(NEEDED[rule.check]) if rule.check in NEEDED else None

    def next_at(self, data: bytes, at: int, stop: int) -> tuple[int, int, Span, Sequence[Span]] | None:
        """Give the next hit's start and end, the place of its field's name and those of its values; None for none."""
        if not self.key:
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
        return begin, end, spans[self.key], [spans[group] for group in self._groups if spans[group][0] >= 0]

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
        name = data[key[0] : key[1]].decode("utf-8", "replace") if self.key else ""
        before, after = data[max(0, start - _AROUND) : start], data[end : end + _AROUND]
        value = data[start:end].decode("utf-8", "replace")
        return self._check(Found(value, name, before, after, quoted=quoted))

    def is_anchored(self, data: bytes, at: int) -> bool:
        """Tell whether the line at a place has the rule's anchor."""
        end = data.find(b"\n", at)
        start = data.rfind(b"\n", 0, at) + 1
        return self._anchor(UNANCHORED, data, start, len(data) if end < 0 else end)[0][0] >= 0


class Anchors:
    """The anchors of some rules, all looked for in one pass.

    Parameters
    ----------
    expressions
        The rules, compiled.
    anchors
        The anchor of each.
    """

    def __init__(self, expressions: Sequence[Expression], anchors: Sequence[str]) -> None:
        by_anchor: dict[str, list[Expression]] = {}
        for expression, anchor in zip(expressions, anchors, strict=True):
            by_anchor.setdefault(anchor, []).append(expression)
        self._of = list(by_anchor.values())
        anchored = re2.Set.SearchSet(_options(never_nl=True, never_capture=True))
        for anchor in by_anchor:
            anchored.Add(_by_line(anchor))
        anchored.Compile()
        self._match: Callable[[bytes], list[int]] = anchored._set.Match  # noqa: SLF001 -- half the time of the wrapper's

    def within(self, text: bytes) -> list[Expression]:
        """Give the rules whose anchors a line or a text has, and those that have none."""
        if len(self._of) == 1:
            return self._of[0]
        return [expression for each in self._match(text) for expression in self._of[each]]


class Family(Anchors):
    """Rules whose anchors are looked for in one pass over a text; without anchors, all its lines are looked at.

    Of too many anchors at once, or too different ones, RE2 has to remember too many states over a long text.
    """

    def __init__(self, expressions: Sequence[Expression], anchors: Sequence[str]) -> None:
        super().__init__(expressions, anchors)
        self._is_everywhere = "" in anchors
        alternatives = "|".join(f"(?:{anchor})" for anchor in dict.fromkeys(anchors))
        self._next = matching(re2.compile(_by_line(alternatives), _options(never_nl=True, never_capture=True)))

    def lines(self, data: bytes) -> Iterator[Span]:
        """Give the lines that need a close look, as start and end."""
        match, at, size = self._next, 0, len(data)
        while at < size:
            start = at
            if not self._is_everywhere:
                anchor = match(UNANCHORED, data, at, size)[0][0]
                if anchor < 0:
                    return
                start = data.rfind(b"\n", 0, anchor + 1) + 1
            end = data.find(b"\n", start)
            end = size if end < 0 else end
            yield start, end
            at = end + 1


class Compiled:
    """Rules, compiled in the order of their precedence.

    Attributes
    ----------
    families
        They, told apart by what their anchors look for.
    of_line
        All of them, for a single line: there no more is to be remembered than of each family alone.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        of_kind: dict[str, list[Expression]] = {}
        for place, rule in enumerate(rules):
            of_kind.setdefault(_kind_of_anchor(rule), []).append(Expression(place, rule))
        self.families = [Family(each, [rules[one.place].anchor for one in each]) for each in of_kind.values()]
        all_of_them = [expression for each in of_kind.values() for expression in each]
        self.of_line = Anchors(all_of_them, [rules[one.place].anchor for one in all_of_them])


def _kind_of_anchor(rule: Rule) -> str:
    """Tell whether an anchor looks for no text, a field's name, a sentence, a word, or a token's head."""
    if not rule.anchor:
        return "none"
    if _is_field(rule.pattern):
        return "field"
    if rule.check in _OF_SENTENCES:
        return "sentence"
    return "word" if rule.group == "value" or ("(?i:" in rule.anchor and rule.group == "token") else "token"


def _options(*, never_nl: bool = False, never_capture: bool = False) -> Any:
    options = re2.Options()
    options.log_errors, options.max_mem = False, _MOST_MEMORY
    options.never_nl, options.never_capture = never_nl, never_capture
    return options


def _by_line(pattern: str) -> bytes:
    """Give an expression in which the beginning and the end of a text are those of a line."""
    ends = re.sub(r"(?<!\\)((?:\\\\)*)\\([Az])", lambda found: found[1] + ("^" if found[2] == "A" else "$"), pattern)
    return f"(?m:{ends})".encode()


def _is_field(pattern: str) -> bool:
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
