"""What is published is whole: an installed wheel, built from an unpacked sdist, has the demo and nothing besides."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

import logdebug

ROOT = Path(__file__).resolve().parent.parent
DEMO = ("payment-svc", "auth-svc", "notif-worker", "etl-daily", "api-gw")


def run(*arguments: str | Path, cwd: Path, path: Path | None = None) -> str:
    """Run our own interpreter in a directory, with one more place to import from, and give what it prints."""
    environment = dict(os.environ)
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files_below(directory: Path) -> set[str]:
    """Give the files below a directory of the repository, without what tools leave behind there."""
    files = {path.relative_to(directory) for path in directory.rglob("*") if path.is_file()}
    left_behind = {path for path in files if any(part == "__pycache__" or part.startswith(".") for part in path.parts)}
    return {path.as_posix() for path in files - left_behind}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, with the build backend that the environment has: no network."""
    directory = tmp_path_factory.mktemp("sdist")
    run("-c", "import sys; from hatchling.build import build_sdist as b; b(sys.argv[1])", directory, cwd=ROOT)
    [built] = directory.glob("*.tar.gz")
    return built


@pytest.fixture(scope="module")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the sdist."""
    directory = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    [root] = directory.iterdir()
    return root


@pytest.fixture(scope="module")
def wheel(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the unpacked sdist, as an index or a distribution would."""
    directory = tmp_path_factory.mktemp("wheel")
    run("-c", "import sys; from hatchling.build import build_wheel as b; b(sys.argv[1])", directory, cwd=unpacked)
    [built] = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a directory of its own."""
    target = tmp_path_factory.mktemp("installed")
    options = ("--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--target", target)
    run("-m", "pip", "install", *options, wheel, cwd=target)
    return target


def test_the_wheel_holds_the_package_the_samples_and_the_notebooks(wheel: Path) -> None:
    """The wheel has every file of the package, of the sample logs and of the notebooks, and nothing else."""
    expected = {
        *(f"logdebug/{name}" for name in files_below(ROOT / "logdebug")),
        *(f"logdebug/sample_logs/{name}" for name in files_below(ROOT / "sample_logs")),
        *(f"logdebug/notebooks/{name}" for name in files_below(ROOT / "notebooks")),
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    described = {name for name in names if name.partition("/")[0].endswith(".dist-info")}
    assert names - described == expected


@pytest.mark.parametrize(
    "name",
    [
        "py.typed",
        "agent/debug.md",
        "evaluation/sample_labels.json",
        "logs/signatures.toml",
        "report/report.schema.json",
        "sample_logs/payment-svc",
    ],
)
def test_the_wheel_holds_data(installed: Path, name: str) -> None:
    """What the code reads at run time is installed beside it."""
    assert (installed / "logdebug" / name).exists()


def test_the_wheel_describes_itself(wheel: Path) -> None:
    """Name, version, licence and command are right, and what only developers need isn't required."""
    archive = zipfile.ZipFile(wheel)
    [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    described = message_from_string(archive.read(metadata).decode())
    assert (described["Name"], described["Version"]) == ("logdebug", logdebug.__version__)
    assert (described["License-Expression"], described["Requires-Python"]) == ("MIT", ">=3.11")
    required = {re.split(r"[\s<>=;\[]", each)[0] for each in described.get_all("Requires-Dist") or ()}
    assert {"openai", "pandas", "ipywidgets"} <= required
    assert not required & {"pytest", "ruff", "mypy", "hatchling", "playwright"}
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    commands = configparser.ConfigParser()
    commands.read_string(archive.read(metadata.replace("METADATA", "entry_points.txt")).decode())
    assert dict(commands["console_scripts"]) == {"logdebug": "logdebug.cli:main"}


def test_the_wheel_is_small(wheel: Path) -> None:
    """The samples don't make the download heavy: it stays under 3 MB."""
    assert wheel.stat().st_size < 3_000_000


def test_the_sdist_can_be_tested(unpacked: Path) -> None:
    """The sdist has what builds and tests the package, and nothing that came about beside it."""
    names = {path.name for path in unpacked.iterdir()}
    assert {"logdebug", "sample_logs", "notebooks", "tests", "Makefile", "constraints.txt", "LICENSE"} <= names
    assert not names & {".venv", "dist", "report.json", "report.html"}
    assert files_below(unpacked / "tests") == files_below(ROOT / "tests")


def test_the_installed_demo_is_whole(installed: Path, tmp_path: Path) -> None:
    """`demo_incidents()` of an installed wheel gives five incidents whose logs are there."""
    program = (
        "import json, logdebug; print(json.dumps([logdebug.__file__, "
        "[[each.service, each.log_path.stat().st_size, str(each.working_dir)] for each in logdebug.demo_incidents()]]))"
    )
    file, incidents = json.loads(run("-c", program, cwd=tmp_path, path=installed))
    assert Path(file).is_relative_to(installed)
    assert {service for service, _, _ in incidents} == set(DEMO)
    assert all(size > 10_000 for _, size, _ in incidents)
    assert all(Path(directory).is_relative_to(installed) for _, _, directory in incidents)


def test_the_installed_command_runs_the_demo(installed: Path, tmp_path: Path) -> None:
    """The main job runs from an installed wheel, with no key: five incidents, five diagnoses, and a page."""
    program = "import sys; from logdebug.cli import main; sys.exit(main())"
    run("-c", program, "run", "--demo", "--output", "r.json", "--html", "r.html", cwd=tmp_path, path=installed)
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (report["model"], report["total_incidents"], report["diagnosed"]) == ("offline", 5, 5)
    assert "payment-svc" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_what_is_pinned_names_no_source() -> None:
    """The constraints are names and exact versions; where packages come from is each machine's own affair."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!-]+| *#.*", line) for line in lines)
