"""A log and its rotated predecessors are one log: oldest first, every line cited by its file."""

from __future__ import annotations

import bz2
import gzip
import os
import random
from pathlib import Path

import pytest

from logdebug.errors import LogError
from logdebug.logs import open_log, parallel
from logdebug.logs.joined import SetLine
from logdebug.logs.rotated import rotated_paths


def days(count: int) -> list[str]:
    """Give the text of so many days' logs, the oldest first."""
    return [
        "".join(f"2026-11-{day:02} 08:00:{second:02} INFO day {day} order {second}\n" for second in range(20))
        for day in range(1, count + 1)
    ]


def write_logrotate(directory: Path) -> Path:
    """Write what logrotate leaves with `delaycompress`, and files that are none of its."""
    texts = days(12)
    for age, text in enumerate(reversed(texts)):
        name = "app.log" if not age else f"app.log.{age}" + ("" if age == 1 else ".gz")
        (directory / name).write_bytes(text.encode() if age < 2 else gzip.compress(text.encode()))
    for name in ("app.log.lock", "app.log.bak", "app.logs", "other.log.1", "app.log.1.swp", "myapp.log.2"):
        (directory / name).write_text("nothing of it\n")
    return directory / "app.log"


SETS = {
    "logrotate": ["app.log.10.gz", "app.log.9.gz", "app.log.2.gz", "app.log.1", "app.log"],
    "dateext": ["app.log-20261116.gz", "app.log-20261117.xz", "app.log-20261118", "app.log"],
    "dateext with hours": ["app.log-2026111801.gz", "app.log-2026111814", "app.log"],
    "python": ["app.log.2026-11-16", "app.log.2026-11-17", "app.log"],
    "python with times": ["app.log.2026-11-17_09-00", "app.log.2026-11-17_10-00", "app.log"],
    "logback": ["app-2026-11-17.0.log.gz", "app-2026-11-17.1.log.gz", "app-2026-11-18.0.log", "app.log"],
    "number before the extension": ["app.2.log.gz", "app.1.log", "app.log"],
    "pm2": ["app-2.log", "app-1.log", "app.log"],
    "no extension": ["syslog.2.gz", "syslog.1", "syslog"],
    "extension kept": ["app-20261117.log", "app-20261118.log", "app.log"],
}


@pytest.mark.parametrize("names", SETS.values(), ids=SETS)
def test_every_scheme_of_names_is_known(tmp_path: Path, names: list[str]) -> None:
    """The files of a set are found and ordered whatever rotated them."""
    for name in sorted(names):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in rotated_paths(tmp_path / names[-1])] == names


def test_a_set_is_read_as_one_log(tmp_path: Path) -> None:
    """Lines of twelve days, plain and compressed, come oldest first, numbered through, each with its file."""
    with open_log(write_logrotate(tmp_path), rotated=True) as log:
        lines = log.lines(1, 1000)
        assert [line.text for line in lines] == "".join(days(12)).split("\n")[:-1]
        assert [line.number for line in lines] == list(range(1, 241))
        assert log.line_count == 240
        assert log.size_bytes == len("".join(days(12)))
        first, second = lines[0], lines[-21]
        assert isinstance(first, SetLine)
        assert (Path(first.file).name, first.file_line) == ("app.log.11.gz", 1)
        assert isinstance(second, SetLine)
        assert (Path(second.file).name, second.file_line) == ("app.log.1", 20)
        assert [(Path(part.name).name, part.first_line, part.last_line) for part in log.parts][-2:] == [
            ("app.log.1", 201, 220),
            ("app.log", 221, 240),
        ]
        assert log.place(221) == (str(tmp_path / "app.log"), 1)


def test_a_set_is_read_in_any_order(tmp_path: Path) -> None:
    """Lines from anywhere are those of the files, whatever was read before."""
    path = write_logrotate(tmp_path)
    whole = "".join(days(12)).split("\n")[:-1]
    chance = random.Random(2)
    for _ in range(8):
        with open_log(path, rotated=True) as log:
            for _ in range(20):
                first = chance.randint(1, 245)
                last = first + chance.randint(0, 60)
                assert [line.text for line in log.lines(first, last)] == whole[first - 1 : last]
                byte = chance.randrange(len("".join(days(12))))
                assert log.line_at(byte) == "".join(days(12))[:byte].count("\n") + 1


def test_a_set_is_searched_and_told_of_as_one(tmp_path: Path) -> None:
    """Search, records, frames and overview are of all files; what they show can be cited by file."""
    path = write_logrotate(tmp_path)
    with path.open("a") as file:
        file.write("2026-11-12 09:00:00 ERROR [io] write failed: No space left on device\n\tat a.B.c(B.java:1)\n")
    with open_log(path, rotated=True) as log:
        found = log.search("order 7$", context=1)
        assert found.total == 12
        assert [Path(log.place(match.line.number)[0]).name for match in found.matches][:2] == [
            "app.log.11.gz",
            "app.log.10.gz",
        ]
        assert log.search("order", since="2026-11-12").total == 20
        assert len(list(log.records())) == 241
        frame = log.to_df()
        assert list(frame.columns[:3]) == ["file", "file_line", "first_line"]
        assert (Path(frame["file"].iloc[-1]).name, frame["file_line"].iloc[-1]) == ("app.log", 21)
        overview = log.overview()
        assert overview.facts.line_count == 242
        assert overview.signature_hits[0].first_line == 241
        assert "app.log.11.gz L1-L20" in overview.text
        assert "app.log L221-L242" in overview.text


