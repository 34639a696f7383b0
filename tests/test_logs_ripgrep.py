"""Where ripgrep is installed, a search by it finds what the engine at hand finds, and nothing else."""

from __future__ import annotations

import random
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from logdebug.logs import open_log, ripgrep, search
from logdebug.logs.patterns import compiled
from logdebug.logs.ripgrep import NoRipgrep, lines_by_ripgrep

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("rg") is None, reason="ripgrep isn't installed")

PATTERNS = [
    "ERROR",
    "error|FATAL",
    "^2026-11-22 08:0[0-4]",
    r"took \d{3} ms$",
    r"\bdb-1\b",
    "nothing has this",
    r"(?:GET|PUT) /\w+/[0-9a-f]{4}\b.*ms",
    "order.+?failed",
    r"[^a-z ]{5}",
    "(?i)get|warn",
    r"\[http-1\]",
]


@pytest.fixture(autouse=True)
def large_is_from_1_mb(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have ripgrep asked about logs of 1 MB already."""
    monkeypatch.setattr(ripgrep, "_LEAST_BYTES", 1 << 20)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a log of some MB, which counts as a large one."""
    chance = random.Random(4)
    words = ["ERROR", "INFO", "error", "GET /a/12ef", "order 7 failed", "db-1", "db-12", "[http-1]", "ok"]
    path = tmp_path_factory.mktemp("ripgrep") / "app.log"
    path.write_text(
        "\n".join(
            f"2026-11-22 08:{number % 60:02}:00 {' '.join(chance.choices(words, k=6))} took {chance.randint(1, 999)} ms"
            for number in range(40_000)
        )
    )
    return path


@pytest.mark.parametrize("ignore_case", [False, True])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_both_engines_find_the_same(path: Path, pattern: str, ignore_case: bool) -> None:
    """The lines are the same, number by number, whether they match once or often."""
    regex = compiled(pattern, ignore_case=ignore_case)
    with open_log(path) as log:
        by_rg = list(lines_by_ripgrep(log.source, pattern, ignore_case=ignore_case))
        assert by_rg == list(search._matching(log.source, log._index, regex, 1, None))
        assert log.search(pattern, ignore_case=ignore_case).total == len(by_rg)


@pytest.mark.parametrize(
    "pattern", [r"a\<b", "[a&&b]", "[[:alpha:]]", "[x--y]", "größe", r"\pL", "a{", r"\Qa\E", r"\x41", "[[a]]"]
)
def test_what_may_mean_two_things_is_not_given_to_it(path: Path, pattern: str) -> None:
    """Patterns whose meaning differs between the engines are left to the one at hand."""
    with open_log(path) as log, pytest.raises(NoRipgrep):
        next(lines_by_ripgrep(log.source, pattern, ignore_case=False))


def test_looking_through_a_pattern_takes_no_time(path: Path) -> None:
    """A pattern of thousands of operators is refused or taken at once."""
    began = time.process_time()
    with open_log(path) as log:
        for pattern in ("a?" * 900 + "{", "(?:a" * 500 + "[", "(a" * 900 + "\\", "[a" * 900):
            with pytest.raises(NoRipgrep):
                next(lines_by_ripgrep(log.source, pattern, ignore_case=False))
    assert time.process_time() - began < 1


def test_lines_written_after_opening_are_not_found(path: Path, tmp_path: Path) -> None:
    """A log that grows is searched to where it ended when it was opened."""
    growing = tmp_path / "app.log"
    shutil.copy(path, growing)
    with open_log(growing) as log:
        before = log.search("ok").total
        with growing.open("a") as file:
            file.write("\nok\nok\n")
        assert list(lines_by_ripgrep(log.source, "ok", ignore_case=False))[-1] <= 40_000
        assert log.search("ok").total == before


@pytest.mark.parametrize("data", [b"x" * 3_000_000 + b"\n", "größe\n".encode() * 300_000, b"a\r\n" * 800_000])
def test_logs_that_it_may_read_otherwise_are_not_given_to_it(tmp_path: Path, data: bytes) -> None:
    """Endless lines, letters beyond ASCII and carriage returns are left to the engine at hand."""
    path = tmp_path / "app.log"
    path.write_bytes(data)
    with open_log(path) as log, pytest.raises(NoRipgrep):
        next(lines_by_ripgrep(log.source, "a", ignore_case=False))


def test_where_it_fails_the_search_goes_on_without_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that breaks off leaves no gap and no double."""
    with open_log(path) as log:
        whole = log.search("ERROR", limit=500)
        broken = path.parent / "rg"
        broken.write_text("#!/bin/sh\nprintf '%s:1:\\n' " + str(whole.matches[0].line.number) + "\nexit 2\n")
        broken.chmod(0o700)
        monkeypatch.setattr(ripgrep, "_program", lambda: str(broken))
        assert log.search("ERROR", limit=500) == whole
