"""Signatures in the format of `ssh-keygen -Y`: Ed25519 keys, armoured, over the hash of a message and a namespace.

Source: OpenSSH, PROTOCOL.sshsig and PROTOCOL.key; RFC 4251 for `string` and `uint32`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.errors import ReportError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["KEY_TYPE", "SshSignature", "fingerprint_of", "private_key_of", "signed"]

KEY_TYPE = "ssh-ed25519"
"""The one kind of key that is known here."""

_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = ("sha512", "sha256")
_ARMOUR = re.compile(r"-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END SSH SIGNATURE-----")
_COLUMNS = 70
_NEEDED = "signing needs the package `cryptography`: pip install 'logdebug[sign]'"


@dataclass(frozen=True, slots=True)
class SshSignature:
    """A signature, read.

    Parameters
    ----------
    key
        The public key that it says it is of, in SSH's wire format.
    namespace
        What it was made for.
    hash_name
        Which hash of the message is signed.
    signature
        The 64 bytes.
    """

    key: bytes
    namespace: str
    hash_name: str
    signature: bytes

    @classmethod
    def read(cls, text: str) -> SshSignature:
        """Read an armoured signature.

        Raises
        ------
        ReportError
            Where it is none, or not one by an Ed25519 key.
        """
        armour = _ARMOUR.search(text)
        try:
            blob = base64.b64decode("".join(armour[1].split()), validate=True) if armour else b""
            if blob[:6] != _MAGIC or struct.unpack(">I", blob[6:10])[0] != _VERSION:
                raise ReportError("this is no SSH signature; give what `logdebug sign` or `ssh-keygen -Y sign` wrote")
            key, namespace, _, hash_name, signature = _strings(blob[10:])
            kind, *raw = _strings(signature)  # those of other kinds have more parts
            name = hash_name.decode("ascii")
            key_kind, *point = _strings(key)
            kinds = {kind.decode("ascii"), key_kind.decode("ascii")}
            if kinds != {KEY_TYPE} or [*map(len, raw), *map(len, point)] != [64, 32] or name not in _HASHES:
                raise ReportError(f"the signature isn't one by an {KEY_TYPE} key; no other kind is known here")
            return cls(key, namespace.decode(), name, raw[0])
        except (binascii.Error, struct.error, ValueError) as error:
            raise ReportError(f"the signature is damaged: {error}; sign again") from error

    @property
    def fingerprint(self) -> str:
        """The key's fingerprint, as `ssh-keygen -l` gives it."""
        return fingerprint_of(self.key)

    def is_of(self, message: bytes) -> bool:
        """Tell whether this signs a message, by the key that it names.

        Raises
        ------
        SettingsError
            Where the package that it takes is missing.
        """
        try:
            from cryptography.exceptions import InvalidSignature
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        except ImportError:
            raise SettingsError(_NEEDED, setting="sign") from None
        _, raw = _strings(self.key)
        try:
            Ed25519PublicKey.from_public_bytes(raw).verify(
                self.signature, _to_sign(message, self.namespace, self.hash_name)
            )
        except (InvalidSignature, ValueError):  # ValueError: 32 bytes that are no key
            return False
        return True


def signed(message: bytes, key: Ed25519PrivateKey, namespace: str) -> str:
    """Sign a message.

    Parameters
    ----------
    message
        The bytes.
    key
        The private key.
    namespace
        What the signature is for; one for something else is no signature for this.

    Returns
    -------
    str
        The armoured signature.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    public = _string(KEY_TYPE.encode()) + _string(raw)
    proof = _string(KEY_TYPE.encode()) + _string(key.sign(_to_sign(message, namespace, _HASHES[0])))
    parts = (public, namespace.encode(), b"", _HASHES[0].encode(), proof)
    blob = _MAGIC + struct.pack(">I", _VERSION) + b"".join(map(_string, parts))
    text = base64.b64encode(blob).decode("ascii")
    rows = [text[at : at + _COLUMNS] for at in range(0, len(text), _COLUMNS)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *rows, "-----END SSH SIGNATURE-----", ""])


def private_key_of(data: bytes, passphrase: str | None = None, *, name: str = "the key") -> Ed25519PrivateKey:
    """Read a private key as `ssh-keygen -t ed25519` writes it.

    Parameters
    ----------
    data
        The file's bytes.
    passphrase
        What it is encrypted with; None for nothing.
    name
        What errors call it.

    Raises
    ------
    SettingsError
        Where it is no such key, the passphrase is missing or wrong, or the package that it takes is missing.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_ssh_private_key
    except ImportError:
        raise SettingsError(_NEEDED, setting="sign") from None
    try:
        key = load_ssh_private_key(data, passphrase.encode() if passphrase else None)
    except TypeError as error:  # a passphrase is missing, or there is none to give
        raise SettingsError(f"{name} can't be read: {error}; give its passphrase", setting="key") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SettingsError(
            f"{name} is no private key that can be read ({error}); name one, without `.pub`, or make one with "
            "`ssh-keygen -t ed25519`",
            setting="key",
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{name} is no Ed25519 key; make one with `ssh-keygen -t ed25519`", setting="key")
    return key


def fingerprint_of(key: bytes) -> str:
    """Give a public key's fingerprint, as `ssh-keygen -l` gives it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")


def _to_sign(message: bytes, namespace: str, hash_name: str) -> bytes:
    digest = hashlib.new(hash_name, message).digest()
    return _MAGIC + b"".join(map(_string, (namespace.encode(), b"", hash_name.encode(), digest)))


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _strings(data: bytes) -> Iterator[bytes]:
    """Give the strings that some bytes are made of."""
    at = 0
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        if at + 4 + size > len(data):
            raise ValueError("it is cut short")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size
