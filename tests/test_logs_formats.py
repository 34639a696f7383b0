"""A real specimen of every format that logs have: its records, with their times, levels and messages."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from logdebug.logs import open_log

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 22, 8, 42, 55, tzinfo=UTC)

# Of each format: its text, the levels of its records, and a word of the last one's message.
FORMATS: dict[str, tuple[str, list[str | None], str]] = {
    "pino": (
        (
            '{"level":30,"time":1795336975000,"pid":7,"hostname":"web-1","msg":"listening"}\n'
            '{"level":50,"time":1795336975000,"pid":7,"hostname":"web-1","err":{"type":"Error","message":"no stock",'
            '"stack":"Error: no stock\\n    at order (/srv/app.js:3:9)"},"msg":"request failed"}\n'
        ),
        ["info", "error"],
        "request failed: Error: no stock",
    ),
    "bunyan": (
        (
            '{"name":"shop","hostname":"web-1","pid":7,"level":40,"msg":"slow","time":"2026-11-22T08:42:55.000Z","v":0}\n'
            '{"name":"shop","hostname":"web-1","pid":7,"level":60,"msg":"gone","time":"2026-11-22T08:42:55.000Z","v":0}\n'
        ),
        ["warning", "fatal"],
        "gone",
    ),
    "zap": (
        (
            '{"level":"info","ts":1795336975.0001,"caller":"shop/main.go:12","msg":"ready"}\n'
            '{"level":"dpanic","ts":"2026-11-22T08:42:55.000Z","caller":"shop/main.go:19","msg":"nil cart"}\n'
        ),
        ["info", "fatal"],
        "nil cart",
    ),
    "zap console": (
        (
            "2026-11-22T08:42:55.000Z\tINFO\tshop/main.go:12\tready\n"
            '2026-11-22T08:42:55.000Z\tERROR\tshop/main.go:19\torder failed\t{"id": 7}\n'
            "main.order\n\t/srv/main.go:19\n"
        ),
        ["info", "error"],
        "order failed",
    ),
    "slog json": (
        (
            '{"time":"2026-11-22T08:42:55.000Z","level":"INFO","msg":"ready"}\n'
            '{"time":"2026-11-22T08:42:55.000Z","level":"ERROR","msg":"order failed","err":"no stock"}\n'
        ),
        ["info", "error"],
        "order failed: no stock",
    ),
    "slog text": (
        (
            "time=2026-11-22T08:42:55.000Z level=INFO msg=ready\n"
            'time=2026-11-22T08:42:55.000Z level=WARN msg="pool is full" size=9\n'
        ),
        ["info", "warning"],
        "pool is full",
    ),
    "tracing": (
        (
            "2026-11-22T08:42:55.000000Z  INFO shop::order: stored id=7\n"
            "2026-11-22T08:42:55.000000Z ERROR request{id=7}: shop::order: no stock\n"
        ),
        ["info", "error"],
        "no stock",
    ),
    "tracing json": (
        (
            '{"timestamp":"2026-11-22T08:42:55.000000Z","level":"INFO","fields":{"message":"stored"},"target":"shop"}\n'
            '{"timestamp":"2026-11-22T08:42:55.000000Z","level":"ERROR","fields":{"message":"no stock"},"target":"a"}\n'
        ),
        ["info", "error"],
        "no stock",
    ),
    "tracing in colour": (
        (
            "\x1b[2m2026-11-22T08:42:55.000000Z\x1b[0m \x1b[32m INFO\x1b[0m \x1b[2mshop\x1b[0m\x1b[2m:\x1b[0m stored\n"
            "\x1b[2m2026-11-22T08:42:55.000000Z\x1b[0m \x1b[31mERROR\x1b[0m \x1b[2ma\x1b[0m\x1b[2m:\x1b[0m no stock\n"
        ),
        ["info", "error"],
        "no stock",
    ),
    "logfmt": (
        (
            'ts=2026-11-22T08:42:55.000Z caller=main.go:1 level=info msg="ready"\n'
            'level=error ts=2026-11-22T08:42:55.000Z msg="write failed" err="disk full"\n'
        ),
        ["info", "error"],
        "write failed",
    ),
    "rfc 3164": (
        "<30>Nov 22 08:42:55 web-1 shop[12]: ready\n<27>Nov 22 08:42:55 web-1 shop[12]: no route to host\n",
        ["info", "error"],
        "no route to host",
    ),
    "rfc 5424": (
        (
            '<165>1 2026-11-22T08:42:55.000Z web-1 shop 12 ID47 [ex@32473 iut="3"] ready\n'
            "<10>1 2026-11-22T08:42:55.000+00:00 web-1 shop 12 - - disk is gone\n"
        ),
        ["info", "fatal"],
        "disk is gone",
    ),
    "apache access": (
        (
            '10.0.0.1 - frank [22/Nov/2026:08:42:55 +0000] "GET /a HTTP/1.1" 200 2326 "http://x/" "curl/8"\n'
            '10.0.0.1 - - [22/Nov/2026:08:42:55 +0000] "POST /b HTTP/1.1" 503 0\n'
        ),
        [None, None],
        "POST /b",
    ),
    "apache errors": (
        (
            "[Sun Nov 22 08:42:55.000000 2026] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache/2.4.62 configured\n"
            "[Sun Nov 22 08:42:55.000000 2026] [proxy:error] [pid 7:tid 9] (111)Connection refused: AH00957: attempt\n"
        ),
        ["info", "error"],
        "Connection refused",
    ),
    "nginx errors": (
        (
            "2026/11/22 08:42:55 [notice] 1#1: start worker processes\n"
            '2026/11/22 08:42:55 [crit] 29#29: *7 open() "/x" failed (13: Permission denied), client: 10.0.0.1\n'
        ),
        ["info", "fatal"],
        "Permission denied",
    ),
    "log4j": (
        (
            "2026-11-22 08:42:55,000 INFO  [main] com.acme.Shop:12 - ready\n"
            "2026-11-22 08:42:55,000 FATAL [pool-1] com.acme.Shop:19 - no stock\n"
            "java.lang.IllegalStateException: no stock\n\tat com.acme.Shop.order(Shop.java:19)\n"
        ),
        ["info", "fatal"],
        "no stock",
    ),
    "logback": (
        "08:42:55.000 [main] DEBUG com.acme.Shop - ready\n08:42:55.000 [main] WARN  com.acme.Shop - slow\n",
        ["debug", "warning"],
        "slow",
    ),
    "spring": (
        (
            "2026-11-22T08:42:55.000Z  INFO 1 --- [shop] [main] com.acme.Shop : Started Shop in 2.1 seconds\n"
            "2026-11-22T08:42:55.000Z ERROR 1 --- [shop] [main] o.s.boot.SpringApplication : Application run failed\n"
        ),
        ["info", "error"],
        "Application run failed",
    ),
    "python": (
        "2026-11-22 08:42:55,000 - shop - INFO - ready\n2026-11-22 08:42:55,000 - shop - CRITICAL - gone\n",
        ["info", "fatal"],
        "gone",
    ),
    "klog": (
        (
            'I1122 08:42:55.000000       1 main.go:3] "Ready"\n'
            'E1122 08:42:55.000000       1 sync.go:9] "Unhandled Error" err="no endpoints"\n'
            "F1122 08:42:55.000000       1 main.go:9] exiting\n"
        ),
        ["info", "error", "fatal"],
        "exiting",
    ),
    "postgres": (
        (
            "2026-11-22 08:42:55.000 UTC [1] LOG:  database system is ready\n"
            "2026-11-22 08:42:55.000 UTC [58] shop@shop ERROR:  deadlock detected\n"
            "2026-11-22 08:42:55.000 UTC [58] shop@shop DETAIL:  Process 58 waits for ShareLock on transaction 7;\n"
            "\tProcess 59: UPDATE stock\n"
            "2026-11-22 08:42:55.000 UTC [60] FATAL:  sorry, too many clients already\n"
        ),
        ["info", "error", "info", "fatal"],
        "too many clients",
    ),
    "mariadb": (
        (
            "2026-11-22  8:42:55 0 [Note] InnoDB: Completed initialization of buffer pool\n"
            "2026-11-22  8:42:55 0 [ERROR] InnoDB: Unable to lock ./ibdata1 error: 11\n"
        ),
        ["info", "error"],
        "Unable to lock",
    ),
    "redis": (
        (
            "1:M 22 Nov 2026 08:42:55.000 * Ready to accept connections tcp\n"
            "1:M 22 Nov 2026 08:42:55.000 # Can't save in background: fork: Cannot allocate memory\n"
        ),
        ["info", "warning"],
        "Cannot allocate memory",
    ),
    "containerd": (
        (
            "2026-11-22T08:42:55.000000000Z stdout F INFO ready\n"
            "2026-11-22T08:42:55.000000000Z stderr P half of a long line that \n"
            '2026-11-22T08:42:55.000000000Z stderr F {"level":"error","msg":"no stock"}\n'
        ),
        ["info", None, "error"],
        "no stock",
    ),
    "docker json-file": (
        (
            '{"log":"INFO ready\\n","stream":"stdout","time":"2026-11-22T08:42:55.000000000Z"}\n'
            '{"log":"ERROR no stock\\n","stream":"stderr","time":"2026-11-22T08:42:55.000000000Z"}\n'
        ),
        ["info", "error"],
        "no stock",
    ),
    "dmesg -T": (
        (
            "[Sun Nov 22 08:42:55 2026] eth0: link up\n"
            "[Sun Nov 22 08:42:55 2026] Out of memory: Killed process 4213 (shop) total-vm:2048kB\n"
        ),
        [None, None],
        "Killed process",
    ),
    "github actions": (
        (
            "2026-11-22T08:42:55.0000000Z ##[group]Run make test\n"
            "2026-11-22T08:42:55.0000000Z \x1b[36;1mmake test\x1b[0m\n"
            "2026-11-22T08:42:55.0000000Z ##[warning]Node 16 is deprecated\n"
            "2026-11-22T08:42:55.0000000Z ##[error]Process completed with exit code 2.\n"
        ),
        [None, None, "warning", "error"],
        "exit code 2",
    ),
    "journald json": (
        (
            '{"__REALTIME_TIMESTAMP":"1795336975000000","PRIORITY":"6","MESSAGE":"Started shop.","_PID":"1"}\n'
            '{"__REALTIME_TIMESTAMP":"1795336975000000","PRIORITY":"2","MESSAGE":"disk is gone","_PID":"1"}\n'
        ),
        ["info", "fatal"],
        "disk is gone",
    ),
}


def write(path: Path, data: bytes) -> Path:
    """Write a log that was written to last on the day of its times."""
    path.write_bytes(data)
    os.utime(path, (AT.timestamp(), AT.timestamp()))
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_read_as_its_program_meant_it(tmp_path: Path, name: str) -> None:
    """Each event is one record with its time and level, and its message says what happened."""
    text, levels, said = FORMATS[name]
    with open_log(write(tmp_path / "app.log", text.encode())) as log:
        records = list(log.records())
        assert [record.level for record in records] == levels
        for record in records:
            assert record.timestamp is not None
            assert abs(record.timestamp - AT) < timedelta(milliseconds=1)
        assert said in records[-1].message
        assert log.overview().facts.line_count == text.count("\n")


def test_seconds_since_boot_are_no_date(tmp_path: Path) -> None:
    """The kernel's own times say nothing of the day: they are left out, the lines are records."""
    text = "[    0.000000] Linux version 6.1.0\n[ 1234.567890] Out of memory: Killed process 4213 (shop)\n"
    with open_log(write(tmp_path / "kern.log", text.encode())) as log:
        records = list(log.records())
        assert [record.timestamp for record in records] == [None, None]
        assert log.overview().signature_hits[0].signature.category == "oom"


