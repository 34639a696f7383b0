"""Attempts to get out of a workspace, or to wear out who reads in it: refused or bounded, in words a model can use."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
import zipfile
from itertools import product
from typing import TYPE_CHECKING

import pytest
import zstandard
from conftest import ROOT

from logdebug.agent.messages import ToolCall
from logdebug.agent.reading import Reading
from logdebug.agent.tools import run_tool
from logdebug.agent.workspace import Workspace
from logdebug.errors import LogError, WorkspaceError
from logdebug.records import Incident

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "the-outside-secret-4711"
TOOLS = ("read_lines", "search", "overview", "list_files")
MOST_CHARACTERS = 16_000
# A busy machine is ten times as slow as a quiet one; what explodes takes hours.
SOON_SECONDS = 20.0

DOTS = [
    *("..", "%2e%2e", "%2E%2E", "%252e%252e", ".%2e", "%c0%ae%c0%ae", "\udcc0\udcae\udcc0\udcae", "\udce0\udc80\udcae"),
    *("．．", "‥", "․․", "。。", "..\u200b", "\u200b..", "..\\", "..;", "....", "...", "..\x00", "..%00", "..\u2215x"),  # noqa: RUF001
    *("\\..", "..\t", ".. ", ".\u0323."),
]
WALKS = ["{}/outside.txt", "conf/{0}/{0}/outside.txt", "./{}/case/app.log", "{}", "{}/{}/{}/{}/{}/etc/passwd"]
ELSEWHERE = [
    *("/etc/passwd", "//etc//passwd", "/etc/../etc/passwd", "file:///etc/passwd", "file:outside.txt", "C:\\secret.txt"),
    *("\\\\server\\share", "~root/.bashrc", "~/outside.txt", "$HOME/outside.txt", "${HOME}", "`id`", "$(id)", "|id"),
    *("; cat /etc/passwd", "app.log; id", "app.log\nid", "-rf", "--help", "/proc/self/environ", "/proc/1/environ"),
    *("/proc/self/fd/0", "/proc/self/root/etc/passwd", "/proc/self/cwd/x", "/dev/stdin", "/dev/fd/3", "/dev/zero"),
    *("/dev/mem", "/sys/kernel/notes", "link", "chain0", "loop", "linked/outside.txt", "fifo", "fifo/x", "socket"),
    *("app.log/", "app.log/.", "app.log/../../outside.txt", "con", "nul", "APP.LOG", "Conf/App.toml", "conf\\app.toml"),
    *("app.log::$DATA", "app.log%00.txt", "app.log\x00.txt", "appㆍlog", "аpp.log", "app․log", "http://127.0.0.1/x"),  # noqa: RUF001
    *("*", "*.log", "**/*", "[a-z]*", "{app,conf}.log", "?pp.log", "x" * 256, "a/" * 2_000, "é" * 200, "\U000e0061"),
    *(".", "./.", "", " ", "\t", "\r", "\x7f", "\x1b[2J", "\u202egol.ppa", "\ufeffapp.log", "app.log ", "."),
]
PATHS = [walk.format(*[dots] * 5) for dots, walk in product(DOTS, WALKS)] + ELSEWHERE


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory with ways out of it, beside a secret."""
    top = tmp_path_factory.mktemp("workspace")
    (top / "outside.txt").write_text(SECRET)
    case = top / "case"
    (case / "conf").mkdir(parents=True)
    (case / "app.log").write_text("".join(f"{number} request failed after {'a' * 60}\n" for number in range(3_000)))
    (case / "conf" / "app.toml").write_text("size = 3\n")
    (case / "link").symlink_to(top / "outside.txt")
    (case / "loop").symlink_to("loop")
    (case / "linked").symlink_to(top)
    for number in range(45):
        (case / f"chain{number}").symlink_to(f"chain{number + 1}" if number < 44 else top / "outside.txt")
    os.mkfifo(case / "fifo")
    (case / "\u202egol.exe").write_text("x")
    (case / "a\x1b[2Jb\n").write_text("x")
    return case


@pytest.fixture
def reading(case: Path) -> Iterator[Reading]:
    """Open it."""
    opened = Reading.of(Incident(case, "app.log", "s"))
    yield opened
    opened.close()


