"""The log around a quote, where it can still be read: what the exports show as evidence in its context.

A quote is looked for at the bytes that its citation names, and nowhere else: a log that was rotated or rewritten since
gives no context, one that only grew still does. Nothing outside the incident's directory is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.errors import LogError
from logdebug.report.opening import open_file
from logdebug.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.logs import Log
    from logdebug.records import Diagnosis, Evidence

__all__ = ["Excerpt", "ExcerptLine", "excerpt_of", "excerpts_of"]

_AROUND_BYTES = 16 << 10
_MOST_QUOTED_BYTES = 64 << 10
_MOST_QUOTED_LINES = 24
_LEFT_OUT = re.compile(r" ?(?:\[(?:\.\.\.|…)\]|…|\.\.\.) ?|‹secret:[a-z0-9:-]{1,60}›")
"""What stands for text that isn't there: a mark of truncation, a secret's placeholder."""


@dataclass(frozen=True, slots=True)
class ExcerptLine:
    """One line of a log as an excerpt shows it, in three pieces that make up its text.

    Parameters
    ----------
    number
        From 1, as `sed -n` counts.
    before, quoted, after
        Its text, `quoted` being what the quote covers; empty on the lines around it.
    """

    number: int
    before: str
    quoted: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A quote's lines and some around them.

    Parameters
    ----------
    lines
        In the log's order, at least one of them quoted.
    left_out
        Lines of a long quote that are not among them; they would follow the last quoted one.
    """

    lines: tuple[ExcerptLine, ...]
    left_out: int = 0


def excerpts_of(
    diagnosis: Diagnosis, *, around_lines: int = 2, redact: Callable[[str], str] | None = None
) -> tuple[Excerpt | None, ...]:
    """Give the log around each quote of a diagnosis.

    Parameters
    ----------
    diagnosis
        Whose evidence. Its `working_dir` is where the files are looked for.
    around_lines
        How many lines to give before and after each quote.
    redact
        What takes secrets out of text; it sees the lines before anything is cut off them.

    Returns
    -------
    tuple of Excerpt or None
        One per quote, in order; None where the quote was never found, the file can't be read any more, lies outside
        the incident's directory, or no longer has the quote at the place that is cited.
    """
    logs: dict[str, Log | None] = {}
    try:
        return tuple(
            _excerpt(quote, logs, diagnosis.working_dir, around_lines=around_lines, redact=redact)
            for quote in diagnosis.evidence
        )
    finally:
        for log in filter(None, logs.values()):
            log.close()


def _excerpt(
    quote: Evidence,
    logs: dict[str, Log | None],
    working_dir: str,
    *,
    around_lines: int,
    redact: Callable[[str], str] | None,
) -> Excerpt | None:
    if not quote.verified or quote.line is None or quote.byte_start is None or quote.byte_end is None:
        return None
    if quote.file not in logs:
        logs[quote.file] = _opened(working_dir, quote.file)
    log = logs[quote.file]
    if log is None:
        return None
    try:
        return excerpt_of(quote, log, around_lines=around_lines, redact=redact)
    except LogError:  # damaged, or cut short while it was read
        return None


def _opened(working_dir: str, file: str) -> Log | None:
    """Open a file of an incident's directory; None where that can't be done, or it isn't in there."""
    try:
        return open_file(working_dir, file)
    except LogError:
        return None


