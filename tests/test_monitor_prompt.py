"""The monitor on a real terminal: a prompt with completion and history, and Ctrl-C that leaves the agents alone."""

from __future__ import annotations

import os
import re
import stat
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from monitor_samples import HOSTILE, HOSTILE_SHOWN, looking, running, until, write_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import StartServer

_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[=>()][0B]?")
PROMPT = "logdebug>"


@contextmanager
def terminal(sessions_dir: Path, *, columns: int = 100) -> Iterator[Any]:
    """Open the monitor on a terminal of its own; it has said its greeting."""
    command = ["-m", "logdebug.cli", "monitor", str(sessions_dir)]
    # Nobody answers here where the cursor is.
    environment = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    child = pexpect.spawn(
        sys.executable, command, env=environment, dimensions=(40, columns), encoding="utf-8", timeout=20
    )
    try:
        child.expect_exact(PROMPT)
        yield child
    finally:
        child.close(force=True)


def said(child: Any, line: str, *, until_seen: str) -> str:
    """Type a line, wait until something is seen and the prompt is back, and give what is shown, without colours."""
    child.send(f"{line}\r")
    child.expect_exact(until_seen)
    shown = child.before + child.after
    child.expect_exact(PROMPT)
    return _SEQUENCES.sub("", shown)


def test_a_session(tmp_path: Path, server: StartServer) -> None:
    """Beginnings of commands and services serve; what isn't clear is said; quit leaves and the run goes on."""
    slow = server(looking(6), latency_seconds=2.0)
    sessions = tmp_path / "sessions"
    with running(slow.base_url, sessions, "payment-svc", "pay-db", HOSTILE) as process:
        until(lambda: slow.in_flight == 3)
        with terminal(sessions) as child:
            assert "payment-svc" in child.before
            assert "ps or pause" in said(child, "p", until_seen="type more of it")
            assert "several" in said(child, "cancel pay", until_seen="pay-db (working)")
            said(child, "d payment look at db-1 first", until_seen="will hear it before its next turn")
            said(child, "c pay-", until_seen="cancelled")
            shown = said(child, "ps", until_seen="1 cancelled")
            assert HOSTILE_SHOWN in shown
            child.send("q\r")
            child.expect(pexpect.EOF)
            assert "\x1b]0;" not in child.before
            child.close()
            assert child.exitstatus == 0
        assert process.poll() is None
        until(lambda: any("look at db-1 first" in str(request.messages) for request in slow.requests))


def test_ctrl_c_in_watch_leaves_the_agent_running(tmp_path: Path, server: StartServer) -> None:
    """Ctrl-C ends the watching and brings the prompt back; the agent comes to its diagnosis."""
    slow = server(looking(18), latency_seconds=1.0)
    sessions = tmp_path / "sessions"
    with running(slow.base_url, sessions, HOSTILE) as process:
        until(lambda: slow.in_flight == 1)
        with terminal(sessions, columns=80) as child:
            child.send("watch etl --start\r")
            child.expect_exact("turn 1")
            child.expect_exact("searched for")
            child.sendintr()
            child.expect_exact("the agent goes on")
            child.expect_exact(PROMPT)
            assert process.poll() is None
            slow.latency_seconds = 0.0
            said(child, "w 1", until_seen="dependency_failure")
            said(child, "show 1", until_seen="connection to db-1:5432 refused")
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("sh\tpay\t", "show payment-svc "),
        ("wa\tabc123/3\t--st\t", "watch abc123/3 --start"),
        ("di\ttwo\tlook there", 'directive "two words" look there'),
        ("can\tet\t", f"cancel {HOSTILE_SHOWN} "),
        ("show PAY\t", "show payment-svc "),
        ("cancel al\t", "cancel all "),
        ("dance\t\t", "dance"),
    ],
)
def test_tab_completes(tmp_path: Path, clean_environment: Path, typed: str, completed: str) -> None:
    """Tab completes commands, services, those of one name by their numbers, quotes where needed, and options."""
    _, chronicle = write_run(tmp_path, "payment-svc", "two words", "twin", "twin", HOSTILE)
    with terminal(tmp_path) as child:
        if typed.startswith("wa"):
            with chronicle:  # nothing is to be watched for long
                pass
        child.send(f"{typed}\r")
        until(lambda: bool(typed_lines(clean_environment)))
        child.expect_exact(PROMPT)
    assert typed_lines(clean_environment) == [completed]


def typed_lines(home: Path) -> list[str]:
    """Give the lines that were typed, as the history has them."""
    return [
        line[1:]
        for kept in home.rglob("monitor_history")
        for line in kept.read_text(encoding="utf-8").splitlines()
        if line.startswith("+")
    ]


def test_history_is_kept_for_this_user_alone(tmp_path: Path, clean_environment: Path) -> None:
    """The arrow brings back what was typed, also in a later session; nobody else may read it."""
    write_run(tmp_path, "payment-svc")
    with terminal(tmp_path) as child:
        said(child, "show payment-svc", until_seen="nothing is known of it yet")
        child.sendeof()
        child.expect(pexpect.EOF)
    with terminal(tmp_path) as child:
        said(child, "\x1b[A", until_seen="nothing is known of it yet")
    [kept] = clean_environment.rglob("monitor_history")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_ctrl_c_at_the_prompt_clears_the_line(tmp_path: Path) -> None:
    """Ctrl-C at the prompt does nothing but clear the line; Ctrl-D leaves."""
    write_run(tmp_path, "shop")
    with terminal(tmp_path) as child:
        child.send("cancel all")
        child.sendintr()
        child.expect_exact(PROMPT)
        assert "0 of 1 diagnosed" in said(child, "ps", until_seen="1 waiting")
        child.sendeof()
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0


@pytest.mark.parametrize("columns", [80, 140])
def test_it_fits_the_terminal(tmp_path: Path, columns: int) -> None:
    """What is listed fits the terminal's width, whatever the services are called."""
    write_run(tmp_path, *(f"service-with-a-rather-long-name-number-{number}" for number in range(60)), HOSTILE)
    with terminal(tmp_path, columns=columns) as child:
        shown = said(child, "ps", until_seen="more: ps --all")
        lines = [line for line in shown.replace("\r", "").split("\n") if "service-with" in line or "waiting" in line]
        assert 8 <= len(lines) <= 40
        assert all(len(line) <= columns for line in lines)
