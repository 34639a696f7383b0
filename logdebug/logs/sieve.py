"""Which of many patterns match a text, at a cost that hardly depends on how many there are.

One pass over the text looks for the words that the patterns can't do without (`branches`); only what has its words
there is compiled and tried. Most patterns are never compiled in the life of a process.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import re2
from ahocorasick_rs import BytesAhoCorasick, Implementation

from logdebug.logs.branches import branches_of

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        self._branches: list[tuple[int, str]] = []
        """Of each branch the place of its pattern, and its expression; "" where its word is all that it asks for."""
        self._wordless: list[int] = []
        self._compiled: dict[int, Any] = {}
        owners: dict[bytes, list[tuple[int, bytes]]] = {}
        for place, (pattern, ignore_case) in enumerate(patterns):
            for branch in branches_of(pattern):
                is_word = branch.is_word and ignore_case
                expression = "" if is_word else expression_of(branch.pattern, ignore_case=ignore_case)
                self._branches.append((place, expression))
                for word in map(str.encode, branch.words):
                    rest = word if len(word) > _WORD_BYTES else b""
                    owners.setdefault(word[:_WORD_BYTES], []).append((len(self._branches) - 1, rest))
                if not branch.words:
                    self._wordless.append(len(self._branches) - 1)
        self._owners = list(owners.values())
        self._words = BytesAhoCorasick(owners, implementation=Implementation.NoncontiguousNFA)

    def match(self, text: str | bytes) -> list[int]:
        """Give the places of the patterns that match anywhere in a text, in order.

        Parameters
        ----------
        text
            Any text; bytes are taken as they are, whatever their encoding.
        """
        held = text.encode(errors="replace") if isinstance(text, str) else text
        lower = held.lower()
        words = {word for word, _, _ in self._words.find_matches_as_indexes(lower, overlapping=True)}
        candidates = {number for word in words for number, rest in self._owners[word] if rest in lower}
        candidates.update(self._wordless)
        found: set[int] = set()
        for number in candidates:
            place, expression = self._branches[number]
            if place not in found and (not expression or self._pattern(number, expression).search(held)):
                found.add(place)
        return sorted(found)

    def _pattern(self, number: int, expression: str) -> Any:
        """Give a branch compiled; two threads that come at once both compile it, to no harm."""
        pattern = self._compiled.get(number)
        if pattern is None:
            pattern = self._compiled[number] = compiled(expression)
        return pattern


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
