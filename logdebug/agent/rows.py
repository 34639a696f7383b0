"""Lines of a log and entries of a directory as the rows of a tool's answer, of bounded size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logdebug.logs import strip_ansi

if TYPE_CHECKING:
    from logdebug.agent.workspace import Workspace
    from logdebug.logs import Line, Match

__all__ = ["MOST_CHARACTERS", "bounded", "listing_text", "numbered", "with_context"]

MOST_CHARACTERS = 12_000
"""The characters that a tool gives at the most."""

_LINE_CHARACTERS = 600
_MOST_ENTRIES = 200

# What would let a line look like two, or act on the terminal of whoever reads a trace; the overview blanks it, too.
_UNSEEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]+")


def listing_text(workspace: Workspace, path: str = ".", *, limit: int = _MOST_ENTRIES) -> str:
    """Give a directory's listing as text, one line per entry.

    Raises
    ------
    WorkspaceError
        Where there is no such directory in the workspace.
    """
    listing = workspace.list_files(path, limit=limit)
    rows = [
        f"{entry.size_bytes:>12,}  {entry.path}"
        if entry.kind == "file"
        else f"{'':>12}  {entry.path}{'/' if entry.kind == 'directory' else f'  ({entry.kind}: not read)'}"
        for entry in listing.entries
    ]
    text = bounded(rows, more=0, unit="entries")
    if not listing.complete:
        text += "\n(there is more; name a directory to list)"
    return text or "(empty)"


def with_context(match: Match, *, apart: bool) -> str:
    """Give a match with the lines around it, as rows; `apart` sets it off from the one before."""
    rows = ["--"] if apart else []
    rows += [numbered(line, "-") for line in match.before]
    rows.append(numbered(match.line))
    rows += [numbered(line, "-") for line in match.after]
    return bounded(rows, more=0, unit="lines")


def numbered(line: Line, mark: str = "|") -> str:
    """Give a line as a row: its number, a mark, and its text, without what acts unseen, cut where it is too long."""
    text = _UNSEEN.sub(" ", strip_ansi(line.text))
    if len(text) > _LINE_CHARACTERS:
        text = f"{text[:_LINE_CHARACTERS]} [cut {len(text) - _LINE_CHARACTERS:,} characters]"
    return f"{line.number}{mark} {text}"


def bounded(rows: list[str], *, more: int, unit: str) -> str:
    """Join rows up to the limit of a tool's output, and say what was cut."""
    shown: list[str] = []
    size = 0
    for row in rows:
        size += len(row) + 1
        if size > MOST_CHARACTERS and shown:
            break
        shown.append(row)
    cut = len(rows) - len(shown)
    if cut:
        shown.append(f"[cut here: {cut:,} more rows did not fit; ask for fewer]")
    if more > 0:
        shown.append(f"[{more:,} more {unit}]")
    return "\n".join(shown)
