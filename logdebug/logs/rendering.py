"""How an overview is written: what fits in a budget, how a line, a size, a time and an activity are shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from logdebug.logs.fields import json_fields, level_of, message_of, strip_ansi
from logdebug.logs.templates import trouble_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from logdebug.logs.scan import Scan

__all__ = ["Budget", "activity_text", "clock", "duration_text", "shown", "size_text", "tokens_of"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BARS = " ▁▂▃▄▅▆▇█"
_WIDTH = 48


def tokens_of(text: str) -> int:
    """Count tokens as UTF-8 bytes / 4, rounded up: near to what models count in logs, and the same everywhere."""
    return -(-len(text.encode()) // 4)


class Budget:
    """What may still be written.

    Parameters
    ----------
    tokens
        The most tokens.
    """

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self.left = float(tokens * 4)

    def spend(self, text: str) -> bool:
        """Take the room for a text and the newlines after it; False, and nothing taken, where there isn't any."""
        size = len(text.encode()) + 2
        if size > self.left:
            return False
        self.left -= size
        return True

    def reserve(self, size_bytes: int) -> None:
        """Keep room for something that is written later."""
        self.left -= size_bytes

    def part(self, share: float) -> Budget:
        """Give a budget that is a share of what is left; what it spends isn't taken from this one."""
        part = Budget(0)
        part.left = max(self.left, 0) * share
        return part

    def cut(self, text: str) -> str:
        """Cut a text to the tokens, at a line's end, saying so."""
        if tokens_of(text) <= self.tokens:
            return text
        mark = "\n… [cut at the budget]"
        room = max(self.tokens * 4 - len(mark.encode()), 0)
        kept = text.encode()[:room].decode("utf-8", "ignore")
        return (kept.rpartition("\n")[0] or kept) + mark if room else kept


def shown(text: str, *, most: int, hide: Callable[[str], str] | None = None) -> str:
    """Give a log line as it is shown: on one line, without terminal escapes, at most about `most` characters.

    A JSON line too long to show is shown as what it says. In another long line, the part that tells of trouble is kept.
    What `hide` takes out is taken out before anything is cut.
    """
    text = _CONTROL.sub(" ", strip_ansi(text)).strip(" ")
    if hide is not None:
        text = hide(text)
    if len(text) <= most:
        return text
    if text[:1] == "{" and json_fields(text) is not None:
        return _shown_json(text, most)
    trouble = trouble_at(text)
    if trouble is None or trouble < most - 40:
        return text[: most - 2] + " …"
    start = max(trouble - most // 3, most // 2)
    end = start + most // 2
    return f"{text[: most // 2]} … {text[start:end]}" + (" …" if end < len(text) else "")


def _shown_json(text: str, most: int) -> str:
    level = level_of(text)
    message = _CONTROL.sub(" ", message_of(text))
    said = f"{{…}} {level or ''} {message}".replace("  ", " ")
    return said if len(said) <= most else said[: most - 2] + " …"


def size_text(size_bytes: int) -> str:
    """Write a size for people: 812 B, 4.2 kB, 1.3 GB."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError


def clock(time: datetime) -> str:
    """Write a time to the second."""
    return f"{time:%Y-%m-%d %H:%M:%S}"


def duration_text(duration: timedelta) -> str:
    """Write a duration for people: 0.4 s, 12 s, 3 min 5 s, 2 h 4 min, 3 d 2 h."""
    seconds = duration.total_seconds()
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    if seconds < 10:
        return f"{sign}{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{sign}{days} d {hours} h"
    if hours:
        return f"{sign}{hours} h {minutes} min"
    return f"{sign}{minutes} min {rest} s" if minutes else f"{sign}{rest} s"


def activity_text(scan: Scan) -> str:
    """Draw how many lines, and how many that tell of a failure, there are along the log; empty for a short log.

    Each column is the same number of lines; the times under it say how fast they came.
    """
    if len(scan.slices) < 4:
        return ""
    columns = min(_WIDTH, len(scan.slices))
    severe = [group for group, template in enumerate(scan.templates) if template.alarm >= 3]
    errors = [0] * columns
    for piece in scan.slices:
        middle = piece.first_line + piece.lines // 2
        column = min((middle - 1) * columns // max(scan.line_count, 1), columns - 1)
        errors[column] += sum(piece.counts[group] for group in severe)
    if not any(errors):
        return ""
    most = max(errors)
    bars = "".join(_BARS[-(-count * 8 // most)] for count in errors)
    per_column = scan.line_count / columns
    times = [piece.time for piece in scan.slices if piece.time]
    marks = " | ".join(f"{times[len(times) * part // 4]:%H:%M:%S}" for part in range(4)) if len(times) >= 4 else ""
    return f"ERRORS along the log (a column is {per_column:,.0f} lines, the highest {most:,} errors)\n|{bars}|" + (
        f"\nat a quarter each: {marks}" if marks else ""
    )
