"""Every step is on disk when it is announced, in a directory that nobody else may read or share."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from logdebug.agent.messages import Message, ToolCall
from logdebug.agent.steps import Answered, Prompted, ToolUsed
from logdebug.errors import SessionError
from logdebug.records import Incident, Usage
from logdebug.run.sessions import RunDirectory, Session, read_trace

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = [
    Prompted((Message("system", "be careful"), Message("user", "hostile \x1b[2J \ud800 \u2028 \0 é"))),
    Answered(1, "", (ToolCall("c1", "search", '{"pattern": "\n"}'),), "tool_calls", Usage(1, 10, 5), ("no seed",)),
    ToolUsed(ToolCall("c1", "search", "{}"), "a\nb", seconds=0.5),
]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Each step is one line, on disk as soon as it is appended, with its time and all its fields."""
    run = RunDirectory(tmp_path / "sessions", {"model": "m"})
    with run.begin(0, "shop", {"incident": Incident(Path("/d"), "a.log", "shop")}) as session:
        for number, step in enumerate(STEPS, 1):
            session.append(step)
            assert len(list(read_trace(session.path))) == number
    read = list(read_trace(session.path))
    assert [each["step"] for each in read] == ["Prompted", "Answered", "ToolUsed"]
    assert read[0]["messages"][1]["text"] == STEPS[0].messages[1].text  # type: ignore[union-attr]
    assert read[1]["usage"]["input_tokens"] == 10
    assert read[2]["result"] == "a\nb"
    assert sorted(each["at"] for each in read) == [each["at"] for each in read]
    meta = json.loads((session.path / "meta.json").read_text())
    assert meta["incident"] == {"working_dir": "/d", "log_file": "a.log", "service": "shop"}
    assert meta["pid"] == os.getpid()
    assert json.loads((run.path / "run.json").read_text()) == {"run_id": run.run_id, "model": "m"}
    assert session.name == f"{run.run_id}/{session.path.name}"


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_sessions_are_private(tmp_path: Path, mask: int) -> None:
    """Directories are 0700 and files 0600, whatever the umask."""
    before = os.umask(mask)
    try:
        run = RunDirectory(tmp_path / "deep" / "sessions", {})
        with run.begin(0, "shop", {}) as session:
            session.append(STEPS[0])
        run.keep("{}")
    finally:
        os.umask(before)
    for path in [tmp_path / "deep" / "sessions", run.path, *run.path.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_runs_and_equal_services_never_share(tmp_path: Path) -> None:
    """A hundred runs of one second, and a hundred incidents of one service, each have a directory of their own."""
    runs = [RunDirectory(tmp_path, {}) for _ in range(100)]
    assert len({run.path for run in runs}) == 100
    names = set()
    for index in range(100):
        with runs[0].begin(index, "shop", {}) as session:
            session.append(STEPS[0])
            names.add(session.path)
    assert len(names) == 100
    with pytest.raises(SessionError):
        runs[0].begin(0, "shop", {})


@pytest.mark.parametrize(
    "service",
    [
        "",
        ".",
        "..",
        "../../etc",
        "/etc/passwd",
        "a/b",
        "-rf",
        "a\0b",
        "a\nb",
        "\ud800",
        "é" * 500,
        "x" * 5_000,
        "~",
        "$(id)",
    ],
    ids=ascii,
)
def test_a_hostile_service_name_stays_inside(tmp_path: Path, service: str) -> None:
    """No name leads out of the run's directory or is too long for a file system."""
    run = RunDirectory(tmp_path, {})
    with run.begin(0, service, {"service": service}) as session:
        session.append(STEPS[0])
    assert session.path.parent == run.path
    assert session.path.name.isascii()
    assert session.path.name.startswith("00001-")
    assert json.loads((session.path / "meta.json").read_text())["service"] == service


@pytest.mark.parametrize("cut", [1, 20, -1])
def test_a_torn_last_line_is_passed_over(tmp_path: Path, cut: int) -> None:
    """What a crash left of the last step is left out, and all before it is read."""
    with Session(tmp_path / "s", {}) as session:
        session.append(STEPS[0])
        session.append(STEPS[1])
    trace = tmp_path / "s" / "trace.jsonl"
    first, second, _ = trace.read_bytes().split(b"\n")
    trace.write_bytes(first + b"\n" + second[:cut])
    assert [each["step"] for each in read_trace(tmp_path / "s")] == ["Prompted"]


def test_damage_before_the_last_line_is_named(tmp_path: Path) -> None:
    """A damaged line in the middle is an error with its number; a missing trace says what to name."""
    (tmp_path / "trace.jsonl").write_text('{"step": "Asked"}\n{"st\n{"step": "Asked"}\n')
    with pytest.raises(SessionError, match="line 2 is damaged"):
        list(read_trace(tmp_path))
    with pytest.raises(SessionError, match="session's directory"):
        list(read_trace(tmp_path / "missing"))


BLOCKED: dict[str, Callable[[Path], object]] = {
    "a file in its place": lambda path: path.write_text("x"),
    "a file above": lambda path: path.parent.write_text("x"),
    "a link to nowhere": lambda path: path.symlink_to("/dev/null/x"),
}


@pytest.mark.parametrize("block", BLOCKED)
def test_a_place_that_can_not_be_used_is_named(tmp_path: Path, block: str) -> None:
    """Where no run can be kept, the error names the place and how to choose another."""
    place = tmp_path / "above" / "sessions"
    if block != "a file above":
        place.parent.mkdir()
    BLOCKED[block](place)
    with pytest.raises(SessionError, match=r"LOGDEBUG_SESSIONS_DIR") as caught:
        RunDirectory(place, {})
    assert str(place) in str(caught.value)


FILL_UP = """
import json, resource, sys
from pathlib import Path
from logdebug.agent.steps import Rejected
from logdebug.errors import SessionError
from logdebug.run.sessions import Session, read_trace

place = Path(sys.argv[1])
with Session(place, {}) as session:
    session.append(Rejected("first"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    said = []
    for _ in range(2):
        try:
            session.append(Rejected("x" * 5_000))
        except SessionError as error:
            said.append(str(error))
    session.append(Rejected("small"))
print(json.dumps([said, [step["reason"] for step in read_trace(place)]]))
"""


def test_a_full_disk_is_an_error_and_tears_no_trace(tmp_path: Path) -> None:
    """A step that does not fit is an error with a remedy, and what is written afterwards can still be read."""
    command = [sys.executable, "-c", FILL_UP, str(tmp_path / "s")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said, reasons = json.loads(done.stdout)
    assert len(said) == 2
    assert all("make room" in each and "sessions_dir" in each for each in said)
    assert reasons == ["first", "small"]


def test_a_closed_session_takes_nothing(tmp_path: Path) -> None:
    """Appending after the end, which may come twice, is an error and goes into no other file."""
    session = Session(tmp_path / "s", {})
    session.close()
    session.close()
    with pytest.raises(SessionError):
        session.append(STEPS[0])
