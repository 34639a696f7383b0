"""What values are surely none, said within an expression: so that a line of them is passed over in the first pass."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["harmless_parts"]

_WORDS = (
    *("null", "none", "nil", "undefined", "true", "false", "yes", "no", "not", "unset", "default"),
    *("empty", "missing", "invalid", "required", "expired", "incorrect", "wrong", "bearer", "basic"),
    *("hidden", "redacted", "masked", "filtered"),
)
_END = "\n"
_BEGINNINGS = ("***", "${", "$(", "<", "[", "{", "(")
_ENDS = r"""\s"'`,;&|)}\]>\\"""
_QUOTES = r"""(?:\[\s?)?[BNRUbnru]?(?:["'`]|\\+["']|\\u0022|%(?:25)*2[27]|&(?:quot|#34|#39);)"""


def harmless_parts() -> dict[str, str]:
    r"""Give the parts of rules' anchors that tell what may be a secret from what is none.

    Returns
    -------
    dict of str
        `HELD`: the beginning of any value but a word like null or missing, a mask, or what a template puts in.
        `MIXED`: that of a value which has more than the letters of a word, or so many as no word has.
        `DIGIT`: that of a value with a digit, or of words joined as those of a password are.
    """
    texts = (*(word + _END for word in _WORDS), *_BEGINNINGS)
    said, quoted = _other_than(texts, _ENDS), _other_than(texts, r"""\"'`\\""")
    letters, stops = r"A-Za-z_\-", r"""\s"'`,;&|)}\]\\<>*"""
    mixed = rf"(?:[^{letters}{stops}\[{{($]|\$[^\s{{(]|[{letters}]+[^{letters}{stops}]|[{letters}]{{16}})"
    phrase = rf"""(?:[{letters} ]*[^{letters}"'`\s\\*<>\[{{($]|[{letters} ]{{16}})"""
    joined = r"[a-z]{3,12}[-_.][a-z]{3,12}[-_.][a-z]|[A-Za-z]{3,12}[~!*+^&%][A-Za-z]{3}"
    return {
        "HELD": f"(?:{_QUOTES}{quoted}|{said})",
        "MIXED": f"(?:{_QUOTES}{phrase}|(?:{_QUOTES})?{mixed})",
        "DIGIT": rf"""["'`]?(?:[^\s"'`,;0-9]*[0-9]|{joined})""",
    }


def _other_than(texts: Iterable[str], ends: str, *, is_first: bool = True) -> str:
    """Give an expression of how a value begins that begins like none of the texts; `_END` is the end of a value."""
    by_letter: dict[str, list[str]] = {}
    for text in texts:
        by_letter.setdefault(text[0], []).append(text[1:])
    known = "".join(_class_of(letter) for letter in by_letter if letter != _END)
    ways = [f"[^{known}{ends}]"]
    for letter, rests in by_letter.items():
        if letter != _END and "" not in rests:
            ways.append(f"[{_class_of(letter)}]{_other_than(rests, ends, is_first=False)}")
    if _END not in by_letter and not is_first:
        ways.append(f"[{ends}]|$")
    return f"(?:{'|'.join(ways)})"


def _class_of(letter: str) -> str:
    return f"{letter}{letter.upper()}" if letter.isalpha() else re.escape(letter)
