"""The evidence of a diagnosis as it is shown: quotes that lie close together as one passage of the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.report.quoting import Excerpt, excerpts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.records import Diagnosis, Evidence
    from logdebug.report.quoting import ExcerptLine

__all__ = ["Passage", "passages_of"]


@dataclass(frozen=True, slots=True)
class Passage:
    """What is shown as one: a quote, or several that lie close together, with the log around them.

    Parameters
    ----------
    quotes
        The quotes, in the order of their lines.
    excerpt
        The log around them; None where it can't be read, and then there is one quote.
    """

    quotes: tuple[Evidence, ...]
    excerpt: Excerpt | None = None


def passages_of(
    diagnosis: Diagnosis, shown: Diagnosis, *, around_lines: int = 2, redact: Callable[[str], str] | None = None
) -> tuple[Passage, ...]:
    """Give a diagnosis's evidence with the log around it, those quotes together that lie close together.

    Parameters
    ----------
    diagnosis
        Whose evidence, as its citations are.
    shown
        The same as it is to be shown, redacted perhaps.
    around_lines, redact
        As for `excerpts_of`; with 0 lines no log is read.

    Returns
    -------
    tuple of Passage
        In the order of the evidence, a passage standing where its first quote does.
    """
    nothing: tuple[Excerpt | None, ...] = (None,) * len(diagnosis.evidence)
    excerpts = excerpts_of(diagnosis, around_lines=around_lines, redact=redact) if around_lines > 0 else nothing
    passages: list[Passage] = []
    for quote, excerpt in zip(shown.evidence, excerpts, strict=True):
        new = Passage((quote,), excerpt)
        place = next((place for place, held in enumerate(passages) if _touch(held, new)), None)
        if place is None:
            passages.append(new)
            continue
        # What now reaches from one passage to another makes those one, too.
        merged = _merged(passages[place], new)
        for other in [each for each in passages[place + 1 :] if _touch(merged, each)]:
            passages.remove(other)
            merged = _merged(merged, other)
        passages[place] = merged
    return tuple(passages)


def _touch(one: Passage, other: Passage) -> bool:
    """Tell whether two passages overlap or follow on one another, so that they can be one."""
    if one.excerpt is None or other.excerpt is None or one.excerpt.left_out or other.excerpt.left_out:
        return False
    (first, last), (begin, end) = _span_of(one.excerpt), _span_of(other.excerpt)
    return one.quotes[0].file == other.quotes[0].file and begin <= last + 1 and first <= end + 1


def _span_of(excerpt: Excerpt) -> tuple[int, int]:
    return excerpt.lines[0].number, excerpt.lines[-1].number


def _merged(one: Passage, other: Passage) -> Passage:
    assert one.excerpt is not None  # noqa: S101 - they touch
    assert other.excerpt is not None  # noqa: S101
    lines: dict[int, ExcerptLine] = {}
    for line in (*one.excerpt.lines, *other.excerpt.lines):
        held = lines.get(line.number)
        if held is None or len(line.quoted) > len(held.quoted):
            lines[line.number] = line
    quotes = sorted((*one.quotes, *other.quotes), key=lambda quote: quote.line or 0)
    return Passage(tuple(quotes), Excerpt(tuple(lines[number] for number in sorted(lines))))
