"""Who signed a report is told, and what was changed since: tampering, another key, another namespace, later reviews."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from report_samples import five, hostile, report

from logdebug.cli import main
from logdebug.errors import ReportError, SettingsError
from logdebug.report.report import Report
from logdebug.report.reviewing import accept, correct, note
from logdebug.verification.signers import signers_of
from logdebug.verification.signing import NAMESPACE, check_file, sign_file
from logdebug.verification.sshsig import SshSignature, private_key_of, signed

if TYPE_CHECKING:
    from logdebug.verification.signing import SignatureCheck

needs_ssh_keygen = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed (Debian: openssh-client)"
)


def write_key(directory: Path, name: str = "ann", passphrase: str = "") -> Path:
    """Write a new private key, and its public one beside it."""
    key = Ed25519PrivateKey.generate()
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    path = directory / name
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, encryption))
    path.chmod(0o600)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    path.with_suffix(".pub").write_text(f"{public} {name}@example.org\n")
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Give Ann's private key."""
    return write_key(tmp_path)


@pytest.fixture
def saved(tmp_path: Path, key: Path) -> Path:
    """Give a saved report that Ann signed."""
    five().sign(key, tmp_path / "report.json")
    return tmp_path / "report.json"


def checked(saved: Path, name: str = "ann") -> SignatureCheck:
    """Check a saved report against somebody's public key."""
    return check_file(saved, saved.with_name(f"{name}.pub"))


def test_a_signed_report_is_valid(saved: Path, key: Path) -> None:
    """The file, the loaded report and a hostile one are signed and checked; the signer is named."""
    found = checked(saved)
    assert (found.outcome, found.valid, found.signer) == ("valid", True, "ann@example.org")
    assert found.fingerprint.startswith("SHA256:")
    loaded = Report.load(saved)
    assert loaded.check(f"{saved}.sig", key.with_suffix(".pub")).valid
    assert loaded.check(loaded.sign(key), key.with_suffix(".pub").read_text()).valid
    bad = Report.from_json(hostile().to_json())
    assert bad.check(bad.sign(key), key.with_suffix(".pub")).valid


def test_a_changed_report_is_tampered_with(saved: Path) -> None:
    """A changed word, a changed blank and a diagnosis that was left out are tampering."""
    text = saved.read_text()
    for changed in (text.replace('"critical"', '"low"').replace('"low": 3', '"critical": 3'), f"{text}\n"):
        assert changed != text
        saved.write_text(changed)
        try:
            assert checked(saved).outcome == "tampered"
        except ReportError:
            assert "low" in changed  # its own totals gave it away before the signature could
    fewer = Report.from_json(text)
    replace(fewer, reports=fewer.reports[1:]).save(saved)
    assert checked(saved).outcome == "tampered"


def test_another_key_is_told(saved: Path) -> None:
    """A signature by a key that doesn't count is that of an unknown key, whether it fits or not."""
    write_key(saved.parent, "eve")
    found = checked(saved, "eve")
    assert (found.outcome, found.signer) == ("unknown key", "")
    assert "signs this report" in found.words
    sign_file(saved, saved.with_name("eve"))
    saved.write_text(saved.read_text() + " ")
    found = checked(saved)
    assert (found.outcome, "doesn't sign this report either" in found.words) == ("unknown key", True)


def test_another_namespace_is_told(saved: Path, key: Path) -> None:
    """What Ann signed as something else is no signature of a report; nor is it one when its namespace is forged."""
    other = signed(saved.read_bytes(), private_key_of(key.read_bytes()), "file")
    Path(f"{saved}.sig").write_text(other)
    assert checked(saved).outcome == "other namespace"
    held = SshSignature.read(other)
    assert not replace(held, namespace=NAMESPACE).is_of(saved.read_bytes())


def test_a_missing_or_damaged_signature_is_none(saved: Path) -> None:
    """No signature, an empty one, and one cut or changed anywhere never make a report valid, nor a crash."""
    file = Path(f"{saved}.sig")
    text = file.read_text()
    for damaged in ("", "hello", text[:120], text.replace("U1NIU0lH", "AAAAAAAA"), text.replace("SSH SIG", "SSL SIG")):
        file.write_text(damaged)
        assert checked(saved).outcome == "unsigned"
    first, *body, last = text.splitlines()
    flat = "".join(body)
    for at in range(0, len(flat), 7):
        letter = "A" if flat[at] != "A" else "B"
        file.write_text("\n".join([first, f"{flat[:at]}{letter}{flat[at + 1 :]}", last]))
        assert checked(saved).outcome in {"unsigned", "tampered", "unknown key", "other namespace"}
    file.unlink()
    assert checked(saved).outcome == "unsigned"