def use(reading: Reading, tool: str, file: str, pattern: str = ".") -> tuple[str, bool, float]:
    """Call a tool on a file; give what it says, whether that is an error, and how long it took."""
    began = time.monotonic()
    arguments = json.dumps({"file": file, "path": file, "first": 1, "pattern": pattern})
    said, failed = run_tool(ToolCall("1", tool, arguments), reading)
    return said, failed, time.monotonic() - began


def test_the_table_is_long() -> None:
    """There are at least 150 different paths in it."""
    assert len(set(PATHS)) >= 150


@pytest.mark.parametrize("path", sorted(set(PATHS)), ids=lambda path: ascii(path)[:50])
def test_no_path_leads_out(reading: Reading, path: str) -> None:
    """Each tool that would follow it refuses it: at once, shortly, printably, and telling nothing of outside."""
    inside = path.strip("./ ") in {"", "app.log"} and not path.startswith("..")
    for tool in TOOLS:
        said, failed, seconds = use(reading, tool, path)
        assert failed or inside, (tool, said[:200])
        assert SECRET not in said
        assert "root:x:0" not in said
        assert str(reading.workspace) not in said
        assert len(said) < MOST_CHARACTERS
        assert seconds < SOON_SECONDS
        assert all(line.isprintable() for line in said.split("\n"))


EXPLOSIVE = [
    *(
        "(a+)+$",
        "(a|a)*$",
        "(a|aa)+$",
        "(.*a){25}",
        "(a*)*b",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(x+x+)+y",
        "(?:a?){50}a{50}",
    ),
    *(
        "((a{1,50}){1,50}){1,50}",
        "a{1000}{1000}",
        "(?=a)*",
        "(a)\\1",
        "[",
        "(" * 900,
        "\\p{L}{1000}",
        ".*.*.*.*.*=.*",
        "(?P<n>a)" * 200,
    ),
    *("(?i)" + "a?" * 300 + "a" * 300, "\\x{110000}", "\ud800", "\x00", "(?s).*" * 60),
    # What RE2 has no room for its states for is searched for at some kB a second.
    *("|".join(f".{{0,100}}x{number}" for number in range(100)), "\\pL{900}", "|".join(["[a-f].{99}z"] * 120)),
    *("|".join(f"[a-f{number % 10}].{{90}}[{number}]z" for number in range(70)), "(.{1,30}){1,30}\\pL{30}z"),
]


@pytest.mark.parametrize("pattern", EXPLOSIVE, ids=range(len(EXPLOSIVE)))
def test_no_pattern_explodes(reading: Reading, pattern: str) -> None:
    """A pattern that takes other engines for ever is searched in linear time or refused."""
    said, _, seconds = use(reading, "search", "app.log", pattern)
    assert seconds < SOON_SECONDS
    assert len(said) < MOST_CHARACTERS


@pytest.mark.parametrize("pattern", ["**/" * 100 + "*", "{a,b}" * 30, "[!a]" * 50, "*" * 1_000])
def test_no_glob_explodes(reading: Reading, pattern: str) -> None:
    """There are no globs: what looks like one is a name that isn't there."""
    said, failed, seconds = use(reading, "list_files", pattern)
    assert failed
    assert seconds < SOON_SECONDS
    assert len(said) < MOST_CHARACTERS


BOMBS = {
    "gz": lambda data: gzip.compress(data, 1),
    "bz2": lambda data: bz2.compress(data, 1),
    "xz": lambda data: lzma.compress(data, preset=0),
    "zst": lambda data: zstandard.compress(data, 1),
}
READ_BOMBS = """
import resource, sys, time
from pathlib import Path
from logdebug.agent.messages import ToolCall
from logdebug.agent.reading import Reading
from logdebug.agent.tools import run_tool
from logdebug.records import Incident
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (200, 200))
reading = Reading.of(Incident(Path(sys.argv[1]), "app.log", "s"))
run_tool(ToolCall("1", "overview", "{}"), reading)  # what is read once, such as the signatures, is read by now
for name in sys.argv[2:]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for tool in ("read_lines", "search", "overview"):
        began = time.process_time()
        said, failed = run_tool(ToolCall("1", tool, '{"file": "%s", "first": -3, "pattern": "x"}' % name), reading)
        assert len(said) < 16000, len(said)
        print(name, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, tool, time.process_time() - began)
"""
BOMB_BYTES = 48 << 20
BOMB_LINES = 2 << 20
MOST_BOMB_KILOBYTES = 24_000  # measured: 5,000


