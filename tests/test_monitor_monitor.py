"""The commands in a pipe, as scripts use them: real runs, exit statuses, nothing hidden in what is printed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from monitor_samples import HOSTILE, HOSTILE_SHOWN, looking, running, until, write_run

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartServer


def monitor(sessions_dir: Path | str, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line with a pipe for its input and output."""
    command = [sys.executable, "-m", "logdebug.cli", "monitor", str(sessions_dir), *words]
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=60, check=False)


def listed(sessions_dir: Path) -> list[dict[str, Any]]:
    """Give what `ps --json` says of the incidents."""
    found = json.loads(monitor(sessions_dir, "ps", "--json").stdout)["incidents"]
    assert isinstance(found, list)
    return found


def test_a_run_from_its_beginning_to_its_end(tmp_path: Path, server: StartServer) -> None:
    """A run in another process is listed, directed, cut by one incident, and shown when it is over."""
    slow = server(looking(8), latency_seconds=1.0)
    sessions = tmp_path / "sessions"
    with running(slow.base_url, sessions, "payment-svc", HOSTILE, "cart") as process:
        until(lambda: slow.in_flight == 3)
        rows = listed(sessions)
        assert [(row["service"], row["state"]) for row in rows] == [
            ("payment-svc", "working"),
            (HOSTILE, "working"),
            ("cart", "working"),
        ]
        assert monitor(sessions, "pause", "all").returncode == 0  # however slow this machine is
        done = monitor(sessions, "directive", "pay", "look", "at", "db-1", "first")
        assert (done.returncode, "before its next turn" in done.stdout) == (0, True)
        done = monitor(sessions, "cancel", "etl")
        assert (done.returncode, done.stdout.split()[0]) == (0, HOSTILE_SHOWN)
        assert done.stdout.rstrip().endswith("cancelled")
        assert monitor(sessions, "resume").returncode == 0
        assert process.wait(40) == 0
    assert [row["state"] for row in listed(sessions)] == ["done", "cancelled", "done"]
    told = [str(request.messages) for request in slow.requests if request.turn > 0]
    assert any("look at db-1 first" in text for text in told)
    shown = monitor(sessions, "show", "payment-svc")
    assert "✓ app.log:2  connection to db-1:5432 refused" in shown.stdout
    assert json.loads(monitor(sessions, "show", "cart", "--json").stdout)["root_cause"]
    watched = monitor(sessions, "watch", "pay", "--start").stdout
    assert "directed  look at db-1 first" in watched
    assert watched.count("searched for") == 8
    report = json.loads(next(sessions.glob("report-of-*.json")).read_text())
    assert (report["diagnosed"], report["failed"]) == (2, 1)
    assert "in a monitor while this incident was worked on" in report["errors"][0]["message"]


def test_two_runs_at_once(tmp_path: Path, server: StartServer) -> None:
    """Of two runs with the same services, an order reaches the one that is named, and nothing is guessed."""
    slow = server(looking(0), latency_seconds=60)
    sessions = tmp_path / "sessions"
    with ExitStack() as both:
        for _ in range(2):
            both.enter_context(running(slow.base_url, sessions, "shop", "shop", "cart"))
        until(lambda: slow.in_flight == 6)
        for words in (("cancel", "shop"), ("cancel", "cart"), ("cancel", "all"), ("watch", "1"), ("pause",)):
            refused = monitor(sessions, *words)
            assert refused.returncode == 2
            assert "several" in refused.stderr
        rows = listed(sessions)
        wanted = rows[1]["id"]
        assert monitor(sessions, "cancel", wanted).returncode == 0
        assert {row["id"] for row in listed(sessions) if row["state"] == "cancelled"} == {wanted}
        second = rows[3]["id"].partition("/")[0]
        assert monitor(sessions, "cancel", f"{second}/all").returncode == 0
        states = [row["state"] for row in listed(sessions)]
        assert states == ["working", "cancelled", "working", "cancelled", "cancelled", "cancelled"]


