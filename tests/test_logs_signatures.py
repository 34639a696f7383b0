"""Tests of the failure signatures: every entry by its own specimens, and what is said about a broken file."""

from __future__ import annotations

import time
import tomllib
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from logdebug.errors import SignatureError
from logdebug.logs.signatures import Signature, SignatureSet, load_signatures
from logdebug.records import CATEGORIES

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = load_signatures()

ENTRY = """
[[signature]]
id = "shop-till-jam"
category = "crash"
severity = "high"
pattern = 'till \\d+ jammed'
explanation = "a till is jammed"
recommendation = "Open it."
matches = "ERROR till 4 jammed"
near_miss = "till 4 opened"
"""


def write(place: Path, text: str) -> Path:
    """Write a signatures file."""
    file = place / "own.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("signature", SHIPPED.signatures, ids=lambda signature: signature.id)
def test_specimens(signature: Signature) -> None:
    """An entry matches its specimen and not its near miss."""
    alone = SignatureSet([signature])
    assert alone.match(signature.matches) == (signature,)
    assert alone.match(signature.near_miss) == ()


@pytest.mark.parametrize("signature", SHIPPED.signatures, ids=lambda signature: signature.id)
def test_entry_is_usable(signature: Signature) -> None:
    """An explanation is a clause that a sentence can be built around, a recommendation is a sentence."""
    assert not signature.explanation.endswith(".")
    assert signature.recommendation.endswith(".")
    assert len(signature.recommendation) >= 11


def test_there_are_enough() -> None:
    """At least 820 failures are known, of every category but unknown, and 65 kinds of lines that only look bad."""
    assert sum(signature.role != "harmless" for signature in SHIPPED) >= 820
    assert sum(signature.role == "harmless" for signature in SHIPPED) >= 65
    assert {signature.category for signature in SHIPPED} >= set(CATEGORIES) - {"unknown"}


def test_shipped_file_passes_the_checks_for_own_files(tmp_path: Path) -> None:
    """The shipped file would be accepted as somebody's own file too, which is checked in full."""
    text = resources.files("logdebug.logs").joinpath("signatures.toml").read_text(encoding="utf-8")
    assert len(load_signatures(write(tmp_path, text))) == len(SHIPPED)
    ids = [entry["id"] for entry in tomllib.loads(text)["signature"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("FATAL: could not write to file: No space left on device", "no-space-left"),
        ("OSError: [Errno 28] No space left on device: '/srv/out'", "no-space-left"),
        ("Auf dem Ger\ufffdt ist kein Speicherplatz mehr verf\ufffdgbar", "no-space-left"),
        ("cp: Aucun espace disponible sur le périphérique", "no-space-left"),
        ("connect: Connexion refusée", "connection-refused"),
        ("open: Permiso denegado", "permission-denied"),
        ("giving up after 5 attempts: connection refused", "connection-refused"),
        ("x509: certificate has expired or is not yet valid", "certificate-expired"),
        ("KeyError: 'DATABASE_URL'", "missing-setting"),
        ("KeyError: 'amount'", "python-key-error"),
    ],
)
def test_the_more_specific_comes_first(text: str, first: str) -> None:
    """Of several signatures in one text, the one that says most about the cause is the first."""
    assert SHIPPED.match(text)[0].id == first


@pytest.mark.parametrize(
    "text",
    [
        '10.0.0.4 - - [22/Nov/2026:08:24:43 +0000] "GET /users/1/city HTTP/1.1" 200 15 "-" "kube-probe/1.27"',
        "LOG:  checkpoint complete: wrote 18 buffers (0.1%); 0 WAL file(s) added, 0 removed, 0 recycled",
        "INFO worker ready, connection pool of 10 opened to 10.0.0.5:5432",
        "max_connections = 100, connect timeout is 30 s, retries are on",
        "test_timeout.py, test_oom.py and error_log.py were collected",
        "2026-11-22T08:00:00.000000Z 0 [System] [MY-013381] [Server] Server upgrade from '80032' to '80036' started.",
        "[info] <0.1.0> Waiting for Mnesia tables for 30000 ms, 9 retries left",
        "1:C 22 Nov 2026 08:00:00.000 # Warning: no config file specified, using the default config.",
        '{"s":"I","c":"COMMAND","msg":"Slow query","attr":{"planSummary":"COLLSCAN","writeConflicts":0}}',
        "INFO [GroupCoordinator 1]: Preparing to rebalance group orders (reason: Adding new member)",
        "npm WARN package.json app@1.0.0 No license field.",
        "-- Performing Test CMAKE_HAVE_LIBC_PTHREAD - Failed",
        "INFO heartbeat timeout = 10 s, client certificate required: true, min version TLSv1.2",
        "kernel: EXT4-fs (sda1): recovery complete",
        "LOG:  started streaming WAL from primary at 0/3000000 on timeline 1",
    ],
)
def test_healthy_lines_match_no_failure(text: str) -> None:
    """A line of healthy traffic matches nothing that tells of a failure."""
    assert [signature.id for signature in SHIPPED.match(text) if signature.role != "harmless"] == []


