"""A quote is verified where it stands in the file and nowhere else."""

from __future__ import annotations

import bz2
import gzip
import json
import time
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from logdebug.agent.answers import answer_from
from logdebug.agent.findings import diagnosis_of
from logdebug.agent.grounding import ground
from logdebug.agent.messages import ToolCall
from logdebug.agent.reading import Reading
from logdebug.agent.tools import run_tool
from logdebug.logs import open_log

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import WriteCase

    from logdebug.records import Diagnosis, Evidence, Incident

HEALTHY = [f"2026-01-12 09:{minute:02d}:00 INFO request {minute} served in {minute * 7} ms" for minute in range(60)]
TRACE = [
    "2026-01-12 10:00:00 ERROR order failed",
    "java.lang.OutOfMemoryError: Java heap space",
    "\tat com.shop.Cart.add(Cart.java:42)",
    "\tat com.shop.Main.main(Main.java:7)",
    "Caused by:",
    "\tnothing left",
]
COLOURED = "\x1b[31mERROR\x1b[0m: connection to \x1b[1mdb-1\x1b[0m:5432 refused (took 3.5 s, attempt 2)"
LINES = [
    *HEALTHY,
    *TRACE,  # 61 to 66
    COLOURED,  # 67
    '{"level":"error","msg":"can\'t open \\"/data/x\\"","port":8080}',  # 68
    "ERROR",  # 69
    "Retrying... in 5 s, host 10.0.0.12:8080, path C:\\new\\table",  # 70
    "grün über naïve 日本語 emoji 🙂 failed",  # 71
    "a\x00b torn by\x07 control\u00a0characters",  # 72
    "bytes \udcff\udcfe that are no text",  # 73
    "   indented   with    many     blanks   ",  # 74
    "8080: bind failed: address already in use",  # 75
    "2026-01-12 10:00:05 INFO  done",  # 76
]
BYTES = "\n".join(LINES).encode("utf-8", "surrogateescape") + b"\n"


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    """Write the log."""
    path = tmp_path / "app.log"
    path.write_bytes(BYTES)
    return path


def looked_up(path: Path, quote: str, line: int | None = None) -> Evidence:
    """Look a quote up in a file."""
    with open_log(path) as log:
        return ground(quote, file="app.log", line=line, log=log)


FOUND = [
    (TRACE[0], 61),
    ("order failed", 61),
    ("java.lang.OutOfMemoryError: Java heap space", 62),
    ("at com.shop.Cart.add(Cart.java:42)", 63),
    ("\n".join(TRACE), 61),
    ("\n".join(TRACE[1:3]), 62),
    (" ".join(TRACE[1:4]), 62),
    ("\r\n".join(TRACE[4:]), 65),
    ("Caused by:\n\tnothing left", 65),
    (COLOURED, 67),
    ("ERROR: connection to db-1:5432 refused", 67),
    ("connection to db-1:5432 refused (took 3.5 s, attempt 2)", 67),
    ("[31mERROR[0m: connection to [1mdb-1[0m:5432 refused", 67),
    ("connection   to\tdb-1:5432\nrefused", 67),
    ('"msg":"can\'t open \\"/data/x\\""', 68),
    ('can\'t open "/data/x"', 68),
    ('"level":"error","msg":"can\'t open', 68),
    ("ERROR", 69),
    ("Retrying... in 5 s", 70),
    ("host 10.0.0.12:8080", 70),
    ("path C:\\new\\table", 70),
    ("grün über naïve 日本語 emoji 🙂 failed", 71),
    ("a b torn by control characters", 72),
    ("torn by control", 72),
    ("bytes \ufffd\ufffd that are no text", 73),
    ("indented with many blanks", 74),
    ("8080: bind failed", 75),
    # cut at an end, or in the middle
    ("2026-01-12 10:00:00 ERROR order…", 61),
    ("2026-01-12 10:00:00 ERROR ord...", 61),
    ("...order failed", 61),
    ("… der failed", 61),
    ("java.lang.OutOfMemoryError: […] at com.shop.Main.main", 62),
    ("connection to db-1 ... attempt 2)", 67),
    ("connection to db-1:5432 [cut 1,234 characters]", 67),
    ("java.lang.OutOfMemoryError: Java heap space [...] Caused by: [truncated]", 62),
    # as the tools print it
    ("61| 2026-01-12 10:00:00 ERROR order failed", 61),
    ("61- 2026-01-12 10:00:00 ERROR order failed", 61),
    ("  62: java.lang.OutOfMemoryError: Java heap space", 62),
    ("61| 2026-01-12 10:00:00 ERROR order failed\n62| java.lang.OutOfMemoryError: Java heap space", 61),
    ("`63| at com.shop.Cart.add`", 63),
    # in quotes of some kind
    ('"order failed"', 61),
    ("`order failed`", 61),
    ("'order failed'", 61),
    ("  `ERROR: connection to db-1`  ", 67),
    # escaped once more
    ("indented\\twith\\nmany blanks", 74),
    ('\\"level\\":\\"error\\"', 68),
]


