"""Live progress below a cell: one row per incident, redrawn in place, that stays as plain HTML when the run is over.

A display that is updated, and not a widget: it survives saving, reloading and exporting the notebook without a kernel.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from html import escape
from typing import TYPE_CHECKING, Any

from logdebug.report.text import one_line, shorten
from logdebug.run.board import Board

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from logdebug.run.board import Row
    from logdebug.run.events import Event

__all__ = ["live", "progress_html"]

_REDRAW_SECONDS = 0.25
_MOST_ROWS = 40
_DOING_CHARACTERS = 140
_MARKS = {"waiting": "○", "working": "◐", "done": "●", "failed": "✕"}
# Okabe and Ito's palette, which the colour-blind can tell apart; the marks differ in shape as well.
_COLOURS = {"waiting": "#999999", "working": "#0072B2", "done": "#009E73", "failed": "#D55E00"}
_ORDER = {"working": 0, "failed": 1, "done": 2, "waiting": 3}


@asynccontextmanager
async def live(on_event: Callable[[Event], None] | None = None) -> AsyncIterator[Callable[[Event], None]]:
    """Show a run below the cell for the time of a `with`; gives what is to be called with each event.

    Parameters
    ----------
    on_event
        Also called with each event.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import HTML, display

    board = Board()

    def drawn() -> Any:
        return HTML(progress_html(board))  # type: ignore[no-untyped-call]

    def take(event: Event) -> None:
        board.take(event)
        if on_event is not None:
            on_event(event)

    if not InteractiveShell.initialized():  # a script: there is no cell to draw below
        yield take
        return
    shown = display(drawn(), display_id=True)  # type: ignore[no-untyped-call]

    async def redraw() -> None:
        while True:
            await asyncio.sleep(_REDRAW_SECONDS)
            shown.update(drawn())

    ticker = asyncio.create_task(redraw())
    try:
        yield take
    finally:
        ticker.cancel()
        with suppress(asyncio.CancelledError):
            await ticker
        shown.update(drawn())


def progress_html(board: Board) -> str:
    """Draw a run as it stands as an HTML table; all text escaped, at most 40 rows, those at work first."""
    rows = board.rows
    if len(rows) > _MOST_ROWS:
        rows = sorted(rows, key=lambda row: _ORDER[row.state])[:_MOST_ROWS]
    hidden = len(board.rows) - len(rows)
    model = "no model: the embedded offline analyst" if board.model == "offline" else f"model {one_line(board.model)}"
    head = escape(f"{board.summary()} · {model}") if board.rows else "starting …"
    more = f"<div style='opacity:.7'>… and {hidden:,} more</div>" if hidden else ""
    body = "".join(_row_html(row) for row in rows)
    return (
        "<div style='font-size:13px;line-height:1.5'>"
        f"<div style='font-weight:600;margin-bottom:4px'>{head}</div>"
        f"<table style='border-collapse:collapse;margin:0'>{body}</table>{more}</div>"
    )


def _row_html(row: Row) -> str:
    cost = "" if row.state == "waiting" else f"{row.seconds:.1f} s"
    if row.turns:
        cost = f"{row.turns} turns · {row.tokens:,} tokens · {cost}"
    cells = (
        (_MARKS[row.state], f"color:{_COLOURS[row.state]}"),
        (escape(shorten(one_line(row.service), 40)), "font-weight:600;white-space:nowrap"),
        (row.state, "opacity:.75"),
        (escape(shorten(one_line(row.doing), _DOING_CHARACTERS)), ""),
        (cost, "opacity:.75;text-align:right;white-space:nowrap"),
    )
    drawn = "".join(f"<td style='text-align:left;padding:1px 8px;{style}'>{text}</td>" for text, style in cells)
    return f"<tr>{drawn}</tr>"
