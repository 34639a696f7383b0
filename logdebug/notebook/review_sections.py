"""The four sections below a diagnosis under review: evidence, timeline, the agent's steps, coverage of the log.

Each is made when it is opened. What reads the log reads it through the incident's workspace, and a log too large to
read while somebody waits is read when they say so.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.agent.workspace import Workspace
from logdebug.errors import LogdebugError, SessionError
from logdebug.notebook import parts
from logdebug.notebook.coverage_html import coverage_html, kind_caption, kinds_html
from logdebug.notebook.passages import Opener
from logdebug.notebook.quotes import check_quotes
from logdebug.notebook.review_html import event_caption, quote_caption, steps_html, told
from logdebug.notebook.steps import rows_of, trace_of
from logdebug.report.absences import told as words_of
from logdebug.report.export.steering import warning_of
from logdebug.report.hiding import hiding_around
from logdebug.report.redaction import redacted
from logdebug.run.coverage import coverage_of, looks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from logdebug.records import Diagnosis
    from logdebug.run.coverage import Coverage

__all__ = ["Sections"]

_AT_ONCE_BYTES = 256 << 20
_MOST_ENTRIES = 40
_MOST_OPENERS = 15


class Sections:
    """The sections of one incident at a time; `widget` is what is shown.

    Parameters
    ----------
    sessions_dir
        Where the run kept its sessions.
    after_click
        Called when a click was dealt with.
    show_secrets
        Whether the logs are shown as they are.
    """

    def __init__(self, sessions_dir: Path, after_click: Callable[[], None], *, show_secrets: bool = False) -> None:
        self._sessions_dir = sessions_dir
        self._show_secrets = show_secrets
        self._after_click = after_click
        self._diagnosis: Diagnosis | None = None
        self._openers: list[Opener] = []
        self._coverages: dict[int, tuple[Coverage, bool]] = {}
        self._place = -1
        self._names = parts.toggles(["Evidence", "Timeline", "Steps", "Coverage"], "ld-sections")
        self._body = parts.column(style="ld-body")
        self._names.observe(lambda _: self._switch(), "index")
        self.widget = parts.column(self._names, self._body)

    def show(self, place: int, diagnosis: Diagnosis) -> None:
        """Show a diagnosis, its evidence first; one that is shown already stays as it is but for its values."""
        same = place == self._place
        self._place, self._diagnosis = place, diagnosis
        if same:
            return
        if self._names.index == 0:
            self._draw()
        else:
            self._names.index = 0

    def choose(self, number: int) -> None:
        """Show section `number`, from 0."""
        self._names.index = number

    def open_next(self) -> None:
        """Open the first text that is closed to the log around it."""
        opener = next((each for each in self._openers if each.can_open), None)
        if opener is not None:
            opener.open()

    def close_all(self) -> None:
        """Close whatever is open."""
        for opener in self._openers:
            opener.close()

    def _switch(self) -> None:
        self._draw()
        self._after_click()

    def _draw(self, *, whatever_size: bool = False) -> None:
        diagnosis = self._diagnosis
        if diagnosis is None:
            return
        self._openers = []
        make = (self._evidence, self._timeline, self._steps, self._coverage)[self._names.index]
        try:
            children = make(diagnosis, whatever_size=whatever_size)
        except (LogdebugError, ValueError) as error:  # ValueError: a NUL in the directory's name
            children = [parts.html(f"<p class='ld-warning'>{told(str(error), 800)}</p>")]
        old = self._body.children
        self._body.children = tuple(children)
        parts.discard(*old)

    def _read_all(self) -> None:
        self._draw(whatever_size=True)
        self._after_click()

    def _opener(self, caption: str, text: str, **place: Any) -> Any:
        opener = Opener(
            *(self._here(), caption, text), after_click=self._after_click, show_secrets=self._show_secrets, **place
        )
        self._openers.append(opener)
        return opener.widget

    def _here(self) -> Diagnosis:
        if self._diagnosis is None:
            raise LogdebugError("no incident is shown; choose one")
        return self._diagnosis

    def _evidence(self, diagnosis: Diagnosis, *, whatever_size: bool) -> list[Any]:
        absent = [parts.html(f"<p class='ld-absence'>{told(words_of(each), 1200)}</p>") for each in diagnosis.absences]
        if not diagnosis.evidence:
            return [parts.html("<p class='ld-quiet'>The diagnosis quotes nothing.</p>"), *absent]
        checks = check_quotes(diagnosis, whatever_size=whatever_size)
        children = [
            self._opener(
                quote_caption(check),
                quote.quote,
                file=check.file,
                first=check.line,
                last=check.last_line,
                quote=quote.quote,
            )
            for quote, check in list(zip(diagnosis.evidence, checks, strict=True))[:_MOST_ENTRIES]
        ]
        if warning := warning_of(diagnosis):
            children.insert(0, parts.html(f"<p class='ld-warning'>{told(warning, 800)}</p>"))
        if any(check.mark == "not checked" for check in checks):
            children.insert(0, parts.button("Look the quotes up in the large files now", self._read_all, "ld-small"))
        return children + _more(len(diagnosis.evidence), "quotes") + absent

    def _timeline(self, diagnosis: Diagnosis, **_: bool) -> list[Any]:
        if not diagnosis.timeline:
            return [parts.html("<p class='ld-quiet'>The diagnosis tells no story.</p>")]
        children = [
            self._opener(event_caption(event), event.event, file=diagnosis.log_file, first=event.line, prose=True)
            for event in diagnosis.timeline[:_MOST_ENTRIES]
        ]
        return children + _more(len(diagnosis.timeline), "events")

    def _steps(self, diagnosis: Diagnosis, **_: bool) -> list[Any]:
        return [parts.html(steps_html(rows_of(trace_of(diagnosis.session, self._sessions_dir))))]

    def _coverage(self, diagnosis: Diagnosis, *, whatever_size: bool) -> list[Any]:
        trace = self._trace(diagnosis)
        held = self._coverages.get(self._place)
        with (
            closing(Workspace(Path(diagnosis.working_dir))) as workspace,
            workspace.open_log(diagnosis.log_file) as log,
        ):
            if held is None and log.stored_bytes > _AT_ONCE_BYTES and not whatever_size:
                size = f"{log.stored_bytes / 1e6:,.0f} MB"
                return [parts.button(f"Read the log ({size}) and draw what was looked at", self._read_all, "ld-small")]
            if held is None:
                made = coverage_of(log, looks_of(trace), quoted=_quoted(diagnosis), by_rules=_by_rules(trace))
                made = redacted(made, hiding_around(diagnosis, None, show_secrets=self._show_secrets))
                held = self._coverages[self._place] = made, log.sha256 == diagnosis.log_sha256
        coverage, unchanged = held
        known = bool(trace)
        children = [parts.html(coverage_html(coverage, known=known))]
        if not unchanged:
            changed = "The log has changed since it was diagnosed: this is laid over what it is now."
            children.insert(0, parts.html(f"<p class='ld-warning'>{changed}</p>"))
        return children + self._kinds(diagnosis, coverage, known=known)

    def _kinds(self, diagnosis: Diagnosis, coverage: Coverage, *, known: bool) -> list[Any]:
        """Give the kinds of failure: those that were never shown to be opened, the others as a table."""
        missed = coverage.never_shown if known else ()
        children = []
        if missed:
            head = f"<div class='ld-label'>Kinds of failure that the agent was never shown ({len(missed):,})</div>"
            children.append(parts.html(head))
        children += [
            self._opener(
                kind_caption(kind), kind.template.example, file=diagnosis.log_file, first=kind.template.first_line
            )
            for kind in missed[:_MOST_OPENERS]
        ]
        if rest := missed[_MOST_OPENERS:]:
            children.append(parts.html(kinds_html(rest)))
        if seen := tuple(kind for kind in coverage.kinds if kind not in missed):
            title = "Kinds of failure that it was shown" if known else "Kinds of failure in the log"
            html = f"<div class='ld-label'>{title} ({len(seen):,})</div>{kinds_html(seen, known=known)}"
            children.append(parts.html(html))
        return children

    def _trace(self, diagnosis: Diagnosis) -> tuple[dict[str, Any], ...]:
        try:
            return trace_of(diagnosis.session, self._sessions_dir)
        except SessionError:
            return ()


def _quoted(diagnosis: Diagnosis) -> list[int]:
    mine = (quote for quote in diagnosis.evidence if quote.verified and quote.file == diagnosis.log_file)
    return [quote.line for quote in mine if quote.line]


def _by_rules(trace: tuple[Mapping[str, Any], ...]) -> bool:
    return any(step.get("step") == "Concluded" and step.get("reason") == "offline" for step in trace)


def _more(count: int, noun: str) -> list[Any]:
    left = count - _MOST_ENTRIES
    return [parts.html(f"<p class='ld-quiet'>… and {left:,} more {noun}</p>")] if left > 0 else []
