"""What `logdebug run` shows: live rows on a terminal, plain lines in a pipe, the table at the end.

Log and model text is hostile: whatever is shown goes through `visible`, and never through rich's markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from logdebug.report.table import text_table
from logdebug.report.text import one_line, shorten
from logdebug.run.board import Board
from logdebug.run.events import IncidentDiagnosed, IncidentFailed, IncidentStarted, RunStarted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from rich.console import RenderableType

    from logdebug.records import Diagnosis
    from logdebug.report.report import Report
    from logdebug.run.board import Row
    from logdebug.run.events import Event

__all__ = ["Watcher", "print_summary"]

_OFFLINE_NOTE = "No OPENAI_API_KEY and no model named: the embedded offline analyst works, without a model."
_MARKS = {"waiting": "·", "working": "…", "paused": "‖", "done": "✓", "failed": "✗", "cancelled": "⊘"}
_STYLES = {
    "waiting": "dim",
    "working": "cyan",
    "paused": "yellow",
    "done": "green",
    "failed": "red",
    "cancelled": "dim red",
}
_REFRESH_PER_SECOND = 8
_PLAIN_CHARACTERS = 160


class Watcher:
    """Shows a run while it goes on; use as a context manager around it."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._board = Board()
        self._live = (
            Live(get_renderable=self._render, console=self._console, refresh_per_second=_REFRESH_PER_SECOND)
            if self._console.is_terminal
            else None
        )

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show the last state and stop."""
        if self._live:
            self._live.stop()

    def take(self, event: Event) -> None:
        """Take an event of the run."""
        self._board.take(event)
        if not self._live and (line := self._plain(event)):
            self._console.print(Text(line), soft_wrap=True)

    def _plain(self, event: Event) -> str:
        """Say an event in a line for a pipe or a log; the steps between are left out there."""
        match event:
            case RunStarted():
                note = f"{_OFFLINE_NOTE}\n" if event.model == "offline" else ""
                count = len(event.services)
                return f"{note}run {event.run_id}: {count} incident{'s' * (count != 1)}, model {one_line(event.model)}"
            case IncidentStarted():
                return f"{one_line(event.incident.service)}: started"
            case IncidentDiagnosed():
                found = event.diagnosis
                source = f" (from {one_line(found.recalled_from)}, $0)" if found.recalled_from else ""
                said = f"{one_line(found.service)}: {found.status}, {found.severity} {found.category}{source}: "
                return said + shorten(one_line(found.root_cause), _PLAIN_CHARACTERS)
            case IncidentFailed():
                return f"{one_line(event.failure.service)}: failed: {one_line(event.failure.message)}"
            case _:
                return ""

    def _render(self) -> RenderableType:
        """Draw as many rows as fit, those at work first and then the newest outcomes."""
        rows = self._board.rows
        room = max(3, self._console.height - 4)
        order = {"working": 0, "paused": 1, "failed": 2, "cancelled": 3, "done": 4, "waiting": 5}
        chosen = rows if len(rows) <= room else sorted(rows, key=lambda row: order[row.state])[:room]
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, max_width=32)
        table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
        table.add_column(no_wrap=True, justify="right")
        for row in chosen:
            table.add_row(*_cells(row))
        head = [Text(_OFFLINE_NOTE, style="dim")] if self._board.model == "offline" else []
        hidden = len(rows) - len(chosen)
        foot = Text(self._board.summary() + (f" · {hidden} more not shown" if hidden else ""), style="bold")
        return Group(*head, table, foot)


def _cells(row: Row) -> tuple[Text, Text, Text, Text]:
    style = _STYLES[row.state]
    cost = f"{row.turns} turns  {row.seconds:4.0f} s" if row.turns else f"{row.seconds:4.1f} s"
    return (
        Text(_MARKS[row.state], style=style),
        Text(one_line(row.service), style="bold" if row.state == "working" else ""),
        Text(one_line(row.doing), style=style if row.state == "failed" else "dim"),
        Text(cost if row.state != "waiting" else "", style="dim"),
    )


def print_summary(report: Report, written: Iterable[str], *, cancelled: bool) -> None:
    """Print the report's table to standard output, and where the report went.

    Parameters
    ----------
    report
        The report.
    written
        The files it was written to.
    cancelled
        Whether the run was cut short.
    """
    console = Console()
    if console.is_terminal:
        console.print(_table(report))
        _print_failures(console, report)
    else:
        console.print(Text(text_table(report)), soft_wrap=True)
    if cancelled:
        console.print(Text("Cancelled: the report holds what was finished."), soft_wrap=True)
    console.print(Text(f"Written: {', '.join(written)}"), soft_wrap=True)


def _table(report: Report) -> RenderableType:
    from logdebug.report.charts.colours import SEVERITY_COLOURS
    from logdebug.report.table import analyst, cause, counts, quotes_found, ranked, spent

    title = f"{counts(report)} · {analyst(report)} · {spent(report.usage)}"
    table = Table(title=Text(title, style="bold"), title_justify="left", show_lines=True, expand=True)
    for name, options in {
        "severity": {"no_wrap": True},
        "service": {"overflow": "fold", "ratio": 2},
        "category": {"no_wrap": True},
        "root cause and what to do": {"overflow": "fold", "ratio": 9},
        "conf.": {"justify": "right", "no_wrap": True},
        "quotes": {"justify": "right", "no_wrap": True},
    }.items():
        table.add_column(name, **options)  # type: ignore[arg-type]
    for _, found in ranked(report):
        table.add_row(
            Text(found.severity, style=f"bold {SEVERITY_COLOURS[found.severity]}"),
            Text(one_line(found.service)),
            Text(found.category),
            _said(found, cause(found)),
            Text(f"{found.confidence:.0%}"),
            Text(quotes_found(found)),
        )
    return table


def _said(found: Diagnosis, cause: str) -> Text:
    said = Text(cause)
    if found.recommendation:
        said.append("\n→ " + shorten(one_line(found.recommendation), 300), style="dim")
    return said


def _print_failures(console: Console, report: Report) -> None:
    for failure in report.errors:
        console.print(Text(f"✗ {one_line(failure.service)}: {one_line(failure.message)}", style="red"), soft_wrap=True)