@pytest.mark.parametrize(("quote", "line"), FOUND)
@pytest.mark.parametrize("claimed", [None, "right", "near", 1, 10_000])
def test_a_quote_is_found_whatever_line_is_claimed(log_path: Path, quote: str, line: int, claimed: object) -> None:
    """What stands in the file is verified, with the line where it is, and the file's bytes there hold it."""
    given = {"right": line, "near": line + 3}.get(str(claimed), claimed if isinstance(claimed, int) else None)
    found = looked_up(log_path, quote, given)
    assert found.verified
    assert found.line == line
    assert found.quote == quote
    assert found.byte_start == len(b"".join(BYTES.splitlines(keepends=True)[: line - 1]))
    assert found.byte_end is not None
    assert BYTES[found.byte_end : found.byte_end + 1] == b"\n"


ABSENT = [
    "order succeeded",
    "2026-01-12 10:00:01 ERROR order failed",
    "java.lang.OutOfMemoryError: Java heap spaces",
    "ava.lang.OutOfMemoryError: Java heap space",
    "connection to db-1:543 refused",
    "connection to db-2:5432 refused",
    "refused (took 3",
    "refused (took 3.",
    "5 s, attempt 2",
    "connection to db-1:5432 accepted",
    '"port":80',
    "host 10.0.0.1",
    "host 10.0.0.1:8080",
    "host 10.0.0",
    "0.0.12:8080",
    "order failed java.lang.StackOverflowError",
    "nothing left\nCaused by:",
    "java.lang.OutOfMemoryError ... refused by peer",
    "refused ... connection to db-1",
    # words in brackets of one's own are no mark of truncation
    "connection to db-1:5432 [cut by an intern who is to blame] refused",
    "connection to [truncated: an intern is to blame] db-1:5432",
    # too little to prove anything
    *(
        "",
        "   ",
        "…",
        "...",
        "E",
        "INFO",
        "at",
        "ERR",
        "10:00",
        "failed"[:4],
        "a…e…r…o…r…d…f…l",
        "1...2...3...4...5...6",
    ),
    # a number in front that is not the line's
    "8081: bind failed: address already in use",
    "62| 2026-01-12 10:00:00 ERROR order failed",
    "99| order failed",
    "61| order failed and more",
    # of a kind that no pattern holds
    "(" * 5_000,
    "x" * 100_000,
    "\ud800 order failed",
    "\x00\x01\x02",
]


@pytest.mark.parametrize("quote", ABSENT, ids=lambda quote: ascii(quote)[:40])
@pytest.mark.parametrize("claimed", [None, 61, 67])
def test_what_is_not_there_is_not_verified(log_path: Path, quote: str, claimed: int | None) -> None:
    """A changed word, digit or order is not verified, and neither is a crumb; the line stays as claimed."""
    found = looked_up(log_path, quote, claimed)
    assert not found.verified
    assert (found.line, found.byte_start, found.byte_end) == (claimed, None, None)


def test_port_80_is_not_port_8080(tmp_path: Path) -> None:
    """A number is quoted whole or not at all, unless the quote says that it is cut."""
    path = tmp_path / "a.log"
    path.write_text("listening on port 8080\n")
    assert looked_up(path, "listening on port 8080").verified
    assert not looked_up(path, "listening on port 80").verified
    assert not looked_up(path, "ening on port 8080").verified
    assert looked_up(path, "listening on port 80…").verified


