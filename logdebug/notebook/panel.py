"""The live table of a run with its controls, made of ipywidgets: one table, and beside each row what steers it.

The table is one HTML widget, so that a redraw is one message. Its rows are of a fixed height, and so are the rows of
controls beside it: only a window of rows has any, and a control is written to only where it changes.
"""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

from logdebug.notebook.comms import Probe, answer_idle, leave_to_subshell
from logdebug.notebook.sheet import HEAD_PIXELS, ROW_PIXELS, TITLES_PIXELS, sheet_html
from logdebug.notebook.window import Window
from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.notebook.window import Kind
    from logdebug.run.board import Board
    from logdebug.run.control import Controls

__all__ = ["Panel"]

_KINDS: tuple[Kind, ...] = ("live", "working", "waiting", "paused", "failed", "cancelled", "done", "all")
_PATIENCE_SECONDS = 5.0
_TYPED_SECONDS = 0.4
_NO_WAY = (
    "<b>No buttons:</b> here, the page reaches the kernel only when the cell has ended. Interrupt the kernel (■) to "
    "cancel the run: what was finished is kept. Buttons need ipykernel 7.4 or newer, and for <code>investigate_sync"
    "</code> JupyterLab 4.4 or newer with its setting <i>Kernel Comms over subshells</i> on; or steer "
    "<code>ld.Run(…).controls</code> from a thread."
)
_NAME_CHARACTERS = 40


class Panel:
    """Shows a board, and passes on what its buttons are told.

    Parameters
    ----------
    board
        The run as it stands.
    controls
        What steers it.
    size
        How many rows are shown at a time.
    """

    def __init__(self, board: Board, controls: Controls, *, size: int = 12) -> None:
        import ipywidgets as widgets

        self._board = board
        self.window = Window(size)
        self.probe = Probe()
        self._sheet: Any = widgets.HTML(layout=widgets.Layout(flex="1 1 0", min_width="0", margin="0"))
        self._all = _Strip(board, controls, height=HEAD_PIXELS + TITLES_PIXELS)
        self._strips: list[_Strip] = []
        self._controls = controls
        self._side: Any = widgets.VBox(layout=widgets.Layout(flex="0 0 auto", margin="0", display="none"))
        self._pager = _Pager(self.window)
        self._note: Any = widgets.HTML()
        body = widgets.HBox([self._sheet, self._side], layout=widgets.Layout(width="100%", overflow="hidden"))
        self.root: Any = widgets.VBox([_style(), body, self._pager.root, self._note, self.probe.root])
        self.root.add_class("logdebug-run")

    def draw(self) -> None:
        """Bring the page up to date; one message, and one more for each control that changes."""
        places = self.window.look(self._board)
        self._sheet.value = sheet_html(self._board, places, foot=self._pager.words(self._board))
        self._open()
        while len(self._strips) < len(places):
            self._strips.append(_Strip(self._board, self._controls))
        wanted = [self._all.root, *(strip.root for strip in self._strips[: len(places)])]
        if len(wanted) != len(self._side.children):
            self._side.children = wanted
        self._all.show(None)
        for strip, index in zip(self._strips, places, strict=False):
            strip.show(index)
        self._pager.draw(self._board)
        leave_to_subshell((*self._speakers(), self.probe.speaker))

    def close(self) -> None:
        """Take all of it off the page."""
        self.root.children = self.root.children[:-1]  # the probe closes itself
        for widget in (*self._speakers(), *_tree(self.root)):
            widget.close()
        self.probe.close()

    def _open(self) -> None:
        """Show the controls once it is known that the page reaches the kernel, and what else there is where not."""
        if self.probe.is_answered:
            self._side.layout.display = "flex"
            self._note.value = ""
        else:
            self.probe.ask()
            if self._board.seconds > _PATIENCE_SECONDS:
                self._note.value = f"<div style='line-height:18px'>{_NO_WAY}</div>"

    def _speakers(self) -> list[Any]:
        """Give the widgets that say something to the kernel."""
        strips = [widget for strip in (self._all, *self._strips) for widget in strip.root.children]
        return [*strips, *self._pager.root.children]


