"""Which files are a log's rotated predecessors (`app.log.1`, `app.log.2.gz` …), and in which order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["rotated_paths"]

_SUFFIX = r"(?:\.(?:gz|bz2|xz|zst))?"
_DAY = r"(?P<day>(?:19|20)\d\d-?[01]\d-?[0-3]\d(?:[-_T]?\d\d(?:[-:]?\d\d){0,2}|-\d{10})?)"
_MARK = rf"[.-](?:{_DAY}(?:[.-](?P<nth>\d{{1,5}}))?|(?P<number>\d{{1,5}}))"


def rotated_paths(path: Path) -> list[Path]:
    """Give the files of a set that there are, oldest first; the one that is still written to is the last.

    Known are the names that logrotate, logback, log4j and Python's handlers give: `app.log.1`, `app.1.log`,
    `app.log-20261118`, `app.log.2026-11-18`, `app-2026-11-18.0.log`, each perhaps with `.gz`, `.bz2`, `.xz` or `.zst`.

    Parameters
    ----------
    path
        The file that is written to; it may be missing where others of its set are there.
    """
    stem, extension = re.escape(path.stem), re.escape(path.suffix)
    forms = [rf"{re.escape(path.name)}{_MARK}{_SUFFIX}"]
    if extension:
        forms.append(rf"{stem}{_MARK}{extension}{_SUFFIX}")
    patterns = [re.compile(form) for form in forms]
    found: dict[tuple[str, int], Path] = {}
    try:
        entries = sorted(entry for entry in path.parent.iterdir() if entry.is_file())
    except OSError:
        entries = []
    for entry in entries:
        match = next((match for pattern in patterns if (match := pattern.fullmatch(entry.name))), None)
        if match:
            # While logrotate compresses, a file is there twice: the first by name is the one that isn't compressed.
            found.setdefault((re.sub(r"\D", "", match["day"] or ""), _age(match)), entry)
    ordered = [entry for _, entry in sorted(found.items())]
    return [*ordered, path] if path.exists() else ordered


def _age(match: re.Match[str]) -> int:
    """Give what the number of a file sorts by: of numbers alone the highest is the oldest, of a day's the newest."""
    return int(match["nth"] or 0) - int(match["number"] or 0)
