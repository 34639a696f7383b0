"""A large log told by one process a core, each of which reads its parts of an open file itself.

The processes are fresh interpreters, not forks: a fork of a notebook's kernel, with its threads, may hang. They get the
descriptor, are asked for parts of the file over a pipe, and end with it. The file is the log where it is plain; of
another the text is put in memory that they share, since sending it over a pipe costs what it saves.
"""

from __future__ import annotations

import ctypes
import marshal
import os
import struct
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

from logdebug.errors import LogInterrupted
from logdebug.logs.ring import Part, Ring
from logdebug.logs.source import Source
from logdebug.logs.stretches import CHUNK_BYTES, Stretch, Teller

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NoWorkers", "Told", "is_large", "tell_in_parallel", "work"]

_PARALLEL_BYTES = 128 << 20  # of text: from this size on, starting processes pays
_TEXT_PER_STORED = 10  # what compressed logs usually come to

_PART_BYTES = 4 << 20
_AHEAD = 3  # parts that a process is asked for beyond the one that is waited for
_MOST_WORKERS = 8
_WORTH_NUMPY_PARTS = 128  # numpy counts quicker than what does so without it, but takes 0.2 s to import
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


def is_large(source: Source) -> bool:
    """Tell whether processes are worth starting for a log, as far as can be told before it is read."""
    return source.stored_bytes * (_TEXT_PER_STORED if source.compression else 1) >= _PARALLEL_BYTES


def tell_in_parallel(source: Source, reference: datetime) -> Iterator[Told]:
    """Tell of a log part by part, in order.

    Raises
    ------
    NoWorkers
        Where processes can't be had, are busy with another log, or one died.
    LogInterrupted
        Where reading was stopped.
    """
    cores = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, _MOST_WORKERS)
    if cores < 2 or not sys.executable or not _ONE_AT_A_TIME.acquire(blocking=False):
        raise NoWorkers
    stops = source.stops
    workers: list[subprocess.Popen[bytes]] = []
    ring = None
    try:
        if not source.is_plain:
            ring = Ring(source, _AHEAD * cores)
        descriptor, parts = (ring.descriptor, ring.parts()) if ring else (source.descriptor, _parts_of(source))
        for _ in range(cores):
            workers.append(_start(descriptor, reference))  # noqa: PERF401 -- those started are ended if one fails
        for told in _tell(parts, workers):
            yield told
            if source.stops != stops:
                raise LogInterrupted(f"reading {source.name} was stopped", log=source.name)
    except (OSError, ValueError, EOFError) as error:
        raise NoWorkers from error
    finally:
        for worker in workers:
            _end(worker)
        if ring is not None:
            ring.close()
        _ONE_AT_A_TIME.release()


def _start(descriptor: int, reference: datetime) -> subprocess.Popen[bytes]:
    code = _CODE.format(path=sys.path, fd=descriptor, reference=reference.timestamp())
    return subprocess.Popen(  # noqa: S603 -- this very interpreter, with this very code
        [sys.executable, "-I", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=(descriptor,),
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


def _parts_of(source: Source) -> Iterator[Part]:
    """Cut a plain log into parts at line starts."""
    start = 0
    while start < source.stored_bytes:
        end = min(source.line_start(start + _PART_BYTES), source.stored_bytes)
        yield Part(start, end, 0)
        start = end


def _tell(parts: Iterator[Part], workers: list[subprocess.Popen[bytes]]) -> Iterator[Told]:
    """Ask the processes in turn for part after part, some ahead, and give their answers in order."""
    asked: deque[tuple[int, int]] = deque()  # which process, and the part's shift
    turns = cycle(range(len(workers)))
    for part in parts:
        worker = next(turns)
        pipe = workers[worker].stdin
        assert pipe is not None  # noqa: S101 -- for the type checker: it was asked for
        pipe.write(_REQUEST.pack(part.start, part.end))
        pipe.flush()
        asked.append((worker, part.shift))
        if len(asked) == _AHEAD * len(workers):
            yield _answer(workers, *asked.popleft())
    while asked:
        yield _answer(workers, *asked.popleft())


def _answer(workers: list[subprocess.Popen[bytes]], number: int, shift: int) -> Told:
    """Give what a process answers next; its part is so many bytes further on in the log's text."""
    pipe = workers[number].stdout
    assert pipe is not None  # noqa: S101 -- for the type checker: it was asked for
    (size,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    learned, lines, newlines, counts, last, seconds, ends = marshal.loads(_read(pipe, size))  # noqa: S302 -- our own
    time = datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
    ends = [(newlines, end + shift, ended) for newlines, end, ended in ends]
    return Told(number, learned, Stretch(1, lines, newlines, counts, last, time), ends)


def _read(pipe: Any, size: int) -> bytes:
    data: bytes = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def work(descriptor: int, reference_seconds: float) -> None:
    """Answer requests for parts of an open file until there are no more; the other end of `tell_in_parallel`."""
    _keep_memory()
    source = Source(descriptor, "log")
    teller = Teller(datetime.fromtimestamp(reference_seconds, UTC))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    asked = 0
    while len(request := requests.read(_REQUEST.size)) == _REQUEST.size:
        asked += 1
        if asked == _WORTH_NUMPY_PARTS:
            import_module("numpy")
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