def test_later_reviews_are_told_from_tampering(saved: Path) -> None:
    """Reviews added after signing are counted and said not to be covered; a word changed besides is tampering."""
    later = datetime(2026, 12, 1, tzinfo=UTC)
    made = accept(Report.load(saved), 0, reviewer="bo", reviewed_at=later)
    made = correct(made, 0, reviewer="bo", severity="low", category="oom", reviewed_at=later + timedelta(hours=1))
    made = note(made, 2, reviewer="cy", note="paged twice", reviewed_at=later + timedelta(minutes=1))
    made.save(saved)
    found = checked(saved)
    assert (found.outcome, found.reviews_since, found.valid) == ("reviewed", 3, False)
    assert "no signature covers them" in found.words
    text = saved.read_text()
    for old, new in (
        ('"root_cause":', '"root_cause": "all is well", "root_cause":'),
        ('"model":', '"seen": 1, "model":'),
    ):
        saved.write_text(text.replace(old, new, 1))  # other readers of JSON show what this one passes over
        assert checked(saved).outcome == "tampered"
    replace(made, model="another").save(saved)
    assert checked(saved).outcome == "tampered"


def test_reviews_from_before_signing_are_covered(saved: Path, key: Path) -> None:
    """A report that was reviewed and then signed is valid, and one more review on it is counted alone."""
    made = accept(Report.load(saved), 1, reviewer="bo")
    made.sign(key, saved)
    assert checked(saved).valid
    accept(made, 0, reviewer="bo", reviewed_at=datetime.now(UTC) + timedelta(hours=1)).save(saved)
    assert checked(saved).reviews_since == 1


def test_who_may_sign_is_what_the_file_says(saved: Path, key: Path) -> None:
    """Namespaces and times of a file of allowed signers are kept to; lines that aren't understood let nobody sign."""
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    cases = {
        f"ann@x {public}": "valid",
        f'# a comment\n\nann@x namespaces="git,logdebug-*" {public} a comment': "valid",
        f'"ann@x,bo@x" valid-after="20200101",valid-before="29991231235959Z" {public}': "valid",
        f'ann@x namespaces="git" {public}': "unknown key",
        f'ann@x valid-before="20200101" {public}': "unknown key",
        f'ann@x valid-after="299912310000Z" {public}': "unknown key",
    }
    for text, outcome in cases.items():
        assert Report.load(saved).check(f"{saved}.sig", text).outcome == outcome, text
    for text in (
        f"ann@x cert-authority {public}",
        f"ann@x odd-option {public}",
        "ann@x ssh-ed25519 ????",
        "ssh-ed25519 ",
    ):
        with pytest.raises(SettingsError, match="no ssh-ed25519 key"):
            signers_of(text)


OPTIONS = [
    *("", 'namespaces="logdebug-report"', 'namespaces="logdebug-*,git"', 'namespaces="file"', 'namespaces=""'),
    *('namespaces="!logdebug-report,*"', 'namespaces="*,!logdebug-report"', 'namespaces="!git,*"', "namespaces="),
    *("namespaces=logdebug-report", "namespaces", 'namespaces="[l]ogdebug-report"', 'namespaces="logdebug?report"'),
    *('namespaces="file, logdebug-report"', 'NAMESPACES="logdebug-report"', 'Namespaces="file"', "cert-authority"),
    *('namespaces="file",namespaces="logdebug-report"', 'namespaces="LOGDEBUG-REPORT"', 'namespaces="*"x', 'odd="x"'),
    *('valid-after="20990101"', 'valid-before="20200101"', 'valid-after="20200101",valid-before="20990101"', "odd"),
    *('valid-after="20200101",valid-after="20990101"', 'valid-before="20990101",namespaces="file"', 'valid-before=""'),
]


@pytest.mark.parametrize("options", OPTIONS)
@needs_ssh_keygen
def test_options_mean_what_they_mean_to_ssh_keygen(options: str, saved: Path, key: Path, tmp_path: Path) -> None:
    """Whoever may not sign for OpenSSH may not sign here, whatever forbids it: `!`, a time, a line without sense."""
    public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    signers = tmp_path / "signers"
    signers.write_text(f"ann@x {options} {public}\n")
    command = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        signers,
        "-I",
        "ann@x",
        "-n",
        "logdebug-report",
        "-s",
        f"{saved}.sig",
    ]
    theirs = subprocess.run(command, input=saved.read_bytes(), capture_output=True, check=False).returncode == 0
    try:
        ours = Report.load(saved).check(f"{saved}.sig", signers).valid
    except SettingsError:
        ours = False
    assert ours == theirs


