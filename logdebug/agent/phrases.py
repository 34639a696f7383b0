"""The rules of `phrases.toml`: what text that speaks to a model looks like."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import re2

from logdebug.linear import UNANCHORED, matching

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logdebug.linear import Span

__all__ = ["Rule", "has_sign", "rules"]

_MEMORY_BYTES = 64 << 20


class Rule(NamedTuple):
    """One sign: what it shows, how much it weighs, and how it is found in folded text."""

    kind: str
    weight: int
    pattern: re.Pattern[str]


@cache
def rules() -> tuple[Rule, ...]:
    """Give the rules, in the file's order."""
    text = (resources.files("logdebug.agent") / "phrases.toml").read_text(encoding="utf-8")
    return tuple(
        Rule(rule["kind"], rule["weight"], re.compile(rule["pattern"])) for rule in tomllib.loads(text)["rule"]
    )


def has_sign(folded: str) -> bool:
    """Tell whether any rule matches: all of them at once, in linear time, since most text has none."""
    data = folded.encode("utf-8", "replace")
    return _any()(UNANCHORED, data, 0, len(data))[0][0] >= 0


@cache
def _any() -> Callable[[Any, bytes, int, int], Sequence[Span]]:
    options = re2.Options()
    options.max_mem = _MEMORY_BYTES
    options.never_capture = True
    return matching(re2.compile("|".join(f"(?:{rule.pattern.pattern})" for rule in rules()).encode(), options=options))
