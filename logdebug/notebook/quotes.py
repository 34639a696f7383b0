"""A diagnosis's quotes, looked up again in the files as they are now, and the lines around them.

Whatever a report says, nothing outside the incident's directory is read: files are opened as an agent opens them.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from logdebug.agent.grounding import ground
from logdebug.agent.workspace import Workspace
from logdebug.errors import LogError, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.logs import Line, Log
    from logdebug.records import Diagnosis, Evidence

__all__ = ["Mark", "Passage", "QuoteCheck", "check_quotes", "read_passage"]

Mark = Literal["verified", "moved", "not found", "file gone", "not checked"]
"""Where a quote is now: where the diagnosis says, elsewhere, nowhere, in no file any more, or nobody looked yet."""

_AT_ONCE_BYTES = 64 << 20
"""A larger file is looked through only when somebody asks for it."""
_MOST_ROTATED = 6


@dataclass(frozen=True, slots=True)
class QuoteCheck:
    """Where a quote is now.

    Parameters
    ----------
    mark
        What became of it.
    file
        The file that it is in, or should be.
    line, last_line
        The lines that it stands on, from 1; None where it isn't there.
    words
        What there is to say about it, for people.
    """

    mark: Mark
    file: str
    line: int | None
    last_line: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of a file around a place in it.

    Parameters
    ----------
    lines
        The lines.
    first, last
        The lines that it is about.
    at_start, at_end
        Whether the file begins, and ends, with them.
    """

    lines: tuple[Line, ...]
    first: int
    last: int
    at_start: bool
    at_end: bool


def check_quotes(diagnosis: Diagnosis, *, whatever_size: bool = False) -> tuple[QuoteCheck, ...]:
    """Look every quote of a diagnosis up in the files as they are now.

    Parameters
    ----------
    diagnosis
        The diagnosis.
    whatever_size
        Whether to look through files of more than 64 MB, which takes a while.

    Returns
    -------
    tuple of QuoteCheck
        One per quote, in order.
    """
    try:
        with closing(Workspace(Path(diagnosis.working_dir))) as workspace:
            return tuple(_checked(quote, diagnosis, workspace, whatever_size) for quote in diagnosis.evidence)
    except (WorkspaceError, ValueError) as error:  # a NUL in the directory's name
        words = f"can't be looked up: {error}"
        return tuple(QuoteCheck("file gone", quote.file, None, None, words) for quote in diagnosis.evidence)


def read_passage(
    diagnosis: Diagnosis, file: str, first: int, last: int | None = None, *, around_lines: int = 6
) -> Passage:
    """Read the lines around a place in a file of an incident.

    Parameters
    ----------
    diagnosis
        Whose incident it is.
    file
        The file, relative to the incident's directory.
    first, last
        The lines that it is about, from 1; `last` is `first` by default.
    around_lines
        How many lines to give before and after them.

    Raises
    ------
    WorkspaceError
        Where the file is gone or lies outside the directory.
    LogError
        Where it can't be read, or has no such line any more.
    """
    last = max(first, last or first)
    with closing(Workspace(Path(diagnosis.working_dir))) as workspace, workspace.open_log(file) as log:
        lines = log.lines(max(1, first - around_lines), last + around_lines + 1)
    if not lines or lines[-1].number < first:
        raise LogError(f"{file} has no line {first:,} any more; it was rotated or cut since", log=file)
    at_end = lines[-1].number < last + around_lines + 1
    shown = tuple(line for line in lines if line.number <= last + around_lines)
    return Passage(shown, first, last, at_start=shown[0].number == 1, at_end=at_end)


def _checked(quote: Evidence, diagnosis: Diagnosis, workspace: Workspace, whatever_size: bool) -> QuoteCheck:
    try:
        with workspace.open_log(quote.file) as log:
            if log.stored_bytes > _AT_ONCE_BYTES and not whatever_size:
                return _unchecked(quote, log)
            if _unchanged(quote, diagnosis, log):
                return _found(quote, quote, log)
            now = ground(quote.quote, file=quote.file, line=quote.line, log=log)
            if now.verified:
                return _found(quote, now, log)
    except (WorkspaceError, LogError) as error:
        missing: QuoteCheck = QuoteCheck("file gone", quote.file, None, None, str(error))
    else:
        missing = _not_found(quote)
    return _in_rotated(quote, workspace) or missing


def _unchanged(quote: Evidence, diagnosis: Diagnosis, log: Log) -> bool:
    """Tell whether the file is byte for byte the one that was diagnosed, so that what was found then is there now."""
    known = quote.verified and quote.line and quote.byte_end and quote.file == diagnosis.log_file
    return bool(known) and log.sha256 == diagnosis.log_sha256


def _found(quote: Evidence, now: Evidence, log: Log) -> QuoteCheck:
    line = now.line or 1
    last = max(line, log.line_at(now.byte_end - 1)) if now.byte_end and now.byte_end > (now.byte_start or 0) else line
    if now.file != quote.file:
        return QuoteCheck("moved", now.file, line, last, f"is now in {now.file}, line {line:,}: the log was rotated")
    if quote.line in (None, line):
        return QuoteCheck("verified", quote.file, line, last, f"stands at line {line:,} of {quote.file}")
    return QuoteCheck("moved", quote.file, line, last, f"was cited at line {quote.line:,}, and is at line {line:,} now")


def _not_found(quote: Evidence) -> QuoteCheck:
    if quote.verified and quote.line:
        words = f"was at line {quote.line:,} when this was diagnosed, and isn't in {quote.file} any more"
    else:
        words = f"isn't in {quote.file}: nothing shows that the log ever said this"
    return QuoteCheck("not found", quote.file, None, None, words)


def _unchecked(quote: Evidence, log: Log) -> QuoteCheck:
    was = f"found at line {quote.line:,}" if quote.verified and quote.line else "not found"
    words = f"was {was} when this was diagnosed; {log.stored_bytes / 1e6:,.0f} MB to look through"
    return QuoteCheck("not checked", quote.file, quote.line if quote.verified else None, None, words)


def _in_rotated(quote: Evidence, workspace: Workspace) -> QuoteCheck | None:
    """Look for a quote in what a rotation may have made of its file."""
    for name in _rotated(quote.file, workspace):
        try:
            with workspace.open_log(name) as log:
                if log.stored_bytes > _AT_ONCE_BYTES:
                    continue
                now = ground(quote.quote, file=name, line=quote.line, log=log)
                if now.verified:
                    return _found(quote, now, log)
        except (WorkspaceError, LogError):
            continue
    return None


def _rotated(file: str, workspace: Workspace) -> Iterator[str]:
    """Name a few files beside a file that are called like it: `app.log.1`, `app.log-20261118.gz`, `app-1.log`."""
    path = PurePosixPath(file)
    try:
        entries = workspace.list_files(str(path.parent)).entries
    except WorkspaceError:
        return
    beside = (entry.path for entry in entries if entry.kind == "file" and PurePosixPath(entry.path) != path)
    alike = [name for name in beside if PurePosixPath(name).parent == path.parent and _alike(name, path)]
    yield from sorted(alike, key=lambda name: (len(name), name))[:_MOST_ROTATED]


def _alike(name: str, path: PurePosixPath) -> bool:
    other = PurePosixPath(name).name
    return other.startswith((f"{path.name}.", f"{path.name}-", f"{path.stem}-", f"{path.stem}.")) and any(
        character.isdigit() for character in other[len(path.stem) :]
    )
