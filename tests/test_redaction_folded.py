"""Letters that look like others, or like nothing, hide no field's name; what is found is cut out where it stands."""

from __future__ import annotations

import pytest

from logdebug.redaction.detector import detector_of
from logdebug.redaction.folded import folded
from logdebug.redaction.redactor import Redactor
from logdebug.redaction.rules import load_rules


def _wide(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("pass\u200bword=hunter2 user=bob", "pass\u200bword=‹secret:password:1› user=bob"),
        ("password\u00a0:\u00a0hunter2", "password\u00a0:\u00a0‹secret:password:1›"),
        ("\ufeffpassword=hunter2", "\ufeffpassword=‹secret:password:1›"),
        (f"ok\n{_wide('password=hunter2')}\nok", f"ok\n{_wide('password=')}‹secret:password:1›\nok"),
        ("to\u00adken = 9f14\u200b5fda9988c79fc35526f7, ok", "to\u00adken = ‹secret:token:1›, ok"),
        ("“password”: “hunter2”", "“password”: “‹secret:password:1›”"),
    ],
)
def test_a_name_with_odd_letters_is_known(text: str, redacted: str) -> None:
    """A field's name is known with blanks, wide letters and letters of no width in it, and all else stays as it was."""
    assert Redactor().redact(text) == redacted


@pytest.mark.parametrize(
    "text", ["数据库\uff0c连接\uff08失败\uff09\uff1a用户 42", "temps\u00a0: 42\u00a0%", "é à ü", "token\u00a0expired"]
)
def test_text_of_other_languages_stays(text: str) -> None:
    """Text with such letters that holds no secret stays as it is."""
    assert Redactor().redact(text) == text


def test_only_lines_with_such_letters_are_written_anew() -> None:
    """Of a text those lines are given that have such letters, and each byte is told where it stands."""
    data = "one\na\u00a0b\u200bc\ntwo\n\uff58=1\nthree\nlast\u200b".encode()
    plain = folded(data)
    assert plain is not None
    assert plain.text == b"a bc\nx=1\nlast"
    assert [data[plain.place(at) :][:1] for at in (0, 2, 3, 6, 9)] == [b"a", b"b", b"c", b"=", b"l"]
    assert plain.place(len(plain.text)) == len(data)


@pytest.mark.parametrize("text", ["plain\nlines", "日本語\uff0cです", ""])
def test_text_without_such_letters_is_not_written_anew(text: str) -> None:
    """Nothing is given of a text whose letters are all what they look like."""
    assert folded(text.encode()) is None


def test_letters_within_torn_letters_are_taken_out_once() -> None:
    """Bytes that are such a letter again without the one between them, thousands deep, end no search."""
    torn = b"\xe2\x80" * 3_000 + "\u200b".encode() + b"\x8b" * 3_000
    [span] = detector_of(load_rules()).spans(b"password=hunter2x " + torn)
    assert (span.start, span.end) == (9, 17)