class _Strip:
    """The controls of one incident, or of all: a box to direct, a button to pause or resume, one to cancel."""

    def __init__(self, board: Board, controls: Controls, *, height: int = ROW_PIXELS) -> None:
        import ipywidgets as widgets

        self._board, self._controls = board, controls
        self.index: int | None = -1  # nobody yet
        narrow = widgets.Layout(width="148px", margin="0 4px 0 10px")
        self._text: Any = widgets.Text(continuous_update=False, layout=narrow)
        self._due: float | None = None
        self._sending = threading.Lock()
        self._hold: Any = _button(self._pause_or_resume)
        self._cancel: Any = _button(self._stop, icon="times")
        self._cancel.add_class("logdebug-cancel")
        self._text.on_msg(self._submit)
        self._text.observe(self._typed, "value")
        below = f"0 0 {height - ROW_PIXELS}px"
        look = widgets.Layout(height=f"{height}px", align_items="center", overflow="visible", padding=below)
        self.root: Any = widgets.HBox([self._text, self._hold, self._cancel], layout=look)

    def show(self, index: int | None) -> None:
        """Belong to an incident from now on, or to all, and look as it stands."""
        if index != self.index:
            self.index, self._due = index, None
            self._text.value = ""  # a draft for one incident must not go to another
        if self._due is not None and monotonic() > self._due:
            self._steer()
        whose = "all" if index is None else shorten(one_line(self._board.rows[index].service), _NAME_CHARACTERS)
        is_over = not self._waits_or_works()
        is_paused = self._is_paused()
        is_offline = self._board.model == "offline"
        _set(self._text, "placeholder", "Steer all…" if index is None else "Steer…")
        _set(self._text, "disabled", is_over or is_offline)
        told = "the embedded analyst can't be directed" if is_offline else "type what the agent should know, then Enter"
        _set(self._text, "tooltip", f"Steer {whose}: {told}")
        _set(self._hold, "icon", "play" if is_paused else "pause")
        _set(self._hold, "tooltip", f"{'Resume' if is_paused else 'Pause'} {whose}")
        _set(self._hold, "disabled", is_over)
        _set(self._cancel, "tooltip", f"Cancel {whose}")
        _set(self._cancel, "disabled", is_over)

    def _waits_or_works(self) -> bool:
        return bool(self._board.open) if self.index is None else self._board.rows[self.index].outcome is None

    def _is_paused(self) -> bool:
        """Tell whether there is something to resume; of all, whether there is nothing left to pause."""
        if self.index is not None:
            return self._board.rows[self.index].state == "paused"
        counts = self._board.counts()
        return bool(counts["paused"]) and not counts["working"] and not counts["waiting"]

    def _pause_or_resume(self) -> None:
        (self._controls.resume if self._is_paused() else self._controls.pause)(self.index)

    def _stop(self) -> None:
        self._controls.cancel(self.index)

    def _submit(self, _: object, content: dict[str, Any], __: object) -> None:
        """Hear that Enter was pressed; what was typed comes after it, unless it came already."""
        if content.get("event") == "submit":
            self._due = monotonic() + _TYPED_SECONDS

    def _typed(self, _: object) -> None:
        answer_idle()
        if self._due is not None:
            self._steer()

    def _steer(self) -> None:
        with self._sending:  # the page's messages and the redraw come from two threads
            said, self._due = self._text.value, None
            self._text.value = ""
        self._controls.steer(said, self.index)


