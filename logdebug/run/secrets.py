"""A dry run of redaction: what would be hidden in a file, line by line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.logs import open_log, strip_ansi
from logdebug.redaction.detector import detector_of
from logdebug.redaction.redactor import Redactor
from logdebug.redaction.rules import rules_for
from logdebug.run.table import html_table, text_table
from logdebug.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from logdebug.logs import Line, Log
    from logdebug.redaction.rules import Redact, Rule

__all__ = ["Secret", "Secrets", "find_secrets"]

_LINES_AT_A_TIME = 2_000
_MOST_LISTED = 10_000
_MOST_ROWS = 200
_AROUND_CHARACTERS = 40
_HEAD = ("line", "kind", "rule", "secret", "where it stands")


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret in a file.

    Parameters
    ----------
    line
        Its line, from 1.
    kind, rule
        What it is, and the id of the rule that found it.
    masked
        Its first letters, and how many it has; of a short one, only how many.
    preview
        What stands around it, without secrets.
    """

    line: int
    kind: str
    rule: str
    masked: str
    preview: str


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What would be hidden in a file; renders as a table.

    Parameters
    ----------
    file
        The file.
    listed
        The secrets in the file's order; of very many the first 10,000.
    counts
        How many there are of each kind, all of them counted each time that they stand there.
    """

    file: str
    listed: tuple[Secret, ...]
    counts: dict[str, int]

    def __len__(self) -> int:
        """Say how many there are."""
        return sum(self.counts.values())

    def __repr__(self) -> str:
        """Give them as an aligned table in plain text."""
        table = text_table(_HEAD, self._rows, _HEAD[:1]) if self.listed else ""
        return "\n".join(filter(None, [self._headline, table, self._rest]))

    def _repr_html_(self) -> str:
        return html_table(self._headline, _HEAD, self._rows, [self._rest] if self._rest else [])

    @property
    def _headline(self) -> str:
        if not self.counts:
            return f"{self.file}: nothing would be hidden"
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.counts.items(), key=lambda pair: -pair[1]))
        return f"{self.file}: {len(self):,} would be hidden ({kinds})"

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (f"{each.line:,}", each.kind, each.rule, each.masked, each.preview) for each in self.listed[:_MOST_ROWS]
        ]

    @property
    def _rest(self) -> str:
        left = len(self) - _MOST_ROWS
        return f"… and {left:,} more" if left > 0 else ""


def find_secrets(file: str | Path, *, redact: Redact = True) -> Secrets:
    """List what would be hidden from a model in a file; a dry run, for which nothing is sent or written.

    Parameters
    ----------
    file
        A log, packed or not, or any other file of text.
    redact
        Files of rules of one's own, besides those that ship; by default those that LOGDEBUG_REDACTION names.

    Returns
    -------
    Secrets
        One entry per secret: line, kind, rule, a masked preview. It renders as a table.

    Raises
    ------
    LogError
        Where the file can't be read.
    SettingsError
        Where a file of rules can't be used.
    """
    rules = rules_for(redact, Settings.load().redaction)
    listed: list[Secret] = []
    counts: Counter[str] = Counter()
    with open_log(file) as log:
        for secret in _secrets_in(log, rules):
            counts[secret.kind] += 1
            if len(listed) < _MOST_LISTED:
                listed.append(secret)
    return Secrets(str(file), tuple(listed), dict(counts))


def _secrets_in(log: Log, rules: tuple[Rule, ...]) -> Iterator[Secret]:
    redactor = Redactor(rules)
    for first in range(1, log.line_count + 1, _LINES_AT_A_TIME):
        yield from _secrets_of(log.lines(first, first + _LINES_AT_A_TIME - 1), rules, redactor)


def _secrets_of(lines: list[Line], rules: tuple[Rule, ...], redactor: Redactor) -> Iterator[Secret]:
    """Give the secrets of some lines that follow on one another."""
    data = "\n".join(strip_ansi(line.text).replace("\n", " ") for line in lines).encode("utf-8", "surrogatepass")
    place, start, end = 0, 0, data.find(b"\n")
    for span in detector_of(rules).spans(data):
        while 0 <= end < span.start:
            place, start, end = place + 1, end + 1, data.find(b"\n", end + 1)
        line_end = len(data) if end < 0 else end
        before, secret, after = (
            data[a:b].decode("utf-8", "replace")
            for a, b in ((start, span.start), (span.start, span.end), (span.end, line_end))
        )
        hidden = f"‹secret:{span.rule.kind}›"
        around = f"{redactor.redact(before)[-_AROUND_CHARACTERS:]}{hidden}{redactor.mask(after)[:_AROUND_CHARACTERS]}"
        yield Secret(lines[place].number, span.rule.kind, span.rule.id, _masked(secret), around.strip())


def _masked(secret: str) -> str:
    shown = secret[:3] if len(secret) >= 12 else ""
    return f"{shown}… ({len(secret):,})"
