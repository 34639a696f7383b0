"""What a value looks like: a word about a secret, a path, a time, or something that a machine made up."""

from __future__ import annotations

import math
import re
import string
from functools import lru_cache
from itertools import pairwise

from logdebug.redaction.found import entropy_bits

__all__ = [
    "CAMEL",
    "CLASS",
    "PATH",
    "TIME",
    "UUID",
    "WORDS",
    "has_many_digits",
    "has_random_part",
    "is_class",
    "is_common",
    "is_jumbled",
    "is_phrase",
    "is_random",
    "is_said",
    "is_scrambled",
    "kinds_of_letters",
]

_MOST_REMEMBERED = 4_096  # the same few words stand where secrets would, line by line
_SAID = frozenset(
    (
        *("null", "none", "nil", "undefined", "true", "false", "yes", "no", "on", "off", "n/a", "na", "empty"),
        *("missing", "invalid", "required", "expired", "incorrect", "wrong", "hidden", "redacted", "masked"),
        *("filtered", "removed", "omitted", "unset", "set", "not", "is", "must", "changed", "reset", "updated"),
        *("ok", "failed", "failure", "error", "denied", "rejected", "revoked", "unknown", "string", "str", "text"),
        *("bytes", "int", "integer", "bool", "boolean", "value", "prompt", "stdin", "file", "env", "vault", "type"),
        *("mismatch", "length", "too", "has", "was", "were", "for", "and", "or", "cannot", "can't", "should"),
        *("will", "may", "authentication", "enabled", "disabled", "optional", "valid", "verified", "success"),
        *("successful", "accepted", "blank", "present", "absent", "given", "provided", "supplied", "loaded"),
        *("found", "refreshed", "rotated", "generated", "created", "issued", "validated", "unavailable"),
        *("unauthorized", "forbidden", "object", "array", "number", "<nil>", "...", "nan", "secret", "password"),
        *("token", "key", "bearer", "basic", "this", "that", "the", "a", "an", "in", "from", "to", "by", "of"),
        *("with", "at", "user", "username", "login", "auth", "credentials", "account", "email", "name", "sha256"),
        *("sha512", "md5", "bcrypt", "scram-sha-256", "plain", "default", "unchanged", "pending", "expires"),
        *("argon2", "argon2i", "argon2d", "argon2id", "scrypt", "pbkdf2", "sha1", "sha-1", "sha-256", "sha-512"),
        *("yes)", "no)", "please", "could", "does", "did", "would", "never", "already", "access", "refresh", "id"),
        *("done", "complete", "completed", "skipped", "option", "options", "flag", "argument", "arguments"),
        *("parameter", "requires", "require", "needs", "need", "deprecated", "ignored", "instead", "conflicts"),
        *("specified", "without", "via", "using", "use", "used", "only", "when", "if", "can", "be", "are", "but"),
        *("then", "than", "because", "since", "until", "while", "before", "after", "during", "between", "into"),
        *("onto", "here", "there", "where", "which", "does", "doesn't", "isn't", "wasn't", "had", "have", "field"),
        *("header", "variable", "setting", "attribute", "property", "column", "entry", "prefix", "suffix"),
        *("format", "policy", "provider", "rotation", "expiry", "expiration", "lifetime", "exchange", "request"),
        *("response", "validation", "verification", "lookup", "update", "change", "usage", "endpoint", "takes"),
        *("expects", "accepts", "overrides", "contains", "belongs", "values", "encryption", "history", "expire"),
        *("restrictions", "policies", "protected", "recovery", "expected", "actual", "complexity", "manager"),
        *("management", "lockout", "hs256", "hs384", "hs512", "rs256", "es256", "eddsa", "clause"),
    )
)
"""What is said about a secret where the secret itself would stand."""
_STANDS_FOR = re.compile(
    r"[*•●xX#?.·_█▓▒░▪■○-]{2,}|.*(?:\*{3,}|[•●█▓▒░]{2,}|[xX]{5}|#{4}).*|.*(?:\.\.\.|…).*|.*\[(?:[A-Z_]{3,}|(?i:\w*(?:redact|hidden|mask|filter|remov|secret|password|omit)\w*))\].*|<.*>?|\[.*\]?|\{(?![A-Za-z][A-Za-z0-9_-]{1,20}\}[A-Za-z0-9+/=$.!-]{4}).*\}?|\(.*"
    r"|\$\{.*|\$\(.*|\$[A-Z_]+\d?|\$[a-z_.]+|\$env:\w+|%\(?\w*\)?[sdrvqi%]|%[A-Z_]{3,}%|@@?\w+@@?"
    r"|(?i:(?:your|my|the|some|put|insert|enter|example)[-_ ].*|.*(?:redacted|filtered|masked|hidden).*)"
    r"|(?i:process\.env.*|os\.environ.*|env\..*|secrets\..*|vault:.*|arn:.*|ssm:.*|op://.*|file:.*)"
    r"|(?i:(?:var|local|data|module|each|self|this|params?|args?|opts?|options|config|settings|request|req|body|props|ctx)"
    r"(?:\.[a-z_]\w*)+|[a-z_]\w*(?:\.[a-z_]\w*)*\.\w*(?:password|passwd|secret|token|key)\w*)(?:\(\))?"
    r"|(?i:(?:len(?:gth)?|size|chars?|bytes|sha-?[0-9]*|md5|crc32|hash|fp|last_?4|ends?(?:[_-]?(?:in|with))?|prefix|suffix)[:=(].*)"
    r"|VALUE_SPECIFIED_IN_NO_LOG_PARAMETER|[0-9]+[_ -]?(?:chars?|bytes|characters)|\w{2,8}\.\.\w{2,8}"
    r"|(?i:/run/secrets.*|projects/.*|(?:null|none|undefined|true|false)[,;)}\]].*)"
)
WORDS = re.compile(r"[A-Za-z]+(?:['_-][A-Za-z]+)*")
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\d.*|\d+(?:\.\d+)?(?:ms|s|m|h|d|us|ns|kb|mb|gb|b|%)?|\d+(?:\.\d+){1,3}", re.IGNORECASE)
PATH = re.compile(
    r"(?:/[\w.@-]+)+/?|(?:~|\.\.?)/.*|[A-Za-z]:\\.*|[\w-]+(?:/[\w.-]+)+|(?:https?|file)://[^?@]*"
    r"|[\w-]+\.(?:go|py|js|java|rb|rs|ts|pem|crt|json|ya?ml|txt|key)(?::\d+)?"
)
CLASS = re.compile(r"(?:[a-z_][\w$]*\.){2,}[A-Z]?[\w$]*(?:@[0-9a-f]+)?|[\w$.]+@[0-9a-f]{4,8}")


