"""Keys of many lines at once, as numbers: for logs in which hardly any line is like another.

Words are hashed by a handful of numpy calls over all bytes, and a line's number is made of those of its words, so that
putting another word in a place (`*`, for a variable) is a sum. Variables that it takes a regular expression to see
(host names, threads) aren't seen here: a line with one goes with others by its first words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logdebug.logs.words import VARIABLE_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Fingerprints", "Places"]

_MARK = 1
_BASE = 0x9E3779B97F4A7C15
_BASE_INVERSE = pow(_BASE, -1, 1 << 64)
_FINAL = np.uint64(0xBF58476D1CE4E5B9)
_HALF = np.uint64(32)
_MOST_PLACES = 2048
_MOST_COARSE_WORDS = 30
_BLANK, _RARE_BLANKS = ord(" "), b"\x0b\x0c"

# What tells a variable, counted in one sum: digits in its lowest bits, slashes above, letters of hexadecimal digits on
# top. No word is longer than the line it is of, which is cut.
_SLASH, _HEX_LETTER, _COUNT = 1 << 11, 1 << 22, (1 << 11) - 1
_TELLING = np.zeros(256, np.uint32)
_TELLING[ord("0")], _TELLING[ord("/")] = 1, _SLASH
_TELLING[list(b"abcdefABCDEF")] = _HEX_LETTER

_random = np.random.Generator(np.random.PCG64(20261122))
_OF_BYTE: NDArray[np.uint64] = _random.integers(1, 1 << 63, 256, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_OF_PLACE: NDArray[np.uint64] = _random.integers(1, 1 << 63, _MOST_PLACES, dtype=np.uint64) * np.uint64(2) + np.uint64(
    1
)


class _Powers:
    """Powers of a number modulo 2**64, as many as were needed so far."""

    def __init__(self, base: int) -> None:
        self._base = base
        self._powers = np.ones(1, np.uint64)

    def up_to(self, count: int) -> NDArray[np.uint64]:
        if len(self._powers) < count:
            factors = np.full(1 << (count - 1).bit_length(), self._base, np.uint64)
            factors[0] = 1
            self._powers = np.multiply.accumulate(factors)
        return self._powers[:count]


_POWERS, _INVERSES = _Powers(_BASE), _Powers(_BASE_INVERSE)


def _hashes(data: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Give a number for each word."""
    sums = np.empty(len(data) + 1, np.uint64)
    sums[0] = 0
    parts = _OF_BYTE.take(data, mode="clip")  # twice as fast as by index, which looks for those out of bounds first
    parts *= _POWERS.up_to(len(data))
    np.cumsum(parts, out=sums[1:])
    hashes: NDArray[np.uint64] = (sums[ends] - sums[starts]) * _INVERSES.up_to(len(data))[starts]
    hashes ^= hashes >> _HALF
    hashes *= _FINAL
    hashes ^= hashes >> _HALF
    return hashes


def _hash_of(word: bytes) -> np.uint64:
    (number,) = _hashes(np.frombuffer(word, np.uint8), np.array([0]), np.array([len(word)]))
    return np.uint64(number)


_STAR = _hash_of(b"*")
_THE_MARK = _hash_of(bytes([_MARK]))
_VARIABLE = np.array([_hash_of(word) for word in VARIABLE_WORDS])
_ENDS = np.uint64(0xFFFF)
_MAY_BE_VARIABLE = np.zeros(1 << 16, bool)
_MAY_BE_VARIABLE[_VARIABLE & _ENDS] = True


class Fingerprints:
    """The numbers of some lines.

    Parameters
    ----------
    text
        Their words, parted by blanks, every digit a 0, with the byte 1 as a word between lines.
    short
        Whether variables in a row are one.

    Attributes
    ----------
    whole
        A number for each line: equal where the keys of lines are.
    coarse
        A number for each line that few lines have: of its first two words and its length.
    lengths
        How many words each line has.
    """

    def __init__(self, text: bytes, *, short: bool = True) -> None:
        hashes = _words_of(text)
        if short:
            hashes = _shortened(hashes)
        is_mark = hashes == _THE_MARK
        self.lengths: NDArray[np.intp] = np.bincount(np.cumsum(is_mark)[~is_mark], minlength=int(is_mark.sum()) + 1)
        self._words = hashes[~is_mark]
        self._ends = np.cumsum(self.lengths)
        self._starts = self._ends - self.lengths
        places = np.arange(len(self._words)) - np.repeat(self._starts, self.lengths)
        sums = np.zeros(len(self._words) + 1, np.uint64)
        np.cumsum(self._words * _OF_PLACE[np.minimum(places, _MOST_PLACES - 1)], out=sums[1:])
        self.whole: NDArray[np.uint64] = sums[self._ends] - sums[self._starts]
        second = np.minimum(self._starts + 2, self._ends)
        lengths = np.minimum(self.lengths, _MOST_COARSE_WORDS).astype(np.uint64)
        self.coarse: NDArray[np.uint64] = sums[second] - sums[self._starts] + lengths * _FINAL

    def without(self, lines: NDArray[np.intp], places: NDArray[np.intp]) -> NDArray[np.uint64]:
        """Give the numbers that these lines have with `*` in these places, which each of them must have."""
        changed = (self._words[self._starts[lines][:, None] + places] - _STAR) * _OF_PLACE[places]
        whole: NDArray[np.uint64] = self.whole[lines] - changed.sum(axis=1, dtype=np.uint64)
        return whole


