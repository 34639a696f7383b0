"""One incident in words: the steps of its agent as they come, and its diagnosis; nothing hidden, nothing acted on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from rich.text import Text

from logdebug.monitor.listing import STATE_STYLES
from logdebug.monitor.rows import moment, usage_of, whole
from logdebug.report.table import spent
from logdebug.report.text import one_line, shorten
from logdebug.run.wording import step_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.monitor.rows import Row
    from logdebug.monitor.targets import Target

__all__ = ["diagnosis_in_words", "heading", "step_line"]

_KINDS = {
    "Prompted": ("told", "dim"),
    "Directed": ("directed", "bold yellow"),
    "Asked": ("asks", "dim"),
    "Retried": ("waits", "yellow"),
    "Answered": ("answers", "cyan"),
    "ToolUsed": ("tool", ""),
    "Rejected": ("rejected", "yellow"),
    "LimitReached": ("limit", "yellow"),
    "Concluded": ("done", "bold green"),
    "Failure": ("failed", "bold red"),
    "Resumed": ("resumed", "yellow"),
    "Warned": ("warned", "yellow"),
    "Shortened": ("shortened", "yellow"),
    "Recalled": ("recalled", "green"),
    "Redacted": ("redacted", "dim"),
}
_SEVERITY_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
_MOST_CHARACTERS = 2_000

Line = Mapping[str, Any]


def heading(target: Target) -> Text:
    """Say which incident it is, and how it stands."""
    row = target.row
    text = Text(row.name, style="bold")
    text.append(f"  {target.name}  ", style="dim")
    return text.append(row.state, style=STATE_STYLES[row.state])


def step_line(step: Line) -> Text:
    """Tell a step of a trace in a line: when (UTC), what kind, what it did."""
    kind, style = _KINDS.get(str(step.get("step")), (one_line(str(step.get("step")))[:8], ""))
    if step.get("error") == "cancelled":
        kind, style = "stopped", "magenta"
    at = moment(step.get("at"))
    text = Text(f"{at.astimezone(UTC):%H:%M:%S}  " if at else " " * 10, style="dim")
    text.append(f"{kind:<8}  ", style=style)
    text.append(_words(step), style="red" if step.get("failed") else "")
    return text


def _words(step: Line) -> str:
    words = step_in_words(step)
    match step.get("step"):
        case "Answered":
            cost = usage_of(step.get("usage"), turns=1)
            notes = "".join(f"; {one_line(str(note))}" for note in _list(step.get("notes")))
            return f"{words} ({cost.input_tokens:,} tokens in, {cost.output_tokens:,} out){notes}"
        case "ToolUsed" if not step.get("failed"):
            lines = str(step.get("result") or "").strip().count("\n") + 1
            return f"{words} → {lines:,} line{'s' * (lines != 1)}"
    return words


def diagnosis_in_words(row: Row, end: Line | None) -> Iterator[Text]:
    """Tell what came of an incident, line by line.

    Parameters
    ----------
    row
        The incident.
    end
        The last step of its trace, which holds the diagnosis or the failure; None where there is no trace.
    """
    found = _record(end.get("diagnosis")) if end else {}
    if not found:
        yield Text(row.doing or "nothing is known of it yet")
        return
    yield _verdict(found)
    yield Text(_said(found.get("root_cause")), style="bold")
    if recommendation := _said(found.get("recommendation")):
        yield Text(f"→ {recommendation}")
    yield from _evidence(_list(found.get("evidence")))
    yield from _timeline(_list(found.get("timeline")))
    reason = str(end.get("reason") or "") if end else ""
    ended = "" if reason in {"submitted", ""} else f" · ended by {one_line(reason).replace('_', ' ')}"
    yield Text(f"{spent(usage_of(found.get('usage')))}{ended} · {_said(found.get('log_file'))}", style="dim")


def _verdict(found: Line) -> Text:
    severity = one_line(str(found.get("severity")))
    text = Text(f"{one_line(str(found.get('status')))}: ".replace("_", " "))
    text.append(severity, style=_SEVERITY_STYLES.get(severity, ""))
    text.append(f" {one_line(str(found.get('category')))}")
    confidence = found.get("confidence")
    if isinstance(confidence, int | float):
        text.append(f", confidence {confidence:.0%}")
    if not found.get("grounded"):
        text.append(", no quote was found in the log", style="bold yellow")
    return text


def _evidence(quotes: list[Any]) -> Iterator[Text]:
    if quotes:
        yield Text("evidence", style="dim")
    for quote in map(_record, quotes):
        is_there = bool(quote.get("verified"))
        line = whole(quote.get("line"))
        text = Text("  ✓ " if is_there else "  ✗ ", style="green" if is_there else "bold red")
        text.append(f"{_said(quote.get('file'))}{f':{line}' if line else ''}  ", style="dim")
        text.append(_said(quote.get("quote")))
        yield text if is_there else text.append("  (not found there)", style="bold red")


def _timeline(events: list[Any]) -> Iterator[Text]:
    if events:
        yield Text("timeline", style="dim")
    for event in map(_record, events):
        at, line = moment(event.get("timestamp")), whole(event.get("line"))
        text = Text(f"  {f'{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}' if at else '':<19}  ", style="dim")
        text.append(_said(event.get("event")))
        yield text.append(f"  (line {line})", style="dim") if line else text


def _said(value: object) -> str:
    return shorten(one_line(str(value or "")), _MOST_CHARACTERS)


def _record(value: object) -> Line:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
