"""Tests of reading a signatures file: plain lines are read quickly, and everything as TOML has it."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from logdebug.logs import tables
from logdebug.logs.tables import read_tables


def test_the_shipped_file_is_plain() -> None:
    """The shipped file has plain lines only, and reads as the standard library reads it."""
    text = resources.files("logdebug.logs").joinpath("signatures.toml").read_text(encoding="utf-8")
    assert tables._plain_entries(text) == tomllib.loads(text)["signature"]


@pytest.mark.parametrize(
    "value",
    [
        *("'a'", "''", '"a"', '""', r'"a\tb\"c"', r'"\u00e9 \\ x"', "'''it's'''", "'''ends in ''''", "17", "0", "true"),
        *("false", "'a\\d'", "1_000", "+5", "'a' # said", r'"\e"', "[1, 2]", "1.5", "2026-11-22", "'''\na\nb'''"),
        *('"""a"""', "inf", "0x1f", "{a = 1}", r'"\U0001F600"', '"x" '),
    ],
)
def test_values(value: str) -> None:
    """A value of any kind reads as the standard library reads it, whether the quick way knows it or not."""
    text = f"# one\n\n[[signature]]\nid = 'a'\nkey = {value}\n[[signature]]\nid = \"b\""
    try:
        wanted = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(tomllib.TOMLDecodeError):
            read_tables(text)
    else:
        assert read_tables(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        *("", "x = 1", "[[signature]]\na = 1\na = 2", "[[signature]]\na = 'b", "[[signature]]\na = 'b'c'"),
        *("[[signature]]\na.b = 1", "[[signature]]\na = 007", "[[signature]]\na = '''b'''c'''", "[signature]\na = 1"),
        *("[[signature]]\n  a = 1", "[[signature]]\na=1", '[[signature]]\na = "b"c"', "[[signature]]\na = "),
        *('[[signature]]\na = "\\/"', "[[signature]]\ná = 1", "[[other]]\na = 1"),
    ],
)
def test_odd_files(text: str) -> None:
    """A file that is not made of plain entries is read, or refused, as the standard library does."""
    try:
        wanted = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(tomllib.TOMLDecodeError):
            read_tables(text)
    else:
        assert read_tables(text) == wanted