@lru_cache(_MOST_REMEMBERED)
def is_said(value: str) -> bool:
    """Tell whether a value is a word about a secret, or stands for one: null, required, ****, ${PASSWORD}."""
    bare = value.strip(" \"'`.,;:!?()[]{}").lower()
    return not bare or bare in _SAID or _STANDS_FOR.fullmatch(value.strip()) is not None


def kinds_of_letters(value: str) -> int:
    """Count the kinds of letters in a value: small, capital, digits, others."""
    if value.isascii():
        letters = set(value)
        return sum(map(bool, (letters & _SMALL, letters & _CAPITAL, letters & _DIGITS, letters - _LETTERS)))
    return sum(
        (
            any(map(str.islower, value)),
            any(map(str.isupper, value)),
            any(map(str.isdigit, value)),
            any(not letter.isalnum() for letter in value),
        )
    )


_SMALL, _CAPITAL, _DIGITS = map(frozenset, (string.ascii_lowercase, string.ascii_uppercase, string.digits))
_LETTERS = _SMALL | _CAPITAL | _DIGITS


def _is_even(value: str, bits: float) -> bool:
    """Tell whether a value's entropy is so many bits per character; most are told by how many letters it has."""
    size, different = len(value), len(set(value))
    if math.log2(different) < bits - 0.01:
        return False
    most = size - different + 1  # times that the commonest letter can stand there: never less even than that
    return math.log2(size) - most * math.log2(most) / size > bits + 0.01 or entropy_bits(value) >= bits


@lru_cache(_MOST_REMEMBERED)
def is_random(value: str) -> bool:
    """Tell whether a value is likely made up by a machine: long for its kinds of letters, and even."""
    if len(value) < 8 or is_said(value) or CLASS.fullmatch(value) or TIME.fullmatch(value):
        return False
    if WORDS.fullmatch(value) and not _is_no_word(value):
        return False
    if PATH.fullmatch(value) and (value[:1] in "/~." or not any(map(str.isdigit, value))):
        return False
    return kinds_of_letters(value) >= 2 and _is_even(value, 2.5)


def _is_no_word(letters: str) -> bool:
    """Tell whether letters alone are too many and too mixed for words."""
    mixed = kinds_of_letters(letters) >= 2 and not CAMEL.fullmatch(letters)
    return mixed and len(letters) >= 16 and not set("-_") & set(letters) and _is_even(letters, 3.5)


