"""Reviewing a report: an explorer in the notebook, and the same decisions by calls.

    reviewing = report.review(path="report.json")
    reviewing                                       # the explorer
    reviewing.correct("payment-svc", severity="high")
    reviewing.report                                # the report with the decisions so far

The decisions are made by `report.reviewing`, which is pure; this module holds the current report, keeps it in a file
after each decision, and tells whoever shows it. Several people may review one file at the same time: each decision is
made on what the file holds by then.
"""

from __future__ import annotations

import getpass
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logdebug.errors import ReportError
from logdebug.report import reviewing as decisions
from logdebug.report.files import one_at_a_time
from logdebug.report.report import Report
from logdebug.report.table import ranked
from logdebug.report.text import one_line, shorten, untypeset
from logdebug.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logdebug.notebook.explorer import Explorer
    from logdebug.records import Review

__all__ = ["Reviewing", "review"]

_MOST_ROWS = 60


def review(
    report: Report,
    reviewer: str | None = None,
    path: str | Path | None = None,
    sessions_dir: str | Path | None = None,
    *,
    show_secrets: bool = False,
) -> Reviewing:
    """Review a report.

    Parameters
    ----------
    report
        The report; it is not changed.
    reviewer
        Who reviews; by default the login name.
    path
        A file in which the report is kept after each decision, whole or not at all. Where it holds this report with
        decisions already, the review goes on from there.
    sessions_dir
        Where the run kept its sessions; by default LOGDEBUG_SESSIONS_DIR, else the user's state directory.
    show_secrets
        Whether the explorer shows the secrets of quotes, read from the files again, and the logs as they are; what is
        decided, and kept in `path`, has placeholders all the same.

    Returns
    -------
    Reviewing
        Shows itself as an explorer in a notebook; its `report` has the decisions so far.

    Raises
    ------
    ReportError
        Where `path` holds something else than an earlier state of this report.
    """
    kept_in = Path(path) if path is not None else None
    if kept_in is not None and kept_in.expanduser().exists():
        report = decisions.continued(report, Report.load(kept_in))
    found = Settings.load().sessions_dir if sessions_dir is None else Path(sessions_dir)
    return Reviewing(
        report, reviewer if reviewer is not None else _login_name(), kept_in, found, show_secrets=show_secrets
    )


