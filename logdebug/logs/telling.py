"""A large log told by several processes: what each tells of its parts, put together in the log's order."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from logdebug.logs.parallel import answers_in_parallel, text_bytes_of
from logdebug.logs.stretches import Stretch, Teller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logdebug.logs.source import Source

__all__ = ["Told", "task", "tell_in_parallel"]

_WORTH_NUMPY_BYTES, _WORTH_NUMPY_PARTS = 256 << 20, 128
"""Of text, or of parts where a log turns out to have more: then what numpy makes quicker is worth loading it."""


class Told(NamedTuple):
    """What a process tells of a part.

    Parameters
    ----------
    worker
        Which process; each has groups of its own.
    learned
        The groups that are new to it: key, example and first line, lines counted from 1 at the part's start.
    stretch
        The part, lines counted likewise.
    ends
        Of each chunk: how many lines end in it, where in the log's text it ends, and whether a line ends there.
    """

    worker: int
    learned: list[tuple[bytes, bytes, int]]
    stretch: Stretch
    ends: list[tuple[int, int, bool]]


def tell_in_parallel(source: Source, reference: datetime) -> Iterator[Told]:
    """Tell of a log part by part, in order.

    Parameters
    ----------
    source
        The log.
    reference
        About when it was written, for times without a year.

    Raises
    ------
    NoWorkers
        Where processes can't be had, are busy with another log, or one died.
    LogInterrupted
        Where reading was stopped.
    """
    argument = reference.timestamp(), text_bytes_of(source) >= _WORTH_NUMPY_BYTES
    for worker, part, value in answers_in_parallel(source, __name__, argument):
        learned, lines, newlines, counts, last, seconds, ends = value
        time = datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
        ends = [(newlines, end + part.shift, ended) for newlines, end, ended in ends]
        yield Told(worker, learned, Stretch(1, lines, newlines, counts, last, time), ends)


def task(argument: tuple[float, bool]) -> Callable[[Iterator[tuple[int, memoryview]]], Any]:
    """Give what tells of part after part in plain values, in a process of its own."""
    reference_seconds, worth_numpy = argument
    if worth_numpy:
        import_module("numpy")
    teller = Teller(datetime.fromtimestamp(reference_seconds, UTC), is_large=True)
    parts = count(1)

    def told(chunks: Iterator[tuple[int, memoryview]]) -> Any:
        if next(parts) == _WORTH_NUMPY_PARTS:
            import_module("numpy")
        return _told(chunks, teller)

    return told


def _told(chunks: Iterator[tuple[int, memoryview]], teller: Teller) -> Any:
    miner = teller.miner
    known = len(miner.keys)
    teller.restart()
    lines = newlines = 0
    counts: dict[int, int] = {}
    last: dict[int, int] = {}
    ends: list[tuple[int, int, bool]] = []
    time = None
    for offset, chunk in chunks:
        stretch = teller.take(chunk, timed=time is None)
        lines, newlines = lines + stretch.lines, newlines + stretch.newlines
        for group, number in stretch.counts.items():
            counts[group] = counts.get(group, 0) + number
        last.update(stretch.last)
        ends.append((stretch.newlines, offset + len(chunk), chunk[-1] == ord("\n")))
        time = time or stretch.time
    learned = list(zip(miner.keys[known:], miner.examples[known:], miner.first_lines[known:], strict=True))
    seconds = time.timestamp() if time else None
    return learned, lines, newlines, counts, last, seconds, ends
