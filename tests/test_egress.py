"""The process speaks to the configured endpoint and to nobody else, and the key to it is shown nowhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT
from scripted_server import faults as scripted
from scripted_server import submit, text, tool_call, turns

from logdebug.agent.limits import Limits
from logdebug.run.dispatch import investigate_sync

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartServer, WriteCase
    from scripted_server import ChatRequest, ScriptedServer

KEY = "sk-proj-" + "Zq7" * 40
LOG = ["2026-11-22 08:00:00 INFO start", "2026-11-22 08:00:05 ERROR no space left on device"]
FOUND = submit(
    category="disk_full",
    severity="high",
    evidence=[{"quote": LOG[1], "file": "app.log", "line": 2}],
    status="diagnosed",
)

# What an audit hook sees is told on standard error; what it can't see (C code), strace does.
WHOLE_RUN = r"""
import socket, sys
def watch(event, args):
    if event == "socket.connect" and args[0].family != socket.AF_UNIX:
        print("CONNECT", args[1][0], args[1][1], file=sys.stderr)
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        print("LOOKUP", args[0], file=sys.stderr)
sys.addaudithook(watch)
import logdebug as ld
directory, out = sys.argv[1:3]
for name in ld.__all__:
    getattr(ld, name)
report = ld.investigate_sync([(directory, "app.log", "shop")], model="any-model", progress=False, cache="off")
assert report.reports[0].status == "diagnosed", report
report.save(f"{out}/report.json"); report.to_html(f"{out}/report.html"); report.to_markdown(f"{out}/report.md")
report.to_csv(f"{out}/report.csv"); report.plot.severity().figure.savefig(f"{out}/chart.svg"); report._repr_html_()
report.correlate(); report.to_df(); ld.open_log(f"{directory}/app.log").overview()
"""
A_KERNEL = """
import sys, nbformat
from nbclient import NotebookClient
code = "import logdebug as ld; await ld.investigate(ld.demo_incidents()[:2], model='offline')"
cell = nbformat.v4.new_code_cell(code)
NotebookClient(nbformat.v4.new_notebook(cells=[cell]), timeout=100, kernel_name="python3").execute()
"""


def endpoints(trace: str) -> set[tuple[str, int]]:
    """Give the internet addresses that a trace shows to have been connected or sent to."""
    found = set()
    for line in trace.splitlines():
        if "sa_family=AF_INET" in line and re.search(r"\b(?:connect|sendto|sendmsg|sendmmsg)\(", line):
            port = re.search(r"htons\((\d+)\)", line)
            address = re.search(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"', line)
            found.add(((address[1] or address[2]) if address else "?", int(port[1]) if port else 0))
    return found


def watched(
    program: str, *arguments: str | Path, environment: dict[str, str], trace: Path
) -> tuple[str, set[tuple[str, int]]]:
    """Run a program and give what it says on standard error, and the addresses that strace saw."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed: apt-get install strace")
    # With a filter in the kernel nothing else that the program does is slowed down.
    command = [strace, "-f", "--seccomp-bpf", "-qq", "-e", "trace=network", "-o", str(trace), sys.executable, "-c"]
    done = subprocess.run(
        [*command, program, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    if "ptrace" in done.stderr and done.returncode:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr, endpoints(trace.read_text(errors="replace"))


@pytest.mark.slow
def test_a_whole_run_speaks_to_the_endpoint_alone(server: StartServer, case_dir: WriteCase, tmp_path: Path) -> None:
    """Imports, a run, every export and a chart connect to the one server, and look up no name but its own."""
    running = server(turns([tool_call("read_lines", first=1), FOUND]))
    incident = case_dir(LOG)
    (tmp_path / "out").mkdir()
    settings = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": running.base_url,
        "LOGDEBUG_SESSIONS_DIR": str(tmp_path / "s"),
    }
    told, seen = watched(
        WHOLE_RUN, incident.working_dir, tmp_path / "out", environment=settings, trace=tmp_path / "trace"
    )
    assert seen == {("127.0.0.1", running.port)}
    assert set(re.findall(r"CONNECT (.*)", told)) == {f"127.0.0.1 {running.port}"}
    assert set(re.findall(r"LOOKUP (.*)", told)) <= {"127.0.0.1", "b'127.0.0.1'"}
    assert running.request_count >= 2
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or path.name == "trace" or KEY.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_a_kernel_stays_on_this_machine(tmp_path: Path) -> None:
    """A notebook's kernel speaks to its client on loopback, and the offline analyst to nobody."""
    _, seen = watched(A_KERNEL, environment={}, trace=tmp_path / "trace")
    assert {address for address, _ in seen} <= {"127.0.0.1", "::1"}
    assert not {port for _, port in seen} & {53, 80, 443}


def test_a_server_can_not_send_the_log_elsewhere(
    server: StartServer, case_dir: WriteCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirect is an error: what is said to one server goes to no other."""
    other = server(turns([FOUND]))
    elsewhere = ("location", f"{other.base_url}/chat/completions")
    first = server(lambda _: scripted.error("moved", 307, {"detail": "elsewhere"}, elsewhere))
    message = failing_run(first, case_dir(LOG), monkeypatch)
    assert other.request_count == 0
    assert "307" in message


def failing_run(running: ScriptedServer, incident: object, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run one incident against a server and give the message of its failure."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
    report = investigate_sync([incident], model="any-model", limits=Limits(retries=0), cache="off")  # type: ignore[list-item]
    assert report.errors, report
    return report.errors[0].message


def echo(request: ChatRequest) -> str:
    """Give what a server says that sends back what it was sent."""
    return f"you sent {request.headers['authorization']}"


ECHOES = {
    "bad request": lambda request: scripted.openai_error("echo", 400, echo(request), code=echo(request)),
    "not authorised": lambda request: scripted.openai_error("echo", 401, echo(request)),
    "no json": lambda request: scripted.error("echo", 500, {"detail": [echo(request)]}),
    "words": lambda request: text(echo(request)),
    "a call": lambda request: tool_call("search", pattern=echo(request)),
    "a path": lambda request: tool_call("read_lines", file=echo(request), first=1),
    "an answer": lambda request: submit(
        root_cause=echo(request), recommendation=echo(request), evidence=[{"quote": LOG[1], "file": None, "line": 2}]
    ),
}

ECHOED = r"""
import asyncio, sys, traceback
import logdebug as ld
from rich.console import Console
from rich.traceback import Traceback
from IPython.core.ultratb import VerboseTB
from logdebug.agent.messages import Message, Request
from logdebug.agent.models import OpenAIModel
from logdebug.settings import Settings
directory, out, *addresses = sys.argv[1:]
limits = ld.Limits(retries=0, turns=4)
settings = Settings.load()
print(settings)
def show():
    print(traceback.format_exc())
    print(VerboseTB(theme_name="nocolor").text(*sys.exc_info()))
    shown = Traceback(show_locals=True, locals_max_string=None, locals_max_length=None)
    Console(file=sys.stdout, width=500).print(shown)
def model_at(address):
    return OpenAIModel("m", api_key=settings.key_for("m"), base_url=address)
def ask(address):
    model = model_at(address)
    print(model, vars(model))
    return asyncio.run(model.ask(Request((Message("user", "x"),))))
for address in addresses:
    try:
        report = ld.investigate_sync(
            [(directory, "app.log", "shop")], model=model_at(address), limits=limits, cache="off", progress=False
        )
        report.save(f"{out}/report.json"); report.to_html(f"{out}/report.html"); print(report, report._repr_html_())
    except ld.LogdebugError:
        show()
for address in (*addresses, "http://127.0.0.1:9", "http://[bad", "nonsense://x"):
    try:
        print(ask(address))
    except Exception:
        show()
"""


@pytest.mark.slow
def test_the_key_is_shown_nowhere(server: StartServer, case_dir: WriteCase, tmp_path: Path) -> None:
    """Whatever a server sends back, the key is in no trace, report, output, error, repr, or traceback with locals."""
    servers = [server(reply) for reply in ECHOES.values()]
    incident = case_dir(LOG)
    (tmp_path / "out").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": KEY}
    done = subprocess.run(
        [
            *(sys.executable, "-c", ECHOED, str(incident.working_dir), str(tmp_path / "out")),
            *(running.base_url for running in servers),
        ],
        env={**environment, "LOGDEBUG_SESSIONS_DIR": str(tmp_path / "sessions"), "OPENAI_LOG": "debug"},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("Traceback") >= 5
    parts = (KEY, KEY[:40])  # what is cut is no less of a leak
    assert not any(part in told for part in parts for told in (done.stdout, done.stderr))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "trace.jsonl" for path in written)
    for path in written:
        assert not any(part.encode() in path.read_bytes() for part in parts), path
    for running in servers:
        assert any(KEY in request.headers["authorization"] for request in running.requests), "the key was never sent"
