"""What is left of lines without what varies in them: digits, and hexadecimal ids in logs full of these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from logdebug.logs.shapes import Shaper, Shapes

__all__ = ["Residues", "residues_of"]

_DIGITS = b"0123456789-"
_SEEN_BEFORE_HEX_BYTES = 1 << 20  # of a log that may be small: numpy takes as long to load as so much takes without it
_MOST_TELLING = 16
_PROBE_EVERY_CHUNKS = 64
_PROBE_BYTES = 16 << 10
_LEAST_SIGN = 2
_BEFORE_SIGN = 7  # as much of an announcement stands before its sign at most,
_AFTER_SIGN = 24  # and after the sign's start, with the number

# Numbers that tell templates apart (an HTTP status from 400 on, pino's level, journald's priority): how they are
# announced, which digits follow that in a line that isn't healthy, and which digits after those tell anything more.
# What every such announcement has stands first: most logs lack it.
_ANNOUNCED = (
    (b'" ', re.compile(rb'(" )[1-5]\d\d [\d-]'), b"45", rb"\d{0,2}"),
    (b'"level":', re.compile(rb'("level": ?)[1-6]0'), b"456", b""),
    (b"tatus", re.compile(rb'("?\b(?:http_)?[sS]tatus(?:Code|_code)?"?[=:] ?"?)[1-5]\d\d'), b"45", rb"\d{0,2}"),
    (b'"PRIORITY":"', re.compile(rb'("PRIORITY":")\d"'), b"01234", b""),
)
_AS_TEXT = bytes((byte + ord("0")) % 256 for byte in range(256))
_VARIABLE_IN_SHAPES = bytes([0, (ord("-") - ord("0")) % 256])
_AS_LETTERS = bytes.maketrans(b"0123456789", b"\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe")


class Residues:
    """Gives the residues of lines, chunk by chunk of one log, and finds out on the way what varies in it.

    Parameters
    ----------
    is_large
        Whether the log is known to be so large that leaving ids out pays from the first chunk on.
    """

    def __init__(self, *, is_large: bool = False) -> None:
        self._hex = False
        self._least_bytes = 0 if is_large else _SEEN_BEFORE_HEX_BYTES
        self._shaper: Shaper | None = None
        self._seen_bytes = 0
        self._chunks = 0
        self._misses = 0
        self._telling: dict[bytes, tuple[Any, re.Pattern[bytes]]] = {}

    def of(self, text: bytes | memoryview) -> bytes:
        """Give the residues of the lines of a chunk, parted by newlines like these."""
        text = self._told(text)
        return self._without_ids(text) if self._hex else bytes(text).translate(None, _DIGITS)

    def shapes_of(self, text: bytes | memoryview) -> Shapes:
        """Give the shapes of the lines of a chunk, which have the same residues; by numpy, which is loaded for it."""
        return self._shapes_of(self._told(text), with_ids=self._hex)

    def _told(self, text: bytes | memoryview) -> bytes | memoryview:
        """Give a chunk with those of its numbers that tell templates apart as no digits."""
        if self._chunks % _PROBE_EVERY_CHUNKS == 0:
            self._probe(bytes(text[:_PROBE_BYTES]))
        self._chunks += 1
        self._seen_bytes += len(text)
        for sign, unhealthy in self._telling.values():
            if sign.search(text):
                text = unhealthy.sub(_letters, bytes(text))
        return text

    def _shapes_of(self, text: bytes | memoryview, *, with_ids: bool) -> Shapes:
        if self._shaper is None:
            from logdebug.logs.shapes import Shaper

            self._shaper = Shaper()
        return self._shaper.of(text, with_ids=with_ids)

    def _without_ids(self, text: bytes | memoryview) -> bytes:
        return residues_of(self._shapes_of(text, with_ids=True).text())

    def _probe(self, sample: bytes) -> None:
        """Look for numbers that tell templates apart."""
        for sign, pattern, digits, more in _ANNOUNCED:
            for announced in _announced(sign, pattern, sample):
                if announced not in self._telling and len(self._telling) < _MOST_TELLING:
                    self._telling[announced] = _telling(announced, digits, more, sample)

    def tried_without_ids(self, text: bytes, fresh: int) -> bool:
        """Leave hexadecimal ids out from now on, where that makes most of the new residues of a chunk one.

        Parameters
        ----------
        text
            The chunk.
        fresh
            How many new residues it has.

        Returns
        -------
        bool
            Whether they are left out from now on: the residues that were given so far come no more.
        """
        if self._hex or self._seen_bytes <= self._least_bytes:
            return False
        self._misses += 1
        if self._misses in (1, 8, 64, 512):
            residues = set(self._without_ids(text).split(b"\n"))
            self._hex = len(residues) * 2 < fresh
        return self._hex


def residues_of(shapes: str) -> bytes:
    """Give the residues of lines by their shapes."""
    return shapes.encode("latin-1").translate(_AS_TEXT, _VARIABLE_IN_SHAPES)


def _announced(sign: bytes, pattern: re.Pattern[bytes], sample: bytes) -> set[bytes]:
    """Give how numbers are announced in a sample, looking about the signs only: patterns try every byte else."""
    found: set[bytes] = set()
    at = sample.find(sign)
    while at >= 0:
        match = pattern.search(sample, max(at - _BEFORE_SIGN, 0), at + _AFTER_SIGN)
        if match:
            found.add(match[1])
        at = sample.find(sign, at + 1)
    return found


def _telling(announced: bytes, digits: bytes, more: bytes, sample: bytes) -> tuple[Any, re.Pattern[bytes]]:
    """Give what finds that there may be such a number in a text, and what matches it.

    RE2 goes from one place of a pattern's first byte to the next, many times as fast as it matches: so it looks for the
    end of the announcement that begins with the byte that is rarest in a sample of the text.
    """
    place = min(range(len(announced) - _LEAST_SIGN + 1), key=lambda place: sample.count(announced[place : place + 1]))
    unhealthy = b"[%s]" % digits
    return re2.compile(re.escape(announced[place:]) + unhealthy), re.compile(re.escape(announced) + unhealthy + more)


def _letters(match: re.Match[bytes]) -> bytes:
    """Write a number in other bytes than digits, so that it stays in the residue."""
    return match[0].translate(_AS_LETTERS)