def test_pause_and_resume_without_a_service(tmp_path: Path, server: StartServer) -> None:
    """`pause` and `resume` alone mean all of the one run that goes on."""
    quick = server(looking(12), latency_seconds=0.5)
    sessions = tmp_path / "sessions"
    with running(quick.base_url, sessions, "shop", "cart", "web", concurrency=2):
        until(lambda: quick.in_flight == 2)
        assert monitor(sessions, "pause").returncode == 0
        assert [row["state"] for row in listed(sessions)] == ["paused"] * 3
        until(lambda: quick.in_flight == 0)
        asked = quick.request_count
        time.sleep(0.5)
        assert quick.request_count == asked
        assert monitor(sessions, "resume").returncode == 0
        until(lambda: quick.request_count > asked)


def test_a_dead_run_takes_no_orders(tmp_path: Path, server: StartServer) -> None:
    """After kill -9 the run is shown as dead, with what each incident did last, and orders to it fail."""
    slow = server(looking(0), latency_seconds=20)
    sessions = tmp_path / "sessions"
    with running(slow.base_url, sessions, "shop") as process:
        until(lambda: slow.in_flight == 1)
        process.kill()
        process.wait()
    shown = monitor(sessions, "ps").stdout
    assert "dead: its process" in shown
    assert "its process is gone; last: thinking (turn 1)" in shown
    refused = monitor(sessions, "cancel", "shop")
    assert (refused.returncode, "is dead: its process is gone" in refused.stderr) == (1, True)
    watched = monitor(sessions, "watch", "shop")
    assert (watched.returncode, "dead: its process is gone" in watched.stdout) == (0, True)


def test_lines_in_a_pipe(tmp_path: Path) -> None:
    """Commands that come in a pipe are done one after the other; one that is wrong doesn't stop those after it."""
    write_run(tmp_path, "shop", HOSTILE)
    done = monitor(tmp_path, typed="ps\ndance\nhelp\nquit\nps\n")
    assert done.stdout.count("abc123 live") == 1
    assert "directive SERVICE|all TEXT" in done.stdout
    assert "no command is called 'dance'" in done.stderr
    assert done.returncode == 1
    assert (done.stdout + done.stderr).replace("\n", "").isprintable()


def test_wrong_usage(tmp_path: Path) -> None:
    """What isn't clear is said on standard error, with exit status 2."""
    write_run(tmp_path, "shop")
    for words, said in {
        ("dance",): "no command is called 'dance'",
        ("p",): "may mean ps or pause",
        ("ps", "--dance"): "no option --dance",
        ("ps", "nobody"): "is no service, no run, and no state",
        ("show", "nobody\x1b[2J"): "no incident is called 'nobody'",
        ("cancel",): "something is missing",
    }.items():
        done = monitor(tmp_path, *words)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
        assert done.stdout == ""
        assert "\x1b" not in done.stderr
    assert "is no directory" in monitor(tmp_path / "nowhere", "ps").stderr


def test_no_runs_yet(tmp_path: Path) -> None:
    """An empty directory has no runs, and that is no error."""
    done = monitor(tmp_path, "ps")
    assert (done.returncode, "no runs in" in done.stdout) == (0, True)
    assert json.loads(monitor(tmp_path, "ps", "--json").stdout) == {"runs": [], "incidents": []}


def test_filters_of_ps(tmp_path: Path) -> None:
    """`ps` takes a state, the beginning of a service, or a run."""
    write_run(tmp_path, "shop", "cart")
    write_run(tmp_path, "web", run_id="20261118T090000-def456")
    done = json.loads(monitor(tmp_path, "ps", "sh", "--json").stdout)
    assert [row["service"] for row in done["incidents"]] == ["shop"]
    done = json.loads(monitor(tmp_path, "ps", "def", "--json").stdout)
    assert [row["service"] for row in done["incidents"]] == ["web"]
    done = json.loads(monitor(tmp_path, "ps", "failed", "--json").stdout)
    assert done["incidents"] == []
