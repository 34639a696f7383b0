"""Whether what a field holds is a secret, by the field's name and the value's look."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from logdebug.redaction.found import entropy_bits
from logdebug.redaction.words import (
    PATH,
    TIME,
    UUID,
    WORDS,
    has_many_digits,
    has_random_part,
    is_class,
    is_common,
    is_jumbled,
    is_phrase,
    is_random,
    is_said,
    kinds_of_letters,
)

if TYPE_CHECKING:
    from logdebug.redaction.found import Found

__all__ = [
    "is_flag",
    "is_key",
    "is_mixed",
    "is_password",
    "is_quoted",
    "is_secret",
    "is_set",
    "is_strong",
    "is_token",
    "is_told",
]

_MOST_REMEMBERED = 1_024  # the names of a log's fields are few


def is_password(found: Found) -> bool:
    """Tell whether what a field named password holds is one: almost anything, but for words about passwords."""
    value = found.value
    if is_said(value) or len(value) < 3:
        return False
    if _is_of_another_kind(found):
        return False
    if found.quoted or not found.before[-1:].isspace() or "=" in found.before[-3:]:
        return True
    # "password: short" is YAML where the line ends there, and prose where it goes on.
    rest = found.after.strip()
    if not rest or rest.startswith("#") or rest[0] in ",;}])\"'|\\":
        of_a_program = re.search(r"[A-Za-z0-9][_.]|[a-z][A-Z]", found.key) is not None
        return of_a_program or _starts_its_line(found) or bool(rest) or is_jumbled(value) or not WORDS.fullmatch(value)
    return not WORDS.fullmatch(value) and not TIME.fullmatch(value)


def _is_of_another_kind(found: Found) -> bool:
    """Tell whether this is a working directory, a count of tests that pass, a class, a path or a method's name."""
    value, word = found.value, found.key.lower().rpartition(".")[2]
    if word in {"pwd", "oldpwd"} and (value[:1] in "/~." or value[1:2] == ":") and PATH.fullmatch(value):
        return True
    if word == "pass" and (value.isdigit() or found.before.endswith("--- PASS: ")):
        return True
    if is_class(value) or (PATH.fullmatch(value) and value[:1] in "/~."):
        return True
    if not found.quoted and _CALL.match(value) and not any(map(has_many_digits, value.split("("))):
        return True
    return found.before.endswith("='") and f"`{found.key}='" in found.before


_CALL = re.compile(r"[A-Za-z_]\w*(?:(?:\.|::|->)[A-Za-z_]\w*)*\(|[a-z_]\w*(?:\.[a-z_]\w*)*\.\w+\[|[a-z]+\[[a-z]")
"""A program's text: a call, or a part of something."""


def _starts_its_line(found: Found) -> bool:
    """Tell whether only an indent, a list's dash or a number of a line stands before the field."""
    head = found.before[: len(found.before.rstrip(" :=>\"'")) - len(found.key)] if found.key else found.before
    return (
        re.fullmatch(r"\s*(?:L?\d+[|-]? )?\s*(?:[#>-]\s*)*(?:export\s+|[\w.-]+\s*\|\s*)?[\"']?[\w.\-]*", head)
        is not None
    )


def is_mixed(found: Found) -> bool:
    """Tell whether a value has digits among its letters, as what a machine made up has."""
    value = found.value
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and entropy_bits(value) >= 3.0


def is_secret(found: Found) -> bool:
    """Tell whether what a field named secret holds is one: no name of a secret, and no word about one."""
    value = found.value
    if is_said(value) or len(value) < 6 or is_class(value) or _RESOURCE.search(found.before):
        return False
    if WORDS.fullmatch(value) and (len(value) < 12 or "-" in value or "_" in value) and not found.quoted:
        return False
    if TIME.fullmatch(value) and not found.quoted:
        return False
    if _NAME.fullmatch(value) and not (UUID.fullmatch(value) or has_random_part(value) or _LEET.search(value)):
        return False  # the name of a secret: shop-db-credentials, prod/shop/db
    return not (PATH.fullmatch(value) and (value[:1] in "/~." or not any(map(str.isdigit, value))))


_NAME = re.compile(r"[a-z0-9]+(?:[-/][a-z0-9]+)+")
_LEET = re.compile(
    r"(?:^|[^a-z0-9])(?!v\d)(?:[a-z]{1,4}\d[a-z]{1,4}\d[a-z]+|\d[a-z]{2,6}\d[a-z]|[a-z]{1,4}\d[a-z]{2,}-\d{3})"
)
"""A word with digits for letters of their look: h4rb0r, 4nch0r, or a digit amid and a number after it."""

