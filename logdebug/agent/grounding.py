"""No claim without a line: every quote is looked up in the file by code.

White space, ANSI codes and truncation marks do not matter; a changed word does. A quote found elsewhere than claimed
gets the line where it is; one that is not found is marked so.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.agent.turning import MOST_CHARACTERS, turns
from logdebug.errors import PatternError
from logdebug.logs import strip_ansi
from logdebug.records import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logdebug.logs import Line, Log

__all__ = ["ground", "holds"]

_SUBSTANCE = 6
"""Letters and digits that a quote needs to prove anything; "ERROR" alone stands in any log. A whole line always may."""

_NEAR_LINES = 5
_CANDIDATES = 200
_SLACK_CHARACTERS = 8_192
_PATTERN_WORDS = 24
# Only marks as tools write them: what stands in other brackets is somebody's words, and not left out unseen.
_TRUNCATION = re.compile(
    r" ?(?:\[(?:\.\.\.|…)\]|\[(?:cut|truncated)(?:[ :]+[\d,.]+ ?(?:more )?(?:characters?|chars|bytes|letters)?)?\]"
    r"|(?:…|\.\.\.)(?: \[[\d,]+ more bytes\])?) ?",
    re.IGNORECASE,
)
# A placeholder of a secret stands for what it stands for: what is around it is looked up.
_GAP = re.compile(rf"{_TRUNCATION.pattern}|[‹<]secret:[a-z0-9:-]{{1,60}}[›>]", re.IGNORECASE)
_NUMBERED = re.compile(r"[ \t]*(\d{1,12})[ \t]?[|:>-](?:[ \t]|$)")  # "12| " as the tools print it, "12- " as context
_ESCAPED = re.compile(r'(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))+')
_COLOUR_REST = re.compile(r"\[[0-9;]{0,20}m")  # of a colour, where the escape before it was lost on the way
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_TOKEN = re.compile(r"\w+|[^\w\s]")

# The same in the words of RE2, which sees the bytes of the file as they are.
_ESCAPE = r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
_UNSEEN = rf"(?:{_ESCAPE}|\p{{Cc}})*"
_BLANK = rf"(?:{_ESCAPE}|[\s\p{{Z}}\p{{Cc}}])+"


def ground(quote: str, *, file: str, line: int | None, log: Log) -> Evidence:
    """Look a quote up in its file.

    Parameters
    ----------
    quote
        What is quoted: a part of a line, a line, or several lines.
    file
        The file's name, for the record.
    line
        Where it is claimed to begin, from 1; None where nothing is claimed.
    log
        The file, open.

    Returns
    -------
    Evidence
        With `line` and byte span of where the quote is, the claimed line's neighbourhood first and the earliest
        occurrence next; `verified` false, and the line as claimed, where it is nowhere.
    """
    for reading in _readings(quote):
        if reading.at is not None:
            place = _place_at_line(reading, reading.at, log)
        else:
            place = _place_near(reading.pieces, line, log) or _place_anywhere(reading, log)
        if place:
            return Evidence(
                quote=quote,
                file=file,
                line=place.first.number,
                byte_start=place.first.byte_start,
                byte_end=place.last.byte_end,
                verified=True,
            )
    return Evidence(quote=quote, file=file, line=line)


def holds(lines: Sequence[Line], quote: str) -> bool:
    """Tell whether a quote begins on the first of some lines and ends on one of them.

    Parameters
    ----------
    lines
        Lines that follow on one another, at least one.
    quote
        What is quoted, as for `ground`.
    """
    return any(
        _place_at(reading.pieces, lines, _flat_lines(reading.pieces, lines)) is not None
        for reading in _readings(quote)
        if reading.at in (None, lines[0].number)
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a quote that must stand in the file as it is; a cut end may stop within a word."""

    text: str
    cut_before: bool = False
    cut_after: bool = False


@dataclass(frozen=True, slots=True)
class _Reading:
    """A way in which a quote may be meant; `at` is the one line where it may then begin, if it says so itself."""

    pieces: tuple[_Piece, ...]
    first_line_words: int
    at: int | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    first: Line
    last: Line


def _readings(quote: str) -> Iterator[_Reading]:
    """Give the ways in which a quote may be meant, the literal one first."""
    seen = set()
    bare = quote.strip().strip("\"'`")
    for text, at in ((quote, None), *_unnumbered(quote), (bare, None), *_unnumbered(bare)):
        for form in _forms(text):
            whole = _flat(form)
            if not whole or (whole, at) in seen:
                continue
            seen.add((whole, at))
            words = len(_flat(form.strip().partition("\n")[0]).split(" "))
            yield _Reading((_Piece(whole),), words, at)
            parts = _GAP.split(whole)
            if len(parts) > 1 and any(parts):
                pieces = (
                    _Piece(part, cut_before=number > 0, cut_after=number < len(parts) - 1)
                    for number, part in enumerate(parts)
                    if part
                )
                yield _Reading(tuple(pieces), words, at)


def _forms(text: str) -> tuple[str, ...]:
    """Give a text as it is, escaped as in a JSON log, unescaped, and without what is left of lost colours."""
    return (
        text,
        json.dumps(text, ensure_ascii=False)[1:-1],
        _ESCAPED.sub(lambda match: str(json.loads(f'"{match[0]}"')), text),
        _COLOUR_REST.sub("", text),
    )


