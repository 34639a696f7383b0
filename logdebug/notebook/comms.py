"""How a click in the page reaches the kernel while a cell runs, and how to tell whether it can.

JupyterLab from 4.4 and ipykernel from 7 hand messages of widgets to a thread of their own, a *subshell*. ipykernel from
7.4 answers a widget that was last written to by the running cell in the cell's own loop instead: there a nested loop
(`investigate_sync`) never sees them, and no `idle` follows, for which ipywidgets waits before it sends a widget's next
value. Without subshells, messages wait until the cell has ended, or, from 7.4 on, come in the cell's own loop.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Probe", "answer_idle", "leave_to_subshell"]

_FIRST_PATIENCE = 6
_MOST_PATIENCE = 48


def leave_to_subshell(widgets: Iterable[Any]) -> None:
    """Make what the page says to these widgets go to the subshell again, after the running cell has written to them."""
    for widget in widgets:
        if widget.comm is not None:
            # ipykernel has no public word for this; where the name is another one, messages go the way it chooses.
            vars(widget.comm).pop("_reply_subshell_id", None)


def answer_idle() -> None:
    """Say `idle` to the message at hand, where it came in the cell's own loop and nobody else does."""
    from IPython.core.getipython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None or threading.current_thread() is not threading.main_thread():
        return
    parent = kernel.get_parent("shell")
    if parent.get("header", {}).get("msg_type") == "comm_msg":
        kernel.session.send(kernel.iopub_socket, "status", {"execution_state": "idle"}, parent=parent)


class Probe:
    """Finds out whether the page reaches the kernel: a widget out of sight that speaks by itself once it is drawn.

    What the page says before its subshell has started goes astray, and a widget that got no answer to its first word
    says no second one: so a new one asks again after a while, at growing intervals.
    """

    def __init__(self) -> None:
        from ipywidgets import Box, Layout

        self.root: Any = Box([_speaker(self._hear)], layout=Layout(display="none"))
        self.is_answered = False
        self._asked = 0
        self._patience = _FIRST_PATIENCE

    @property
    def speaker(self) -> Any:
        """The widget that is to speak."""
        return self.root.children[0]

    def ask(self) -> None:
        """Ask, a few times a second, for as long as there is no answer; a page may draw the widget much later."""
        if self.is_answered:
            return
        self._asked += 1
        if self._asked > self._patience:
            self._asked, self._patience = 0, min(self._patience * 2, _MOST_PATIENCE)
            silent = self.speaker
            self.root.children = [_speaker(self._hear)]
            _close(silent)
        self.speaker.playing = not self.speaker.playing
        leave_to_subshell([self.speaker])

    def close(self) -> None:
        """Take the widgets off the page."""
        _close(self.speaker)
        self.root.layout.close()
        self.root.close()

    def _hear(self, _: object) -> None:
        self.is_answered = True
        answer_idle()


def _speaker(hear: Callable[[object], None]) -> Any:
    """Make a widget that says 1 when it begins to play."""
    from ipywidgets import Play

    speaker: Any = Play(min=0, max=1, interval=50)
    speaker.observe(hear, "value")
    return speaker


def _close(speaker: Any) -> None:
    """Stop a speaker, then close it: one that has yet to speak when its end here is gone is an error in the page."""
    speaker.playing = False
    for widget in (speaker.layout, speaker.style, speaker):
        widget.close()
