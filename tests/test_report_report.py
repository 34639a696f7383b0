"""The report: its counts, look-up, and the way to a file and back."""

from __future__ import annotations

import json
import math
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from report_samples import BEGIN, diagnosis, five, hostile, many, report

from logdebug.errors import ReportError
from logdebug.records import Failure, TimelineEvent, Usage
from logdebug.report.report import Report

if TYPE_CHECKING:
    from pathlib import Path


def test_counts_add_up() -> None:
    """Diagnosed and failed make up all incidents, and the summary counts only diagnoses."""
    made = five()
    assert (made.total_incidents, made.diagnosed, made.failed) == (6, 5, 1)
    assert made.summary.by_severity == {"critical": 3, "high": 1, "medium": 1}
    assert list(made.summary.by_category) == ["oom", "dependency_failure", "disk_full", "network_error"]
    assert made.summary.services_affected == ("payment-svc", "auth-svc", "notif-worker", "etl-daily", "api-gw")


def test_services_are_listed_once() -> None:
    """A service with two incidents is affected once."""
    assert report(diagnosis("a"), diagnosis("b"), diagnosis("a")).summary.services_affected == ("a", "b")


def test_the_time_is_held_in_utc() -> None:
    """A report made with a local time, or one without a zone, holds UTC."""
    local = BEGIN.astimezone(timezone(timedelta(hours=5)))
    assert replace(five(), generated_at=local).generated_at.tzinfo is UTC
    assert replace(five(), generated_at=datetime(2026, 1, 1)).generated_at == datetime(2026, 1, 1, tzinfo=UTC)  # noqa: DTZ001


def test_lookup_by_service_place_and_slice() -> None:
    """A service, a place from either end and a slice give what the run put there."""
    made = five()
    assert made["auth-svc"] is made[1] is made.find("auth-svc")[0] is made.reports[1]
    assert made[-1].service == "api-gw"
    assert made[:2] == made.reports[:2]
    assert list(made) == list(made.reports)
    assert len(made) == 5
    assert "auth-svc" in made
    assert made[0] in made
    assert "search-svc" not in made
    assert made.find("nobody") == ()
    assert made._ipython_key_completions_()[0] == "payment-svc"


def test_an_ambiguous_service_lists_the_directories() -> None:
    """A name that two incidents share is refused with both directories and their numbers."""
    made = report(diagnosis("a", working_dir="/srv/one"), diagnosis("b"), diagnosis("a", working_dir="/srv/two"))
    with pytest.raises(ReportError, match=r"2 incidents are called 'a': \[0\] /srv/one; \[2\] /srv/two"):
        made["a"]


def test_an_absent_service_says_what_there_is() -> None:
    """A name that is not there is answered with those that are."""
    with pytest.raises(ReportError, match=r"no service 'nobody'.*payment-svc, auth-svc"):
        five()["nobody"]
    with pytest.raises(ReportError, match="no diagnosis at all"):
        report()["nobody"]
    with pytest.raises(ReportError, match="use 0 to 4"):
        five()[5]


def test_a_failed_service_says_how_it_failed() -> None:
    """Asking for a service that failed gives the failure's message and kind."""
    with pytest.raises(ReportError, match=r"'search-svc' got no diagnosis: the server answered 429.*model_unavailable"):
        five()["search-svc"]


@pytest.mark.parametrize("made", [report(), five(), many(50)], ids=["none", "five", "fifty"])
def test_a_saved_report_loads_back_equal(made: Report, tmp_path: Path) -> None:
    """What `load` gives equals what was saved, and saves as the same bytes."""
    path = made.save(tmp_path / "report.json")
    loaded = Report.load(path)
    assert loaded == made
    assert loaded.to_json().encode() == path.read_bytes()


def test_a_report_can_be_pickled_and_hashed() -> None:
    """A report crosses to another process whole."""
    assert pickle.loads(pickle.dumps(five())) == five()  # noqa: S301 - its own bytes
    assert hash(five()) == hash(five())


