"""One incident's postmortem: its facts as the sections that notebook 02 shows, and that its page is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logdebug.errors import ReportError
from logdebug.report.absences import told
from logdebug.report.charts.figures import figure_of
from logdebug.report.correlation.correlate import correlate
from logdebug.report.export import facts
from logdebug.report.export.pages import filled
from logdebug.report.export.passages import passages_of
from logdebug.report.export.phases import phases_of
from logdebug.report.export.relations import seen_before
from logdebug.report.hiding import hiding, hiding_around, revealed
from logdebug.report.redaction import redacted
from logdebug.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from logdebug.report.export.facts import Case
    from logdebug.report.history.history import History
    from logdebug.report.report import Report

__all__ = ["Postmortem", "Section", "index_of", "postmortem"]


@dataclass(frozen=True, slots=True, repr=False)
class Section:
    """One part of a postmortem, which a notebook cell shows as HTML and a terminal as text.

    Parameters
    ----------
    name
        Which: `summary`, `impact` …
    lines
        What it says, as plain text, one entry per statement.
    html
        The same for a page; escaped, with the page's colours or the notebook's.
    """

    name: str
    lines: tuple[str, ...]
    html: str

    def __repr__(self) -> str:
        """Give the statements, one a line."""
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        return self.html


class Postmortem:
    """One incident's postmortem.

    Each attribute is a section; `facts.Case` and the functions of that module give the same as plain values.

    Parameters
    ----------
    case
        All that is known about the incident.
    redact
        What takes more than secrets out of the log around the quotes; the case is redacted by whoever made it.
    show_secrets
        Whether secrets are shown, as far as they can still be read in the log; else placeholders stand for them.
    """

    def __init__(self, case: Case, *, redact: Callable[[str], str] | None = None, show_secrets: bool = False) -> None:
        self._redact = hiding_around(case.diagnosis, redact, show_secrets=show_secrets)
        self.case = case if show_secrets else redacted(case, hiding(case, None, show_secrets=False))

    @property
    def title(self) -> str:
        """What it is about: the service and the day."""
        first = self.case.phases.first_error
        day = f", {first.timestamp:%Y-%m-%d}" if first is not None and first.timestamp is not None else ""
        return f"{one_line(self.case.diagnosis.service)}{day}"

    def __repr__(self) -> str:
        """Name the incident and the sections."""
        names = "summary, impact, detection, activity, timeline, root_cause, evidence, ruled_out, unknowns, actions"
        return f"Postmortem of {self.title}: {names}"

    def _repr_html_(self) -> str:
        return self._section("headline", (self.title,)).html

    @property
    def summary(self) -> Section:
        """What failed, when, why, and how sure that is."""
        return self._section("summary", facts.summary_of(self.case))

    @property
    def impact(self) -> Section:
        """What is known of the impact, and from where."""
        held = facts.impact_of(self.case)
        lines = tuple(f"{fact.label}: {fact.value} ({fact.source})" for fact in held)
        return self._section("impact", lines, facts=held)

    @property
    def detection(self) -> Section:
        """First sign, first error and stop, and how long it was from one to the next."""
        phases = self.case.phases
        moments = [
            ("First sign", phases.first_sign, "no earlier line stands out"),
            ("First error", phases.first_error, "no time is known"),
            ("Stop", phases.stop, "no line says that a process ended"),
        ]
        lines = tuple(
            f"{name}: {moment.timestamp:%Y-%m-%d %H:%M:%S} UTC, line {moment.line}: {one_line(moment.words)}"
            if moment is not None and moment.timestamp is not None
            else f"{name}: {absent}"
            for name, moment, absent in moments
        )
        return self._section("detection", lines, moments=moments, phases=phases)

    @property
    def timeline(self) -> Section:
        """What happened, oldest first, with the line that shows it."""
        return self._section("timeline", tuple(one_line(event.event) for event in self.case.diagnosis.timeline))

    @property
    def activity(self) -> Section:
        """How much was logged when, and how much of it tells of a failure, with the quotes marked."""
        service = one_line(self.case.diagnosis.service)
        figure = figure_of(f"activity-{self.case.index}", lambda: self.case.report.plot.activity(self.case.index))
        return self._section("activity", (f"The log of {service} over time: {figure.title}",), figure=figure)

    @property
    def root_cause(self) -> Section:
        """The cause, and what people decided on it."""
        return self._section("root_cause", (one_line(self.case.diagnosis.root_cause),))

    @property
    def evidence(self) -> Section:
        """The quotes, each with the log around it where that can still be read."""
        diagnosis = self.case.diagnosis
        lines = tuple(f"{quote.file}:{quote.line}: {one_line(quote.quote)}" for quote in diagnosis.evidence)
        lines += tuple(map(told, diagnosis.absences))
        return self._section("evidence", lines, passages=passages_of(diagnosis, diagnosis, redact=self._redact))

    @property
    def ruled_out(self) -> Section:
        """What was looked at and found not to be the cause."""
        return self._section("ruled_out", facts.ruled_out_of(self.case) or ("Nothing is said to have been ruled out.",))

    @property
    def unknowns(self) -> Section:
        """What nobody can tell from this report and log."""
        return self._section("unknowns", facts.unknowns_of(self.case))

    @property
    def actions(self) -> Section:
        """What to do, and why; owners and dates are for people to fill in."""
        held = facts.actions_of(self.case)
        return self._section("actions", tuple(f"{action.what} ({action.why})" for action in held), actions=held)

    def _section(self, name: str, lines: tuple[str, ...], **values: Any) -> Section:
        lines = tuple(map(one_line, lines))
        html = filled("sections.html", section=name, lines=lines, d=self.case.diagnosis, letters=2000, **values)
        return Section(name, lines, html)


def postmortem(
    report: Report, service: str = "", *, history: History | str | Path | None = None, show_secrets: bool = False
) -> Postmortem:
    """Make the postmortem of one incident of a report.

    Parameters
    ----------
    report
        The report.
    service
        The incident's service, or its place in the report (`"3"`) where several share a name; may be left out where
        the report has one diagnosis.
    history
        Earlier reports, or their file, to say whether it was seen before.
    show_secrets
        Whether secrets are shown, as far as they can still be read in the log; else placeholders stand for them.

    Raises
    ------
    ReportError
        Where there is no such incident, or several; it says what there is.
    """
    index = index_of(report, service)
    seen = seen_before(report, history).get(index, "")
    report = revealed(report) if show_secrets else report
    case = facts.Case(report, index, phases_of(report.reports[index]), correlate(report), seen)
    return Postmortem(case, show_secrets=show_secrets)


def index_of(report: Report, service: str) -> int:
    """Give the place of an incident in a report, by its service or by its place as a text.

    Raises
    ------
    ReportError
        Where there is no such incident, or several; it says what there is.
    """
    if not service and len(report.reports) != 1:
        services = ", ".join(one_line(name) for name in report.summary.services_affected) or "none at all"
        raise ReportError(f"a postmortem is about one service: name one of {services}")
    if not service:
        return 0
    by_place = service.isdecimal() and not report.find(service)
    found = report[int(service)] if by_place else report[service]
    return next(index for index, diagnosis in enumerate(report.reports) if diagnosis is found)
