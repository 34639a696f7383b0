"""What is to be looked at closely: all rules' anchors looked for in one pass, by the engine that pays."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import re2

from logdebug.linear import UNANCHORED, matching
from logdebug.redaction.expressions import by_line, is_field, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from logdebug.redaction.rules import Rule

__all__ = ["WORTH_BYTES", "Anchors", "Candidate"]

Candidate = tuple[int, int, int]
"""A rule's place among all; start and end of the line that has the rule's anchor, or of a whole text."""

WORTH_BYTES = 3_000_000
"""RE2 takes as long for so many bytes that it has not seen before as hyperscan takes to compile all anchors."""

_LINE_BYTES = 4_000  # a line of at most so many is looked through for all anchors at once
_OF_SENTENCES = frozenset({"said", "near", "login", "strong", "keyed", "scrambled"})


class Anchors:
    """The anchors of rules; safe for several threads.

    RE2 is ready at once, and slow with text that it has not seen: it makes its tables as it goes. Hyperscan takes two
    seconds or three to make its own, and is fast with any text: where much was looked through it makes them in a
    thread of its own, beside which agents go on, and then takes over. Both give the same candidates, or some more where
    a text is odd; the rules' patterns decide.

    Parameters
    ----------
    rules
        The rules.
    others
        Further expressions to look for, over the ends of lines, too; only whether one of them stands in a text is told.
    worth
        How many bytes are looked through before hyperscan takes over.
    """

    def __init__(self, rules: Sequence[Rule], others: Sequence[bytes], *, worth: int = WORTH_BYTES) -> None:
        self._rules, self._others = rules, others
        self._lock = threading.Lock()
        self._engine: _Families | _Database = _Families(rules, others)
        self._left = max(1, worth)
        self._compiling: threading.Thread | None = None

    def candidates(self, data: bytes) -> tuple[list[Candidate], bool]:
        """Give what the rules have to look at in a text, and whether one of the other expressions stands there."""
        if self._left > 0:
            self._count(len(data))
        return self._engine.candidates(data)

    def settled(self) -> None:
        """Wait for hyperscan where it is about to take over."""
        if self._compiling is not None:
            self._compiling.join()

    def _count(self, size: int) -> None:
        """Count what is looked through; have hyperscan made ready where that pays."""
        with self._lock:
            is_due = 0 < self._left <= size
            self._left -= size
        if is_due:
            # Not waited for at the end of the process: what it makes is only ever quicker.
            self._compiling = threading.Thread(target=self._take_over, name="hyperscan", daemon=True)
            self._compiling.start()

    def _take_over(self) -> None:
        self._engine = _Database.of(self._rules, self._others) or self._engine


class _Families:
    """The anchors in RE2: of too many or too different ones at once it would have to remember too many states."""

    def __init__(self, rules: Sequence[Rule], others: Sequence[bytes]) -> None:
        by_kind: dict[str, list[int]] = {}
        for place, rule in enumerate(rules):
            by_kind.setdefault(_kind_of_anchor(rule), []).append(place)
        self._everywhere = by_kind.pop("none", [])
        anchors = [rule.anchor for rule in rules]
        self._families = [_Family(places, anchors) for places in by_kind.values()]
        anchored = [place for places in by_kind.values() for place in places]
        self._of_line = _which(anchored, anchors)
        self._next_other = matching(re2.compile(b"|".join(b"(?m:%b)" % each for each in others), _NAMELESS))

    def candidates(self, data: bytes) -> tuple[list[Candidate], bool]:
        found = [(place, 0, len(data)) for place in self._everywhere]
        if len(data) <= _LINE_BYTES and b"\n" not in data:
            found += [(place, 0, len(data)) for place in self._of_line(data)]
        else:
            for family in self._families:
                found += family.candidates(data)
        return found, self._next_other(UNANCHORED, data, 0, len(data))[0][0] >= 0


_NAMELESS = options(never_capture=True)
_NAMELESS_LINES = options(never_nl=True, never_capture=True)


class _Family:
    """Rules whose anchors are alike."""

    def __init__(self, places: Sequence[int], anchors: Sequence[str]) -> None:
        alternatives = "|".join(f"(?:{anchors[place]})" for place in places)
        self._next = matching(re2.compile(by_line(alternatives), _NAMELESS_LINES))
        self._within = _which(places, anchors)

    def candidates(self, data: bytes) -> Iterable[Candidate]:
        match, at, size = self._next, 0, len(data)
        while at < size:
            anchor = match(UNANCHORED, data, at, size)[0][0]
            if anchor < 0:
                return
            start, end = data.rfind(b"\n", 0, anchor + 1) + 1, data.find(b"\n", anchor)
            end = size if end < 0 else end
            for place in self._within(data[start:end]):
                yield place, start, end
            at = end + 1


def _which(places: Sequence[int], anchors: Sequence[str]) -> Callable[[bytes], list[int]]:
    """Give what tells which of some rules have their anchors in a line."""
    if not places:
        return lambda _: []
    anchored = re2.Set.SearchSet(_NAMELESS_LINES)
    for place in places:
        anchored.Add(by_line(anchors[place]))
    anchored.Compile()
    match: Callable[[bytes], list[int]] = anchored._set.Match  # noqa: SLF001 -- half the time of the wrapper's
    return lambda line: [places[found] for found in match(line)]


def _kind_of_anchor(rule: Rule) -> str:
    """Tell whether an anchor looks for no text, a field's name, a sentence, a word, or a token's head."""
    if not rule.anchor:
        return "none"
    if is_field(rule.pattern):
        return "field"
    if rule.check in _OF_SENTENCES:
        return "sentence"
    return "word" if rule.group == "value" or ("(?i:" in rule.anchor and rule.group == "token") else "token"


class _Database:
    """The anchors in hyperscan."""

    @classmethod
    def of(cls, rules: Sequence[Rule], others: Sequence[bytes]) -> _Database | None:
        """Compile the anchors; None where hyperscan isn't installed, or does not take one of them."""
        try:
            import hyperscan
        except ImportError:
            return None
        by_anchor: dict[bytes, list[int]] = {}
        for place, rule in enumerate(rules):
            by_anchor.setdefault(by_line(rule.anchor), []).append(place)
        everywhere = by_anchor.pop(by_line(""), [])
        flags = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_MULTILINE
        expressions = [*by_anchor, *others]
        database = hyperscan.Database()
        try:
            database.compile(expressions, ids=range(len(expressions)), elements=len(expressions), flags=flags)
        except hyperscan.error:
            return None
        return cls(database, list(by_anchor.values()), everywhere, lambda: hyperscan.Scratch(database))

    def __init__(
        self, database: Any, places: Sequence[Sequence[int]], everywhere: Sequence[int], scratch: Callable[[], Any]
    ) -> None:
        self._scan = database.scan
        self._places, self._everywhere = places, everywhere
        self._scratch = _Scratch(scratch)

    def candidates(self, data: bytes) -> tuple[list[Candidate], bool]:
        found = [(place, 0, len(data)) for place in self._everywhere]
        places, find, size = self._places, data.find, len(data)
        seen: dict[int, int] = {}  # of each anchor: the end of the last line that has it

        def note(anchor: int, _: int, end: int, __: int, ___: object) -> None:
            if end > seen.get(anchor, -1):
                stop = find(b"\n", end)
                seen[anchor] = stop = size if stop < 0 else stop
                if anchor < len(places):
                    start = data.rfind(b"\n", 0, end) + 1
                    found.extend([(place, start, stop) for place in places[anchor]])

        self._scan(_as_utf8(data), match_event_handler=note, scratch=self._scratch.space)
        return found, any(anchor >= len(places) for anchor in seen)


class _Scratch(threading.local):
    """What hyperscan works with: each thread has its own."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.space = make()


def _as_utf8(data: bytes) -> bytes:
    """Give a text with one question mark for each byte that is no UTF-8: what hyperscan does with such is undefined."""
    return data if data.isascii() else data.decode("utf-8", "surrogateescape").encode("utf-8", "replace")
