"""Incidents are taken however people give them, and records hold what they were given."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logdebug.errors import IncidentError
from logdebug.records import CATEGORIES, SEVERITIES, STATUSES, Incident, Usage


@pytest.mark.parametrize(
    ("text", "directory", "log", "service"),
    [
        ("/var/log/shop:app.log:shop", "/var/log/shop", "app.log", "shop"),
        ("C:/logs:2024:app.log:shop", "C:/logs:2024", "app.log", "shop"),
        ("a:b:c:d:e", "a:b:c", "d", "e"),
        ("my dir:sub/app.log:the shop", "my dir", "sub/app.log", "the shop"),
    ],
)
def test_an_incident_is_split_from_the_right(text: str, directory: str, log: str, service: str) -> None:
    """`DIR:LOGFILE:SERVICE` may have colons in DIR, and is written back as it was read."""
    incident = Incident.parse(text)
    assert incident == Incident(Path(directory), log, service)
    assert str(incident) == text


NAME = st.text(st.characters(exclude_characters=":\0/", exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no fault of the text
@given(st.lists(NAME.filter(lambda part: part != "."), min_size=1, max_size=4), NAME, NAME)
def test_what_is_written_is_read_back(parts: list[str], log: str, service: str) -> None:
    """Any directory, with colons too, comes back from the written form of its incident."""
    incident = Incident(Path(":".join(parts)), log, service)
    assert Incident.parse(str(incident)) == incident


@pytest.mark.parametrize("text", ["", ":", "::", "a:b", "a::c", ":b:c", "a:b:", "a:b: ", " : : "])
def test_too_few_fields_are_refused(text: str) -> None:
    """Less than three fields, or an empty one, is an error that shows the form and what was given."""
    with pytest.raises(IncidentError, match="DIR:LOGFILE:SERVICE") as caught:
        Incident.parse(text)
    assert repr(text) in str(caught.value)
    assert caught.value.incident == text


@pytest.mark.parametrize(
    "plain", [("/d", "a.log", "s"), ["/d", "a.log", "s"], (Path("/d"), Path("a.log"), "s"), "/d:a.log:s"]
)
def test_plain_forms_are_incidents(plain: Any) -> None:
    """A tuple, a list and a string of three fields stand for an incident."""
    assert Incident.of(plain) == Incident(Path("/d"), "a.log", "s")


def test_a_directory_may_be_given_as_a_string() -> None:
    """`Incident("/d", …)` has a path as its directory, like one that was given a path."""
    incident = Incident("/d", "a.log", "s")  # type: ignore[arg-type]
    assert incident == Incident(Path("/d"), "a.log", "s")
    assert incident.log_path == Path("/d/a.log")


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        7,
        (),
        ("/d", "a.log"),
        ("/d", "a.log", "s", "more"),
        ("/d", "a.log", ""),
        ("/d", "  ", "s"),
        ("/d", None, "s"),
        ("/d", 5, "s"),
        b"abc",
        pytest.param({"/d", "a.log", "s"}, id="a set"),  # its own name is another in each process
        {"working_dir": "/d", "log_file": "a.log", "service": "s"},
        [["/d"], ["a.log"], ["s"]],
    ],
    ids=repr,
)
def test_what_is_no_incident_is_refused(wrong: Any) -> None:
    """Anything else is an error that shows it and says what an incident is; the keys of a dict are no fields."""
    with pytest.raises(IncidentError, match=r"working_dir, log_file, service.*three non-empty") as caught:
        Incident.of(wrong)
    assert repr(wrong) in str(caught.value)
    assert caught.value.incident is wrong


def test_records_are_frozen() -> None:
    """A record can't be changed, and is equal to its copy."""
    incident = Incident(Path("/d"), "a.log", "s")
    with pytest.raises(FrozenInstanceError):
        incident.service = "t"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(incident)) == incident  # noqa: S301 - our own bytes


def test_usages_add_up() -> None:
    """A sum's cost is known only where both are."""
    one, two = Usage(1, 10, 5, 0.25, 2.0), Usage(2, 1, 1, 0.5, 1.5)
    assert one + two == Usage(3, 11, 6, 0.75, 3.5)
    assert (one + two).tokens == 17
    assert (one + Usage()).cost_usd is None


def test_the_vocabularies_are_those_of_the_design() -> None:
    """The three vocabularies hold these words in this order, severities worst first."""
    assert SEVERITIES == ("critical", "high", "medium", "low")
    assert STATUSES == ("diagnosed", "inconclusive", "no_errors_found")
    assert len(CATEGORIES) == len(set(CATEGORIES)) == 11
    assert {"oom", "disk_full", "unknown"} < set(CATEGORIES)