def test_a_set_of_large_files_is_told_by_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A set whose large files are told by one process a core has the templates, lines and times that one finds."""
    texts = [
        "".join(f"2026-11-{day} 08:{n // 60 % 60:02}:{n % 60:02} INFO order {n} stored\n" for n in range(40_000))
        + f"2026-11-{day} 09:00:00 ERROR disk {day} is full"
        for day in (18, 19, 20)
    ]
    path = tmp_path / "app.log"
    with gzip.open(tmp_path / "app.log.2.gz", "wt") as packed:
        packed.write(texts[0])
    path.with_name("app.log.1").write_text(texts[1])
    path.write_text(texts[2] + "\n2026-11-20 09:00:01 FATAL gone\n")
    told = []
    for threshold in (1 << 40, 1 << 20):
        monkeypatch.setattr(parallel, "_PARALLEL_BYTES", threshold)
        with open_log(path, rotated=True) as log:
            facts = log.overview().facts
            told.append(
                (set(log.mined), facts.line_count, facts.first_time, facts.last_time, log.lines(79_999, 80_004))
            )
            assert log.lines(40_001, 40_001)[0].text == "2026-11-18 09:00:00 ERROR disk 18 is full"
    assert told[0] == told[1]


def test_a_line_is_never_of_two_files(tmp_path: Path) -> None:
    """A file that was cut in mid-line ends its line; an empty one has none."""
    (tmp_path / "app.log.3").write_bytes(b"one\ntw")
    (tmp_path / "app.log.2").write_bytes(b"")
    (tmp_path / "app.log.1.bz2").write_bytes(bz2.compress(b"three"))
    (tmp_path / "app.log").write_bytes(b"\nfour\nfi")
    with open_log(tmp_path / "app.log", rotated=True) as log:
        assert [line.text for line in log.lines(1, 99)] == ["one", "tw", "three", "", "four", "fi"]
        assert b"".join(block for _, block in log.blocks()) == b"one\ntw\nthree\n\nfour\nfi"
        assert [(Path(file).name, line) for file, line in map(log.place, range(1, 7))] == [
            ("app.log.3", 1),
            ("app.log.3", 2),
            ("app.log.1.bz2", 1),
            ("app.log", 1),
            ("app.log", 2),
            ("app.log", 3),
        ]
        assert log.line_count == 6
        assert log.search("^f").total == 2


def test_times_tell_the_order_where_numbers_count_up(tmp_path: Path) -> None:
    """log4j gives the newest file the highest number: what the files begin with tells."""
    old, middle, new = days(3)
    (tmp_path / "app-1.log").write_text(old)
    (tmp_path / "app-2.log").write_text(middle)
    (tmp_path / "app.log").write_text(new)
    with open_log(tmp_path / "app.log", rotated=True) as log:
        assert "".join(f"{line.text}\n" for line in log.lines(1, 60)) == old + middle + new


def test_a_file_that_is_there_twice_is_read_once(tmp_path: Path) -> None:
    """A file under two names, and one beside its compressed copy, count once."""
    (tmp_path / "app.log").write_text("two\n")
    os.link(tmp_path / "app.log", tmp_path / "app.log.1")
    (tmp_path / "app.log.2").write_text("one\n")
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(b"one\n"))
    with open_log(tmp_path / "app.log", rotated=True) as log:
        assert [line.text for line in log.lines(1, 9)] == ["one", "two"]


def test_a_log_without_predecessors_is_a_set_of_one(tmp_path: Path) -> None:
    """A lone file is read as it is; the written one may be missing; no file at all is a LogError."""
    (tmp_path / "app.log").write_text("one\n")
    with open_log(tmp_path / "app.log", rotated=True) as log:
        assert log[1].text == "one"
        assert "Nothing is left out." in log.overview().text
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    with open_log(tmp_path / "app.log", rotated=True) as log:
        assert log.line_count == 1
    with pytest.raises(LogError, match=r"no file .*other\.log"):
        open_log(tmp_path / "other.log", rotated=True)


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    """What is left of a damaged file is read, and the damage is told with its name."""
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(random.Random(1).randbytes(9000))[:5000])
    (tmp_path / "app.log").write_text("two\n")
    with open_log(tmp_path / "app.log", rotated=True) as log:
        assert log.lines(log.line_count, log.line_count)[0].text == "two"
        assert "app.log.1.gz: the gzip data" in log.damage