def test_a_zero_count_is_harmless() -> None:
    """A counter of errors that stands at zero is marked harmless, whatever alarming words stand beside it."""
    assert SHIPPED.match("check=disk_full error_count=0 fatal=false")[0].role == "harmless"


def test_anchors_hold_at_every_line() -> None:
    """A pattern's ^ and $ match at each line of a record, and its dot never reaches into the next one."""
    whole = Signature("a", "crash", "high", "^boom$", "e", "r", "m", "n")
    across = Signature("b", "crash", "high", "one.*two", "e", "r", "m", "n")
    found = SignatureSet([whole, across])
    assert [signature.id for signature in found.match("first\nboom\nlast")] == ["a"]
    assert found.match("one\ntwo") == ()


def test_more_than_one_filter_takes() -> None:
    """A set may hold more than RE2 takes at once; what matches still comes heaviest first."""
    many = [
        Signature(
            f"s{n}", "crash", "high", f"part {n} of the machine room is on fire|{n} bells ring in the tower", *"erxy"
        )
        for n in range(3000)
    ]
    found = SignatureSet([*many, *SHIPPED]).match("part 2999 of the machine room is on fire: no space left on device")
    assert [signature.id for signature in found] == ["no-space-left", "s2999"]


def test_same_set_is_shared() -> None:
    """The shipped set is built once per process."""
    assert load_signatures() is SHIPPED


def test_a_clean_line_costs_microseconds() -> None:
    """Looking for every signature in a clean line takes well under a tenth of a millisecond."""
    line = "2026-11-22 08:42:09.101  INFO 20 --- [main] com.shop.App : Started App in 2.1 seconds"
    SHIPPED.match(line)
    begun = time.process_time()
    for _ in range(2000):
        SHIPPED.match(line)
    assert (time.process_time() - begun) / 2000 < 1e-4


def test_own_file_adds_and_replaces(tmp_path: Path) -> None:
    """One's own file adds entries, and replaces a shipped one of the same id."""
    own = load_signatures(write(tmp_path, ENTRY + ENTRY.replace("shop-till-jam", "no-space-left")))
    assert len(own) == len(SHIPPED) + 1
    assert own["no-space-left"].explanation == "a till is jammed"
    assert own["shop-till-jam"] in own.match("till 9 JAMMED")
    with pytest.raises(KeyError):
        own["no-such-entry"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[signature]\n", "not valid TOML"),
        ("", "must hold [[signature]] tables"),
        ("signature = [1, 2]\n", "must hold [[signature]] tables"),
        (ENTRY + "[other]\nx = 1\n", "must hold [[signature]] tables"),
        (ENTRY.replace('"crash"', '"wreck"'), "category 'wreck' is not one of crash, oom"),
        (ENTRY.replace('"high"', '"huge"'), "severity 'huge' is not one of critical"),
        (ENTRY.replace("\\d+ jammed", "(?=x)"), "not RE2 syntax"),
        (ENTRY.replace("till \\d+ jammed", "x*"), "matches an empty line"),
        (ENTRY.replace("ERROR till 4 jammed", "nothing"), "doesn't match its own specimen 'nothing'"),
        (ENTRY.replace("till 4 opened", "till 4 jammed"), "matches its near miss"),
        (ENTRY.replace('explanation = "a till is jammed"', ""), "'explanation' is missing"),
        (ENTRY + "colour = 1\n", "unknown key 'colour'"),
        (ENTRY + "weight = 0\n", "weight 0 is not a whole number from 1 to 100"),
        (ENTRY + 'role = "bystander"\n', "role 'bystander' is not one of cause"),
        (ENTRY + "least_count = 0\n", "least_count 0 is not a whole number from 1"),
        (ENTRY + "ignore_case = 1\n", "ignore_case is neither true nor false"),
        (ENTRY + 'by_clients = "yes"\n', "by_clients is neither true nor false"),
        (ENTRY + ENTRY, "already used by entry 1"),
    ],
)
def test_a_broken_file_is_refused_with_its_reason(tmp_path: Path, text: str, says: str) -> None:
    """The error about a broken file names the file and the reason, and the entry where it is about one."""
    file = write(tmp_path, text)
    with pytest.raises(SignatureError) as caught:
        load_signatures(file)
    assert str(file) in str(caught.value)
    assert says in str(caught.value)
    assert caught.value.log == str(file)
    if "[other]" not in text and text.startswith("\n[[signature]]"):
        assert "shop-till-jam" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that isn't there is named in the error."""
    with pytest.raises(SignatureError, match=r"none\.toml can't be read"):
        load_signatures(tmp_path / "none.toml")


def test_undecodable_bytes_are_no_error() -> None:
    """Bytes that are no UTF-8 are matched like any others, also where a pattern says that anything may stand."""
    assert SHIPPED.match("Spalte »Größe« existiert nicht".encode("latin-1"))[0].id == "postgres-undefined-object"
    assert SHIPPED.match(b"\xff\xfe No space left on device \xe4")[0].id == "no-space-left"
