"""Labelled logs of many programs, grown from the templates in `labelled/`: what a grouping of lines is judged by.

A file has what stands before each message in its first line, and a template a line after that: how often it comes, a
blank, the message. What stands between « and » is a variable.
"""

from __future__ import annotations

import random
import re
import string
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DIRECTORY = Path(__file__).parent / "labelled"
PROGRAMS = sorted(path.stem for path in DIRECTORY.glob("*.txt"))

_VARIABLE = re.compile("«([^«»]*)»")
_LETTERS, _CAPITAL_HEX, _BASE64 = string.ascii_lowercase, "0123456789ABCDEF", string.ascii_letters + string.digits
_USERS = [
    "admin",
    "oracle",
    "test",
    "guest",
    "ubuntu",
    "pi",
    "deploy",
    "alice",
    "jenkins",
    "www-data",
    "postgres",
    "ftp",
    "nagios",
    "zabbix",
    "tomcat",
    "hadoop",
]
_NAMESPACES = ["default", "kube-system", "monitoring", "payments", "ingress-nginx", "shop"]
_DOMAINS = [
    *("play.google.com", "proxy.cse.cuhk.edu.hk", "www.example.com", "clients4.google.com", "s.ytimg.com"),
    *("translate.googleapis.com", "ocsp.digicert.com", "get.sogou.com", "mtalk.google.com", "cdn.jsdelivr.net"),
]


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_LETTERS, k=chance.randint(3, 9)))


def _ip(chance: random.Random) -> str:
    return ".".join(str(chance.randint(1, 254)) for _ in range(4))


def _port(chance: random.Random) -> str:
    return str(chance.randint(1024, 65535))


def _characters(of: str) -> Callable[[random.Random, str], str]:
    return lambda chance, count: "".join(chance.choices(of, k=int(count)))


_KINDS: dict[str, Callable[[random.Random, str], str]] = {
    "int": lambda chance, bounds: str(chance.randint(*map(int, bounds.split()))),
    "float": lambda chance, bounds: f"{chance.uniform(*map(float, bounds.split())):.{chance.randint(1, 4)}f}",
    "pick": lambda chance, choices: chance.choice(choices.split("|")),
    "hex": _characters("0123456789abcdef"),
    "HEX": _characters(_CAPITAL_HEX),
    "b64": _characters(_BASE64),
    "uuid": lambda chance, _: str(UUID(int=chance.getrandbits(128))),
    "ip": lambda chance, _: _ip(chance),
    "ips": lambda chance, _: " ".join(f"{_ip(chance)}:50010" for _ in range(chance.randint(1, 3))),
    "port": lambda chance, _: _port(chance),
    "mac": lambda chance, _: ":".join(f"{chance.randint(0, 255):02x}" for _ in range(7)),
    "blk": lambda chance, _: f"blk_{chance.choice(['', '-'])}{chance.getrandbits(62)}",
    "word": lambda chance, _: _word(chance),
    "Word": lambda chance, _: _word(chance).capitalize(),
    "user": lambda chance, _: chance.choice(_USERS),
    "ns": lambda chance, _: chance.choice(_NAMESPACES),
    "dom": lambda chance, _: chance.choice(_DOMAINS),
    "empty": lambda *_: "",
}


def labelled(program: str, *, lines: int = 2000, seed: int = 1) -> tuple[list[str], list[int]]:
    """Give a program's log: its lines, and the template of each, as a number.

    Each template comes at least once, the others as often as it is said to come.
    """
    head, *rows = (DIRECTORY / f"{program}.txt").read_text(encoding="utf-8").splitlines()
    weights, messages = zip(*(row.split(" ", 1) for row in rows), strict=True)
    chance = random.Random(f"{program}{seed}")
    labels = list(range(len(rows))) + chance.choices(
        range(len(rows)), weights=[int(weight) for weight in weights], k=max(lines - len(rows), 0)
    )
    chance.shuffle(labels)
    clock = datetime(2026, 3, 9, 17, tzinfo=UTC)
    written = []
    for label in labels:
        clock += timedelta(seconds=chance.choice([0, 0, 1, 2, 7]))
        written.append(_filled(f"{head} {messages[label]}", chance, clock).lstrip())
    return written, labels


def _filled(template: str, chance: random.Random, clock: datetime) -> str:
    def value(match: re.Match[str]) -> str:
        kind, _, argument = match[1].partition(" ")
        return f"{clock:{argument}}" if kind == "t" else _KINDS[kind](chance, argument)

    return _VARIABLE.sub(value, template)


def accuracy(labels: Sequence[int], groups: Sequence[int]) -> tuple[float, float]:
    """Give the grouping accuracy by lines (GA), and its F-measure by groups (FGA)."""
    of_label, of_group = defaultdict(set), defaultdict(set)
    for place, (label, group) in enumerate(zip(labels, groups, strict=True)):
        of_label[label].add(place)
        of_group[group].add(place)
    found = {frozenset(places) for places in of_group.values()}
    right = [places for places in of_label.values() if frozenset(places) in found]
    precision, recall = len(right) / len(of_group), len(right) / len(of_label)
    return sum(map(len, right)) / len(labels), 2 * precision * recall / (precision + recall) if right else 0
