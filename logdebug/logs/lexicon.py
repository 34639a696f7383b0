"""The shapes of lines that come again and again, and their groups: all the lines of a chunk are looked up at once.

A line's *number* is made of its length, its last bytes, and a few bytes at such distances from its end as tell the
shapes apart. A number says which shape a line may have; that it has it is sure, since the chunk is put together anew
from the shapes that were found, and compared as a whole.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from logdebug.logs.residues import residues_of
from logdebug.logs.shapes import NEWLINE, WIDTH, Shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Lexicon"]

_MOST_SHAPES = 4096
_MOST_BYTES = 2 << 20
_LONGEST_SHAPE = 1000
_MOST_DISTANCES = 6
_LONGEST_REST = 64
_MOST_UNKNOWN_SHARE = 8
"""Where more than one line in so many isn't in the lexicon, looking up each by itself is as quick."""
_LEAST_KNOWN_SHARE = 2
"""Where there are more shapes than one for so many lines, hardly any comes again."""
_LEAST_NEW_SHARE = 16
_MOST_PAIRS = 64
_LEAST_SLOTS_BITS, _MOST_SLOTS_BITS = 12, 17
_SLOTS_PER_SHAPE_BITS = 6
_WORD = np.dtype(f"V{WIDTH}")  # bytes that stand anywhere are gathered quickly as such, not as numbers
_NUMBER = np.dtype("<u8")
_NUMBER_BITS = 64
_FACTORS = np.random.Generator(np.random.PCG64(20261129)).integers(1, 1 << 63, 8, np.uint64) * np.uint64(2) + np.uint64(
    1
)
_NONE = -1
_SEPARATOR = chr(NEWLINE)


