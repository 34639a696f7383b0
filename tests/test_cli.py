"""The command line, run as its users run it: in a process of its own, piped and on a terminal."""

from __future__ import annotations

import csv
import importlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from argparse import Namespace
from contextlib import suppress
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING
from urllib.error import URLError

import pytest
from evaluation_samples import write_case
from monitor_samples import until
from scripted_server import Fault, submit, tool_call, turns

import logdebug as ld
from logdebug.cli import main
from logdebug.cli.lab import copy_material, lab
from logdebug.evaluation.scores import Scores
from logdebug.report.history.demonstration import demo_history
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
        (["report", "none.json", "--to", "html"], "none.json can't be read"),
        (["report", "none.json"], "--to"),
        (["report", "none.json", "--to", "pdf"], "invalid choice"),
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
    over = threading.Event()

    def script(request: object) -> object:
        if "'slow'" in request.opening:  # type: ignore[attr-defined]
            over.wait(60)  # the server serves one at a time: the slow one is the second
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
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)  # while the server still thinks about the second
    over.set()
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


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Diagnose the five samples offline and save the report; give its path."""
    path = tmp_path_factory.mktemp("saved") / "report.json"
    ld.investigate_sync(ld.demo_incidents(), model="offline", progress=False).save(path)
    return path


@pytest.mark.parametrize(
    ("to", "written", "holds"),
    [
        ("html", "report.html", "<!DOCTYPE html>"),
        ("md", "report.md", "# Incident report"),
        ("csv", "report.csv", "\ufeffservice,status,severity"),
        ("notebook", "report.ipynb", '"nbformat": 4'),
    ],
)
def test_report_is_written_beside_it(saved: Path, to: str, written: str, holds: str) -> None:
    """`report FILE --to FORMAT` writes a file named after the report, says where, and exits with 0."""
    done = logdebug("report", "report.json", "--to", to, cwd=saved.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Written: {saved.parent / written}\n"
    assert holds in (saved.parent / written).read_text(encoding="utf-8")


def test_report_of_one_service_to_standard_output(saved: Path, tmp_path: Path) -> None:
    """`--service` leaves out the others, `--output -` writes nothing but the export to standard output."""
    arguments = ["report", str(saved), "--to", "csv", "--service", "auth-svc", "--output", "-"]
    done = logdebug(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(StringIO(done.stdout)))
    assert [row["service"] for row in rows] == ["auth-svc"]
    assert not list(tmp_path.iterdir())
    done = logdebug("report", str(saved), "--to", "md", "--service", "auth-svc", "--output", "o.md", cwd=tmp_path)
    assert done.stdout == "Written: o.md\n"
    text = (tmp_path / "o.md").read_text(encoding="utf-8")
    assert "1 incident: 1 diagnosed" in text
    assert "api-gw" not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "html", "--service", "ghost"], "no service 'ghost' in this report; it has api-gw, auth-svc"),
        (["--to", "postmortem"], "a postmortem is about one service: name one of api-gw"),
        (["--to", "md", "--history", "none.db"], "there is no history none.db"),
        (["--to", "html", "--output", "no/such/place.html"], "make it first"),
        (["--to", "html", "--output", "."], "is a directory"),
        (["--to", "notebook", "--show-secrets"], "--show-secrets is for html, md and csv; a notebook reads"),
        (["--to", "postmortem", "--show-secrets"], "--show-secrets is for html, md and csv; a postmortem reads"),
    ],
)
def test_report_names_input_and_remedy(saved: Path, arguments: list[str], said: str, tmp_path: Path) -> None:
    """What can't be exported is told with the remedy, as wrong usage, and nothing is written."""
    done = logdebug("report", str(saved), *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


LEAKY = [*LOG[:1], "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused: password=Hunter22xyz!"]


def test_redaction_is_on_unless_it_is_switched_off(case_dir: WriteCase, tmp_path: Path) -> None:
    """A report hides secrets, and `--show-secrets` shows them; of `--no-redaction` report and exports say so."""
    command = ("run", "--incident", str(case_dir(LEAKY)), "--model", "offline", "--sessions-dir", "s", "--output")
    hidden = logdebug(*command, "hidden.json", cwd=tmp_path)
    plain = logdebug(*command, "plain.json", "--no-redaction", cwd=tmp_path)
    assert (hidden.returncode, plain.returncode) == (0, 0), hidden.stderr + plain.stderr
    assert "Hunter22xyz!" not in (tmp_path / "hidden.json").read_text(encoding="utf-8")
    assert "Hunter22xyz!" in (tmp_path / "plain.json").read_text(encoding="utf-8")
    assert (Report.load(tmp_path / "hidden.json").redacted, Report.load(tmp_path / "plain.json").redacted) == (
        True,
        False,
    )
    exported = {
        arguments: logdebug("report", *arguments, "--to", "md", "--output", "-", cwd=tmp_path).stdout
        for arguments in [("hidden.json",), ("hidden.json", "--show-secrets"), ("plain.json",)]
    }
    assert ["Hunter22xyz!" in text for text in exported.values()] == [False, True, False]
    assert ["Redaction was off" in text for text in exported.values()] == [False, False, True]


def test_rules_of_ones_own_are_used(case_dir: WriteCase, tmp_path: Path) -> None:
    """`--redaction FILE` hides what a file of rules names, besides the secrets that are hidden anyway."""
    (tmp_path / "own.toml").write_text(
        '[[rule]]\nid = "hosts"\nkind = "host"\npattern = "(db-[0-9])"\nmatch = "db-1"\nnear_miss = "db"\n',
        encoding="utf-8",
    )
    command = ("run", "--incident", str(case_dir(LEAKY)), "--model", "offline", "--sessions-dir", "s", "--redaction")
    done = logdebug(*command, "own.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = (tmp_path / "debug_report.json").read_text(encoding="utf-8")
    assert "‹secret:host:1›" in told
    assert not [secret for secret in ("db-1", "Hunter22xyz!") if secret in told]
    refused = logdebug(*command, "none.toml", cwd=tmp_path)
    assert refused.returncode != 0
    assert "redaction rules none.toml can't be read" in refused.stderr


def test_report_says_what_was_seen_before(saved: Path, tmp_path: Path) -> None:
    """With `--history` an export says when an incident was seen before."""
    demo_history(Report.load(saved), tmp_path / "h.db")
    done = logdebug("report", str(saved), "--to", "md", "--history", "h.db", "--output", "-", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Seen before on 2026-11-04 in etl-daily" in done.stdout


def test_a_report_named_like_its_export_is_not_written_over(saved: Path, tmp_path: Path) -> None:
    """A report in a file called `r.html` is still there after `--to html`."""
    (tmp_path / "r.html").write_bytes(saved.read_bytes())
    done = logdebug("report", "r.html", "--to", "html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "r.html").read_bytes() == saved.read_bytes()
    assert (tmp_path / "r-report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_hostile_service_names_no_path(saved: Path, tmp_path: Path) -> None:
    """A service's name can't lead the output out of the report's directory."""
    report = Report.load(saved)
    (tmp_path / "in").mkdir()
    replace(report, reports=(replace(report[0], service="../../evil name"),)).save(tmp_path / "in" / "r.json")
    done = logdebug("report", "in/r.json", "--to", "md", "--service", "../../evil name", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"r.json", "r-evil-name.md"}


def test_lab_opens_the_notebooks(tmp_path: Path) -> None:
    """`lab DIR -- OPTIONS` copies notebooks and samples, and starts JupyterLab there with the options."""
    log = (tmp_path / "log").open("w+")
    options = ["--no-browser", "--port=0", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token="]
    process = subprocess.Popen([*COMMAND, "lab", "mine", "--", *options], cwd=tmp_path, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 90
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", (tmp_path / "log").read_text())):
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.3)
        listed: set[str] = set()
        while not listed:  # it says where it listens before it does
            assert time.monotonic() < deadline
            with suppress(URLError), urllib.request.urlopen(f"{found[0]}/api/contents", timeout=20) as answer:
                listed = {entry["name"] for entry in json.load(answer)["content"]}
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        log.close()
    assert {"01_incident_review.ipynb", "02_postmortem.ipynb", "03_failure_categories.ipynb", "sample_logs"} <= listed
    assert (tmp_path / "mine" / "sample_logs" / "payment-svc" / "payment-svc.log").is_file()
    assert re.search(r"^mine: \d+ files copied, 0 were there already$", (tmp_path / "log").read_text(), re.MULTILINE)


def test_lab_asks_nobody_for_news(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """JupyterLab is started with its news and its look for updates off, by names that it has."""
    from jupyterlab.labapp import LabApp

    started: list[str] = []
    monkeypatch.setattr("logdebug.cli.lab.os.execv", lambda _, command: started.extend(command))
    monkeypatch.chdir(tmp_path)
    lab(Namespace(directory="lab", jupyter=["--port=1"]))
    assert {"--LabApp.news_url=None", "--port=1"} <= set(started)
    assert {"news_url", "check_for_updates_class"} <= set(LabApp.class_trait_names())
    [checker] = [option.partition("=")[2] for option in started if "check_for_updates_class" in option]
    module, _, name = checker.rpartition(".")
    assert hasattr(importlib.import_module(module), name)


def test_lab_keeps_what_is_there(tmp_path: Path) -> None:
    """A notebook that was changed is kept, and named; what is as it ships is not copied again."""
    first = copy_material(tmp_path / "mine")
    assert (first.same, first.kept) == ((), ())
    assert "01_incident_review.ipynb" in first.copied
    (tmp_path / "mine" / "01_incident_review.ipynb").write_text("mine")
    (tmp_path / "mine" / "02_postmortem.ipynb").unlink()
    second = copy_material(tmp_path / "mine")
    assert second.kept == ("01_incident_review.ipynb",)
    assert second.copied == ("02_postmortem.ipynb",)
    assert len(second.same) == len(first.copied) - 2
    assert (tmp_path / "mine" / "01_incident_review.ipynb").read_text() == "mine"


def test_lab_says_where_it_can_t_write(tmp_path: Path) -> None:
    """A directory that can't be filled is wrong usage, told with the remedy."""
    (tmp_path / "file").write_text("")
    done = logdebug("lab", "file", cwd=tmp_path)
    assert done.returncode == 2
    assert "name another directory" in done.stderr
    assert "Traceback" not in done.stderr


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


def test_a_killed_run_is_gone_on_with(
    tmp_path: Path, case_dir: WriteCase, server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--resume` goes on with a run whose process was killed, with its limits, and asks for nothing twice."""
    running = server(turns([tool_call("search", pattern="refused")] * 2 + [GROUNDED]), latency_seconds=0.4)
    monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    place = ("--sessions-dir", str(tmp_path / "s"))
    killed = subprocess.Popen(
        [*COMMAND, "run", "--incident", str(case_dir(LOG)), "--max-turns", "9", "--max-run-tokens", "90000", *place],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: running.request_count == 2)
    killed.kill()
    killed.wait()
    running.latency_seconds = 0.0
    [run] = (tmp_path / "s").glob("2*")
    about = json.loads((run / "run.json").read_text())
    assert (about["limits"]["turns"], about["run_limits"]["tokens"]) == (9, 90_000)
    gone_on = logdebug("run", "--resume", run.name, *place, cwd=tmp_path)
    assert (gone_on.returncode, running.request_count) == (0, 4), gone_on.stderr
    report = Report.load(tmp_path / "debug_report.json")
    assert (report.run_id, report.usage.turns) == (run.name, 3)
    again = logdebug("run", "--resume", "nothing", *place, cwd=tmp_path)
    assert again.returncode == 1
    assert "there is no run 'nothing'" in again.stderr


def test_what_is_known_is_said_to_be_free(
    tmp_path: Path, case_dir: WriteCase, server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run of an incident that hasn't changed says from which session it is; `--cache off` asks."""
    running = server(turns([GROUNDED]))
    monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    command = ("run", "--incident", str(case_dir(LOG)), "--sessions-dir", str(tmp_path / "s"))
    first = logdebug(*command, cwd=tmp_path)
    assert (first.returncode, running.request_count) == (0, 1), first.stderr
    session = Report.load(tmp_path / "debug_report.json")[0].session
    again = logdebug(*command, cwd=tmp_path)
    assert running.request_count == 1
    assert f"(from {session}, $0)" in again.stderr
    assert f"from {session}, $0" in again.stdout
    logdebug(*command, "--cache", "off", cwd=tmp_path)
    assert running.request_count == 2


@pytest.mark.parametrize("option", ["--max-turns", "--max-run-usd"])
def test_a_limit_that_nothing_could_keep_is_refused(tmp_path: Path, option: str) -> None:
    """A limit of nothing is wrong usage, and said before anything is done."""
    refused = logdebug("run", "--demo", option, "0", cwd=tmp_path)
    assert refused.returncode == 2
    assert option.rpartition("-")[2] in refused.stderr
    assert not (tmp_path / "debug_report.json").exists()


def test_a_run_is_replayed_with_another_model(
    tmp_path: Path, case_dir: WriteCase, server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`logdebug replay` asks another model over what was recorded, and tells what changed, as a table and as CSV."""
    other = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}], severity="low")
    running = server(
        lambda request: turns(
            [tool_call("search", pattern="refused"), GROUNDED if request.body["model"] == "one" else other]
        )(request)
    )
    monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    place = ("--sessions-dir", str(tmp_path / "s"))
    first = logdebug("run", "--incident", str(case_dir(LOG)), "--model", "one", *place, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    run = Report.load(tmp_path / "debug_report.json").run_id
    (tmp_path / "brief.md").write_text("Be brief.", encoding="utf-8")
    options = ("--model", "two", "--prompt", "brief.md", "--csv", "changed.csv", "--max-turns", "5")
    done = logdebug("replay", run, *options, *place, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{run} again: one → two, another prompt: 1 of 1 changed" in done.stdout
    assert "1 answered as recorded" in done.stdout
    [row] = csv.DictReader(StringIO((tmp_path / "changed.csv").read_text(encoding="utf-8")))
    assert (row["severity_before"], row["severity_after"], row["calls_recorded"]) == ("high", "low", "1")
    assert running.requests[-1].messages[0]["content"] == "Be brief."
    missing = logdebug("replay", "nothing", *place, "--model", "two", cwd=tmp_path)
    assert (missing.returncode, "there is no run 'nothing'" in missing.stderr) == (1, True)
