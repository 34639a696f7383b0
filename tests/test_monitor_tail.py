"""A growing file of lines is read a little at a time, each line once."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from logdebug.monitor.tail import Tail

if TYPE_CHECKING:
    from pathlib import Path


def test_each_line_once(tmp_path: Path) -> None:
    """Only what was added since is given; a file that isn't there yet has no lines."""
    path = tmp_path / "t.jsonl"
    tail = Tail(path)
    assert list(tail.read()) == []
    path.write_text('{"a": 1}\n')
    assert list(tail.read()) == [{"a": 1}]
    assert list(tail.read()) == []
    with path.open("a") as file:
        file.write('\n{"a": 2}\n{"a": 3}\n')
    assert list(tail.read()) == [{"a": 2}, {"a": 3}]


def test_a_torn_line_waits_for_its_rest(tmp_path: Path) -> None:
    """A last line that isn't whole is given once it is, also where it is torn within a letter."""
    path = tmp_path / "t.jsonl"
    line = json.dumps({"a": "größer"}, ensure_ascii=False).encode()
    tail = Tail(path)
    path.write_bytes(line[:9])
    assert list(tail.read()) == []
    path.write_bytes(line + b"\n")
    assert list(tail.read()) == [{"a": "größer"}]


def test_damage_is_passed_over(tmp_path: Path) -> None:
    """Lines that are no JSON objects are left out, and those around them are not."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": \n[1]\nnull\n\xff\xfe\n{"a": 2}\n')
    assert list(Tail(path).read()) == [{"a": 1}, {"a": 2}]


def test_a_line_longer_than_a_block(tmp_path: Path) -> None:
    """A line of many megabytes is given whole."""
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"a": "x" * 20_000_000}) + '\n{"a": 2}\n')
    first, second = Tail(path).read()
    assert len(first["a"]) == 20_000_000
    assert second == {"a": 2}


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A pipe of that name is not waited for, and a link is not followed."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "real").write_text('{"a": 1}\n')
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert list(Tail(tmp_path / "pipe").read()) == []
    assert list(Tail(tmp_path / "link").read()) == []
    assert list(Tail(tmp_path).read()) == []
