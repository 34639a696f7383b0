"""Time, level, message and status of a line, in every format that logs usually have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdebug.logs.fields import LEVELS, http_status_of, json_fields, level_of, message_of, parse_timestamp, strip_ansi

REFERENCE = datetime(2026, 11, 23, tzinfo=UTC)
AT = datetime(2026, 11, 22, 8, 42, 55, tzinfo=UTC)
MS, US = timedelta(milliseconds=123), timedelta(microseconds=123_456)

LINES = [
    ("2026-11-22T08:42:55Z ERROR boom", AT, "error"),
    ("2026-11-22T09:42:55.123+01:00 warn: slow", AT + MS, "warning"),
    ("2026-11-22 08:42:55,123 INFO  [main] c.a.Shop - ready", AT + MS, "info"),
    ("2026-11-22 08:42:55,123 - shop.db - WARNING - slow query", AT + MS, "warning"),
    ("2026-11-22T08:42:55.123456789Z stdout F panic: runtime error", AT + US, "fatal"),
    ("2026/11/22 08:42:55 [emerg] 18#18: unknown directive", AT, "fatal"),
    ("2026/11/22 08:42:55 http: panic serving 127.0.0.1:52850", AT, None),
    ("[Sun Nov 22 08:42:55.123456 2026] [core:notice] [pid 19:tid 19] AH00052: child", AT + US, "info"),
    ("[Sun Nov 22 08:42:55.123456 2026] [proxy_fcgi:error] [pid 47] AH01071: Got error", AT + US, "error"),
    ('127.0.0.1 - - [22/Nov/2026:08:42:55 +0000] "GET / HTTP/1.1" 502 559 "-"', AT, None),
    ("Nov 22 08:42:55 batch-1 nightly-backup: pg_dump failed", AT, None),
    ("Nov 22 08:42:55 web-1 app[12]: error: no route", AT, "error"),
    ("<11>1 2026-11-22T08:42:55.123Z web-1 app 12 - - no route", AT + MS, "error"),
    ("I1122 08:42:55.123456       1 main.go:3] ready", AT + US, "info"),
    ("E1122 08:42:55.123456       1 main.go:9] gone", AT + US, "error"),
    ("2026-11-22 09:42:55.123 CET [74] postgres@shop FEHLER:  konnte Datei nicht erweitern", AT + MS, "error"),
    ("[2026-11-22 08:42:55] shop.CRITICAL: part not uploaded {}", AT, "fatal"),
    ("[2026-11-22T08:42:55.123+00:00] shop.DEBUG: price above limit", AT + MS, "debug"),
    ("2026-11-22 08:42:55.123 [24] main/117/iproto app.lua:25 E> login failed", AT + MS, "error"),
    ("2026-11-22 08:42:55.123 +00:00 [WRN] slow query", AT + MS, "warning"),
    ("2026-11-22T08:42:55Z INF started INF=1", AT, "info"),
    ("[7] 2026/11/22 08:42:55.123000 [FTL] no store", AT + MS, "fatal"),
    ("2026-11-22T08:42:55Z the limit is INF here", AT, None),
    ("2026-11-22 08:42:55.123 UTC [58] postgres@shop PANIC:  could not write", AT + MS, "fatal"),
    ("2026-11-22 08:42:55.123 UTC [58] LOG:  checkpoint complete", AT + MS, "info"),
    ("20:M 22 Nov 2026 08:42:55.123 # Can't save in background", AT + MS, "warning"),
    ("20:M 22 Nov 2026 08:42:55.123 * Ready to accept connections", AT + MS, "info"),
    ("2026-11-22  8:42:55 0 [ERROR] InnoDB: Cannot map", AT, "error"),
    ("2026-11-22  8:42:55 0 [Note] mariadbd: ready", AT, "info"),
    ("[2026-11-22 08:42:55 +0000] [21] [CRITICAL] WORKER TIMEOUT (pid:26)", AT, "fatal"),
    ("[2026-11-22 08:42:55,123: ERROR/ForkPoolWorker-2] Task raised", AT + MS, "error"),
    ("2026-11-22 08:42:55.123456+00:00 [error] <0.146.0> Cookie file", AT + US, "error"),
    ("Nov 22, 2026 8:42:55 AM com.acme.Shop run", AT, None),
    ("22-Nov-2026 08:42:55.123 SEVERE [main] org.apache.catalina", AT + MS, "error"),
    ("11/22/2026 8:42:55 AM fail: Shop[0]", AT, "error"),
    ("22.11.2026 08:42:55 Fehler: Platte voll", AT, "error"),
    ("20261122T084255Z WARN x", AT, "warning"),
    ("261122 084255 148 INFO dfs.DataNode: x", AT, "info"),
    ("11-22 08:42:55.123  1234  1234 E AndroidRuntime: FATAL", AT + MS, "error"),
    ("1795336975 ERROR x", AT, "error"),
    ("08:42:55.123 ERROR x", REFERENCE.replace(hour=8, minute=42, second=55, microsecond=123_000), "error"),
    ("[    0.123456] usb 1-1: device descriptor read/64, error -71", None, None),
    ('{"level":50,"time":1795336975123,"msg":"x"}', AT + MS, "error"),
    ('{"level":"warn","ts":1795336975.123456,"msg":"x"}', AT + US, "warning"),
    ('{"severity":"CRITICAL","timestamp":"2026-11-22T08:42:55Z"}', AT, "fatal"),
    ('{"PRIORITY":"3","__REALTIME_TIMESTAMP":"1795336975123456","MESSAGE":"x"}', AT + US, "error"),
    ('{"t":{"$date":"2026-11-22T08:42:55.123Z"},"s":"E","c":"NETWORK","msg":"x"}', AT + MS, "error"),
    ('time="2026-11-22T08:42:55Z" level=error msg="x y"', AT, "error"),
    ("ts=2026-11-22T08:42:55.123Z level=warn caller=main.go:3", AT + MS, "warning"),
    ("npm ERR! code ECONNREFUSED", None, "error"),
    ("KeyError: 'GBP'", None, "error"),
    ("java.lang.OutOfMemoryError: Java heap space", None, "error"),
    ("panic: assignment to entry in nil map", None, "fatal"),
    ("Segmentation fault (core dumped)", None, "fatal"),
    ("[0.301s][warning][os,thread] Failed to start thread", None, "warning"),
    ("Nov 22 08:42:55 unbound[87:0] error: could not open file", AT, "error"),
    ("2026.11.22 08:42:55 LOG3[1]: SSL_connect: certificate verify failed", AT, "error"),
    ("[E 2026-11-22 08:42:55.123 ServerApp] Notebook is not readable", AT + MS, "error"),
    ("Nov 22 08:42:55 mail-1 dovecot: auth: Error: passwd-file: open failed", AT, "error"),
    ("src/main.c:12:3: error: expected ';' before '}' token", None, "error"),
    ("everything is well", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("line", "time", "level"), LINES)
def test_time_and_level_of_a_real_line(line: str, time: datetime | None, level: str | None) -> None:
    """Each format's time and level are read as the program that wrote it meant them."""
    assert parse_timestamp(line, reference=REFERENCE) == time
    assert level_of(line) == level


