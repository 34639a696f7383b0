"""What is of a person: numbers that must add up, and addresses of mailboxes told apart from those of machines."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logdebug.redaction.found import Found

__all__ = ["has_luhn", "has_mod97", "is_address", "is_card", "is_card_number", "is_email", "is_iban", "is_phone"]


def has_luhn(digits: str) -> bool:
    """Tell whether the last of these digits is the check digit of the others (ISO/IEC 7812-1, Luhn)."""
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(sum(divmod(2 * int(digit), 10)) for digit in even)) % 10 == 0


def has_mod97(iban: str) -> bool:
    """Tell whether an IBAN without blanks has the right check digits (ISO 13616, modulo 97)."""
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


_IBAN_LENGTHS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE", "BI"), 16),
    **dict.fromkeys(("DK", "FI", "FO", "FK", "GL", "NL", "SD"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"), 20),
    **dict.fromkeys(("CH", "CR", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "SO", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("BF", "DJ", "DZ", "FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HN", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    "LC": 32,
    "RU": 33,
}
"""How long the IBANs of a country are (SWIFT's IBAN registry)."""

_CARD_LENGTHS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|6(?:011|5\d\d|4[4-9]\d|2\d\d)\d{12,15}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}"
    r"|(?:50|5[6-8]|6\d)\d{14}"
)
"""Issuers' prefixes with lengths: Visa, Mastercard, American Express, Discover, UnionPay, Diners, JCB, Maestro."""

_IDENTIFIER = re.compile(
    r"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))(?i:trace|span|request|req|correlation|message|msg|order|job|task|event|offset|seq|sequence|id|ts|time|timestamp"
    r"|epoch|uid|pid|inode|block|size|bytes|count|version|build|hash|checksum|serial|nonce|ean|isbn|gtin|upc|imei|barcode|sku)[\w.]{0,8}[\"']?\s{0,2}[=:#]?\s{0,2}[\"']?$"
)


def is_card(found: Found) -> bool:
    """Tell whether digits are a payment card's: an issuer's prefix and length, a check digit, and no id's field."""
    return is_card_number(found.value) and not _IDENTIFIER.search(found.before[-40:])


def is_card_number(value: str) -> bool:
    """Tell whether digits by themselves can be a payment card's."""
    digits = re.sub(r"%20|\D", "", value)
    return _CARD_LENGTHS.fullmatch(digits) is not None and len(set(digits)) > 1 and has_luhn(digits)


def is_iban(found: Found) -> bool:
    """Tell whether this is an IBAN: of the length of its country's, with the right check digits."""
    iban = re.sub(r"%20|[ +-]", "", found.value)
    return len(iban) == _IBAN_LENGTHS.get(iban[:2]) and has_mod97(iban)


_NO_PEOPLE = frozenset(
    (
        *("service", "socket", "timer", "target", "scope", "slice", "mount", "automount", "device", "path", "swap"),
        *("local", "localdomain", "internal", "intra", "lan", "cluster", "svc", "home", "arpa", "consul", "node"),
        *("png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "mjs", "ts", "tsx", "jsx", "css", "map", "html"),
        *(
            "so",
            "dll",
            "exe",
            "jar",
            "war",
            "class",
            "java",
            "kt",
            "py",
            "rb",
            "go",
            "rs",
            "php",
            "sh",
            "c",
            "h",
            "cpp",
        ),
        *("json", "yaml", "yml", "toml", "xml", "conf", "cfg", "ini", "log", "txt", "md", "lock", "gz", "tgz", "zip"),
        *("md5", "sql", "db", "pem", "key", "crt", "pid", "sock", "tmp", "bak"),
    )
)
"""Last parts of names that look like an address and are units, machines or files."""
_ACCOUNTS = frozenset(
    (
        *("git", "root", "ubuntu", "debian", "centos", "admin", "ec2-user", "postgres", "mysql", "celery", "rabbit"),
        *("kafka", "redis", "hadoop", "deploy", "jenkins", "www-data", "oracle", "core", "vagrant", "opc", "nobody"),
        *("svn", "hg", "scope", "types", "npm", "getty", "user", "sshd"),
    )
)
"""Accounts of machines and programs."""


_MESSAGE = re.compile(r"(?i)(?:message-?id|in-reply-to|references|msgid)[\"']?\s?[=:]\s?[\"']?<?$")
"""What stands before the name of a message, which looks like a mailbox."""


_URL_HEAD = re.compile(r"://[^\s/@\"']*$")
"""What stands before the user of an address: no mailbox, but a machine follows."""


def is_email(found: Found) -> bool:
    """Tell whether this is a mailbox, and no unit, machine, file or account on a machine."""
    local, _, host = re.sub(r"%40|\\u0040", "@", found.value).partition("@")
    labels = host.lower().split(".")
    if labels[-1] in _NO_PEOPLE or _MESSAGE.search(found.before) or _URL_HEAD.search(found.before):
        return False
    # ssh and the like: an account on a machine, and no mailbox.
    if found.after[:2] in {":/", ":~", ":."} or _TO_MACHINES.search(found.before):
        return False
    machine = found.after[:1] == ":" and not found.after[1:2].isspace() and found.after[1:2] not in "\"'"
    return not (local.lower() in _ACCOUNTS and (machine or len(labels) > 2 or local.lower() in {"git", "svn", "hg"}))


_TO_MACHINES = re.compile(r"(?:^|[\s/\"'`(])(?:ssh|scp|sftp|rsync|mosh|autossh|ssh-copy-id|sshfs)\s[^\n|;&]*$")
"""What stands before an account on a machine."""


def is_phone(found: Found) -> bool:
    """Tell whether this can be an international telephone number (E.164)."""
    digits = re.sub(r"\D", "", found.value.replace("%2B", "").replace("%2b", ""))
    return 8 <= len(digits.removeprefix("00")) <= 15 and len(set(digits)) > 2


def is_address(found: Found) -> bool:
    """Tell whether this is an IP address."""
    try:
        ipaddress.ip_address(found.value)
    except ValueError:
        return False
    return True