@needs_ssh_keygen
def test_a_signature_of_another_kind_is_named(saved: Path, key: Path, tmp_path: Path) -> None:
    """One that an RSA key made is no damaged one: it is said which kind is known."""
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", tmp_path / "rsa"], check=True)
    Path(f"{saved}.sig").unlink()
    subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-q", "-f", tmp_path / "rsa", "-n", "logdebug-report", saved], check=True
    )
    assert "isn't one by an ssh-ed25519 key" in Report.load(saved).check(f"{saved}.sig", f"{key}.pub").words


def test_keys_that_cannot_sign_are_refused(tmp_path: Path) -> None:
    """No file, a public key, an RSA key, and an encrypted one without its passphrase, or with a wrong one, say why."""
    rsa = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (tmp_path / "rsa").write_bytes(rsa)
    locked = write_key(tmp_path, "locked", "open sesame")
    wrong = {"no": "can't be read.*private key's file", "locked.pub": "no private key.*without `.pub`"}
    for name, words in (wrong | {"rsa": "no Ed25519 key"}).items():
        with pytest.raises(SettingsError, match=words):
            report().sign(tmp_path / name)
    with pytest.raises(SettingsError, match="passphrase"):
        report().sign(locked)
    with pytest.raises(SettingsError, match="no private key that can be read"):
        report().sign(locked, passphrase="wrong")
    assert report().check(report().sign(locked, passphrase="open sesame"), tmp_path / "locked.pub").valid
    with pytest.raises(SettingsError, match="can't be read"):
        report().check("x", tmp_path / "nobody")
    assert "logdebug sign" in report().check(tmp_path / "no.sig", tmp_path / "locked.pub").words


@needs_ssh_keygen
def test_ssh_keygen_takes_our_signatures(saved: Path, key: Path) -> None:
    """`ssh-keygen -Y verify` finds our signature good, and refuses it for other bytes and another namespace."""
    (saved.parent / "allowed").write_text(f"ann@example.org {key.with_suffix('.pub').read_text()}")

    def verifies(data: bytes, namespace: str = NAMESPACE) -> bool:
        options = ["-f", saved.parent / "allowed", "-I", "ann@example.org", "-n", namespace, "-s", f"{saved}.sig"]
        done = subprocess.run(["ssh-keygen", "-Y", "verify", *options], input=data, capture_output=True, check=False)
        return done.returncode == 0

    assert verifies(saved.read_bytes())
    assert not verifies(saved.read_bytes() + b" ")
    assert not verifies(saved.read_bytes(), "file")


@needs_ssh_keygen
@pytest.mark.parametrize("hash_name", ["sha512", "sha256"])
def test_we_take_signatures_of_ssh_keygen(hash_name: str, tmp_path: Path) -> None:
    """A key that `ssh-keygen` made signs with `ssh-keygen -Y sign`, and its signature is valid here."""
    key = tmp_path / "ann"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann@example.org", "-f", key], check=True)
    saved = five().save(tmp_path / "report.json")
    options = ["-f", key, "-n", NAMESPACE, "-O", f"hashalg={hash_name}"]
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", *options, saved], check=True, capture_output=True)
    found = checked(saved)
    assert (found.outcome, found.signer) == ("valid", "ann@example.org")
    listed = subprocess.run(["ssh-keygen", "-l", "-f", key], check=True, capture_output=True, text=True).stdout
    assert found.fingerprint in listed
    saved.write_text(saved.read_text() + " ")
    assert checked(saved).outcome == "tampered"


@needs_ssh_keygen
def test_ssh_keygen_s_passphrases_are_understood(tmp_path: Path) -> None:
    """A key that `ssh-keygen` encrypted signs with its passphrase."""
    key = tmp_path / "ann"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-a", "2", "-N", "sesame", "-C", "", "-f", key], check=True)
    assert five().check(five().sign(key, passphrase="sesame"), tmp_path / "ann.pub").valid


def test_the_commands_have_exit_statuses(saved: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`sign` and `check` end with 0 where all is well, 1 where the signature isn't valid, 2 on wrong usage."""
    public = str(key.with_suffix(".pub"))
    Path(f"{saved}.sig").unlink()
    assert main(["check", str(saved), "--signers", public]) == 1
    assert main(["sign", str(saved), "--key", str(key)]) == 0
    assert main(["check", str(saved), "--signers", public]) == 0
    assert "valid: signed by ann@example.org" in capsys.readouterr().out
    accept(Report.load(saved), 0, reviewer="bo").save(saved)
    assert main(["check", str(saved), "--signers", public]) == 1
    assert "1 review added since" in capsys.readouterr().out
    assert main(["sign", str(saved), "--key", public]) == 2
    assert main(["sign", "no.json", "--key", str(key)]) == 2
    assert main(["check", "no.json", "--signers", public]) == 2
    assert main(["check", str(saved), "--signers", "nobody"]) == 2
