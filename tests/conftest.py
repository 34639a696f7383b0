"""What every test stands on: a clean environment, no network but loopback, a scripted server, incidents to diagnose."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import hypothesis
import pytest
from scripted_server import ScriptedServer

from logdebug.records import Incident

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scripted_server import Quirk, Script

ROOT = Path(__file__).resolve().parent.parent
REAL_FAILURES = ROOT.parent / "shared" / "real_failures"

_refused: list[str] = []
_QUIET_SECONDS = 0.15


# A busy machine is no fault of a property, and a property that fails by chance in one run of many tells nobody which
# change broke it: examples are the same each time. To look for others: pytest --hypothesis-profile=explore.
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile("explore", hypothesis.settings.get_profile("suite"), derandomize=False)
hypothesis.settings.load_profile("suite")


class NetworkRefused(OSError):
    """A test tried to reach another machine."""


# -- environment -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory for caches that are costly to fill (matplotlib's list of fonts), one for the whole session."""
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, caches: Path
) -> Iterator[Path]:
    """Give each test a home and a working directory of its own, and none of the user's settings."""
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "LOGDEBUG_")):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("STATE", "CONFIG", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / f".{name.lower()}"))
    monkeypatch.setenv("IPYTHONDIR", str(home / ".ipython"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("MPLCONFIGDIR", str(caches))
    # A .env is searched upward from the working directory: a developer's own must not be found.
    monkeypatch.chdir(home)
    _refused.clear()
    yield home
    assert not _refused, f"the test tried to reach {_refused}; only loopback is allowed"


def _check_host(host: object, *, what: str) -> None:
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
        local = address.is_loopback or address.is_unspecified
    except ValueError:
        local = host in {None, "", b"", "localhost", socket.gethostname()}
    if not local:
        _refused.append(what)
        raise NetworkRefused(f"tests reach no machine but this one, and this one tried {what}")


def _check_address(sock: socket.socket, address: Any) -> None:
    if sock.family in {socket.AF_INET, socket.AF_INET6}:
        _check_host(address[0], what=f"{address[0]}:{address[1]}")


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[None]:
    """Refuse connections to, and look-ups of, other machines: what slips through in a product is found here."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def checked_connect(self: socket.socket, address: Any) -> None:
        _check_address(self, address)
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any) -> int:
        _check_address(self, address)
        return connect_ex(self, address)

    def checked_look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        _check_host(host, what=f"{host}:{port}")
        return look_up(host, port, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", checked_connect)
        patch.setattr(socket.socket, "connect_ex", checked_connect_ex)
        patch.setattr(socket, "getaddrinfo", checked_look_up)
        yield


# -- time --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def slowness() -> Callable[[], float]:
    """Give a function that says how many times slower than a quiet machine this one is just now; at least 1.

    A bound in seconds is for a quiet machine: this keeps it from failing on one that has other things to do.
    """

    def measure() -> float:
        began = time.monotonic()
        sum(number * number for number in range(1_000_000))
        return max(1.0, (time.monotonic() - began) / _QUIET_SECONDS)

    before = measure()
    return lambda: max(before, measure())


# -- processes ---------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_lasting_patch() -> Iterator[None]:
    """Fail a test that patches asyncio for the whole process: every later test would run on the patched one."""
    patched_before = hasattr(asyncio, "_nest_patched")
    yield
    patched = hasattr(asyncio, "_nest_patched") and not patched_before
    assert not patched, "the test applied nest_asyncio2, which can't be taken back; run it by `run_python`"


class RunPython(Protocol):
    """Run a program in a Python process of its own, and give what it prints."""

    def __call__(self, program: str, *arguments: str | Path, cwd: Path | None = None) -> str:
        """Run it; the test fails where the program does, and with its messages."""


@pytest.fixture
def run_python() -> RunPython:
    """Give a function that runs programs in processes of their own, in the environment of the test."""

    def run(program: str, *arguments: str | Path, cwd: Path | None = None) -> str:
        command = [sys.executable, "-W", "error", "-c", program, *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


# -- a server ----------------------------------------------------------------------------------------------------------


class StartServer(Protocol):
    """Start a scripted server that lives as long as the test; see `ScriptedServer`."""

    def __call__(
        self, script: Script, *, quirks: Sequence[Quirk] = (), latency_seconds: float = 0.0, record: bool = True
    ) -> ScriptedServer:
        """Start it."""


@pytest.fixture
def server() -> Iterator[StartServer]:
    """Give a function that starts scripted servers; they stop after the test, which fails where a script did.

    A test that means its script to fail clears `problems` itself.
    """
    started: list[ScriptedServer] = []

    def start(
        script: Script, *, quirks: Sequence[Quirk] = (), latency_seconds: float = 0.0, record: bool = True
    ) -> ScriptedServer:
        each = ScriptedServer(script, quirks=quirks, latency_seconds=latency_seconds, record=record)
        started.append(each.__enter__())
        return each

    yield start
    for each in started:
        each.__exit__(None, None, None)
    problems = [problem for each in started for problem in each.problems]
    assert not problems, "\n".join(problems)


# -- incidents ---------------------------------------------------------------------------------------------------------


class WriteCase(Protocol):
    """Write a directory as a failed service leaves it, and give the incident."""

    def __call__(
        self,
        log: str | bytes | Sequence[str] = "",
        *,
        service: str = "shop",
        log_file: str = "app.log",
        **files: str | bytes,
    ) -> Incident:
        """Write it.

        Parameters
        ----------
        log
            The log's text, bytes or lines.
        service
            The service's name, which names the directory, too.
        log_file
            The log's name.
        files
            Neighbour files by name; write `__` for a dot: `nginx__conf="…"`.
        """


@pytest.fixture
def case_dir(tmp_path: Path) -> WriteCase:
    """Give a function that writes small incident directories under `tmp_path`."""

    def write(
        log: str | bytes | Sequence[str] = "",
        *,
        service: str = "shop",
        log_file: str = "app.log",
        **files: str | bytes,
    ) -> Incident:
        directory = tmp_path / service
        directory.mkdir(exist_ok=True)
        lines = log if isinstance(log, str | bytes) else "".join(f"{line}\n" for line in log)
        neighbours = {name.replace("__", "."): content for name, content in files.items()}
        for name, content in {log_file: lines, **neighbours}.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Incident(directory, log_file, service)

    return write


@dataclass(frozen=True)
class RealFailure:
    """One case of the collection of real failures, and what is known of it.

    Parameters
    ----------
    directory
        The case as it lies there. Its name gives the answer away: show an analyst a `neutral_copy`.
    label
        What was injected: `status`, `category` and `severity` (acceptable ones, best first), `root_line`, …
    """

    directory: Path
    label: dict[str, Any]

    @property
    def name(self) -> str:
        """The case's name."""
        return self.directory.name

    def neutral_copy(self, parent: Path) -> Incident:
        """Copy the case, without its label, to a directory whose name tells nothing."""
        copy = parent / "case"
        shutil.copytree(self.directory, copy, ignore=shutil.ignore_patterns("label.json"))
        return Incident(copy, self.label["log_file"], self.label["service"])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a `real_failure` once for each case; skip it where the collection isn't there."""
    if "real_failure" not in metafunc.fixturenames:
        return
    labels = sorted(REAL_FAILURES.glob("*/label.json"))
    cases = [RealFailure(path.parent, json.loads(path.read_text(encoding="utf-8"))) for path in labels]
    missing = pytest.mark.skip(reason="the collection of real failures is not beside this repository")
    metafunc.parametrize(
        "real_failure",
        cases or [pytest.param(None, marks=missing)],
        ids=[case.name for case in cases] or ["missing"],
    )
