"""A diagnosis's quotes, looked up again in the files as they are now, and the lines around them.

Whatever a report says, nothing outside the incident's directory is read: files are opened as an agent opens them.
"""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from logdebug.agent.workspace import Workspace
from logdebug.errors import LogError
from logdebug.report.hiding import hiding_around
from logdebug.verification.citations import find_quote
from logdebug.verification.files import Files

if TYPE_CHECKING:
    from logdebug.logs import Line, Log
    from logdebug.records import Diagnosis, Evidence
    from logdebug.verification.citations import Outcome

__all__ = ["Mark", "Passage", "QuoteCheck", "check_quotes", "read_passage"]

Mark = Literal["verified", "moved", "not found", "file gone", "not checked"]
"""Where a quote is now: where the diagnosis says, elsewhere, nowhere, in no file any more, or nobody looked yet."""

_AT_ONCE_BYTES = 64 << 20
"""A larger file is looked through only when somebody asks for it."""
_MARKS: dict[Outcome, Mark] = {
    "unchanged": "verified",
    "moved": "moved",
    "rotated": "moved",
    "altered": "not found",
    "gone": "not found",
    "unfounded": "not found",
}


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
    with Files(diagnosis.working_dir) as files:
        return tuple(_checked(quote, files, whatever_size=whatever_size) for quote in diagnosis.evidence)


def read_passage(
    diagnosis: Diagnosis,
    file: str,
    first: int,
    last: int | None = None,
    *,
    around_lines: int = 6,
    show_secrets: bool = False,
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
    show_secrets
        Whether secrets are shown.

    Returns
    -------
    Passage
        Secrets are hidden in it, by the placeholders that the diagnosis's quotes have for them.

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
    kept = [line for line in lines if line.number <= last + around_lines]
    shown = tuple(kept) if show_secrets else _hidden(kept, diagnosis)
    return Passage(shown, first, last, at_start=shown[0].number == 1, at_end=at_end)


def _hidden(lines: list[Line], diagnosis: Diagnosis) -> tuple[Line, ...]:
    """Hide secrets in lines that follow on one another, looked for in all of them at once: a key has many lines."""
    hide = hiding_around(diagnosis, None, show_secrets=False)
    texts = [line.text.replace("\n", " ") for line in lines]
    shown = hide("\n".join(texts)).split("\n") if hide else texts
    return tuple(
        line if text == now else line._replace(text=now) for line, text, now in zip(lines, texts, shown, strict=True)
    )


def _checked(quote: Evidence, files: Files, *, whatever_size: bool) -> QuoteCheck:
    with suppress(LogError):  # what can't be opened is told by the look-up
        log = files.open(quote.file)
        if log.stored_bytes > _AT_ONCE_BYTES and not whatever_size:
            return _unchecked(quote, log)
    found = find_quote(quote, files, most_bytes=_AT_ONCE_BYTES)
    mark = _MARKS[found.outcome] if found.readable or found.line else "file gone"
    return QuoteCheck(mark, found.file or quote.file, found.line, found.last_line, found.words)


def _unchecked(quote: Evidence, log: Log) -> QuoteCheck:
    was = f"found at line {quote.line:,}" if quote.verified and quote.line else "not found"
    words = f"was {was} when this was diagnosed; {log.stored_bytes / 1e6:,.0f} MB to look through"
    return QuoteCheck("not checked", quote.file, quote.line if quote.verified else None, None, words)
