"""What a report says of passages that look as if written to steer its analyst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.report.text import one_line, shorten

if TYPE_CHECKING:
    from logdebug.records import Diagnosis, Suspicion

__all__ = ["warning_of"]

_MOST_NAMED = 5
_MOST_WORDS = 80


def warning_of(diagnosis: Diagnosis) -> str:
    """Say in a sentence or two where such passages stand and how the first begins; empty where there are none."""
    found = diagnosis.suspicions
    if not found:
        return ""
    places = dict.fromkeys(_place(each) for each in found)
    named = ", ".join(list(places)[:_MOST_NAMED])
    more = f" and {len(places) - _MOST_NAMED} more" if len(places) > _MOST_NAMED else ""
    begins = shorten(one_line(found[0].words), _MOST_WORDS)
    return (
        f"What was read holds text that looks as if written to steer an analyst ({named}{more}); it begins “{begins}”. "
        "Look at the quotes yourself before you trust the verdict."
    )


def _place(each: Suspicion) -> str:
    where = one_line(each.file) or "a name"
    return f"{where}:{each.line}, {each.kind}" if each.line is not None else f"{where}, {each.kind}"
