"""Nothing outside an incident's directory is ever read, and nothing anywhere is changed."""

from __future__ import annotations

import json
import os
import resource
import socket
import stat
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_incidents import as_nobody, open_dir

from logdebug.agent.messages import ToolCall
from logdebug.agent.reading import Reading
from logdebug.agent.tools import run_tool
from logdebug.agent.workspace import Entry, Workspace
from logdebug.errors import WorkspaceError
from logdebug.records import Incident

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["open_dir"]

SECRET = "the outside secret 4711"
# Names that don't look like what they are: each is refused whether there is such a file or not.
UNSEEN_NAMES = [
    "a\0b",
    "a\nb",
    "a\rb",
    "a\tb",
    "\x1b[2Ja",
    "gol\u202e.txt",
    "a\u200bb",
    "a\u2028b",
    "\ufeffa",
    "a\x85b",
]


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Give a directory with every kind of thing in it, beside a secret."""
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / "secret.txt").write_text(SECRET)
    case = tmp_path / "case"
    (case / "conf").mkdir(parents=True)
    (case / "app.log").write_text("one\ntwo\nthree\n")
    (case / "conf" / "app.toml").write_text("size = 3\n")
    (case / "link.txt").symlink_to(tmp_path / "secret.txt")
    (case / "relative-link.txt").symlink_to("../secret.txt")
    (case / "inner-link.log").symlink_to("app.log")
    (case / "chain").symlink_to("link.txt")
    (case / "dangling").symlink_to("nowhere")
    (case / "self").symlink_to("self")
    (case / "linked").symlink_to(tmp_path / "vault")
    (case / "proc").symlink_to("/proc/self/root")
    os.mkfifo(case / "pipe")
    if os.getuid() == 0:
        os.mknod(case / "device", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    for name in ["a\nb", "gol\u202e.txt", "a\u200bb"]:
        (case / name).write_text("x")
    (case / os.fsdecode(b"latin-\xe9")).write_text("x")
    here = Path.cwd()
    os.chdir(case)  # relative: the path of a socket may not be long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    os.chdir(here)
    return case


@pytest.fixture(autouse=True)
def no_descriptor_is_left() -> Iterator[None]:
    """Count the open descriptors before and after each test: refusals close what they opened, too."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert len(list(Path("/proc/self/fd").iterdir())) == before


WAYS_OUT = [
    *("..", "../secret.txt", "conf/../../secret.txt", "conf/..", "./../case/app.log", "..//secret.txt"),
    *("/etc/passwd", "//etc/passwd", "/", "~/secret.txt", "~", "/proc/self/environ"),
    *("link.txt", "relative-link.txt", "inner-link.log", "chain", "dangling", "self"),
    *("linked/secret.txt", "linked", "proc/etc/passwd", "linked/../app.log", "link.txt/", "inner-link.log/."),
    *("pipe", "device", "socket", "pipe/x"),
    *("", ".", "conf", "conf/", "missing", "app.log/x", "x" * 300, "x/" * 1_000, "y" * 1_000_000),
    *("\uff0e\uff0e/secret.txt", "\u2025/secret.txt", "..\u2215secret.txt", "%2e%2e/secret.txt", "..\\secret.txt"),
    *("file:///etc/passwd", "\ud800", *UNSEEN_NAMES),
]


@pytest.mark.parametrize("path", WAYS_OUT, ids=lambda path: ascii(path)[:40])
def test_every_way_out_is_refused(case: Path, path: str) -> None:
    """No such path is opened, none blocks, and the refusal is short and tells of nothing outside."""
    began = time.monotonic()
    with Workspace(case) as workspace, pytest.raises(WorkspaceError) as caught:
        workspace.open_log(path)
    assert time.monotonic() - began < 10.0  # what blocks does so for ever
    said = str(caught.value)
    assert caught.value.path == path
    assert SECRET not in said
    assert str(case) not in said
    assert len(said) < 6_000
    assert said.isprintable()


@pytest.mark.parametrize(
    "path", [path for path in WAYS_OUT if path not in {"", ".", "conf", "conf/"}], ids=lambda path: ascii(path)[:40]
)
def test_no_way_out_is_listed(case: Path, path: str) -> None:
    """What can't be opened can't be listed either."""
    with Workspace(case) as workspace, pytest.raises(WorkspaceError):
        workspace.list_files(path)