def test_the_keys_of_the_json_are_the_design_s() -> None:
    """The file's keys, at the top and in an entry, are those promised and in that order."""
    data = json.loads(five().to_json())
    assert list(data) == [
        *("generated_at", "model", "run_id", "schema_version", "total_incidents", "diagnosed", "failed"),
        *("summary", "usage", "reports", "errors", "redacted"),
    ]
    assert list(data["summary"]) == ["by_severity", "by_category", "services_affected"]
    assert list(data["usage"]) == ["turns", "tokens", "input_tokens", "output_tokens", "cost_usd", "seconds"]
    assert list(data["reports"][0]) == [
        *("service", "working_dir", "log_file", "status", "root_cause", "category", "severity", "confidence"),
        *("timeline", "evidence", "recommendation", "grounded", "usage", "log_sha256"),
        *("session", "reviews", "shared_from", "analyst", "absences", "recalled_from", "suspicions"),
    ]
    assert list(data["reports"][0]["timeline"][0]) == ["timestamp", "event", "line"]
    assert list(data["reports"][0]["evidence"][0]) == ["quote", "file", "line", "byte_start", "byte_end", "verified"]
    assert list(data["errors"][0]) == ["service", "error", "message", "session"]
    assert data["generated_at"] == "2026-11-22T14:02:11.250000Z"
    assert data["reports"][0]["timeline"][2]["timestamp"] is None


def test_no_failures_are_null() -> None:
    """`errors` is null when there is none, and loads as none."""
    text = report(diagnosis()).to_json()
    assert json.loads(text)["errors"] is None
    assert Report.from_json(text).errors == ()


def test_json_never_holds_nan() -> None:
    """Figures that JSON can't hold are written as null or 0, never as NaN, and the file loads."""
    usage = Usage(1, 2, 3, math.inf, math.nan)
    made = replace(report(diagnosis(confidence=math.nan, usage=usage), diagnosis(confidence=math.inf)), usage=usage)
    loaded = Report.from_json(made.to_json())
    assert [entry.confidence for entry in loaded] == [0.0, 1.0]
    assert (loaded.usage.cost_usd, loaded.usage.seconds) == (None, 0.0)


def test_hostile_text_is_saved_and_loaded(tmp_path: Path) -> None:
    """Text with controls, markup and half a surrogate pair survives; only the surrogate becomes U+FFFD."""
    loaded = Report.load(hostile().save(tmp_path / "report.json"))
    assert loaded[0].root_cause == hostile()[0].root_cause.replace("\ud800", "\ufffd")
    assert Report.from_json(loaded.to_json()) == loaded


def test_other_zones_are_read_as_utc() -> None:
    """A time with another offset, or none, is the same moment in UTC after loading."""
    text = report(diagnosis(timeline=(TimelineEvent(BEGIN, "x"),))).to_json()
    written = "2026-11-22T14:02:11.250000Z"
    head, _, tail = text.rpartition(written)
    for other in ("2026-11-22T19:02:11.250000+05:00", "2026-11-22T14:02:11.250000"):
        loaded = Report.from_json(head + other + tail)[0].timeline[0].timestamp
        assert loaded == BEGIN
        assert loaded is not None
        assert loaded.tzinfo is UTC


BREAKS = {
    "severity": ('"severity": "critical"', '"severity": "grave"', r"reports\[0\]\.severity is 'grave'.*'critical'"),
    "number": ('"turns": 3', '"turns": "3"', r"reports\[0\]\.usage\.turns is '3'"),
    "bool": ('"grounded": true', '"grounded": 1', r"reports\[0\]\.grounded is 1"),
    "time": ('"timestamp": "2026', '"timestamp": "20x6', r"reports\[0\]\.timeline\[0\]\.timestamp"),
    "missing": ('"root_cause"', '"cause"', r"reports\[0\]\.root_cause is missing \(and 4 more"),
    "diagnosed": ('"diagnosed": 5', '"diagnosed": 4', "diagnosed is 4, but its entries make it 5"),
    "failed": ('"failed": 1', '"failed": true', "failed is True"),
    "total": ('"total_incidents": 6', '"total_incidents": 5', "total_incidents is 5, but its entries make it 6"),
    "summary": ('"critical": 3', '"critical": 2', "summary.by_severity"),
    "tokens": ('"tokens": 64500', '"tokens": 64501', "usage.tokens is 64501"),
    "entry tokens": ('"tokens": 12900', '"tokens": null', r"reports\[0\]\.usage\.tokens is None"),
    "confidence": ('"confidence": 0.9', '"confidence": 7', r"reports\[0\]\.confidence is 7.*0 to 1"),
    "nan": ('"confidence": 0.9', '"confidence": NaN', "is not JSON"),
    "below": ('"line": ', '"line": -', r"reports\[0\]\.\w+\[0\]\.line is -\d+, which no file has; give a file"),
    "beyond": (
        '"byte_end": ',
        '"byte_end": 9999999999999999',
        r"reports\[0\]\.evidence\[0\]\.byte_end is 9+.*no file has",
    ),
    "tokens of a stranger": (
        '"usage": {\n        "turns": 3',
        '"usage": {\n        "turns": 99999999999999999999',
        r"reports\[0\]\.usage\.turns is 9+, which nothing costs; give a file",
    ),
    "below nothing": ('"turns": 15', '"turns": -15', r"usage\.turns is -15, which nothing costs"),
    "newer": ('"schema_version": 1', '"schema_version": 2', "schema_version is 2.*upgrade with"),
    "no version": ('"schema_version": 1', '"schema_version": "1"', "schema_version is '1'"),
}


