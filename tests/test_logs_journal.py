"""The journal's export text: an entry is a record with its time, level and message, binary fields included."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs import open_log
from logdebug.logs.journal import fields_of_entry

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 22, 8, 42, 55, 123_456, tzinfo=UTC)


def entry(number: int, priority: int, message: str) -> bytes:
    """Write an entry as journalctl does: a message of several lines, or with control characters, as binary."""
    micros = 1_795_336_975_123_456 + number * 1_000_000
    fields = [
        f"__CURSOR=s=739ad463348b4ceca5a9e69c95a3c93f;i={number:x};b=6c7c6013a26343b29e964691ff25d04c;m=4fc;t=4f;x=1",
        f"__REALTIME_TIMESTAMP={micros}",
        "__MONOTONIC_TIMESTAMP=5347",
        "_BOOT_ID=6c7c6013a26343b29e964691ff25d04c",
        f"PRIORITY={priority}",
        "SYSLOG_IDENTIFIER=shop",
        "_TRANSPORT=journal",
        "_PID=4213",
        "_CMDLINE=/usr/bin/shop --fail-on-error",
    ]
    if message.isprintable():
        data = f"MESSAGE={message}\n".encode()
    else:
        data = b"MESSAGE\n" + struct.pack("<Q", len(message.encode())) + message.encode() + b"\n"
    return "".join(f"{field}\n" for field in fields).encode() + data + b"_SYSTEMD_UNIT=shop.service\n\n"


MESSAGES = [
    (6, "ready", "info"),
    (3, "order failed: no stock", "error"),
    (4, "Traceback (most recent call last):\n  File \"a.py\", line 1\n\nKeyError: 'x'", "warning"),
    (2, "x" * 10 + "\nten and a newline", "fatal"),
    (6, "a\x1b[31mred\x1b[0m", "info"),
    (7, "\n" * 5 + "eleven", "debug"),
    (5, "é" * 100 + "\n" + "b" * 27, "info"),
]


def test_an_entry_is_a_record(tmp_path: Path) -> None:
    """Each entry's lines are one record; its time, level and message are those of its fields."""
    path = tmp_path / "journal.export"
    path.write_bytes(b"".join(entry(number, *each[:2]) for number, each in enumerate(MESSAGES)))
    with open_log(path) as log:
        records = list(log.records())
        assert records[0].first_line == 1
        assert [after.first_line - before.last_line for before, after in pairwise(records)] == [1] * (len(MESSAGES) - 1)
        assert [record.timestamp for record in records] == [AT + timedelta(seconds=n) for n in range(len(MESSAGES))]
        assert [record.level for record in records] == [level for _, _, level in MESSAGES]
        assert [record.message for record in records] == [text.split("\n")[0] for _, text, _ in MESSAGES]
        assert log.search("KeyError", levels=["warning"], since="2026-11-22T08:42:57Z").total == 1
        assert log.search("KeyError", levels=["error"]).total == 0


def test_the_overview_of_an_export_is_about_its_messages(tmp_path: Path) -> None:
    """Fields are details: what is found is the message of a failure, and times come from the entries."""
    path = tmp_path / "journal.export"
    quiet = [entry(number, 6, f"order {number} stored") for number in range(800)]
    path.write_bytes(b"".join([*quiet, entry(800, 3, "write failed: No space left on device"), *quiet[:5]]))
    with open_log(path) as log:
        overview = log.overview()
    assert overview.facts.first_time == AT
    first = overview.findings[0].template
    assert "No space left on device" in first.example
    assert first.count == 1
    assert len(overview.findings) == 1
    assert "_PID=" not in overview.text.partition("LAST LINES")[0].partition("USUAL LINES")[2]


@pytest.mark.parametrize("size", [9, 10, 11, 128, 200, 255, 256, 2570, 65_546])
def test_a_binary_field_of_any_size_is_read(size: int) -> None:
    """The eight bytes of a size are no part of the value, even where one of them is a newline or no UTF-8."""
    message = "a\n" + "m" * (size - 2)
    text = entry(1, 6, message).decode("utf-8", "replace")
    assert fields_of_entry(text)["MESSAGE"] == message


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    """Any text has fields or none."""
    assert isinstance(fields_of_entry(text), dict)