@pytest.mark.parametrize("scale", [1, 1000, 1_000_000, 1_000_000_000])
def test_epochs_of_every_unit_are_told_apart(scale: int) -> None:
    """Seconds, ms, µs and ns since 1970 give the same time."""
    assert parse_timestamp(f'{{"time":{1795336975 * scale}}}') == AT


def test_a_time_without_a_year_is_of_the_last_year_that_fits() -> None:
    """A December line read in January is of the year before; one some hours ahead of the clock is of this year."""
    january = datetime(2027, 1, 2, tzinfo=UTC)
    assert parse_timestamp("Dec 31 23:59:59 host x", reference=january) == datetime(
        2026, 12, 31, 23, 59, 59, tzinfo=UTC
    )
    assert parse_timestamp("Jan  2 05:00:00 host x", reference=january) == datetime(2027, 1, 2, 5, tzinfo=UTC)
    assert parse_timestamp("Feb 29 05:00:00 host x", reference=january) == datetime(2024, 2, 29, 5, tzinfo=UTC)


def test_days_that_are_none_are_no_time() -> None:
    """The 31st of June and month 13 give no time, and raise nothing."""
    assert parse_timestamp("2026-06-31 08:00:00 x") is None
    assert parse_timestamp("2026-13-01 08:00:00 x") is None


