"""The checks that a rule may name: what a hit of its pattern must also pass."""

from __future__ import annotations

import base64
import binascii
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from logdebug.redaction.fields import (
    is_flag,
    is_key,
    is_mixed,
    is_password,
    is_quoted,
    is_secret,
    is_set,
    is_strong,
    is_token,
    is_told,
)
from logdebug.redaction.found import entropy_bits
from logdebug.redaction.persons import is_address, is_card, is_card_number, is_email, is_iban, is_phone
from logdebug.redaction.words import (
    CAMEL,
    CLASS,
    PATH,
    TIME,
    UUID,
    WORDS,
    is_random,
    is_said,
    is_scrambled,
    kinds_of_letters,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from logdebug.redaction.found import Found

__all__ = ["CHECKS", "LEAST", "NEEDED"]


def _is_jwt(found: Found) -> bool:
    """Tell whether the first part is a JSON object: a header that names an algorithm, or any other."""
    head = found.value.partition(".")[0]
    try:
        plain = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
    except (ValueError, binascii.Error):
        return False
    return plain.startswith((b'{"', b"{ "))


def _is_bearer(found: Found) -> bool:
    """Tell whether what follows Authorization or Bearer is a credential, and no word of a sentence."""
    value = found.value.strip("\"'.,;:_")
    if len(value) >= 16 and is_scrambled(value):
        return True
    if is_said(value) or (
        WORDS.fullmatch(value) and (len(value) < 20 or "-" in value or "_" in value or CAMEL.fullmatch(value))
    ):
        return False
    if re.fullmatch(r"[A-Z0-9]+-HMAC-SHA\d+", value):
        return False  # how a request is signed
    if re.fullmatch(r"(?i:[a-z_]+=.*)", value) and not re.search(r"[A-Za-z0-9+/]{16,}", value):
        return False
    return (len(value) >= 8 or any(map(str.isdigit, value))) and not PATH.fullmatch(value) and not TIME.fullmatch(value)


def _is_basic(found: Found) -> bool:
    """Tell whether this is Base64 of a name and a password with a colon between them."""
    value = found.value.replace("-", "+").replace("_", "/")
    try:
        plain = base64.b64decode(value + "=" * (-len(value) % 4))
    except (ValueError, binascii.Error):
        return False
    return b":" in plain[:-2] and plain.isascii() and plain.decode().isprintable()


def _is_of_user(found: Found) -> bool:
    """Tell whether what follows a user's name and a colon is a password, and no group that a container runs as."""
    value, name = found.value, re.search(r"(\w+):[\"']?$", found.before)
    if value.isdigit() and (name is None or name[1].isdigit() or _AS_GROUP.search(found.before)):
        return False
    return is_password(found) and not (WORDS.fullmatch(value) and _AS_GROUP.search(found.before))


_AS_GROUP = re.compile(r"\b(?:docker|podman|nerdctl|buildah|crictl|kubectl|chown|chroot|setpriv|install|rsync)\b")
"""Tools for which a user and a colon stand before a group."""


def _is_worded(found: Found) -> bool:
    """Tell whether what follows -p beside a user's name is a password, and no port that is published."""
    return is_told(found) and not re.fullmatch(r"[\d.:-]+(?:/[a-z]+)?", found.value)


def _is_phrase(found: Found) -> bool:
    """Tell whether words in a row are a pass phrase: none of them is said about one."""
    return not any(map(is_said, found.value.split()))


def _is_cookie(found: Found) -> bool:
    name, _, value = found.value.partition("=")
    if name.lower() in {"dc", "ou", "cn", "o"}:
        return False  # where a search in a directory begins: -b dc=example
    return not is_said(value.partition(";")[0]) and (len(value) >= 6 or "key" not in found.before[-20:].lower())


def _is_cookie_value(found: Found) -> bool:
    value = found.value
    plain_id = (
        re.search(r"(?i)session_?id=$|[^a-z]s(?:ess|id)=$", found.before[-16:]) and "cookie" not in found.before.lower()
    )
    return is_random(value) and not (plain_id and (UUID.fullmatch(value) or value.isdigit()))


def _is_url_password(found: Found) -> bool:
    value = found.value
    return not re.fullmatch(r"\d{1,5}(?:[/?].*)?", value) and not is_said(value.replace("%2A", "*"))


def _is_login(found: Found) -> bool:
    """Tell whether what stands after a user's name is a password, and no tag, port or version of an image."""
    return is_told(found) and not found.after.startswith("@sha") and not _VERSION.fullmatch(found.value)


_VERSION = re.compile(r"v?\d+(?:[.-]\w+)*|\w+-v?\d+(?:\.\d+)+\S*")


def _is_near(found: Found) -> bool:
    """Tell whether what stands some words after the word password is one: letters and digits change all the time."""
    value = found.value.rstrip(".:!?")
    plain = re.sub(r"[-._]", "", value)
    if len(plain) < 6 or is_said(value) or re.fullmatch(r"[0-9a-fA-F]+|[0-9:xX]+", plain) or _is_of_another_form(value):
        return False
    if _SPECIAL.search(value[1:]) and _ADDRESS.search(value) is None and kinds_of_letters(plain) >= 3:
        return True
    kinds = [(letter.isdigit(), letter.isupper(), letter.isalpha()) for letter in plain]
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes * 5 >= 2 * len(plain) and any(map(str.isdigit, plain)) and any(map(str.isalpha, plain))


_SPECIAL = re.compile(r"[!$%^&*?~+@#]")
"""Signs that stand in passwords and in hardly any word."""

_ADDRESS = re.compile(r"[/\\:|]|@[\w.-]+\.[a-z]|^\W*\d+\W*$")


def _is_of_another_form(value: str) -> bool:
    """Tell whether a value is a path, a time, a class or a UUID."""
    return any(form.fullmatch(value) is not None for form in (PATH, TIME, CLASS, UUID))


def _is_encoded(found: Found) -> bool:
    """Tell whether this is Base64 of a text, as mail and directory programs send what one logs in with."""
    try:
        plain = base64.b64decode(found.value, validate=True)
    except (ValueError, binascii.Error):
        return False
    text = plain.replace(b"\0", b"")
    return len(text) >= 4 and text.isascii() and text.decode().isprintable()


def _is_numbered(found: Found) -> bool:
    """Tell whether there are digits amid, as in codes, and no word about them."""
    return sum(map(str.isdigit, found.value)) >= 3 and not is_said(found.value)


def _is_code(found: Found) -> bool:
    """Tell whether digits some words after the word for a one-time code are one: no error's code, time or number."""
    head, _, between = found.before.rpartition(found.key) if found.key else ("", "", found.before[-14:])
    if found.key[:1].isdigit() and head[-1:].isalnum():
        return False  # the 2fa within an id: a2fa46386282
    if _OF_A_NUMBER.search(f"{found.key}{between}") or _UNIT.match(found.after):
        return False
    return len(found.value) > 5 or not found.key or (len(between) <= 14 and _OF_A_PLACE.search(between) is None)


_OF_A_NUMBER = re.compile(
    r"(?i)\b(?:err|fehl|status|exit|return|http|response|postal|fiscal|zip|country|region|sortie|retour|salida|retorno"
    r"|uscita|stato|estado|product|order|invoice|port|pid|uid|user_?id|account|after|within|every|took|lines?|attempts?"
    r"|expir\w*|ttl|timeout|limit|count(?:er)?|version|window|interval|epoch|since|until|over|than|at least|size|length"
    r"|request|case|ticket)|(?:user|id|in|for|rev|build|no|nr|of)[\s:=#\"']{1,3}$"
    r"|ошиб|возвр|ответ|błęd|hata|エラー|错误|錯誤|오류|خطأ|\+$"
)
"""What stands before a number that is no code to log in with."""
_OF_A_PLACE = re.compile(r"(?:[+#]|\b(?:to|from|at|on|in)\s)$")
_UNIT = re.compile(
    r"\s?(?:ms|s|secs?|seconds?|sekunden|secondes|segundos|mins?|minutes?|minuten|hours?|days?|h|d|bytes?|kb|mb|times?|users?"
    r"|attempts?|requests?|logins?|entries|items|of|/|%)\b",
    re.IGNORECASE,
)


def _is_scrambled_key(found: Found) -> bool:
    """Tell whether a value is strong, with small letters, capitals and digits: no hash, and no name."""
    return is_strong(found) and kinds_of_letters(re.sub(r"[^A-Za-z0-9]", "", found.value)) >= 3


def _is_lone(found: Found) -> bool:
    """Tell whether what stands some words after key, token or the like is one: scrambled, and not said to be an id."""
    return _is_scrambled_key(found) and entropy_bits(found.value) >= 3.7 and _OF_NO_SECRET.search(found.before) is None


_OF_NO_SECRET = re.compile(
    r"(?i)\barn:[^\s]*$|(?:public|finger-?print|thumb-?print|digest|hash|sha-?\d|md5|e-?tag|check-?sum|integrity|nonce|trace|span"
    r"|request|correlation|certificate|ssh-|ecdsa|cursor|continuation)[^\n]{0,48}$"
    r"|(?:image|commit|build|revision|version|serial|page|offset|next"
    r"|(?:^|[^a-z])(?:k?id|uuid|guid|url|uri|path|file|host|name|pub|kind|type|class)s?(?:[^a-z]|$)|[_-]id\W)[^\n]{0,12}$"
)
"""What stands before a value that is made up by a machine and opens nothing."""


def _is_cipher_key(found: Found) -> bool:
    """Tell whether what a key is said to be is one: strong, or as many hexadecimal digits as a cipher takes."""
    hexadecimal = re.fullmatch(r"(?:[0-9a-fA-F]{16}){1,4}", found.value) is not None
    return (
        (hexadecimal and len(set(found.value)) > 4)
        or is_strong(found)
        or (len(found.value) < 12 and is_told(found) and re.fullmatch(r"[a-z]+-\d+", found.value) is None)
    )


def _is_said_secret(found: Found) -> bool:
    """Tell whether what follows the word secret is one, and no name of one: shop-db-tls-2."""
    return is_told(found) and re.fullmatch(r"[a-z0-9]+(?:[-._/][a-z0-9]+)*", found.value) is None


def _is_long(found: Found) -> bool:
    return len(re.findall(r"[A-Za-z0-9+/=]", found.value)) >= 16


CHECKS: dict[str, Callable[[Found], bool]] = {
    "basic": _is_basic,
    "bearer": _is_bearer,
    "card": is_card,
    "code": _is_code,
    "cookie": _is_cookie,
    "cookie-value": _is_cookie_value,
    "email": is_email,
    "encoded": _is_encoded,
    "flag": is_flag,
    "iban": is_iban,
    "ip": is_address,
    "jwt": _is_jwt,
    "key": is_key,
    "keyed": _is_cipher_key,
    "login": _is_login,
    "lone": _is_lone,
    "long": _is_long,
    "mixed": is_mixed,
    "near": _is_near,
    "numbered": _is_numbered,
    "password": is_password,
    "phone": is_phone,
    "of-user": _is_of_user,
    "phrase": _is_phrase,
    "quoted": is_quoted,
    "said": is_told,
    "scrambled": _is_scrambled_key,
    "secret": is_secret,
    "secret-said": _is_said_secret,
    "set": is_set,
    "strong": is_strong,
    "token": is_token,
    "url": _is_url_password,
    "worded": _is_worded,
}
"""The checks that a rule may name."""

LEAST = {"cookie-value": 8, "flag": 3, "key": 8, "mixed": 8, "password": 3, "secret": 6, "strong": 12, "token": 8}
"""The bytes that a value must have for a check to take it, whatever they are."""


def _says_something(value: str) -> bool:
    return not is_said(value)


NEEDED: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(("cookie-value", "key", "strong", "token"), is_random),
    "card": is_card_number,
    **dict.fromkeys(("flag", "password", "quoted", "secret"), _says_something),
}
"""What a value must be by itself for a check to take it, whatever stands around: asked first, as it is remembered."""
