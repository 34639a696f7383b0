"""Live progress below a cell: one row per incident, with what steers it, that stays as plain HTML when the run is over.

While the run goes on, the table and its controls are widgets. A widget without a kernel shows nothing, so beside it
the output holds HTML, and in the end nothing else: it survives saving, reloading and exporting the notebook.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from logdebug.notebook.sheet import settled, sheet_html
from logdebug.run.board import Board

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from logdebug.notebook.panel import Panel
    from logdebug.run.control import Controls
    from logdebug.run.events import Event

__all__ = ["live", "progress_html"]

_REDRAW_SECONDS = 0.25
_MOST_ROWS = 40
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@asynccontextmanager
async def live(controls: Controls) -> AsyncIterator[Callable[[Event], None]]:
    """Show a run below the cell for the time of a `with`; gives what is to be called with each event.

    Parameters
    ----------
    controls
        What the buttons steer.
    """
    from IPython.core.interactiveshell import InteractiveShell

    board = Board()
    if not InteractiveShell.initialized():  # a script: there is no cell to draw below
        yield board.take
        return
    display = _Display(board, controls)
    ticker = asyncio.create_task(display.keep_drawing())
    ended = "interrupted"
    try:
        yield board.take
        ended = ""
    except Exception:  # whatever it is, it is shown below the table, and goes on
        ended = "ended by an error"
        raise
    except (asyncio.CancelledError, KeyboardInterrupt) as interrupt:
        # IPython asks an exception for this first; where a run was waiting tells nobody anything.
        lines = [f"{type(interrupt).__name__}: the run was interrupted; what was finished is kept, see above"]
        interrupt._render_traceback_ = lambda: lines  # type: ignore[union-attr]
        raise
    finally:
        ticker.cancel()
        with suppress(asyncio.CancelledError):
            await ticker
        display.settle(ended)


def progress_html(board: Board, *, ended: str = "") -> str:
    """Draw a run as it stands as HTML; all text escaped, at most 40 rows, those at work and the failed first.

    Parameters
    ----------
    board
        The run.
    ended
        How it ended, where that wasn't by itself: it is said, with where the report of what was finished is.
    """
    places = settled(board, _MOST_ROWS)
    hidden = len(board.rows) - len(places)
    foot = f"… and {hidden:,} more" if hidden else ""
    return sheet_html(board, places, note=_ended_html(board, ended) if ended and board.rows else "", foot=foot)


def _ended_html(board: Board, ended: str) -> str:
    path = f"{board.directory}/report.json"
    return (
        f"<div style='padding:2px 0 6px'>{escape(ended.capitalize())}. What was finished is kept: "
        f"<code style='user-select:all'>ld.Report.load({escape(repr(path))})</code></div>"
    )


class _Display:
    """The output below the cell: widgets for as long as the run goes on, where there are any, then HTML."""

    def __init__(self, board: Board, controls: Controls) -> None:
        from IPython.display import display

        self._board = board
        self._panel = _panel(board, controls)
        first = {"text/html": progress_html(board), "text/plain": "a run of logdebug"}
        if self._panel is not None:
            view = {"version_major": 2, "version_minor": 0, "model_id": self._panel.root.model_id}
            first |= {_WIDGET_VIEW: view}  # type: ignore[dict-item]
        self._shown: Any = display(first, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    async def keep_drawing(self) -> None:
        """Bring the output up to date a few times a second."""
        while True:
            self._draw()
            await asyncio.sleep(_REDRAW_SECONDS)

    def settle(self, ended: str) -> None:
        """Leave nothing but HTML."""
        if ended:
            self._board.cut_short()
        self._show_html(ended)
        if self._panel is not None:
            self._panel.close()

    def _draw(self) -> None:
        if self._panel is not None:
            self._panel.draw()
        else:
            self._show_html()

    def _show_html(self, ended: str = "") -> None:
        html = progress_html(self._board, ended=ended)
        self._shown.update({"text/html": html, "text/plain": self._board.summary()}, raw=True)


def _panel(board: Board, controls: Controls) -> Panel | None:
    """Make the widgets, where there are any and a page may show them."""
    from IPython.core.getipython import get_ipython

    if not hasattr(get_ipython(), "kernel") or find_spec("ipywidgets") is None:
        return None
    from logdebug.notebook.panel import Panel

    return Panel(board, controls)
