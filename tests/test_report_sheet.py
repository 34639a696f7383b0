"""The report as CSV: read back by the csv module it is all there, and no cell of it is a formula."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from report_samples import diagnosis, five, hostile, report

from logdebug.errors import ReportError
from logdebug.records import Failure, Review
from logdebug.report.export.sheet import COLUMNS, to_csv

if TYPE_CHECKING:
    from pathlib import Path


def rows(text: str) -> list[dict[str, str]]:
    """Read a sheet as the csv module does, strictly."""
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


def test_one_row_per_incident() -> None:
    """Each diagnosis and each failure has a row, in the report's order, with what is known of it."""
    read = rows(to_csv(five()))
    assert [row["service"] for row in read] == [
        *("payment-svc", "auth-svc", "notif-worker", "etl-daily", "api-gw"),
        "search-svc",
    ]
    first, failed = read[0], read[-1]
    assert tuple(first) == COLUMNS
    assert first["root_cause"] == five()[0].root_cause
    assert (first["severity"], first["confidence"], first["grounded"]) == ("critical", "0.9", "true")
    assert (first["evidence"], first["evidence_verified"]) == ("3", "2")
    assert (first["first_event"], first["last_event"]) == ("2026-11-22T14:02:11.250000Z", "2026-11-22T14:02:51.250000Z")
    assert (first["tokens"], first["cost_usd"]) == ("12900", "0.0042")
    assert (failed["status"], failed["severity"]) == ("failed", "")
    assert failed["error"].startswith("model_unavailable: the server answered 429")


def test_the_last_review_is_in_the_row() -> None:
    """Who decided last, what, when and why stands in the row."""
    reviews = (
        Review("Ben", datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "noted", "first"),
        Review("Ann", datetime(2026, 11, 23, 10, 4, tzinfo=UTC), "accepted", 'so, "fine"\nit is'),
    )
    [row] = rows(to_csv(report(diagnosis(reviews=reviews))))
    assert (row["reviewed_by"], row["reviewed_at"], row["decision"]) == ("Ann", "2026-11-23T10:04:00Z", "accepted")
    assert row["note"] == 'so, "fine"\nit is'


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "＝1", '=cmd|"/c calc"!A1', "\u00a0=1"],  # noqa: RUF001
)
def test_no_text_is_a_formula(text: str) -> None:
    """A text that a spreadsheet would reckon with gets an apostrophe before it, in every column that holds text."""
    entry = diagnosis(text, working_dir=text, log_file=text, root_cause=text, recommendation=text)
    review = Review(text, datetime(2026, 11, 23, tzinfo=UTC), "noted", text)
    read = rows(to_csv(report(replace(entry, reviews=(review,)), errors=(Failure(text, text, text),))))
    for row in read:
        for name, cell in row.items():
            if name not in {"confidence", "cost_usd", "seconds"}:
                assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝")), (name, cell)  # noqa: RUF001
    assert read[0]["root_cause"].startswith("'")


def test_a_number_stays_a_number() -> None:
    """Figures have no apostrophe, negative ones included, and what isn't known is empty."""
    entry = diagnosis()
    [row] = rows(to_csv(report(replace(entry, confidence=-0.0, usage=replace(entry.usage, cost_usd=None)))))
    assert (row["confidence"], row["cost_usd"]) == ("-0.0", "")


def test_hostile_text_stays_in_its_cell() -> None:
    """Quotes, commas, newlines and controls add no row and no column, and hide nothing."""
    text = to_csv(hostile())
    read = rows(text)
    assert len(read) == 3
    assert all(len(row) == len(COLUMNS) and None not in row for row in read)
    assert not set(text) & set("\x00\x07\x1b\u202e\u2066\ud800")
    assert all(line.endswith("\r") for line in text.split("\n")[:1])


def test_the_file_opens_in_spreadsheets_and_pandas(tmp_path: Path) -> None:
    """The file begins with a byte order mark, the text doesn't, and pandas reads the same from it."""
    path = tmp_path / "report.csv"
    made = report(diagnosis("zahlung-süd", root_cause="größer, 日本"))
    text = to_csv(made, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfservice,")
    assert path.read_bytes().decode("utf-8-sig") == text
    frame = pd.read_csv(path)
    assert list(frame.columns) == list(COLUMNS)
    assert frame["root_cause"].tolist() == ["größer, 日本"]
    with pytest.raises(ReportError, match="is a directory"):
        to_csv(made, tmp_path)


def test_redaction_is_applied_to_every_text() -> None:
    """What `redact` takes out is nowhere in the sheet, and an apostrophe still comes before what is a formula then."""
    secret = "hunter2"
    entry = diagnosis(f"svc-{secret}", working_dir=secret, log_file=secret, root_cause=secret, recommendation=secret)
    text = to_csv(
        report(entry, errors=(Failure(secret, secret, secret, secret),)), redact=lambda text: text.replace(secret, "=x")
    )
    assert secret not in text
    assert rows(text)[0]["root_cause"] == "'=x"
