"""How long a log is read for one purpose at the most: a search that takes too long is stopped, and says what to do."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from logdebug.errors import LogInterrupted, PatternError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logdebug.logs.log import Log

__all__ = ["SEARCH_SECONDS", "searched_within"]

SEARCH_SECONDS = 300.0
"""What a search for a model's pattern may take: ten times as long as one of 10 GB does on two cores."""

_AGAIN_SECONDS = 0.05


@contextmanager
def searched_within(seconds: float, log: Log, pattern: str) -> Iterator[None]:
    """Stop a search in a log after so many seconds; whatever else reads the log at that moment is stopped as well.

    Parameters
    ----------
    seconds
        How long the search may take.
    log
        What is searched, in the `with`.
    pattern
        What for, which the error tells of.

    Raises
    ------
    PatternError
        Where it was stopped, with what to do about it.
    """
    late, done = threading.Event(), threading.Event()

    def watch() -> None:
        if done.wait(seconds):
            return
        late.set()
        log.stop()
        while not done.wait(_AGAIN_SECONDS):  # a search reads several times, and may have been between two reads
            log.stop()

    watcher = threading.Thread(target=watch, name="logdebug-deadline", daemon=True)
    watcher.start()
    try:
        yield
    except LogInterrupted:
        if not late.is_set():
            raise
        raise PatternError(
            f"the search in {log.name} for {pattern[:200]!r} took longer than {seconds:g} seconds and was stopped; "
            "search fewer lines at a time, or for a simpler pattern",
            pattern=pattern,
            log=log.name,
        ) from None
    finally:
        done.set()
        watcher.join()
