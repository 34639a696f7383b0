"""Tests of what stands around a cause, and of how the root cause tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logdebug.agent.cause import conclude
from logdebug.agent.surroundings import Surroundings, surroundings_of
from logdebug.agent.survey import take_survey
from logdebug.logs import open_log
from tests.test_agent_offline import diagnosed, healthy

if TYPE_CHECKING:
    from pathlib import Path

FAILURE = "2026-11-22T09:00:05Z ERROR order 9 lost: connect ECONNREFUSED 127.0.0.1:5432\n"
CHANGES = (
    "routes.json reloaded, 12 routes",
    "configuration revision 88 applied",
    "import.threads 1 -> 8",
    "upgraded libfoo from 1.2 to 2.0",
    "received SIGHUP, reading everything again",
    "deploying web 5.3.1",
    "statement: ALTER TABLE orders RENAME COLUMN total TO total_gross",
    "tls certificate /etc/shop/tls.pem renewed",
    "node2 promoted to primary",
    "restored from backup of 2026-11-20",
)
ROUTINE = (
    "order 7 shipped to Bern",
    "user changed his name",
    "heap resized",
    "cache read in 4 ms",
    "set cookie ok",
    "skipped a.csv, moved to /old",
    "Running Spark version 3.5.7",
)


def around(place: Path, text: str) -> Surroundings:
    """Look around the cause in a log."""
    (place / "service.log").write_text(text)
    with open_log(place / "service.log") as log:
        survey = take_survey(log)
        return surroundings_of(conclude(survey).cause, survey, log)


def line(said: str) -> str:
    """Write one line at "info"."""
    return f"2026-11-22T09:00:00Z INFO {said}\n"


@pytest.mark.parametrize("said", CHANGES)
def test_a_change_before_the_cause_is_told(tmp_path: Path, said: str) -> None:
    """What was changed before a failure is in its root cause, with its line, and is no event of the failure."""
    found = diagnosed(tmp_path, healthy(20) + line(said) + healthy(5, minute=30) + FAILURE)
    assert f"Changed before: “{said}” (line 21)." in found.root_cause
    assert all(event.line != 21 for event in found.timeline)


def test_a_change_is_evidence_where_no_signature_is_sure(tmp_path: Path) -> None:
    """A change is quoted as evidence of an error that no signature knows, and not of one that is known."""
    unknown = "2026-11-22T09:00:05Z ERROR order 9 lost its way to Bern\n"
    quoted = [
        {quote.line for quote in diagnosed(tmp_path, healthy(20) + line(CHANGES[0]) + error).evidence}
        for error in (unknown, FAILURE)
    ]
    assert 21 in quoted[0]
    assert 21 not in quoted[1]


@pytest.mark.parametrize("said", ROUTINE)
def test_what_goes_on_every_day_is_no_change(tmp_path: Path, said: str) -> None:
    """Words that only sound like a change are none."""
    assert around(tmp_path, healthy(20) + line(said) + FAILURE).change is None


def test_what_is_changed_again_and_again_is_no_change(tmp_path: Path) -> None:
    """A reload each minute tells nothing, nor does one after the failure."""
    often = "".join(line(f"feed {n} reloaded") for n in range(9))
    assert around(tmp_path, often + FAILURE + line("routes.json reloaded")).change is None


def test_a_change_in_a_large_log_is_found(tmp_path: Path) -> None:
    """A change among thousands of lines is found where it stands."""
    found = around(tmp_path, healthy(900) + line(CHANGES[0]) + healthy(1900) + FAILURE * 3)
    assert found.change is not None
    assert found.change.first_line == 901


def test_what_came_of_it_is_told(tmp_path: Path) -> None:
    """The root cause says what followed, with its line."""
    text = healthy(20) + FAILURE + "2026-11-22T09:00:07Z FATAL too many lost orders, giving up on shop 7\n"
    assert "Then: “too many lost orders, giving up on shop 7” (line 22)." in diagnosed(tmp_path, text).root_cause


def test_the_objects_of_a_json_line_are_told(tmp_path: Path) -> None:
    """The fields that name what a JSON line is about are in the root cause; times and levels aren't."""
    said = '{"time":"2026-11-22T09:00:05Z","level":"error","msg":"token refused: clock skew","issuer":"sso-2","n":1}\n'
    found = diagnosed(tmp_path, healthy(20) + said).root_cause
    assert "with issuer=sso-2" in found
    assert "level=" not in found


def test_what_stands_below_a_line_is_told(tmp_path: Path) -> None:
    """The lines below the one that names the failure are in the root cause where they say what is wrong."""
    text = (
        "2026-11-22 09:00:00 ERROR start failed\nTraceback (most recent call last):\n"
        '  File "/srv/app/settings.py", line 15, in <module>\n    settings = Settings()\n'
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\nflush_interval_s\n"
        "  Input should be a valid number [type=float_parsing, input_value='2,5', input_type=str]\n"
    )
    found = diagnosed(tmp_path, text).root_cause
    assert "flush_interval_s" in found
    assert "2,5" in found


def test_the_whole_is_never_long(tmp_path: Path) -> None:
    """However much stands around a cause, a root cause has at most 700 characters."""
    long = "of many things that are here and there " * 9
    text = line(f"routes.json reloaded {long}") + line(f"doing {long}") + FAILURE + FAILURE.replace("lost", long)
    assert len(diagnosed(tmp_path, text).root_cause) <= 700
