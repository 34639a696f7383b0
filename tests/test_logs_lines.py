"""Lines of a log against the tools that everyone knows: sed, wc."""

from __future__ import annotations

import gzip
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from logdebug.errors import LogError
from logdebug.logs import Line, open_log
from logdebug.logs.decode import compression_of
from logdebug.logs.lines import LONGEST_TEXT_BYTES

if TYPE_CHECKING:
    from pathlib import Path

PARTS = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from(
            [b"\n", b"\r\n", b"\r", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b[31m", "ü€".encode(), b"x" * 70_000]
        ),
    ),
    max_size=40,
)
SHARED = {"suppress_health_check": [HealthCheck.function_scoped_fixture]}


def sed(path: Path, first: int, last: int) -> bytes:
    """Give what `sed -n first,lastp` gives."""
    return subprocess.run(["sed", "-n", f"{first},{last}p", path], capture_output=True, check=True).stdout


@given(parts=PARTS)
@example(parts=[])
@example(parts=[b"\n"])
@example(parts=[b"a", b"\n", b"b"])
@settings(**SHARED)
def test_no_bytes_lose_or_invent_a_line(tmp_path: Path, parts: list[bytes]) -> None:
    """The lines of any bytes, put together again, are these bytes; and there are as many as newlines say."""
    data = b"".join(parts)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:4] == b"\0\0\xfe\xff" or compression_of(data):
        data = b"-" + data
    path = tmp_path / "app.log"
    path.write_bytes(data)
    expected = data.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    with open_log(path) as log:
        lines = log.lines(1, 1 << 40)
        assert [data[line.byte_start : line.byte_end] for line in lines] == expected
        assert [line.number for line in lines] == list(range(1, len(expected) + 1))
        assert log.line_count == len(expected)
        assert b"".join(block for _, block in log.blocks()) == data
        log.overview(budget_tokens=200)
        assert log.line_count == len(expected)
        covered = [number for record in log.records() for number in range(record.first_line, record.last_line + 1)]
        assert covered == list(range(1, len(expected) + 1))


def test_line_n_is_line_n_of_sed(tmp_path: Path) -> None:
    """Any range is what `sed -n` gives for it, in a plain log and in a compressed one."""
    data = (
        b"".join(b"line %d %s\n" % (number, b"x" * (number * 7 % 400)) for number in range(1, 20_001)) + b"no newline"
    )
    plain, packed = tmp_path / "app.log", tmp_path / "app.log.gz"
    plain.write_bytes(data)
    packed.write_bytes(gzip.compress(data, 1))
    with open_log(plain) as log, open_log(packed) as compressed:
        for first, last in [
            (1, 1),
            (19_990, 20_010),
            (1, 30),
            (10_000, 10_100),
            (20_001, 20_001),
            (7, 6),
            (20_002, 20_009),
        ]:
            expected = sed(plain, first, last) if last >= first else b""
            for reader in (log, compressed):
                lines = reader.lines(first, last)
                assert b"\n".join(line.text.encode() for line in lines) == expected.rstrip(b"\n")
        assert log.line_count == compressed.line_count == 20_001


def test_the_index_made_by_a_pass_is_the_one_made_by_reading(tmp_path: Path) -> None:
    """Lines are the same whether the index was made for them or on the way of an overview."""
    data = b"".join(b"%d %s\n" % (number, b"y" * (number % 900)) for number in range(5_000))
    path = tmp_path / "app.log"
    path.write_bytes(data)
    with open_log(path) as one, open_log(path) as other:
        other.overview()
        for number in (1, 17, 2_500, 4_999, 5_000, 5_001):
            assert one.lines(number, number + 3) == other.lines(number, number + 3)


