"""What became of a citation is told from the files as they are now, and nothing outside the directory is read."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import logdebug as ld
from logdebug.agent.absences import search_for
from logdebug.agent.grounding import ground
from logdebug.records import Absence, Evidence
from logdebug.verification.citations import Finding, find_absence, find_quote, same
from logdebug.verification.files import Files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOG = [f"2026-11-18 09:{number // 60:02}:{number % 60:02} INFO heartbeat {number} ok" for number in range(300)]
LOG[100:200] = [line.replace("heartbeat", "request") for line in LOG[100:200]]
LOG[150] = "2026-11-18 09:02:30 ERROR connection to db-1:5432 refused"
LOG[151] = "    at pool.connect(pool.py:88)"
QUOTE = "connection to db-1:5432 refused"
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "app.log.1": bytes,
    "app.log.2.gz": gzip.compress,
    "app.log.3.bz2": bz2.compress,
    "app.log.4.xz": lzma.compress,
    "app.log-20261118.gz": gzip.compress,
    "app.1.log": bytes,
}


def text_of(lines: list[str]) -> str:
    """Give lines as a file has them."""
    return "".join(f"{line}\n" for line in lines)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Write the log."""
    path = tmp_path / "app.log"
    path.write_text(text_of(LOG), encoding="utf-8")
    return path


@pytest.fixture
def quote(path: Path) -> Evidence:
    """Give a quote of two lines, as it was found."""
    with ld.open_log(path) as log:
        return ground(f"{QUOTE}\n{LOG[151]}", file="app.log", line=151, log=log)


@pytest.fixture
def absence(path: Path) -> Absence:
    """Give an absence, as it was verified."""
    with ld.open_log(path) as log:
        return replace(search_for(Absence("c", "heartbeat", "", 101, 200), log), file="app.log")


def now(path: Path, cited: Evidence | Absence, *shifts: int) -> Finding:
    """Look a citation up again."""
    with Files(str(path.parent)) as files:
        return find_quote(cited, files) if isinstance(cited, Evidence) else find_absence(cited, files, shifts=shifts)


def test_what_is_as_it_was_is_unchanged(path: Path, quote: Evidence, absence: Absence) -> None:
    """In the same file, and in one that only grew, quote and absence are unchanged, with their lines and bytes."""
    for _ in range(2):
        found = now(path, quote)
        assert (found.outcome, found.file, found.line, found.last_line) == ("unchanged", "app.log", 151, 152)
        assert (found.byte_start, found.byte_end) == (quote.byte_start, quote.byte_end)
        assert (now(path, absence).outcome, now(path, absence).line) == ("unchanged", 101)
        with path.open("a") as file:
            file.write("2026-11-18 10:00:00 INFO heartbeat\n")


def test_what_other_lines_pushed_aside_is_moved(path: Path, quote: Evidence, absence: Absence) -> None:
    """Lines put before it move a quote, and an absence by as many bytes as its quotes."""
    path.write_text(text_of(["new"] * 40 + LOG))
    found = now(path, quote)
    assert (found.outcome, found.line) == ("moved", 191)
    assert "line 151" in found.words
    assert found.byte_start is not None
    assert quote.byte_start is not None
    again = now(path, absence, found.byte_start - quote.byte_start)
    assert (again.outcome, again.line, again.last_line) == ("moved", 141, 240)


def test_the_same_line_at_other_bytes_is_moved(path: Path, quote: Evidence) -> None:
    """A line above that became longer leaves the line's number and moves its bytes, and the words say so."""
    path.write_text(text_of([LOG[0] + " and more", *LOG[1:]]))
    found = now(path, quote)
    assert (found.outcome, found.line) == ("moved", 151)
    assert "no longer at the same bytes" in found.words


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("left", ["new", "empty", "nothing"])
def test_a_rotated_log_is_followed(name: str, left: str, path: Path, quote: Evidence, absence: Absence) -> None:
    """Quote and absence are found in the rotated file, packed or not, whatever is left under the old name."""
    path.with_name(name).write_bytes(PACKERS[name](path.read_bytes()))
    path.write_text(text_of(["2026-11-19 INFO started"] * 400) if left == "new" else "")
    if left == "nothing":
        path.unlink()
    for cited, line in ((quote, 151), (absence, 101)):
        found = now(path, cited)
        assert (found.outcome, found.file, found.line) == ("rotated", name, line)


