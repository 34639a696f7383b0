"""Why an incident got no diagnosis, as its report says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.records import Failure

if TYPE_CHECKING:
    from logdebug.errors import LogdebugError

__all__ = ["cancelled", "failure_of", "unaffordable"]


def failure_of(error: LogdebugError, *, service: str, session: str) -> Failure:
    """Give what an error of the tree is in a report."""
    return Failure(service=service, error=error.kind, message=str(error), session=session)


def unaffordable(service: str, session: str) -> Failure:
    """Say that what the run may cost was spent before an incident's turn."""
    return Failure(
        service=service,
        error="run_limit",
        message="what the run may cost was spent before this incident's turn; raise run_limits and resume the run",
        session=session,
    )


def cancelled(service: str, session: str, by: str) -> Failure:
    """Say that an incident was cancelled; without a session it had not begun, without a `by` the run was."""
    return Failure(
        service=service,
        error="cancelled",
        message=(f"cancelled by {by} " if by else "the run was cancelled ")
        + ("while this incident was worked on" if session else "before its turn"),
        session=session,
    )
