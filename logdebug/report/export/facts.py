"""What a postmortem states about one incident: computed from its report and log, each sentence traceable.

Blameless by construction: it speaks of lines, times and services, and of people only as reviewers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from logdebug.report.document import to_utc
from logdebug.report.export.steering import warning_of
from logdebug.report.table import decision, duration
from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    from datetime import datetime

    from logdebug.records import Diagnosis
    from logdebug.report.correlation.correlate import Correlation
    from logdebug.report.export.phases import Phases
    from logdebug.report.report import Report

__all__ = ["Action", "Case", "Fact", "actions_of", "impact_of", "ruled_out_of", "summary_of", "unknowns_of"]

_RULED_OUT = "Ruled out: "
_RULED_OUT_EVENT = "Ruled out as cause"
_CHANGE = re.compile(r"\b(?:deploy|release|roll(?:ed )?out|upgrade|migrat|config(?:uration)? change)", re.IGNORECASE)
_SURE = 0.8
_MOST_SERVICES = 6
_MOST_WORDS = 300


class Fact(NamedTuple):
    """One thing that is known, and from where."""

    label: str
    value: str
    source: str


class Action(NamedTuple):
    """Something to do, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known about one incident.

    Parameters
    ----------
    report, index
        The report, and the incident's place in it.
    phases
        How it went.
    correlation
        What the report's incidents have to do with one another.
    seen
        What is known of it from earlier reports, in a sentence; empty for nothing.
    """

    report: Report
    index: int
    phases: Phases
    correlation: Correlation
    seen: str = ""

    @property
    def diagnosis(self) -> Diagnosis:
        """The incident's diagnosis."""
        return self.report.reports[self.index]

    @property
    def causes(self) -> tuple[str, ...]:
        """The services of the incidents that explain this one directly."""
        return tuple(
            dict.fromkeys(one_line(link.cause_service) for link in self.correlation.links if link.effect == self.index)
        )

    @property
    def effects(self) -> tuple[str, ...]:
        """The services of the incidents that this one explains, directly or through others."""
        places = self.correlation.effects_of(self.index)
        return tuple(dict.fromkeys(one_line(self.report.reports[place].service) for place in places))


def summary_of(case: Case) -> tuple[str, ...]:
    """Say in a few sentences what failed, when, why, and how sure that is."""
    diagnosis, phases = case.diagnosis, case.phases
    service = one_line(diagnosis.service)
    said = []
    if phases.first_error is not None and phases.first_error.timestamp is not None:
        begun = f"{service} began to fail at {_time(phases.first_error.timestamp)}"
        if phases.last is not None and phases.last.timestamp is not None and phases.span_seconds:
            until = f"{to_utc(phases.last.timestamp):%H:%M:%S}"
            begun += f"; its log tells of the failure for {duration(phases.span_seconds)}, until {until}"
        said.append(f"{begun}.")
    else:
        said.append(f"{service} failed; no time is known.")
    lead = "The cause" if diagnosis.status == "diagnosed" else "What is known so far, and not conclusive"
    if diagnosis.status == "no_errors_found":
        lead = "No error was found"
    said.append(f"{lead}: {_sentence(diagnosis.root_cause)}")
    if case.causes:
        said.append(f"It is explained by another incident of the same report: {_listed(case.causes)}.")
    if case.effects:
        said.append(f"It explains {_listed(case.effects)}, which failed as well.")
    if case.seen:
        said.append(_sentence(case.seen))
    return (*said, _standing(case))


def _standing(case: Case) -> str:
    """Say who came to this conclusion, how sure, and who has looked at it since."""
    diagnosis = case.diagnosis
    model = one_line(case.report.model)
    analyst = "the embedded offline analyst" if model == "offline" else f"the model {model}"
    found = f"{sum(quote.verified for quote in diagnosis.evidence)} of {len(diagnosis.evidence)} quotes"
    said = f"This is the conclusion of {analyst}, {diagnosis.confidence:.0%} sure; {found} were found in the log"
    if not diagnosis.reviews:
        return f"{said}. Nobody has reviewed it yet."
    last = diagnosis.reviews[-1]
    return f"{said}. Last review, by {one_line(last.reviewer)} on {_time(last.reviewed_at)}: {decision(last)}."


def impact_of(case: Case) -> tuple[Fact, ...]:
    """List what the report and the log say about the impact, each with where it is from."""
    diagnosis, phases = case.diagnosis, case.phases
    corrected = any(change.field == "severity" for review in diagnosis.reviews for change in review.corrections)
    facts = [Fact("Severity", diagnosis.severity, "a reviewer's word" if corrected else "the analyst's estimate")]
    if phases.span_seconds:
        facts.append(
            Fact(
                "Duration", f"at least {duration(phases.span_seconds)}", "first error to the last line that tells of it"
            )
        )
    if phases.failing_lines:
        facts.append(
            Fact(
                "Lines that tell of failure",
                f"{phases.failing_lines:,} of {phases.lines:,}",
                "of kinds that were not there before the first error",
            )
        )
    if phases.statuses:
        answers = ", ".join(f"{status} ({count:,} times)" for status, count in phases.statuses)
        facts.append(Fact("Failed HTTP answers", answers, "lines of the whole log with a status from 500 on"))
    others = _listed(case.effects) if case.effects else "none that this report shows"
    facts.append(Fact("Other services affected", others, "correlation of the report's incidents"))
    return tuple(facts)


