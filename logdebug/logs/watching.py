"""Reading that shows how far it is, where somebody waits for it in a notebook."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.logs.source import Source

__all__ = ["watched"]

Result = TypeVar("Result")

_LARGE_BYTES = 64 << 20
"""From this size on, reading in a notebook shows how far it is."""


def watched(source: Source, work: Callable[[Source], Result]) -> Result:
    """Do the work on a log's bytes; where it takes a while in a notebook, with a bar of how far it is."""
    waited_for = threading.current_thread() is threading.main_thread() and "ipykernel" in sys.modules
    if source.stored_bytes < _LARGE_BYTES or not waited_for:
        return work(source)
    from logdebug.notebook.reading import read_with_bar

    return read_with_bar(source, work)
