"""What a run would cost and send, incident by incident, as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logdebug.records import Usage
from logdebug.report.text import one_line, shorten
from logdebug.run.table import dollars, html_table, size, text_table, thousands
from logdebug.settings import OFFLINE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Estimate", "IncidentEstimate"]

_NOTHING = Usage(cost_usd=0.0)
_MOST_ROWS = 60
_HEAD = ("service", "log", "first request", "tokens: least", "typical", "most", "US$: least", "typical ", "most ")
_NUMBERS = _HEAD[1:]


@dataclass(frozen=True, slots=True)
class IncidentEstimate:
    """What one incident would cost and send.

    Parameters
    ----------
    service, working_dir, log_file
        The incident's own.
    log_bytes
        Bytes of its log, as it lies on disk; 0 where it can't be read.
    first_request
        The bytes that would leave this machine first, headers apart: the prompt, the overview of the log, the names of
        the files beside it. Only the mark of data blocks, 8 hexadecimal digits, is made up anew for each session.
        Empty for the embedded analyst, which sends nothing, and where the incident can't be investigated.
    least, typical, most
        What it may cost: where the first reply is the diagnosis; as past sessions went; up to the limits.
    redactions
        How many secrets in the first request are replaced by placeholders; None where none are looked for.
    problem
        Why it can't be investigated; empty where it can.
    """

    service: str
    working_dir: str
    log_file: str
    log_bytes: int = 0
    first_request: bytes = field(default=b"", repr=False)
    least: Usage = _NOTHING
    typical: Usage = _NOTHING
    most: Usage = _NOTHING
    redactions: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Estimate:
    """What a run would cost and send; renders as a table.

    Parameters
    ----------
    model
        The model that would be asked, or `offline`.
    incidents
        What each incident would cost and send, in the order given.
    basis
        What the typical figures rest on.
    """

    model: str
    incidents: tuple[IncidentEstimate, ...]
    basis: str

    @property
    def least(self) -> Usage:
        """What all incidents cost together where each first reply is the diagnosis; no cost where none is known."""
        return sum((each.least for each in self.incidents), _NOTHING)

    @property
    def typical(self) -> Usage:
        """What all incidents cost together where each goes as past ones did."""
        return sum((each.typical for each in self.incidents), _NOTHING)

    @property
    def most(self) -> Usage:
        """What all incidents cost together where each goes up to its limits."""
        return sum((each.most for each in self.incidents), _NOTHING)

    def __getitem__(self, service: str) -> IncidentEstimate:
        """Give the first incident of a service.

        Raises
        ------
        KeyError
            Where there is none; the message names those that there are.
        """
        for each in self.incidents:
            if each.service == service:
                return each
        known = ", ".join(dict.fromkeys(each.service for each in self.incidents))
        raise KeyError(f"no incident of {service!r}; there are {known}")

    def to_df(self) -> pd.DataFrame:
        """Return one row per incident, in the order given.

        Returns
        -------
        pandas.DataFrame
            Columns service; log_bytes (on disk); request_bytes (of the first request); tokens_least, tokens_typical,
            tokens_most; cost_usd_least, cost_usd_typical, cost_usd_most (NaN where the price isn't known); redactions
            (NA where none are looked for); problem (why it can't be investigated, else empty); working_dir, log_file.
        """
        from logdebug.run.frames import estimate_df

        return estimate_df(self)

    def __repr__(self) -> str:
        """Give it as an aligned table in plain text, with what the figures rest on."""
        return "\n".join([self._headline, "", text_table(self._head, self._rows, _NUMBERS), "", *self._notes])

    def _repr_html_(self) -> str:
        return html_table(self._headline, self._head, self._rows, self._notes)

    @property
    def _redacts(self) -> bool:
        return any(each.redactions is not None for each in self.incidents)

    @property
    def _head(self) -> tuple[str, ...]:
        return (*_HEAD, *(["redactions"] if self._redacts else []))

    @property
    def _headline(self) -> str:
        count = len(self.incidents)
        said = f"{count:,} incident{'s' * (count != 1)} · "
        if self.model == OFFLINE:
            return said + "no model: the embedded offline analyst costs nothing, and nothing leaves this machine"
        spent = self.typical
        sent = sum(len(each.first_request) for each in self.incidents)
        cost = f"about {dollars(spent)}" if spent.cost_usd is not None else "price unknown"
        return said + f"model {one_line(self.model)} · {cost}, {thousands(spent)} tokens · first requests {size(sent)}"

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        shown = [self._row(each) for each in self.incidents[:_MOST_ROWS]]
        total = IncidentEstimate(
            service=f"all {len(self.incidents):,}",
            working_dir="",
            log_file="",
            log_bytes=sum(each.log_bytes for each in self.incidents),
            first_request=b"",
            least=self.least,
            typical=self.typical,
            most=self.most,
            redactions=sum(each.redactions or 0 for each in self.incidents),
        )
        sent = size(sum(len(each.first_request) for each in self.incidents))
        last = self._row(total)
        return [*shown, (*last[:2], sent, *last[3:])] if len(self.incidents) > 1 else shown

    def _row(self, each: IncidentEstimate) -> tuple[str, ...]:
        spans = (each.least, each.typical, each.most)
        if each.problem:
            figures = ["-"] * (len(_HEAD) - 1)
        else:
            figures = [
                size(each.log_bytes),
                size(len(each.first_request)),
                *map(thousands, spans),
                *map(dollars, spans),
            ]
        redacted = ["-" if each.redactions is None else f"{each.redactions:,}"] if self._redacts else []
        return (each.service, *figures, *redacted)

    @property
    def _notes(self) -> list[str]:
        notes = [] if self.model == OFFLINE else [f"typical: {self.basis}", "most: what the limits let happen"]
        if any(each.least.cost_usd is None for each in self.incidents):
            notes.append(
                f"the price of {one_line(self.model)} at this server is not known, so no limit in US$ can hold"
            )
        if len(self.incidents) > _MOST_ROWS:
            notes.append(f"… and {len(self.incidents) - _MOST_ROWS:,} incidents more: .to_df() has them all")
        bad = [each for each in self.incidents if each.problem][:_MOST_ROWS]
        notes += [f"{one_line(each.service)} can't be: {shorten(one_line(each.problem), 300)}" for each in bad]
        return notes
