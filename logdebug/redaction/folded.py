"""Lines with letters that look like others or like nothing, as plain ones: so that a field's name is known again."""

from __future__ import annotations

import re
import string
from bisect import bisect_right
from typing import NamedTuple

import re2

__all__ = ["Folded", "folded"]

_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_NOTHING = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\ufeff"
)
_WIDE = f"{string.ascii_letters}{string.digits}_-="
_PLAIN = {
    **{letter.encode(): b" " for letter in _BLANKS},
    **{letter.encode(): b"" for letter in _NOTHING},
    **dict.fromkeys(map(str.encode, "\u201c\u201d\u201e"), b'"'),
    **{chr(ord(letter) + 0xFEE0).encode(): letter.encode() for letter in _WIDE},
}
"""What a letter stands for: a blank, nothing at all, an ordinary quote, or the letter of ordinary width.

The wide signs of a sentence in Chinese or Japanese are none of them.
"""
_LASTS: dict[bytes, bytes] = {}  # the bytes that may end such a letter, by those that begin it
for _letter in _PLAIN:
    _LASTS[_letter[:-1]] = _LASTS.get(_letter[:-1], b"") + _letter[-1:]
_has_odd = re2.compile(b"[%b]" % b"".join(_PLAIN)).search
_ODD = re.compile(b"|".join(b"%b[%b]" % (re.escape(first), re.escape(lasts)) for first, lasts in _LASTS.items()))


class Folded(NamedTuple):
    """The lines of a text that have such letters, without them.

    Parameters
    ----------
    text
        The lines in plain letters.
    pieces
        Where each run of letters that are kept begins in `text`, in order.
    places
        Where it begins in the text that was folded.
    """

    text: bytes
    pieces: list[int]
    places: list[int]

    def place(self, at: int) -> int:
        """Tell where a byte of the plain lines stands in the text that was folded."""
        piece = bisect_right(self.pieces, at) - 1
        return self.places[piece] + at - self.pieces[piece]


def folded(data: bytes) -> Folded | None:
    """Give the lines that have letters that look like others, in plain ones; None where no line has any."""
    if data.isascii() or _has_odd(data) is None:
        return None
    kept, pieces, places, size, at, end = [], [], [], 0, 0, -1
    for found in _ODD.finditer(data):
        start, after = found.span()
        if start > end:  # the first on its line
            if end >= 0:
                kept.append(data[at : end + 1])
                size += end + 1 - at
            at, end = data.rfind(b"\n", 0, start) + 1, data.find(b"\n", after)
            end = len(data) if end < 0 else end
            pieces.append(size)
            places.append(at)
        plain = _PLAIN[found[0]]
        kept += (data[at:start], plain)
        size += start - at
        if plain:
            pieces.append(size)
            places.append(start)
            size += 1
        at = after
        pieces.append(size)
        places.append(at)
    if end < 0:
        return None
    kept.append(data[at:end])
    return Folded(b"".join(kept), pieces, places)
