"""Incidents are found wherever they are written down, and what is wrong with one is said before anything is spent."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from logdebug.errors import IncidentError
from logdebug.incidents import check_incident, demo_incidents, find_incidents, load_incidents
from logdebug.records import Incident

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = [("/d/a:b", "x.log", "shop"), ("rel", "y.log", "shop"), ("/d", "sub/z.log", "pay, and more")]
OBJECTS = [dict(zip(("working_dir", "log_file", "service"), row, strict=True)) for row in ROWS]
NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Take on the rights of a common user for a while: root may read everything."""
    if os.getuid() != 0:
        yield
        return
    try:
        os.setresuid(NOBODY, NOBODY, 0)
    except OSError:
        pytest.skip("this user can't give up its rights")
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """Give a directory that other users can get to, as they can't to pytest's."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name).resolve()
        path.chmod(0o755)
        yield path


# -- loading -----------------------------------------------------------------------------------------------------------


def write_csv(path: Path) -> None:
    """Write the rows as spreadsheets do: a byte order mark, CRLF, quotes, blanks after commas."""
    lines = ["service, working_dir, log_file, owner", *(f'"{c}", "{a}", {b}, me' for a, b, c in ROWS), ""]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())


WRITERS: dict[str, Callable[[Path], object]] = {
    "list.csv": write_csv,
    "list.json": lambda path: path.write_text(json.dumps(OBJECTS)),
    "wrapped.json": lambda path: path.write_text(json.dumps({"incidents": OBJECTS})),
    "rows.json": lambda path: path.write_text(json.dumps(ROWS)),
    "strings.JSON": lambda path: path.write_text(json.dumps([":".join(row) for row in ROWS])),
    "list.yaml": lambda path: path.write_text("".join(f"- {json.dumps(each)}\n" for each in OBJECTS)),
    "strings.yml": lambda path: path.write_text("incidents:\n" + "".join(f"- '{':'.join(row)}'\n" for row in ROWS)),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_of_any_format_gives_its_incidents(name: str, tmp_path: Path) -> None:
    """CSV, JSON and YAML give the same incidents; a relative directory counts from the file's own."""
    WRITERS[name](tmp_path / name)
    expected = [Incident(tmp_path / directory, log, service) for directory, log, service in ROWS]
    assert load_incidents(tmp_path / name) == expected
    assert load_incidents(str(tmp_path / name)) == expected
    assert expected[0].working_dir == Path("/d/a:b")


def test_a_frame_gives_its_incidents() -> None:
    """A DataFrame, whatever its index and further columns, gives incidents as they stand in it."""
    frame = pd.DataFrame(OBJECTS, index=[7, 7, 9]).assign(owner=None)
    assert load_incidents(frame) == [Incident.of(row) for row in ROWS]


def test_a_home_directory_is_found(tmp_path: Path, clean_environment: Path) -> None:
    """`~` in a file is the reader's home; `~` of a user who isn't there is a name like any other."""
    (tmp_path / "x.json").write_text('["~/logs:a.log:s", "~nobody-of-that-name/x:a.log:s"]')
    home, other = load_incidents(tmp_path / "x.json")
    assert home.working_dir == clean_environment / "logs"
    with pytest.raises(IncidentError, match="does not exist"):
        check_incident(other)


