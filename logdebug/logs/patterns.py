"""Search patterns in RE2's syntax, compiled."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from logdebug.errors import PatternError

__all__ = ["compiled"]

_KEPT = 64  # a search compiles its pattern three times, and agents on alike logs search for alike words


def compiled(pattern: str, *, ignore_case: bool, log: str = "") -> Any:
    """Compile a pattern so that it is matched within single lines, as grep does.

    Raises
    ------
    PatternError
        Where RE2 doesn't take it: look-around, back references, or a syntax error.
    """
    try:
        return _compiled(pattern, ignore_case=ignore_case)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else error
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        raise PatternError(
            f"the pattern {pattern!r} can't be searched for: {reason}. The syntax is RE2's: no look-around and no "
            "back references; put a backslash before ( ) [ ] { } . * + ? | ^ $ that are meant as they stand",
            pattern=pattern,
            log=log,
        ) from None


@lru_cache(_KEPT)
def _compiled(pattern: str, *, ignore_case: bool) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_nl = True
    options.never_capture = True  # only whether and where it matches is asked
    options.case_sensitive = not ignore_case
    return re2.compile(f"(?m)(?:{pattern})".encode(), options=options)
