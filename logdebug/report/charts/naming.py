"""What incidents are called in charts: short, readable whatever the name holds, and told apart where they share one."""

from __future__ import annotations

import unicodedata
from collections import Counter
from itertools import count
from pathlib import PurePath
from typing import TYPE_CHECKING

from logdebug.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["distinct_names", "shown_name", "shown_text"]

_MOST_COLUMNS = 34
_MOST_MARKS = 3  # that one letter may carry; more would be drawn over the rows around it


def shown_name(name: str, most_columns: int = _MOST_COLUMNS) -> str:
    """Return a name as a chart shows it: on one line, cut in the middle, never empty.

    Parameters
    ----------
    name
        Hostile text.
    most_columns
        How wide it may be, in letters; wide ones, such as Chinese, count as two.
    """
    letters = _letters(one_line(name))
    if sum(map(_width, letters)) <= most_columns:
        return "".join(letters) or "(no name)"
    head = _fitting(letters, most_columns // 2)
    tail = _fitting(letters[::-1], most_columns - 1 - most_columns // 2)[::-1]
    return "".join([*head, "…", *tail])


def shown_text(text: str, most_columns: int) -> str:
    """Return a sentence as a chart shows it: on one line, cut at its end to at most `most_columns` letters."""
    letters = _letters(one_line(text))
    if sum(map(_width, letters)) <= most_columns:
        return "".join(letters)
    return "".join(_fitting(letters, most_columns - 1)).rstrip() + "…"


def distinct_names(incidents: Iterable[tuple[str, str, str]], most_columns: int = _MOST_COLUMNS) -> list[str]:
    """Return one name per incident, no two of them alike.

    Parameters
    ----------
    incidents
        The (service, working_dir, log_file) of each; hostile text.
    most_columns
        How wide a name may be.

    Returns
    -------
    list of str
        The service where that is enough; else with its directory's name, and its log's, and at last with a number.
    """
    held = list(incidents)
    services = [service for service, _, _ in held]
    names = _where_shared(services, [f"{s} ({PurePath(d).name})" for s, d, _ in held])
    names = _where_shared(names, [f"{s} ({PurePath(d).name}/{f})" for s, d, f in held])
    names = [shown_name(name, most_columns) for name in names]
    shared, taken = Counter(names), set(names)
    for place, name in enumerate(names):
        if shared[name] > 1:
            names[place] = next(each for number in count(1) if (each := f"{name} #{number}") not in taken)
            taken.add(names[place])
    return names


def _where_shared(names: Sequence[str], longer: Sequence[str]) -> list[str]:
    """Take the longer name of each that shares its name with another."""
    shared = Counter(names)
    return [more if shared[name] > 1 else name for name, more in zip(names, longer, strict=True)]


def _letters(text: str) -> list[str]:
    """Split a text into letters, each with the marks that it carries."""
    letters: list[str] = []
    for char in text:
        if letters and unicodedata.category(char) in {"Mn", "Me"}:
            if len(letters[-1]) <= _MOST_MARKS:
                letters[-1] += char
        else:
            letters.append(char)
    return letters


def _fitting(letters: Sequence[str], most_columns: int) -> list[str]:
    """Give the first letters that fit."""
    taken, width = [], 0
    for letter in letters:
        width += _width(letter)
        if width > most_columns:
            break
        taken.append(letter)
    return taken


def _width(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter[0]) in "WF" else 1