@pytest.mark.parametrize(
    "path", [*["app.log", "./app.log", "conf/.././app.log"][:2], "conf//app.toml", "conf/./app.toml"]
)
def test_files_of_the_workspace_are_read(case: Path, path: str) -> None:
    """A file is read by any plain path to it, and its name is given plainly."""
    with Workspace(case) as workspace, workspace.open_log(path) as log:
        assert log.name in {"app.log", "conf/app.toml"}
        assert log.lines(1, 1)[0].text in {"one", "size = 3"}


def test_a_listing_says_what_each_entry_is(case: Path) -> None:
    """Links, special files and hidden characters are listed as what they are, links unfollowed."""
    with Workspace(case) as workspace:
        listing = workspace.list_files()
    kinds = {entry.path: entry.kind for entry in listing.entries}
    assert listing.complete
    assert Entry("app.log", "file", 14) in listing.entries
    assert kinds["conf"] == "directory"
    assert kinds["conf/app.toml"] == "file"
    assert {kinds[name] for name in ("link.txt", "chain", "linked", "dangling", "self", "proc")} == {"symbolic link"}
    assert {kinds[name] for name in ("pipe", "socket")} == {"special file"}
    assert kinds["a\\nb"] == kinds["gol\\u202e.txt"] == kinds["latin-\\udce9"] == "hidden characters"
    assert not [path for path in kinds if path.startswith(("linked/", "proc/"))]
    assert all(path.isprintable() for path in kinds)


def test_a_listing_is_bounded_and_says_so(tmp_path: Path) -> None:
    """A huge directory costs little and is listed up to the limit; exactly as many entries as the limit are all."""
    for number in range(25_000):
        (tmp_path / f"{number:06d}").touch()
    with Workspace(tmp_path) as workspace:
        began = time.process_time()
        listing = workspace.list_files(limit=200)
        assert time.process_time() - began < 2.0
        assert (len(listing.entries), listing.complete) == (200, False)
        assert not workspace.list_files(limit=30_000).complete
        for number in range(1, 25_000):
            (tmp_path / f"{number:06d}").unlink()
        assert workspace.list_files(limit=1).complete


def test_a_deep_tree_is_listed_four_levels_deep(tmp_path: Path) -> None:
    """Below the fourth level nothing is listed, and the listing says so; from further down it goes on."""
    (tmp_path / "a/b/c/d/e/f").mkdir(parents=True)
    with Workspace(tmp_path) as workspace:
        assert [entry.path for entry in workspace.list_files().entries] == ["a", "a/b", "a/b/c", "a/b/c/d"]
        assert not workspace.list_files().complete
        assert [entry.path for entry in workspace.list_files("a/b/c/d").entries] == ["a/b/c/d/e", "a/b/c/d/e/f"]


def test_a_directory_that_may_not_be_read_hides_no_other(open_dir: Path) -> None:
    """One directory without permission is passed over in a listing, and refused when asked for."""
    (open_dir / "private").mkdir(mode=0o700)
    (open_dir / "private" / "x").touch()
    (open_dir / "zoo").mkdir()
    (open_dir / "zoo" / "app.log").write_text("x\n")
    (open_dir / "mine.log").write_text("x\n")
    (open_dir / "mine.log").chmod(0o600)
    with as_nobody(), Workspace(open_dir) as workspace:
        listing = workspace.list_files()
        assert [entry.path for entry in listing.entries] == ["mine.log", "private", "zoo", "zoo/app.log"]
        assert not listing.complete
        for path in ("private", "private/x", "mine.log"):
            with pytest.raises(WorkspaceError, match="may not be read by this user"):
                _ = workspace.list_files(path) if path == "private" else workspace.open_log(path)


@pytest.mark.parametrize("root", ["missing", "app.log", "pipe"])
def test_a_root_that_is_no_directory_is_refused(case: Path, root: str) -> None:
    """A workspace needs a directory, and doesn't wait for one."""
    with pytest.raises(WorkspaceError, match="can't be opened"):
        Workspace(case / root)


def test_a_closed_workspace_gives_nothing(case: Path) -> None:
    """After closing, which may happen twice, reading is an error of the tree."""
    workspace = Workspace(case)
    workspace.close()
    workspace.close()
    with pytest.raises(WorkspaceError):
        workspace.open_log("app.log")
    with pytest.raises(WorkspaceError):
        workspace.list_files()