def _words_of(text: bytes) -> NDArray[np.uint64]:
    """Give a number for each word, that of `*` for variables."""
    data = np.frombuffer(text, np.uint8)
    blanks = _blanks(text)
    bounds = np.flatnonzero(blanks[1:] != blanks[:-1])
    starts, ends = bounds[::2], bounds[1::2]
    hashes = _hashes(data, starts, ends)
    sums = np.empty(len(data) + 1, np.uint32)
    sums[0] = 0
    np.cumsum(_TELLING.take(data, mode="clip"), out=sums[1:])
    counts = sums[ends] - sums[starts]
    pairs = (counts == 2 * _HEX_LETTER) & (ends - starts == 2)
    is_variable = (counts & _COUNT > 0) | (counts // _SLASH & _COUNT > 1) | pairs
    known = np.flatnonzero(_MAY_BE_VARIABLE.take((hashes & _ENDS).astype(np.intp)))
    is_variable[known[np.isin(hashes[known], _VARIABLE)]] = True
    hashes[is_variable] = _STAR
    return hashes


def _shortened(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Make one of variables in a row."""
    is_star = hashes == _STAR
    repeated = np.zeros(len(hashes), bool)
    repeated[1:] = is_star[1:] & is_star[:-1]
    return hashes[~repeated]


def _blanks(text: bytes) -> NDArray[np.bool_]:
    """Tell blanks, of which there is one at either end too, from all else."""
    blanks = np.ones(len(text) + 2, bool)
    data = np.frombuffer(text, np.uint8)
    np.equal(data, _BLANK, out=blanks[1:-1])
    for rare in _RARE_BLANKS:
        if rare in text:
            blanks[1:-1] |= data == rare
    return blanks


class Places:
    """Which group a line is of, by its number.

    Parameters
    ----------
    keys
        The groups of keys, words joined by blanks.
    generals
        The groups of keys with `*` in places that are variable though nothing in the words shows it.
    variable
        These places, for keys of so many words.
    """

    def __init__(
        self,
        keys: Mapping[bytes, int],
        generals: Mapping[bytes, int],
        variable: Mapping[int, Sequence[tuple[int, ...]]],
    ) -> None:
        self._numbers, self._groups = _sorted(keys)
        self._general_numbers, self._general_groups = _sorted(generals)
        self._variable = {
            length: [np.array(places) for places in known] for length, known in variable.items() if length > 1
        }

    def groups_of(self, prints: Fingerprints) -> NDArray[np.intp]:
        """Give the group of each line, -1 where it has none."""
        groups = _looked_up(prints.whole, self._numbers, self._groups)
        unknown = np.flatnonzero(groups < 0)
        lengths = prints.lengths[unknown]
        for length, known in self._variable.items():
            left = unknown[lengths == length]
            for places in known:
                if not len(left):
                    break
                found = _looked_up(prints.without(left, places), self._general_numbers, self._general_groups)
                groups[left] = found
                left = left[found < 0]
        return groups


def _sorted(keys: Mapping[bytes, int]) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
    """Give the numbers of keys, ascending, and their groups."""
    if not keys:
        return np.zeros(1, np.uint64), np.full(1, -1)
    numbers = Fingerprints(b" \x01 ".join(keys), short=False).whole
    order = np.argsort(numbers)
    return numbers[order], np.array(list(keys.values()))[order]


def _looked_up(wanted: NDArray[np.uint64], numbers: NDArray[np.uint64], groups: NDArray[np.intp]) -> NDArray[np.intp]:
    places = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
    found: NDArray[np.intp] = np.where(numbers[places] == wanted, groups[places], -1)
    return found