def excerpt_of(
    quote: Evidence, log: Log, *, around_lines: int = 2, redact: Callable[[str], str] | None = None
) -> Excerpt | None:
    """Give the log around a quote that was found in it.

    Parameters
    ----------
    quote
        Verified, with its line and byte span.
    log
        The file that it is from, open.
    around_lines
        How many lines to give before and after it.
    redact
        What takes secrets out of text.

    Returns
    -------
    Excerpt or None
        None where the quote is not at the cited place, or where redacting joins lines, so that numbers would be wrong.

    Raises
    ------
    LogError
        Where the log can't be read.
    """
    assert quote.line is not None and quote.byte_start is not None and quote.byte_end is not None  # noqa: S101, PT018 - verified
    size = min(quote.byte_end - quote.byte_start, _MOST_QUOTED_BYTES)
    start = max(0, quote.byte_start - _AROUND_BYTES)
    data = log.source.read(start, quote.byte_start - start + size + _AROUND_BYTES)
    at = quote.byte_start - start
    if size <= 0 or (at and data[at - 1 : at] != b"\n") or len(data) < at + size:
        return None
    held = _decoded(data[at : at + size])
    if not _span("\n".join(held), visible(quote.quote)):
        return None
    before = _decoded(data[:at])[:-1]
    if start:
        before = before[1:]  # its beginning is not in what was read
    # What follows begins with the end of the quoted lines; its last line may have been read in part.
    rest = _decoded(data[at + size :])[1:]
    after = rest if len(data) < at + size + _AROUND_BYTES else rest[:-1]
    if after and len(after) <= around_lines and len(after) == len(rest) and not after[-1]:
        after = after[:-1]  # the newline at the log's end begins no line
    return _marked(quote, (before, held, after), redact, around_lines)


def _decoded(data: bytes) -> list[str]:
    """Give the lines of some text, nothing hidden in them."""
    lines = data.split(b"\n")
    return [" ".join(visible(line.decode("utf-8", "replace").removesuffix("\r")).split("\n")) for line in lines]


def _span(text: str, quote: str) -> tuple[int, int] | None:
    """Find a quote in a text, whatever its white space is and however much its marks of truncation leave out.

    Piece after piece, each as early as it can be: that takes linear time, which one expression for all wouldn't.
    """
    start, end = None, 0
    for piece in _LEFT_OUT.split(quote):
        words = piece.split()
        if not words:
            continue
        found = re.compile(r"\s+".join(map(re.escape, words))).search(text, end)
        if found is None:
            return None
        start, end = found.start() if start is None else start, found.end()
    return None if start is None else (start, end)


def _marked(
    quote: Evidence,
    parts: tuple[list[str], list[str], list[str]],
    redact: Callable[[str], str] | None,
    around_lines: int,
) -> Excerpt | None:
    """Make an excerpt of the lines before, in and after a quote, redacted as one text and marked line by line."""
    lines = [line for part in parts for line in part]
    words = visible(quote.quote)
    if redact is not None:
        # All that was read, and not only what is shown: the beginning of a private key may stand further above.
        lines, words = redact("\n".join(lines)).split("\n"), redact(words)
    if len(lines) != sum(map(len, parts)):
        return None
    cut = max(0, len(parts[0]) - around_lines)
    first, last = len(parts[0]) - cut, len(parts[0]) + len(parts[1]) - cut
    lines = lines[cut : cut + last + around_lines]
    number = (quote.line or 1) - first
    marked = _split(lines[first:last], words)
    return Excerpt(
        (
            *(ExcerptLine(number + place, line) for place, line in enumerate(lines[:first])),
            *(ExcerptLine(number + first + place, *pieces) for place, pieces in enumerate(marked[:_MOST_QUOTED_LINES])),
            *(ExcerptLine(number + last + place, line) for place, line in enumerate(lines[last:])),
        ),
        left_out=max(0, len(marked) - _MOST_QUOTED_LINES),
    )


def _split(lines: list[str], words: str) -> list[tuple[str, str, str]]:
    """Cut each line into what stands before the quote, what the quote covers, and what stands after it."""
    text = "\n".join(lines)
    # Redacting may leave a quote that isn't there letter by letter: its lines are, so they are marked whole.
    start, end = _span(text, words) or (0, len(text))
    pieces, at = [], 0
    for line in lines:
        left, right = (min(max(edge - at, 0), len(line)) for edge in (start, end))
        pieces.append((line[:left], line[left:right], line[right:]))
        at += len(line) + 1
    return pieces
