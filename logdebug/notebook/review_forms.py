"""What a reviewer decides, as buttons and three small forms: correct, note, save as a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logdebug.notebook import parts
from logdebug.records import CATEGORIES, SEVERITIES, STATUSES
from logdebug.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.records import Diagnosis

__all__ = ["Forms"]


class Forms:
    """The buttons, and the form that is open; `widget` is what is shown.

    Parameters
    ----------
    accept, undo
        Called on a click.
    correct
        Called with what a correction says: status, category, severity, root_cause, note.
    note
        Called with a note.
    save_case
        Called with the directory that a case is to go to.
    opened
        Called when a form is opened or closed.
    closed
        Called when one is cancelled.
    """

    def __init__(
        self,
        *,
        accept: Callable[[], None],
        correct: Callable[[dict[str, str]], None],
        note: Callable[[str], None],
        undo: Callable[[], None],
        save_case: Callable[[str], None],
        opened: Callable[[], None],
        closed: Callable[[], None],
    ) -> None:
        self._correct, self._note, self._save_case = correct, note, save_case
        self._opened, self._closed = opened, closed
        self._diagnosis: Diagnosis | None = None
        self._undo = parts.button("↶ Undo", undo, tooltip="undo the last decision (u)")
        buttons = (
            parts.button("✓ Accept", accept, "ld-primary", tooltip="accept the diagnosis as it stands (a)"),
            parts.button("✎ Correct …", self.open_correction, tooltip="correct what it says (c)"),
            parts.button("✍ Note …", self.open_note, tooltip="add a note (n)"),
            self._undo,
            parts.button("Save as case …", self.open_case, tooltip="keep the incident to measure analysts on (s)"),
        )
        self._form = parts.column()
        self.widget = parts.column(parts.row(*buttons, style="ld-actions"), self._form)

    def show(self, diagnosis: Diagnosis, *, can_undo: bool) -> None:
        """Work on a diagnosis from now on; an open form is closed."""
        self._diagnosis = diagnosis
        self._undo.disabled = not can_undo
        self._put()

    def close(self) -> None:
        """Close the form that is open."""
        self._opened()
        self._put()
        self._closed()

    def open_correction(self) -> None:
        """Open the form that corrects."""
        found = self._diagnosis
        if found is None:
            return
        words = {
            "status": _choice("Status", STATUSES, found.status),
            "category": _choice("Category", CATEGORIES, found.category),
            "severity": _choice("Severity", SEVERITIES, found.severity),
        }
        shown = visible(found.root_cause)
        cause = parts.field(shown, name="Root cause", lines=3)
        note = parts.field("", name="Why", hint="what shows it; whoever reads the report will ask", lines=2)

        def save() -> None:
            given = {name: widget.value for name, widget in words.items()}
            # What was made visible of a hostile text isn't a correction of it.
            given["root_cause"] = found.root_cause if cause.value == shown else cause.value
            self._correct({**given, "note": note.value})

        fields = parts.row(*words.values(), style="ld-fields")
        self._opened()
        self._put(fields, cause, note, self._buttons("Save correction", save))
        words["status"].focus()

    def open_note(self) -> None:
        """Open the form that adds a note."""
        text = parts.field("", name="Note", lines=3, hint="what should be known about this diagnosis")
        self._opened()
        self._put(text, self._buttons("Save note", lambda: self._note(text.value)))
        text.focus()

    def open_case(self) -> None:
        """Open the form that saves a case."""
        hint = "<div class='ld-quiet'>Writes the log, or the lines of it that matter, with what the diagnosis says as "
        hint += "its label: a case to measure analysts on.</div>"
        where = parts.field("", name="Directory", hint="a new directory, for example cases/payment-svc-2026-11")
        self._opened()
        self._put(parts.html(hint), where, self._buttons("Save case", lambda: self._save_case(where.value)))
        where.focus()

    def _buttons(self, text: str, save: Callable[[], None]) -> Any:
        return parts.row(parts.button(text, save, "ld-primary"), parts.button("Cancel", self.close), style="ld-buttons")

    def _put(self, *children: Any) -> None:
        old = self._form.children
        self._form.children = (parts.column(*children, style="ld-form"),) if children else ()
        parts.discard(*old)


def _choice(name: str, words: tuple[str, ...], value: str) -> Any:
    return parts.choice([(word.replace("_", " "), word) for word in words], value, name=name)
