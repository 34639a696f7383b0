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
_FINAL = np.uint64(0xBF58476D1CE4E5B9)
_HALF = np.uint64(32)
_MOST_PLACES = 2048
_MOST_COARSE_WORDS = 30
_BLANK, _RARE_BLANKS = ord(" "), b"\x0b\x0c"

# Words are looked at eight bytes at a time, which are one number.
_WIDTH = 8
_WORD, _NUMBER = np.dtype(f"V{_WIDTH}"), np.dtype("<u8")
_FIRST_BYTES = np.array([(1 << 8 * count) - 1 for count in range(_WIDTH + 1)], np.uint64)
_ONES = np.uint64(0x0101010101010101)
_LOW_BITS, _HIGH_BITS, _ZEROS, _SLASHES = (np.uint64(byte * int(_ONES)) for byte in (0x7F, 0x80, ord("0"), ord("/")))
_MANY = 8
_PAIR_BYTES = 2
_IS_HEX_PAIR = np.zeros(1 << 16, bool)
_IS_HEX_PAIR[[one + (other << 8) for one in b"abcdefABCDEF" for other in b"abcdefABCDEF"]] = True

_random = np.random.Generator(np.random.PCG64(20261122))
_OF_PLACE: NDArray[np.uint64] = _random.integers(1, 1 << 63, _MOST_PLACES, dtype=np.uint64) * np.uint64(2) + np.uint64(
    1
)


def _hashes(
    text: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Give a number for each word, and whether it is a variable by digits, slashes, or as a hexadecimal pair."""
    windows = np.ndarray(len(text) + 1, _WORD, text + bytes(_WIDTH), strides=(1,))
    left = ends - starts
    part = _parts(windows, starts, left)
    is_variable = _holds(part, _ZEROS)
    pairs = np.flatnonzero(left == _PAIR_BYTES)
    is_variable[pairs] |= _IS_HEX_PAIR[part[pairs].astype(np.intp)]
    has_slashes = b"/" in text
    slashes = np.bitwise_count(_places_of(part, _SLASHES)) if has_slashes else np.zeros(0, np.uint8)
    hashes = left.view(np.uint64) * _OF_PLACE[0]
    hashes ^= part
    hashes *= _FINAL
    words, offset = np.flatnonzero(left > _WIDTH), _WIDTH
    while len(words):
        part = _parts(windows, starts[words] + offset, left[words] - offset)
        is_variable[words] |= _holds(part, _ZEROS)
        if has_slashes:
            slashes[words] = np.minimum(slashes[words] + np.bitwise_count(_places_of(part, _SLASHES)), _MANY)
        mixed = hashes[words]
        mixed ^= mixed >> _HALF
        part ^= mixed
        part *= _FINAL
        hashes[words] = part
        offset += _WIDTH
        words = words[left[words] > offset]
    hashes ^= hashes >> _HALF
    hashes *= _FINAL
    hashes ^= hashes >> _HALF
    if has_slashes:
        is_variable |= slashes > 1
    return hashes, is_variable


def _parts(windows: NDArray[np.void], places: NDArray[np.intp], left: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Give the bytes from these places on, as many as are left of each word."""
    parts = windows[places].view(_NUMBER).astype(np.uint64, copy=False)
    parts &= _FIRST_BYTES[np.minimum(left, _WIDTH)]
    return parts


def _holds(parts: NDArray[np.uint64], bytes_: np.uint64) -> NDArray[np.bool_]:
    """Tell which numbers have a byte that is the one of which eight are given."""
    other = parts ^ bytes_
    lesser = other - _ONES
    np.invert(other, out=other)
    lesser &= other
    lesser &= _HIGH_BITS
    held: NDArray[np.bool_] = lesser != 0
    return held


def _places_of(parts: NDArray[np.uint64], bytes_: np.uint64) -> NDArray[np.uint64]:
    """Give numbers with a bit set for each byte that is the one of which eight are given."""
    other = parts ^ bytes_
    bits = other & _LOW_BITS
    bits += _LOW_BITS
    bits |= other
    bits |= _LOW_BITS
    np.invert(bits, out=bits)
    return bits


def _hash_of(word: bytes) -> np.uint64:
    hashes, _ = _hashes(word, np.array([0]), np.array([len(word)]))
    return np.uint64(hashes[0])


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
    blanks = _blanks(text)
    bounds = np.flatnonzero(blanks[1:] != blanks[:-1])
    hashes, is_variable = _hashes(text, bounds[::2], bounds[1::2])
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
