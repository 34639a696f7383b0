"""Whose signatures count: public keys, and files of allowed signers as OpenSSH knows them (ssh-keygen(1))."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from logdebug.errors import SettingsError
from logdebug.verification.sshsig import KEY_TYPE, fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Signer", "signers_of"]

_BARE = re.compile(rf"{KEY_TYPE}\s+(?P<key>[A-Za-z0-9+/]+=*)(?:\s+(?P<comment>.*))?")
_ALLOWED = re.compile(
    r'(?P<who>"[^"]*"|\S+)\s+(?:(?P<options>(?:[^\s"]|"[^"]*")+)\s+)?'
    + KEY_TYPE
    + r"\s+(?P<key>[A-Za-z0-9+/]+=*)(?:\s.*)?"
)
_OPTION = re.compile(r'(namespaces|valid-after|valid-before)="([^"]+)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody whose signature counts.

    Parameters
    ----------
    name
        Who: the principals of the file, or the key's comment.
    key
        The public key, in SSH's wire format.
    namespaces
        Patterns of what they may sign, `!` before those of what they may not; empty for anything.
    after, before
        The time within which the key counts, in UTC; None for no bound.
    """

    name: str
    key: bytes
    namespaces: tuple[str, ...] = ()
    after: datetime | None = None
    before: datetime | None = None

    def may_sign(self, namespace: str, moment: datetime) -> bool:
        """Tell whether the key counts for a namespace at a moment."""
        named = not self.namespaces or _is_listed(namespace, self.namespaces)
        return named and (self.after is None or moment >= self.after) and (self.before is None or moment < self.before)


def signers_of(given: str | Path) -> tuple[Signer, ...]:
    """Read whose signatures count.

    Parameters
    ----------
    given
        A file of allowed signers, or of public keys (`id_ed25519.pub`); or the text of one. Lines of other kinds of
        keys, and those with an option that isn't known here, count for nobody.

    Raises
    ------
    SettingsError
        Where it can't be read, or no Ed25519 key is in it.
    """
    text = str(given)
    if f"{KEY_TYPE} " not in text:
        try:
            text = Path(given).expanduser().read_text(encoding="utf-8")
        except (OSError, RuntimeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SettingsError(
                f"the signers {str(given)[:200]!r} can't be read: {reason}; give a public key's file, such as "
                "ann.pub, or one of allowed signers",
                setting="signers",
            ) from error
    found = tuple(filter(None, map(_signer, text.splitlines())))
    if not found:
        raise SettingsError(
            f"no {KEY_TYPE} key that may sign is in {str(given)[:200]!r}; give a public key, or a file of lines "
            f"such as `ann@example.org {KEY_TYPE} AAAA…`",
            setting="signers",
        )
    return found


def _signer(line: str) -> Signer | None:
    """Read a line; None for one that lets nobody sign here."""
    line = line.strip()
    if not line or line.startswith("#"):
        return None
    try:
        if bare := _BARE.fullmatch(line):
            key = base64.b64decode(bare["key"], validate=True)
            return Signer((bare["comment"] or fingerprint_of(key)).strip(), key)
        allowed = _ALLOWED.fullmatch(line)
        if not allowed or all(who.startswith("!") for who in allowed["who"].strip('"').split(",")):
            return None
        options = _options(allowed["options"] or "")
        return Signer(
            allowed["who"].strip('"'),
            base64.b64decode(allowed["key"], validate=True),
            tuple(options["namespaces"].split(",")) if "namespaces" in options else (),
            _moment(options.get("valid-after", "")),
            _moment(options.get("valid-before", "")),
        )
    except (binascii.Error, ValueError):
        return None


def _options(text: str) -> dict[str, str]:
    """Read a line's options, each of which has to be understood whole: one that isn't may be what forbids.

    Raises
    ------
    ValueError
        Where one isn't known, has no value, or is given twice.
    """
    found: dict[str, str] = {}
    for option in re.findall(r'(?:[^,"]|"[^"]*")+', text):
        known = _OPTION.fullmatch(option)
        if known is None or known[1].lower() in found:
            raise ValueError(f"the option {option!r} isn't understood")
        found[known[1].lower()] = known[2]
    return found


def _is_listed(name: str, patterns: Iterable[str]) -> bool:
    """Match a list of patterns as OpenSSH does (ssh_config(5), PATTERNS): what `!` names is none, whatever else is."""
    listed = False
    for pattern in patterns:
        bare = pattern.removeprefix("!")
        form = "".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in bare)
        if re.fullmatch(form, name, re.DOTALL):
            if bare != pattern:
                return False
            listed = True
    return listed


def _moment(text: str) -> datetime | None:
    """Read a time as OpenSSH writes it (YYYYMMDD, with HHMM or HHMMSS, and Z for UTC); none for none."""
    if not text:
        return None
    zone = UTC if text.endswith("Z") else None
    digits = text.removesuffix("Z")
    form = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}[len(digits)] if len(digits) in {8, 12, 14} else "?"
    return datetime.strptime(digits, form).replace(tzinfo=zone).astimezone(UTC)
