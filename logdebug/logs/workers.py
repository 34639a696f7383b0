"""One of the processes that look at a large log: started, asked for parts, and ended; and what it does itself.

It is a fresh interpreter, not a fork: a fork of a notebook's kernel, with its threads, may hang. It gets the descriptor
of an open file, is asked for parts of it over a pipe, and ends with that.
"""

from __future__ import annotations

import ctypes
import marshal
import select
import struct
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from logdebug.errors import LogInterrupted
from logdebug.logs.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logdebug.logs.ring import Part

__all__ = ["CHUNK_BYTES", "Worker", "chunks_between", "work"]

CHUNK_BYTES = 256 << 10
"""Text is worked on in chunks of this size, which stay in the processor's cache; a chunk costs some 100 us beside."""

_REQUEST = struct.Struct("<QQ")
_LENGTH = struct.Struct("<Q")
_CODE = "import sys; sys.path[:] = {path!r}; from logdebug.logs.workers import work; work({fd}, {task!r})"
# glibc's mallopt(3): the size from which on memory comes from the system, and how much is kept when it is given back.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


class Worker:
    """A process that works on parts of a file.

    Parameters
    ----------
    descriptor
        The open file's.
    task, argument
        The module whose `task(argument)` gives what it calls with the chunks of each part, (offset, text), and that
        makes a plain value of them.

    Raises
    ------
    OSError, ValueError
        Where it can't be started; from the methods where it died.
    """

    def __init__(self, descriptor: int, task: str, argument: Any) -> None:
        code = _CODE.format(path=sys.path, fd=descriptor, task=task)
        self._process = subprocess.Popen(  # noqa: S603 -- this very interpreter, with this very code
            [sys.executable, "-I", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pass_fds=(descriptor,),
        )
        self._poll = select.poll()
        self._poll.register(self._answers, select.POLLIN)
        self._argument: bytes | None = marshal.dumps(argument)

    @property
    def _answers(self) -> Any:
        return self._process.stdout

    def ask(self, part: Part) -> None:
        """Ask for a part."""
        if self._argument is not None:
            argument, self._argument = self._argument, None
            self._send(argument)
        self._send(_REQUEST.pack(part.start, part.end))

    def has_answer(self) -> bool:
        """Tell whether an answer has come, or none will."""
        return bool(self._poll.poll(0))

    def answer(self) -> Any:
        """Wait for the value of the first part that it was asked for and that wasn't answered yet.

        Raises
        ------
        EOFError
            Where it died.
        """
        return marshal.loads(_received(self._answers))  # noqa: S302 -- our own

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 -- for the type checker: it was asked for
        data = _LENGTH.pack(len(data)) + data
        while data:
            data = data[self._process.stdin.write(data) :]


def _received(pipe: Any) -> bytes:
    (size,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    return _read(pipe, size)


def _read(pipe: Any, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = pipe.read(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def work(descriptor: int, task: str) -> None:
    """Answer requests for parts of an open file until there are no more; the other end of `Worker`."""
    _keep_memory()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    source = Source(descriptor, "log")
    with suppress(EOFError):
        answer: Callable[[Iterator[tuple[int, memoryview]]], Any] = import_module(task).task(
            marshal.loads(_received(requests))  # noqa: S302 -- our own
        )
        while True:
            start, end = _REQUEST.unpack(_received(requests))
            data = marshal.dumps(answer(chunks_between(source, start, end)))
            answers.write(_LENGTH.pack(len(data)) + data)
            answers.flush()


def chunks_between(source: Source, start: int, end: int) -> Iterator[tuple[int, memoryview]]:
    """Give the text of a plain log between two line starts as (offset, chunk), in whole lines where they fit.

    Each chunk takes the place of the one before, which stays in the processor's cache.

    Raises
    ------
    LogInterrupted
        Where reading was stopped.
    """
    buffer, stops = bytearray(min(CHUNK_BYTES, end - start)), source.stops
    while got := source.read_into(memoryview(buffer)[: end - start], start):
        if source.stops != stops:
            raise LogInterrupted(f"reading {source.name} was stopped", log=source.name)
        cut = got if start + got >= end else buffer.rfind(b"\n", 0, got) + 1 or got
        yield start, memoryview(buffer)[:cut]
        start += cut


def _keep_memory() -> None:
    """Keep the memory of a chunk at hand for the next one: else the system gives it anew, page by page, all zeros."""
    with suppress(OSError, AttributeError):  # another C library than glibc
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, 32 << 20)
        mallopt(_TRIM_THRESHOLD, 64 << 20)