@pytest.mark.slow
def test_no_bomb_goes_off(tmp_path: Path) -> None:
    """What is small on disk and huge when unpacked takes bounded memory and time; a ZIP isn't unpacked at all."""
    (tmp_path / "app.log").write_text("ERROR x\n")
    data = bytes(BOMB_BYTES)
    for kind, packed in BOMBS.items():
        (tmp_path / f"bomb.{kind}").write_bytes(packed(data))
    (tmp_path / "nested.gz").write_bytes(gzip.compress((tmp_path / "bomb.gz").read_bytes(), 1))
    (tmp_path / "lines.gz").write_bytes(gzip.compress(b"\n" * BOMB_LINES, 1))
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.log", data)
    names = [path.name for path in tmp_path.iterdir() if path.name != "app.log"]
    done = subprocess.run(
        [sys.executable, "-c", READ_BOMBS, str(tmp_path), *names],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.splitlines()) == 3 * len(names)
    for line in done.stdout.splitlines():
        assert int(line.split()[1]) < MOST_BOMB_KILOBYTES, done.stdout


@pytest.mark.parametrize("size_bytes", [1 << 40, 3 << 30])
def test_a_file_of_holes_is_refused(tmp_path: Path, size_bytes: int) -> None:
    """A sparse file of a terabyte takes no time, as neighbour or as the log."""
    (tmp_path / "app.log").write_text("x\n")
    with (tmp_path / "huge.log").open("wb") as file:
        try:
            file.truncate(size_bytes)
        except OSError:
            pytest.skip("this file system holds no file of that size")
    reading = Reading.of(Incident(tmp_path, "app.log", "s"))
    for tool in TOOLS[:3]:
        said, failed, seconds = use(reading, tool, "huge.log")
        assert failed
        assert "made of holes" in said
        assert seconds < SOON_SECONDS
    reading.close()
    with pytest.raises(WorkspaceError, match="made of holes"):
        Reading.of(Incident(tmp_path, "huge.log", "s"))


@pytest.mark.parametrize("kind", ["fifo", "socket", "zero", "full", "random", "tty", "block"])
def test_nothing_but_files_is_read(tmp_path: Path, kind: str) -> None:
    """Pipes, sockets and devices that never end, or that act when they are opened, are refused at once."""
    import socket

    (tmp_path / "app.log").write_text("x\n")
    devices = {"zero": (1, 5), "full": (1, 7), "random": (1, 8), "tty": (5, 0)}
    if kind == "fifo":
        os.mkfifo(tmp_path / "x")
    elif kind == "socket":
        here = os.getcwd()  # noqa: PTH109
        os.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("x")
        os.chdir(here)
    elif os.getuid():
        pytest.skip("only root makes devices")
    else:
        mode = stat.S_IFBLK if kind == "block" else stat.S_IFCHR
        os.mknod(tmp_path / "x", 0o666 | mode, os.makedev(*devices.get(kind, (7, 200))))
    reading = Reading.of(Incident(tmp_path, "app.log", "s"))
    for tool in TOOLS:
        _, failed, seconds = use(reading, tool, "x")
        assert failed
        assert seconds < SOON_SECONDS
    assert "(special file: not read)" in use(reading, "list_files", ".")[0]
    reading.close()


