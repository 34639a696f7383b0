"""What the review explorer shows, as HTML: pure, without script, every text of a log or a model escaped."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from logdebug.records import SEVERITIES
from logdebug.report.charts.colours import SEVERITY_COLOURS, SEVERITY_INKS
from logdebug.report.reviewing import reviewed, stand
from logdebug.report.text import one_line, shorten, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.logs import Line
    from logdebug.notebook.quotes import Passage, QuoteCheck
    from logdebug.notebook.steps import StepRow
    from logdebug.records import Correction, Diagnosis, Review, Severity, TimelineEvent
    from logdebug.report.report import Report

__all__ = [
    "SHAPES",
    "event_caption",
    "head_html",
    "help_html",
    "item_text",
    "passage_html",
    "quote_caption",
    "steps_html",
    "style_html",
    "summary_html",
    "told",
]

SHAPES: dict[Severity, str] = {"critical": "◆", "high": "▲", "medium": "●", "low": "○"}
"""A severity's shape, for whoever can't tell its colour."""

_MOST_CHARACTERS = 4_000
_LINE_CHARACTERS = 1_200
_BODY_CHARACTERS = 6_000
_MOST_STEPS = 400
_NAMES = {"root_cause": "root cause"}
_DECISIONS = {"accepted": "✓ accepted", "corrected": "✎ corrected", "noted": "✍ noted"}
_MARKS = {
    "verified": ("✓ verified", "verified"),
    "moved": ("➜ moved", "moved"),
    "not found": ("✕ not found", "absent"),
    "file gone": ("✕ file gone", "absent"),
    "not checked": ("? not checked", "moved"),
}
_KEYS = (
    ("j  k", "next, previous incident"),
    ("a", "accept"),
    ("c", "correct"),
    ("n", "note"),
    ("u", "undo the last decision"),
    ("o", "open the next quote in the log"),
    ("x", "close what is open"),
    ("1 2 3 4", "evidence, timeline, steps, coverage"),
    ("s", "save as a case"),
    ("/", "filter the list"),
    ("?", "show or hide this"),
)


@cache
def style_html() -> str:
    """Give the explorer's style; its colours of severities are those of the charts."""
    css = (resources.files("logdebug.notebook") / "review.css").read_text(encoding="utf-8")
    colours = "".join(
        f"--ld-{word}:{SEVERITY_COLOURS[word]};--ld-{word}-ink:{SEVERITY_INKS[word]};" for word in SEVERITIES
    )
    return f"<style>.ld-review{{{colours}}}\n{css}</style>"


def told(text: str, most: int = _MOST_CHARACTERS) -> str:
    """Give text of a log or a model as HTML that shows it, and nothing else."""
    return escape(visible(shorten(text, most)))


def summary_html(report: Report, saved: str = "", last: str = "") -> str:
    """Say how far the review is, where it is kept, and what was done last."""
    done = sum(map(reviewed, report.reports))
    noun = "incident" if report.diagnosed == 1 else "incidents"
    where = f"kept in {told(saved, 200)}" if saved else "not kept in a file: give path="
    just = f" · <span class='ld-last'>{told(last, 200)}</span>" if last else ""
    head = f"<b>{done:,} of {report.diagnosed:,} {noun} reviewed</b>{just}"
    return f"<div>{head}</div><div class='ld-quiet'>{where}</div>"


def help_html() -> str:
    """List the keys; they are pressed in the field for keys, where JupyterLab leaves them alone."""
    keys = "".join(f"<span><kbd>{key}</kbd> {text}</span>" for key, text in _KEYS)
    first = (
        "<span class='ld-quiet'>Type them into the field at the top right; it has the focus after each click.</span>"
    )
    return f"<div class='ld-help'>{first}{keys}</div>"


def item_text(diagnosis: Diagnosis) -> str:
    """Give an incident's two lines of the list, as text."""
    last = stand(diagnosis)
    state = _DECISIONS[last.decision] if last else "noted" if diagnosis.reviews else "to review"
    service = shorten(one_line(diagnosis.service), 80) or "(no name)"
    status = "" if diagnosis.status == "diagnosed" else f"{diagnosis.status.replace('_', ' ')} · "
    return f"{SHAPES[diagnosis.severity]} {service}\n{status}{diagnosis.category} · {state}"


def head_html(diagnosis: Diagnosis) -> str:
    """Give the top of a diagnosis: what it says, what to do, and what people decided on it."""
    found = sum(quote.verified for quote in diagnosis.evidence)
    facts = (
        f"<span class='ld-chip {diagnosis.severity}'>{SHAPES[diagnosis.severity]} {diagnosis.severity}</span>"
        f"<span>{diagnosis.category}</span><span>{diagnosis.status.replace('_', ' ')}</span>"
        f"<span>confidence {diagnosis.confidence:.0%}</span><span>{found}/{len(diagnosis.evidence)} quotes found</span>"
    )
    advice = ""
    if diagnosis.recommendation.strip():
        text = told(diagnosis.recommendation)
        advice = f"<div class='ld-label'>Recommendation</div><div class='ld-advice'>{text}</div>"
    return (
        f"<div class='ld-head'><div class='ld-kicker'>{facts}</div>"
        f"<div class='ld-service'>{told(one_line(diagnosis.service), 200)}</div>"
        f"<div class='ld-where'>{told(f'{diagnosis.working_dir}/{diagnosis.log_file}', 400)}</div>"
        f"<div class='ld-cause'>{told(diagnosis.root_cause)}</div>{advice}{_reviews_html(diagnosis.reviews)}</div>"
    )


