"""What is to be looked at closely: all rules' anchors looked for in one pass, by the engine that pays."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import re2
from ahocorasick_rs import BytesAhoCorasick, Implementation

from logdebug.linear import UNANCHORED, Matching, matching
from logdebug.redaction.expressions import by_line, options
from logdebug.redaction.needles import UNFOLDED, folded, needles_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logdebug.redaction.rules import Rule

__all__ = ["WORTH_BYTES", "Anchors", "Candidate"]

Candidate = tuple[int, int, int]
"""A rule's place among all; start and end of the line that has the rule's anchor, or of a whole text."""

WORTH_BYTES = 12_000_000
"""RE2 takes as long for so many bytes as hyperscan takes to compile all anchors, and for a few more."""


class Anchors:
    """The anchors of rules; safe for several threads.

    RE2 is ready at once: of all anchors it compiles those only of which a text has words. Hyperscan takes some seconds
    to compile them all, and is several times as fast: where much was looked through it does so in a thread of its own,
    beside which agents go on, and then takes over. Both give the same candidates, or some more where a text is odd; the
    rules' patterns decide.

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
        self._engine: _Words | _Database = _Words(rules, others)
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


class _Words:
    """The anchors in RE2, each by itself: of all at once it would have to make too large tables for each new text.

    Each is looked for in the lines alone that have one of the words without which it can't match.
    """

    def __init__(self, rules: Sequence[Rule], others: Sequence[bytes]) -> None:
        self._anchors = {place: rule.anchor for place, rule in enumerate(rules) if rule.anchor}
        self._everywhere = [place for place, rule in enumerate(rules) if not rule.anchor]
        by_word: dict[bytes, list[int]] = {}
        for place, anchor in self._anchors.items():
            for word in needles_of(anchor):
                by_word.setdefault(word, []).append(place)
        self._of_word = tuple(map(tuple, by_word.values()))
        self._words = BytesAhoCorasick(by_word, implementation=Implementation.ContiguousNFA)
        self._wordless = sorted(self._anchors.keys() - {place for places in self._of_word for place in places})
        self._next_wordless = self._compiled("|".join(f"(?:{self._anchors[place]})" for place in self._wordless))
        self._next_of: dict[int, Matching] = {}
        self._remembered: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._next_other = matching(re2.compile(b"|".join(b"(?m:%b)" % each for each in others), _NAMELESS))

    def candidates(self, data: bytes) -> tuple[list[Candidate], bool]:
        found = [(place, 0, len(data)) for place in self._everywhere]
        for place, lines in self._lines_of(data).items():
            anchor = self._anchors[place]
            match = self._next_of.get(place) or self._next_of.setdefault(place, self._compiled(anchor))
            for at, until in _together(lines):
                found += [(place, start, stop) for start, stop in _lines_with(match, data, at, until)]
        return found, self._next_other(UNANCHORED, data, 0, len(data))[0][0] >= 0

    def _lines_of(self, data: bytes) -> dict[int, list[tuple[int, int]]]:
        """Give, by the place of each rule whose anchor may stand in a text, the lines where it may."""
        if not data.isascii() and any(letter in data for letter in UNFOLDED):
            return {place: [(0, len(data))] for place in self._anchors}
        lines_of: dict[int, list[tuple[int, int]]] = {}
        for words, lines in self._lines_by_words(data).items():
            for place in self._places_of(words):
                lines_of.setdefault(place, []).extend(lines)
        wordless = list(_lines_with(self._next_wordless, data, 0, len(data))) if self._wordless else []
        return lines_of | (dict.fromkeys(self._wordless, wordless) if wordless else {})

    def _lines_by_words(self, data: bytes) -> dict[tuple[int, ...], list[tuple[int, int]]]:
        """Give the lines that have words: those of one kind of message have the same, in the same order."""
        lines: dict[tuple[int, ...], list[tuple[int, int]]] = {}
        start, stop, words = 0, -1, list[int]()
        for word, at, _ in self._words.find_matches_as_indexes(folded(data), overlapping=True):
            if at > stop:  # the matches come in the order of their ends, and none goes over the end of a line
                if words:
                    lines.setdefault(tuple(words), []).append((start, stop))
                start, stop = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
                stop, words = len(data) if stop < 0 else stop, []
            words.append(word)
        if words:
            lines.setdefault(tuple(words), []).append((start, stop))
        return lines

    def _places_of(self, words: tuple[int, ...]) -> tuple[int, ...]:
        """Give the places of the rules whose anchors have one of some words."""
        places = self._remembered.get(words)
        if places is None:
            places = tuple(sorted({place for word in words for place in self._of_word[word]}))
            if len(words) <= _MOST_WORDS:
                if len(self._remembered) >= _MOST_REMEMBERED:
                    self._remembered.clear()
                self._remembered[words] = places
        return places

    @staticmethod
    def _compiled(anchor: str) -> Matching:
        return matching(re2.compile(by_line(anchor), _NAMELESS_LINES))


_NAMELESS = options(never_capture=True)
_NAMELESS_LINES = options(never_nl=True, never_capture=True)
_MOST_REMEMBERED = 4_096  # of the words that a line has
_MOST_WORDS = 64
_CALL_BYTES = 2_000  # a call of RE2 takes as long as it takes to look through so many bytes


def _together(lines: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """Give what to look through for an anchor: some lines of a text one by one, or all from the first to the last."""
    start, stop = min(lines)[0], max(lines)[1]
    return [(start, stop)] if stop - start <= _CALL_BYTES * len(lines) else lines


def _lines_with(match: Matching, data: bytes, at: int, stop: int) -> Iterator[tuple[int, int]]:
    """Give the lines of a part of a text that have an anchor."""
    while at < stop:
        anchor = match(UNANCHORED, data, at, stop)[0][0]
        if anchor < 0:
            return
        start, end = data.rfind(b"\n", 0, anchor + 1) + 1, data.find(b"\n", anchor)
        end = len(data) if end < 0 else end
        yield start, end
        at = end + 1


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
