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
    """

    pattern: str
    words: tuple[str, ...]
    is_word: bool


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
    words: tuple[str, ...] = ()  # what this alternative needs, of as many characters at least
    length = 0
    is_word = True
    groups: list[tuple[tuple[str, ...], int, list[tuple[str, ...]]]] = []
    others: list[tuple[str, ...]] = []  # what the earlier alternatives of this group need
    for run, sign in _TOKEN.findall(pattern):
        if run:
            end += len(run)
            if len(run) > length:
                word = _word_of(run)
                is_word = is_word and run.isascii()
                if len(word) > length:
                    words, length = (word,), len(word)
            continue
        if sign == "|":
            if groups:
                others.append(words)
            else:
                yield Branch(pattern[begin:end], words, is_word and bool(words))
                begin, is_word = end + 1, True
            words, length = (), 0
        else:
            is_word = False
            if sign[0] == "(":
                groups.append((words, length, others))
                words, length, others = (), 0, []
            elif sign[0] == ")":
                needed = _of_any([*others, words]) if len(sign) == 1 else ()
                words, length, others = groups.pop()
                if needed and (least := min(map(len, needed))) > length:
                    words, length = needed, least
        end += len(sign)
    yield Branch(pattern[begin:end], words, is_word and bool(words))


def _word_of(run: str) -> str:
    """Give what a run of certain characters stands for: the longest part without letters of other scripts."""
    plain = _ESCAPED.sub(r"\1", run).lower() if "\\" in run else run.lower()
    if plain.isascii():
        return plain
    # Lower case is made of a text's bytes, which leaves such letters as they are; signs such as a tick have no case.
    cased = (char if char.isascii() or char.upper() == char.lower() else "\0" for char in plain)
    return max("".join(cased).split("\0"), key=len)


def _of_any(alternatives: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Give the words one of which any of several alternatives needs; none where one of them needs none."""
    return tuple(word for words in alternatives for word in words) if all(alternatives) else ()
