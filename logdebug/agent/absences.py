"""That something did not occur is shown by a search: run when the answer is taken, and run again when it is verified.

A search that finds nothing proves little if it could find nothing anywhere, so the rest of the file is the control.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from logdebug.errors import PatternError
from logdebug.logs.deadline import SEARCH_SECONDS, searched_within
from logdebug.logs.patterns import compiled_small
from logdebug.redaction.redactor import PLACEHOLDER

if TYPE_CHECKING:
    from logdebug.logs import Log
    from logdebug.records import Absence

__all__ = ["search_for", "sha256_of", "unsearched"]

_MOST_PATTERN_CHARACTERS = 2_000


def search_for(absence: Absence, log: Log) -> Absence:
    """Run the search of an absence, in its lines and in the rest of the file.

    Parameters
    ----------
    absence
        What is claimed: claim, pattern and lines count; with no first line it begins with the file's first, with no
        last line it ends with the file's last.
    log
        The file, open. It is read once or twice, in time linear in its size.

    Returns
    -------
    Absence
        With what the search found; `problem` says why where it could not be run.

    Raises
    ------
    LogError
        Where the file can't be read.
    """
    first = absence.first_line or 1
    last = min(absence.last_line or log.line_count, log.line_count)
    absence = replace(absence, file=log.name)
    if not absence.pattern or len(absence.pattern) > _MOST_PATTERN_CHARACTERS:
        size = f"{len(absence.pattern):,} characters" if absence.pattern else "empty"
        return unsearched(absence, f"the pattern is {size}; it needs 1 to {_MOST_PATTERN_CHARACTERS:,} characters")
    if PLACEHOLDER.search(absence.pattern):
        return unsearched(absence, "the pattern names a secret, which is not kept; search for it by hand")
    if last < first:
        return unsearched(absence, f"there are no such lines: the file has {log.line_count:,}")
    try:
        compiled_small(absence.pattern, ignore_case=True, log=log.name)
        with searched_within(SEARCH_SECONDS, log, absence.pattern):
            found = log.search(absence.pattern, limit=1, ignore_case=True, first_line=first, last_line=last)
            before = _count(absence.pattern, log, 1, first - 1)
            after = _count(absence.pattern, log, last + 1, log.line_count)
    except PatternError as error:
        return unsearched(absence, str(error))
    start, end = log.lines(first, first)[0].byte_start, log.lines(last, last)[0].byte_end
    return replace(
        absence,
        first_line=first,
        last_line=last,
        byte_start=start,
        byte_end=end,
        sha256=sha256_of(log, start, end),
        verified=not found.total,
        matches=found.total,
        match_line=found.matches[0].line.number if found.matches else None,
        before=before,
        after=after,
        problem="",
    )


def unsearched(absence: Absence, problem: str) -> Absence:
    """Give an absence whose search could not be run, and why not."""
    return replace(
        absence,
        byte_start=None,
        byte_end=None,
        sha256="",
        verified=False,
        matches=0,
        match_line=None,
        before=0,
        after=0,
        problem=problem,
    )


def sha256_of(log: Log, start: int, end: int) -> str:
    """Give the SHA-256 of a stretch of a log's text, in hex.

    Parameters
    ----------
    log
        The log, open.
    start, end
        The bytes [start, end) of its uncompressed text; what is beyond its end is left out.
    """
    digest = hashlib.sha256()
    for offset, block in log.source.blocks(start):
        digest.update(block[: end - offset])
        if offset + len(block) >= end:
            break
    return digest.hexdigest()


def _count(pattern: str, log: Log, first: int, last: int) -> int:
    if last < first:
        return 0
    to_end = last >= log.line_count  # which is the fastest way to count
    return log.search(pattern, limit=0, ignore_case=True, first_line=first, last_line=None if to_end else last).total