class _Pager:
    """Chooses which rows are on the page, where there are more than fit."""

    def __init__(self, window: Window) -> None:
        import ipywidgets as widgets

        self._window = window
        self._kinds: dict[Kind, Any] = {kind: self._kind_button(kind) for kind in _KINDS}
        back = _button(lambda: window.turn(-1), icon="chevron-left", tooltip="Rows before these")
        onward = _button(lambda: window.turn(1), icon="chevron-right", tooltip="Rows after these")
        self._turners = (back, onward)
        self.root: Any = widgets.HBox([*self._kinds.values(), back, onward], layout=widgets.Layout(display="none"))

    def _kind_button(self, kind: Kind) -> Any:
        said = "Follow those at work" if kind == "live" else f"Show rows: {kind}"
        return _button(lambda: self._window.choose(kind), description=kind, tooltip=said)

    def draw(self, board: Board) -> None:
        """Show it where it is needed, with the kind that is shown marked."""
        if len(board.rows) <= self._window.size:
            return
        _set(self.root.layout, "display", "flex")
        for kind, button in self._kinds.items():
            _set(button, "button_style", "info" if kind == self._window.kind else "")
        for button in self._turners:
            _set(button, "disabled", self._window.kind == "live")

    def words(self, board: Board) -> str:
        """Say which rows are shown, where not all are."""
        if len(board.rows) <= self._window.size:
            return ""
        total = self._window.of_how_many(board)
        if self._window.kind == "live":
            return f"{self._window.size} of {total:,} rows: those at work"
        first = self._window.page * self._window.size
        last = min(first + self._window.size, total)
        return f"rows {min(first + 1, total):,} to {last:,} of {total:,} {self._window.kind}"


def _button(act: Callable[[], None], **traits: Any) -> Any:
    from ipywidgets import Button, Layout

    wide = "auto" if "description" in traits else "30px"
    button: Any = Button(layout=Layout(width=wide, height="26px", margin="0 2px", padding="0 6px"), **traits)
    button.on_click(lambda _: act())
    return button


def _set(widget: Any, name: str, value: object) -> None:
    """Write to a widget only where something changes: each write is a message."""
    if getattr(widget, name) != value:
        setattr(widget, name, value)


def _style() -> Any:
    """Give what makes the controls as calm as the table: quiet until they are pointed at, or reached by keyboard."""
    from ipywidgets import HTML, Layout

    return HTML(f"<style>{_CSS}</style>", layout=Layout(display="none"))


def _tree(widget: Any) -> list[Any]:
    inner = [each for child in getattr(widget, "children", ()) for each in _tree(child)]
    return [*inner, *(getattr(widget, name) for name in ("layout", "style") if hasattr(widget, name)), widget]


_CSS = """
.logdebug-run .widget-button {
  background: transparent; color: var(--jp-ui-font-color2, #555); border-radius: 4px; line-height: 24px;
}
.logdebug-run .widget-button.mod-info { background: var(--jp-layout-color3, #ddd); color: var(--jp-ui-font-color1); }
.logdebug-run .widget-button:enabled:hover {
  background: var(--jp-layout-color2, #eee); color: var(--jp-ui-font-color1); box-shadow: none;
}
.logdebug-run .widget-button.logdebug-cancel:enabled:hover { background: #d55e00; color: #fff; }
.logdebug-run .widget-button:focus-visible { outline: 2px solid var(--jp-brand-color1, #0072b2); outline-offset: -1px; }
.logdebug-run .widget-button:disabled { opacity: .25; }
.logdebug-run .widget-text { height: 28px; }
.logdebug-run .widget-text input[type="text"] {
  height: 26px; font-size: 12px; border-radius: 4px; background: transparent;
  border: 1px solid var(--jp-border-color2, #ccc); color: var(--jp-ui-font-color1, inherit);
}
.logdebug-run .widget-text input[type="text"]:focus { border-color: var(--jp-brand-color1, #0072b2); }
.logdebug-run .widget-text input[type="text"]:disabled { opacity: .35; }
.logdebug-run .widget-text input[type="text"]::placeholder { color: var(--jp-ui-font-color2, #777); opacity: .8; }
.logdebug-run .widget-html-content { line-height: inherit; min-width: 0; }
"""
