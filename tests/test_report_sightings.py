"""What was seen before is found by what it says, and nothing else is taken for it."""

from __future__ import annotations

import json
import random
import re
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from conftest import REAL_FAILURES
from report_samples import BEGIN, HOSTILE, diagnosis, hostile, report

from logdebug.incidents import demo_incidents
from logdebug.records import Diagnosis, Evidence, Incident, Review, TimelineEvent
from logdebug.report.history.history import History
from logdebug.report.history.sightings import Sighting, Sightings, seen_before
from logdebug.report.history.wording import similarity, weigh, words_of
from logdebug.run.dispatch import investigate_sync

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from logdebug.report.report import Report

FAULTS = {
    "oom": ("java.lang.OutOfMemoryError: Java heap space", "SessionCache grew without bound until the heap was full"),
    "disk_full": (
        "write /var/lib/pg/base/16384/2619: No space left on device",
        "The volume of the table space is full",
    ),
    "network_error": ("read tcp 10.2.0.3:4410->10.2.8.15:5432: i/o timeout", "Packets to the primary are dropped"),
    "config_error": ("unknown directive prox_pass in sites-enabled/shop:5", "A directive of the site is misspelt"),
    "permission_denied": (
        "open /etc/ssl/private/key.pem: permission denied",
        "The worker may not read its certificate",
    ),
    "data_corruption": ("page verification failed, calculated checksum 7791", "A heap block was overwritten"),
    "timeout": ("SoftTimeLimitExceeded in transcode of video 7718", "Transcoding runs beyond the task limit"),
    "application_bug": ("KeyError: 'GBP' in convert at shop.py:31", "Prices lack a currency that customers may choose"),
}


