"""Every error that logdebug raises on purpose.

    LogdebugError
    ├── IncidentError           an incident, or a list of them, that can't be investigated
    ├── SettingsError           a setting, an environment variable or an argument with no usable value
    ├── LogError                a log that can't be read
    │   ├── LogInterrupted      reading was stopped by its caller
    │   ├── PatternError        a search pattern that the linear-time engine doesn't take
    │   └── SignatureError      a signatures file that can't be used
    ├── WorkspaceError          a path that an agent may not, or can't, read
    ├── ModelError              a model that gave no usable reply
    │   ├── ModelBusy           a passing trouble (rate limit, 5xx, dropped connection): ask again
    │   ├── ModelRefused        the server refused the request for good
    │   │   └── AccountSpent    there is no money left in the account
    │   ├── ModelNotAuthorised  the key is missing, wrong, expired or without rights
    │   └── ContextTooLong      the conversation is longer than the model takes
    ├── AnswerError             a model's words that are not a diagnosis
    ├── NoAnswer                an agent that ended without a diagnosis
    ├── ClusterError            a cluster, or a worker of one, that can't take an incident
    ├── SessionError            a session directory that can't be written or read
    └── ReportError             a file that isn't a report, or a look-up in a report that finds nothing

Each says what was wrong, with which input, and what to do about it; each carries the object that it is about. `kind`
is the word that stands for the error in a report's `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "AccountSpent",
    "AnswerError",
    "ClusterError",
    "ContextTooLong",
    "IncidentError",
    "LogError",
    "LogInterrupted",
    "LogdebugError",
    "ModelBusy",
    "ModelError",
    "ModelNotAuthorised",
    "ModelRefused",
    "NoAnswer",
    "PatternError",
    "ReportError",
    "SessionError",
    "SettingsError",
    "SignatureError",
    "WorkspaceError",
]


class LogdebugError(Exception):
    """The root of the tree: whatever logdebug raises on purpose is one of these."""

    kind: ClassVar[str] = "error"


class IncidentError(LogdebugError):
    """An incident, or a list of incidents, that can't be investigated.

    Parameters
    ----------
    message
        What is wrong, with which incident, and the remedy.
    incident
        What was given, as it was given: an `Incident`, a tuple, a string, a path.
    """

    kind = "bad_incident"

    def __init__(self, message: str, *, incident: object = None) -> None:
        super().__init__(message)
        self.incident = incident


class SettingsError(LogdebugError):
    """A setting, an environment variable or an argument with no usable value."""

    kind = "bad_setting"

    def __init__(self, message: str, *, setting: str = "") -> None:
        super().__init__(message)
        self.setting = setting


class LogError(LogdebugError):
    """A log that can't be read; `log` is its name or path as the caller knows it."""

    kind = "unreadable_log"

    def __init__(self, message: str, *, log: str | Path = "") -> None:
        super().__init__(message)
        self.log = str(log)


class LogInterrupted(LogError):
    """Reading was stopped by its caller (`Log.stop`) before it was done."""

    kind = "interrupted"


class PatternError(LogError):
    """A search pattern that the linear-time engine doesn't take; `pattern` is the pattern."""

    kind = "bad_pattern"

    def __init__(self, message: str, *, pattern: str, log: str | Path = "") -> None:
        super().__init__(message, log=log)
        self.pattern = pattern


class SignatureError(LogError):
    """A signatures file that can't be used; the message gives the file, the entry and the reason."""

    kind = "bad_signatures"


class WorkspaceError(LogdebugError):
    """A path that an agent may not, or can't, read.

    The message is written for a model: it says what was refused or missing and what to try instead, and never names
    anything outside the workspace.
    """

    kind = "workspace"

    def __init__(self, message: str, *, path: str) -> None:
        super().__init__(message)
        self.path = path


class ModelError(LogdebugError):
    """A model that gave no usable reply; `model` is its name."""

    kind = "model"

    def __init__(self, message: str, *, model: str = "") -> None:
        super().__init__(message)
        self.model = model


class ModelBusy(ModelError):
    """A passing trouble: a rate limit, a 5xx, a dropped connection, a timeout, a reply that is no JSON.

    Parameters
    ----------
    retry_after_seconds
        How long the server asked to be left alone, or None where it did not say.
    refusing_seconds
        Where there were too many requests (429), for how long it has refused all of them; None for another trouble, and
        where nobody keeps count.
    """

    kind = "model_unavailable"

    def __init__(
        self,
        message: str,
        *,
        model: str = "",
        retry_after_seconds: float | None = None,
        refusing_seconds: float | None = None,
    ) -> None:
        super().__init__(message, model=model)
        self.retry_after_seconds = retry_after_seconds
        self.refusing_seconds = refusing_seconds


class ModelRefused(ModelError):
    """The server refused the request for good (an unknown model, a malformed request, a content filter)."""

    kind = "model_refused"


class AccountSpent(ModelRefused):
    """There is no money left in the account, or its quota is used up: no waiting mends that."""

    kind = "account_spent"


class ModelNotAuthorised(ModelError):
    """The key is missing, wrong, expired, or without rights to this model."""

    kind = "not_authorised"


class ContextTooLong(ModelError):
    """The conversation is longer than the model takes."""

    kind = "context_too_long"


class AnswerError(LogdebugError):
    """A model's words that are not a diagnosis.

    The message goes back to the model, so it says what to change.
    """

    kind = "bad_answer"


class NoAnswer(LogdebugError):
    """An agent that ended without a diagnosis, though it was asked for its best one."""

    kind = "no_answer"


class ClusterError(LogdebugError):
    """A cluster, or a worker of one, that can't take an incident, or does not behave; `worker` is its name."""

    kind = "cluster"

    def __init__(self, message: str, *, worker: str = "") -> None:
        super().__init__(message)
        self.worker = worker


class SessionError(LogdebugError):
    """A session directory that can't be written or read; `path` is the directory or file."""

    kind = "session"

    def __init__(self, message: str, *, path: str | Path) -> None:
        super().__init__(message)
        self.path = str(path)


class ReportError(LogdebugError):
    """A file that isn't a report, or a look-up in a report that finds nothing."""

    kind = "report"
