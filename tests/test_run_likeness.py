"""Near-duplicates are found, and different failures are never taken for one another."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest
from conftest import REAL_FAILURES
from near_copies import CHANGES, copy_of

from logdebug.agent.offline import diagnose
from logdebug.logs import open_log
from logdebug.records import Incident
from logdebug.run.likeness import Fingerprint, fingerprint_of

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import WriteCase

OOM = [
    "2026-11-18 09:00:00 INFO orders started on web-1",
    "2026-11-18 09:00:02 WARN slow query took 812 ms",
    "2026-11-18 09:00:05 ERROR open /var/lib/orders/state.db: permission denied (code 13)",
    "2026-11-18 09:00:05 ERROR giving up after 3 attempts",
    "2026-11-18 09:00:06 FATAL worker 4121 was terminated by signal 9",
]


def fingerprint(path: Path) -> Fingerprint:
    """Give the fingerprint of a log."""
    with open_log(path) as log:
        return fingerprint_of(log, diagnose(Incident(path.parent, path.name, "svc"), log))


@pytest.mark.slow
def test_real_failures_are_told_apart_and_their_copies_are_not(tmp_path: Path) -> None:
    """No two of the real failures are alike, whatever analyst and signatures say; of their copies at least 99 % are."""
    labels = sorted(REAL_FAILURES.glob("*/label.json"))
    if not labels:
        pytest.skip("the collection of real failures is not beside this repository")
    logs = [path.parent / json.loads(path.read_text(encoding="utf-8"))["log_file"] for path in labels]
    prints = [fingerprint(log) for log in logs]
    merged = [(one, other) for one, other in itertools.combinations(prints, 2) if one.is_like(other)]
    assert not merged
    blind = [Fingerprint((), each.failures, each.messages) for each in prints]
    assert not [1 for one, other in itertools.combinations(blind, 2) if one.failures and one.is_like(other)]
    missed, made = [], 0
    for seed, (log, known) in enumerate(zip(logs, prints, strict=True), 1000):
        if log.suffix == ".gz":
            continue
        for kind in CHANGES:
            copied = tmp_path / "app.log"
            copied.write_bytes(copy_of(log.read_bytes(), kind, seed))
            made += 1
            if not known.is_like(fingerprint(copied)):
                missed.append((log.parent.name, kind))
    assert made == (len(logs) - sum(log.suffix == ".gz" for log in logs)) * len(CHANGES)
    assert len(missed) <= made / 100, missed


@pytest.mark.parametrize("kind", CHANGES)
def test_a_copy_is_alike(kind: str, case_dir: WriteCase) -> None:
    """The log of another machine, with other times, hosts, ids and repeats, is alike."""
    log = case_dir(OOM * 5, service="one").log_path
    other = log.with_name("other.log")
    other.write_bytes(copy_of(log.read_bytes(), kind, 7))
    assert other.read_bytes() != log.read_bytes()
    assert fingerprint(log).is_like(fingerprint(other))


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("/var/lib/orders/state.db", "/etc/orders/tls.key"),
        ("signal 9", "signal 11"),
        ("code 13", "code 28"),
        ("permission denied", "no space left on device"),
    ],
)
def test_another_failure_of_the_same_service_is_another(said: str, instead: str, case_dir: WriteCase) -> None:
    """Another file, signal, code or reason in the lines that tell of the failure makes another failure of it."""
    one = case_dir(OOM, service="one").log_path
    other = case_dir([line.replace(said, instead) for line in OOM], service="other").log_path
    assert not fingerprint(one).is_like(fingerprint(other))


def test_logs_without_failures_are_alike_only_if_they_say_the_same(case_dir: WriteCase) -> None:
    """Two healthy services are not one, two healthy copies are; empty logs are like nothing."""
    one = fingerprint(case_dir(["INFO started", "INFO ready", "INFO took order"], service="one").log_path)
    same = fingerprint(case_dir(["INFO started", "INFO ready", "INFO took order"] * 2, service="two").log_path)
    other = fingerprint(case_dir(["INFO started", "INFO ready", "INFO sent mail"], service="three").log_path)
    empty = fingerprint(case_dir("", service="four").log_path)
    assert one.is_like(same)
    assert not one.is_like(other)
    assert not empty.is_like(empty)
