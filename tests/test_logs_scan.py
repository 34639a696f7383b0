"""One pass over a log: counts, places, times, and the same result by one process and by several."""

from __future__ import annotations

import gzip
import lzma
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from logdebug.errors import LogInterrupted
from logdebug.logs import open_log, parallel, ring
from logdebug.logs.source import Source
from logdebug.logs.workers import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_log(path: Path, lines: int, seed: int = 1) -> None:
    """Write a log of orders with a failure in its last tenth."""
    chance = random.Random(seed)
    with path.open("w") as file:
        for number in range(lines):
            stamp = f"2026-11-22 {8 + number * 4 // lines:02}:{number % 3600 // 60:02}:{number % 60:02}"
            if number > lines * 0.9 and chance.random() < 0.2:
                file.write(
                    f"{stamp} ERROR pool-{chance.randint(1, 9)} connection to 10.0.0.{chance.randint(1, 99)} refused\n"
                )
            else:
                word = chance.choice(["stored", "queued", "shipped"])
                file.write(f"{stamp} INFO order {chance.getrandbits(30)} {word} for {chance.getrandbits(64):016x}\n")


def test_counts_and_places_are_those_of_the_lines(tmp_path: Path) -> None:
    """Each template's count, first and last line are those of the lines that it stands for."""
    path = tmp_path / "app.log"
    write_log(path, 20_000)
    expected: dict[str, list[int]] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split()
        expected.setdefault(words[5] if words[2] == "INFO" else words[2], []).append(number)
    with open_log(path) as log:
        templates = log.overview().templates
    counted: Counter[str] = Counter()
    for template in templates:
        words = template.example.split()
        kind = words[5] if words[2] == "INFO" else words[2]
        counted[kind] += template.count
        assert template.first_line in expected[kind]
        assert template.last_line in expected[kind]
    assert counted == {kind: len(numbers) for kind, numbers in expected.items()}
    assert len(templates) < 12


@pytest.mark.parametrize("packing", ["plain", "gzip", "xz", "wide"])
def test_several_processes_tell_the_same_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str) -> None:
    """A log told by several processes has the templates, counts, lines and times that one process finds."""
    path = tmp_path / "app.log"
    write_log(path, 60_000)
    path.write_bytes(PACKINGS[packing](path.read_bytes()))
    monkeypatch.setattr(parallel, "_PARALLEL_BYTES", 1 << 40)
    with open_log(path) as log:
        alone = log.overview()
        lines = log.lines(50_000, 50_010)
    started = _count_starts(monkeypatch)
    monkeypatch.setattr(parallel, "_PARALLEL_BYTES", 1 << 20)
    monkeypatch.setattr(parallel, "_PART_BYTES", 1 << 18)
    monkeypatch.setattr(parallel, "_ALONE_PARTS", 1)
    monkeypatch.setattr(ring, "_PART_BYTES", 1 << 18)
    with open_log(path) as log:
        together = log.overview()
        assert log.lines(50_000, 50_010) == lines
    assert started
    # Silences are looked for between stretches, which are other ones.
    assert replace(together.facts, silences=()) == replace(alone.facts, silences=())
    assert [finding.template for finding in together.findings] == [finding.template for finding in alone.findings]
    assert set(together.templates) == set(alone.templates)


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "xz": lambda text: lzma.compress(text, preset=0),
    "wide": lambda text: text.decode().encode("utf-16"),
}


def _count_starts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give a list that has an entry for each process that is started from now on."""
    started: list[int] = []

    class Counted(Worker):
        def __init__(self, descriptor: int, task: str, argument: Any) -> None:
            started.append(descriptor)
            super().__init__(descriptor, task, argument)

    monkeypatch.setattr(parallel, "Worker", Counted)
    return started


@pytest.mark.parametrize("packing", ["plain", "gzip"])
def test_a_line_longer_than_a_part_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str) -> None:
    """Lines of several MB are counted once, by one process and by several."""
    path = tmp_path / "app.log"
    text = b"".join(b"%d short\n" % number + b"x" * 3_000_000 + b"\n" for number in range(6))
    path.write_bytes(PACKINGS[packing](text))
    for threshold in (1 << 40, 100 << 10):
        monkeypatch.setattr(parallel, "_PARALLEL_BYTES", threshold)
        monkeypatch.setattr(parallel, "_PART_BYTES", 1 << 20)
        monkeypatch.setattr(parallel, "_ALONE_PARTS", 1)
        with open_log(path) as log:
            overview = log.overview()
            assert overview.facts.line_count == log.line_count == 12
            assert sum(template.count for template in overview.templates) == 12
            assert log.lines(11, 11)[0].text == "5 short"


def test_a_packed_log_of_what_looks_packed_is_told_by_several_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compressed log whose text begins like a compressed file is told as the text that it is."""
    path = tmp_path / "app.log.gz"
    path.write_bytes(gzip.compress(b"\x1f\x8b\x08 is how gzip begins\n" * 50_000))
    started = _count_starts(monkeypatch)
    monkeypatch.setattr(parallel, "_PARALLEL_BYTES", 1 << 10)
    monkeypatch.setattr(ring, "_PART_BYTES", 1 << 18)
    with open_log(path) as log:
        (template,) = log.overview().templates
    assert template.count == 50_000
    assert started


