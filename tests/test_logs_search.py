"""Search against grep, and what it refuses."""

from __future__ import annotations

import gzip
import os
import random
import re
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from logdebug.errors import PatternError
from logdebug.logs import counting, open_log, parallel, ring, ripgrep
from logdebug.logs import search as engine
from logdebug.logs.patterns import compiled_small

if TYPE_CHECKING:
    from pathlib import Path

PATTERNS = ["ERROR", "^2026", "[0-9]{3} ms$", "(timeout|refused)", "^$", "nothing has this", "x*", r"\bdb-[0-9]\b", "."]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a log of some blocks, with empty lines and an unterminated end."""
    chance = random.Random(5)
    words = ["ERROR", "INFO", "timeout", "refused", "db-1", "db-22", "order", "ok"]
    lines = [
        f"2026-11-22 {' '.join(chance.choices(words, k=8))} in {chance.randint(1, 999)} ms"
        if chance.random() > 0.02
        else ""
        for _ in range(60_000)
    ]
    path = tmp_path_factory.mktemp("search") / "app.log"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_lines_found_are_those_of_grep(path: Path, pattern: str) -> None:
    """Numbers and total of the matching lines are those of `grep -nE`."""
    grep = subprocess.run(["grep", "-nE", pattern, path], capture_output=True, text=True, check=False)
    numbers = [int(line.split(":", 1)[0]) for line in grep.stdout.splitlines()]
    with open_log(path) as log:
        result = log.search(pattern, limit=200)
    assert result.total == len(numbers)
    assert [match.line.number for match in result.matches] == numbers[:200]


@pytest.mark.parametrize("name", ["app.log", "app.log.gz"])
def test_all_cores_find_the_lines_of_grep(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Where ripgrep can't be had, several processes find in a large log, packed or not, what grep finds."""
    text = path.read_bytes().replace(b"\n", b"\r\n", 1000)
    log_file = tmp_path / name
    log_file.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    monkeypatch.setattr(ripgrep, "_program", lambda: None)
    monkeypatch.setattr(parallel, "_PARALLEL_BYTES", 1 << 10)
    monkeypatch.setattr(parallel, "_PART_BYTES", 1 << 18)
    asked: list[str] = []
    answers = parallel.answers_in_parallel

    def noting(source: Any, task: str, argument: Any, start: int) -> Any:
        asked.append(argument[0])
        return answers(source, task, argument, start)

    monkeypatch.setattr(counting, "answers_in_parallel", noting)
    lines = text.split(b"\n")
    patterns = [("ERROR|refused", False), ("[0-9]{3} ms\r?$", False), ("timeout", True), ("nothing has this", False)]
    with open_log(log_file) as log:
        for pattern, ignore_case in patterns:
            flags = re.IGNORECASE if ignore_case else 0
            numbers = [n for n, line in enumerate(lines, 1) if re.search(pattern.encode(), line, flags) and n >= 500]
            result = log.search(pattern, limit=300, first_line=500, ignore_case=ignore_case)
            assert result.total == len(numbers)
            assert [match.line.number for match in result.matches] == numbers[:300]
        assert log.search("ERROR", first_line=len(lines) + 1).total == 0
    assert asked == [pattern for pattern, _ in patterns]


def test_all_cores_find_what_is_in_a_rotated_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A set whose files were cut in mid-line is searched by several processes, to its unterminated end."""
    path = tmp_path / "app.log"
    path.with_name("app.log.1").write_bytes(b"one ERROR\ntwo\n" * 5_000 + b"cut ERROR")
    path.write_bytes(b"three\n" * 5_000 + b"last ERROR")
    monkeypatch.setattr(ripgrep, "_program", lambda: None)
    monkeypatch.setattr(parallel, "_PARALLEL_BYTES", 1 << 10)
    monkeypatch.setattr(ring, "_PART_BYTES", 1 << 12)
    answered: list[int] = []
    answers = parallel.answers_in_parallel

    def noting(*arguments: Any) -> Any:
        for answer in answers(*arguments):
            answered.append(answer.worker)
            yield answer

    monkeypatch.setattr(counting, "answers_in_parallel", noting)
    with open_log(path, rotated=True) as log:
        result = log.search("(last|cut) ERROR$")
        assert [match.line.number for match in result.matches] == [10_001, 15_002]
        assert log.search("ERROR").total == 5_002
    assert len(set(answered)) > 1


def test_context_and_range_are_kept(path: Path) -> None:
    """Matches come from the range only; the context around them is whole, and clipped at the log's ends."""
    with open_log(path) as log:
        result = log.search(".", context=2, limit=3, first_line=50_000, last_line=50_001)
        assert [match.line.number for match in result.matches] == [50_000, 50_001]
        assert [line.number for line in result.matches[0].before] == [49_998, 49_999]
        assert [line.number for line in result.matches[1].after] == [50_002, 50_003]
        assert log.search("2026", context=5, limit=1).matches[0].before == ()


