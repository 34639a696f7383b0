"""The rules of what is a secret: data, read from `rules.toml` and from files of one's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import re2

from logdebug.errors import SettingsError
from logdebug.redaction.checks import CHECKS
from logdebug.redaction.harmless import harmless_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Redact", "Rule", "field_end", "load_rules", "rules_for"]

Redact = bool | Iterable[str | Path]
"""What a caller says of redaction: yes, no, or yes by these files of rules of one's own besides those that ship."""

Group = Literal["token", "value", "personal"]

_PART = re.compile(r"\{([A-Z]+)\}")
_KIND = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_EXPECTED = "id, kind, pattern, match, near_miss, and perhaps anchor, check, group, optional"


@dataclass(frozen=True, slots=True)
class Rule:
    """One form of secret.

    Parameters
    ----------
    id
        A name of its own.
    kind
        What stands in the placeholder.
    pattern
        In RE2's syntax. Each unnamed group that took part in a match is a secret; a group named `key` is the name of
        the field that holds it. Without a group all that matches is.
    match, near_miss
        A line with such a secret, and a similar one without.
    anchor
        What a line must have to be looked at closely, cheap to look for; empty: every line is.
    check
        What a hit must also pass, by its name in `checks`; empty for nothing.
    group
        `token` is its own proof, `value` is what a field of such a name holds, `personal` gives way to both.
    optional
        Whether it is looked for only where that is asked for.
    """

    id: str
    kind: str
    pattern: str
    match: str
    near_miss: str
    anchor: str = ""
    check: str = ""
    group: Group = "token"
    optional: bool = False


def load_rules(*more: Path) -> tuple[Rule, ...]:
    """Load the rules that ship, and one's own on top.

    Parameters
    ----------
    more
        TOML files. `[[rule]]` tables add rules; one with the id of an earlier rule takes its place. `enable` and
        `disable` are lists of ids: of optional rules to look for, and of rules to leave out.

    Returns
    -------
    tuple of Rule
        Those to look for, one's own first: of two that find the same, the first names it.

    Raises
    ------
    SettingsError
        Where a file can't be read or a rule can't be used; the message names the file, the rule and the reason.
    """
    parts, shipped = _shipped()
    rules = {rule.id: rule for rule in shipped}
    wanted: dict[str, bool] = {}
    for path in more:
        table = _read(path)
        own = _rules_of(table, parts, str(path))
        rules = {rule.id: rule for rule in own} | {key: rule for key, rule in rules.items() if key not in _ids(own)}
        for word in ("enable", "disable"):
            wanted |= dict.fromkeys(_named(table, word, rules, str(path)), word == "enable")
    return tuple(rule for rule in rules.values() if wanted.get(rule.id, not rule.optional))


def rules_for(redact: Redact, files: Iterable[str | Path] = ()) -> tuple[Rule, ...]:
    """Give the rules that a caller means; none where redaction is off.

    Parameters
    ----------
    redact
        False, True, or files of rules of one's own.
    files
        Those that the settings name, for True.

    Raises
    ------
    SettingsError
        Where a file can't be used.
    """
    if redact is False:
        return ()
    return load_rules(*map(Path, files if redact is True else redact))


@cache
def field_end() -> str:
    """Give what follows a field's name in the patterns of named fields: what separates, and the value."""
    return _filled_in("{SEP}{VALUE}", _shipped()[0])


def _ids(rules: Iterable[Rule]) -> set[str]:
    return {rule.id for rule in rules}


@cache
def _shipped() -> tuple[dict[str, str], tuple[Rule, ...]]:
    """Read the rules that ship, and the parts of their patterns; the tests check them, and not each start."""
    text = resources.files("logdebug.redaction").joinpath("rules.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    parts: dict[str, str] = table["parts"] | harmless_parts()
    return parts, tuple(_filled(Rule(**entry), parts) for entry in table["rule"])


def _filled(rule: Rule, parts: Mapping[str, str]) -> Rule:
    """Put the parts in a rule's expressions."""
    held = {field.name: getattr(rule, field.name) for field in fields(rule)}
    pattern, anchor = _filled_in(rule.pattern, parts), _filled_in(rule.anchor, parts)
    return Rule(**{**held, "pattern": pattern, "anchor": anchor})


def _filled_in(expression: str, parts: Mapping[str, str]) -> str:
    """Put the parts in an expression; a part may hold others."""
    return _PART.sub(lambda match: _filled_in(parts[match[1]], parts) if match[1] in parts else match[0], expression)


def _read(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"redaction rules {path} can't be read: {error}", setting="redaction") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"redaction rules {path} are not valid TOML: {error}", setting="redaction") from error
    if unknown := set(table) - {"rule", "enable", "disable"}:
        raise SettingsError(
            f"redaction rules {path} have {min(unknown)!r}; known are [[rule]] tables, enable and disable",
            setting="redaction",
        )
    return table


