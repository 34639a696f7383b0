"""Ids that are nothing but letters, told from names by their spelling."""

from __future__ import annotations

import re

__all__ = ["is_random"]

# Random ids in letters of either case, as Elasticsearch's 22 of base64 are where no digit came up.
_LETTERS = re.compile(rb"(?=.{16,64}\Z)[A-Za-z_-]*[a-z][A-Z][A-Za-z_-]*")
_HUMP = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SHORT_HUMP = 3
# Each letter with those that usually follow it: 19 of 20 pairs in names that people gave (some 100,000 identifiers of
# Python and JavaScript libraries), and 4 of 10 in random letters.
_FOLLOWERS = (
    b"abcdgiklmnprstuvxy baeijlorsu cacehiklorstu dadeilorsu eabcdefgilmnopqrstvwxy faefilortu gaehilnorsu haeiort "
    b"iabcdefglmnoprstvxz je keis ladeilostuy mabeimopsu nacdefgiknopstuv oabcdfgiklmnoprstuvwx padehiloprstuy qu "
    b"racdegiklmnoprstuvy sacefhiklopstuy tacehiloprstuy uabcdegilmnprst vaei waeior xceipt yelnpst ze"
)
_USUAL = frozenset(
    letters[:1] + letters[at : at + 1] for letters in _FOLLOWERS.split() for at in range(1, len(letters))
)
_USUAL_SHARE = 0.7


def is_random(word: bytes) -> bool:
    """Say whether a word is random letters: its case changes too often, or they follow one another as in no name.

    Parameters
    ----------
    word
        A word; one of other characters than letters, dashes and underscores isn't judged.
    """
    if not _LETTERS.fullmatch(word):
        return False
    if len(_HUMP.findall(word)) * _SHORT_HUMP > len(word):
        return True
    # Where a small letter comes before a capital, a word ends.
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    pairs = [pair.lower() for pair in pairs if pair.isalpha() and not (pair[:1].islower() and pair[1:].isupper())]
    return sum(pair in _USUAL for pair in pairs) < _USUAL_SHARE * len(pairs)
