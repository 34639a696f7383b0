"""A file as a model sees it: whole lines, the secrets in them replaced before anything is cut or matched.

A search answers by what the model could read, never by what is hidden: a line that the pattern matches only within a
secret is no match, and is not counted. Otherwise a secret could be asked out of a file letter by letter.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from logdebug.logs import Match, strip_ansi
from logdebug.logs.patterns import compiled_small
from logdebug.redaction.blocks import LONGEST_KEY_LINES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logdebug.logs import Line, Log
    from logdebug.redaction.redactor import Redactor

__all__ = ["Veil", "Visible"]

_KEY_MARK = "PRIVATE KEY"
_MOST_KEYS = 2_000
_PAGES = (200, 1_000)
_MOST_COUNTED = 2_000
_MOST_SHOWN_CHARACTERS = 24_000  # of the lines around matches: twice what a tool gives
_ROW_CHARACTERS = 600  # of a line, what a tool gives at the most
_ABOVE_LINES = 10  # that may say what stands on a line: a question, a key of JSON or YAML, the header of a table
_ABOVE_ONE = 3  # the same for a line by itself, of which there may be many
_MOST_WORDS = 4  # of such a line
_NAMING = re.compile(r"^\D*$|[^\w\s.)]\s*$")  # without a digit, such as a header; or it ends as if something followed
_AROUND_LINES = 10
_READ_LINES = 1_000
_MOST_READ_LINES = 500_000


@dataclass(frozen=True, slots=True)
class Visible:
    """What a search found of what is visible.

    Parameters
    ----------
    matches
        The first lines that match, up to the limit, without secrets; fewer where the lines around them are many.
    total
        How many lines match.
    more
        Whether there may be still more than that: so many are not counted one by one.
    """

    matches: tuple[Match, ...]
    total: int
    more: bool = False


class Veil:
    """One file, as a model sees it.

    Parameters
    ----------
    log
        The file, open.
    redactor
        What hides the secrets of this session.
    """

    def __init__(self, log: Log, redactor: Redactor) -> None:
        self._log = log
        self._redactor = redactor
        self._of_keys: dict[int, str] = {}

    def lines(self, first: int, last: int) -> list[Line]:
        """Give some lines, by their numbers, ends included; what stands above them may say that they hold a secret."""
        shown = self.over(self._log.lines(max(1, first - _ABOVE_LINES), last))
        return [line for line in shown if line.number >= first]

    def over(self, lines: Iterable[Line]) -> list[Line]:
        """Give lines of the file without their secrets."""
        lines = list(lines)
        if not lines:
            return []
        texts = self._redactor.redact("\n".join(_on_one_line(line.text) for line in lines)).split("\n")
        shown = ((line, self._key_line(line.number) or text) for line, text in zip(lines, texts, strict=True))
        return [line if text == line.text else line._replace(text=text) for line, text in shown]

    def hide(self, text: str, number: int) -> str:
        """Give the text of a line, or most of it, without its secrets; for what shows a line in its own way."""
        if key := self._key_line(number):
            return key
        above: Sequence[Line] = ()
        if number > 1 and self._redactor.is_on and _may_be_named_above(text):
            above = _from_a_name(self._log.lines(max(1, number - _ABOVE_ONE), number - 1))
        texts = [*(_on_one_line(line.text) for line in above), text]
        return self._redactor.redact("\n".join(texts)).split("\n", len(above))[-1]

    def restored(self, text: str, *, near: int | None = None) -> str:
        """Put the secrets back in text of a model's.

        What a session knew before it was gone on with is known again once it is met: the lines around `near` are read
        for it, and then the file from its beginning.
        """
        redactor = self._redactor
        if near is not None and not redactor.knows(text):
            self.lines(max(1, near - _AROUND_LINES), near + _AROUND_LINES)
        first = 1
        while not redactor.knows(text) and first <= min(self._log.line_count, _MOST_READ_LINES):
            self.lines(first, first + _READ_LINES - 1)
            first += _READ_LINES
        return redactor.restore(text)

    def search(self, pattern: str, *, context: int, limit: int, ignore_case: bool, **only: Any) -> Visible:
        """Search what is visible of the file; the arguments are those of `Log.search`.

        A placeholder in the pattern stands for the secret that it is.

        Raises
        ------
        PatternError
            Where the engine doesn't take the pattern, or it is too large.
        LogError
            Where a time or a level is none.
        """
        visible = compiled_small(pattern, ignore_case=ignore_case, log=self._log.name)
        literal = self._redactor.restore_pattern(pattern)
        if not self._redactor.is_on:
            found = self._log.search(pattern, context=context, limit=limit, ignore_case=ignore_case, **only)
            return Visible(found.matches, found.total)
        matches: list[Match] = []
        total, size = 0, 0
        for match in self._matches(literal, context=context + _ABOVE_ONE, ignore_case=ignore_case, **only):
            if total >= _MOST_COUNTED:
                return Visible(tuple(matches), total, more=True)
            named = _may_be_named_above(match.line.text)
            *_, line = self.over([*(_from_a_name(match.before[-_ABOVE_ONE:]) if named else ()), match.line])
            if line.text != _on_one_line(match.line.text) and visible.search(line.text.encode()) is None:
                continue
            total += 1
            if len(matches) < limit and size < _MOST_SHOWN_CHARACTERS:
                before, after = self.over(match.before), self.over(match.after[:context])
                before = [each for each in before if each.number >= line.number - context]
                size += sum(min(len(each.text), _ROW_CHARACTERS) for each in (*before, *after))
                matches.append(Match(line, tuple(before), tuple(after)))
        return Visible(tuple(matches), total)

    def _matches(self, pattern: str, *, first_line: int = 1, **only: Any) -> Iterator[Match]:
        """Give all matches one by one, fetched page by page."""
        pages = iter(_PAGES)
        size = 0
        while True:
            size = next(pages, size)
            found = self._log.search(pattern, first_line=first_line, limit=size, **only)
            yield from found.matches
            if found.total <= len(found.matches):
                return
            first_line = found.matches[-1].line.number + 1

    def _key_line(self, number: int) -> str:
        """Give the text of a line that is a private key's, without it; empty where it is none's."""
        if not self._keys:
            return ""
        place = bisect_right(self._keys, (number, self._log.line_count + 1)) - 1
        if place < 0 or number > self._keys[place][1]:
            return ""
        first, last = self._keys[place]
        if first not in self._of_keys:
            lines = self._log.lines(first, last)
            texts = self._redactor.redact("\n".join(_on_one_line(line.text) for line in lines)).split("\n")
            self._of_keys |= dict(zip(range(first, last + 1), texts, strict=False))
        return self._of_keys.get(number, "")

    @cached_property
    def _keys(self) -> list[tuple[int, int]]:
        """Give where private keys may be, as first and last lines in the file's order.

        A key is looked for from either mark, and its lines are always redacted together: wherever a read begins, the
        lines of a key are known to be one's.
        """
        if not self._redactor.is_on:
            return []
        spans: list[tuple[int, int]] = []
        for match in self._log.search(_KEY_MARK, limit=_MOST_KEYS).matches:
            number, ends = match.line.number, "END" in match.line.text and "BEGIN" not in match.line.text
            first = max(1, number - LONGEST_KEY_LINES) if ends else number
            last = number if ends else min(self._log.line_count, number + LONGEST_KEY_LINES)
            if spans and first <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
            else:
                spans.append((first, last))
        return spans


def _may_be_named_above(text: str) -> bool:
    """Tell whether a line may be a value, or a row of a table, rather than a sentence of its own."""
    return len(text.split(None, _MOST_WORDS)) <= _MOST_WORDS or "|" in text or "\t" in text


def _from_a_name(lines: Sequence[Line]) -> Sequence[Line]:
    """Give of some lines those from the first on that may say what stands below it; of most lines of logs none."""
    first = next((place for place, line in enumerate(lines) if _NAMING.search(line.text)), len(lines))
    return lines[first:]


def _on_one_line(text: str) -> str:
    return strip_ansi(text).replace("\n", " ")