def ruled_out_of(case: Case) -> tuple[str, ...]:
    """List what was looked at and found not to be the cause."""
    diagnosis = case.diagnosis
    _, _, tail = diagnosis.recommendation.partition(_RULED_OUT)
    said = [_capital(part) for part in re.split(r";\s+(?=line \d)", tail.strip().rstrip(".")) if part.strip()]
    said += [_capital(event.event) for event in diagnosis.timeline if event.event.startswith(_RULED_OUT_EVENT)]
    for review in diagnosis.reviews:
        for change in review.corrections:
            if change.field in {"root_cause", "category"}:
                name = change.field.replace("_", " ")
                said.append(f"The {name} “{one_line(change.before)}”: corrected in review, {_time(review.reviewed_at)}")
    said += [
        f"A quote that is not in {one_line(quote.file)}, and on which nothing rests: “{one_line(quote.quote)}”"
        for quote in diagnosis.evidence
        if not quote.verified
    ]
    return tuple(shorten(text, _MOST_WORDS) for text in said)


def unknowns_of(case: Case) -> tuple[str, ...]:
    """List what nobody can tell from this report and log; what isn't known is not made up."""
    diagnosis, phases = case.diagnosis, case.phases
    said = [warning] if (warning := warning_of(diagnosis)) else []
    if diagnosis.status != "diagnosed":
        said.append(f"The cause: the status is {diagnosis.status.replace('_', ' ')}.")
    elif diagnosis.confidence < _SURE:
        said.append(f"Whether this is the whole cause: the analyst is only {diagnosis.confidence:.0%} sure.")
    if not any(review.decision != "noted" for review in diagnosis.reviews):
        said.append("Whether people agree: nobody has accepted or corrected the diagnosis.")
    if not phases.from_log:
        said.append(
            "What the log says besides its quotes: it can't be read here as it was, so the times are the report's."
        )
    elif phases.first_sign is None:
        said.append("Whether it could have been seen earlier: no line before the first error stands out.")
    else:
        said.append(
            f"Whether line {phases.first_sign.line} is a first sign of it: code found it by its kind and time, "
            "and nobody has judged it."
        )
    if phases.stop is None:
        said.append("Whether a process stopped: no line says so.")
    said += [
        "When people noticed, and how: a log doesn't tell. Take it from the pager or the chat.",
        "When it was over for users, and how many were affected: take it from monitoring and support.",
    ]
    if not _names_a_change(diagnosis):
        said.append("What was changed before it (a release, a setting, load): nothing in the diagnosis names it.")
    return tuple(said)


def actions_of(case: Case) -> tuple[Action, ...]:
    """List what to do, each with its reason; who does it and until when is for people to say."""
    diagnosis, phases = case.diagnosis, case.phases
    advice = diagnosis.recommendation.partition(_RULED_OUT)[0].strip()
    actions = [Action(_capital(part), "the analyst's recommendation") for part in _sentences(advice)]
    if phases.first_sign is not None and phases.gap_seconds and phases.gap_seconds >= 1:
        words = shorten(one_line(phases.first_sign.words), 160)
        ahead = f"it came {duration(phases.gap_seconds)} before the first error"
        actions.append(Action(f"Alert on what line {phases.first_sign.line} says: “{words}”", ahead))
    actions += [Action(f"Follow the incident of {cause}", "it explains this one") for cause in case.causes]
    actions += [
        Action(f"Make {effect} fail gently when {one_line(diagnosis.service)} is away", "it failed with it")
        for effect in case.effects[:_MOST_SERVICES]
    ]
    if not diagnosis.grounded:
        actions.append(Action("Find a line that shows the cause", "no quote was found in the log"))
    if not any(review.decision != "noted" for review in diagnosis.reviews):
        actions.append(Action("Review the diagnosis: report.review()", "no person has judged it"))
    return tuple(actions)


def _names_a_change(diagnosis: Diagnosis) -> bool:
    words = " ".join((diagnosis.root_cause, *(event.event for event in diagnosis.timeline)))
    return _CHANGE.search(words) is not None


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.;])\s+(?=[A-Za-z])", text) if part.strip(" .;")]


def _sentence(text: str) -> str:
    text = one_line(text)
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _capital(text: str) -> str:
    text = one_line(text).rstrip(";")
    return text[:1].upper() + text[1:]


def _listed(names: tuple[str, ...]) -> str:
    shown = list(names[:_MOST_SERVICES])
    if len(names) > _MOST_SERVICES:
        shown.append(f"{len(names) - _MOST_SERVICES} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _time(moment: datetime) -> str:
    return f"{to_utc(moment):%Y-%m-%d %H:%M:%S} UTC"
