"""A log's lines by index, and its records and templates as DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logdebug.logs import open_log

if TYPE_CHECKING:
    from pathlib import Path

RECORD_DTYPES = {
    "first_line": "int64",
    "last_line": "int64",
    "timestamp": "datetime64[us, UTC]",
    "level": "category",
    "message": "str",
    "text": "str",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a log of ten orders and a failure with a trace."""
    lines = [f"2026-11-22 08:00:0{number} INFO order {number} stored" for number in range(10)]
    path = tmp_path / "app.log"
    path.write_text("\n".join([*lines, "2026-11-22 08:01:00 ERROR order failed", "\tat a.B.c(B.java:1)"]) + "\n")
    return path


def test_lines_are_had_by_number(path: Path) -> None:
    """An index gives a line, a slice lines without its end, -1 the last; what isn't there is an IndexError."""
    with open_log(path) as log:
        assert log[3].number == 3
        assert [line.number for line in log[2:5]] == [2, 3, 4]
        assert [line.number for line in log[10:]] == [10, 11, 12]
        assert log[-1].number == 12
        for absent in (0, 13, -13):
            with pytest.raises(IndexError, match="1 to 12"):
                log[absent]


def test_records_are_rows(path: Path) -> None:
    """There is a row a record, with its time in UTC and its level in order."""
    with open_log(path) as log:
        frame = log.to_df()
        assert len(log.to_df(limit=3)) == 3
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == RECORD_DTYPES
    assert len(frame) == 11
    assert frame.iloc[-1]["last_line"] == 12
    assert (frame["level"] >= "error").sum() == 1


def test_templates_are_rows(path: Path) -> None:
    """There is a row a template, most frequent first."""
    with open_log(path) as log:
        frame = log.templates()
    assert list(frame["count"]) == [10, 1, 1]
    assert frame["pattern"][0] == "order <*> stored"


def test_an_empty_log_has_frames_of_the_same_columns(tmp_path: Path) -> None:
    """Columns and dtypes don't depend on there being rows."""
    path = tmp_path / "app.log"
    path.write_text("")
    with open_log(path) as log:
        assert {name: str(dtype) for name, dtype in log.to_df().dtypes.items()} == RECORD_DTYPES
        assert len(log.templates()) == 0
