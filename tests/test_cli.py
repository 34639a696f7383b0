"""The command line, run as its users run it: in a process of its own, piped and on a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from evaluation_samples import write_case
from scripted_server import Fault, submit, turns

from logdebug.cli import main
from logdebug.evaluation.scores import Scores
from logdebug.report.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartServer, WriteCase

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])
COMMAND = [sys.executable, "-m", "logdebug.cli"]


def logdebug(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process, its output piped."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_demo_writes_report_page_and_table(tmp_path: Path) -> None:
    """`run --demo` needs no key and gives the JSON, the page, a table of five rows, and exit status 0."""
    done = logdebug("run", "--demo", "--output", "r.json", "--html", "r.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = Report.load(tmp_path / "r.json")
    assert sorted(report.summary.services_affected) == [
        "api-gw",
        "auth-svc",
        "etl-daily",
        "notif-worker",
        "payment-svc",
    ]
    assert (tmp_path / "r.html").read_text().lower().startswith("<!doctype html>")
    for service in report.summary.services_affected:
        assert service in done.stdout
    assert "offline analyst" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_some_failed_is_exit_status_1(case_dir: WriteCase, tmp_path: Path) -> None:
    """A bad incident among good ones is told and gives exit status 1; the report holds both."""
    good = case_dir(LOG)
    done = logdebug("run", "--incident", str(good), "--incident", "/nowhere:a.log:ghost", cwd=tmp_path)
    assert done.returncode == 1
    assert "/nowhere does not exist" in done.stderr
    assert json.loads((tmp_path / "debug_report.json").read_text())["failed"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "--demo"),
        (["run", "--incident", "a:b"], "DIR:LOGFILE:SERVICE"),
        (["run", "--incident", "/nowhere:a:b"], "/nowhere does not exist"),
        (["run", "--incidents", "none.csv"], "none.csv does not exist"),
        (["run", "--find", "nowhere"], "nowhere is not a directory"),
        (["run", "--demo", "--model", "gpt-5-mini"], "OPENAI_API_KEY"),
        (["run", "--demo", "--output", "no/such/place.json"], "make it first"),
        (["run", "--demo", "--max-concurrency", "0"], "max_concurrency"),
        (["run", "--demo", "--max-concurrency", "many"], "invalid int value"),
        (["eval"], "--demo"),
        (["eval", "nowhere"], "nowhere is no directory"),
        (["eval", "--demo", "--model", "gpt-5-mini"], "OPENAI_API_KEY"),
        (["eval", "--demo", "--model", "tail", "--model", "tail"], "two analysts are called"),
        (["eval", "--demo", "--max-concurrency", "0"], "max_concurrency"),
        (["fly"], "invalid choice"),
    ],
)
def test_wrong_usage_is_exit_status_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    """Wrong usage names what was wrong and the remedy on standard error, with no traceback, and writes no report."""
    done = logdebug(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.json"))


def test_incidents_add_up(case_dir: WriteCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Incidents of files, directories and arguments are investigated in one run."""
    incident = case_dir(LOG)
    (tmp_path / "list.csv").write_text(f"working_dir,log_file,service\n{incident.working_dir},app.log,listed\n")
    arguments = ["--incident", str(incident), "--incidents", str(tmp_path / "list.csv"), "--find", str(tmp_path)]
    assert main(["run", *arguments, "--model", "offline", "--output", str(tmp_path / "out.json")]) == 0
    assert [each.service for each in Report.load(tmp_path / "out.json")] == ["shop", "listed", "shop"]
    assert "listed" in capsys.readouterr().out


