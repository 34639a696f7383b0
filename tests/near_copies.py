"""Copies of a log as another machine would have written it: other times, hosts, ids and numbers, other repeats."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from logdebug.logs.fields import message_of
from logdebug.logs.templates import masked

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CHANGES", "copy_of"]

_CLOCK = re.compile(r"\b([01]\d|2[0-3]):([0-5]\d):([0-5]\d)\b")
_DAY = re.compile(r"\b(20\d\d)([-/])(0[1-9]|1[0-2])([-/])(0[1-9]|[12]\d|3[01])\b")
_ADDRESS = re.compile(r"(?<![\w.])(?!127\.|0\.0\.)\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w.])")
_SYSLOG_HOST = re.compile(
    r"^([A-Z][a-z]{2} [ \d]\d \S+ |\d{4}-\d\d-\d\dT\S+ )([A-Za-z][\w.-]*)(?= [\w./()-]+(?:\[\d+\])?: )", re.MULTILINE
)
_NUMBERED_HOST = re.compile(r"\b([a-z]+(?:-[a-z]+)*)-(\d{1,3})\b")
_HEX = re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,40}\b")
_NUMBER = re.compile(r"(?<![\w.:/-])\d{4,9}(?![\w.:/-])")


def times(text: str, chance: random.Random) -> str:
    """Let all happen at another hour of another day."""
    hours, days = chance.randrange(1, 24), chance.randrange(1, 28)
    text = _CLOCK.sub(lambda found: f"{(int(found[1]) + hours) % 24:02d}:{found[2]}:{found[3]}", text)
    return _DAY.sub(
        lambda found: f"{found[1]}{found[2]}{found[3]}{found[4]}{(int(found[5]) + days) % 28 + 1:02d}", text
    )


def hosts(text: str, chance: random.Random) -> str:
    """Give every machine another name and address; the same one everywhere."""
    known: dict[str, str] = {}

    def other(name: str, make: Callable[[], str]) -> str:
        return known.setdefault(name, make())

    text = _ADDRESS.sub(
        lambda found: other(found[0], lambda: f"10.{chance.randrange(9)}.{chance.randrange(256)}.7"), text
    )
    text = _NUMBERED_HOST.sub(lambda found: other(found[0], lambda: f"{found[1]}-{chance.randrange(100)}"), text)
    names = ["amber", "birch", "cedar", "delta", "ember"]
    return _SYSLOG_HOST.sub(lambda found: found[1] + other(found[2], lambda: chance.choice(names)), text)


def ids(text: str, chance: random.Random) -> str:
    """Give every id, process and large number another value, the same one everywhere."""
    known: dict[str, str] = {}

    def other(found: re.Match[str]) -> str:
        digits = "0123456789abcdef" if not found[0].isdigit() else "123456789"
        return known.setdefault(found[0], "".join(chance.choice(digits) for _ in found[0]))

    return _NUMBER.sub(other, _HEX.sub(other, text))


def repeats(text: str, chance: random.Random) -> str:
    """Let lines that say the same come in another order, some twice, and some that came often not at all."""
    lines = text.splitlines(keepends=True)
    alike: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        alike.setdefault(masked(message_of(line.rstrip("\n"))), []).append(place)
    copied: list[list[str]] = [[line] for line in lines]
    for places in alike.values():
        if len(places) < 4:
            continue
        held = [lines[place] for place in places]
        chance.shuffle(held)
        for place, line in zip(places, held, strict=True):
            copied[place] = [line] * chance.choice((0, 1, 1, 1, 2)) if place != places[0] else [line]
    return "".join(line for several in copied for line in several)


CHANGES: dict[str, tuple[Callable[[str, random.Random], str], ...]] = {
    "times": (times,),
    "hosts": (hosts,),
    "ids": (ids,),
    "repeats": (repeats,),
    "all": (repeats, ids, hosts, times),
}
"""The kinds of copies."""


def copy_of(data: bytes, kind: str, seed: int) -> bytes:
    """Make a copy of a log of one kind; the same seed makes the same copy."""
    chance = random.Random(seed)
    text = data.decode("utf-8", "surrogateescape")
    for change in CHANGES[kind]:
        text = change(text, chance)
    return text.encode("utf-8", "surrogateescape")
