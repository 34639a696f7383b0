"""The review explorer: incidents at the left, one diagnosis at the right, decisions between them.

Widgets and no script of its own. Keys are typed into a field, which JupyterLab leaves alone as it does every field, and
which has the focus after each click: a button that had it would let `a` insert a cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.errors import LogdebugError, ReportError
from logdebug.notebook import parts
from logdebug.notebook.incident_list import IncidentList
from logdebug.notebook.review_forms import Forms
from logdebug.notebook.review_html import head_html, help_html, style_html, summary_html, told
from logdebug.notebook.review_sections import Sections
from logdebug.report.hiding import with_secrets
from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.notebook.review import Reviewing

__all__ = ["Explorer"]

_MOST_TYPED = 40


class Explorer:
    """The explorer of a review; `widget` is what is shown.

    Parameters
    ----------
    reviewing
        The review; what is decided here is decided there.
    """

    def __init__(self, reviewing: Reviewing) -> None:
        self._reviewing = reviewing
        self._list = IncidentList(reviewing.report, self._choose)
        self._forms = Forms(
            accept=self._accept,
            correct=self._correct,
            note=self._note,
            undo=self._undo,
            save_case=self._save_case,
            opened=lambda: self._say(""),
            closed=self._ready,
        )
        self._sections = Sections(reviewing.sessions_dir, self._ready, show_secrets=reviewing.show_secrets)
        self._head = parts.html()
        self._summary = parts.html("", "ld-summary")
        self._said = parts.html("", "ld-said")
        self._help = parts.html(help_html())
        self._help.layout.display = "none"
        self._who = parts.field(reviewing.reviewer, "ld-who", name="Reviewer", hint="your name")
        self._keys = parts.field("", "ld-keys", name="Keys", hint="? for help", at_once=True)
        self._keys.tooltip = "press j, k, a, c, n … here; ? lists them"
        self._typed = self._last = ""
        self._who.observe(lambda change: setattr(reviewing, "reviewer", change["new"]), "value")
        self._keys.observe(lambda change: self._type(change["new"]), "value")
        top = parts.row(self._summary, self._who, self._keys, style="ld-top")
        self._pane = parts.column(style="ld-pane")
        main = parts.row(self._list.widget, self._pane, style="ld-main")
        style = parts.html(style_html(), "ld-style")
        self.widget = parts.column(style, top, self._help, self._said, main, style="ld-review")
        self.current = self._list.first
        reviewing.watch(self._draw)
        self._say("")
        self._to_top()
        self._draw()

    def _draw(self) -> None:
        """Show the report as it is now."""
        report = self._reviewing.report
        self._summary.value = summary_html(report, str(self._reviewing.path or ""), self._last)
        self._list.show(report, self.current)
        if self.current is None:
            self._head.value = "<p class='ld-quiet'>No incident has a diagnosis to review.</p>"
            self._forms.widget.layout.display = self._sections.widget.layout.display = "none"
            return
        diagnosis = report.reports[self.current]
        # What is decided on is the report's own: a correction begins with its placeholders.
        shown = with_secrets(diagnosis) if self._reviewing.show_secrets else diagnosis
        self._head.value = head_html(shown)
        self._forms.show(diagnosis, can_undo=self._reviewing.can_undo)
        self._sections.show(self.current, shown)

    def _choose(self, place: int | None) -> None:
        if place is not None and place != self.current:
            self.current = place
            self._say("")
            self._to_top()
            self._draw()
        self._ready()

    def _to_top(self) -> None:
        """Show the diagnosis from its top: what scrolls is made anew, since to scroll it back needs a script."""
        old = self._pane.children[1:]
        scroll = parts.column(self._head, self._sections.widget, style="ld-scroll")
        self._pane.children = (self._forms.widget, scroll)
        for each in old:
            each.children = ()
        parts.discard(*old)

    def _ready(self) -> None:
        """Give the field for keys the focus."""
        self._keys.focus()

    def _say(self, text: str, *, bad: bool = False) -> None:
        self._said.value = told(text, 800)
        self._said._dom_classes = ("ld-said", "bad" if bad else "good")  # noqa: SLF001  all at once, not one by one
        self._said.layout.display = "" if text else "none"

    def _try(self, work: Callable[[], object], done: str) -> None:
        """Do what was asked for; what came of it, or what is wrong, is said where it is seen."""
        before, self._last = self._last, done
        try:
            work()
        except (LogdebugError, ValueError) as error:  # ValueError: a NUL in a path
            self._last = before
            self._say(str(error), bad=True)
        else:
            self._say("")
            self._draw()
            self._ready()

    def _place(self) -> int:
        if self.current is None:
            raise ReportError("no incident is chosen; this report has no diagnosis")
        return self.current

    def _accept(self) -> None:
        self._try(lambda: self._reviewing.accept(self._place()), self._told("accepted"))

    def _correct(self, given: dict[str, str]) -> None:
        self._try(lambda: self._reviewing.correct(self._place(), **given), self._told("corrected"))

    def _note(self, text: str) -> None:
        self._try(lambda: self._reviewing.note(self._place(), text), self._told("noted"))

    def _undo(self) -> None:
        def work() -> None:
            self.current = self._reviewing.undo()
            self._to_top()

        self._try(work, "the last decision is undone")

    def _save_case(self, directory: str) -> None:
        def work() -> None:
            if not directory.strip():
                raise ReportError("name the directory that the case is to go to")
            self._reviewing.save_case(self._place(), directory.strip())

        self._try(work, f"the case is in {directory.strip()}")

    def _told(self, decision: str) -> str:
        """Say what was decided on which incident, and by whom."""
        if self.current is None:
            return ""
        service = shorten(one_line(self._reviewing.report.reports[self.current].service), 40)
        return f"{service} {decision} by {shorten(one_line(self._reviewing.reviewer), 40)}"

    def _type(self, text: str) -> None:
        """Take what was typed since the last time; the page may be ahead of the kernel by some keys."""
        new = text[len(self._typed) :] if text.startswith(self._typed) else text[-1:]
        self._typed = text
        if len(text) > _MOST_TYPED:
            self._typed = self._keys.value = ""
        for key in new:
            self._press(key)

    def _press(self, key: str) -> None:
        actions: dict[str, Callable[[], object]] = {
            "j": lambda: self._choose(self._list.neighbour(1)),
            "k": lambda: self._choose(self._list.neighbour(-1)),
            "a": self._accept,
            "c": self._forms.open_correction,
            "n": self._forms.open_note,
            "u": self._undo,
            "s": self._forms.open_case,
            "o": self._sections.open_next,
            "x": self._sections.close_all,
            "/": self._list.words.focus,
            "?": self._show_help,
        }
        if key in "1234":
            self._sections.choose(int(key) - 1)
        elif key in actions:
            actions[key]()

    def _show_help(self) -> None:
        self._help.layout.display = "" if self._help.layout.display == "none" else "none"
