"""One pass over a log that finds out everything the overview needs: templates, activity, times, and the line index."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logdebug.logs.generalising import generals_of
from logdebug.logs.parallel import PARALLEL_BYTES, NoWorkers, tell_in_parallel
from logdebug.logs.stretches import CHUNK_BYTES, Stretch, Teller, chunks_of
from logdebug.logs.templates import Template, template_of
from logdebug.logs.timestamps import find_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from logdebug.logs.lines import LineIndex
    from logdebug.logs.source import Source

__all__ = ["Scan", "Slice", "scan"]

_LEAST_CHUNK_BYTES = 4 << 10
_MOST_SLICES = 512
_MOST_COUNTS = 200_000  # of all slices together, as long as these are more than a picture of the log needs
_ENOUGH_SLICES = 64
_FEW_GROUPS = 4  # fewer aren't worth looking for variables in
_MOST_GROUPS = 8000
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
    """

    templates: tuple[Template, ...]
    slices: tuple[Slice, ...]
    line_count: int
    first_time: datetime | None
    last_time: datetime | None


def scan(source: Source, index: LineIndex, *, reference: datetime) -> Scan:
    """Read a log once from start to end; a large plain one by all cores.

    Parameters
    ----------
    source, index
        The log; the index is completed on the way.
    reference
        About when the log was written, for times without a year.
    """
    gathered = None
    if source.is_plain and source.stored_bytes >= PARALLEL_BYTES:
        gathered = _together(source, index, reference)
    if gathered is None:
        gathered = _alone(source, index, reference)
    return gathered.result(index.line_count, reference)


def _alone(source: Source, index: LineIndex, reference: datetime) -> _Gathered:
    """Pass over the log in this process."""
    gathered, teller = _Gathered(), Teller(reference)
    miner = teller.miner
    ends: list[tuple[int, int, bool]] = []
    for end, chunk in _chunks(source):
        stretch = teller.take(chunk)
        ends.append((stretch.newlines, end, chunk.endswith(b"\n")))
        for group in range(len(gathered.examples), len(miner.keys)):
            gathered.append(miner.keys[group], miner.examples[group], miner.first_lines[group])
        gathered.add(stretch, None)
        gathered.tail = chunk
    index.install(ends)
    return gathered


def _together(source: Source, index: LineIndex, reference: datetime) -> _Gathered | None:
    """Pass over the log with one process a core; None where that can't be had, or failed on the way."""
    gathered = _Gathered()
    places: dict[int, list[int]] = {}
    ends: list[tuple[int, int, bool]] = []
    try:
        for told in tell_in_parallel(source, reference):
            mine = places.setdefault(told.worker, [])
            mine += [gathered.group_of(key, example, gathered.lines + line) for key, example, line in told.learned]
            gathered.add(told.stretch, mine)
            gathered.lines += told.stretch.newlines
            ends += told.ends
    except NoWorkers:
        return None
    index.install(ends)
    gathered.tail = source.read(max(source.stored_bytes - CHUNK_BYTES, 0), CHUNK_BYTES)
    return gathered


def _chunks(source: Source) -> Iterator[tuple[int, bytes]]:
    """Give the text as (end, chunk), in chunks that stay in the processor's cache."""
    size = max(min(source.stored_bytes // 24, CHUNK_BYTES), _LEAST_CHUNK_BYTES)
    if source.is_plain:
        for offset, chunk in source.blocks(0, size):
            yield offset + len(chunk), chunk
        return
    for offset, block in source.blocks():
        for start, chunk in chunks_of(offset, block, size):
            yield start + len(chunk), chunk


class _Gathered:
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
        )


def _last_time(text: bytes, reference: datetime) -> datetime | None:
    for data in reversed(text[-16384:].split(b"\n")):
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