def test_the_claimed_neighbourhood_goes_first_and_the_earliest_next(tmp_path: Path) -> None:
    """Of several places, the one nearest to the claim counts; far from all of them, the first."""
    path = tmp_path / "a.log"
    path.write_text("".join(f"{'connection refused' if n % 100 == 0 else 'fine'} \n" for n in range(1, 1001)))
    assert [looked_up(path, "connection refused", line).line for line in (None, 503, 500, 450, 10**12)] == [
        *(100, 500, 500, 100, 100)
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", ["", "gz", "bz2"])
def test_byte_spans_are_those_of_the_text(tmp_path: Path, end: str, packed: str) -> None:
    """The span counts bytes of the uncompressed text, not characters, whatever the line ends."""
    lines = ["grün 🙂", "zweite Zeile: fehlgeschlagen", "dritte über alles", "Ende"]
    text = end.join(lines).encode()
    path = tmp_path / f"a.log.{packed}"
    path.write_bytes({"": bytes, "gz": gzip.compress, "bz2": bz2.compress}[packed](text))
    found = looked_up(path, "Zeile: fehlgeschlagen\ndritte über")
    assert found.line == 2
    assert text[found.byte_start : found.byte_end].rstrip(b"\r").decode() == end.join(lines[1:3])
    last = looked_up(path, "Ende")
    assert text[last.byte_start : last.byte_end] == b"Ende"


def test_what_the_tools_print_can_be_quoted(case_dir: WriteCase) -> None:
    """Each row that read_lines and search print is verified at its line when it is quoted as printed."""
    incident = case_dir(BYTES)
    reading = Reading.of(incident)
    for name, arguments in (("read_lines", {"first": 1}), ("search", {"pattern": "failed", "context": 3})):
        result, failed = run_tool(ToolCall("1", name, json.dumps(arguments)), reading)
        assert not failed
        rows = [row for row in result.splitlines()[1:-1] if row[0].isdigit() and "lines match" not in row]
        assert len(rows) > 15
        for row in rows:
            number, text = int(row.split("| ")[0].split("- ")[0]), row.partition(" ")[2]
            for quote in (row, text):
                # What a model writes goes through the door of `answers` first.
                words = json.dumps({"status": "diagnosed", "root_cause": "x", "category": "oom", "severity": "low"})
                written = answer_from(words[:-1] + f', "evidence": [{json.dumps({"quote": quote})}]}}').evidence[0]
                found = ground(written.quote, file="app.log", line=None, log=reading.log)
                assert found.verified, quote
                assert found.line == number
    reading.close()


def test_lines_of_any_length_are_looked_up_in_time(tmp_path: Path) -> None:
    """Lines of a megabyte, a quote of thousands of words and blanks without end cost seconds at most."""
    path = tmp_path / "a.log"
    path.write_text("".join(f"start {n} " + "word " * 200_000 + f"end {n}\n" for n in range(20)))
    began = time.process_time()
    assert looked_up(path, "start 7 word word word", 3).line == 8
    assert not looked_up(path, "start 7 word worse", 8).verified
    assert not looked_up(path, "x" + " " * 200_000 + "y" + "\n" * 100_000 + "zzzzzz", 4).verified
    assert time.process_time() - began < 15.0


# -- findings ----------------------------------------------------------------------------------------------------------


def found_out(incident: Incident, **fields: object) -> Diagnosis:
    """Make a diagnosis of an answer with these fields."""
    words = {"status": "diagnosed", "root_cause": "x", "category": "oom", "severity": "low", **fields}
    reading = Reading.of(incident)
    try:
        return diagnosis_of(answer_from(json.dumps(words)), incident, reading)
    finally:
        reading.close()


def test_quotes_of_neighbours_are_looked_up_there(case_dir: WriteCase) -> None:
    """A quote is looked up in the file that it names: the log, a neighbour, one below; not in others."""
    incident = case_dir("pool exhausted\n", app__toml="# pool\npool_size = 5\n", **{"sub/x__conf": "a setting\n"})
    quotes = [
        {"quote": "pool exhausted"},
        {"quote": "pool exhausted", "file": "./app.log"},
        {"quote": "pool_size = 5", "file": "app.toml", "line": 1},
        {"quote": "a setting", "file": "sub/x.conf"},
        {"quote": "pool_size = 5", "file": "app.log"},
        {"quote": "pool exhausted", "file": "app.toml"},
        {"quote": "root:x:0:0:root", "file": "/etc/passwd"},
        {"quote": "root:x:0:0:root", "file": "../../../../../etc/passwd"},
        {"quote": "pool exhausted", "file": "missing.log"},
        {"quote": "pool exhausted", "file": "sub"},
    ]
    evidence = found_out(incident, evidence=quotes).evidence
    assert [(each.file, each.line) for each in evidence if each.verified] == [
        *(("app.log", 1), ("app.log", 1), ("app.toml", 2), ("sub/x.conf", 1))
    ]
    assert [each.verified for each in evidence] == [True] * 4 + [False] * 6
    assert evidence[8].file == "missing.log"


def test_a_placeholder_stands_for_the_secret_that_it_was_given_and_for_nothing_else(case_dir: WriteCase) -> None:
    """A quote with a placeholder is found where its secret stands, and one that a model made up is found nowhere."""
    incident = case_dir("login password=Hunter22x! failed\nlogin token refused\nuser wrote <secret:password:8> here\n")
    quotes = [
        {"quote": "login password=‹secret:password:1› failed", "line": 1},
        {"quote": "login ‹secret:password:1› refused", "line": 2},
        {"quote": "login ‹secret:password:7› refused", "line": 2},
        {"quote": "login <secret:token:1> failed", "line": 1},
        {"quote": "user wrote <secret:password:8> here", "line": 3},
    ]
    evidence = found_out(incident, evidence=quotes).evidence
    assert [each.verified for each in evidence] == [True, False, False, False, True]


@pytest.mark.parametrize("status", ["diagnosed", "inconclusive", "no_errors_found"])
def test_nothing_is_diagnosed_without_a_quote_that_is_found(case_dir: WriteCase, status: str) -> None:
    """Without verified evidence `diagnosed` becomes `inconclusive`; the other two stay."""
    incident = case_dir("pool exhausted\n")
    for evidence in ([], [{"quote": "heap exhausted"}], [{"quote": "pool"}]):
        found = found_out(incident, status=status, evidence=evidence)
        assert found.status == ("inconclusive" if status == "diagnosed" else status)
        assert not found.grounded
    found = found_out(incident, status=status, evidence=[{"quote": "no"}, {"quote": "pool exhausted"}])
    assert (found.status, found.grounded) == (status, True)


def test_the_incident_is_the_incidents_own(case_dir: WriteCase) -> None:
    """Service, directory, log and hash are the incident's, whatever a model says."""
    incident = case_dir("pool exhausted\n")
    found = found_out(incident, service="evil", log_file="other", working_dir="/", log_sha256="0", grounded=True)
    assert (found.service, found.working_dir, found.log_file) == ("shop", str(incident.working_dir), "app.log")
    assert found.log_sha256 == sha256(b"pool exhausted\n").hexdigest()
    assert not found.grounded


def test_a_timeline_is_checked_and_oldest_first(case_dir: WriteCase) -> None:
    """An event's time is that of its line; lines that aren't there are dropped; the oldest comes first."""
    incident = case_dir(["2026-01-12 10:00:00 first", "2026-01-12 10:00:05 second", "no time here"])
    timeline = [
        {"event": "late", "timestamp": "2026-01-12 11:00:00", "line": 99},
        {"event": "second", "timestamp": "2031-01-01 00:00:00", "line": 2},
        {"event": "with second", "timestamp": None, "line": 3},
        {"event": "first", "timestamp": None, "line": 1},
    ]
    events = found_out(incident, timeline=timeline).timeline
    assert [(event.event, event.line) for event in events] == [
        *(("first", 1), ("second", 2), ("with second", 3), ("late", None))
    ]
    assert [event.timestamp.strftime("%H:%M:%S") if event.timestamp else "" for event in events] == [
        *("10:00:00", "10:00:05", "", "11:00:00")
    ]