def _unnumbered(quote: str) -> Iterator[tuple[str, int]]:
    """Take the tools' line numbers off a quote, if all of its lines have one; it then stands at the first, or nowhere.

    "8081: bind failed" may be a quote of line 8081; it isn't one of "8080: bind failed", wherever that stands.
    """
    lines = [line for line in quote.splitlines() if line.strip() and line.strip() != "--"]
    found = [_NUMBERED.match(line) for line in lines]
    numbered = [match for match in found if match]
    if lines and len(numbered) == len(lines):
        text = "\n".join(line[match.end() :] for line, match in zip(lines, numbered, strict=True))
        yield text, int(numbered[0][1])


def _flat(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", strip_ansi(text)).split())


def _place_at_line(reading: _Reading, number: int, log: Log) -> _Place | None:
    window = log.lines(number, number + _lines_of(reading.pieces) - 1)
    return _place_at(reading.pieces, window, _flat_lines(reading.pieces, window))


def _place_near(pieces: Sequence[_Piece], line: int | None, log: Log) -> _Place | None:
    """Look around the claimed line, outward from it."""
    if line is None:
        return None
    span = _lines_of(pieces)
    window = log.lines(max(1, line - _NEAR_LINES), line + _NEAR_LINES + span)
    flat = [_flat(each.text) for each in window]
    starts = sorted(range(len(window)), key=lambda index: abs(window[index].number - line))
    places = (_place_at(pieces, window[start : start + span], flat[start : start + span]) for start in starts)
    return next(filter(None, places), None)


def _place_anywhere(reading: _Reading, log: Log) -> _Place | None:
    """Search the whole file for the beginning of the quote and look at each place where it stands."""
    span = _lines_of(reading.pieces)
    words = reading.pieces[0].text.split(" ")
    # A quote of several lines begins with words of its first line: fewer and fewer of them are tried.
    counts = {min(count, len(words)) for count in (_PATTERN_WORDS, reading.first_line_words, 3)}
    try:
        for count in sorted(counts, reverse=True):
            for match in log.search(_pattern(words[:count]), limit=_CANDIDATES).matches:
                first = match.line.number
                window = log.lines(first, first + span - 1)
                if place := _place_at(reading.pieces, window, _flat_lines(reading.pieces, window)):
                    return place
    except PatternError:
        return None  # words of a size or kind that no pattern holds are no quote of this file
    return None


def _pattern(words: Sequence[str]) -> str:
    """Give a pattern that finds words in the file's bytes, with colours and the like between and within them."""
    return _BLANK.join(_UNSEEN.join(map(_pattern_of, _TOKEN.findall(word)[:_PATTERN_WORDS])) for word in words)


def _pattern_of(piece: str) -> str:
    # What isn't UTF-8 was shown as U+FFFD; in the file it is up to three bytes of any kind.
    return r"\C{1,3}" if piece == "\ufffd" else re.escape(piece)


def _lines_of(pieces: Sequence[_Piece]) -> int:
    """Tell over how many lines a quote may stretch: white space is free, so each word may stand on its own line."""
    return min(60, 2 + sum(len(piece.text) for piece in pieces) // 40) + (20 if len(pieces) > 1 else 0)


def _flat_lines(pieces: Sequence[_Piece], window: Sequence[Line]) -> list[str]:
    """Flatten the lines of a window; of those after the first no more than a quote that goes on there can hold."""
    most = _SLACK_CHARACTERS + 4 * sum(len(piece.text) for piece in pieces)
    return [_flat(line.text if index == 0 else line.text[:most]) for index, line in enumerate(window)]


def _place_at(pieces: Sequence[_Piece], window: Sequence[Line], flat: Sequence[str]) -> _Place | None:
    """Find the pieces, in order, in lines and their flat texts, the first of them beginning on the first line."""
    if not window:
        return None
    text = " ".join(flat)
    end = 0
    starts_at = None
    for piece in pieces:
        start = _occurrence(piece, text, end)
        if start is None:
            return None
        starts_at = start if starts_at is None else starts_at
        end = start + len(piece.text)
    if starts_at is None or starts_at >= max(1, len(flat[0])):
        return None  # begins on a later line: that line's own window finds it
    last = _line_index(flat, end - 1)
    if not _says_something(pieces, flat[0]):
        return None
    return _Place(window[0], window[last])


def _occurrence(piece: _Piece, text: str, position: int) -> int | None:
    """Find a piece that begins and ends where words do; "port 80" is not in "port 8080"."""
    at = position
    while (start := text.find(piece.text, at)) >= 0:
        end = start + len(piece.text)
        cut = text[max(position, start - MOST_CHARACTERS) : start]
        wrong = turns(cut, piece.text, is_between=position > 0) if piece.cut_before else _within_word(text, start)
        if not wrong and (piece.cut_after or not _within_word(text, end)):
            return start
        at = start + 1
    return None


def _within_word(text: str, position: int) -> bool:
    """Tell whether a cut at `position` would go through a word or a number ("took 3" is not in "took 3.5 s")."""
    if not 0 < position < len(text):
        return False
    before, after = text[position - 1], text[position]
    if before.isalnum() and after.isalnum():
        return True
    around = text[max(0, position - 2) : position + 2]
    return (before.isdigit() and after in ".," and around[-1:].isdigit()) or (
        after.isdigit() and before in ".," and around[:1].isdigit()
    )


def _line_index(flat: Sequence[str], offset: int) -> int:
    end = -1
    for index, line in enumerate(flat):
        end += len(line) + 1
        if offset < end:
            return index
    return len(flat) - 1


def _says_something(pieces: Sequence[_Piece], line: str) -> bool:
    """Tell whether at least one piece is long enough: many crumbs of one letter each stand in any text."""
    longest = max(sum(map(str.isalnum, piece.text)) for piece in pieces)
    return longest >= _SUBSTANCE or [piece.text for piece in pieces] == [line]
