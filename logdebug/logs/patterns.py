"""Search patterns in RE2's syntax, compiled."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from logdebug.errors import PatternError

__all__ = ["compiled", "compiled_small", "several_at_once"]

_KEPT = 64  # a search compiles its pattern three times, and agents on alike logs search for alike words
_LINES_AT_ONCE = 64, 8, 1
_MOST_STEPS = 10_000  # RE2 takes time by the text's length times these: with more, seconds for each MB
_BYTES_OF_STATES = 64 << 20  # of those that RE2 makes as it goes; where they don't suffice it is slow


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


def compiled_small(pattern: str, *, ignore_case: bool, log: str = "") -> Any:
    """Compile a stranger's pattern, such as a model's; one that a large log would be searched for hours for is refused.

    Raises
    ------
    PatternError
        Where RE2 doesn't take it, or it is too large.
    """
    regex = compiled(pattern, ignore_case=ignore_case, log=log)
    if regex.programsize > _MOST_STEPS:
        raise PatternError(
            f"the pattern {pattern[:200]!r} is too large to be searched for: it has {regex.programsize:,} steps, "
            f"{_MOST_STEPS:,} at the most; counted repetitions make so many: put `.*` for `.{{0,100}}`, or search for "
            "fewer words at a time",
            pattern=pattern,
            log=log,
        )
    return regex


def several_at_once(pattern: str, *, ignore_case: bool) -> tuple[tuple[int, Any], ...]:
    """Give what matches the next 64, 8 and 1 lines that match a pattern, and those before, from a line's start on.

    To be told of a match costs as much as going over some kB. Empty for a pattern so long that it can't be had.
    """
    # `\C` is the only thing that matches a newline: behind the first end of a line after each match, it does.
    line = rf"\C*?(?:{pattern})\C*?$\C"
    try:
        return tuple(
            (count, _compiled(f"(?:{line}){{{count}}}", ignore_case=ignore_case, states_bytes=_BYTES_OF_STATES))
            for count in _LINES_AT_ONCE
        )
    except re2.error:
        return ()


@lru_cache(_KEPT)
def _compiled(pattern: str, *, ignore_case: bool, states_bytes: int = 0) -> Any:
    options = re2.Options()
    if states_bytes:
        options.max_mem = states_bytes
    options.log_errors = False
    options.never_nl = True
    options.never_capture = True  # only whether and where it matches is asked
    options.case_sensitive = not ignore_case
    return re2.compile(f"(?m)(?:{pattern})".encode(), options=options)
