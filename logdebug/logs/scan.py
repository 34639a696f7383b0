"""One pass over a log that finds out everything the overview needs: templates, activity, times, and the line index."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

from logdebug.logs.days import unwrapped
from logdebug.logs.gathered import Gathered, Scan, Slice
from logdebug.logs.parallel import NoWorkers, is_large
from logdebug.logs.stretches import Teller, chunks_of
from logdebug.logs.telling import tell_in_parallel
from logdebug.logs.timestamps import parse_timestamp
from logdebug.logs.workers import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from logdebug.logs.lines import LineIndex
    from logdebug.logs.source import Source

__all__ = ["Scan", "Slice", "scan"]

_LEAST_CHUNK_BYTES = 4 << 10
_FEW_LINES = 20_000
"""Up to here every line's time is read where days are to be counted: a stretch may be longer than a day."""
_End = tuple[int, int, bool]
"""Of a chunk: how many lines end in it, where it ends, and whether a line ends there."""


def scan(source: Source, index: LineIndex, *, reference: datetime) -> Scan:
    """Read a log once from start to end; a large file of it by all cores.

    Parameters
    ----------
    source, index
        The log; the index is completed on the way.
    reference
        About when the log was written, for times without a year.
    """
    gathered = None
    if any(map(is_large, source.parts)):
        gathered = _together(source, index, reference)
    if gathered is None:
        gathered = _alone(source, index, reference)
    found = gathered.result(index.line_count, reference)
    return _with_days(found, index, reference) if found.dateless else found


def _with_days(found: Scan, index: LineIndex, reference: datetime) -> Scan:
    """Give the times of a log whose lines say the time of day only their days."""
    last_time, known = found.last_time, ((piece.first_line, piece.time) for piece in found.slices)
    if found.line_count <= _FEW_LINES:
        lines = index.lines(1, found.line_count)
        known = ((line.number, parse_timestamp(line.text, reference=reference)) for line in lines)
    timed = [(line, time) for line, time in known if time is not None]
    if last_time is None or not timed:
        return found
    numbers = [line for line, _ in timed]
    times = unwrapped([time for _, time in timed], last_time)
    for piece in found.slices:
        place = bisect_left(numbers, piece.first_line)
        piece.time = times[place] if piece.time is not None and place < len(times) else None
    return replace(found, first_time=times[0], marks=tuple(zip(numbers, times, strict=True)))


def _alone(source: Source, index: LineIndex, reference: datetime) -> Gathered:
    """Pass over the log in this process."""
    gathered = Gathered()
    index.install(list(_told_here(source, Teller(reference), gathered, [], 0)))
    return gathered


def _together(source: Source, index: LineIndex, reference: datetime) -> Gathered | None:
    """Pass over the log with one process a core for each large file; None where that failed."""
    gathered, teller = Gathered(), Teller(reference)
    mine: list[int] = []
    ends: list[_End] = []
    try:
        for place, part in enumerate(source.parts):
            start = source.start_of(place)
            if is_large(part):
                ends += _told_in_parallel(part, reference, gathered, start)
            else:
                teller.restart()
                ends += _told_here(part, teller, gathered, mine, start)
            if place + 1 < len(source.parts) and ends and not ends[-1][2]:
                # A file that isn't the last always ends its last line.
                newlines, end, _ = ends[-1]
                ends[-1] = newlines + 1, end + 1, True
                gathered.lines += 1
    except NoWorkers:
        return None
    index.install(ends)
    return gathered


def _told_in_parallel(part: Source, reference: datetime, gathered: Gathered, start: int) -> list[_End]:
    """Gather what processes tell of a file whose text begins at byte `start` of the log's; give where chunks end."""
    places: dict[int, list[int]] = {}
    ends: list[_End] = []
    for told in tell_in_parallel(part, reference):
        mine = places.setdefault(told.worker, [])
        mine += [gathered.group_of(key, example, gathered.lines + line) for key, example, line in told.learned]
        gathered.add(told.stretch, mine)
        gathered.lines += told.stretch.newlines
        ends += [(newlines, start + end, ended) for newlines, end, ended in told.ends]
    gathered.tail = part.read(max((part.text_bytes or 0) - CHUNK_BYTES, 0), CHUNK_BYTES)
    return ends


def _told_here(part: Source, teller: Teller, gathered: Gathered, mine: list[int], start: int) -> Iterator[_End]:
    """Gather what there is in a file, or in a whole log; give where chunks end.

    Parameters
    ----------
    part, start
        The file, and the byte of the log's text at which it begins.
    teller, mine
        What tells of it, from line 1 on, and the template of each group that it has met so far.
    gathered
        What was gathered before, and is added to.
    """
    miner, before, lines = teller.miner, gathered.lines, 0
    for end, chunk in _chunks(part):
        stretch = teller.take(chunk)
        for group in range(len(mine), len(miner.keys)):
            line = before + miner.first_lines[group]
            mine.append(gathered.group_of(miner.keys[group], miner.examples[group], line))
        gathered.add(stretch, mine)
        gathered.tail = chunk
        lines += stretch.newlines
        yield stretch.newlines, start + end, chunk.endswith(b"\n")
    gathered.lines = before + lines


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