def test_interrupt_writes_what_was_finished(
    server: StartServer, case_dir: WriteCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends the run at once, without a traceback, and the report holds the finished incidents."""
    sound = turns([GROUNDED])

    def script(request: object) -> object:
        if "'slow'" in request.opening:  # type: ignore[attr-defined]
            time.sleep(2)  # the server serves one at a time: the slow one is the second
        return sound(request)  # type: ignore[arg-type]

    running = server(script)  # type: ignore[arg-type]
    monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
    arguments = ["--incident", str(case_dir(LOG, service="quick")), "--incident", str(case_dir(LOG, service="slow"))]
    process = subprocess.Popen(
        [*COMMAND, "run", *arguments, "--model", "m", "--max-concurrency", "1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("slow: started"):
            break
    time.sleep(0.3)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert time.monotonic() - began < 2
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "Cancelled" in out
    report = Report.load(tmp_path / "debug_report.json")
    assert [each.service for each in report] == ["quick"]
    assert [(each.service, each.error) for each in report.errors] == [("slow", "cancelled")]


def test_terminal_shows_live_rows(case_dir: WriteCase, tmp_path: Path) -> None:
    """On a terminal each incident has its row while the run goes on, and hostile log text moves no cursor."""
    hostile = case_dir(
        ["2026-11-18 09:00:00 FATAL \x1b[2J\x1b]0;owned\x07 No space left on device"], service="ev\x1b[31mil"
    )
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    process = subprocess.Popen(
        [*COMMAND, "run", "--incident", str(hostile), "--model", "offline"],
        cwd=tmp_path,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
    )
    os.close(slave)
    shown = _drain(master)
    assert process.wait(timeout=20) == 0
    assert "1 of 1 diagnosed" in shown
    assert "evil" in re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "\x1b[2J" not in shown
    assert "\x1b]0;" not in shown


def test_eval_demo_writes_scores_and_table(tmp_path: Path) -> None:
    """`eval --demo` needs no key: the scores of the embedded analyst and of both baselines, and exit status 0."""
    done = logdebug("eval", "--demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    scores = Scores.load(tmp_path / "scores.json")
    assert (scores.analysts, len(scores.cases)) == (("offline", "tail", "grep"), 5)
    assert "status and category (n = 5)" in done.stdout
    assert "offline: auth-svc: right" in done.stderr
    assert "Written: scores.json" in done.stdout


def test_eval_compares_models(server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`eval DIR --model M --model M2` asks each model; cases without a diagnosis are told, and are exit status 1."""
    monkeypatch.setenv("OPENAI_BASE_URL", server(turns([GROUNDED])).base_url)
    write_case(tmp_path / "cases" / "ev\x1b[2Jil", LOG, root_line=[2])
    arguments = ["eval", str(tmp_path / "cases"), "--model", "m", "--model", "offline", "--no-baselines"]
    done = logdebug(*arguments, "--output", "s.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    [asked, embedded] = Scores.load(tmp_path / "s.json").grades
    assert (asked.analyst, asked.usage.turns, asked.root_line_cited) == ("m", 1, True)
    assert (embedded.analyst, embedded.right) == ("offline", True)
    monkeypatch.setenv("OPENAI_BASE_URL", server(lambda _: Fault("refused", status=404, body=b"{}")).base_url)
    failed = logdebug(*arguments, "--output", "s.json", cwd=tmp_path)
    assert failed.returncode == 1
    assert Scores.load(tmp_path / "s.json").failed == 1


def test_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    """`logdebug run … | head -1` ends without a traceback."""
    done = subprocess.run(
        f"{sys.executable} -m logdebug.cli run --demo --model offline | head -1",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_help_is_light() -> None:
    """`--help` imports nothing heavy."""
    code = (
        "import contextlib, sys; from logdebug.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"pandas", "matplotlib", "openai", "pydantic", "rich", "IPython", "asyncio"}


def _drain(master: int) -> str:
    """Read a terminal until its other side is closed."""
    shown = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 1)[0]:
            continue
        try:
            got = os.read(master, 65536)
        except OSError:  # EIO: the other side is closed
            break
        if not got:
            break
        shown += got
    os.close(master)
    return shown.decode(errors="replace")
