"""Which files hold keys or passwords and nothing that a diagnosis needs: they are refused by name and by content.

Configuration and certificates stay readable, though a password may stand in them: that is for `redaction` to take out.
Names are compared without case, compatibility forms, and the endings that backups and compression give them.
"""

from __future__ import annotations

import re
import unicodedata
from fnmatch import translate
from functools import cache

__all__ = ["HEAD_BYTES", "holds_secrets", "is_ambiguous", "is_secret_name"]

HEAD_BYTES = 64 << 10
"""How much of a file's beginning `holds_secrets` looks at."""

_NAMES = (
    # settings that are all secrets
    *(".env", ".env[-_.]*", "*.env", "env", "environ", ".envrc", "secrets.yml", "secrets.yaml", "secrets.toml"),
    *("env.production", "env.prod", "env.staging", "env.development", "env.local"),
    *("secrets.json", "master.key", ".vault-token", "vault-token", ".vault_pass*", "vault_pass*"),
    # what Terraform keeps: all that it made, passwords in plain
    *("*.tfstate", "*.tfstate.*"),
    # private keys and stores of them; `id_ed25519_work` is a common name, `.pub` is no secret
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_*_sk", "id_*_key", "ssh_host_*_key"),
    *("id_rsa[-_.]*", "id_dsa[-_.]*", "id_ecdsa[-_.]*", "id_ed25519[-_.]*"),
    *("*.p12", "*.pfx", "*.jks", "*.jceks", "*.bcfks", "*.keystore", "*.kdbx", "*.ppk", "*.keytab", "krb5cc_*"),
    *("secring.*", "*.private.asc", "*.pkcs12", "*.kdb", "*.agekey", "*.keyring", "*.keychain", "*.keychain-db"),
    *("key3.db", "key4.db", "logins.json"),  # of browsers
    # what clients log in with
    *(".netrc", "_netrc", ".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf", ".git-credentials", ".htpasswd"),
    *("htpasswd", ".htdigest", ".pypirc", ".dockercfg", ".dockerconfigjson", ".s3cfg", ".boto", ".rclone.conf"),
    *("kubeconfig", "*.kubeconfig", "application_default_credentials.json", "access_tokens.db", "credentials.db"),
    *(".erlang.cookie", ".msmtprc", ".fetchmailrc", ".smbcredentials", "wpa_supplicant.conf"),
    *("credentials.json", "client_secret*.json", "accesstokens.json", "rclone.conf", ".pg_service.conf"),
    # what somebody typed, passwords in a command among it
    *(".bash_history", ".zsh_history", ".sh_history", ".ash_history", ".python_history", ".mysql_history"),
    *(".psql_history", ".rediscli_history", ".mongosh_history"),
    # accounts of the system
    *("shadow", "gshadow", "master.passwd", "opasswd"),
)
_PATHS = (
    *(".aws/credentials", ".aws/cli/cache/*", ".aws/sso/cache/*", ".kube/config", ".kube/cache/*"),
    *(".docker/config.json", ".gnupg/private-keys-v1.d/*", ".config/gcloud/*", ".azure/*", ".config/gh/hosts.yml"),
    *("run/secrets/*", "serviceaccount/token", ".gem/credentials", ".cargo/credentials*", ".terraform.d/credentials*"),
)
_FOLDERS = frozenset({"secrets", ".secrets"})  # of Docker and Compose: one secret a file, its name without an ending
_PUBLIC = ("*.pub", "id_*.log", ".env.example", ".env.sample", ".env.template", ".env.dist")
_ENDINGS = re.compile(
    r"(?:~|\.(?:bak|backup|old|orig|save|saved|copy|tmp|swp|swo|rpmsave|rpmnew|dpkg-old|dpkg-dist|gz|bz2|xz|zst|\d+))$|-$"
)
_AMBIGUOUS = ("*.pem", "*.key", "*.crt", "*.cer", "*.cert", "*.asc", ".npmrc", "npmrc", ".yarnrc.yml", "credentials")

