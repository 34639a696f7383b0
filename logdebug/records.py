"""The words of logdebug as frozen records: what goes in, what comes out, and the three vocabularies.

Records hold values and nothing else: no I/O, no defaults from outside. Whoever builds one has checked what goes in
(`incidents` for incidents, `agent.answers` for a model's words, `report` for a file), so whoever reads one needn't.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from logdebug.errors import IncidentError

if TYPE_CHECKING:
    from collections.abc import Sequence

# A report's records are read back by pydantic, which looks these names up at run time.
from datetime import datetime  # noqa: TC003

__all__ = [
    "CATEGORIES",
    "DECISIONS",
    "SEVERITIES",
    "STATUSES",
    "Absence",
    "Category",
    "Correction",
    "Decision",
    "Diagnosis",
    "Evidence",
    "Failure",
    "Incident",
    "Review",
    "Severity",
    "Status",
    "Suspicion",
    "TimelineEvent",
    "Usage",
]

Category = Literal[
    "crash",
    "oom",
    "dependency_failure",
    "config_error",
    "timeout",
    "permission_denied",
    "disk_full",
    "network_error",
    "application_bug",
    "data_corruption",
    "unknown",
]
Severity = Literal["critical", "high", "medium", "low"]
Status = Literal["diagnosed", "inconclusive", "no_errors_found"]
Decision = Literal["accepted", "corrected", "noted"]

CATEGORIES: tuple[Category, ...] = get_args(Category)
"""Every category, in the order in which tables and charts list them."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Every severity, worst first."""
STATUSES: tuple[Status, ...] = get_args(Status)
"""Every status a diagnosis can have."""
DECISIONS: tuple[Decision, ...] = get_args(Decision)
"""Every decision a reviewer can make on a diagnosis."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One failed service: a directory, the log in it, and the service's name.

    Parameters
    ----------
    working_dir
        The directory that the agent may read, and nothing outside it.
    log_file
        The log, as a path relative to `working_dir`.
    service
        The service's name, as people know it. Two incidents may share one.
    """

    working_dir: Path
    log_file: str
    service: str

    def __post_init__(self) -> None:
        """Take a directory that is given as a string, as people do, for the path that it is."""
        if isinstance(self.working_dir, str):
            object.__setattr__(self, "working_dir", Path(self.working_dir))

    @classmethod
    def parse(cls, text: str) -> Incident:
        """Read an incident from `DIR:LOGFILE:SERVICE`, split from the right, so that DIR may hold colons.

        Raises
        ------
        IncidentError
            Where there are fewer than three fields, or an empty one.
        """
        fields = text.rsplit(":", 2)
        if len(fields) != 3 or not all(part.strip() for part in fields):
            raise IncidentError(
                f"incident {text!r} is not DIR:LOGFILE:SERVICE; write for example /var/log/shop:app.log:shop",
                incident=text,
            )
        return cls(Path(fields[0]), fields[1], fields[2])

    @classmethod
    def of(cls, given: Incident | Sequence[object]) -> Incident:
        """Take an incident, or a plain (working_dir, log_file, service), as an incident.

        Raises
        ------
        IncidentError
            Where it is something else, has the wrong number of fields, or an empty one.
        """
        if isinstance(given, Incident):
            return given
        if isinstance(given, str):
            return cls.parse(given)
        try:
            # What has no order, or is read by key, would give its fields in the wrong places.
            fields = () if isinstance(given, Mapping | AbstractSet) else tuple(given)
        except TypeError:
            fields = ()
        if len(fields) != 3 or not all(isinstance(part, str | Path) and str(part).strip() for part in fields):
            raise IncidentError(
                f"incident {given!r} is not (working_dir, log_file, service): three non-empty strings or paths",
                incident=given,
            )
        working_dir, log_file, service = fields
        return cls(Path(str(working_dir)), str(log_file), str(service))

    @property
    def log_path(self) -> Path:
        """The log's path: `log_file` under `working_dir`."""
        return self.working_dir / self.log_file

    def __str__(self) -> str:
        """Give the incident as `DIR:LOGFILE:SERVICE`."""
        return f"{self.working_dir}:{self.log_file}:{self.service}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What an incident, or a run, cost.

    Parameters
    ----------
    turns
        Replies that were got from a model.
    input_tokens, output_tokens
        Tokens sent and received as the server counts them; 0 where it doesn't say.
    cost_usd
        Price in US dollars, or None where it isn't known.
    seconds
        Wall time.
    """

    turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens sent and received together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        """Add up two usages; the cost is known only where both are."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            turns=self.turns + other.turns,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
            seconds=self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One step of the story.

    Parameters
    ----------
    timestamp
        When, in UTC (a log's time without a zone is taken as UTC); None where the log has no time there.
    event
        What happened, in one sentence.
    line
        The line of the log that shows it, from 1; None where no line does.
    """

    timestamp: datetime | None
    event: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote that supports a diagnosis, and where it was found.

    Parameters
    ----------
    quote
        The quoted text.
    file
        The file it is from, relative to the incident's working directory.
    line
        The line on which the quote begins, from 1; None where it was not found and none was claimed.
    byte_start, byte_end
        The bytes [byte_start, byte_end) of the lines that hold the quote, in the file's uncompressed text; None where
        it was not found.
    verified
        Whether code found the quote in the file.
    """

    quote: str
    file: str
    line: int | None = None
    byte_start: int | None = None
    byte_end: int | None = None
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Absence:
    """Something that a diagnosis says did not occur, as the search that shows it and that can be run again.

    The search is for lines that match, upper and lower case alike. That something is missing tells the more the oftener
    it occurs in the rest of the file: `before` and `after` are the control.

    Parameters
    ----------
    claim
        What did not occur, in one sentence.
    pattern
        What was searched for, in RE2's syntax.
    file
        The file that was searched, relative to the incident's working directory.
    first_line, last_line
        The lines that were searched, from 1, inclusive; as claimed, or None, where the search could not be run.
    byte_start, byte_end
        The bytes [byte_start, byte_end) of these lines in the file's uncompressed text; None where it was not run.
    sha256
        SHA-256 of these bytes, in hex, by which they are known again; empty where it was not run.
    verified
        Whether code ran the search and no line matched.
    matches
        How many of these lines match; 0 where it was not run, too.
    match_line
        The first line that matches, from 1; None where none does.
    before, after
        How many lines of the file match before these lines, and after them.
    problem
        Why the search could not be run; empty where it was.
    """

    claim: str
    pattern: str
    file: str
    first_line: int | None = None
    last_line: int | None = None
    byte_start: int | None = None
    byte_end: int | None = None
    sha256: str = ""
    verified: bool = False
    matches: int = 0
    match_line: int | None = None
    before: int = 0
    after: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A passage of what was read that looks as if written to steer whoever reads it.

    Parameters
    ----------
    file
        The file, relative to the incident's working directory; empty where it is a name, or no file's text.
    line
        Its line, from 1; None where it has none.
    kind
        What it looks like: an instruction, a role mark, a tool call, hidden text …
    words
        How it begins.
    """

    file: str
    line: int | None
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Correction:
    """One value of a diagnosis that a reviewer changed.

    Parameters
    ----------
    field
        Which: category, severity, status or root_cause.
    before, after
        Its value until then and since.
    """

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Review:
    """What a person decided on a diagnosis.

    Parameters
    ----------
    reviewer
        Who.
    reviewed_at
        When, in UTC.
    decision
        Whether they accepted it, corrected it, or only added a note.
    note
        What they want to be known about it.
    corrections
        What they changed; the diagnosis holds the values since then.
    """

    reviewer: str
    reviewed_at: datetime
    decision: Decision
    note: str = ""
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found out about one incident: one entry of a report's `reports`.

    Parameters
    ----------
    service, working_dir, log_file
        The incident's own, whatever a model says.
    status
        Whether a cause was found and shown. Never `diagnosed` without verified evidence.
    root_cause
        The cause in one sentence.
    category, severity
        One word each of the vocabularies.
    confidence
        From 0 to 1.
    timeline
        The story, oldest first.
    evidence
        The quotes that carry the claim.
    recommendation
        What to do.
    grounded
        Whether at least one quote was found in the files.
    usage
        What this incident cost.
    log_sha256
        SHA-256 of the log file as it lies on disk, in hex, so that the citations can be checked later.
    session
        The session's directory name, whose trace holds every step of the agent; empty where there is none.
    reviews
        What people decided on it, oldest first; it holds the values that they corrected.
    shared_from
        The service whose incident was investigated in place of this one, since its log tells of the same failure; the
        quotes are this one's own all the same, and `session` is the other's. Empty where this one was investigated.
    analyst
        Who made it, where that isn't the report's model: `offline`, the embedded analyst. Else empty.
    absences
        What did not occur, each with the search that shows it. They support a claim; alone they make none `diagnosed`.
    recalled_from
        The session of an earlier run that it was taken from at no cost, since nothing had changed; else empty.
    suspicions
        Passages of what was read that look as if written to steer an analyst: for the reviewer to look at.
    """

    service: str
    working_dir: str
    log_file: str
    status: Status
    root_cause: str
    category: Category
    severity: Severity
    confidence: float
    timeline: tuple[TimelineEvent, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    recommendation: str = ""
    grounded: bool = False
    usage: Usage = field(default_factory=Usage)
    log_sha256: str = ""
    session: str = ""
    reviews: tuple[Review, ...] = ()
    shared_from: str = ""
    analyst: str = ""
    absences: tuple[Absence, ...] = ()
    recalled_from: str = ""
    suspicions: tuple[Suspicion, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """An incident that got no diagnosis: one entry of a report's `errors`.

    Parameters
    ----------
    service
        The incident's service.
    error
        The kind of error, one word (`LogdebugError.kind`).
    message
        What went wrong and what to do, for a person.
    session
        The session's directory name, whose trace holds what was done until then; empty where none was begun.
    """

    service: str
    error: str
    message: str
    session: str = ""
