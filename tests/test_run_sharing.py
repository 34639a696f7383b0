"""A shared diagnosis stands on the log of the incident that it is shared with, or says that it doesn't."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from logdebug.agent.absences import search_for
from logdebug.agent.grounding import ground
from logdebug.agent.reading import Reading
from logdebug.records import Absence, Diagnosis, Evidence, TimelineEvent, Usage
from logdebug.run.sharing import shared

if TYPE_CHECKING:
    from conftest import WriteCase

    from logdebug.records import Incident

THEIRS = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR request 4711 from 10.0.0.7 failed",
    "Traceback (most recent call last):",
    '  File "/srv/shop/pay.py", line 88, in charge',
    "KeyError: 'GBP'",
    "2026-11-18 09:00:03 ERROR giving up",
]
OURS = [
    "2026-11-19 17:30:00 INFO started",
    "2026-11-19 17:30:01 INFO ready",
    "2026-11-19 17:30:09 ERROR request 99 from 10.0.0.31 failed",
    "Traceback (most recent call last):",
    '  File "/srv/shop/pay.py", line 88, in charge',
    "KeyError: 'GBP'",
]


def made(incident: Incident, **changes: object) -> Diagnosis:
    """Make a diagnosis of an incident, with these fields."""
    fields: dict[str, object] = {
        "status": "diagnosed",
        "root_cause": "r",
        "category": "application_bug",
        "severity": "high",
        "confidence": 0.9,
        "grounded": True,
        "usage": Usage(3, 1000, 100, 0.5),
        "session": "run/00001-theirs",
    }
    return Diagnosis(incident.service, str(incident.working_dir), incident.log_file, **fields | changes)  # type: ignore[arg-type]


@pytest.fixture
def pair(case_dir: WriteCase) -> tuple[Incident, Incident]:
    """Write two incidents of the same failure."""
    return case_dir(THEIRS, service="theirs", app__conf="rate=GBP"), case_dir(
        OURS, service="ours", app__conf="rate=EUR"
    )


def share(pair: tuple[Incident, Incident], quotes: list[tuple[str, int | None, str]], **changes: object) -> Diagnosis:
    """Share a diagnosis with these quotes (text, line, file) of the first incident with the second."""
    with closing(Reading.of(pair[0])) as theirs, closing(Reading.of(pair[1])) as ours:
        evidence = []
        for text, line, file in quotes:
            with theirs.opened(file) as log:
                evidence.append(ground(text, file=file, line=line, log=log))
        assert all(each.verified for each in evidence)
        return shared(made(pair[0], evidence=tuple(evidence), **changes), theirs, pair[1], ours)


def test_a_quote_is_the_line_that_says_the_same_there(pair: tuple[Incident, Incident]) -> None:
    """A quote with other times and ids becomes the line of its own log, several lines those; the facts are its own."""
    found = share(pair, [(THEIRS[1], 2, "app.log"), ("\n".join(THEIRS[1:5]), 2, "app.log"), (THEIRS[4], 5, "app.log")])
    assert [(each.quote, each.line, each.verified) for each in found.evidence] == [
        (OURS[2], 3, True),
        ("\n".join(OURS[2:6]), 3, True),
        (OURS[5], 6, True),
    ]
    assert (found.service, found.shared_from, found.session) == ("ours", "theirs", "run/00001-theirs")
    assert (found.status, found.grounded, found.usage.tokens, found.usage.cost_usd) == ("diagnosed", True, 0, 0.0)


def test_what_is_not_there_is_not_verified(pair: tuple[Incident, Incident]) -> None:
    """A quote that its own files do not hold is not verified, and no diagnosis stands on it alone."""
    found = share(pair, [(THEIRS[5], 6, "app.log"), ("rate=GBP", 1, "app.conf")])
    assert found.evidence == (Evidence(THEIRS[5], "app.log"), Evidence("rate=GBP", "app.conf"))
    assert (found.status, found.grounded) == ("inconclusive", False)


def test_the_timeline_has_its_own_lines_and_times(pair: tuple[Incident, Incident]) -> None:
    """An event stands at the line and time of its own log; one that isn't there has neither."""
    noon = datetime(2026, 11, 18, 9, tzinfo=UTC)
    events = (TimelineEvent(noon, "failed", 2), TimelineEvent(noon, "gave up", 6), TimelineEvent(noon, "paged"))
    found = share(pair, [(THEIRS[4], 5, "app.log")], timeline=events)
    assert found.timeline == (
        TimelineEvent(datetime(2026, 11, 19, 17, 30, 9, tzinfo=UTC), "failed", 3),
        TimelineEvent(None, "gave up"),
        TimelineEvent(None, "paged"),
    )


def test_what_did_not_occur_is_searched_for_again(pair: tuple[Incident, Incident]) -> None:
    """What is absent from the whole of the other log is searched for in its own; lines of the other's mean nothing."""
    with closing(Reading.of(pair[0])) as theirs:
        absences = (
            search_for(Absence("never ready", "INFO ready", "app.log"), theirs.log),
            search_for(Absence("not at first", "ERROR", "app.log", 1, 1), theirs.log),
        )
    assert [each.verified for each in absences] == [True, True]
    found = share(pair, [(THEIRS[4], 5, "app.log")], absences=absences)
    assert [(each.claim, each.verified, each.match_line) for each in found.absences] == [("never ready", False, 2)]
