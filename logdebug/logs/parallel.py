"""A large log looked at by one process a core, each of which reads its parts of an open file itself.

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
from importlib import import_module
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

from logdebug.errors import LogInterrupted
from logdebug.logs.ring import Part, Ring
from logdebug.logs.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["CHUNK_BYTES", "Answer", "NoWorkers", "answers_in_parallel", "is_large", "text_bytes_of", "work"]

CHUNK_BYTES = 256 << 10
"""Text is worked on in chunks of this size, which stay in the processor's cache; a chunk costs some 100 us beside."""

_PARALLEL_BYTES = 64 << 20  # of text: from this size on, starting processes pays
_TEXT_PER_STORED = 10  # what compressed logs usually come to
_PART_BYTES = 4 << 20
_AHEAD = 3  # parts that a process is asked for beyond the one that is waited for
_MOST_WORKERS = 8
_WORTH_NUMPY_PARTS = 128  # numpy counts quicker than what does so without it, but takes 0.2 s to import
_REQUEST = struct.Struct("<QQ")
_LENGTH = struct.Struct("<Q")
_CODE = "import sys; sys.path[:] = {path!r}; from logdebug.logs.parallel import work; work({fd}, {task!r})"
# glibc's mallopt(3): the size from which on memory comes from the system, and how much is kept when it is given back.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_ONE_AT_A_TIME = threading.Lock()


class NoWorkers(Exception):
    """No process could be started, or one died: the log is to be looked at without them."""


class Answer(NamedTuple):
    """What a process makes of a part.

    Parameters
    ----------
    worker
        Which process it is, from 0.
    part
        The part; `part.start + part.shift` is where it begins in the log's text.
    value
        What the task gave.
    """

    worker: int
    part: Part
    value: Any


def is_large(source: Source) -> bool:
    """Tell whether processes are worth starting for a log, as far as can be told before it is read."""
    return text_bytes_of(source) >= _PARALLEL_BYTES


def text_bytes_of(source: Source) -> int:
    """Give about how much text a log has, as far as can be told before it is read."""
    return source.stored_bytes * (_TEXT_PER_STORED if source.compression else 1)


def answers_in_parallel(source: Source, task: str, argument: Any, start: int = 0) -> Iterator[Answer]:
    """Have a log worked on part by part; give the answers in the parts' order.

    Parameters
    ----------
    source
        The log.
    task
        The module whose `task(argument)` gives each process what it calls with the chunks of each part, (offset, text),
        and that makes a plain value of them.
    argument
        A plain value.
    start
        The byte of the log's text to begin at, where a line begins.

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
        descriptor, parts = (
            (ring.descriptor, ring.parts(start)) if ring else (source.descriptor, _parts_of(source, start))
        )
        for _ in range(cores):
            workers.append(_start(descriptor, task))
            _send(workers[-1], marshal.dumps(argument))
        for answer in _answers(parts, workers):
            yield answer
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


def _start(descriptor: int, task: str) -> subprocess.Popen[bytes]:
    code = _CODE.format(path=sys.path, fd=descriptor, task=task)
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


def _parts_of(source: Source, start: int) -> Iterator[Part]:
    """Cut a plain log into parts at line starts."""
    while start < source.stored_bytes:
        end = min(source.line_start(start + _PART_BYTES), source.stored_bytes)
        yield Part(start, end, 0)
        start = end


def _answers(parts: Iterator[Part], workers: list[subprocess.Popen[bytes]]) -> Iterator[Answer]:
    """Ask the processes in turn for part after part, some ahead, and give their answers in order."""
    asked: deque[tuple[int, Part]] = deque()
    turns = cycle(range(len(workers)))
    for part in parts:
        worker = next(turns)
        _send(workers[worker], _REQUEST.pack(part.start, part.end))
        asked.append((worker, part))
        if len(asked) == _AHEAD * len(workers):
            yield _answer(workers, *asked.popleft())
    while asked:
        yield _answer(workers, *asked.popleft())


def _send(worker: subprocess.Popen[bytes], data: bytes) -> None:
    assert worker.stdin is not None  # noqa: S101 -- for the type checker: it was asked for
    worker.stdin.write(_LENGTH.pack(len(data)) + data)
    worker.stdin.flush()


def _answer(workers: list[subprocess.Popen[bytes]], number: int, part: Part) -> Answer:
    return Answer(number, part, marshal.loads(_received(workers[number].stdout)))  # noqa: S302 -- our own


def _received(pipe: Any) -> bytes:
    (size,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    return _read(pipe, size)


def _read(pipe: Any, size: int) -> bytes:
    data: bytes = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def work(descriptor: int, task: str) -> None:
    """Answer requests for parts of an open file until there are no more; the other end of `answers_in_parallel`."""
    _keep_memory()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    source = Source(descriptor, "log")
    with suppress(EOFError):
        answer: Callable[[Iterator[tuple[int, memoryview]]], Any] = import_module(task).task(
            marshal.loads(_received(requests))  # noqa: S302 -- our own
        )
        asked = 0
        while True:
            start, end = _REQUEST.unpack(_received(requests))
            asked += 1
            if asked == _WORTH_NUMPY_PARTS:
                import_module("numpy")
            data = marshal.dumps(answer(source.blocks_between(start, end, CHUNK_BYTES)))
            answers.write(_LENGTH.pack(len(data)) + data)
            answers.flush()


def _keep_memory() -> None:
    """Keep the memory of a chunk at hand for the next one: else the system gives it anew, page by page, all zeros."""
    with suppress(OSError, AttributeError):  # another C library than glibc
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, 32 << 20)
        mallopt(_TRIM_THRESHOLD, 64 << 20)
