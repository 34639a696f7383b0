"""A large log looked at by one process a core, each of which reads its parts of an open file itself.

This process is one of them where it has nothing else to do: starting another one takes as long as reading 60 MB does,
so that this one reads on its own at first. The file is the log where it is plain; of another the text is put in memory
that they share, since sending it over a pipe costs what it saves.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from logdebug.errors import LogInterrupted
from logdebug.logs.ring import Part, Ring
from logdebug.logs.workers import Worker, chunks_between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logdebug.logs.source import Source

__all__ = ["Answer", "NoWorkers", "answers_in_parallel", "is_large", "text_bytes_of"]

_PARALLEL_BYTES = 64 << 20  # of text: from this size on, starting processes pays
_TEXT_PER_STORED = 10  # what compressed logs usually come to
_PART_BYTES = 4 << 20
_AHEAD = 3  # parts that a process is asked for beyond the one that is waited for
_ALONE_PARTS = 12  # which this process works on while the others start
_MOST_HELD = 64  # parts that aren't answered in order yet
_PENDING = object()
_MOST_WORKERS = 8
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
    workers: list[Worker] = []
    ring = None
    try:
        if not source.is_plain:
            ring = Ring(source, _AHEAD * cores)
        descriptor, parts = (
            (ring.descriptor, ring.parts(start)) if ring else (source.descriptor, _parts_of(source, start))
        )
        # Where the text is to be decompressed, or other threads have something to do, this process has enough to do.
        works_along = ring is None and threading.current_thread() is threading.main_thread()
        workers += (Worker(descriptor, task, argument) for _ in range(cores - works_along))
        for answer in _Team(workers, _own(source, task, argument) if works_along else None).answers(parts):
            yield answer
            if source.stops != stops:
                raise LogInterrupted(f"reading {source.name} was stopped", log=source.name)
    except (OSError, ValueError, EOFError) as error:
        raise NoWorkers from error
    finally:
        for worker in workers:
            worker.end()
        if ring is not None:
            ring.close()
        _ONE_AT_A_TIME.release()


def _own(source: Source, task: str, argument: Any) -> Callable[[Part], Any]:
    """Give what this process does with a part."""
    answer = import_module(task).task(argument)
    return lambda part: answer(chunks_between(source, part.start, part.end))


def _parts_of(source: Source, start: int) -> Iterator[Part]:
    """Cut a plain log into parts at line starts."""
    while start < source.stored_bytes:
        end = min(source.line_start(start + _PART_BYTES), source.stored_bytes)
        yield Part(start, end, 0)
        start = end


@dataclass(slots=True)
class _Task:
    """A part that a process is asked for, and what it answered; `worker` beyond the last process is this one."""

    worker: int
    part: Part
    value: Any = _PENDING


class _Team:
    """Several processes, and this one where it works along, that work on part after part.

    Parameters
    ----------
    workers
        The processes.
    own
        What this process does with a part; None where it has other things to do.
    """

    def __init__(self, workers: list[Worker], own: Callable[[Part], Any] | None) -> None:
        self._workers = workers
        self._own = own
        self._most = _MOST_HELD if own else _AHEAD * len(workers)
        self._all: deque[_Task] = deque()  # in the parts' order, until they are given
        self._asked: list[deque[_Task]] = [deque() for _ in workers]
        self._to_ask: list[deque[_Task]] = [deque() for _ in workers]
        self._number = 0

    def answers(self, parts: Iterator[Part]) -> Iterator[Answer]:
        """Give the answers to all parts, in order."""
        while True:
            mine = self._share(parts)
            if mine is not None and self._own is not None:
                mine.value = self._own(mine.part)
            elif self._all:
                self._receive(self._all[0].worker)
            else:
                return
            self._receive_what_is_there()
            while self._all and self._all[0].value is not _PENDING:
                task = self._all.popleft()
                yield Answer(task.worker, task.part, task.value)

    def _share(self, parts: Iterator[Part]) -> _Task | None:
        """Share parts out until there is one for this process, or enough are held; give that one.

        Who gets which depends on nothing but their order, so that a log is told the same each time.
        """
        mine = None
        while mine is None and len(self._all) < self._most and (part := next(parts, None)) is not None:
            turn = self._number - (_ALONE_PARTS if self._own else 0)
            task = _Task(turn % (len(self._workers) + 1) if self._own else turn % len(self._workers), part)
            if turn < 0:
                task.worker = len(self._workers)
            self._number += 1
            self._all.append(task)
            if task.worker == len(self._workers):
                mine = task
            else:
                self._to_ask[task.worker].append(task)
                self._ask(task.worker)
        return mine

    def _ask(self, number: int) -> None:
        """Ask a process for some parts ahead."""
        asked, to_ask = self._asked[number], self._to_ask[number]
        while to_ask and len(asked) < _AHEAD:
            asked.append(to_ask.popleft())
            self._workers[number].ask(asked[-1].part)

    def _receive(self, number: int) -> None:
        """Wait for the next answer of a process, and ask it for another part."""
        self._asked[number].popleft().value = self._workers[number].answer()
        self._ask(number)

    def _receive_what_is_there(self) -> None:
        for number, worker in enumerate(self._workers):
            while self._asked[number] and worker.has_answer():
                self._receive(number)