@pytest.mark.parametrize(("old", "new", "message"), BREAKS.values(), ids=BREAKS.keys())
def test_a_broken_report_is_refused_with_the_place(old: str, new: str, message: str, tmp_path: Path) -> None:
    """A wrong type, word, total or version is refused with the file, the place and what is wrong there."""
    text = five().to_json().replace((old == "missing" and old) or old, new, 5 if old == '"root_cause"' else 1)
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(ReportError, match=message) as caught:
        Report.load(path)
    assert "broken.json" in str(caught.value)


@pytest.mark.parametrize("text", ["", "hello", "[]", "{}", '{"reports": []}', "3", "null", "\x00"])
def test_what_is_no_report_is_refused(text: str) -> None:
    """Text that is no JSON, or JSON of something else, is refused by name with a remedy."""
    with pytest.raises(ReportError, match=r"^x\.json.*give a file as `report\.save`"):
        Report.from_json(text, source="x.json")


def test_a_report_that_an_editor_saved_again_is_read() -> None:
    """The mark that editors on Windows put before a text is no part of the JSON."""
    made = report(diagnosis())
    assert Report.from_json("\ufeff" + made.to_json()) == made
    assert Report.from_json(b"\xef\xbb\xbf" + made.to_json().encode()) == made


def test_every_truncation_is_refused() -> None:
    """A report cut short anywhere is refused, and said to be cut."""
    text = report(diagnosis()).to_json().rstrip()
    for length in range(0, len(text), 37):
        with pytest.raises(ReportError, match=r"x\.json is not JSON.*line"):
            Report.from_json(text[:length], source="x.json")


def test_what_can_t_be_read_is_refused(tmp_path: Path) -> None:
    """A missing file, a directory and bytes that are no UTF-8 give a ReportError with the path."""
    (tmp_path / "bytes").write_bytes(b'{"reports": "\xff"}')
    for name in ("missing.json", "", "bytes", "a\0b"):
        with pytest.raises(ReportError, match="bytes|missing.json|a.b|" + tmp_path.name):
            Report.load(tmp_path / name)


def test_saving_asks_the_umask(tmp_path: Path) -> None:
    """A new file has the permissions that the umask leaves; a replaced one keeps those it had."""
    old = os.umask(0o077)
    try:
        path = five().save(tmp_path / "report.json")
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o640)
        five().save(path)
        assert path.stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(old)


def test_errors_are_held_as_a_tuple() -> None:
    """Lists given for entries are held as tuples, so that the report can't be changed."""
    made = Report(BEGIN, "m", "r", [diagnosis()], [Failure("a", "b", "c")])  # type: ignore[arg-type]
    assert made.reports == (diagnosis(),)
    assert made.errors == (Failure("a", "b", "c"),)


def test_importing_the_report_is_light() -> None:
    """Importing the report loads none of the slow packages that its doors lead to."""
    heavy = ("pandas", "numpy", "matplotlib", "jinja2", "pydantic", "rich", "IPython")
    code = f"import sys, logdebug.report.report; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
