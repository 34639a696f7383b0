"""`report.verify()`: every citation of a report, checked again against the files as they are now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from logdebug.errors import LogError
from logdebug.records import Evidence
from logdebug.report.columns import framed
from logdebug.report.text import one_line, shorten
from logdebug.verification.citations import OUTCOMES, Finding, Outcome, find_absence, find_quote
from logdebug.verification.files import Files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from logdebug.records import Absence, Diagnosis
    from logdebug.report.report import Report

__all__ = ["Check", "Verification", "verify"]

_COLUMNS = {
    "service": "str",
    "kind": "str",
    "outcome": "str",
    "text": "str",
    "file": "str",
    "line": "Int64",
    "now_file": "str",
    "now_line": "Int64",
    "log_unchanged": "boolean",
    "words": "str",
    "working_dir": "str",
    "log_file": "str",
}
_MOST_ROWS = 60
_MOST_WORDS = 160
_LOST: tuple[Outcome, ...] = ("altered", "gone")


@dataclass(frozen=True, slots=True)
class Check:
    """One citation, and what became of it.

    Parameters
    ----------
    service, working_dir, log_file
        The incident's, as the report has them.
    kind
        Whether it is a quote, or that something did not occur.
    text
        The quote, or the claim.
    file, line
        Where it is cited from; None where no line is.
    finding
        What became of it.
    log_unchanged
        Whether the log is byte for byte the one that was diagnosed, by its SHA-256; None where that isn't known.
    """

    service: str
    working_dir: str
    log_file: str
    kind: Literal["quote", "absence"]
    text: str
    file: str
    line: int | None
    finding: Finding
    log_unchanged: bool | None

    @property
    def outcome(self) -> Outcome:
        """What became of it, in one word."""
        return self.finding.outcome

    @property
    def words(self) -> str:
        """What there is to say about it, on one line."""
        proof = ""
        if self.log_unchanged and self.outcome in ("altered", "moved") and self.file == self.log_file:
            proof = "; the log is byte for byte as it was, so it is the report that was changed"
        return one_line(self.finding.words) + proof


@dataclass(frozen=True, repr=False)
class Verification:
    """What became of a report's citations.

    Parameters
    ----------
    checks
        One per citation, in the report's order: of each diagnosis its quotes, then what did not occur.
    """

    checks: tuple[Check, ...]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many citations had each outcome that occurs."""
        counted = Counter(check.outcome for check in self.checks)
        return {outcome: counted[outcome] for outcome in OUTCOMES if counted[outcome]}

    @property
    def holds(self) -> bool:
        """Whether all that was found when the report was made is found now, wherever it is."""
        return not self.lost

    @property
    def lost(self) -> tuple[Check, ...]:
        """The citations that were found when the report was made, and are altered or gone."""
        return tuple(check for check in self.checks if check.outcome in _LOST)

    def __iter__(self) -> Iterator[Check]:
        """Give the checks in order."""
        return iter(self.checks)

    def __len__(self) -> int:
        """Count the citations."""
        return len(self.checks)

    def to_df(self) -> pd.DataFrame:
        """Give one row per citation.

        Returns
        -------
        pandas.DataFrame
            Columns service, kind (quote, absence), outcome, text, file, line (as cited), now_file, now_line (where it
            is; missing where it isn't anywhere), log_unchanged (nullable), words, working_dir, log_file.
        """
        return framed(_COLUMNS, map(_row, self.checks))

    @property
    def headline(self) -> str:
        """How many citations there are and what became of them."""
        counted = ", ".join(f"{count:,} {outcome}" for outcome, count in self.counts.items())
        noun = "citation" if len(self) == 1 else "citations"
        return f"{len(self):,} {noun}: {counted}" if self.checks else "no citations"

    def __repr__(self) -> str:
        """Give the headline, and a line for each citation that isn't where it was."""
        other = [check for check in self.checks if check.outcome != "unchanged"]
        lines = [self.headline]
        lines += [
            f"  {check.outcome:<9}  {shorten(one_line(check.service), 28)}  {_text(check)}: {check.words}"
            for check in other[:_MOST_ROWS]
        ]
        if len(other) > _MOST_ROWS:
            lines.append(f"  … and {len(other) - _MOST_ROWS:,} more: .to_df() has them all")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from logdebug.report.export.pages import filled

        worst = sorted(self.checks, key=lambda check: (check.outcome == "unchanged", check.outcome not in _LOST))
        return filled("verification.html", verification=self, checks=worst[:_MOST_ROWS], lost=_LOST)


def verify(report: Report, directories: Mapping[str, str | Path] | None = None) -> Verification:
    """Check every citation of a report again: hash of the log, bytes, text; run its searches again.

    Parameters
    ----------
    report
        The report.
    directories
        Where incidents are now, by service, for those whose directory is no longer where the report says.

    Returns
    -------
    Verification
        Each citation with its outcome: unchanged, moved, rotated, altered, gone, or unfounded (never found).
    """
    found: list[Check] = []
    for diagnosis in report.reports:
        elsewhere = (directories or {}).get(diagnosis.service)
        with Files(str(elsewhere) if elsewhere is not None else diagnosis.working_dir) as files:
            found += _checks(diagnosis, files)
    return Verification(tuple(found))


def _checks(diagnosis: Diagnosis, files: Files) -> Iterator[Check]:
    if not diagnosis.evidence and not diagnosis.absences:
        return
    unchanged = _unchanged(diagnosis, files)
    shifts = []
    for quote in diagnosis.evidence:
        finding = find_quote(quote, files)
        if finding.byte_start is not None and quote.byte_start is not None:
            shifts.append(finding.byte_start - quote.byte_start)
        yield _check(diagnosis, quote, finding, unchanged)
    for absence in diagnosis.absences:
        yield _check(diagnosis, absence, find_absence(absence, files, shifts=shifts), unchanged)


def _unchanged(diagnosis: Diagnosis, files: Files) -> bool | None:
    """Tell whether the log is the one that was diagnosed, by its hash; None where that can't be told."""
    if not diagnosis.log_sha256:
        return None
    try:
        return files.open(diagnosis.log_file).sha256 == diagnosis.log_sha256
    except LogError:
        return None


def _check(diagnosis: Diagnosis, cited: Evidence | Absence, finding: Finding, log_unchanged: bool | None) -> Check:
    return Check(
        service=diagnosis.service,
        working_dir=diagnosis.working_dir,
        log_file=diagnosis.log_file,
        kind="quote" if isinstance(cited, Evidence) else "absence",
        text=cited.quote if isinstance(cited, Evidence) else cited.claim or cited.pattern,
        file=cited.file,
        line=cited.line if isinstance(cited, Evidence) else cited.first_line,
        finding=finding,
        log_unchanged=log_unchanged if cited.file == diagnosis.log_file else None,
    )


def _row(check: Check) -> dict[str, object]:
    named = ("service", "kind", "outcome", "text", "file", "line", "log_unchanged", "words", "working_dir", "log_file")
    return {name: getattr(check, name) for name in named} | {
        "now_file": check.finding.file,
        "now_line": check.finding.line,
    }


def _text(check: Check) -> str:
    return f"“{shorten(one_line(check.text), _MOST_WORDS)}”"
