"""Lines whose words alone don't tell their template: JSON, colours, HTTP statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["specials_of"]

# What only lines have that are JSON, have colours, or may have an HTTP status that tells of trouble.
_SPECIAL = (b'{"', b"\x1b", b'" 4', b'" 5', b"tatus")
_UNQUOTED = tuple(sign for sign in _SPECIAL if b'"' not in sign)


def specials_of(lines: Sequence[bytes], joined: bytes) -> dict[int, bytes]:
    """Give those of some lines that are JSON, have colours, or may have an HTTP status, by their places.

    Parameters
    ----------
    lines, joined
        The lines, and all of them in one text.
    """
    signs = [sign for sign in (_SPECIAL if b'"' in joined else _UNQUOTED) if sign in joined]
    if not signs:
        return {}
    return {place: line for place, line in enumerate(lines) if any(sign in line for sign in signs)}