BAD_FILES: dict[str, tuple[str | bytes, str]] = {
    "empty.csv": ("", "holds no incidents"),
    "header.csv": ("working_dir,log_file,service\n", "holds no incidents"),
    "column.csv": ("working_dir,log,service\n/d,a.log,s\n", "entry 1 lacks log_file"),
    "short.csv": ("working_dir,log_file,service\n/d,a.log,s\n/d,a.log\n", "entry 2 lacks service"),
    "blank.csv": ("working_dir,log_file,service\n/d, ,s\n", "entry 1 lacks log_file"),
    "long.csv": ("working_dir,log_file,service\n/d,a,b,a.log,s\n", "more fields than the header"),
    "huge.csv": ("working_dir,log_file,service\n" + "a" * 200_000 + ",b,c\n", "not valid CSV"),
    "latin.csv": ("working_dir,log_file,service\n/d/é,a,b\n".encode("latin-1"), "UTF-8"),
    "broken.json": ('[{"working_dir": ', "not valid JSON"),
    "deep.json": ("[" * 100_000, "not valid JSON"),
    "empty.json": ("[]", "holds no incidents"),
    "object.json": ('{"working_dir": "/d"}', "should hold a list"),
    "number.json": ("[5]", "entry 1"),
    "null.json": ('["/d:a:b", null]', "entry 2"),
    "nested.json": ('[["/d", "a.log"]]', "entry 1"),
    "string.json": ('["/d:a.log"]', "entry 1.*DIR:LOGFILE:SERVICE"),
    "broken.yaml": ("- {a: [", "not valid YAML"),
    "tag.yaml": ("- !!python/object/apply:os.system ['touch hacked']", "not valid YAML"),
    "odd.yaml": ("!!timestamp soon", "not valid YAML"),
    "empty.yml": ("", "should hold a list"),
    "list.txt": ("/d:a.log:s\n", "none of .csv, .json"),
    "none": ("", "none of .csv, .json"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_named(name: str, tmp_path: Path) -> None:
    """A file that can't be used is an error that names it, and the entry where there is one; nothing in it is run."""
    content, said = BAD_FILES[name]
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(IncidentError, match=rf"(?s){said}") as caught:
        load_incidents(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert not Path("hacked").exists()


@pytest.mark.parametrize(
    "source", ["missing.csv", ".", "nul\0.csv", 5, None, [("/d", "a.log", "s")], {"a": 1}], ids=repr
)
def test_what_is_no_source_is_refused(source: Any) -> None:
    """A missing file, a directory and anything that is neither path nor frame are errors that say what to give."""
    with pytest.raises(IncidentError, match=r"\.json|can't be read|DataFrame"):
        load_incidents(source)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT, ""], ids=repr)
def test_an_empty_cell_of_a_frame_is_named(missing: Any) -> None:
    """However a frame says that there is nothing, the entry and the column are named."""
    frame = pd.DataFrame([*OBJECTS, {**OBJECTS[0], "log_file": missing}])
    with pytest.raises(IncidentError, match="frame, entry 4 lacks log_file"):
        load_incidents(frame)
    with pytest.raises(IncidentError, match="frame, entry 4 lacks log_file"):
        load_incidents(frame.replace("", None).convert_dtypes(dtype_backend="numpy_nullable"))


def test_an_empty_frame_is_refused() -> None:
    """A frame without rows holds no incidents."""
    with pytest.raises(IncidentError, match="holds no incidents"):
        load_incidents(pd.DataFrame(columns=["working_dir", "log_file", "service"]))


# -- finding -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def var_log(open_dir: Path) -> Path:
    """Give a tree like /var/log."""
    for name in (
        *("auth.log", "kern.log", "kern.log.1", "kern.log.2.gz", "syslog", "nginx/access.log", "nginx/error.log"),
        *("nginx/error.log.1", "postgresql/postgresql-16-main.log", "apt/history.log", "my:app/app.log"),
        *("deep/er/and/deeper/service.log", "private/secret.log", "notes.txt"),
    ):
        path = open_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("something\n")
    (open_dir / "empty.log").touch()
    (open_dir / "folder.log").mkdir()
    (open_dir / "link.log").symlink_to(open_dir / "auth.log")
    (open_dir / "dangling.log").symlink_to("nowhere")
    (open_dir / "loop").symlink_to(open_dir)
    os.mkfifo(open_dir / "pipe.log")
    return open_dir


def services(incidents: list[Incident], root: Path) -> dict[str, str]:
    """Give the service of each log by its path below the root."""
    assert all(incident.log_path.is_file() and "/" not in incident.log_file for incident in incidents)
    return {incident.log_path.relative_to(root).as_posix(): incident.service for incident in incidents}


def test_a_tree_of_logs_gives_its_incidents(var_log: Path) -> None:
    """Each log that is a file with something in it is found once; links, FIFOs, empty files and directories are not."""
    found = find_incidents(var_log)
    assert services(found, var_log) == {
        "auth.log": "auth",
        "kern.log": "kern",
        "apt/history.log": "apt",
        "deep/er/and/deeper/service.log": "deep/er/and/deeper",
        "my:app/app.log": "my:app",
        "nginx/access.log": "nginx/access",
        "nginx/error.log": "nginx/error",
        "postgresql/postgresql-16-main.log": "postgresql",
        "private/secret.log": "private",
        "syslog": "syslog",
    }
    assert [incident.log_path for incident in found] == sorted(incident.log_path for incident in found)
    assert all(check_incident(incident) == incident for incident in found)


def test_rotated_logs_are_told_apart(var_log: Path) -> None:
    """Of the parts of one rotated log, each has a name of its own; a part that stands alone has the log's."""
    assert services(find_incidents(var_log, "kern.log*"), var_log) == {
        "kern.log": "kern.log",
        "kern.log.1": "kern.log.1",
        "kern.log.2.gz": "kern.log.2.gz",
    }
    assert services(find_incidents(var_log, "*.2.gz"), var_log) == {"kern.log.2.gz": "kern"}


@pytest.mark.parametrize(
    ("pattern", "logs"),
    [
        ("syslog*", {"syslog"}),
        ("nginx/*.log", {"nginx/access.log", "nginx/error.log"}),
        ("*/error.log*", {"nginx/error.log", "nginx/error.log.1"}),
    ],
)
def test_a_pattern_chooses_logs(var_log: Path, pattern: str, logs: set[str]) -> None:
    """A pattern is matched against the path from the right."""
    assert set(services(find_incidents(str(var_log), pattern), var_log)) == logs


def test_a_directory_that_may_not_be_read_hides_no_other(var_log: Path) -> None:
    """A user who may not list one directory gets the logs of the others; an unreadable log is refused when checked."""
    (var_log / "private").chmod(0o700)
    (var_log / "auth.log").chmod(0o600)
    with as_nobody():
        found = find_incidents(var_log)
        assert "private/secret.log" not in services(found, var_log)
        assert "nginx/error.log" in services(found, var_log)
        secret = next(incident for incident in found if incident.service == "auth")
        with pytest.raises(IncidentError, match=r"can't be read by this user; run as"):
            check_incident(secret)
        with pytest.raises(IncidentError, match="does not exist, or this user can't get there"):
            check_incident(Incident(var_log / "private" / "inner", "a.log", "s"))
        with pytest.raises(IncidentError, match="can't be listed by this user"):
            find_incidents(var_log / "private")


@pytest.mark.parametrize(
    ("root", "pattern", "said"),
    [
        ("missing", "*.log", "not a directory"),
        ("auth.log", "*.log", "not a directory"),
        ("x" * 5_000, "*.log", "not a directory"),
        (".", "*.nothing", r"'\*\.nothing'.*another pattern"),
        (".", "/etc/*", "another pattern"),
        (".", "", "empty pattern"),
        ("apt", "empty.log", "another pattern"),
    ],
)
def test_a_search_that_finds_nothing_says_so(var_log: Path, root: str, pattern: str, said: str) -> None:
    """A root that is no directory, and a pattern that matches nothing, are errors that name them."""
    with pytest.raises(IncidentError, match=said):
        find_incidents(var_log / root, pattern)


def test_the_demo_has_five_incidents() -> None:
    """The samples are there and pass the check."""
    found = demo_incidents()
    assert [each.service for each in found] == ["api-gw", "auth-svc", "etl-daily", "notif-worker", "payment-svc"]
    assert all(check_incident(each).log_file.endswith(".log") for each in found)


# -- checking ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Give a directory with a log and everything that is none."""
    shop = tmp_path / "shop"
    (shop / "sub").mkdir(parents=True)
    (shop / "app.log").write_text("x\n")
    (shop / "sub" / "app.log").write_text("x\n")
    (shop / "~odd.log").write_text("x\n")
    (tmp_path / "outside.log").write_text("x\n")
    (shop / "link.log").symlink_to(tmp_path / "outside.log")
    (shop / "inner-link.log").symlink_to("app.log")
    (shop / "dangling.log").symlink_to("nowhere")
    (shop / "linked").symlink_to(tmp_path)
    (tmp_path / "alias").symlink_to(shop)
    os.mkfifo(shop / "pipe.log")
    return shop


@pytest.mark.parametrize(
    ("log", "relative"),
    [
        ("app.log", "app.log"),
        ("./sub/../app.log", "app.log"),
        ("sub//app.log", "sub/app.log"),
        ("{shop}/sub/app.log", "sub/app.log"),
        ("{alias}/sub/app.log", "sub/app.log"),
        ("~odd.log", "~odd.log"),
    ],
)
@pytest.mark.parametrize("directory", ["shop", "alias"])
def test_a_good_incident_is_made_plain(shop: Path, directory: str, log: str, relative: str) -> None:
    """The directory comes back resolved and the log relative to it, by whichever of its names it was given."""
    given = Incident(shop.parent / directory, log.format(shop=shop, alias=shop.parent / "alias"), "s")
    assert check_incident(given) == Incident(shop, relative, "s")


@pytest.mark.parametrize(
    ("directory", "log", "service", "said"),
    [
        ("missing", "app.log", "s", "does not exist.*name the directory"),
        ("outside.log", "app.log", "s", "not a directory.*second field"),
        ("x" * 5_000, "app.log", "s", "does not exist"),
        ("nul\0", "app.log", "s", "NUL"),
        ("shop", "missing.log", "s", r"does not exist; the directory holds app\.log"),
        ("shop", "no/such.log", "s", "does not exist"),
        ("shop", "app.log/x", "s", "can't be reached"),
        ("shop", "x" * 5_000, "s", "can't be reached.*name"),
        ("shop", "sub", "s", "is a directory; name a file"),
        ("shop", ".", "s", "is a directory; name a file"),
        ("shop", "", "s", "empty"),
        ("shop", "app.log", " ", "empty"),
        ("shop", "../outside.log", "s", "outside.*working_dir"),
        ("shop", "sub/../../outside.log", "s", "outside.*working_dir"),
        ("shop", "/etc/passwd", "s", "outside.*working_dir"),
        ("shop", "link.log", "s", "symbolic link.*not followed"),
        ("shop", "inner-link.log", "s", "symbolic link.*not followed"),
        ("shop", "dangling.log", "s", "symbolic link.*not followed"),
        ("shop", "linked/outside.log", "s", "through a symbolic link"),
        ("shop", "pipe.log", "s", "not a regular file.*copy"),
        ("shop", "a\0b", "s", "NUL"),
        ("shop", "\ud800.log", "s", "half a character"),
        ("shop", "app.log", "\ud800", "half a character"),
        ("/", "dev/null", "s", "not a regular file"),
    ],
)
def test_a_bad_incident_is_named_with_its_remedy(shop: Path, directory: str, log: str, service: str, said: str) -> None:
    """Each kind of bad incident is an error that shows the incident, what is wrong and what to do."""
    incident = Incident(shop.parent / directory, log, service)
    with pytest.raises(IncidentError, match=rf"(?s){said}") as caught:
        check_incident(incident)
    assert repr(str(incident)) in str(caught.value)
    assert caught.value.incident == incident


def test_a_socket_is_no_log(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket is refused as what it is."""
    monkeypatch.chdir(shop)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.log")  # relative: the path of a socket may not be long
        with pytest.raises(IncidentError, match="not a regular file"):
            check_incident(Incident(shop, "s.log", "s"))