def _named(table: Mapping[str, Any], word: str, rules: Mapping[str, Rule], file: str) -> list[str]:
    """Give the ids that a file enables or disables."""
    named = table.get(word, [])
    if not isinstance(named, list):
        raise SettingsError(f"redaction rules {file}: {word} must be a list of ids of rules", setting="redaction")
    for each in named:
        if each not in rules:
            raise SettingsError(f"redaction rules {file}: {word} names {each!r}, no rule's id", setting="redaction")
    return named


def _rules_of(table: Mapping[str, Any], parts: Mapping[str, str], file: str) -> tuple[Rule, ...]:
    entries = table.get("rule", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsError(f"redaction rules {file}: write rules as [[rule]] tables", setting="redaction")
    rules = tuple(_checked(entry, number, parts, file) for number, entry in enumerate(entries, 1))
    if len(_ids(rules)) < len(rules):
        raise SettingsError(
            f"redaction rules {file}: two rules have the same id; give each its own", setting="redaction"
        )
    return rules


def _checked(entry: Mapping[str, Any], number: int, parts: Mapping[str, str], file: str) -> Rule:
    """Make a rule of an entry, refusing one that can't be used with the first reason found."""

    def refusal(reason: str) -> SettingsError:
        name = entry.get("id", "without id")
        return SettingsError(f"redaction rules {file}, rule {number} ({name}): {reason}", setting="redaction")

    known = {field.name: field for field in fields(Rule)}
    for name, value in entry.items():
        if name not in known:
            raise refusal(f"it has an unknown key {name!r}; known are {_EXPECTED}")
        if not isinstance(value, bool if name == "optional" else str):
            raise refusal(f"{name!r} is {value!r}; give {'true or false' if name == 'optional' else 'a string'}")
    for name in ("id", "kind", "pattern", "match", "near_miss"):
        if not entry.get(name):
            raise refusal(f"{name!r} is missing or empty; a rule has {_EXPECTED}")
    rule = _filled(Rule(**entry), parts)
    if reason := _wrong_word(rule) or _fault(rule):
        raise refusal(reason)
    return rule


def _wrong_word(rule: Rule) -> str:
    """Say which of a rule's words is none of those there are; empty for none."""
    if not _KIND.fullmatch(rule.kind):
        return f"kind {rule.kind!r}: give lower-case words joined by hyphens, such as order-code"
    if rule.check and rule.check not in CHECKS:
        return f"there is no check {rule.check!r}; there are {', '.join(CHECKS)}"
    if rule.group not in get_args(Group):
        return f"group {rule.group!r} is none of {', '.join(get_args(Group))}"
    return ""


def _fault(rule: Rule) -> str:
    """Say what is wrong with a rule's expressions; empty for nothing."""
    options = re2.Options()
    options.log_errors = False
    for name in ("pattern", "anchor"):
        try:
            compiled = re2.compile(getattr(rule, name), options)
        except re2.error as error:
            reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
            return f"its {name} is not RE2 syntax: {reason}"
        if name == "pattern" and compiled.search(""):
            return "its pattern matches an empty line, so it would match every line"
        if not compiled.search(rule.match):
            return f"its {name} doesn't match its own specimen {rule.match!r}"
    from logdebug.redaction.detector import Detector

    alone = Detector((rule,))
    if not alone.spans(rule.match.encode()):
        return f"it finds nothing in its own specimen {rule.match!r}"
    if alone.spans(rule.near_miss.encode()):
        return f"it finds a secret in its near miss {rule.near_miss!r}"
    return ""