WORDS = "2026-11-22 08:42:55,000 ERROR größe: müll\n2026-11-22 08:42:55,000 INFO fertig\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_an_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    """Lines, times and levels are the same in every encoding; of Latin-1 only the letters beyond ASCII are lost."""
    with open_log(write(tmp_path / "app.log", WORDS.encode(encoding))) as log:
        lines = [line.text for line in log.lines(1, 9)]
        said = "gr��e: m�ll" if encoding == "latin-1" else "größe: müll"
        assert lines == WORDS.replace("größe: müll", said).splitlines()
        assert [(record.level, record.timestamp) for record in log.records()] == [("error", AT), ("info", AT)]


def test_crlf_lone_cr_and_nul_do_not_break_lines(tmp_path: Path) -> None:
    """A line ends at a newline: a progress bar and NUL bytes are within one, and CRLF is no part of the text."""
    data = b"one\r\n" + b"".join(b"\r%3d%%" % done for done in range(101)) + b" done\n\0\0\0ERROR boom\0\nlast\r\n"
    with open_log(write(tmp_path / "app.log", data)) as log:
        lines = [line.text for line in log.lines(1, 9)]
        assert lines[0] == "one"
        assert lines[1].endswith("\r100% done")
        assert lines[2:] == ["\0\0\0ERROR boom\0", "last"]
        assert log.search("boom|100%").total == 2
        assert "\0" not in log.overview().text


@pytest.mark.slow
def test_a_line_of_100_mb_is_one_line(tmp_path: Path) -> None:
    """A huge line is cut where it is shown, counted once, and the lines after it keep their numbers."""
    data = b"2026-11-22 08:42:55 INFO before\n" + b"x" * 100_000_000 + b"needle\n2026-11-22 08:42:55 ERROR after\n"
    with open_log(write(tmp_path / "app.log", data)) as log:
        assert log.line_count == 3
        assert len(log.lines(2, 2)[0].text) < 2_000_000
        assert log.lines(3, 3)[0].text.endswith("ERROR after")
        assert [match.line.number for match in log.search("needle").matches] == [2]
        assert log.overview().findings[0].template.first_line == 3
        assert [record.last_line for record in log.records()] == [2, 3]