def test_no_descriptors_left_is_an_error_of_the_tree(case: Path) -> None:
    """Where the process may open nothing more, a read is refused like any other, and closes what it had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Workspace(case) as workspace:
        used = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
        for room in range(4):
            resource.setrlimit(resource.RLIMIT_NOFILE, (used + room, hard))
            try:
                # Lower numbers than `used` may be free: they are taken first.
                taken = _take_all_descriptors()
                with pytest.raises(WorkspaceError):
                    workspace.open_log("conf/app.toml")
                with pytest.raises(WorkspaceError):
                    workspace.list_files()
            finally:
                for fd in taken:
                    os.close(fd)
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _take_all_descriptors() -> list[int]:
    taken = []
    while True:
        try:
            taken.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            return taken


@pytest.mark.parametrize("what", ["file", "directory"])
def test_a_link_slipped_in_is_never_followed(tmp_path: Path, what: str) -> None:
    """While a thread swaps a file (or its directory) with a link to a secret, the secret is never read."""
    case, outside = tmp_path / "case", tmp_path / "outside"
    (case / "d").mkdir(parents=True)
    outside.mkdir()
    (case / "d" / "x.log").write_text("inside\n")
    (outside / "x.log").write_text(SECRET)
    good = case / "d" / "x.log" if what == "file" else case / "d"
    link, spare = case / "link", case / "spare"
    link.symlink_to(outside / "x.log" if what == "file" else outside)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            good.rename(spare)
            link.rename(good)
            good.rename(link)
            spare.rename(good)

    swapper = threading.Thread(target=swap)
    swapper.start()
    read = refused = 0
    try:
        deadline = time.monotonic() + 2.0
        with Workspace(case) as workspace:
            while time.monotonic() < deadline:
                try:
                    with workspace.open_log("d/x.log") as log:
                        assert [line.text for line in log.lines(1, 9)] == ["inside"]
                        read += 1
                except WorkspaceError:
                    refused += 1
                listing = workspace.list_files(".")
                assert all(entry.size_bytes in {0, len("inside\n")} for entry in listing.entries)
    finally:
        stop.set()
        swapper.join()
    assert read > 20, "the race was never lost"
    assert refused > 20, "the race was never won"


def test_the_root_is_held_whatever_becomes_of_its_path(tmp_path: Path) -> None:
    """A root that is moved and replaced by a link to elsewhere after opening is still the one that was opened."""
    case, outside = tmp_path / "case", tmp_path / "outside"
    case.mkdir()
    outside.mkdir()
    (case / "a.log").write_text("inside\n")
    (outside / "a.log").write_text(SECRET)
    with Workspace(case) as workspace:
        case.rename(tmp_path / "moved")
        case.symlink_to(outside)
        with workspace.open_log("a.log") as log:
            assert log.lines(1, 1)[0].text == "inside"


def fingerprint(root: Path) -> str:
    """Hash a tree: names, kinds, modes, owners, sizes, contents, link targets and times but that of last access."""
    digest = sha256()
    for path in [root, *sorted(root.rglob("*"))]:
        status = path.lstat()
        fields: list[object] = [str(path).encode("utf-8", "surrogateescape").hex(), status.st_mode, status.st_uid]
        fields += [
            status.st_gid,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_ino,
            status.st_nlink,
        ]
        if stat.S_ISREG(status.st_mode):
            fields.append(sha256(path.read_bytes()).hexdigest())
        if stat.S_ISLNK(status.st_mode):
            fields.append(str(path.readlink()))
        digest.update(repr(fields).encode())
    return digest.hexdigest()


def test_no_tool_changes_anything(case: Path) -> None:
    """After every tool ran on every path, good or bad, the tree and its surroundings are what they were."""
    (case / "app.log").write_text("".join(f"line {number} failed\n" for number in range(5_000)))
    before = fingerprint(case.parent)
    reading = Reading.of(Incident(case, "app.log", "s"))
    paths = [*WAYS_OUT, "app.log", "conf/app.toml", "new-file", "conf/new-file"]
    for path in paths:
        for name, key in (("list_files", "path"), ("read_lines", "file"), ("search", "file"), ("overview", "file")):
            arguments = {key: path, "first": 1, "pattern": "fail|size"}
            result, _ = run_tool(ToolCall("1", name, json.dumps(arguments)), reading)
            assert SECRET not in result
    reading.close()
    assert fingerprint(case.parent) == before
