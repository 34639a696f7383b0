"""What a pass over a log has gathered: templates with their counts, and stretches of the log with theirs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logdebug.logs.days import has_no_dates
from logdebug.logs.generalising import generals_of
from logdebug.logs.templates import Template, template_of
from logdebug.logs.timestamps import find_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from logdebug.logs.stretches import Stretch

__all__ = ["Gathered", "Scan", "Slice"]

_MOST_SLICES = 512
_MOST_COUNTS = 200_000  # of all slices together, as long as these are more than a picture of the log needs
_ENOUGH_SLICES = 64
_FEW_GROUPS = 4  # fewer aren't worth looking for variables in
_MOST_GROUPS = 8000
_TAIL_BYTES = 16384
_OTHERS = b"\0others"


@dataclass(slots=True)
class Slice:
    """A stretch of the log: how many lines of which templates, and when it begins.

    Parameters
    ----------
    first_line
        Its first line, from 1.
    lines
        How many lines it has.
    counts
        How many of them each template has, by its place among the templates.
    time
        The first time in it; None where its first lines have none.
    """

    first_line: int
    lines: int
    counts: Counter[int] = field(default_factory=Counter)
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a log found.

    Parameters
    ----------
    templates
        In the order of their first lines.
    slices
        The log cut in stretches of about the same size, at most some hundred.
    line_count
        Lines of the log.
    first_time, last_time
        The first and the last time that were found; None in a log without times.
    dateless
        Whether its lines say the time of day only.
    marks
        Of such a log, lines with their times; the days are counted back from when it was last written.
    """

    templates: tuple[Template, ...]
    slices: tuple[Slice, ...]
    line_count: int
    first_time: datetime | None
    last_time: datetime | None
    dateless: bool = False
    marks: tuple[tuple[int, datetime], ...] = ()


class Gathered:
    """What a pass over a log has gathered so far; what is known of template `t` stands at place `t` of the lists."""

    def __init__(self) -> None:
        self.keys: list[bytes] = []
        self.examples: list[bytes] = []
        self.first_lines: list[int] = []
        self.counts: list[int] = []
        self.last_lines: list[int] = []
        self.variables: list[tuple[str, ...]] = []
        self.slices: list[Slice] = []
        self.lines = 0
        self.tail = b""
        self._of_key: dict[bytes, int] = {}
        self._held_counts = 0

    def append(self, key: bytes, example: bytes, line: int) -> None:
        """Add a template by its key and the first of its lines."""
        self.keys.append(key)
        self.examples.append(example)
        self.first_lines.append(line)
        self.counts.append(0)
        self.last_lines.append(line)

    def group_of(self, key: bytes, example: bytes, line: int) -> int:
        """Give the template of a key that one of several miners has learned."""
        group = self._of_key.get(key)
        if group is None and len(self._of_key) >= _MOST_GROUPS:
            key = _OTHERS
            group = self._of_key.get(key)
        if group is None:
            group = self._of_key[key] = len(self.examples)
            self.append(key, example, line)
        return group

    def add(self, stretch: Stretch, places: Sequence[int] | None) -> None:
        """Take over the next stretch; `places` gives the template of each of its groups, where they are others."""
        counts: Counter[int] = Counter()
        for group, count in stretch.counts.items():
            place = group if places is None else places[group]
            counts[place] += count
            self.counts[place] += count
            self.last_lines[place] = max(self.last_lines[place], self.lines + stretch.last[group])
        if stretch.lines:
            self.slices.append(Slice(self.lines + stretch.first_line, stretch.lines, counts, stretch.time))
            self._held_counts += len(counts)
        if len(self.slices) > (_MOST_SLICES if self._held_counts <= _MOST_COUNTS else _ENOUGH_SLICES):
            self.slices = _halved(self.slices)
            self._held_counts = sum(len(piece.counts) for piece in self.slices)

    def _merge(self) -> None:
        """Make one of the templates that differ only in variables."""
        into = list(range(len(self.keys)))
        variables: dict[int, tuple[str, ...]] = {}
        for general in generals_of(self.keys):
            for member in general.members[1:]:
                into[member] = general.members[0]
            words = self.keys[general.members[0]].split(b" ")
            found = (words[place].decode("utf-8", "replace") for place in general.variable)
            variables[general.members[0]] = tuple(word for word in found if word != "*")
        for group, other in enumerate(into):
            if other != group:
                self.counts[other] += self.counts[group]
                self.last_lines[other] = max(self.last_lines[other], self.last_lines[group])
        kept = [group for group, other in enumerate(into) if other == group]
        place_of = {group: place for place, group in enumerate(kept)}
        for piece in self.slices:
            counts: Counter[int] = Counter()
            for group, count in piece.counts.items():
                counts[place_of[into[group]]] += count
            piece.counts = counts
        self.variables = [variables.get(group, ()) for group in kept]
        self.examples = [self.examples[group] for group in kept]
        self.first_lines = [self.first_lines[group] for group in kept]
        self.counts = [self.counts[group] for group in kept]
        self.last_lines = [self.last_lines[group] for group in kept]

    def result(self, line_count: int, reference: datetime) -> Scan:
        """Give what was found."""
        if len(self.keys) >= _FEW_GROUPS:
            self._merge()
        times = [piece.time for piece in self.slices if piece.time]
        columns = zip(self.examples, self.counts, self.first_lines, self.last_lines, strict=True)
        variables = self.variables or [()] * len(self.examples)
        return Scan(
            templates=tuple(
                template_of(*column, variables=names) for column, names in zip(columns, variables, strict=True)
            ),
            slices=tuple(self.slices),
            line_count=line_count,
            first_time=times[0] if times else None,
            last_time=_last_time(self.tail, reference) or (times[-1] if times else None),
            dateless=has_no_dates(self.tail[-_TAIL_BYTES:], reference),
        )


def _last_time(text: bytes, reference: datetime) -> datetime | None:
    for data in reversed(text[-_TAIL_BYTES:].split(b"\n")):
        stamp = find_timestamp(data[:8192].decode("utf-8", "replace"), reference=reference)
        if stamp:
            return stamp.time
    return None


def _halved(slices: list[Slice]) -> list[Slice]:
    """Join slices two by two."""
    joined = []
    for left, right in zip(slices[::2], [*slices[1::2], None], strict=False):
        if right is None:
            joined.append(left)
            continue
        lines, counts = left.lines + right.lines, left.counts + right.counts
        joined.append(Slice(left.first_line, lines, counts, left.time or right.time))
    return joined
