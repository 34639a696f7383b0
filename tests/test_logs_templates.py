"""Templates as they are shown, and how much a line's words tell of trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs.templates import alarm_of, masked, template_of, trouble_at

if TYPE_CHECKING:
    from logdebug.logs.fields import Level


@pytest.mark.parametrize(
    ("text", "level", "least", "most"),
    [
        ("ERROR boom", "error", 4, 4),
        ("FATAL boom", "fatal", 5, 5),
        ("connection refused", None, 2, 2),
        ("java.lang.OutOfMemoryError: heap", None, 3, 3),
        ("child pid 24 exit signal Segmentation fault (11)", "info", 3, 3),
        ("WARN slow", "warning", 2, 2),
        ("WARN cannot connect", "warning", 3, 3),
        ("Fehler: kein Platz übrig", None, 2, 3),
        ("retrying in 3 s", None, 1, 1),
        ("0 errors", None, 0, 0),
        ("no errors found", None, 0, 0),
        ("self test done, errors=0 failed: 0", None, 0, 0),
        ("declared queue errors.dead-letter", "info", 0, 0),
        ("order stored", "info", 0, 0),
        ("GET /error-codes/help", "info", 0, 0),
    ],
)
def test_alarm_is_what_level_and_words_tell(text: str, level: Level | None, least: int, most: int) -> None:
    """Trouble is seen by level or words; counters of nothing and names with such words are no trouble."""
    assert least <= alarm_of(text, level) <= most


def test_an_answer_of_502_is_an_alarm() -> None:
    """A server error of an access log tells of trouble by its status."""
    line = b'1.2.3.4 - - [22/Nov/2026:08:42:55 +0000] "GET / HTTP/1.1" 502 559 "-"'
    template = template_of(line, 3, 7, 9)
    assert (template.status, template.alarm) == (502, 3)


def test_a_frame_of_a_trace_is_a_detail() -> None:
    """Lines that go on with others are marked, and tell little by themselves."""
    template = template_of(b"\tat com.acme.FatalError.raise(FatalError.java:3)", 1, 1, 1)
    assert template.detail
    assert template.alarm <= 1


def test_metadata_of_json_tells_nothing() -> None:
    """Only what a JSON line says counts, not the names and values around it."""
    line = b'{"PRIORITY":"6","_CMDLINE":"/usr/bin/fatal --error","MESSAGE":"Started ledger."}'
    assert template_of(line, 1, 1, 1).alarm == 0


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("took 12 ms for id=ab12", "took <*> ms for id=<*>"),
        ("open /srv/a/b.txt failed", "open <*> failed"),
        ("to https://a.example/x?y=z from me@example.com", "to <*> from <*>"),
        ("10.0.0.1:5432 refused", "<*> refused"),
        ("instance d3a0e6b1-abcd-4eef-bade-a0ffbeefcafe gone", "instance <*> gone"),
        ("instance abcdefab-abcd-abcd-abcd-abcdefabcdef gone", "instance <*> gone"),
        ("VM Started (Lifecycle Event)", "VM Started (Lifecycle Event)"),
    ],
)
def test_variables_are_masked(text: str, pattern: str) -> None:
    """Numbers, paths, addresses and ids are variables; words are not."""
    assert masked(text) == pattern


def test_the_pattern_has_neither_time_nor_level() -> None:
    """A template's pattern is that of its message."""
    template = template_of(b"2026-11-22 08:00:00,000 ERROR [main] order 12 failed", 1, 1, 1)
    assert template.pattern == "[main] order <*> failed"


@given(st.binary(max_size=300))
def test_any_bytes_make_a_template(data: bytes) -> None:
    """Whatever a line holds, its template has a pattern and an alarm from 0 to 5."""
    template = template_of(data, 1, 1, 1)
    assert 0 <= template.alarm <= 5
    assert isinstance(template.pattern, str)
    place = trouble_at(template.example)
    assert place is None or 0 <= place < len(template.example)