def test_other_text_in_its_place_is_altered(path: Path, quote: Evidence, absence: Absence) -> None:
    """One changed word makes a quote altered, and the lines of an absence, whatever the search finds in them now."""
    path.write_text(text_of(LOG).replace("db-1:5432", "db-2:5432"))
    assert now(path, quote).outcome == "altered"
    found = now(path, absence)
    assert (found.outcome, "finds nothing" in found.words) == ("altered", True)
    path.write_text(text_of(LOG).replace(QUOTE, "heartbeat to db-1:5432 refused!"))
    assert "finds 1 of them now" in now(path, absence).words


def test_what_has_no_place_any_more_is_gone(path: Path, quote: Evidence, absence: Absence) -> None:
    """A log that was cut before the citation, deleted, or that has become a directory makes it gone; nothing raises."""
    os.truncate(path, 200)
    for cited in (quote, absence):
        assert (now(path, cited).outcome, now(path, cited).readable) == ("gone", True)
    path.unlink()
    for cited in (quote, absence):
        assert (now(path, cited).outcome, now(path, cited).readable) == ("gone", False)
    path.mkdir()
    assert now(path, quote).outcome == "gone"


def test_what_was_never_found_is_unfounded(path: Path, absence: Absence) -> None:
    """A quote that code never found, and an absence that was never verified, are not counted as lost."""
    assert now(path, Evidence("the operator slept", "app.log", 12)).outcome == "unfounded"
    assert now(path, replace(absence, verified=False)).outcome == "unfounded"


def test_a_report_that_was_changed_is_found_out(path: Path, quote: Evidence, absence: Absence) -> None:
    """A quote with another word, other lines or bytes, and an absence with another pattern don't pass for unchanged."""
    assert now(path, replace(quote, quote=QUOTE.replace("refused", "accepted"))).outcome == "altered"
    assert now(path, replace(quote, line=12)).outcome == "moved"
    assert now(path, replace(quote, byte_start=0, byte_end=20)).outcome == "moved"
    assert now(path, replace(quote, byte_start=0, byte_end=10**15)).outcome == "moved"
    found = now(path, replace(absence, pattern="request"))
    assert (found.outcome, "98 match, the first is line 101" in found.words) == ("altered", True)
    assert now(path, replace(absence, sha256="0" * 64)).outcome == "altered"
    found = now(path, replace(absence, pattern="|".join(f".{{0,100}}x{number}" for number in range(100))))
    assert (found.outcome, "too large to be searched for" in found.words) == ("gone", True)


@pytest.mark.parametrize("way_out", ["../secret.log", "{absolute}", "link.log", "sub/../../secret.log", "a\0b", ""])
def test_nothing_outside_is_read(way_out: str, tmp_path: Path, absence: Absence) -> None:
    """A report that names a file elsewhere learns nothing of it, nor of what lies beside it."""
    inside = tmp_path / "incident"
    inside.mkdir()
    secret = tmp_path / "secret.log"
    for each in (secret, tmp_path / "secret.log.1"):
        each.write_text("the password is tomato\n")
    (inside / "link.log").symlink_to(secret)
    (inside / "link.log.1").symlink_to(secret)
    file = way_out.format(absolute=secret)
    cited = Evidence("the password is tomato", file, 1, 0, 22, verified=True)
    for each in (cited, replace(absence, file=file)):
        found = now(inside / "app.log", each)
        assert (found.outcome, found.readable) == ("gone", False)


def test_white_space_and_colours_do_not_matter(path: Path) -> None:
    """The lines that are cited are the same as a quote of them that lost its colours, and other than a changed word."""
    path.write_text("\x1b[31mERROR\x1b[0m   connection\tto db-1:5432 refused\n")
    with ld.open_log(path) as log:
        lines = log.lines(1, 1)
    assert same(lines, "ERROR connection to db-1:5432 refused")
    assert same(lines, "ERROR connection [...] refused")
    assert not same(lines, "ERROR connection to db-1:5432 accepted")


def test_large_rotated_files_are_left_out_where_asked(path: Path, quote: Evidence) -> None:
    """With a bound on their size, a rotated file beyond it is not looked through."""
    path.rename(path.with_name("app.log.1"))
    with Files(str(path.parent)) as files:
        assert find_quote(quote, files, most_bytes=100).outcome == "gone"
        assert find_quote(quote, files, most_bytes=1 << 20).outcome == "rotated"