def is_scrambled(letters: str) -> bool:
    """Tell whether capitals and small letters change as no words do: at one letter in five, at least."""
    changes = sum(a.islower() and b.isupper() for a, b in pairwise(letters))
    return changes * 5 >= len(letters) and kinds_of_letters(letters) >= 2


def is_jumbled(value: str) -> bool:
    """Tell whether a value is no word by its capitals: they stand amid small letters, twice at least, as in no name."""
    changes = sum(a.islower() and b.isupper() for a, b in pairwise(value))
    return is_scrambled(value) or (changes >= 2 and len(value) >= 8 and not CAMEL.fullmatch(value))


CAMEL = re.compile(r"[a-z]+(?:[A-Z][a-z]{2,})*|(?:[A-Z][a-z]{2,})+")


def has_random_part(value: str) -> bool:
    """Tell whether one part of a name is as a machine makes them up: eight letters or more, digits amid."""
    return any(len(part) >= 8 and sum(map(str.isdigit, part)) >= 2 for part in re.split(r"[-/]", value))


def has_many_digits(part: str) -> bool:
    """Tell whether a part of a value is long, and a third of it digits: the name of no function and no directory."""
    return len(part) >= 8 and sum(map(str.isdigit, part)) * 3 >= len(part) and any(map(str.isalpha, part))


def is_class(value: str) -> bool:
    """Tell whether a value is a class's or a module's name, and no words joined by dots as those of a password are."""
    if CLASS.fullmatch(value) is None:
        return False
    words = _DOTTED.fullmatch(value)
    return words is None or (not words[2] and (words[1] in _ROOTS or any(map(is_said, value.split(".")))))


_DOTTED = re.compile(r"([a-z]{3,12})(?:\.[a-z]{3,12}){1,5}(\d{1,4})?")
"""Words joined by dots, as people and makers of passwords join them."""
_ROOTS = frozenset(
    (
        *("app", "application", "args", "aws", "body", "client", "cls", "com", "conf", "config", "context", "core"),
        *("django", "edu", "env", "event", "flask", "github", "gov", "http", "https", "input", "jakarta", "java"),
        *("javax", "kotlin", "logging", "main", "model", "module", "net", "obj", "object", "org", "output", "parent"),
        *("platform", "process", "project", "result", "root", "scala", "self", "server", "service", "session"),
        *("settings", "spring", "state", "store", "sun", "super", "sys", "system", "test", "tests", "this", "util"),
        *("utils", "www"),
    )
)
"""What the names of programs' modules and of their values begin with."""


def is_phrase(value: str) -> bool:
    """Tell whether a value is words joined as makers of passwords join them, and none of them said about one.

    Three by hyphens, or by signs of more than one kind; or two by a sign that joins no names.
    """
    if _PHRASE.fullmatch(value) is None or len(value) < 9:
        return False
    words, signs = re.findall(r"[A-Za-z]+", value), set(re.findall(r"[^A-Za-z]", value.rstrip("!?.")))
    if any(map(is_said, words)) or words[-1] in _TAILS:
        return False
    if signs & set("~!*+^&%"):
        return True
    if not value.islower() or len(words) < 3:
        return False
    return (signs == {"-"} and len(value) >= 15) or (len(signs) >= 2 and all(len(word) >= 4 for word in words))


_PHRASE = re.compile(r"[A-Za-z]{3,12}(?:[-._~!*+^&%][A-Za-z]{3,12}){1,5}[!?.]?")
_TAILS = frozenset(
    (
        *("com", "net", "org", "dev", "edu", "local", "internal", "service", "conf", "config", "json", "yaml", "yml"),
        *("xml", "toml", "log", "lock", "sock", "example", "corp", "lan", "svc", "target", "timer", "socket", "html"),
        *("java", "test", "tests", "properties", "jks", "pem", "crt", "plugin", "module", "handler", "factory", "php"),
    )
)
"""What names of hosts, of files and of parts of programs end in."""


def is_common(value: str) -> bool:
    """Tell whether a value is a password that is known to everybody and no word of a language."""
    return value.lower().strip("!?.@#$*_-1234567890") in _COMMON


_COMMON = frozenset(
    (
        *("changeme", "change_me", "change-me", "changeit", "letmein", "qwerty", "qwertz", "azerty", "p@ssword"),
        *("iloveyou", "asdfgh", "zxcvbn", "toor"),
    )
)
