"""A dry run lists what would be hidden, with lines and kinds, and shows no secret."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from secret_samples import Maker

from logdebug.cli import main
from logdebug.run.secrets import find_secrets

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

BODY = Maker(9).key_body(12)
LINES = [
    "INFO started",
    "ERROR login failed password=Hunter22xyz! for bob.smith@example.com",
    "-----BEGIN RSA PRIVATE KEY-----",
    *BODY,
    "-----END RSA PRIVATE KEY-----",
    *["INFO fine"] * 3_000,
    "WARN token=x9Kd83mQpL2vRt7Zw4Yb refused",
]


def test_each_secret_is_listed_at_its_line(tmp_path: Path) -> None:
    """Line, kind and count are those of the file, a packed one and beyond the first thousands of lines included."""
    log = tmp_path / "app.log.gz"
    log.write_bytes(gzip.compress("\n".join(LINES).encode()))
    found = find_secrets(log)
    assert found.counts == {"password": 1, "email": 1, "private-key": len(BODY), "token": 1}
    assert [(each.line, each.kind) for each in found.listed][:3] == [(2, "password"), (2, "email"), (4, "private-key")]
    assert (found.listed[-1].line, found.listed[-1].kind) == (len(LINES), "token")
    assert len(found) == 3 + len(BODY)


def test_no_secret_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the table nor the command shows more of a secret than its first three letters."""
    log = tmp_path / "app.log"
    log.write_text("\n".join(LINES), encoding="utf-8")
    assert main(["redact", str(log)]) == 0
    said = capsys.readouterr().out + find_secrets(log)._repr_html_()
    assert "Hun… (12)" in said
    assert "password=‹secret:password› for ‹secret:email:1›" in said
    assert not any(secret[:5] in said for secret in ("Hunter22xyz!", "bob.smith@example.com", *BODY, "x9Kd83mQpL2"))


def test_a_clean_file_says_so(tmp_path: Path) -> None:
    """Where nothing would be hidden the table is that sentence."""
    log = tmp_path / "app.log"
    log.write_text("INFO fine\n", encoding="utf-8")
    assert repr(find_secrets(log)).endswith("nothing would be hidden")