_RESOURCE = re.compile(r"\b(?:arn|urn|projects)[:/][^\s]{0,100}$")
"""The beginning of a resource's name, one part of which is called secret."""


_PLAIN_TOKENS = re.compile(
    r"(?i:.*(?:page|next|prev|continuation|continue|sync|cursor|pagination|cancel(?:lation)?|dedup|idempotency|max|min|num"
    r"|total|input|output|prompt|completion|(?<!ac)count|lock|first|last|unexpected|invalid|scroll|nack|fencing|lease|resume|paging"
    r"|delimiter|current|stop|special|pad|eos|bos)[_.-]?tok(?:en)?|tok)"
)


def is_token(found: Found) -> bool:
    """Tell whether what a field named token holds gives access: no page, no parser's token, no UUID of a plain one."""
    if found.key.lower() == "tok":
        return is_strong(found)
    if _is_plain_token(found.key) or not is_random(found.value) or (not found.quoted and _CALL.match(found.value)):
        return False
    if found.value.startswith(":"):
        return False  # a name within a class of a program: TestToken::test_it
    # "unexpected token: x" is a parser's; a UUID in a plain `token` may be any id.
    plain = found.key.lower() in {"token", "tokens"}
    return not (plain and UUID.fullmatch(found.value) and not found.quoted and "=" not in found.before[-3:])


_PLAIN_KEYS = re.compile(
    r"(?i:.*(?:public|cache|primary|foreign|partition|sort|row|object|s3|idempotency|message|map|hash|range|shard"
    r"|lookup|index|config|lock|redis|dedup|group|join|search|event|sort|unique|duplicate|missing|storage)[_.-]?keys?)"
)


_VAGUE_KEYS = re.compile(
    r"(?i)(?:licen[sc]e|code|creds?|credentials?|salt|(?:session|data|host|server|client|service|account|user|routing|google|aws"
    r"|gcp|azure|github|redis|read|write|root|app|application|auth)[_.-]?keys?)$"
)
"""Names of fields that hold a secret now and then, and a name or a number else."""


_OF_A_CLOUD = re.compile(r"(?i:primary|secondary|storage)_?key")
_LONG_KEY = re.compile(r"[A-Za-z0-9+/]{40,90}={1,2}")
"""The keys of an account of Azure, which are called as those of tables are."""


@lru_cache(_MOST_REMEMBERED)
def _is_plain_token(key: str) -> bool:
    return _PLAIN_TOKENS.fullmatch(key) is not None


@lru_cache(_MOST_REMEMBERED)
def _is_plain_key(key: str) -> bool:
    return _PLAIN_KEYS.fullmatch(key) is not None and not re.search(r"(?i)api|secret|private|account|access", key)


@lru_cache(_MOST_REMEMBERED)
def _is_vague_key(key: str) -> bool:
    return _VAGUE_KEYS.search(key) is not None


def is_key(found: Found) -> bool:
    """Tell whether what a field named like a key holds opens something, and isn't where something is kept."""
    value, key = found.value, found.key
    if _is_plain_key(key):
        return _OF_A_CLOUD.fullmatch(key) is not None and _LONG_KEY.fullmatch(value) is not None
    if _is_vague_key(key):
        return is_strong(found)
    if TIME.fullmatch(value) or (":" in value and not found.quoted and not re.search(r"[A-Za-z0-9+/]{16,}", value)):
        return False
    if re.fullmatch(r"[a-z]+[-_.][0-9]{1,8}", value):
        return False  # a numbered thing: order-482913
    return is_random(value) and (any(map(str.isdigit, value)) or len(value) >= 16)


def is_strong(found: Found) -> bool:
    """Tell whether a value is a secret under almost any name: 12 letters or more, digits amid, no UUID, no path."""
    value = found.value
    if len(value) < 12 or not is_mixed(found) or not is_random(value) or UUID.search(value):
        return False
    if not found.quoted and ("(" in value or re.match(r"[A-Za-z_.]{1,40}=[^=]", value)):
        return False  # a call, or the next field
    if re.fullmatch(r"[a-z]+(?:[-_.:/][a-z0-9]+)+", value) and not has_random_part(value):
        return False
    return not re.fullmatch(r"(?:sha\d+[:-]|SHA256:).*|0x[0-9a-f]{1,16}", value)


