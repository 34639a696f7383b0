"""A large plain log told by one process a core, each of which reads its parts of the open file itself.

The processes are fresh interpreters, not forks: a fork of a notebook's kernel, with its threads, may hang. They get the
descriptor, are asked for parts of the file over a pipe, and end with it. A compressed log isn't told that way: sending
its text costs what it saves.
"""

from __future__ import annotations

import ctypes
import marshal
import os
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from logdebug.errors import LogInterrupted
from logdebug.logs.source import Source
from logdebug.logs.stretches import CHUNK_BYTES, Stretch, Teller

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PARALLEL_BYTES", "NoWorkers", "Told", "tell_in_parallel", "work"]

PARALLEL_BYTES = 128 << 20
"""From this size on, starting processes pays."""

_PART_BYTES = 4 << 20
_AHEAD = 3  # parts that a process is asked for beyond the one that is waited for
_MOST_WORKERS = 8
_REQUEST = struct.Struct("<QQ")
_LENGTH = struct.Struct("<Q")
_CODE = "import sys; sys.path[:] = {path!r}; from logdebug.logs.parallel import work; work({fd}, {reference!r})"
# glibc's mallopt(3): the size from which on memory comes from the system, and how much is kept when it is given back.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_ONE_AT_A_TIME = threading.Lock()


class NoWorkers(Exception):
    """No process could be started, or one died: the log is to be told without them."""


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
        Of each chunk: how many lines end in it, where it ends, and whether a line ends there.
    """

    worker: int
    learned: list[tuple[bytes, bytes, int]]
    stretch: Stretch
    ends: list[tuple[int, int, bool]]


def tell_in_parallel(source: Source, reference: datetime) -> Iterator[Told]:
    """Tell of a plain log part by part, in order.

    Raises
    ------
    NoWorkers
        Where processes can't be had, are busy with another log, or one died.
    LogInterrupted
        Where reading was stopped.
    """
    count = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, _MOST_WORKERS)
    if count < 2 or not sys.executable or not _ONE_AT_A_TIME.acquire(blocking=False):
        raise NoWorkers
    workers: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            workers.append(_start(source, reference))  # noqa: PERF401 -- those started are ended if one fails
        yield from _tell(source, workers)
    except (OSError, ValueError, EOFError) as error:
        raise NoWorkers from error
    finally:
        for worker in workers:
            _end(worker)
        _ONE_AT_A_TIME.release()


def _start(source: Source, reference: datetime) -> subprocess.Popen[bytes]:
    code = _CODE.format(path=sys.path, fd=source.descriptor, reference=reference.timestamp())
    return subprocess.Popen(  # noqa: S603 -- this very interpreter, with this very code
        [sys.executable, "-I", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=(source.descriptor,),
    )


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue  # it had died with a request unread
    worker.wait()


def _tell(source: Source, workers: list[subprocess.Popen[bytes]]) -> Iterator[Told]:
    """Ask the processes in turn for part after part, some ahead, and give their answers in order."""
    stops = source.stops
    asked, answered, start = 0, 0, 0
    while start < source.stored_bytes or answered < asked:
        while start < source.stored_bytes and asked < answered + _AHEAD * len(workers):
            end = min(source.line_start(start + _PART_BYTES), source.stored_bytes)
            pipe = workers[asked % len(workers)].stdin
            assert pipe is not None  # noqa: S101 -- for the type checker: it was asked for
            pipe.write(_REQUEST.pack(start, end))
            pipe.flush()
            start, asked = end, asked + 1
        yield _answer(workers[answered % len(workers)], answered % len(workers))
        answered += 1
        if source.stops != stops:
            raise LogInterrupted(f"reading {source.name} was stopped", log=source.name)


def _answer(worker: subprocess.Popen[bytes], number: int) -> Told:
    assert worker.stdout is not None  # noqa: S101 -- for the type checker: it was asked for
    (size,) = _LENGTH.unpack(_read(worker.stdout, _LENGTH.size))
    learned, lines, newlines, counts, last, seconds, ends = marshal.loads(_read(worker.stdout, size))  # noqa: S302 -- our own
    time = datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
    return Told(number, learned, Stretch(1, lines, newlines, counts, last, time), ends)


def _read(pipe: Any, size: int) -> bytes:
    data: bytes = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def work(descriptor: int, reference_seconds: float) -> None:
    """Answer requests for parts of an open file until there are no more; the other end of `tell_in_parallel`."""
    _keep_memory()
    import_module("numpy")  # which counts several times as fast as what does so without it
    source = Source(descriptor, "log")
    teller = Teller(datetime.fromtimestamp(reference_seconds, UTC))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(request := requests.read(_REQUEST.size)) == _REQUEST.size:
        start, end = _REQUEST.unpack(request)
        data = marshal.dumps(_answer_to(source.blocks_between(start, end, CHUNK_BYTES), teller))
        answers.write(_LENGTH.pack(len(data)) + data)
        answers.flush()


def _keep_memory() -> None:
    """Keep the memory of a chunk at hand for the next one: else the system gives it anew, page by page, all zeros."""
    with suppress(OSError, AttributeError):  # another C library than glibc
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, 32 << 20)
        mallopt(_TRIM_THRESHOLD, 64 << 20)


def _answer_to(chunks: Iterator[tuple[int, bytes]], teller: Teller) -> Any:
    """Tell of a part of the file, in plain values."""
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
        for group, count in stretch.counts.items():
            counts[group] = counts.get(group, 0) + count
        last.update(stretch.last)
        ends.append((stretch.newlines, offset + len(chunk), chunk.endswith(b"\n")))
        time = time or stretch.time
    learned = list(zip(miner.keys[known:], miner.examples[known:], miner.first_lines[known:], strict=True))
    seconds = time.timestamp() if time else None
    return learned, lines, newlines, counts, last, seconds, ends
