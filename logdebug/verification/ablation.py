"""`ablate`: hide the lines that a diagnosis cites and ask again; a verdict that stays did not rest on them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, overload

import re2

from logdebug.agent.choice import chosen_model
from logdebug.agent.concealing import analysed
from logdebug.agent.limits import Limits
from logdebug.agent.loop import Agent
from logdebug.agent.reading import Reading
from logdebug.agent.steps import Concluded
from logdebug.errors import LogdebugError, PatternError, ReportError
from logdebug.logs.templates import masked
from logdebug.records import Diagnosis, Failure, Incident
from logdebug.redaction.redactor import Redactor
from logdebug.redaction.rules import rules_for
from logdebug.settings import OFFLINE, Settings
from logdebug.verification.citations import find_quote
from logdebug.verification.effects import Ablation, Ablations
from logdebug.verification.files import Files
from logdebug.verification.masking import MaskedWorkspace, Span

if TYPE_CHECKING:
    from logdebug.agent.models import Model
    from logdebug.logs import Log
    from logdebug.redaction.rules import Redact, Rule
    from logdebug.report.report import Report

__all__ = ["ablate", "ablate_sync"]

_AT_ONCE = 8
_VARIABLE = "<*>"  # as `masked` writes it
_MOST_ALIKE = 100_000  # lines of one kind


@overload
async def ablate(
    subject: Diagnosis,
    *,
    model: str | Model | None = None,
    limits: Limits | None = None,
    alike: bool = True,
    redact: Redact = True,
) -> Ablation: ...
@overload
async def ablate(
    subject: Report,
    *,
    model: str | Model | None = None,
    limits: Limits | None = None,
    alike: bool = True,
    redact: Redact = True,
) -> Ablations: ...
async def ablate(
    subject: Diagnosis | Report,
    *,
    model: str | Model | None = None,
    limits: Limits | None = None,
    alike: bool = True,
    redact: Redact = True,
) -> Ablation | Ablations:
    """Hide the lines that a diagnosis cites, and ask again: an unchanged verdict marks its evidence as decorative.

    The verdict is the status and the category. The logs are only read: the cited lines are blanked in the analyst's
    view of them, and all line numbers stay. Nothing is taken from, or kept in, the cache of earlier answers.

    Parameters
    ----------
    subject
        A diagnosis, or a report, each of whose diagnoses is put to the test.
    model
        Whom to ask: the same analyst or another. By default the report's own model; for a single diagnosis, that of
        the settings, as for `investigate`.
    limits
        What each diagnosis may cost.
    alike
        Whether to hide those lines of the cited files, too, that say the same with other numbers, times and paths: a
        message that is repeated a hundred times is known from any of them. False hides the cited lines alone, and then
        a verdict stands whenever one of them is repeated.
    redact
        Whether secrets are hidden from the model, and files of rules of one's own, as for `investigate`: where the run
        had such rules, give them here, too.

    Returns
    -------
    Ablation or Ablations
        What changed and what it cost; of a report, one per diagnosis with a citation, and a failure for the others.

    Raises
    ------
    ReportError
        Where a single diagnosis has no quote that is in its files now: there is nothing to hide.
    LogdebugError
        Where a single diagnosis can't be asked about again; of a report, that is among its failures.
    """
    settings = Settings.load()
    rules = rules_for(redact, settings.redaction)
    named = model if model is not None or isinstance(subject, Diagnosis) else subject.model
    asked = chosen_model(named, settings)
    try:
        if isinstance(subject, Diagnosis):
            return await _ablated(subject, asked, limits or Limits(), rules, alike=alike)
        turns = asyncio.Semaphore(_AT_ONCE)
        tests = (_tried(each, asked, limits or Limits(), rules, turns, alike=alike) for each in subject.reports)
        tried: list[Ablation | Failure] = await asyncio.gather(*tests)
        return Ablations(
            _name(asked),
            tuple(each for each in tried if isinstance(each, Ablation)),
            tuple(each for each in tried if isinstance(each, Failure)),
        )
    finally:
        if asked is not None and not (model is not None and asked is model):
            await asked.aclose()


@overload
def ablate_sync(
    subject: Diagnosis,
    *,
    model: str | Model | None = None,
    limits: Limits | None = None,
    alike: bool = True,
    redact: Redact = True,
) -> Ablation: ...
@overload
def ablate_sync(
    subject: Report,
    *,
    model: str | Model | None = None,
    limits: Limits | None = None,
    alike: bool = True,
    redact: Redact = True,
) -> Ablations: ...
def ablate_sync(
    subject: Diagnosis | Report,
    *,
    model: str | Model | None = None,
    limits: Limits | None = None,
    alike: bool = True,
    redact: Redact = True,
) -> Ablation | Ablations:
    """Do what `ablate` does, for scripts; in a notebook, await `ablate` itself. Parameters are those of `ablate`."""
    if isinstance(subject, Diagnosis):  # each kind by itself, so that its type is known
        return asyncio.run(ablate(subject, model=model, limits=limits, alike=alike, redact=redact))
    return asyncio.run(ablate(subject, model=model, limits=limits, alike=alike, redact=redact))


async def _tried(
    diagnosis: Diagnosis,
    model: Model | None,
    limits: Limits,
    rules: tuple[Rule, ...],
    turns: asyncio.Semaphore,
    *,
    alike: bool,
) -> Ablation | Failure:
    async with turns:
        try:
            return await _ablated(diagnosis, model, limits, rules, alike=alike)
        except LogdebugError as error:
            return Failure(diagnosis.service, error.kind, str(error))


async def _ablated(
    diagnosis: Diagnosis, model: Model | None, limits: Limits, rules: tuple[Rule, ...], *, alike: bool
) -> Ablation:
    hidden = await asyncio.to_thread(_hidden, diagnosis, alike=alike)
    incident = Incident(Path(diagnosis.working_dir), diagnosis.log_file, diagnosis.service)
    workspace = MaskedWorkspace(incident.working_dir, hidden)
    try:
        reading = Reading(workspace, workspace.open_log(incident.log_file), Redactor(rules))
    except BaseException:  # whatever it is, the directory must not stay open
        workspace.close()
        raise
    with closing(reading):
        if model is None:
            after = await reading.off_loop(lambda: analysed(incident, reading))
        else:
            after = await _asked(Agent(incident, reading, model, limits))
    return Ablation(diagnosis, after, sum(map(len, hidden.values())), _name(model))


async def _asked(agent: Agent) -> Diagnosis:
    async with aclosing(agent.run()) as steps:
        async for step in steps:
            if isinstance(step, Concluded):
                return step.diagnosis
    raise AssertionError("an agent ended without a conclusion or an error")


def _hidden(diagnosis: Diagnosis, *, alike: bool) -> dict[str, list[Span]]:
    """Give the bytes to hide, line by line, by file: those of the quotes, where they are now."""
    hidden: dict[str, list[Span]] = {}
    with Files(diagnosis.working_dir) as files:
        for quote in diagnosis.evidence:
            found = find_quote(quote, files)
            if found.file is not None and found.line is not None and found.last_line is not None:
                log = files.open(found.file)
                spans = hidden.setdefault(found.file, [])
                spans += [(each.byte_start, each.byte_end) for each in log.lines(found.line, found.last_line)]
        hidden = {file: sorted(set(spans)) for file, spans in hidden.items()}
        if alike:
            hidden = {file: _with_alike(files.open(file), spans) for file, spans in hidden.items()}
    if not hidden:
        raise ReportError(
            f"no quote of {diagnosis.service!r} is in its files now, so there is nothing to hide: see report.verify()"
        )
    return hidden


def _with_alike(log: Log, spans: list[Span]) -> list[Span]:
    """Add the lines of a log that say the same as those of some bytes, with other numbers, times and names."""
    found = set(spans)
    said = {masked(line.text) for start, _ in spans for line in log.lines(log.line_at(start), log.line_at(start))}
    for words in said:
        parts = [re2.escape(part) for part in words.split(_VARIABLE)]
        if not any(map(str.isalpha, words.replace(_VARIABLE, ""))):
            continue  # a line without words says what any other number does
        with suppress(PatternError):  # of a size that no pattern has: it stands there once
            for match in log.search("^" + ".*".join(parts) + "$", limit=_MOST_ALIKE).matches:
                if masked(match.line.text) == words:
                    found.add((match.line.byte_start, match.line.byte_end))
    return sorted(found)


def _name(model: Model | None) -> str:
    return OFFLINE if model is None else model.name
