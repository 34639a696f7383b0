"""What of a log an agent was shown, by its session's trace: which lines, which kinds of failure, and which never.

A model knows of a log only what stood in a message to it: the overview it began with, and what its tools gave. Both
number every line and stand in data blocks that log text can't forge, so the numbers are taken from there.
"""

from __future__ import annotations

import re
from ast import literal_eval
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import re2

from logdebug.logs import level_of, strip_ansi
from logdebug.logs.fields import message_of
from logdebug.logs.templates import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logdebug.logs import Log, Template

__all__ = ["Coverage", "Kind", "Look", "Span", "Way", "coverage_of", "joined_spans", "looks_of"]

Way = Literal["overview", "read", "search"]
"""How lines came before a model's eyes: in an overview, by reading a range, or as what a search found."""
Span = tuple[int, int]
"""Lines from the first to the last, from 1, inclusive."""

_SEVERE = 3  # from this alarm on, a line tells of a failure
_MOST_KEYED_LINES = 50_000
_LONGEST_LINE = 2_000
_WAYS: dict[str, Way] = {"overview": "overview", "read_lines": "read", "search": "search"}
_OPENING = re.compile(r"^<data (\w+) overview of ([^\n]+)>\n(.*?)\n</data \1>$", re.DOTALL | re.MULTILINE)
_RESULT = re.compile(r"<data (\w+) of ([^\n]+)>\n")
_OVERVIEW_ROW = re.compile(r"^(?:[\d,]+x )?L(\d{1,15})(?:-L\d+)? ", re.MULTILINE)
_TOOL_ROW = re.compile(r"^(\d{1,15})[|-] ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Look:
    """One time that an agent was shown lines of a file.

    Parameters
    ----------
    way
        How.
    file
        Which file, relative to the incident's directory.
    spans
        Which lines, ascending and apart.
    """

    way: Way
    file: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of line that tells of a failure, and whether an agent was shown one of its lines.

    Parameters
    ----------
    template
        What its lines have in common.
    shown
        Whether one of them was shown to the agent.
    quoted
        Whether the diagnosis quotes one of them.
    """

    template: Template
    shown: bool
    quoted: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a log an agent was shown.

    Parameters
    ----------
    line_count
        Lines of the log.
    looks
        The agent's looks at the log, in order.
    spans
        The lines that it was shown, ascending and apart.
    by_rules
        Whether it is the embedded analyst, whose rules see every line.
    quoted
        The lines that the diagnosis quotes, ascending.
    stretches
        The log in stretches: (first line, lines, lines that tell of a failure) each.
    kinds
        The kinds of lines that tell of a failure, in the order of their first lines.
    other_files
        The other files that it was shown lines of.
    """

    line_count: int
    looks: tuple[Look, ...]
    spans: tuple[Span, ...]
    by_rules: bool
    quoted: tuple[int, ...]
    stretches: tuple[tuple[int, int, int], ...]
    kinds: tuple[Kind, ...]
    other_files: tuple[str, ...] = ()

    @property
    def shown_lines(self) -> int:
        """How many lines the agent was shown."""
        return sum(last - first + 1 for first, last in self.spans)

    @property
    def never_shown(self) -> tuple[Kind, ...]:
        """The kinds of failure of which the agent was shown no line, worst first."""
        unseen = (kind for kind in self.kinds if not kind.shown)
        return tuple(sorted(unseen, key=lambda kind: (-kind.template.alarm, kind.template.first_line)))


def looks_of(trace: Iterable[Mapping[str, Any]]) -> tuple[Look, ...]:
    """Find every time that an agent was shown numbered lines of a file.

    Parameters
    ----------
    trace
        A session's steps, as `run.sessions.read_trace` gives them; a step that can't be understood is passed over.

    Returns
    -------
    tuple of Look
        In order; none for the embedded analyst, which asks nobody.
    """
    found: list[Look] = []
    for step in trace:
        if step.get("step") == "Prompted":
            texts = [message.get("text") for message in step.get("messages") or () if isinstance(message, dict)]
            found += [look for text in texts if isinstance(text, str) for look in _looks_of_prompt(text)]
        elif step.get("step") == "ToolUsed" and not step.get("failed"):
            found += _looks_of_tool(step)
    return tuple(found)


def coverage_of(log: Log, looks: Iterable[Look], *, quoted: Iterable[int] = (), by_rules: bool = False) -> Coverage:
    """Lay what an agent was shown over a log; reads the log once.

    Parameters
    ----------
    log
        The log, open, unchanged since.
    looks
        What the agent was shown, of this log and of other files.
    quoted
        The lines that the diagnosis quotes.
    by_rules
        Whether it was the embedded analyst, whose rules see every line.

    Raises
    ------
    LogError
        Where the log can't be read.
    """
    count = log.line_count
    mine = tuple(look for look in looks if look.file == log.name)
    spans = joined_spans(span for look in mine for span in look.spans)
    spans = ((1, count),) if by_rules and count else _within(spans, count)
    cited = tuple(sorted({line for line in quoted if 1 <= line <= count}))
    severe = [template for template in log.mined if template.alarm >= _SEVERE]
    shown = _keys_of(log, () if by_rules else spans)
    told = _keys_of(log, joined_spans((line, line) for line in cited))
    return Coverage(
        line_count=count,
        looks=mine,
        spans=spans,
        by_rules=by_rules,
        quoted=cited,
        stretches=_stretches_of(log),
        kinds=tuple(
            Kind(each, by_rules or _is_among(each, spans, shown), _is_among(each, [(n, n) for n in cited], told))
            for each in severe
        ),
        other_files=tuple(dict.fromkeys(look.file for look in looks if look.file != log.name)),
    )


def joined_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Give spans in order, those that overlap or touch as one."""
    joined: list[Span] = []
    for first, last in sorted(span for span in spans if span[0] <= span[1]):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def _looks_of_prompt(text: str) -> list[Look]:
    """Find the overview in the message that opens a session."""
    return [
        Look("overview", _file_of(block[2]), _spans_of(_OVERVIEW_ROW, block[3])) for block in _OPENING.finditer(text)
    ]


def _looks_of_tool(step: Mapping[str, Any]) -> list[Look]:
    """Find the lines in what a tool gave; its first line is the tool's own and names the file."""
    call, result = step.get("call"), step.get("result")
    way = _WAYS.get(str(call.get("name"))) if isinstance(call, dict) else None
    head = _RESULT.match(result) if isinstance(result, str) else None
    if way is None or head is None or not isinstance(result, str):
        return []
    spans = _spans_of(_OVERVIEW_ROW if way == "overview" else _TOOL_ROW, result[head.end() :])
    return [Look(way, _file_of(head[2]), spans)] if spans else []


def _file_of(shown: str) -> str:
    """Read a file's name as the tools print it, in Python's quotes."""
    with suppress(ValueError, SyntaxError):
        name = literal_eval(shown)
        return name if isinstance(name, str) else shown
    return shown


def _spans_of(row: re.Pattern[str], text: str) -> tuple[Span, ...]:
    numbers = (int(number) for number in row.findall(text))
    return joined_spans((number, number) for number in numbers if number > 0)


def _within(spans: Iterable[Span], count: int) -> tuple[Span, ...]:
    return tuple((first, min(last, count)) for first, last in spans if first <= count)


def _stretches_of(log: Log) -> tuple[tuple[int, int, int], ...]:
    frame = log.activity()
    columns = (frame[name].tolist() for name in ("first_line", "lines", "errors"))
    return tuple(zip(*columns, strict=True))


def _keys_of(log: Log, spans: Iterable[Span]) -> set[tuple[str, str]]:
    """Give what kinds the lines of spans are of: level and message without its variables."""
    keys: set[tuple[str, str]] = set()
    left = _MOST_KEYED_LINES
    for first, last in spans:
        if left <= 0:
            break
        for line in log.iter_lines(first, min(last, first + left - 1)):
            text = strip_ansi(line.text[:_LONGEST_LINE])
            keys.add((level_of(text) or "", masked(message_of(text))))
        left -= last - first + 1
    return keys


def _is_among(template: Template, spans: Iterable[Span], keys: set[tuple[str, str]]) -> bool:
    """Tell whether a line of a template lies in spans: its first or last, or one of the kinds that were found there."""
    ends = (template.first_line, template.last_line)
    if any(first <= end <= last for first, last in spans for end in ends):
        return True
    if template.count <= 2 or not keys:
        return False
    words = [re.escape(part) for part in template.pattern[:_LONGEST_LINE].split("<*>")]
    whole = re2.compile("(?s)" + ".*".join(words))
    level = template.level or ""
    return any(held == level and whole.fullmatch(key) for held, key in keys)