def test_a_stranger_s_hard_link_is_refused(tmp_path: Path) -> None:
    """In a directory in which others may make names, a link to somebody else's file is none of the directory's."""
    if os.getuid():
        pytest.skip("only root gives files away")
    (tmp_path / "case").mkdir()
    outside = tmp_path / "outside.log"
    outside.write_text(SECRET)
    (tmp_path / "case" / "app.log").write_text("x\n")
    os.link(outside, tmp_path / "case" / "hard.log")
    with Workspace(tmp_path / "case") as workspace:
        workspace.open_log("hard.log").close()  # root's file in root's directory: only root can have put it there
        os.chown(tmp_path / "case", 12_345, 12_345)
        with pytest.raises(WorkspaceError, match="hard link to a file of another owner"):
            workspace.open_log("hard.log")
        os.chown(tmp_path / "case", 0, 0)
        (tmp_path / "case").chmod(0o1777)
        os.chown(outside, 12_345, 12_345)
        with pytest.raises(WorkspaceError, match="hard link to a file of another owner"):
            workspace.open_log("hard.log")


MOUNTED = """
import subprocess, sys
from pathlib import Path
from logdebug.agent.workspace import Workspace
from logdebug.errors import WorkspaceError
case = Path(sys.argv[1])
def mount(*words): subprocess.run(["mount", *words], check=True)
for name in ("proc", "sys", "bound", "environ", "data"): (case / name).mkdir()
(case / "one").touch()
mount("-t", "proc", "proc", str(case / "proc"))
mount("-t", "sysfs", "sysfs", str(case / "sys"))
mount("--bind", "/proc/1", str(case / "bound"))
mount("--bind", "/proc/self/status", str(case / "one"))
mount("-t", "tmpfs", "tmpfs", str(case / "data"))
(case / "data" / "app.log").write_text("mounted\\n")
for root in ("/proc/self", "/sys/kernel", str(case / "proc")):
    try:
        Workspace(Path(root))
    except WorkspaceError as error:
        print("no root", error)
with Workspace(case) as workspace:
    for path in ("proc/1/status", "proc/uptime", "sys/kernel/notes", "bound/status", "one", "proc/self/status"):
        try:
            workspace.open_log(path)
        except WorkspaceError as error:
            print("refused", path, error)
    print(workspace.open_log("data/app.log").lines(1, 1)[0].text)
    mount("--bind", "/etc", str(case))  # over the root that is held
    print(workspace.open_log("app.log").lines(1, 1)[0].text)
"""


def test_what_the_kernel_makes_up_is_refused_however_it_is_mounted(tmp_path: Path) -> None:
    """`/proc` and `/sys`, mounted or bound into the directory, are not read; a volume is, and the held root stays."""
    (tmp_path / "app.log").write_text("own\n")
    unshare = shutil.which("unshare")
    if unshare is None or os.getuid():
        pytest.skip("mounting needs root and unshare")
    done = subprocess.run(
        [unshare, "-m", sys.executable, "-c", MOUNTED, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if "permission denied" in done.stderr or "not permitted" in done.stderr:
        pytest.skip("this root may not mount")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("refused") == 6, done.stdout
    assert done.stdout.count("of the system itself") >= 7, done.stdout
    assert "mounted\nown\n" in done.stdout


def test_a_directory_of_30_000_entries_is_listed_in_time(tmp_path: Path) -> None:
    """What is listed of it is bounded, in time too, and the listing says that there is more."""
    (tmp_path / "app.log").write_text("x\n")
    (tmp_path / "many").mkdir()
    fd = os.open(tmp_path / "many", os.O_RDONLY)
    for number in range(30_000):
        os.mknod(f"{number:06d}", dir_fd=fd)
    os.close(fd)
    reading = Reading.of(Incident(tmp_path, "app.log", "s"))
    said, failed, seconds = use(reading, "list_files", "many")
    reading.close()
    shutil.rmtree(tmp_path / "many")
    assert not failed
    assert "there is more" in said
    assert len(said) < MOST_CHARACTERS
    assert seconds < SOON_SECONDS


def test_a_tree_as_deep_as_can_be_is_bounded(tmp_path: Path) -> None:
    """A thousand directories in one another are listed four deep, and walked as far as a path can say."""
    (tmp_path / "app.log").write_text("x\n")
    fd = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1_000):
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)
    reading = Reading.of(Incident(tmp_path, "app.log", "s"))
    said, failed, seconds = use(reading, "list_files", ".")
    assert not failed
    assert said.count("d/") < 20
    assert not use(reading, "list_files", "d/" * 900)[1]
    assert use(reading, "list_files", "d/" * 3_000)[1]
    assert seconds < SOON_SECONDS
    reading.close()
    subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)