def test_a_count_alone_begins_at_its_first_line(path: Path) -> None:
    """With no match asked for, the lines from the first one on are counted, and none before it or beyond the end."""
    lines = path.read_text().split("\n")
    with open_log(path) as log:
        for first in (1, 2, 31_007, 60_000, 60_001):
            told = log.search("ERROR", limit=0, first_line=first)
            assert (told.total, told.matches) == (sum("ERROR" in line for line in lines[first - 1 :]), ())


def test_case_is_ignored_on_demand(path: Path) -> None:
    """`ignore_case` finds what the exact pattern doesn't."""
    with open_log(path) as log:
        assert log.search("error").total == 0
        assert log.search("error", ignore_case=True).total == log.search("ERROR").total > 0


def test_ends_of_lines_are_those_of_crlf_too(tmp_path: Path) -> None:
    """`$` matches before CRLF."""
    path = tmp_path / "app.log"
    path.write_bytes(b"one\r\ntwo\r\n")
    with open_log(path) as log:
        assert [match.line.text for match in log.search("o$").matches] == ["two"]


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=x)", "(?<!x)y", "(", "*", "[z-a]"])
def test_what_the_engine_lacks_gets_a_clear_error(path: Path, pattern: str) -> None:
    """Back references, look-around and syntax errors raise a PatternError that gives the pattern and the remedy."""
    with open_log(path) as log, pytest.raises(PatternError, match="RE2") as caught:
        log.search(pattern)
    assert caught.value.pattern == pattern


@pytest.mark.parametrize("pattern", ["|".join(f".{{0,100}}x{number}" for number in range(100)), r"\pL{300}"])
def test_a_strangers_pattern_is_refused_where_it_is_too_large(pattern: str) -> None:
    """What is searched for at some kB a second is refused with the remedy; what people search for is far from it."""
    with pytest.raises(PatternError, match=r"steps, 10,000 at the most.*`\.\*`"):
        compiled_small(pattern, ignore_case=True)
    for usual in (
        r"timeout|refused.*\w{1,60}",
        r"ERROR.{0,200}user=\S{1,200}",
        "|".join(["0123456789abcdef" * 2] * 60),
    ):
        assert compiled_small(usual, ignore_case=True).programsize < 5_000


def test_a_hostile_pattern_takes_linear_time(tmp_path: Path) -> None:
    """A pattern that hangs a backtracking engine is done in a moment."""
    path = tmp_path / "app.log"
    path.write_bytes(b"a" * 100_000 + b"\n")
    began = time.process_time()
    with open_log(path) as log:
        assert log.search("(a+)+$b", limit=1).total == 0
        assert log.search("(x+x+)+y").total == 0
    assert time.process_time() - began < 2


@pytest.mark.parametrize(("kept_lines", "limit"), [(0, 10), (4, 10), (4, 2), (0, 200)])
def test_what_is_cut_off_meanwhile_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept_lines: int, limit: int
) -> None:
    """Where a log is cut between the search and the look at its lines, no match is told of that nobody can read."""
    line = b"2026-11-22 08:00:00 ERROR request failed\n"
    path = tmp_path / "app.log"
    path.write_bytes(line * 100)
    found_to_end = engine._found_to_end

    def cut(*args: Any, **options: Any) -> tuple[list[int], int]:
        found = found_to_end(*args, **options)
        os.truncate(path, kept_lines * len(line))
        return found

    monkeypatch.setattr(engine, "_found_to_end", cut)
    with open_log(path) as log:
        found = log.search("failed", limit=limit)
    shown = min(kept_lines, limit)
    assert [match.line.number for match in found.matches] == list(range(1, shown + 1))
    assert found.total == (100 if shown == limit else shown)
