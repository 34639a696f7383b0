"""The residues that come again and again, and their groups: all the lines of a chunk are looked up at once.

A line's *number* is made of its length, its last bytes, and a few bytes at such distances from its end as tell the
residues apart. A number says which residue a line may have; that it has it is sure, since the chunk is put together
anew from the residues that were found, and compared as a whole.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Lexicon"]

_MOST_RESIDUES = 4096
_LONGEST_RESIDUE = 600
_MOST_DISTANCES = 6
_LONGEST_REST = 64
_MOST_UNKNOWN_SHARE = 8
"""Where more than one line in so many isn't in the lexicon, looking up each by itself is as quick."""
_LEAST_NEW_SHARE = 16
_WIDTH = 8
_PAD = bytes(_WIDTH)
_SAMPLE_BYTES = 16 << 10
_SHORT_BYTES = 90
"""Of longer residues a chunk has so few that they are looked up one by one as quickly."""
_WORD = np.dtype(f"V{_WIDTH}")  # bytes that stand anywhere are gathered quickly as such, not as numbers
_NUMBER = np.dtype("<u8")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_NEWLINE = ord("\n")
_NONE = -1
_BEYOND = np.uint64((1 << 64) - 1)
_NO_RESIDUE = "\n"


class Lexicon:
    """Gives the groups of a chunk's lines, as far as their residues are known and few lines have others."""

    def __init__(self) -> None:
        self._residues: dict[bytes, int] = {}
        self._new: dict[bytes, int] = {}
        self._distances: list[int] = []
        self._numbers: NDArray[np.uint64]
        self._groups: NDArray[np.intp]
        self._texts: NDArray[np.object_]
        self._rest = self._next_rest = 0

    def is_awake(self) -> bool:
        """Say whether to try; after a chunk that wasn't worth it, some go by."""
        self._rest -= 1
        return self._rest < 0

    def learn(self, residues: Sequence[bytes], groups: Sequence[int]) -> None:
        """Take in the residues of a chunk, of which hardly any is worth it where most come once."""
        known = dict(zip(residues, groups, strict=True))
        if len(known) * _MOST_UNKNOWN_SHARE > len(residues):
            self._give_up()
        else:
            self._add(known)

    def groups_of(self, text: bytes, known: Mapping[bytes, int]) -> tuple[NDArray[np.intp], dict[int, bytes]] | None:
        """Look up the lines of a chunk.

        Parameters
        ----------
        text
            Their residues, parted by newlines.
        known
            The groups of residues that may not be in the lexicon.

        Returns
        -------
        tuple or None
            The group of each line, -1 for unknown ones; and those by their places. None where it isn't worth it.
        """
        if not self._residues:
            return None
        if text.count(b"\n", 0, _SAMPLE_BYTES) * _SHORT_BYTES < min(len(text), _SAMPLE_BYTES):
            self._give_up()
            return None
        numbers, ends, lengths = self._numbers_of(text)
        places = self._numbers.searchsorted(numbers)
        # Strings are joined and compared in half the time that bytes take.
        residues: list[str] = self._texts[places].tolist()
        groups, whole = self._groups[places], str(text, "latin-1")
        unknown: dict[int, bytes] = {}
        if "\n".join(residues) != whole:
            groups[self._numbers[places] != numbers] = _NONE
            others = np.flatnonzero(groups == _NONE)
            found: dict[bytes, int] = {}
            if len(others) * _MOST_UNKNOWN_SHARE <= len(groups):
                starts = ends[others] - lengths[others]
                for place, start, end in zip(others.tolist(), starts.tolist(), ends[others].tolist(), strict=True):
                    residue = text[start:end]
                    residues[place] = str(residue, "latin-1")
                    if residue in known:
                        groups[place] = found[residue] = known[residue]
                    else:
                        unknown[place] = residue
            if "\n".join(residues) != whole:
                self._give_up()
                return None
            self._add(found)
        self._next_rest = 0
        return groups, unknown

    def _give_up(self) -> None:
        """Let some chunks go by, and more the next time."""
        self._rest = self._next_rest
        self._next_rest = min(2 * self._next_rest + 1, _LONGEST_REST)

    def _add(self, residues: Mapping[bytes, int]) -> None:
        """Take in residues, as far as there is room; not few at a time, since all are numbered anew."""
        room = _MOST_RESIDUES - len(self._residues) - len(self._new)
        new = (item for item in residues.items() if len(item[0]) <= _LONGEST_RESIDUE and item[0] not in self._residues)
        self._new.update(islice(new, max(room, 0)))
        if len(self._new) * _LEAST_NEW_SHARE > len(self._residues):
            self._residues.update(self._new)
            self._new = {}
            self._build()

    def _build(self) -> None:
        """Give each residue a number, by more of their bytes where two have one number."""
        residues = list(self._residues)
        while True:
            numbers, _, _ = self._numbers_of(b"\n".join(residues))
            order = np.argsort(numbers)
            numbers = numbers[order]
            alike = np.flatnonzero(numbers[1:] == numbers[:-1])
            if not len(alike) or len(self._distances) >= _MOST_DISTANCES:
                break
            at = int(alike[0])
            distance = _distance_between(residues[order[at]], residues[order[at + 1]])
            if distance in self._distances:
                break
            self._distances.append(distance)
        # Last stands what is no residue, for numbers beyond all others.
        self._numbers = np.append(numbers, _BEYOND)
        self._groups = np.append(np.array(list(self._residues.values()), np.intp)[order], _NONE)
        self._texts = np.array([*(str(residue, "latin-1") for residue in residues), _NO_RESIDUE], object)
        self._texts[:-1] = self._texts[order]
        # What may be one of two residues is looked up line by line.
        for places in (alike, alike + 1):
            self._groups[places], self._texts[places] = _NONE, _NO_RESIDUE

    def _numbers_of(self, text: bytes) -> tuple[NDArray[np.uint64], NDArray[np.intp], NDArray[np.intp]]:
        """Give the number of each line, where it ends, and its length."""
        padded = b"".join((_PAD, text, b"\n"))
        ends = np.flatnonzero(np.frombuffer(padded, np.uint8, offset=_WIDTH) == _NEWLINE)
        lengths = np.empty_like(ends)
        lengths[0] = ends[0]
        np.subtract(ends[1:], ends[:-1], out=lengths[1:])
        lengths[1:] -= 1
        # The word at place `p` is that of the eight bytes before byte `p` of the text; of a shorter line the first ones
        # aren't its own.
        words = np.ndarray(len(text) + 1, _WORD, padded, strides=(1,))
        is_short = lengths.min() < _WIDTH
        foreign_bits = (np.maximum(_WIDTH - lengths, 0) * 8).astype(np.uint64) if is_short else None
        numbers = _numbers_at(words, ends, foreign_bits)
        for distance in self._distances:
            nearer = np.minimum(lengths - _WIDTH, distance)
            if is_short:
                np.maximum(nearer, 0, out=nearer)
            numbers *= _FACTOR
            numbers += _numbers_at(words, ends - nearer, foreign_bits)
        numbers *= _FACTOR
        numbers += lengths.view(np.uint64)
        return numbers, ends, lengths


def _numbers_at(
    words: NDArray[np.void], places: NDArray[np.intp], foreign_bits: NDArray[np.uint64] | None
) -> NDArray[np.uint64]:
    numbers = words[places].view(_NUMBER).astype(np.uint64, copy=False)
    if foreign_bits is not None:
        numbers >>= foreign_bits
    return numbers


def _distance_between(one: bytes, other: bytes) -> int:
    """Give how many bytes are after the last one in which two residues of one length differ."""
    return next(
        (place for place, pair in enumerate(zip(one[::-1], other[::-1], strict=False)) if len(set(pair)) > 1), 0
    )