@pytest.mark.parametrize("how", ["grow", "shrink", "vanish", "replace"])
def test_a_file_that_changes_while_it_is_read_breaks_nothing(tmp_path: Path, how: str) -> None:
    """Whatever a writer does meanwhile, each call gives lines or an error of the tree; no signal, no endless read."""
    log, stop = tmp_path / "app.log", threading.Event()
    line = b"2026-11-22 08:00:00 ERROR request failed\n"
    log.write_bytes(line * 5_000)
    (tmp_path / "other.log").write_bytes(b"x\n")

    def write() -> None:
        while not stop.is_set():
            if how == "grow":
                with log.open("ab") as file:
                    file.write(line * 10)
            elif how == "shrink":
                os.truncate(log, 0)
                log.write_bytes(line * 5_000)
            elif how == "vanish":
                log.unlink(missing_ok=True)
                log.write_bytes(line * 5_000)
            else:
                (tmp_path / "new").write_bytes(line * 5_000)
                (tmp_path / "new").replace(log)
            stop.wait(0.005)

    writer = threading.Thread(target=write)
    reading = Reading.of(Incident(tmp_path, "other.log", "s"))
    writer.start()
    try:
        for number in range(6):
            said, _, seconds = use(reading, TOOLS[number % 3], "app.log", "failed")
            assert len(said) < MOST_CHARACTERS
            assert seconds < SOON_SECONDS
    except LogError as error:  # pragma: no cover - a tool gives these as words
        pytest.fail(f"it was not caught: {error}")
    finally:
        stop.set()
        writer.join()
        reading.close()


OPENED = """
import json, os, sys
from pathlib import Path
from logdebug.agent.messages import ToolCall
from logdebug.agent.reading import Reading
from logdebug.agent.tools import run_tool
from logdebug.records import Incident
case, paths = Path(sys.argv[1]), json.loads(sys.argv[2])
def work():
    reading = Reading.of(Incident(case, "app.log", "s"))
    for path in paths:
        for tool in ("read_lines", "search", "overview", "list_files"):
            run_tool(ToolCall("1", tool, json.dumps({"file": path, "path": path, "first": 1, "pattern": "a"})), reading)
    reading.close()
work()  # whatever is read once, such as the signatures, is read by now
seen = []
CHANGING = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "os.link", "os.symlink",
            "os.truncate", "os.utime", "os.setxattr", "subprocess.Popen", "os.exec", "os.system",
            "os.posix_spawn", "socket.connect")
def watch(event, args):
    if event == "open":
        seen.append((str(args[0]), args[2]))
    elif event in CHANGING:
        seen.append((event, -1))
sys.addaudithook(watch)
work()
found = list(seen)
for path, flags in found:
    assert flags != -1, path
    assert flags & os.O_ACCMODE == os.O_RDONLY and not flags & (os.O_CREAT | os.O_TRUNC | os.O_APPEND), (path, flags)
    inside = not path.startswith("/") or path == str(case) or path.startswith("/proc/self/fdinfo/")
    assert inside or path == "/proc/self/mountinfo" or path.isdecimal(), path
    assert ".." not in path.split("/"), path
print(len(found))
"""


def state_of(top: Path) -> list[object]:
    """Give names, modes, owners, sizes, times but that of last access, and extended attributes of a tree."""
    found: list[object] = []
    for path in [top, *sorted(top.rglob("*"))]:
        status = path.lstat()
        found.append((str(path), status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_mtime_ns))
        found.append((status.st_ctime_ns, status.st_ino, status.st_nlink, *os.listxattr(path, follow_symlinks=False)))
    return found


@pytest.mark.slow
def test_what_is_opened_is_for_reading_and_inside(case: Path) -> None:
    """Every file that the tools open is opened for reading by a name within the root; nothing at all is changed."""
    before = state_of(case.parent)
    paths = ["app.log", "conf/app.toml", "conf", ".", *sorted(path for path in set(PATHS) if "\0" not in path)[::16]]
    done = subprocess.run(
        [sys.executable, "-c", OPENED, str(case), json.dumps(paths)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 20
    assert state_of(case.parent) == before
