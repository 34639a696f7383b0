"""Signing a report, and checking who signed it: over the bytes of its JSON file, in the format of `ssh-keygen -Y`.

What is signed are the file's bytes as they are, so that `ssh-keygen -Y verify` can check them with no logdebug at hand:

    ssh-keygen -Y verify -f allowed_signers -I ann@example.org -n logdebug-report -s report.json.sig < report.json

A review that is added later changes the file, and no signature covers it. It is told apart from tampering: without the
reviews that came later, what they corrected put back, the report must be byte for byte the one that was signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from logdebug.errors import ReportError, SettingsError
from logdebug.report.files import write_text
from logdebug.report.reviewing import undo
from logdebug.report.text import one_line
from logdebug.verification.signers import signers_of
from logdebug.verification.sshsig import SshSignature, private_key_of, signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from logdebug.report.report import Report

__all__ = ["NAMESPACE", "SignatureCheck", "check", "check_file", "sign", "sign_file"]

NAMESPACE = "logdebug-report"
"""What our signatures are for (`ssh-keygen -n`)."""

_MOST_REVIEWS = 500

SignatureOutcome = Literal["valid", "reviewed", "tampered", "unknown key", "other namespace", "unsigned"]


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """What came of checking a signature.

    Parameters
    ----------
    outcome
        `valid`; `reviewed` (valid but for reviews that were added since); `tampered` (a known key signed other bytes);
        `unknown key`; `other namespace` (it was signed as something else than a report); `unsigned`.
    words
        The same in a sentence.
    signer
        Whose key it is, as the signers' file has it; empty where that isn't known.
    fingerprint
        The key's, as `ssh-keygen -l` gives it; empty for none.
    reviews_since
        How many reviews were added after it was signed.
    """

    outcome: SignatureOutcome
    words: str
    signer: str = ""
    fingerprint: str = ""
    reviews_since: int = 0

    @property
    def valid(self) -> bool:
        """Whether all of it is signed by somebody whose signature counts."""
        return self.outcome == "valid"

    def __str__(self) -> str:
        """Give the outcome and the sentence, on one line."""
        return one_line(f"{self.outcome}: {self.words}")


def sign(report: Report, key: str | Path, path: str | Path | None = None, *, passphrase: str | None = None) -> str:
    """Sign a report.

    Parameters
    ----------
    report
        The report.
    key
        The file of an Ed25519 private key, as `ssh-keygen -t ed25519` writes it.
    path
        Where to save the report; its signature goes beside it, as `PATH.sig`. None saves nothing.
    passphrase
        What the key is encrypted with.

    Returns
    -------
    str
        The signature: of the bytes that `report.save` writes.

    Raises
    ------
    SettingsError
        Where the key can't be used, or `cryptography` is missing (`pip install 'logdebug[sign]'`).
    ReportError
        Where `path` can't be written.
    """
    signature = signed(report.to_json().encode(), _key_in(key, passphrase), NAMESPACE)
    if path is not None:
        report.save(path)
        write_text(f"{path}.sig", signature)
    return signature


def sign_file(path: str | Path, key: str | Path, *, passphrase: str | None = None) -> Path:
    """Sign a saved report as it lies there; give the file of the signature, `PATH.sig`.

    Raises
    ------
    ReportError
        Where it is no report, or the signature can't be written.
    SettingsError
        Where the key can't be used.
    """
    data, _ = _report_in(path)
    return write_text(f"{path}.sig", signed(data, _key_in(key, passphrase), NAMESPACE))


def check(report: Report, signature: str | Path, signers: str | Path) -> SignatureCheck:
    """Check who signed a report, and that it is what they signed.

    A file that another version of logdebug wrote is better checked as a file (`logdebug check`): it may have fewer
    fields than this version would write.

    Parameters
    ----------
    report
        The report.
    signature
        Its signature, or the file of it.
    signers
        Whose signatures count: a file of allowed signers, or of public keys, or the text of one.

    Raises
    ------
    SettingsError
        Where the signers can't be read, or `cryptography` is missing.
    """
    return _checked(report.to_json().encode(), lambda: report, signature, signers)


def check_file(path: str | Path, signers: str | Path, signature: str | Path | None = None) -> SignatureCheck:
    """Check who signed a saved report, byte for byte; parameters are those of `check`, the signature `PATH.sig`.

    Raises
    ------
    ReportError
        Where it is no report.
    SettingsError
        Where the signers can't be read, or `cryptography` is missing.
    """
    data, report = _report_in(path)
    return _checked(data, lambda: report, f"{path}.sig" if signature is None else signature, signers)


def _checked(data: bytes, report: Callable[[], Report], signature: str | Path, signers: str | Path) -> SignatureCheck:
    known = signers_of(signers)
    try:
        held = SshSignature.read(_text_of(signature))
    except ReportError as error:
        return SignatureCheck("unsigned", str(error))
    mark = held.fingerprint
    if held.namespace != NAMESPACE:
        return SignatureCheck("other namespace", f"it was signed as {held.namespace!r}, not {NAMESPACE!r}", "", mark)
    now = datetime.now(UTC)
    signer = next((each for each in known if each.key == held.key and each.may_sign(NAMESPACE, now)), None)
    if signer is None:
        fits = "signs this report" if held.is_of(data) else "doesn't sign this report either"
        return SignatureCheck("unknown key", f"the key {mark} is none of those that count now; it {fits}", "", mark)
    if held.is_of(data):
        return SignatureCheck("valid", f"signed by {signer.name} ({mark})", signer.name, mark)
    # A file that says more than is read of it, such as a key that stands twice, shows others what nobody signed.
    whole = report().to_json().encode() == data
    for count, earlier in enumerate(_before_reviews(report()) if whole else (), 1):
        if held.is_of(earlier.to_json().encode()):
            words = f"signed by {signer.name} ({mark}), but for {count} review{'s' * (count != 1)} added since"
            return SignatureCheck("reviewed", f"{words}; no signature covers them", signer.name, mark, count)
    words = f"signed by {signer.name} ({mark}), but not as it is now: it was changed after it was signed"
    return SignatureCheck("tampered", words, signer.name, mark)


def _before_reviews(report: Report) -> Iterator[Report]:
    """Give the report without its latest review, without its latest two, and so on."""
    for _ in range(_MOST_REVIEWS):
        reviewed = [place for place, diagnosis in enumerate(report.reports) if diagnosis.reviews]
        if not reviewed:
            return
        report = undo(report, max(reviewed, key=lambda place: report.reports[place].reviews[-1].reviewed_at))
        yield report


def _report_in(path: str | Path) -> tuple[bytes, Report]:
    from logdebug.report.report import Report

    try:
        data = Path(path).expanduser().read_bytes()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReportError(f"{path} can't be read: {reason}; give the path of a saved report") from error
    return data, Report.from_json(data, source=str(path))


def _text_of(signature: str | Path) -> str:
    if "-----BEGIN" in str(signature):
        return str(signature)
    try:
        return Path(signature).expanduser().read_text(encoding="ascii", errors="replace")
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReportError(
            f"there is no signature {str(signature)!r}: {reason}; give the file that `logdebug sign` wrote beside "
            "the report"
        ) from error


def _key_in(path: str | Path, passphrase: str | None) -> Ed25519PrivateKey:
    try:
        data = Path(path).expanduser().read_bytes()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(
            f"the key {str(path)!r} can't be read: {reason}; give a private key's file, such as ~/.ssh/id_ed25519",
            setting="key",
        ) from error
    return private_key_of(data, passphrase, name=f"the key {str(path)!r}")
