r"""What a pattern's alternatives can't do without: the words that stand in every text that they match.

`(lost|no) quorum|out of memory` has two branches, one that needs " quorum" and one that is a word and nothing else.
Whoever knows which words a text holds needs to compile only the branches whose words are there. Read from the pattern's
source and not from a compiled pattern: compiling is what is to be spared. Where a pattern is too odd for that, its
branch has no words, which is always true, only not cheap.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Branch", "branches_of"]

_ODD = re.compile(r"(?<!\\)(?:\\\\)*\\[pPxQEC0-9]|\(\?[a-zA-Z-]+\)")
"""Characters by number or property, quoting, flags for the rest of a pattern: rare, and not worth being understood."""
_TOKEN = re.compile(
    r"((?:[^\\\[\](){}.*+?^$|]+|\\[^A-Za-z0-9])+(?![*+?{]))"  # certain characters, each there and once
    r"|(\)(?:[*?]|\{0\d*,?\d*\})?"  # the end of a group, with what allows that it's missing
    r"|\((?:\?(?:P?<\w+>|[a-zA-Z-]*:))?"
    r"|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\{\d+,?\d*\}|.)",
    re.DOTALL,
)


_SPECIAL = re.compile(r"[\\\[\](){}.*+?^$\x80-\U0010ffff]")
_ESCAPED = re.compile(r"\\(.)")


class Branch(NamedTuple):
    """One alternative of a pattern.

    Parameters
    ----------
    pattern
        Its source.
    words
        In lower case: a text that it matches holds one of them, whatever case it is in; none where nothing is known.
    is_word
        Whether it matches wherever its one word stands, case aside.
    also
        More such words: the text holds one of each of these, too.
    """

    pattern: str
    words: tuple[str, ...]
    is_word: bool
    also: tuple[tuple[str, ...], ...] = ()


def branches_of(pattern: str) -> Iterator[Branch]:
    """Yield the alternatives of a pattern: a text matches the pattern exactly where it matches one of them.

    Parameters
    ----------
    pattern
        A valid pattern in RE2's syntax.
    """
    if not _SPECIAL.search(pattern):
        for part in pattern.split("|"):
            yield Branch(part, (part.lower(),) if part else (), is_word=bool(part))
    elif _ODD.search(pattern):
        yield Branch(pattern, (), is_word=False)
    else:
        yield from _parsed(pattern)


def _parsed(pattern: str) -> Iterator[Branch]:
    """Read a pattern from left to right, with what is needed of each group that is open."""
    begin = end = 0
    needs: list[tuple[str, ...]] = []  # what this alternative needs: one word of each
    is_word = True
    groups: list[tuple[list[tuple[str, ...]], list[list[tuple[str, ...]]]]] = []
    others: list[list[tuple[str, ...]]] = []  # what the earlier alternatives of this group need
    for run, sign in _TOKEN.findall(pattern):
        if run:
            end += len(run)
            word = _word_of(run)
            is_word = is_word and run.isascii()
            if word:
                needs.append((word,))
            continue
        if sign == "|":
            if groups:
                others.append(needs)
            else:
                yield _branch(pattern[begin:end], needs, is_word=is_word)
                begin, is_word = end + 1, True
            needs = []
        else:
            is_word = False
            if sign[0] == "(":
                groups.append((needs, others))
                needs, others = [], []
            elif sign[0] == ")":
                needed = _of_group([*others, needs]) if len(sign) == 1 else []
                needs, others = groups.pop()
                needs += needed
        end += len(sign)
    yield _branch(pattern[begin:end], needs, is_word=is_word)


def _branch(pattern: str, needs: list[tuple[str, ...]], *, is_word: bool) -> Branch:
    """Give an alternative by what it needs: the words of which the shortest is the longest are looked for first."""
    if not needs:
        return Branch(pattern, (), is_word=False)
    words = max(needs, key=_least)
    return Branch(pattern, words, is_word, tuple(need for need in needs if need is not words and _least(need) > 1))


def _least(words: tuple[str, ...]) -> int:
    return min(map(len, words))


def _of_group(alternatives: list[list[tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """Give what a group needs: all that its one alternative does, or one word of any of several."""
    if len(alternatives) == 1:
        return alternatives[0]
    if not all(alternatives):
        return []
    return [tuple(word for needs in alternatives for word in max(needs, key=_least))]


def _word_of(run: str) -> str:
    """Give what a run of certain characters stands for: the longest part without letters of other scripts."""
    plain = _ESCAPED.sub(r"\1", run).lower() if "\\" in run else run.lower()
    if plain.isascii():
        return plain
    # Lower case is made of a text's bytes, which leaves such letters as they are; signs such as a tick have no case.
    cased = (char if char.isascii() or char.upper() == char.lower() else "\0" for char in plain)
    return max("".join(cased).split("\0"), key=len)
