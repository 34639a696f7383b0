"""What of a log an agent was shown, drawn as a strip over the log, and the kinds of failure in it as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.notebook.review_html import told
from logdebug.report.text import one_line
from logdebug.run.coverage import joined_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logdebug.run.coverage import Coverage, Kind, Span, Way

__all__ = ["coverage_html", "kind_caption", "kinds_html"]

_COLUMNS = 1_000  # of the strip: as fine as a screen shows it
_MOST_KINDS = 60
_PATTERN_CHARACTERS = 260
_LANES: tuple[tuple[Way, str], ...] = (("overview", "in the overview"), ("read", "read"), ("search", "found by search"))


def coverage_html(coverage: Coverage, *, known: bool = True) -> str:
    """Draw the strip: where the log tells of failures, what the agent was shown, and what the diagnosis quotes.

    Parameters
    ----------
    coverage
        What it was shown.
    known
        Whether there is a trace to know it by; without one, only failures and quotes are drawn.
    """
    count = coverage.line_count
    if not count:
        return "<p>The log has no lines.</p>"
    lanes = [_lane("lines that tell of a failure", "errors tall", _errors(coverage))]
    if known and coverage.by_rules:
        lanes.append(_lane("read by rules", "looks", _bars([(1, count)], count)))
    elif known:
        lanes += [_lane(name, "looks", _bars(_of(coverage, way), count)) for way, name in _LANES]
    lanes.append(_lane("quoted", "quotes", _bars([(line, line) for line in coverage.quoted], count)))
    axis = f"<span></span><div class='ld-axis'><span>line 1</span><span>{count:,}</span></div>"
    return f"<div>{_sentence(coverage, known=known)}</div><div class='ld-strip'>{''.join(lanes)}{axis}</div>"


def kinds_html(kinds: Sequence[Kind], *, known: bool = True) -> str:
    """List kinds of failure: how often, where, whether the agent was shown them, and what they say."""
    if not kinds:
        return ""
    rows = "".join(_kind_row(kind, known=known) for kind in kinds[:_MOST_KINDS])
    more = len(kinds) - _MOST_KINDS
    rest = f"<div class='ld-quiet'>… and {more:,} more</div>" if more > 0 else ""
    head = "<tr><th class='n'>lines</th><th class='s'>first</th><th class='s'></th><th>what they say</th></tr>"
    return f"<table class='ld-kinds'>{head}{rows}</table>{rest}"


def kind_caption(kind: Kind) -> str:
    """Say how often a kind of failure that the agent was never shown occurs, and where."""
    template = kind.template
    lines = f"{template.count:,} lines, {template.first_line:,} to {template.last_line:,}"
    where = lines if template.count > 1 else f"line {template.first_line:,}"
    return f"<div class='ld-caption'><span class='ld-mark absent'>✕ never shown</span><span>{where}</span></div>"


def _sentence(coverage: Coverage, *, known: bool) -> str:
    """Say in one sentence how much the agent was shown."""
    if not known:
        return "What the agent was shown isn't known, since its session isn't there."
    count = coverage.line_count
    if coverage.by_rules:
        return f"The embedded analyst's rules read all {count:,} lines; no model chose what to look at."
    share = coverage.shown_lines / count
    percent = f"{share:.0%}" if share >= 0.01 or not share else "less than 1%"
    kinds, missed = len(coverage.kinds), len(coverage.never_shown)
    seen = f"It saw {kinds - missed} of {kinds} kinds of lines that tell of a failure." if kinds else ""
    other = f" It also looked into {told(', '.join(coverage.other_files), 300)}." if coverage.other_files else ""
    return f"The agent was shown {coverage.shown_lines:,} of {count:,} lines ({percent}). {seen}{other}"


def _of(coverage: Coverage, way: Way) -> tuple[Span, ...]:
    return joined_spans(span for look in coverage.looks if look.way == way for span in look.spans)


def _lane(name: str, style: str, bars: str) -> str:
    svg = f"<svg viewBox='0 0 {_COLUMNS} 10' preserveAspectRatio='none' aria-hidden='true'>{bars}</svg>"
    return f"<span class='ld-name'>{name}</span><div class='ld-lane {style}'>{svg}</div>"


def _bars(spans: Iterable[Span], count: int) -> str:
    """Draw spans of lines, those that fall on the same columns as one, each wide enough to be seen."""
    columns = joined_spans(
        (
            (first - 1) * _COLUMNS // count,
            max(min(last, count) * _COLUMNS // count - 1, (first - 1) * _COLUMNS // count),
        )
        for first, last in spans
        if first <= count
    )
    return "".join(
        f"<rect x='{min(begin, _COLUMNS - 3)}' y='0' width='{max(end - begin + 1, 3)}' height='10'/>"
        for begin, end in columns
    )


def _errors(coverage: Coverage) -> str:
    """Draw how many lines tell of a failure along the log, the worst stretch full height."""
    shares = [(first, lines, errors / lines) for first, lines, errors in coverage.stretches if lines and errors]
    worst = max((share for *_, share in shares), default=1.0)
    count = coverage.line_count
    return "".join(
        f"<rect x='{(first - 1) * _COLUMNS / count:.1f}' y='{10 - height:.1f}' "
        f"width='{max(lines * _COLUMNS / count, 2):.1f}' height='{height:.1f}'/>"
        for first, lines, share in shares
        if (height := max(10 * share / worst, 1.0))
    )


def _kind_row(kind: Kind, *, known: bool) -> str:
    template = kind.template
    state = "❝ quoted" if kind.quoted else ("✓ shown" if kind.shown else "✕ never") if known else ""
    bad = " ld-bad" * (known and not kind.shown and not kind.quoted)
    says = told(one_line(template.pattern), _PATTERN_CHARACTERS)
    return (
        f"<tr><td class='n'>{template.count:,}</td><td class='s'>line {template.first_line:,}</td>"
        f"<td class='s{bad}'>{state}</td><td><code>{says}</code></td></tr>"
    )