def test_a_short_range_is_the_same_read_at_once_and_line_by_line(tmp_path: Path) -> None:
    """Lines that the index has all about are those that a pass over the log gives, whatever they hold and end with."""
    data = b"\xef\xbb\xbf" + b"".join(
        b"%d %s%s" % (number, bytes(range(11, 255)) * (number % 5), b"\r\n" if number % 3 else b"\n")
        for number in range(2_000)
    )
    path = tmp_path / "app.log"
    path.write_bytes(data + b"z" * 300_000 + b"\nlast")
    with open_log(path) as log:
        log.overview()
        everything = list(log.iter_lines())
        assert len(everything) == log.line_count == 2_002
        for first in range(1, 2_003, 61):
            for last in (first, first + 1, first + 70):
                assert log.lines(first, last) == everything[first - 1 : last]


def test_a_log_that_was_written_over_loses_no_line_for_what_its_index_says(tmp_path: Path) -> None:
    """Where fewer lines end than did, the lines that follow are given as far as they are asked for."""
    path = tmp_path / "app.log"
    path.write_bytes(b"0123456\n" * 40_000)
    with open_log(path) as log:
        assert log.line_count == 40_000
        with path.open("r+b") as file:
            file.write(b"012345678901234\n" * 20_000)
        assert [line.text for line in log.lines(8_190, 8_193)] == ["012345678901234"] * 4


def test_line_at_is_the_inverse_of_byte_start(tmp_path: Path) -> None:
    """The byte at which a line starts, and the newline that ends it, are in that line."""
    path = tmp_path / "app.log"
    path.write_bytes(b"".join(b"%d\n" % number * (number % 3 + 1) for number in range(40_000)))
    with open_log(path) as log:
        for line in [*log.lines(1, 20), *log.lines(50_000, 50_020), *log.lines(79_990, 79_999)]:
            assert log.line_at(line.byte_start) == line.number
            assert log.line_at(line.byte_end) == line.number
        assert log.line_at(1 << 50) == log.line_count


def test_a_carriage_return_before_the_newline_is_no_text(tmp_path: Path) -> None:
    """CRLF ends a line; a carriage return within one stays in its text."""
    path = tmp_path / "app.log"
    path.write_bytes(b"one\r\n10%\r20%\rdone\r\n")
    with open_log(path) as log:
        assert log.lines(1, 9) == [Line(1, "one", 0, 4), Line(2, "10%\r20%\rdone", 5, 18)]


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    """The mark at the head of a UTF-8 log isn't shown, but its bytes count."""
    path = tmp_path / "app.log"
    path.write_bytes(b"\xef\xbb\xbfone\n")
    with open_log(path) as log:
        assert log.lines(1, 1) == [Line(1, "one", 0, 6)]


def test_a_line_of_100_megabytes_is_cut_and_says_so(tmp_path: Path) -> None:
    """Of a huge line the first MiB is shown with a note; the lines after it keep their numbers and places."""
    path = tmp_path / "app.log"
    size = 100 << 20
    with path.open("wb") as file:
        file.write(b"before\n")
        for _ in range(100):
            file.write(b"z" * (1 << 20))
        file.write(b"\nERROR after\n")
    with open_log(path) as log:
        before, huge, after = log.lines(1, 3)
        assert (huge.byte_end - huge.byte_start, after.byte_start) == (size, size + 8)
        assert len(huge.text) < LONGEST_TEXT_BYTES + 100
        assert huge.text.endswith("more bytes]")
        assert (before.text, after.text) == ("before", "ERROR after")
        assert log.line_count == 3
        assert log.search("z").total == 1
        overview = log.overview()
        assert overview.facts.line_count == 3
        assert "L3 " in overview.text


def test_a_small_log_is_given_as_long_as_it_is_open_and_whole(tmp_path: Path) -> None:
    """Lines that were given come again; once the file is cut, only those that are left; once it is closed, none."""
    path = tmp_path / "app.log"
    path.write_bytes(b"one\ntwo\nthree\n")
    log = open_log(path)
    assert [line.text for line in log.lines(1, 9)] == ["one", "two", "three"]
    assert [line.text for line in log.lines(2, 2)] == ["two"]
    with path.open("r+b") as file:
        file.truncate(8)
    assert [line.text for line in log.lines(1, 9)] == ["one", "two"]
    assert log.damage
    log.close()
    with pytest.raises(LogError, match="closed"):
        log.lines(1, 9)