def quote_caption(check: QuoteCheck) -> str:
    """Say where a quote is now."""
    word, kind = _MARKS[check.mark]
    return (
        f"<div class='ld-caption'><span class='ld-mark {kind}'>{word}</span><span>{told(check.words, 500)}</span></div>"
    )


def event_caption(event: TimelineEvent) -> str:
    """Say when an event was, and where the log shows it."""
    when = f"{event.timestamp:%Y-%m-%d %H:%M:%S} UTC" if event.timestamp else "no time"
    line = f"line {event.line:,}" if event.line else "no line of the log"
    return f"<div class='ld-caption'><span class='ld-mark'>{when}</span><span>{line}</span></div>"


def passage_html(passage: Passage, quote: str = "") -> str:
    """Draw lines of a log with their numbers, those that it is about marked, and the quote in them highlighted."""
    wanted = [part for line in visible(quote).splitlines() if len(part := line.strip()) > 2]
    before = "".join(_line_html(line) for line in passage.lines if line.number < passage.first)
    about = "".join(_line_html(line, wanted) for line in passage.lines if passage.first <= line.number <= passage.last)
    after = "".join(_line_html(line) for line in passage.lines if line.number > passage.last)
    begin = "<p class='edge'>start of the file</p>" * passage.at_start
    end = "<p class='edge'>end of the file</p>" * passage.at_end
    return (
        f"<div class='ld-log' style='--ld-digits:{len(str(passage.lines[-1].number)) + 2}ch'>"
        f"<div class='ld-before'><div>{begin}{before}</div></div>{about}<div class='ld-after'>{after}{end}</div></div>"
    )


def steps_html(rows: Sequence[StepRow]) -> str:
    """List an agent's steps; each opens to what was said, by a click or the keyboard."""
    shown = [_step_html(row) for row in rows[:_MOST_STEPS]]
    more = len(rows) - _MOST_STEPS
    rest = f"<div class='ld-quiet'>… and {more:,} more steps in the session's trace.jsonl</div>" if more > 0 else ""
    noun = "step" if len(rows) == 1 else "steps"
    return f"<div class='ld-quiet'>{len(rows):,} {noun}</div><ul class='ld-steps'>{''.join(shown)}</ul>{rest}"


def _line_html(line: Line, wanted: Sequence[str] | None = None) -> str:
    """Draw a line; one that it is about has its quote marked, and is marked itself."""
    text = told(line.text, _LINE_CHARACTERS) if wanted is None else _highlighted(line.text, wanted)
    return f"<p{'' if wanted is None else ' class=hit'}><span>{line.number}</span><code>{text or ' '}</code></p>"


def _step_html(row: StepRow) -> str:
    title = f"<span class='ld-title'>{told(one_line(row.title), 300)}</span>"
    if row.body:
        body = told(row.body, _BODY_CHARACTERS)
        title = f"<details data-lm-suppress-shortcuts='true'><summary>{title}</summary><pre>{body}</pre></details>"
    time = told(row.at[11:19], 8)
    failed = " class='failed'" if row.failed else ""
    return f"<li{failed}><time>{time}</time><span class='ld-kind'>{told(row.kind, 20)}</span>{title}</li>"


def _reviews_html(reviews: Sequence[Review]) -> str:
    if not reviews:
        return ""
    rows = "".join(
        f"<li><b>{_DECISIONS[review.decision]}</b> by {told(one_line(review.reviewer), 80)}, "
        f"<span class='ld-quiet'>{review.reviewed_at:%Y-%m-%d %H:%M} UTC</span>"
        f"{''.join(map(_correction_html, review.corrections))}"
        f"{f'<div class=ld-note>{told(review.note)}</div>' if review.note else ''}</li>"
        for review in reviews
    )
    return f"<ul class='ld-reviews'>{rows}</ul>"


def _correction_html(change: Correction) -> str:
    name = told(_NAMES.get(change.field, change.field), 40)
    return f"<div>{name}: <del>{told(change.before, 600)}</del> → <ins>{told(change.after, 600)}</ins></div>"


def _highlighted(text: str, wanted: Sequence[str]) -> str:
    """Escape a line with what is quoted of it marked; a long line is cut around that."""
    text = visible(text).replace("\n", " ")
    if not wanted:
        return told(text, _LINE_CHARACTERS)
    part = next((each for each in wanted if each in text), "")
    at = text.find(part) if part else 0
    begin = max(0, at - _LINE_CHARACTERS // 2) if len(text) > _LINE_CHARACTERS and at > _LINE_CHARACTERS // 2 else 0
    shown = text[begin : begin + max(_LINE_CHARACTERS, len(part) + 200)]
    before, found, after = shown.partition(part) if part else ("", shown, "")
    lead, tail = "…" * (begin > 0), "…" * (begin + len(shown) < len(text))
    return f"{lead}{escape(before)}<mark>{escape(found)}</mark>{escape(after)}{tail}"
