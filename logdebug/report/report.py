"""The report: what a run found out, as one frozen value that is saved, loaded, looked into and shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, overload

from logdebug.errors import ReportError
from logdebug.records import Diagnosis, Failure, Usage
from logdebug.report import document
from logdebug.report.files import write_text
from logdebug.report.text import one_line, shorten

# Dataclass fields are part of the public signature, so their names must resolve at run time.
from datetime import datetime  # noqa: TC003  isort: skip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from logdebug.notebook.review import Reviewing
    from logdebug.report.charts.plots import Plots
    from logdebug.report.correlation.correlate import Correlation
    from logdebug.report.document import Summary
    from logdebug.report.history.history import History
    from logdebug.verification.signing import SignatureCheck
    from logdebug.verification.verification import Verification

__all__ = ["Report"]


@dataclass(frozen=True, repr=False)
class Report:
    """What a run found out about its incidents.

    Iterating gives the diagnoses in the run's order; `report[0]` and `report["payment-svc"]` give one of them.

    Parameters
    ----------
    generated_at
        When the run ended; a time without a zone is taken as UTC.
    model
        The model that made the diagnoses; `offline` is the embedded analyst, no model.
    run_id
        The run's name, as its sessions on disk have it.
    reports
        One diagnosis per incident that got one.
    errors
        One failure per incident that got none.
    usage
        What the run cost, failed incidents included.
    schema_version
        The version of the JSON form.
    redacted
        Whether secrets were hidden from the model and in this report; False after `investigate(redact=False)`, None
        where nobody knows.
    """

    generated_at: datetime
    model: str
    run_id: str
    reports: tuple[Diagnosis, ...]
    errors: tuple[Failure, ...] = ()
    usage: Usage = field(default_factory=Usage)
    schema_version: int = document.SCHEMA_VERSION
    redacted: bool | None = None

    def __post_init__(self) -> None:
        """Hold the entries as tuples and the time in UTC, whatever was given."""
        object.__setattr__(self, "generated_at", document.to_utc(self.generated_at))
        object.__setattr__(self, "reports", tuple(self.reports))
        object.__setattr__(self, "errors", tuple(self.errors))

    # Counts

    @property
    def total_incidents(self) -> int:
        """Incidents that were given: diagnosed and failed together."""
        return self.diagnosed + self.failed

    @property
    def diagnosed(self) -> int:
        """Incidents with a diagnosis, inconclusive ones included."""
        return len(self.reports)

    @property
    def failed(self) -> int:
        """Incidents that got no diagnosis."""
        return len(self.errors)

    @property
    def summary(self) -> Summary:
        """The diagnoses counted by severity and category, and their services."""
        return document.summarise(self.reports)

    # Look-up

    def find(self, service: str) -> tuple[Diagnosis, ...]:
        """Return every diagnosis of a service: none, one, or several where incidents share the name."""
        return tuple(report for report in self.reports if report.service == service)

    @overload
    def __getitem__(self, key: str | int) -> Diagnosis: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Diagnosis, ...]: ...
    def __getitem__(self, key: str | int | slice) -> Diagnosis | tuple[Diagnosis, ...]:
        """Return the diagnosis of a service, or the one at a place from 0.

        Raises
        ------
        ReportError
            Where there is none, or several of that name; it says what there is.
        """
        if isinstance(key, slice):
            return self.reports[key]
        if isinstance(key, str):
            return self._of_service(key)
        try:
            return self.reports[key]
        except IndexError:
            held = f"{self.diagnosed} diagnoses: use 0 to {self.diagnosed - 1}" if self.reports else "no diagnosis"
            raise ReportError(f"no diagnosis at {key}; this report has {held}") from None

    def __contains__(self, key: object) -> bool:
        """Whether a service, or a diagnosis, is in the report."""
        return bool(self.find(key)) if isinstance(key, str) else key in self.reports

    def __iter__(self) -> Iterator[Diagnosis]:
        """Give the diagnoses in order."""
        return iter(self.reports)

    def __len__(self) -> int:
        """Count the diagnoses."""
        return len(self.reports)

    def _of_service(self, service: str) -> Diagnosis:
        found = self.find(service)
        if len(found) == 1:
            return found[0]
        if found:
            places = "; ".join(
                f"[{index}] {one_line(report.working_dir)}"
                for index, report in enumerate(self.reports)
                if report.service == service
            )
            raise ReportError(
                f"{len(found)} incidents are called {service!r}: {shorten(places, 2000)}; "
                "take one by its number, or all with report.find"
            )
        raise ReportError(self._why_absent(service))

    def _why_absent(self, service: str) -> str:
        for failure in self.errors:
            if failure.service == service:
                return f"{service!r} got no diagnosis: {one_line(failure.message)} ({failure.error})"
        services = ", ".join(one_line(name) for name in self.summary.services_affected)
        held = f"it has {shorten(services, 2000)}" if services else "it has no diagnosis at all"
        return f"no service {service!r} in this report; {held}"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.summary.services_affected)

    # JSON

    def to_json(self) -> str:
        """Return the report as JSON (DESIGN "Report JSON"; schema in `report.schema.json`)."""
        return document.write(
            document.Document(
                generated_at=self.generated_at,
                model=self.model,
                run_id=self.run_id,
                schema_version=self.schema_version,
                total_incidents=self.total_incidents,
                diagnosed=self.diagnosed,
                failed=self.failed,
                summary=self.summary,
                usage=self.usage,
                reports=self.reports,
                errors=self.errors or None,
                redacted=self.redacted,
            )
        )

    @classmethod
    def from_json(cls, text: str | bytes, *, source: str = "the text") -> Report:
        """Read a report from JSON.

        Parameters
        ----------
        text
            The JSON, as `to_json` wrote it.
        source
            What errors call it.

        Raises
        ------
        ReportError
            Where it isn't a report; it names the source, the place and the remedy.
        """
        held = document.read(text, source)
        return cls(
            generated_at=held.generated_at,
            model=held.model,
            run_id=held.run_id,
            reports=held.reports,
            errors=held.errors or (),
            redacted=held.redacted,
            usage=held.usage,
            schema_version=held.schema_version,
        )

    def save(self, path: str | Path) -> Path:
        """Write the report to a file, whole or not at all, and return its path.

        Raises
        ------
        ReportError
            Where the file can't be written; an older one is as it was.
        """
        return write_text(path, self.to_json())

    @classmethod
    def load(cls, path: str | Path) -> Report:
        """Read a report from a file that `save` wrote; it equals the one that was saved.

        Raises
        ------
        ReportError
            Where the file can't be read or isn't a report; it names the file, the place in it and the remedy.
        """
        try:
            data = Path(path).expanduser().read_bytes()
        except (OSError, RuntimeError, ValueError) as error:  # also no home for ~, a NUL in the name
            reason = getattr(error, "strerror", None) or error
            raise ReportError(f"{path} can't be read: {reason}; give the path of a saved report") from error
        return cls.from_json(data, source=str(path))

    # Showing: doors to the rest of this room, which is imported when it is asked for

    def __repr__(self) -> str:
        """Give the report as an aligned table in plain text, worst first."""
        from logdebug.report.table import text_table

        return text_table(self)

    def _repr_html_(self) -> str:
        from logdebug.report.export.render import to_notebook_html

        return to_notebook_html(self)

    @property
    def plot(self) -> Plots:
        """The report's charts, each one method: `report.plot.timeline()`, `.activity("payment-svc")`, `.usage()` …."""
        from logdebug.report.charts.plots import Plots

        return Plots(self)

    def to_df(self) -> pd.DataFrame:
        """Return one row per diagnosis; see `logdebug.report.frames.to_df` for the columns."""
        from logdebug.report.frames import to_df

        return to_df(self)

    def evidence_df(self) -> pd.DataFrame:
        """Return one row per quote; see `logdebug.report.frames.evidence_df` for the columns."""
        from logdebug.report.frames import evidence_df

        return evidence_df(self)

    def absences_df(self) -> pd.DataFrame:
        """Return one row per thing that is said not to have occurred; see `logdebug.report.absences.absences_df`."""
        from logdebug.report.absences import absences_df

        return absences_df(self)

    def timeline_df(self) -> pd.DataFrame:
        """Return one row per event; see `logdebug.report.frames.timeline_df` for the columns."""
        from logdebug.report.frames import timeline_df

        return timeline_df(self)

    def usage_df(self) -> pd.DataFrame:
        """Return one row per diagnosis with what it cost, and one for all failures; see `report.frames.usage_df`."""
        from logdebug.report.frames import usage_df

        return usage_df(self)

    def reviews_df(self) -> pd.DataFrame:
        """Return one row per decision of a reviewer; see `logdebug.report.frames.reviews_df` for the columns."""
        from logdebug.report.frames import reviews_df

        return reviews_df(self)

    def events_df(self, sessions_dir: str | Path | None = None) -> pd.DataFrame:
        """Return one row per step of each agent, from the sessions on disk; see `logdebug.run.frames.events_df`."""
        from logdebug.run.frames import events_df

        return events_df(self, sessions_dir)

    def errors_df(self) -> pd.DataFrame:
        """Return one row per failure; see `logdebug.report.frames.errors_df` for the columns."""
        from logdebug.report.frames import errors_df

        return errors_df(self)

    def correlate(self) -> Correlation:
        """Find which incident explains which others; see `logdebug.report.correlation.correlate.correlate`."""
        from logdebug.report.correlation.correlate import correlate

        return correlate(self)

    def verify(self, directories: Mapping[str, str | Path] | None = None) -> Verification:
        """Check every citation again, against the files as they are now; see `logdebug.verification.verification`."""
        from logdebug.verification.verification import verify

        return verify(self, directories)

    def sign(self, key: str | Path, path: str | Path | None = None, *, passphrase: str | None = None) -> str:
        """Sign the report with an SSH key, and save both where a path is given; see `logdebug.verification.signing`."""
        from logdebug.verification.signing import sign

        return sign(self, key, path, passphrase=passphrase)

    def check(self, signature: str | Path, signers: str | Path) -> SignatureCheck:
        """Check who signed the report, and that it is what they signed; see `logdebug.verification.signing.check`."""
        from logdebug.verification.signing import check

        return check(self, signature, signers)

    def review(
        self,
        reviewer: str | None = None,
        path: str | Path | None = None,
        sessions_dir: str | Path | None = None,
        *,
        show_secrets: bool = False,
    ) -> Reviewing:
        """Review the report in an explorer: read, correct, sign off; see `logdebug.notebook.review.review`."""
        from logdebug.notebook.review import review

        return review(self, reviewer, path, sessions_dir, show_secrets=show_secrets)

    def to_html(
        self,
        path: str | Path | None = None,
        *,
        history: History | str | Path | None = None,
        redact: Callable[[str], str] | None = None,
        context_lines: int = 2,
        show_secrets: bool = False,
    ) -> str:
        """Return the report as one self-contained page; see `logdebug.report.export.render.to_html`."""
        from logdebug.report.export.render import to_html

        return to_html(
            self, path, history=history, redact=redact, context_lines=context_lines, show_secrets=show_secrets
        )

    def to_markdown(
        self,
        path: str | Path | None = None,
        *,
        history: History | str | Path | None = None,
        redact: Callable[[str], str] | None = None,
        show_secrets: bool = False,
    ) -> str:
        """Return the report as Markdown for an issue or a wiki; see `logdebug.report.export.render.to_markdown`."""
        from logdebug.report.export.render import to_markdown

        return to_markdown(self, path, history=history, redact=redact, show_secrets=show_secrets)

    def to_csv(
        self,
        path: str | Path | None = None,
        *,
        redact: Callable[[str], str] | None = None,
        show_secrets: bool = False,
    ) -> str:
        """Return one row per incident for a spreadsheet; see `logdebug.report.export.sheet.to_csv`."""
        from logdebug.report.export.sheet import to_csv

        return to_csv(self, path, redact=redact, show_secrets=show_secrets)
