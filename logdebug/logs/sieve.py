"""Which of many patterns match a text, at a cost that hardly depends on how many there are.

One pass over the text looks for the words that the patterns can't do without (`branches`); only what has its words
there is compiled and tried. Most patterns are never compiled in the life of a process.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import re2
from ahocorasick_rs import BytesAhoCorasick, Implementation

from logdebug.linear import UNANCHORED, matching
from logdebug.logs.branches import branches_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logdebug.linear import Matching

__all__ = ["Sieve", "compiled"]

# What stands for just one character, whatever it is. A pattern without such a thing, and without letters beyond ASCII,
# may take a byte for a character: it compiles in four fifths of the time, and matches logs in other encodings as well.
_ONE_CHARACTER = re.compile(r"(?<!\\)(?:\.|\\[SWD]|\[\^[^\]]*\])(?![*+{])")
_WORD_BYTES = 8
"""How much of a word is looked for at first: more of it takes longer to prepare, and hardly spares a pattern."""


class Sieve:
    """Patterns that are compiled when a text holds one of their words.

    Parameters
    ----------
    patterns
        Each with whether upper and lower case are the same to it.
    """

    def __init__(self, patterns: Iterable[tuple[str, bool]]) -> None:
        self._branches: list[tuple[int, str, tuple[tuple[str, ...], ...]]] = []
        """Of each branch the place of its pattern, its expression ("" where its word is all that it asks for), and what
        other words it asks for."""
        self._wordless: list[int] = []
        self._compiled: dict[int, Matching] = {}
        owners: dict[bytes, dict[str, list[int]]] = {}
        for place, (pattern, ignore_case) in enumerate(patterns):
            for branch in branches_of(pattern):
                number = len(self._branches)
                is_word = branch.is_word and ignore_case
                expression = "" if is_word else expression_of(branch.pattern, ignore_case=ignore_case)
                self._branches.append((place, expression, branch.also))
                for word in branch.words:
                    data = word.encode()
                    rest = word if len(data) > _WORD_BYTES else ""
                    owners.setdefault(data[:_WORD_BYTES], {}).setdefault(rest, []).append(number)
                if not branch.words:
                    self._wordless.append(number)
        self._owners = [tuple(each.items()) for each in owners.values()]
        self._words = BytesAhoCorasick(owners, implementation=Implementation.NoncontiguousNFA)

    def match(self, text: str | bytes) -> list[int]:
        """Give the places of the patterns that match anywhere in a text, in order.

        Parameters
        ----------
        text
            Any text; bytes are taken as they are, whatever their encoding.
        """
        held = text.encode(errors="replace") if isinstance(text, str) else text
        data = held.lower()
        lower = data.decode(errors="replace")
        candidates = list(self._wordless)
        for word in {word for word, _, _ in self._words.find_matches_as_indexes(data, overlapping=True)}:
            for rest, numbers in self._owners[word]:
                if rest in lower:
                    candidates += numbers
        found: set[int] = set()
        for number in candidates:
            place, expression, also = self._branches[number]
            if place in found or not _holds(lower, also):
                continue
            if not expression or self._matches(number, expression, held):
                found.add(place)
        return sorted(found)

    def _matches(self, number: int, expression: str, held: bytes) -> bool:
        """Say whether a branch matches; two threads that come at once both compile it, to no harm."""
        match = self._compiled.get(number)
        if match is None:
            match = self._compiled[number] = matching(compiled(expression))
        return match(UNANCHORED, held, 0, len(held))[0][0] >= 0


def _holds(lower: str, needs: tuple[tuple[str, ...], ...]) -> bool:
    """Say whether a text has one word of each."""
    for words in needs:
        for word in words:
            if word in lower:
                break
        else:
            return False
    return True


def expression_of(pattern: str, *, ignore_case: bool) -> str:
    """Give a pattern with its flags written into it: case, and ^ and $ at each line of a record."""
    return f"(?im:{pattern})" if ignore_case else f"(?m:{pattern})"


def compiled(expression: str) -> Any:
    """Compile an expression for RE2; `re2.error` where it can't be."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    if expression.isascii() and not _ONE_CHARACTER.search(expression):
        options.encoding = re2.Options.Encoding.LATIN1
        return re2.compile(expression.encode(), options)
    return re2.compile(expression, options)
