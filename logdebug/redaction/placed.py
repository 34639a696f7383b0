"""Values that are named by their place: below their name, below a question, and in the columns of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.redaction.blocks import NAMED_ABOVE, QUESTION, answers, named_above
from logdebug.redaction.columns import COLUMNS, named_by_column

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PLACED", "named_by_place"]

PLACED = (NAMED_ABOVE, COLUMNS, QUESTION)
"""What a text must have that holds such a value."""


def named_by_place(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Find values whose names stand elsewhere.

    Yields
    ------
    tuple of bytes, int and int
        The name; start and end of the value, its quotes included.
    """
    yield from named_above(data)
    yield from named_by_column(data)
    yield from answers(data)
