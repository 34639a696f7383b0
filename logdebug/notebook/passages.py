"""A quote, an event or a kind of line that opens to the log around it, by a click or the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.errors import LogdebugError
from logdebug.notebook import parts
from logdebug.notebook.quotes import read_passage
from logdebug.notebook.review_html import passage_html, told
from logdebug.report.text import shorten, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.records import Diagnosis

__all__ = ["Opener"]

_QUOTE_CHARACTERS = 2_000
_AROUND_LINES = 6
_MOST_AROUND_LINES = 500


class Opener:
    """A text that opens to the log around its line; `widget` is what is shown.

    Parameters
    ----------
    diagnosis
        Whose incident.
    caption
        HTML above the text.
    text
        What is clicked; any text.
    file, first, last
        Where it stands; None for a line where it stands nowhere, and can't be opened.
    quote
        What is highlighted there.
    prose
        Whether the text is somebody's words, and not the log's.
    after_click
        Called when a click was dealt with.
    show_secrets
        Whether the log is shown as it is.
    """

    def __init__(
        self,
        diagnosis: Diagnosis,
        caption: str,
        text: str,
        *,
        file: str,
        first: int | None,
        last: int | None = None,
        quote: str = "",
        prose: bool = False,
        after_click: Callable[[], None],
        show_secrets: bool = False,
    ) -> None:
        self._diagnosis, self._file, self._quote = diagnosis, file, quote
        self._first, self._last = first, last
        self._around = _AROUND_LINES
        self._after_click, self._show_secrets = after_click, show_secrets
        shown = visible(shorten(text, _QUOTE_CHARACTERS)) or "(empty)"
        tip = "" if first is None else f"show line {first:,} of the log"
        self._button = parts.button(shown, self._click, "ld-quote", *(["prose"] * prose), tooltip=tip)
        self._button.disabled = first is None
        self._place = parts.column(style="ld-passage")
        self._place.layout.display = "none"
        self.widget = parts.column(parts.html(caption), self._button, self._place, style="ld-entry")

    @property
    def can_open(self) -> bool:
        """Whether it is closed and has somewhere to open to."""
        return self._first is not None and not self._place.children

    def open(self) -> None:
        """Show the log around the line."""
        if self._first is None:
            return
        self._button.add_class("ld-opened")
        self._place.layout.display = ""
        self._draw()

    def close(self) -> None:
        """Show the text alone again."""
        shown, self._place.children = self._place.children, ()
        parts.discard(*shown)
        self._place.layout.display = "none"
        self._button.remove_class("ld-opened")
        self._around = _AROUND_LINES

    def _click(self) -> None:
        if self._place.children:
            self.close()
        else:
            self.open()
        self._after_click()

    def _more(self) -> None:
        self._around = min(self._around * 4, _MOST_AROUND_LINES)
        self._draw()
        self._after_click()

    def _close(self) -> None:
        self.close()
        self._after_click()

    def _draw(self) -> None:
        buttons = [parts.button("Close", self._close, "ld-small")]
        try:
            place = self._file, self._first or 1, self._last
            passage = read_passage(self._diagnosis, *place, around_lines=self._around, show_secrets=self._show_secrets)
        except (LogdebugError, ValueError) as error:  # ValueError: a NUL in the directory's name
            html = f"<div class='ld-log'><p class='edge ld-bad'>{told(str(error), 500)}</p></div>"
        else:
            html = passage_html(passage, self._quote)
            if self._around < _MOST_AROUND_LINES and not (passage.at_start and passage.at_end):
                buttons.insert(0, parts.button("More lines", self._more, "ld-small"))
        old = self._place.children
        self._place.children = (parts.html(html), parts.row(*buttons, style="ld-passage-buttons"))
        parts.discard(*old)