def is_flag(found: Found) -> bool:
    """Tell whether what follows a flag such as --password is a secret, and no other flag, file or placeholder."""
    value = found.value
    is_path = PATH.fullmatch(value) is not None and (
        value[:1] in "/~." or not any(map(has_many_digits, value.split("/")))
    )
    return len(value) >= 3 and not is_said(value) and not value.startswith("-") and not is_path


def is_set(found: Found) -> bool:
    """Tell whether what stands where a device's command sets a secret is one: no word, no number, no address."""
    value = found.value
    if is_told(found):
        return True
    return is_flag(found) and not WORDS.fullmatch(value) and not _NUMBER_OR_NAME.fullmatch(value)


_NUMBER_OR_NAME = re.compile(r"[\d.:/-]+|[A-Za-z]+(?:[-_][A-Za-z0-9]+)*|\S+[:,;]|\$.*|[\w.-]+\(.*")
"""An address, a number, a name, or the end of a clause."""


def is_quoted(found: Found) -> bool:
    """Tell whether what stands in quotes after the word password is one; after `identified by` even a plain word is."""
    value = found.value
    if is_said(value):
        return False
    if _SET.search(found.before):
        return True
    words = value.split()
    if len(words) == 2 and _PASSPHRASE.search(found.before):
        return not any(map(is_said, words))
    if len(words) > 1:
        return any(map(str.isdigit, value)) or (len(words) >= 3 and not any(map(is_said, words)))
    return not WORDS.fullmatch(value) or is_phrase(value)


_SET = re.compile(
    r"(?i)(?:by|as|(?:with|encrypted) password|user \S{1,60} password|set password to)\s+\\?.$"
    r"|#\d+ \S{1,120}\(\d+\): \S+\(|(?:cleartext|user|nt|tunnel)-password\s.$|user entered: .$"
    r"|\W\w*(?:password|passwd|pwd)(?:\W{1,4}(?:md5|sha1|sha2|crypt|encrypt|password))?\(\s?\\?.$|crypt\(\s?.$"
    r"|(?:\.(?:login|auth|bind)|simple_bind(?:_s)?|bindrequest|username_pw_set|addlogin|\bauth=|basic_?auth"
    r"|basiccredentials?|passwordcredentials?|networkcredentials?|new credentials|passwordtoken|oracle\w{0,4}\.connect"
    r"|oci_connect)\([^()]*.$|SECURITY_CREDENTIALS,\s?.$"
    r"|(?:set_?property|set_?env|put_?env|define|put|set_?item|dict_items|multidict)\([][()\w\s,.'\"]*(?:password|passwd|pwd)\W{1,4}$"
)
"""What stands before a password in quotes where even a plain word is one: SQL, a trace of PHP, calls that take both."""

_PASSPHRASE = re.compile(r"(?i)passphrase\s\\?.$")


def is_told(found: Found) -> bool:
    """Tell whether what a sentence says a password is can be one: no word, several kinds of letters; or a phrase."""
    value = found.value.rstrip(".)!?")
    if is_phrase(value) or is_common(value):
        return True
    if is_jumbled(value) and re.fullmatch(r"[A-Za-z_-]+", value):
        return True
    return (
        not is_said(value)
        and not WORDS.fullmatch(value)
        and not TIME.fullmatch(value)
        and kinds_of_letters(value) >= 2
        and any(map(str.isdigit, value))
        and not PATH.fullmatch(value)
        and not is_class(value)
        and not UUID.fullmatch(value)
        and not _NAMED.fullmatch(value)
        and (found.quoted or ("(" not in value and not _ASSIGNED.match(value)))
    )


_NAMED = re.compile(
    r"(?i)(?:argon2|bcrypt|scrypt|yescrypt|pbkdf2|sha-?[0-9]|md[45]|aes-?[0-9]|scram-|ntlmv?[0-9]|[hrep]s(?:256|384|512)|ed25519"
    r"|rsa-?[0-9]|oauth-?2|blake[23])[a-z0-9/_-]*"
    r"|\S+\.(?:[cm]?[jt]sx?|py|rb|go|java|php|cs|rs|kt)(?::\d+){0,2}"
    r"|[a-z][a-z0-9+]*(?:[-_][a-z0-9]+)*[-_:@]v?[0-9]+(?:\.[0-9]+)+[\w.+-]*|v?[0-9]+(?:\.[0-9]+){1,3}[\w.+-]*"
)
"""The names of ways to hash or to log in, and those of programs with their versions."""

_ASSIGNED = re.compile(r"[A-Za-z_.-]{1,40}=")
"""The next field."""
