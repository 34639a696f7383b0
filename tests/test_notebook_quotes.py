"""A quote's mark says where it is now, in the incident's own files and no others."""

from __future__ import annotations

import gzip
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import logdebug as ld
from logdebug.errors import LogError, WorkspaceError
from logdebug.notebook import quotes
from logdebug.notebook.quotes import check_quotes, read_passage
from logdebug.records import Diagnosis, Evidence

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import WriteCase

LOG = [
    f"2026-11-18 09:00:{number:02} INFO request {number} {'answered' if number < 30 else 'waits'}"
    for number in range(60)
]
LOG[30] = "2026-11-18 09:00:30 ERROR connection to db-1:5432 refused"
LOG[31] = "    at pool.connect(pool.py:88)"
QUOTE = "connection to db-1:5432 refused"


def diagnosed(case_dir: WriteCase) -> Diagnosis:
    """Diagnose the log by rules, with its hash and byte spans; its first quote is the refused connection."""
    [made] = ld.investigate_sync([case_dir(LOG)], model="offline", progress=False)
    assert (made.evidence[0].line, made.evidence[0].verified) == (31, True)
    return made


@pytest.fixture
def diagnosis(case_dir: WriteCase) -> Diagnosis:
    """Give a diagnosis of a log that is as it was."""
    return diagnosed(case_dir)


def log_of(diagnosis: Diagnosis, name: str = "app.log") -> Path:
    """Give the path of a file of the incident."""
    from pathlib import Path

    return Path(diagnosis.working_dir) / name


def with_quotes(diagnosis: Diagnosis, *evidence: Evidence) -> Diagnosis:
    """Let a diagnosis rest on other quotes."""
    return replace(diagnosis, evidence=evidence)


def test_an_unchanged_log_has_its_quotes_where_they_were(diagnosis: Diagnosis) -> None:
    """Each quote is verified at its line; one that was never there is not found, and said to be nowhere."""
    made = with_quotes(diagnosis, diagnosis.evidence[0], Evidence("the operator slept", "app.log", 12))
    found, missing = check_quotes(made)
    assert (found.mark, found.file, found.line, found.last_line) == ("verified", "app.log", 31, 31)
    assert (missing.mark, missing.line) == ("not found", None)
    assert "nothing shows that the log ever said this" in missing.words


def test_a_quote_of_several_lines_has_its_last_line(diagnosis: Diagnosis) -> None:
    """A quote over two lines stands on both."""
    [check] = check_quotes(with_quotes(diagnosis, Evidence(f"{QUOTE}\n{LOG[31]}", "app.log", 31, verified=True)))
    assert (check.mark, check.line, check.last_line) == ("verified", 31, 32)


def test_a_quote_that_moved_is_found_where_it_is(diagnosis: Diagnosis) -> None:
    """Lines that were put before it move a quote; the words say from where to where."""
    log_of(diagnosis).write_text("".join(f"{line}\n" for line in [*["new"] * 40, *LOG]))
    check = check_quotes(diagnosis)[0]
    assert (check.mark, check.line) == ("moved", 71)
    assert "line 31" in check.words
    assert "line 71" in check.words


def test_a_quote_that_is_gone_is_not_found(diagnosis: Diagnosis) -> None:
    """What was verified then and isn't there now is marked so, and the words say that it was."""
    log_of(diagnosis).write_text("2026-11-19 00:00:00 INFO started\n")
    check = check_quotes(diagnosis)[0]
    assert (check.mark, check.line) == ("not found", None)
    assert "was at line 31 when this was diagnosed" in check.words


@pytest.mark.parametrize("name", ["app.log.1", "app.log-20261118.gz", "app-2026-11-18.log"])
def test_a_rotated_log_is_followed(name: str, diagnosis: Diagnosis) -> None:
    """A quote is found in the file that rotation made of the log, compressed or not, and can be opened there."""
    text = log_of(diagnosis).read_bytes()
    log_of(diagnosis, name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    log_of(diagnosis).write_text("2026-11-19 00:00:00 INFO started\n")
    check = check_quotes(diagnosis)[0]
    assert (check.mark, check.file, check.line) == ("moved", name, 31)
    assert "rotated" in check.words
    passage = read_passage(diagnosis, check.file, 31)
    assert passage.lines[6].text == LOG[30]


def test_a_gone_file_is_said_to_be_gone(diagnosis: Diagnosis) -> None:
    """Without the log, or the whole directory, every quote says so, and nothing raises."""
    log_of(diagnosis).unlink()
    assert {check.mark for check in check_quotes(diagnosis)} == {"file gone"}
    log_of(diagnosis, ".").rmdir()
    assert {check.mark for check in check_quotes(diagnosis)} == {"file gone"}
    hostile = replace(diagnosis, working_dir="a\0b")
    assert {check.mark for check in check_quotes(hostile)} == {"file gone"}


@pytest.mark.parametrize("way_out", ["../secret.txt", "{absolute}", "link.txt"])
def test_nothing_outside_the_directory_is_read(way_out: str, diagnosis: Diagnosis, tmp_path: Path) -> None:
    """A report that names a file elsewhere gets neither a mark nor a line out of it."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the password is tomato\n")
    (log_of(diagnosis, "link.txt")).symlink_to(secret)
    file = way_out.format(absolute=secret)
    [check] = check_quotes(with_quotes(diagnosis, Evidence("the password is tomato", file, 1, verified=True)))
    assert check.mark == "file gone"
    with pytest.raises(WorkspaceError):
        read_passage(diagnosis, file, 1)


def test_a_large_file_is_looked_through_when_asked(diagnosis: Diagnosis, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is not searched while somebody waits, and its quotes keep the line that they had."""
    monkeypatch.setattr(quotes, "_AT_ONCE_BYTES", 100)
    check = check_quotes(diagnosis)[0]
    assert (check.mark, check.line) == ("not checked", 31)
    assert check_quotes(diagnosis, whatever_size=True)[0].mark == "verified"


def test_a_passage_has_the_lines_around(diagnosis: Diagnosis) -> None:
    """A passage is cut at the file's ends and says where they are."""
    middle = read_passage(diagnosis, "app.log", 31, 32, around_lines=3)
    assert [line.number for line in middle.lines] == list(range(28, 36))
    assert (middle.first, middle.last, middle.at_start, middle.at_end) == (31, 32, False, False)
    whole = read_passage(diagnosis, "app.log", 31, around_lines=500)
    assert (len(whole.lines), whole.at_start, whole.at_end) == (60, True, True)
    end = read_passage(diagnosis, "app.log", 57, around_lines=3)
    assert ([line.number for line in end.lines][-1], end.at_end) == (60, True)


def test_a_line_that_is_gone_is_said_to_be_gone(diagnosis: Diagnosis) -> None:
    """A log that became shorter has no such line, and the error says why."""
    os.truncate(log_of(diagnosis), 100)
    with pytest.raises(LogError, match=r"app\.log has no line 31 any more"):
        read_passage(diagnosis, "app.log", 31)


def test_a_passage_hides_secrets(case_dir: WriteCase) -> None:
    """The log around a quote is shown without its secrets, line by line as it is numbered."""
    lines = ["INFO start", "INFO connecting with password=Hunter22xyz!", "ERROR it failed"]
    [made] = ld.investigate_sync([case_dir(lines)], model="offline", progress=False)
    passage = read_passage(made, "app.log", 3)
    assert [line.number for line in passage.lines] == [1, 2, 3]
    assert [line.text for line in passage.lines][::2] == lines[::2]
    assert re.fullmatch(r"INFO connecting with password=‹secret:password:\d›", passage.lines[1].text)
