"""What ends a whole run: a trouble that every further request would meet, told once instead of once per incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.errors import AccountSpent, ModelNotAuthorised

if TYPE_CHECKING:
    from pathlib import Path

    from logdebug.errors import ModelError

__all__ = ["STOPPING", "stopped"]

STOPPING = (ModelNotAuthorised, AccountSpent)
"""The errors that are no incident's own."""


def stopped(error: ModelError, directory: Path, *, finished: int, total: int) -> ModelError:
    """Give an error of the same kind that says what became of the run.

    Parameters
    ----------
    error
        What ended it.
    directory
        Where it is on disk.
    finished, total
        How many of how many incidents have an outcome.
    """
    kept = f"{finished} of {total} incidents had ended, and all that was done is kept in {directory}"
    remedy = f"mend that, and go on with resume={directory.name!r}"
    return type(error)(f"{error}. The run was stopped; {kept}: {remedy}", model=error.model)