_PRIVATE_KEY = re.compile(rb"^[ \t]*-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}", re.MULTILINE)
_PEM = re.compile(rb"\A\s*(?:(?:#|Bag |Key |subject=|issuer=|friendlyName|localKeyID)[^\n]*\n\s*)*-{4,5} ?BEGIN ")
_TOKEN = re.compile(rb"(?:_authToken|_auth|_password|npmAuthToken|aws_secret_access_key)\s*[=:]", re.IGNORECASE)
_STORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce", b"\x03\xd9\xa2\x9a", b"\x05\x02\x00\x00", b"PuTTY-User-Key-File-")
_WHOLE = (
    re.compile(
        rb"\A\s*(?:#[^\n]*\n\s*)*\[[^\]\n]+\]\s*\n(?:[^\n]*\n){0,8}?\s*aws_secret_access_key\s*=", re.IGNORECASE
    ),
    re.compile(rb"\A\s*(?:#[^\n]*\n\s*)*machine\s+\S+\s+login\s+\S+\s+password\s+\S"),  # .netrc
    re.compile(rb"\A(?:#[^\n]*\n)*[a-z_][a-z0-9_-]*:(?:[!*x]*|!?\$[^:\s]+):\d*:\d*:\d*:\d*:\d*:\d*:", re.IGNORECASE),
    re.compile(rb"\A(?:#[^\n]*\n)*[^:\s]+:(?:\$(?:apr1|2[abxy]|[156y])\$|\{SHA\})[^:\s]+\s*(?:\n|\Z)"),  # .htpasswd
    re.compile(rb"\A\s*(?:https?)://[^/\s:@]+:[^/\s@]+@\S+\s*\Z"),  # .git-credentials
)
# One object with a few flat fields, and no stream of records in one of which a key was printed.
_AGE_KEY = re.compile(rb"\A\s*(?:#[^\n]*\n\s*)*AGE-SECRET-KEY-", re.IGNORECASE)
_OBJECTS = (
    re.compile(rb"\A\s*\{\s*\"auths\"\s*:\s*\{[^}]*\"auth\"\s*:"),  # Docker, Podman
    re.compile(rb"\A\s*\{\s*\"(?:installed|web)\"\s*:\s*\{[^}]*\"client_secret\"\s*:"),  # Google's clients
    re.compile(rb"\A\s*\{(?=[^}]*\"client_secret\"\s*:)[^}]*\"refresh_token\"\s*:"),  # and their users
    re.compile(rb"\A\s*\{\s*(?:\"keys\"\s*:\s*\[\s*\{)?(?=[^}]*\"kty\"\s*:)[^}]*\"(?:d|k)\"\s*:"),  # JSON Web Key
)
_MANIFEST = re.compile(rb"\A\s*(?:(?:#[^\n]*|---)\s*\n\s*)*(?:(?:apiVersion|kind|items|metadata|data|type)\s*:|\{)")
_KIND = re.compile(rb"^[ \t-]*[\"']?kind[\"']?\s*:\s*[\"']?(\w+)|[{,]\s*\"kind\"\s*:\s*\"(\w+)\"", re.MULTILINE)
_OWN_KEY = re.compile(rb"\{(?:\s*\"\w+\"\s*:\s*\"[^\"]*\"\s*,){0,12}?\s*\"private_key\"\s*:")
_KUBECONFIG = re.compile(rb"^kind:\s*[\"']?Config\b", re.MULTILINE)
_KUBE_TOKEN = re.compile(rb"^\s*(?:client-key-data|token|password|id-token):", re.MULTILINE)


def is_secret_name(path: str) -> bool:
    """Tell whether a path names a file of secrets.

    Parameters
    ----------
    path
        The path as it is asked for, `/` between components.
    """
    names = [_plain(name) for name in path.split("/") if name not in {"", "."}]
    if not names or _is_one_of(names[-1], _PUBLIC):
        return False
    bare = _bare(names[-1])
    # vim's swap of `id_rsa` is `.id_rsa.swp`
    if _is_one_of(bare, _NAMES) or (
        names[-1].endswith((".swp", ".swo")) and _is_one_of(bare.removeprefix("."), _NAMES)
    ):
        return True
    if names[-2:-1] and names[-2] in _FOLDERS and "." not in bare.removesuffix(".txt"):
        return True
    whole = "/" + "/".join([*names[:-1], bare])
    return _any_of(_PATHS, "*/").match(whole) is not None


def is_ambiguous(path: str) -> bool:
    """Tell whether only a look into a file of this name can tell: a `.pem` may be a key or a certificate."""
    return _is_one_of(_bare(_plain(path.rpartition("/")[2])), _AMBIGUOUS)


def holds_secrets(path: str, head: bytes) -> bool:
    """Tell whether a file that isn't refused by its name is one of secrets by what it begins with.

    A log in which a key was printed is no such file: it has to begin as one.

    Parameters
    ----------
    path
        The path that it was asked for by.
    head
        Its first `HEAD_BYTES`, decompressed.
    """
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.startswith(_STORES) or any(each.match(text) for each in (*_WHOLE, _AGE_KEY)):
        return True
    if text.lstrip()[:1] == b"{" and any(each.match(text) for each in _OBJECTS):
        return True
    ambiguous = is_ambiguous(path)
    if (ambiguous or _PEM.match(text)) and _PRIVATE_KEY.search(text):
        return True
    return bool(ambiguous and _TOKEN.search(text)) or _is_account(text) or _is_secret_manifest(text)


def _is_account(text: bytes) -> bool:
    """Tell a cloud's service account (JSON) and a kubeconfig (YAML) from other files of these kinds."""
    if text[:1] == b"{" and b'"service_account"' in text and b'"private_key"' in text:
        return bool(_OWN_KEY.match(text))
    return b"kind:" in text and bool(_KUBECONFIG.search(text) and _KUBE_TOKEN.search(text))


def _is_secret_manifest(text: bytes) -> bool:
    """Tell a manifest of Kubernetes that holds Secrets and nothing else; one of more is configuration."""
    if b"Secret" not in text or not _MANIFEST.match(text):
        return False
    kinds = {one or other for one, other in _KIND.findall(text)}
    return b"Secret" in kinds and kinds <= {b"Secret", b"List", b"SecretList"}


def _is_one_of(name: str, patterns: tuple[str, ...]) -> bool:
    return _any_of(patterns).match(name) is not None


@cache
def _any_of(patterns: tuple[str, ...], before: str = "") -> re.Pattern[str]:
    """Give one expression of many patterns of names."""
    return re.compile("|".join(translate(before + each) for each in patterns))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip(" \t")


def _bare(name: str) -> str:
    """Take off what a backup, an editor or a compressor hangs on a name."""
    bare = name
    while (shorter := _ENDINGS.sub("", bare)) != bare and shorter not in {"", "."}:
        bare = shorter
    return bare