class Lexicon:
    """Gives the groups of a chunk's lines, as far as their shapes are known and few lines have others."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._new: dict[str, int] = {}
        self._held_bytes = 0
        self._whole = ""
        self._distances = [0]
        self._slots: NDArray[np.uint16]
        self._shift = np.uint64(0)
        # Of each shape, and last of none:
        self._numbers: NDArray[np.uint64]
        self._groups: NDArray[np.intp]
        self._texts: NDArray[np.object_]
        self._rest = self._next_rest = 0

    def is_awake(self) -> bool:
        """Say whether to try; after a chunk that wasn't worth it, some go by."""
        self._rest -= 1
        return self._rest < 0

    def learn(self, groups: Iterable[int]) -> None:
        """Take in the shapes of the chunk that was looked up last; hardly any is worth it where most come once."""
        shapes = self._whole.split(_SEPARATOR)
        found = dict(zip(shapes, groups, strict=True))
        if len(found) * _LEAST_KNOWN_SHARE > len(shapes):
            self._give_up()
        else:
            self._add(found)
            self._build()

    def groups_of(
        self, shapes: Shapes, of_residue: Mapping[bytes, int]
    ) -> tuple[NDArray[np.intp], dict[int, bytes]] | None:
        """Look up the lines of a chunk.

        Parameters
        ----------
        shapes
            Their shapes.
        of_residue
            The groups of residues, for shapes that may not be in the lexicon.

        Returns
        -------
        tuple or None
            The group of each line, -1 for unknown ones; and the residues of those by their places. None where it isn't
            worth it.
        """
        whole = self._whole = shapes.text()
        if not self._known:
            return None
        numbers, ends, lengths = self._numbers_of(shapes)
        places = self._slots[(numbers >> self._shift).view(np.intp)].astype(np.intp)
        others = (self._numbers[places] != numbers).nonzero()[0]
        if len(others) * _MOST_UNKNOWN_SHARE > len(numbers):
            self._give_up()
            return None
        groups = self._groups[places]
        # Strings are joined and compared in half the time that bytes take.
        texts: list[str] = self._texts[places].tolist()
        found, unknown = dict[str, int](), dict[int, bytes]()
        starts = ends[others] - lengths[others]
        for place, start, end in zip(others.tolist(), starts.tolist(), ends[others].tolist(), strict=True):
            shape = texts[place] = whole[start:end]
            group = self._known.get(shape)
            if group is None:
                residue = residues_of(shape)
                group = of_residue.get(residue)
                if group is None:
                    unknown[place], group = residue, _NONE
                else:
                    found[shape] = group
            groups[place] = group
        if _SEPARATOR.join(texts) != whole:
            self._give_up()
            return None
        if found:
            self._add(found)
        self._next_rest = 0
        return groups, unknown

    def _give_up(self) -> None:
        """Let some chunks go by, and more the next time; where there is no room for other shapes, make some."""
        self._rest = self._next_rest
        self._next_rest = min(2 * self._next_rest + 1, _LONGEST_REST)
        if self._is_full():
            self._known, self._new, self._held_bytes = {}, {}, 0

    def _is_full(self) -> bool:
        return len(self._known) + len(self._new) >= _MOST_SHAPES or self._held_bytes >= _MOST_BYTES

    def _add(self, shapes: Mapping[str, int]) -> None:
        """Take in shapes, as far as there is room; not few at a time, since all are numbered anew."""
        for shape, group in shapes.items():
            if self._is_full():
                break
            if len(shape) <= _LONGEST_SHAPE and shape not in self._known and shape not in self._new:
                self._new[shape] = group
                self._held_bytes += len(shape)
        if len(self._new) * _LEAST_NEW_SHARE > len(self._known):
            self._build()

    def _build(self) -> None:
        """Give each shape a number, by more of their bytes where two have one number."""
        self._known.update(self._new)
        self._new = {}
        shapes = list(self._known)
        while True:
            numbers = self._numbers_alone(shapes)
            order = np.argsort(numbers, kind="stable")
            alike = np.flatnonzero(numbers[order[1:]] == numbers[order[:-1]])
            if not len(alike) or len(self._distances) > _MOST_DISTANCES:
                break
            pairs = ((shapes[order[at]], shapes[order[at + 1]]) for at in alike[:_MOST_PAIRS].tolist())
            ((distance, _),) = Counter(_distance_between(*pair) for pair in pairs).most_common(1)
            if distance in self._distances:
                break
            self._distances.append(distance)
        bits = min(max((len(shapes) << _SLOTS_PER_SHAPE_BITS).bit_length(), _LEAST_SLOTS_BITS), _MOST_SLOTS_BITS)
        self._shift = np.uint64(_NUMBER_BITS - bits)
        self._slots = np.full(1 << bits, len(shapes), np.uint16)
        # Of shapes with one slot the first one has it: it is likely to be the commonest.
        self._slots[(numbers[::-1] >> self._shift).view(np.intp)] = np.arange(len(shapes))[::-1]
        self._numbers = np.append(numbers, ~numbers[:1])
        # What may be one of two shapes is looked up line by line, as is what has no slot.
        for places in (order[alike], order[alike + 1]):
            self._numbers[places] = ~numbers[places]
        self._groups = np.append(np.array(list(self._known.values()), np.intp), _NONE)
        self._texts = np.array([*shapes, _SEPARATOR], object)

    def _numbers_alone(self, shapes: Sequence[str]) -> NDArray[np.uint64]:
        """Give the numbers of some shapes."""
        padded = np.frombuffer(bytes(WIDTH) + (_SEPARATOR.join(shapes) + _SEPARATOR).encode("latin-1"), np.uint8)
        return self._numbers_of(Shapes(padded, len(padded) - WIDTH - 1))[0]

    def _numbers_of(self, shapes: Shapes) -> tuple[NDArray[np.uint64], NDArray[np.intp], NDArray[np.intp]]:
        """Give the number of each line, where it ends, and its length."""
        ends = (shapes.padded[WIDTH:] == NEWLINE).nonzero()[0]
        lengths = np.empty_like(ends)
        lengths[0] = ends[0]
        np.subtract(ends[1:], ends[:-1], out=lengths[1:])
        lengths[1:] -= 1
        # The word at place `p` is that of the eight bytes before byte `p` of the text; of a shorter line the first ones
        # aren't its own.
        words = np.ndarray(shapes.size + 1, _WORD, shapes.padded, strides=(1,))
        most = lengths - WIDTH
        foreign_bits = None
        if most.min() < 0:
            foreign_bits = (np.maximum(-most, 0) * 8).astype(np.uint64)
            np.maximum(most, 0, out=most)
        numbers: NDArray[np.uint64] = lengths.view(np.uint64) * _FACTORS[-1]
        for distance, factor in zip(self._distances, _FACTORS, strict=False):
            nearer = np.minimum(most, distance) if distance else 0
            number = words[ends - nearer].view(_NUMBER).astype(np.uint64, copy=False)
            if foreign_bits is not None:
                number >>= foreign_bits
            number *= factor
            numbers += number
        return numbers, ends, lengths


def _distance_between(one: str, other: str) -> int:
    """Give how many bytes are after the last one in which two shapes of one length differ."""
    return next(
        (place for place, pair in enumerate(zip(one[::-1], other[::-1], strict=False)) if len(set(pair)) > 1), 0
    )