def fault(category: str, service: str, day: int, seed: int = 0, **changes: object) -> Diagnosis:
    """Make a diagnosis of a fault, with numbers and ids of its own."""
    dice = random.Random(f"{category}{service}{day}{seed}")
    said, cause = FAULTS[category]
    quote = re.sub(r"\d+", lambda match: str(dice.randrange(10 ** len(match[0]))), said)
    moment = BEGIN + timedelta(days=day)
    made = diagnosis(
        service,
        category=category,
        root_cause=f"{cause} ({dice.randrange(2, 99)} times, lines {dice.randrange(999)} to 4711).",
        evidence=(
            Evidence(f"{moment:%Y-%m-%d %H:%M:%S} ERROR [{dice.getrandbits(64):016x}] {quote}", "a", 1, verified=True),
        ),
        timeline=(TimelineEvent(moment, "it began", 1),),
        recommendation=f"Mend the {category}.",
        log_sha256=f"{dice.getrandbits(256):064x}",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def kept(path: Path, *days: Iterable[Diagnosis]) -> History:
    """Keep a report for each day from 0 on."""
    history = History(path / "history.db")
    for day, diagnoses in enumerate(days):
        moment = BEGIN + timedelta(days=day, hours=2)
        history.add(replace(report(*diagnoses), run_id=f"day-{day}", generated_at=moment))
    return history


# -- what is found -----------------------------------------------------------------------------------------------------


def test_the_same_failure_with_other_numbers_is_found(tmp_path: Path) -> None:
    """Ids, numbers, times and addresses make no difference, and what it was is told with when and where."""
    history = kept(tmp_path, [fault(category, "pay-svc", 0) for category in FAULTS])
    for category in FAULTS:
        [found] = history.similar(fault(category, "pay-svc", 9))
        assert (found.category, found.service, found.run_id) == (category, "pay-svc", "day-0")
        assert found.similarity > 0.9
        assert found.happened_at == BEGIN
        assert (found.fixed_by, found.fixed_by_source) == (f"Mend the {category}.", "recommendation")


def test_the_same_failure_of_another_service_is_found(tmp_path: Path) -> None:
    """What happened to one service is told to the next."""
    history = kept(tmp_path, [fault("oom", "auth-svc", 0), fault("timeout", "web-shop", 0)])
    assert [found.service for found in history.similar(fault("oom", "pay-svc", 9))] == ["auth-svc"]


def test_a_reviewers_note_says_how_it_was_fixed(tmp_path: Path) -> None:
    """What a person noted last comes before what was recommended, and it is said who says so."""
    reviews = (
        Review("ada", BEGIN, "noted", "we doubled the heap"),
        Review("bo", BEGIN, "accepted", "the cache is bounded since 2.14.1"),
        Review("cy", BEGIN, "accepted", " "),
    )
    history = kept(tmp_path, [fault("oom", "auth-svc", 0, reviews=reviews)])
    [found] = history.similar(fault("oom", "auth-svc", 9))
    assert (found.fixed_by, found.fixed_by_source) == ("the cache is bounded since 2.14.1", "note")
    said = "Seen before on 2026-11-22 in auth-svc, fixed by (reviewer's note): the cache is bounded since 2.14.1"
    assert found.words == said


def test_what_was_ruled_out_is_no_advice(tmp_path: Path) -> None:
    """The embedded analyst's list of what it ruled out is left out."""
    advice = "Free space. Ruled out: line 29 (x) was skipped (line 30)."
    history = kept(tmp_path, [fault("oom", "a-svc", 0, recommendation=advice)])
    assert history.similar(fault("oom", "a-svc", 9))[0].words.endswith("recommended then: Free space.")


def test_the_most_similar_comes_first_and_no_more_than_asked_for(tmp_path: Path) -> None:
    """Matches are ordered by similarity, of equal ones the newest first."""
    days = [[fault("oom", "auth-svc", day)] for day in range(9)]
    history = kept(tmp_path, *days)
    asked = fault("oom", "auth-svc", 30)
    assert [found.run_id for found in history.similar(asked, limit=3)] == ["day-8", "day-7", "day-6"]
    assert len(history.similar(asked, limit=50)) == 9
    assert not history.similar(asked, limit=0)


# -- what is not -------------------------------------------------------------------------------------------------------


def test_other_failures_do_not_match(tmp_path: Path) -> None:
    """No two of eight kinds of failure are taken for one another, in a history of one or of hundreds."""
    for first, other in permutations(FAULTS, 2):
        directory = tmp_path / f"{first}-{other}"
        directory.mkdir()
        assert not kept(directory, [fault(first, "pay-svc", 0)]).similar(fault(other, "pay-svc", 9))
    many = kept(tmp_path, *([fault(category, "pay-svc", day) for category in FAULTS] for day in range(30)))
    for category in FAULTS:
        assert {found.category for found in many.similar(fault(category, "pay-svc", 90), limit=100)} == {category}


def test_numbers_ids_and_common_words_alone_match_nothing(tmp_path: Path) -> None:
    """Two diagnoses that share a request id, a host and words that all failures have are not alike."""
    shared = "2026-11-18 ERROR request 5db74988bc3842809d8aa7719e309130 failed on 10.2.0.3:5432, see line 4711: "
    texts = ["the mailbox refused the sender", "a shard lost its quorum"]
    one, other = (
        fault("oom", "pay-svc", day, root_cause=text, evidence=(Evidence(shared + text, "a", 1, verified=True),))
        for day, text in enumerate(texts)
    )
    assert not kept(tmp_path, [one]).similar(other)


def test_the_incident_itself_is_left_out_however_often_it_was_investigated(tmp_path: Path) -> None:
    """Neither the same log nor the same moment of the same service counts as seen before."""
    incident = fault("oom", "auth-svc", 0)
    grown = replace(incident, log_sha256="cd" * 32)
    timeless = replace(incident, timeline=())
    history = kept(tmp_path, [incident], [grown], [timeless])
    assert not history.similar(incident)
    again = history.similar(fault("oom", "auth-svc", 9), limit=10)
    assert len(again) == 2  # once by its moment, once by its log, whose moment isn't known


def test_where_nothing_failed_nothing_is_alike(tmp_path: Path) -> None:
    """Quiet logs are not seen before, and don't count as sightings."""
    quiet = fault("oom", "auth-svc", 0, status="no_errors_found")
    history = kept(tmp_path, [quiet])
    assert not history.similar(fault("oom", "auth-svc", 9))
    assert not kept(tmp_path, [fault("oom", "auth-svc", 0)]).similar(replace(quiet, log_sha256="x", timeline=()))


def test_only_what_was_before_is_given_where_that_is_asked_for(tmp_path: Path) -> None:
    """`before` leaves out what happened later."""
    history = kept(tmp_path, [fault("oom", "auth-svc", 0)], [fault("oom", "auth-svc", 20)])
    asked = fault("oom", "auth-svc", 9)
    assert {found.run_id for found in history.similar(asked)} == {"day-0", "day-1"}
    assert [found.run_id for found in history.similar(asked, before=BEGIN + timedelta(days=9))] == ["day-0"]


# -- for a report ------------------------------------------------------------------------------------------------------


def test_a_report_is_told_what_of_it_was_seen_before(tmp_path: Path) -> None:
    """Each diagnosis gets its best match of an earlier run, or None; the report itself is no past."""
    history = kept(tmp_path, [fault("oom", "auth-svc", 0)])
    now = report(fault("disk_full", "etl", 9), fault("oom", "auth-svc", 9), fault("oom", "chat-svc", 9))
    now = replace(now, run_id="now", generated_at=BEGIN + timedelta(days=9, hours=1))
    assert [found and found.run_id for found in seen_before(now, history)] == [None, "day-0", "day-0"]
    history.add(now)
    assert [found and found.run_id for found in seen_before(now, history.path)] == [None, "day-0", "day-0"]


def test_sightings_show_themselves(tmp_path: Path) -> None:
    """As text, as a frame with the same columns when empty, and as HTML in which no text is a tag."""
    nothing = Sightings()
    assert repr(nothing) == "nothing like it was seen before"
    sighting = Sighting("run", 0, BEGIN, HOSTILE, "oom", "high", HOSTILE, 0.5, HOSTILE, "note")
    found = Sightings([sighting, sighting])
    assert found.to_df().dtypes.equals(nothing.to_df().dtypes)
    assert len(found.to_df()) == 2
    assert isinstance(found[:1], Sightings)
    assert found[0] is sighting
    for text in (repr(found), found._repr_html_(), nothing._repr_html_()):
        assert "<script" not in text or text == repr(found)
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert len(repr(found).splitlines()) == 2


def test_hostile_reports_are_searched_like_others(tmp_path: Path) -> None:
    """No text is read as a query of the full-text search."""
    history = kept(tmp_path, hostile().reports)
    for text in ('" OR "', "NEAR(", "a* NOT b", "words: x", "-", "';--", HOSTILE):
        asked = fault("oom", "auth-svc", 9, root_cause=text, evidence=(Evidence(text, "a", 1, verified=True),))
        history.similar(asked)


# -- measured ----------------------------------------------------------------------------------------------------------


def offline_report(tmp_path: Path) -> Report:
    """Diagnose the samples and the collection of real failures, under names that tell nothing."""
    incidents = list(demo_incidents())
    for number, path in enumerate(sorted(REAL_FAILURES.glob("*/label.json"))):
        label = json.loads(path.read_text(encoding="utf-8"))
        copy = tmp_path / f"case-{number}"
        shutil.copytree(path.parent, copy, ignore=shutil.ignore_patterns("label.json"))
        incidents.append(Incident(copy, label["log_file"], label["service"]))
    return investigate_sync(incidents, model="offline")


def other_numbers(text: str, dice: random.Random) -> str:
    """Give a text with other digits."""
    return re.sub(r"\d", lambda _: dice.choice("123456789"), text)


def as_it_came_again(entry: Diagnosis, dice: random.Random) -> Diagnosis:
    """Give a diagnosis of the same failure another day: other numbers, half of the quotes, another sentence."""
    quotes = [replace(quote, quote=other_numbers(quote.quote, dice)) for quote in entry.evidence if quote.verified]
    half = dice.sample(quotes, (len(quotes) + 1) // 2)
    said = f"The service gave up: {half[0].quote[:120] if half else entry.root_cause}"
    return replace(entry, root_cause=said, evidence=tuple(half), timeline=(), log_sha256="another")


@pytest.mark.slow
def test_real_failures_are_told_apart_and_known_again(tmp_path: Path) -> None:
    """Of real failures of all sorts no two are taken for one another, and nearly all are known when they come again."""
    made = offline_report(tmp_path)
    failed = [entry for entry in made.reports if entry.status != "no_errors_found"]
    history = kept(tmp_path, failed)
    wrong = [(entry.service, found.service) for entry in failed for found in history.similar(entry)]
    assert not wrong
    dice = random.Random(7)
    again = [history.similar(as_it_came_again(entry, dice), limit=1) for entry in failed]
    known = sum(
        bool(found) and failed[found[0].index].root_cause == entry.root_cause
        for entry, found in zip(failed, again, strict=True)
    )
    mistaken = sum(bool(found) for found in again) - known
    print(f"{known} of {len(failed)} known again, {mistaken} taken for another")
    assert known >= 0.9 * len(failed)
    assert mistaken == 0


# -- words -------------------------------------------------------------------------------------------------------------


def test_words_are_without_numbers_paths_ids_and_prose() -> None:
    """What is left is what tells."""
    made = fault("disk_full", "etl", 0, root_cause="The primary at 10.0.0.7 was lost: EtlRunner failed in /srv/a/b.py")
    words = words_of(made)
    assert {"primary", "lost", "etlrunner", "runner", "space", "device", "disk", "full"} <= set(words)
    assert not {"the", "was", "srv", "2026", "error"} & set(words)
    assert not any(any(map(str.isdigit, word)) for word in words)


def test_similarity_is_one_of_the_same_and_nothing_of_nothing() -> None:
    """It is symmetric, 1 with itself and 0 where nothing is shared."""
    one = weigh(["heap", "space", "failed"], {"failed": 30}, 40)
    other = weigh(["heap", "quorum"], {}, 40)
    assert similarity(one, one) == pytest.approx(1)
    assert similarity(one, other) == similarity(other, one)
    assert 0 < similarity(one, other) < 1
    assert similarity(one, {}) == similarity({}, {}) == 0


def test_rare_words_count_for_more() -> None:
    """A word that all failures have tells less than one that few have, and so does one that half of a history has."""
    weights = weigh(["failed", "quorum", "shard"], {"shard": 40}, 50)
    assert weights["quorum"] > weights["shard"] > 0
    assert weights["quorum"] > weights["failed"]


def test_a_moment_is_a_time_in_utc(tmp_path: Path) -> None:
    """Times come back from the history with their zone."""
    history = kept(tmp_path, [fault("oom", "auth-svc", 0, timeline=())])
    [found] = history.similar(fault("oom", "auth-svc", 9))
    assert isinstance(found.happened_at, datetime)
    assert found.happened_at == BEGIN + timedelta(hours=2)  # when its report was made
