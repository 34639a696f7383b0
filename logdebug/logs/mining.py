"""Group lines into templates at the speed of the machine: almost every line is done with by one look-up of its residue.

A line's *residue* is what is left of it without digits (and, in logs full of them, without hexadecimal ids). Lines with
one residue are of one template for sure, and residues come from a few calls over a whole chunk of text. Only a line
whose residue is new is looked at by itself: its words, with those that hold a variable as `*`, are its *key*.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from logdebug.logs.generalising import generals_of, with_variables
from logdebug.logs.residues import Residues, residues_of
from logdebug.logs.specials import special_key, specials_of
from logdebug.logs.tally import Tally
from logdebug.logs.words import Words, as_words, coarse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from logdebug.logs.fingerprints import Places
    from logdebug.logs.lexicon import Lexicon

    Groups = list[int] | NDArray[np.intp]
    Parted = Sequence[bytes] | Mapping[int, bytes]

__all__ = ["LONGEST_LINE", "Miner", "grouped"]

LONGEST_LINE = 2000
"""What stands beyond this many bytes of a line isn't looked at."""

_MOST_TEMPLATES = 4000
_MOST_COARSE = 1000
_OTHERS = b"\0others"
_FIRST_GENERAL = 250
_MOST_VARIABLE = 8
_REMEMBERED_BYTES = 24 << 20
_MOST_WORDS = 50_000
_MOST_NEW, _MOST_NEW_SHARE, _FEW_NEW = 500, 4, 16
_STRANGE_CHUNKS = 7
"""After a chunk none of whose lines was seen before, in so many more no residue is looked up."""
_HAS_DIGIT = re.compile(rb"[0-9\0]")