def test_leap_seconds_and_midnight_as_24_are_times() -> None:
    """Second 60 and hour 24 are read as what they mean."""
    assert parse_timestamp("2016-12-31T23:59:60Z") == datetime(2017, 1, 1, tzinfo=UTC)
    assert parse_timestamp("2026-11-22 24:00:00") == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2026-11-22 08:42:55,123 ERROR [main] c.a.Shop - boom", "[main] c.a.Shop - boom"),
        (
            '{"level":50,"msg":"request failed","err":{"type":"DbError","message":"gone"}}',
            "request failed: DbError: gone",
        ),
        ("everything is well", "everything is well"),
        ("\x1b[31mERROR\x1b[0m boom", "boom"),
    ],
)
def test_the_message_is_what_is_left_of_a_line(line: str, message: str) -> None:
    """A message has neither time nor level; that of a JSON line has its error."""
    assert message_of(line) == message


def test_http_status_is_found_where_it_stands() -> None:
    """The status of an access-log line and of structured lines is found; a size or a port is none."""
    assert http_status_of('1.2.3.4 - - [x] "GET / HTTP/1.1" 502 559 "-" "-"') == 502
    assert http_status_of('{"statusCode":404}') == 404
    assert http_status_of("status: 200 len: 500") == 200
    assert http_status_of("listening on port 443") is None


def test_escapes_are_stripped_whole() -> None:
    """Colours, titles and cursor movements go; the text between them stays."""
    assert strip_ansi("\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\x1b[2K\x1b(By") == "red xy"
    assert strip_ansi("\0p\0w\0=\0x\0") == "pw=x"  # what a shell appended in UTF-16
    assert strip_ansi("a field\0another") == "a field\0another"


@given(st.text(max_size=400))
def test_no_text_raises(text: str) -> None:
    """Any text has a time or none, a level or none, and a message."""
    time, level = parse_timestamp(text), level_of(text)
    assert time is None or time.tzinfo is UTC
    assert level is None or level in LEVELS
    assert isinstance(message_of(text), str)


def test_a_line_is_read_by_the_reference_of_this_time() -> None:
    """The same text without its year, or its day, is read anew by each reference; one with its year never changes."""
    years = (datetime(2024, 5, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
    assert [parse_timestamp("Jan  2 05:00:00 host x", reference=each) for each in years] == [
        datetime(2024, 1, 2, 5, tzinfo=UTC),
        datetime(2026, 1, 2, 5, tzinfo=UTC),
    ]
    assert [parse_timestamp("05:00:00 x", reference=each) for each in (None, *years)] == [
        None,
        datetime(2024, 5, 1, 5, tzinfo=UTC),
        datetime(2026, 5, 1, 5, tzinfo=UTC),
    ]
    assert {parse_timestamp("2025-01-02 05:00:00 x", reference=each) for each in (None, *years)} == {
        datetime(2025, 1, 2, 5, tzinfo=UTC)
    }


def test_json_that_is_nested_without_end_is_text() -> None:
    """Whoever writes such a line into a log keeps nobody from reading it."""
    line = '{"msg":' + "[" * 100_000
    assert json_fields(line + "]" * 100_000 + "}") is None
    assert message_of(line) == line
