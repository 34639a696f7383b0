"""Log and model text made safe to look at: nothing in it can move a cursor, hide a word or break a file."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["UNTYPESET", "one_line", "shorten", "shorten_middle", "storable", "untypeset", "visible"]

UNTYPESET = "tex2jax_ignore mathjax_ignore"
"""The classes of HTML in which a notebook sets no formulas: it would make one of `$5 to $7`, and some hide words."""

# Complete terminal sequences only: one that never ends stays, so that it can't swallow the words after it.
_TERMINAL_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, erase
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC: window titles, hyperlinks
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]+[0-~]"
    r"|\x1b[0-OQ-WYZ\\`-~]"
)
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Joiners shape letters (emoji, Arabic, Indic scripts), and take nothing out of sight by themselves.
_KEPT = frozenset("\n\t\u200c\u200d")


def storable(text: str) -> str:
    """Return `text` as UTF-8 can hold it: a lone surrogate becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def visible(text: str) -> str:
    r"""Return `text` with nothing hidden in it; newlines and tabs stay.

    Terminal sequences are dropped; other control characters become their pictures (NUL is ␀), and characters that
    act unseen, such as those that turn the direction of text around, are spelled out (`\u202e`).
    """
    if text.isprintable():
        return text
    text = _LINE_ENDS.sub("\n", _TERMINAL_SEQUENCES.sub("", storable(text)))
    return "".join(char if char.isprintable() or char in _KEPT else _picture(char) for char in text)


def one_line(text: str) -> str:
    """Return `text` as `visible` does, on one line, every run of white space a single blank."""
    return " ".join(visible(text).split())


def shorten(text: str, most: int) -> str:
    """Return `text` cut to at most `most` characters, the cut marked by an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def shorten_middle(name: str, most: int) -> str:
    """Return a name cut in the middle to at most `most` characters: what tells services apart stands at both ends."""
    half = most // 2
    return name if len(name) <= most else f"{name[:half]}…{name[half + 1 - most :]}"


def untypeset(html: str) -> str:
    """Return HTML as a notebook's output holds it: no formula is set of the text in it."""
    return f'<div class="{UNTYPESET}">{html}</div>'


def _picture(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(char) == "Zs":  # blanks of other widths; only U+0020 counts as printable
        return " "
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