class Miner:
    """Learns templates chunk by chunk; everything in it is bounded.

    Groups are numbered from 0 in the order of their first lines; what is known of group `g` stands at place `g` of the
    lists.

    Parameters
    ----------
    is_large
        Whether the log is known to be large.

    Attributes
    ----------
    keys, examples
        What the lines of each group have in common, and the first of them, as bytes, cut.
    first_lines
        The number of each group's first line.
    """

    def __init__(self, *, is_large: bool = False) -> None:
        self.keys: list[bytes] = []
        self.examples: list[bytes] = []
        self.first_lines: list[int] = []
        self._of_residue: dict[bytes, int] = {}
        self._remembered_bytes = 0
        self._of_key: dict[bytes, int] = {}
        self._of_general: dict[bytes, int] = {}
        self._variable: dict[int, list[tuple[int, ...]]] = {}
        self._next_general = _FIRST_GENERAL
        self._words = Words()
        self._places: Places | None = None
        self._of_coarse: dict[int, int] = {}
        self._residues = Residues(is_large=is_large)
        self._lexicon: Lexicon | None = None
        self._strange_chunks = 0

    def take(self, text: bytes | memoryview, line: int) -> Tally:
        """Group the lines of a chunk.

        Parameters
        ----------
        text
            Lines, parted by newlines; no newline at the end.
        line
            The number of the first one.
        """
        if self._strange_chunks:
            self._strange_chunks -= 1
            text = bytes(text)
            count = text.count(b"\n") + 1
            return Tally(list(self._look_up(text, range(count), [0] * count, line)))
        lexicon = self._awake_lexicon()
        if lexicon is None:
            residues = self._residues.of(text)
        else:
            shapes = self._residues.shapes_of(text)
            looked_up = lexicon.groups_of(shapes, self._of_residue)
            if looked_up is not None:
                groups, unknown = looked_up
                return Tally(self._learn(bytes(text), list(unknown), unknown, groups, line) if unknown else groups)
            residues = residues_of(shapes.text())
        parted = residues.split(b"\n")
        known: list[Any] = list(map(self._of_residue.get, parted))
        if None in known:
            places = [place for place, group in enumerate(known) if group is None]
            if len(places) == len(known) and self._is_at_bounds(len(places), len(known)):
                self._strange_chunks = _STRANGE_CHUNKS
            known = list(self._learn(bytes(text), places, parted, known, line))
        if lexicon is not None:
            lexicon.learn(known)
        return Tally(known)

    def _awake_lexicon(self) -> Lexicon | None:
        """Give the lexicon of residues, where it is worth looking into, and what it takes is loaded."""
        if self._lexicon is None and "numpy" in sys.modules:
            from logdebug.logs.lexicon import Lexicon

            self._lexicon = Lexicon()
        return self._lexicon if self._lexicon is not None and self._lexicon.is_awake() else None

    def _learn(self, text: bytes, unknown: Sequence[int], residues: Parted, groups: Groups, line: int) -> Groups:
        """Fill in the groups of lines, given by their places, whose residues are new."""
        if self._is_at_bounds(len(unknown), len(groups)):
            return self._look_up(text, unknown, groups, line)
        fresh = _firsts(unknown, residues)
        if len(fresh) * 5 > len(groups) and self._residues.tried_without_ids(text, len(fresh)):
            self._forget()
            residues = self._residues.of(text).split(b"\n")
            fresh = _firsts(unknown, residues)
        texts = text.split(b"\n")
        lines = [texts[place][:LONGEST_LINE] for place in fresh.values()]
        found = dict.fromkeys(fresh, 0)
        for residue, place, data, key in zip(fresh, fresh.values(), lines, self._keys_of(lines), strict=True):
            found[residue] = self._group_of(key, data, line + place)
        for place in unknown:
            groups[place] = found[residues[place]]
        if not self._is_at_bounds(len(found), len(groups)):
            self._remember(found)  # else hardly any line comes again
        return groups

    def _is_at_bounds(self, fresh: int, lines: int) -> bool:
        """Say whether there are as many templates as are learned, and many new lines in a chunk all the same."""
        most = min(_MOST_NEW, max(lines // _MOST_NEW_SHARE, _FEW_NEW))
        return len(self.keys) >= _MOST_TEMPLATES and fresh > most

    def _forget(self) -> None:
        """Forget all residues."""
        self._of_residue.clear()
        self._lexicon = None

    def _look_up(self, text: bytes, unknown: Sequence[int], groups: Groups, line: int) -> Groups:
        """Fill in the groups of many lines of a log whose templates are all learned, hardly one of which is known."""
        lines = text.split(b"\n")
        if len(unknown) < len(groups):
            lines = [lines[place] for place in unknown]
        if max(map(len, lines)) > LONGEST_LINE:
            lines = [data[:LONGEST_LINE] for data in lines]
        given = self._looked_up(lines, unknown, line)
        if len(self._of_coarse) > _MOST_WORDS:
            self._of_coarse.clear()
        if len(given) == len(groups):
            return given
        for place, group in zip(unknown, given, strict=True):
            groups[place] = group
        return groups

    def _looked_up(self, lines: Sequence[bytes], places: Sequence[int], line: int) -> list[int]:
        """Give the group of each of some lines that stand in these places after line `line`."""
        from logdebug.logs.fingerprints import Fingerprints

        joined = b" \n ".join(lines)
        prints = Fingerprints(as_words(joined))
        found = self._known_places().groups_of(prints)
        special = specials_of(lines, joined)
        left = (found < 0).nonzero()[0]
        numbers = prints.coarse[left].tolist()
        of_coarse = self._of_coarse
        found[left] = [of_coarse.get(number, -1) for number in numbers]
        given: list[int] = found.tolist()
        for at, number in zip(left.tolist(), numbers, strict=True) if -1 in given else ():
            if given[at] < 0 and at not in special:
                if number not in of_coarse:
                    of_coarse[number] = self._coarse_group(lines[at], line + places[at])
                given[at] = of_coarse[number]
        for at, data in special.items():
            given[at] = self._group_of(next(iter(self._keys_of([data]))), data, line + places[at])
        return given

    def _known_places(self) -> Places:
        """Give the places of all templates, which are no more to change."""
        from logdebug.logs.fingerprints import Places

        if self._places is None:
            # Keys with a digit are those of special lines, or coarse.
            keys, generals = (
                {key: group for key, group in known.items() if not _HAS_DIGIT.search(key)}
                for known in (self._of_key, self._of_general)
            )
            self._places = Places(keys, generals, self._variable)
        return self._places

    def _coarse_group(self, data: bytes, line: int) -> int:
        """Give the group of a line that is of no template, by its coarse key while there is room for more of them."""
        if len(self.keys) >= _MOST_TEMPLATES + _MOST_COARSE and _OTHERS in self._of_key:
            return self._of_key[_OTHERS]
        key = next(iter(self._keys_of([data])))
        return self._group_of(key, data, line)

    def _remember(self, found: dict[bytes, int]) -> None:
        """Keep the residues of a chunk, the number of which is bounded by their size."""
        self._remembered_bytes += sum(map(len, found)) + 120 * len(found)
        if self._remembered_bytes > _REMEMBERED_BYTES:
            self._forget()
            self._remembered_bytes = 0
        self._of_residue.update((residue, group) for residue, group in found.items() if len(residue) <= LONGEST_LINE)

    def _group_of(self, key: bytes, data: bytes, line: int) -> int:
        group = self._of_key.get(key)
        if group is None and self._variable:
            group = self._general_of(key)
        if group is None and len(self.keys) >= _MOST_TEMPLATES:
            key = coarse(key) if len(self.keys) < _MOST_TEMPLATES + _MOST_COARSE else _OTHERS
            group = self._of_key.get(key)
        if group is None:
            group = self._of_key[key] = len(self.keys)
            self.keys.append(key)
            self.examples.append(data)
            self.first_lines.append(line)
            if len(self.keys) >= self._next_general:
                self._next_general *= 2
                self._generalise()
        return group

    def _generalise(self) -> None:
        """Learn which keys are one but for variables, so that lines to come need no key of their own."""
        for general in generals_of(self.keys):
            self._of_general.setdefault(general.pattern, general.members[0])
            known = self._variable.setdefault(general.pattern.count(b" ") + 1, [])
            if general.variable not in known and len(known) < _MOST_VARIABLE:
                known.append(general.variable)

    def _general_of(self, key: bytes) -> int | None:
        """Give the group of a key that differs from known ones only in variables."""
        known = self._variable.get(key.count(b" ") + 1)
        if known:
            words = key.split(b" ")
            for variable in known:
                group = self._of_general.get(with_variables(words, variable))
                if group is not None:
                    return group
        return None

    def _keys_of(self, lines: Sequence[bytes]) -> Iterable[bytes]:
        """Give the key of each line."""
        keys = self._words.keys_of(lines)
        for place, line in specials_of(lines, b"\n".join(lines)).items():
            keys[place] = special_key(line, keys[place], self._words)
        return keys


def _firsts(places: Sequence[int], residues: Parted) -> dict[bytes, int]:
    """Give the residues of some lines, each with the first of its places."""
    fresh: dict[bytes, int] = {}
    for place in places:
        fresh.setdefault(residues[place], place)
    return fresh


def grouped(lines: Sequence[str]) -> list[int]:
    """Give the template of each line, as a number: equal where the same call of the program wrote them.

    Parameters
    ----------
    lines
        Log lines, without newlines.
    """
    from logdebug.logs.calls import calls_of

    miner = Miner()
    data = [line.encode("utf-8", "replace").replace(b"\n", b" ") for line in lines]
    groups = [group for line in data for group in miner.take(line, 1).last]
    into = list(range(len(miner.keys)))
    for general in generals_of(miner.keys):
        for member in general.members:
            into[member] = general.members[0]
    into = calls_of(miner.examples, into)
    return [into[group] for group in groups]
