"""A large log in a notebook shows how far it is read, and an interrupt ends the reading and nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import KernelManager

from logdebug.notebook.reading import bar_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_client.blocking.client import BlockingKernelClient

SECONDS = 120
CHILDREN = """
import pathlib
print(sum((path.read_text().split() for path in pathlib.Path("/proc/self/task").glob("*/children")), []))
"""


@pytest.fixture
def kernel() -> Iterator[KernelManager]:
    """Start a real kernel."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    yield manager
    manager.shutdown_kernel(now=True)


@pytest.fixture
def client(kernel: KernelManager) -> Iterator[BlockingKernelClient]:
    """Talk to the kernel."""
    client = kernel.client()
    client.start_channels()
    client.wait_for_ready(timeout=SECONDS)
    yield client
    client.stop_channels()


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """Give a log of 500 MB."""
    rows = "".join(
        f"2026-11-22 08:00:{row % 60:02} INFO order {row} stored in {row % 97} ms\n" for row in range(20_000)
    )
    path = tmp_path / "big.log"
    block = rows.encode()
    with path.open("wb") as file:
        for _ in range(500_000_000 // len(block)):
            file.write(block)
    return path


def run(client: BlockingKernelClient, code: str, on_shown: Callable[[], None] | None = None) -> list[dict[str, Any]]:
    """Run a cell and give its messages; calls `on_shown` when the cell first displays something."""
    asked = client.execute(code)
    messages: list[dict[str, Any]] = []
    while True:
        message = client.get_iopub_msg(timeout=SECONDS)
        if message["parent_header"].get("msg_id") != asked:
            continue
        messages.append(message)
        if message["msg_type"] == "display_data" and on_shown is not None:
            on_shown()
            on_shown = None
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return messages


def printed(messages: list[dict[str, Any]]) -> str:
    """Give what a cell printed."""
    return "".join(message["content"]["text"] for message in messages if message["msg_type"] == "stream")


def shown(messages: list[dict[str, Any]]) -> list[str]:
    """Give the HTML that a cell displayed, with its updates."""
    kinds = ("display_data", "update_display_data")
    return [message["content"]["data"].get("text/html", "") for message in messages if message["msg_type"] in kinds]


@pytest.mark.slow
@pytest.mark.parametrize("reading", ["log.overview()", "log.search('[[:alpha:]]')"])
def test_an_interrupt_ends_the_reading_and_the_kernel_lives(
    kernel: KernelManager, client: BlockingKernelClient, big: Path, reading: str
) -> None:
    """Interrupted while it shows its bar, a reading is over soon, leaves no process, and the log can be read again."""
    run(client, f"import logdebug as ld; log = ld.open_log({str(big)!r})")
    interrupted = []

    def interrupt() -> None:
        interrupted.append(time.monotonic())
        kernel.interrupt_kernel()

    messages = run(client, reading, interrupt)
    assert interrupted
    assert time.monotonic() - interrupted[0] < 15
    (error,) = [message["content"] for message in messages if message["msg_type"] == "error"]
    assert error["ename"] == "KeyboardInterrupt"
    assert "interrupted" in shown(messages)[-1]
    assert printed(run(client, CHILDREN)).strip() == "[]"
    assert printed(run(client, "print(log[3].number)")) == "3\n"


@pytest.mark.slow
def test_a_large_log_shows_how_far_it_is(client: BlockingKernelClient, big: Path) -> None:
    """The bar moves on while the log is read, and ends as read; a small log has none."""
    messages = run(client, f"import logdebug as ld; print(ld.open_log({str(big)!r}).overview().facts.line_count)")
    html = shown(messages)
    assert len(html) > 2
    assert "reading" in html[0]
    assert "read " in html[-1]
    assert "value='1.000'" in html[-1]
    assert int(printed(messages)) > 5_000_000
    big.write_text("2026-11-22 08:00:00 INFO ready\n")
    assert not shown(run(client, f"ld.open_log({str(big)!r}).overview(); None"))


def test_a_bar_escapes_what_it_is_given() -> None:
    """A log's name is text, whatever it holds, and an unknown size gives a bar without an end."""
    html = bar_html("<script>.log", 5_000, None, 1.25)
    assert "&lt;script&gt;.log" in html
    assert "value=" not in html
    assert "5,000 bytes · 1.2 s" in html
    assert "value='0.500'" in bar_html("a.log", 500, 1_000, 1)
