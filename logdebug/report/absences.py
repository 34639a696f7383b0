"""What did not occur, as it is shown: what was searched for, where, what came of it, and how it fares elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.report.columns import framed
from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    import pandas as pd

    from logdebug.records import Absence
    from logdebug.report.report import Report

__all__ = ["absences_df", "control", "finding", "told"]

_ABSENCES = {
    "service": "str",
    "claim": "str",
    "pattern": "str",
    "file": "str",
    "first_line": "Int64",
    "last_line": "Int64",
    "verified": "bool",
    "matches": "int64",
    "match_line": "Int64",
    "before": "int64",
    "after": "int64",
    "problem": "str",
    "byte_start": "Int64",
    "byte_end": "Int64",
    "sha256": "str",
    "working_dir": "str",
    "log_file": "str",
}
_MOST_PATTERN = 200


def absences_df(report: Report) -> pd.DataFrame:
    """Return one row per thing that a diagnosis says did not occur.

    Returns
    -------
    pandas.DataFrame
        Columns service, claim, pattern (RE2), file (relative to working_dir), first_line, last_line (from 1; NA where
        the search could not be run and none was claimed), verified, matches and match_line (what the search found
        after all), before and after (lines that match in the rest of the file: the control), problem, byte_start,
        byte_end, sha256 (of the lines searched), working_dir, log_file.
    """
    own = [name for name in _ABSENCES if name not in {"service", "working_dir", "log_file"}]
    return framed(
        _ABSENCES,
        (
            {name: getattr(diagnosis, name) for name in ("service", "working_dir", "log_file")}
            | {name: getattr(absence, name) for name in own}
            for diagnosis in report.reports
            for absence in diagnosis.absences
        ),
    )


def finding(absence: Absence) -> str:
    """Say what came of a search: `✓ searched, not there`, `✗ it is there: 3 lines, the first is line 4,300` …."""
    if absence.problem:
        return "✗ could not be searched"
    if absence.verified:
        return "✓ searched, not there"
    if not absence.matches:
        return "✗ not searched"
    first = f", the first is line {absence.match_line:,}" if absence.match_line else ""
    return f"✗ it is there: {absence.matches:,} line{'s' * (absence.matches != 1)}{first}"


def control(absence: Absence) -> str:
    """Say how the pattern fares in the rest of the file, and so what its absence proves; or why it wasn't searched."""
    if absence.problem or absence.first_line is None or absence.last_line is None:
        return one_line(absence.problem)
    searched = f"lines {absence.first_line:,} to {absence.last_line:,} of {one_line(absence.file)} were searched for "
    searched += f"“{shorten(one_line(absence.pattern), _MOST_PATTERN)}”"
    if not absence.before and not absence.after:
        return f"{searched}; it matches nowhere else in the file either, so this proves little"
    return f"{searched}; it matches {absence.before:,} times before them and {absence.after:,} times after"


def told(absence: Absence) -> str:
    """Say all of it in one line: what came of the search, the claim, and the control."""
    return f"{finding(absence)}: {one_line(absence.claim or absence.pattern)} ({control(absence)})"
