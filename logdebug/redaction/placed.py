"""Values that are named by their place: below their name, below a question, and in the columns of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import re2

from logdebug.linear import UNANCHORED, matching
from logdebug.redaction.blocks import NAMED_ABOVE, QUESTION, answers, named_above
from logdebug.redaction.columns import COLUMNS, named_by_column

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["named_by_place"]


def named_by_place(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Find values whose names stand elsewhere; a text without any costs one pass.

    Yields
    ------
    tuple of bytes, int and int
        The name; start and end of the value, its quotes included.
    """
    if _next_name(UNANCHORED, data, 0, len(data))[0][0] >= 0:
        yield from named_above(data)
        yield from named_by_column(data)
        yield from answers(data)


def _nameless() -> re2.Options:
    options = re2.Options()
    options.never_capture = True
    return options


_next_name = matching(
    re2.compile(b"|".join(b"(?m:%b)" % pattern for pattern in (NAMED_ABOVE, COLUMNS, QUESTION)), _nameless())
)
