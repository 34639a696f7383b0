"""Search by ripgrep where it is installed: several times as fast as what is at hand in Python, on large plain logs.

Only patterns that mean the same to both engines are given to it, and only logs that it reads in bounded memory; in any
doubt, and wherever it fails, the search is done without it.
"""

from __future__ import annotations

import os
import re
import resource
import select
import shutil
import subprocess
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from logdebug.errors import LogInterrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.logs.source import Source

__all__ = ["NoRipgrep", "count_by_ripgrep", "lines_by_ripgrep", "may_use_ripgrep"]

_LEAST_BYTES = 32 << 20
_SAMPLES = 64
_SAMPLE_BYTES = 64 << 10
_MEMORY_BYTES = 512 << 20
_PIPE_BYTES = 1 << 16
_POLL_SECONDS = 0.1
_PLACES = ["--line-number", "--byte-offset", "--only-matching", "--replace=", "--no-heading"]

# Letters, digits, and marks with one meaning; classes of them; the usual operators. No nested classes, no flags.
_CHARACTER = r"[\w \-_/,;:@%=\"'<>!~`#&]|\\[.()\[\]{}*+?|^$/\\dDsSwW\-]"
_CLASS = r"\[\^?(?:[\w ./,:@%=+*?$]|\\[dsw.\-\]])(?:[\w ./,:@%=+*?$-]|\\[dsw.\-\]])*\]"
_TIMES = r"(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})?+\??+"
# Possessive throughout: the pattern is a model's, and must not send this one back and forth.
_SAME = re.compile(rf"(?>(?:{_CHARACTER}|\.|\((?:\?:)?+|\)|\||{_CLASS}){_TIMES}|\\b|\^|\$)++", re.ASCII)
_CLASS_OPERATOR = re.compile(r"\[.*(?:--|&&|~~)")


class NoRipgrep(Exception):
    """It isn't installed, isn't fit for this search, or failed: the search is to be done without it."""


@cache
def _program() -> str | None:
    return shutil.which("rg") if sys.platform == "linux" else None


def may_use_ripgrep(source: Source, pattern: str) -> bool:
    """Tell whether it is installed, fit for a search and worth being started for it."""
    if _program() is None or not source.is_plain or source.stored_bytes < _LEAST_BYTES:
        return False
    return _SAME.fullmatch(pattern) is not None and not _CLASS_OPERATOR.search(pattern) and _is_fit(source)


def lines_by_ripgrep(source: Source, pattern: str, *, ignore_case: bool, most: int | None = None) -> Iterator[int]:
    """Give the numbers of the lines of a whole log that match, in order.

    Parameters
    ----------
    source
        The log.
    pattern
        In RE2's syntax.
    ignore_case
        Whether upper and lower case are the same.
    most
        How many lines are wanted at the most; None for all.

    Raises
    ------
    NoRipgrep
        Before the first line where it can't be had; after some where it failed on the way.
    LogInterrupted
        Where reading was stopped.
    """
    bound = [] if most is None else [f"--max-count={max(most, 1)}"]
    command = [*_command(source, pattern, ignore_case=ignore_case), *_PLACES, *bound]
    with _reading(source, 0) as file, _started(command, file) as process:
        yield from _numbers(process, source)


def count_by_ripgrep(source: Source, pattern: str, offset: int, *, ignore_case: bool) -> int:
    """Count the lines that match from a line's start on, which it does several times as fast as it can tell where.

    Raises
    ------
    NoRipgrep
        Where it can't be had, failed, or the file is no longer as it was when it was opened.
    LogInterrupted
        Where reading was stopped.
    """
    command = [*_command(source, pattern, ignore_case=ignore_case), "--count"]
    with _reading(source, offset) as file, _started(command, file) as process:
        count = int(b"".join(_output(process, source)) or 0)
    if os.fstat(source.descriptor).st_size != source.stored_bytes:
        raise NoRipgrep  # what was written since the log was opened was counted, too
    return count


def _command(source: Source, pattern: str, *, ignore_case: bool) -> list[str]:
    program = _program()
    if program is None or not may_use_ripgrep(source, pattern):
        raise NoRipgrep
    options = ["--no-config", "--no-mmap", "--text", "--encoding=none", "--no-unicode", "--color=never"]
    options += ["--no-filename", "--ignore-case" if ignore_case else "--case-sensitive"]
    return [program, *options, f"--regexp={pattern}", "-"]


@contextmanager
def _reading(source: Source, offset: int) -> Iterator[int]:
    """Open the file anew, for the time of a `with`, at a place of its own."""
    try:
        descriptor = os.open(f"/proc/self/fd/{source.descriptor}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise NoRipgrep from error
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _started(command: list[str], descriptor: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start it on an open file, for the time of a `with`."""
    with subprocess.Popen(  # noqa: S603 -- found on PATH, and given a pattern that was looked through
        command, stdin=descriptor, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
            yield process
        except OSError as error:
            raise NoRipgrep from error
        finally:
            process.kill()


def _is_fit(source: Source) -> bool:
    """Say whether a log is plain ASCII in short lines wherever it is looked into: it means the same to both engines."""
    step = max(source.stored_bytes // _SAMPLES, 1)
    for offset in range(0, source.stored_bytes, step):
        piece = source.read(offset, _SAMPLE_BYTES)
        if not piece.isascii() or b"\r" in piece or (b"\n" not in piece and len(piece) == _SAMPLE_BYTES):
            return False
    return True


def _numbers(process: subprocess.Popen[bytes], source: Source) -> Iterator[int]:
    """Read what it prints, a line's number and a match's offset at a time."""
    previous, held = 0, b""
    for data in _output(process, source):
        *rows, held = (held + data).split(b"\n")
        for row in rows:
            number, offset, _ = row.split(b":", 2)
            # What was written since the log was opened isn't part of it.
            if int(offset) >= source.stored_bytes:
                return
            if int(number) != previous:
                previous = int(number)
                yield previous


def _output(process: subprocess.Popen[bytes], source: Source) -> Iterator[bytes]:
    """Give what it prints, piece by piece, to its end."""
    pipe, stops = process.stdout, source.stops
    assert pipe is not None  # noqa: S101 -- for the type checker: it was asked for
    while True:
        if source.stops != stops:
            raise LogInterrupted(f"reading {source.name} was stopped", log=source.name)
        if not select.select([pipe], [], [], _POLL_SECONDS)[0]:
            continue
        data = pipe.read1(_PIPE_BYTES)  # type: ignore[attr-defined]  # a buffered reader, which has it
        if not data:
            break
        yield data
    if process.wait() not in (0, 1):
        raise NoRipgrep
