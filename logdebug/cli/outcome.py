"""What all commands share: their exit statuses, the check of an output, the end of a run, and how errors are told."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.errors import SettingsError

if TYPE_CHECKING:
    from logdebug.errors import LogdebugError
    from logdebug.evaluation.trials import Evaluation
    from logdebug.run.dispatch import Run

__all__ = ["CANCELLED", "OK", "SOME_FAILED", "USAGE", "check_writable", "complain", "finish"]

OK, SOME_FAILED, USAGE, CANCELLED = 0, 1, 2, 130


def finish(run: Run | Evaluation) -> bool:
    """Let the run finish; tell whether it was cancelled instead."""
    import asyncio

    try:
        asyncio.run(run.finish())
    except KeyboardInterrupt:
        return True
    return False


def check_writable(*paths: str | None) -> None:
    """Refuse an output that could not be written before anything is spent on what goes into it."""
    for path in filter(None, paths):
        target = Path(path)
        if target.is_dir():
            raise SettingsError(f"{path} is a directory; name a file to write to", setting="output")
        if not target.absolute().parent.is_dir():
            raise SettingsError(f"{target.absolute().parent} is no directory; make it first", setting="output")
        if not os.access(target.absolute().parent, os.W_OK):
            raise SettingsError(f"{target.absolute().parent} can't be written to; name another place", setting="output")


def complain(error: LogdebugError) -> None:
    """Tell an error on standard error, nothing hidden in it."""
    from logdebug.report.text import visible

    sys.stderr.write(f"logdebug: {visible(str(error))}\n")