def test_without_processes_the_log_is_told_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no interpreter can be started, or it dies, the overview is made without."""
    path = tmp_path / "app.log"
    write_log(path, 30_000)
    packed = tmp_path / "packed.log.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    monkeypatch.setattr(parallel, "_PARALLEL_BYTES", 1 << 20)
    monkeypatch.setattr(parallel, "_PART_BYTES", 1 << 18)
    for executable in ("", "/bin/false", "/nonexistent/python"):
        monkeypatch.setattr("sys.executable", executable)
        for log_file in (path, packed):
            with open_log(log_file) as log:
                assert log.overview().facts.line_count == 30_000
    monkeypatch.undo()
    monkeypatch.setattr(parallel, "_PARALLEL_BYTES", 1 << 20)
    monkeypatch.delattr("os.memfd_create")
    with open_log(packed) as log:
        assert log.overview().facts.line_count == 30_000


def test_a_thread_leaves_a_log_to_the_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside other threads a log is told by one process more, and the same is told of it."""
    path = tmp_path / "app.log"
    write_log(path, 60_000)
    monkeypatch.setattr(parallel, "_PARALLEL_BYTES", 1 << 20)
    monkeypatch.setattr(parallel, "_PART_BYTES", 1 << 18)
    started = _count_starts(monkeypatch)
    with open_log(path) as log, open_log(path) as other:
        here, alone = log.overview(), len(started)
        with ThreadPoolExecutor(1) as pool:
            there = pool.submit(other.overview).result()
    assert len(started) == 2 * alone + 1
    assert replace(there.facts, silences=()) == replace(here.facts, silences=())
    assert set(there.templates) == set(here.templates)


def test_stop_ends_the_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass by several processes that is stopped raises LogInterrupted, and can be had again."""
    path = tmp_path / "app.log"
    write_log(path, 60_000)
    monkeypatch.setattr(parallel, "_PARALLEL_BYTES", 1 << 20)
    monkeypatch.setattr(parallel, "_PART_BYTES", 1 << 18)
    start = Source.line_start

    def stopping(source: Source, byte: int) -> int:
        if byte > 1 << 20:
            source.stop()
        return start(source, byte)

    with open_log(path) as log:
        with monkeypatch.context() as patch:
            patch.setattr(Source, "line_start", stopping)
            with pytest.raises(LogInterrupted):
                log.overview()
        assert log.overview().facts.line_count == 60_000


def test_times_are_those_of_the_ends(tmp_path: Path) -> None:
    """The span of a log goes from its first time to its last."""
    path = tmp_path / "app.log"
    path.write_text("banner\n2026-11-22 08:00:00 INFO a\n2026-11-22 09:30:00 ERROR b\n  detail\n")
    with open_log(path) as log:
        facts = log.overview().facts
    assert facts.first_time is not None
    assert facts.last_time is not None
    assert (facts.last_time - facts.first_time).total_seconds() == 5400


def test_names_are_variables_in_the_pattern(tmp_path: Path) -> None:
    """Lines that differ in a name only are one template, whose pattern shows the name as a variable."""
    chance = random.Random(4)
    names = ["".join(chance.choices("abcdefghijklmnop", k=7)) for _ in range(200)]
    path = tmp_path / "app.log"
    path.write_text("".join(f"2026-11-22 08:00:00 INFO user {name} logged in\n" for name in names))
    with open_log(path) as log:
        (template,) = log.mined
    assert (template.pattern, template.count) == ("user <*> logged in", 200)