class Reviewing:
    """A report under review; `review` makes it.

    Parameters
    ----------
    report
        The report to begin with.
    reviewer
        Who reviews; may be set to another name at any time.
    path
        The file in which the report is kept after each decision; None for none.
    sessions_dir
        Where the run kept its sessions.
    show_secrets
        Whether the explorer shows secrets.
    """

    def __init__(
        self, report: Report, reviewer: str, path: Path | None, sessions_dir: Path, *, show_secrets: bool = False
    ) -> None:
        self.report = report
        self.reviewer = reviewer
        self.path = path
        self.sessions_dir = sessions_dir
        self.show_secrets = show_secrets
        self._kept: Report | None = None  # what the file holds, as far as is known here
        self._decided: list[tuple[int, Review]] = []
        self._watchers: list[Callable[[], None]] = []
        self._explorer: Explorer | None = None

    @property
    def can_undo(self) -> bool:
        """Whether something was decided here that isn't undone."""
        return bool(self._decided)

    def accept(self, incident: int | str, note: str = "") -> Report:
        """Accept a diagnosis as it stands; give the report with that. See `report.reviewing.accept`."""
        return self._decide(
            incident, lambda report: decisions.accept(report, incident, reviewer=self.reviewer, note=note)
        )

    def correct(
        self,
        incident: int | str,
        *,
        category: str | None = None,
        severity: str | None = None,
        status: str | None = None,
        root_cause: str | None = None,
        note: str = "",
    ) -> Report:
        """Correct a diagnosis; give the report with that. See `report.reviewing.correct`."""
        return self._decide(
            incident,
            lambda report: decisions.correct(
                report,
                incident,
                reviewer=self.reviewer,
                category=category,
                severity=severity,
                status=status,
                root_cause=root_cause,
                note=note,
            ),
        )

    def note(self, incident: int | str, note: str) -> Report:
        """Add a note to a diagnosis; give the report with that. See `report.reviewing.note`."""
        return self._decide(
            incident, lambda report: decisions.note(report, incident, reviewer=self.reviewer, note=note)
        )

    def undo(self) -> int:
        """Undo the last decision that was made here; give the place of its incident.

        Raises
        ------
        ReportError
            Where nothing was decided here that isn't undone, somebody else has decided on that incident since, or the
            file can't be written.
        """
        if not self._decided:
            raise ReportError("nothing was decided in this review, so there is nothing to undo")
        place, review = self._decided[-1]
        with self._newest():
            if self.report.reports[place].reviews[-1:] != (review,):
                service = shorten(one_line(self.report.reports[place].service), 80)
                raise ReportError(f"somebody else has decided on {service} since; correct it instead of undoing")
            self.report = decisions.undo(self.report, place)
            self._decided.pop()
            self._keep()
        return place

    def save_case(self, incident: int | str, directory: str | Path, **options: Any) -> Path:
        """Write a reviewed diagnosis as a labelled incident, to measure analysts on.

        Parameters
        ----------
        incident
            Which diagnosis: its place from 0, or its service.
        directory
            Where the case goes: a new or an empty directory.
        options
            As `logdebug.save_case` takes them.

        Returns
        -------
        pathlib.Path
            The case's directory, as `logdebug.load_cases` takes it.

        Raises
        ------
        ReportError
            Where nobody has accepted or corrected the diagnosis: nothing says that it is right.
        IncidentError
            Where the case can't be written.
        """
        from logdebug.evaluation.saving import save_case

        diagnosis = self.report.reports[decisions.place_of(self.report, incident)]
        if not decisions.reviewed(diagnosis):
            raise ReportError(
                f"nobody has accepted or corrected the diagnosis of {shorten(one_line(diagnosis.service), 80)}; decide "
                "on it first, since a case is what analysts are measured on"
            )
        return save_case(diagnosis, directory, **options).directory

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` after each decision."""
        self._watchers.append(watcher)

    def _decide(self, incident: int | str, decide: Callable[[Report], Report]) -> Report:
        with self._newest():
            self.report = decide(self.report)
            place = decisions.place_of(self.report, incident)
            self._decided.append((place, self.report.reports[place].reviews[-1]))
            self._keep()
        return self.report

    @contextmanager
    def _newest(self) -> Iterator[None]:
        """Have the report with what others have decided in its file, and keep them off it, for the time of a `with`."""
        if self.path is None:
            yield
            return
        with one_at_a_time(self.path):
            if self.path.expanduser().is_file():
                kept = Report.load(self.path)
                decisions.check_same_run(self.report, kept)
                # What could not be written is here and not in the file.
                self.report = kept if self.report == self._kept else decisions.continued(self.report, kept)
                self._kept = kept
            yield

    def _keep(self) -> None:
        """Write the report to its file; a decision stands, and is shown, also where that fails."""
        try:
            if self.path is not None:
                self.report.save(self.path)
                self._kept = self.report
        finally:
            for watcher in self._watchers:
                watcher()

    def __repr__(self) -> str:
        """Say how far the review is."""
        done = sum(map(decisions.reviewed, self.report.reports))
        return f"<Reviewing {self.report.diagnosed:,} incidents, {done:,} reviewed; a notebook shows the explorer>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """Give the explorer, and what stands for it where there are no widgets."""
        plain = {"text/plain": repr(self), "text/html": _table_html(self.report)}
        try:
            from logdebug.notebook.explorer import Explorer

            self._explorer = self._explorer or Explorer(self)
        except ImportError:
            hint = "<p>The explorer needs ipywidgets: <code>pip install ipywidgets</code>, and restart the kernel.</p>"
            return {**plain, "text/html": hint + plain["text/html"]}
        shown: dict[str, Any] = self._explorer.widget._repr_mimebundle_()
        return {**shown, **plain}


def _table_html(report: Report) -> str:
    """Give the incidents and the last decision on each as a table, for where there are no widgets."""
    rows = "".join(
        f"<tr><td>{entry.severity}</td><td>{_text(entry.service, 60)}</td><td>{_text(entry.root_cause, 160)}</td>"
        f"<td>{_text(_last(entry.reviews), 120)}</td></tr>"
        for _, entry in ranked(report)[:_MOST_ROWS]
    )
    more = report.diagnosed - _MOST_ROWS
    rest = f"<p>… and {more:,} more</p>" if more > 0 else ""
    head = "<tr><th>severity</th><th>service</th><th>root cause</th><th>decision</th></tr>"
    return untypeset(f"<table>{head}{rows}</table>{rest}")


def _last(reviews: tuple[Any, ...]) -> str:
    if not reviews:
        return "to review"
    return f"{reviews[-1].decision} by {reviews[-1].reviewer}, {reviews[-1].reviewed_at:%Y-%m-%d %H:%M} UTC"


def _text(text: str, most: int) -> str:
    return escape(shorten(one_line(text), most))


def _login_name() -> str:
    """Give the login name; empty where the machine has none, and the reviewer says it in the explorer."""
    with suppress(OSError, KeyError):  # a container's user may have no name
        return getpass.getuser()
    return ""
