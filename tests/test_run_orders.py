"""A run obeys what is put into its directory for it, quickly, and nothing that is left from another time."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from monitor_samples import GROUNDED, looking, until, write_incidents
from scripted_server import turns

import logdebug as ld
from logdebug.errors import SessionError
from logdebug.run.events import ControlTaken, IncidentFailed
from logdebug.run.orders import ORDERS, Order, OrderBox, place

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StartServer

    from logdebug.run.events import Event

ORDER = Order("run:1", "pause", 0, "ann")


def events_of(directory: Path) -> list[dict[str, object]]:
    """Read what a run wrote of itself."""
    return [json.loads(line) for line in (directory / "events.jsonl").read_text().splitlines() if line]


def address_of(directory: Path) -> str:
    """Give the address of a run that goes on."""
    return str([line for line in events_of(directory) if line["event"] == "RunStarted"][-1]["address"])


def test_an_order_arrives_whole_and_once(tmp_path: Path) -> None:
    """Orders come out of the box as they were put in, in order, each once, whatever their text."""
    orders = [
        ORDER,
        Order("run:1", "steer", None, "bob \u202e", 'say "x"\n\x1b[2J\ud800 and \u2028'),
        Order("run:1", "cancel", 7, ""),
    ]
    with OrderBox(tmp_path, "run:1") as box:
        assert box.take() == []
        for order in orders:
            place(tmp_path, order)
        assert box.take() == orders
        assert box.take() == []
    assert stat.S_IMODE((tmp_path / ORDERS).stat().st_mode) == 0o600


def test_a_stale_order_is_passed_over(tmp_path: Path) -> None:
    """Orders that were there before, and those for another run or another process, reach nobody."""
    with OrderBox(tmp_path, "run:1"):
        place(tmp_path, ORDER)
    with OrderBox(tmp_path, "run:2") as box:
        place(tmp_path, ORDER)
        place(tmp_path, replace(ORDER, address="other:2"))
        assert box.take() == []
        place(tmp_path, replace(ORDER, address="run:2"))
        assert [order.address for order in box.take()] == ["run:2"]


def test_a_torn_order_swallows_no_other(tmp_path: Path) -> None:
    """A line that isn't whole is waited for; what was written after it counts all the same."""
    with OrderBox(tmp_path, "run:1") as box:
        with (tmp_path / ORDERS).open("a") as file:
            file.write('\n{"to": "run:1", "control": "can')
        assert box.take() == []
        place(tmp_path, ORDER)
        assert box.take() == [ORDER]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"to": "run:1", "id": "1", "by": "a", "text": "", "control": "delete", "index": 0}',
        '{"to": "run:1", "id": "1", "by": "a", "text": "", "control": "cancel", "index": "0"}',
        '{"to": "run:1", "id": "1", "by": "a", "text": "", "control": "cancel", "index": true}',
        '{"to": "run:1", "id": "1", "by": "a", "text": "", "control": "cancel"}',
        '{"to": "run:1", "id": "1", "by": "a", "text": 5, "control": "cancel", "index": 0}',
        "\x00" * 200_000,
    ],
)
def test_what_is_no_order_is_passed_over(tmp_path: Path, line: str) -> None:
    """A line that no monitor writes is no order, and those after it are."""
    with OrderBox(tmp_path, "run:1") as box:
        with (tmp_path / ORDERS).open("a") as file:
            file.write(f"{line}\n")
        place(tmp_path, ORDER)
        taken = [order for _ in range(5) for order in box.take()]
        assert taken == [ORDER]


def test_nobody_there_is_said(tmp_path: Path) -> None:
    """An order to a directory whose run never made the file is refused, and leaves no file; so is one to a pipe."""
    with pytest.raises(SessionError, match="takes no orders"):
        place(tmp_path, ORDER)
    assert not (tmp_path / ORDERS).exists()
    os.mkfifo(tmp_path / ORDERS)
    with pytest.raises(SessionError, match="takes no orders"):
        place(tmp_path, ORDER)


async def test_cancel_takes_effect_within_half_a_second(tmp_path: Path, server: StartServer) -> None:
    """An order ends an incident within half a second, though its request is in flight; the others go on."""
    slow = server(turns([GROUNDED]), latency_seconds=2.0)
    seen: dict[int, float] = {}

    def watch(event: Event) -> None:
        if isinstance(event, IncidentFailed):
            seen[event.index] = time.monotonic()

    model = ld.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=slow.base_url)
    run = ld.Run(write_incidents(tmp_path, *"abc"), model=model, on_event=watch, sessions_dir=tmp_path / "sessions")
    task = asyncio.create_task(run.finish())
    await asyncio.to_thread(until, lambda: slow.in_flight == 3)
    before = time.monotonic()
    order = Order(address_of(run.directory), "cancel", 1, "ann in a monitor")
    place(run.directory, order)
    report = await task
    await model.aclose()
    assert seen[1] - before < 0.5
    assert [found.service for found in report] == ["a", "c"]
    assert report.errors[0].message == "cancelled by ann in a monitor while this incident was worked on"
    assert slow.abandoned == 1
    taken = [line for line in events_of(run.directory) if line["event"] == "OrderTaken"]
    assert [(line["order"], line["refused"]) for line in taken] == [(order.order_id, "")]


async def test_pause_resume_and_direct_by_orders(tmp_path: Path, server: StartServer) -> None:
    """Orders hold an agent up, direct it and let it go on: the model hears the direction in its next turn."""
    quick = server(looking(2), latency_seconds=0.2)
    seen: list[ControlTaken] = []

    def watch(event: Event) -> None:
        if isinstance(event, ControlTaken):
            seen.append(event)

    model = ld.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=quick.base_url)
    run = ld.Run(write_incidents(tmp_path, "shop"), model=model, on_event=watch, sessions_dir=tmp_path / "sessions")
    task = asyncio.create_task(run.finish())
    await asyncio.to_thread(until, lambda: quick.in_flight == 1)
    to = address_of(run.directory)
    place(run.directory, Order(to, "pause", None, "ann"))
    place(run.directory, Order(to, "steer", 0, "ann", "look at the database"))
    await asyncio.to_thread(until, lambda: len(seen) == 2)
    await asyncio.sleep(0.6)
    assert quick.request_count == 1
    place(run.directory, Order(to, "resume", 0, "ann"))
    report = await task
    await model.aclose()
    assert report.diagnosed == 1
    assert [each.control for each in seen] == ["pause", "steer", "resume"]
    assert "look at the database" in str(quick.requests[1].messages)
    assert "look at the database" not in str(quick.requests[0].messages)


async def test_an_order_for_no_incident_is_refused(tmp_path: Path, server: StartServer) -> None:
    """An order for an incident that the run doesn't have is answered with why, and ends nothing."""
    slow = server(turns([GROUNDED]), latency_seconds=0.6)
    model = ld.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=slow.base_url)
    run = ld.Run(write_incidents(tmp_path, "shop"), model=model, sessions_dir=tmp_path / "sessions")
    task = asyncio.create_task(run.finish())
    await asyncio.to_thread(until, lambda: slow.in_flight == 1)
    place(run.directory, Order(address_of(run.directory), "cancel", 5, "ann"))
    assert (await task).diagnosed == 1
    await model.aclose()
    [taken] = [line for line in events_of(run.directory) if line["event"] == "OrderTaken"]
    assert "no incident number 5" in str(taken["refused"])


async def test_a_stale_order_touches_no_later_run(tmp_path: Path, server: StartServer) -> None:
    """Orders copied from an earlier run into a later one's directory cancel nothing there."""
    sessions = tmp_path / "sessions"
    first = ld.Run(write_incidents(tmp_path, "shop"), model="offline", sessions_dir=sessions)
    await first.finish()
    place(first.directory, Order(address_of(first.directory), "cancel", None, "ann"))
    slow = server(turns([GROUNDED]), latency_seconds=0.7)
    model = ld.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=slow.base_url)
    second = ld.Run(write_incidents(tmp_path, "shop"), model=model, sessions_dir=sessions)
    task = asyncio.create_task(second.finish())
    await asyncio.to_thread(until, lambda: slow.in_flight == 1)
    with (second.directory / ORDERS).open("ab") as file:
        file.write((first.directory / ORDERS).read_bytes())
    assert (await task).diagnosed == 1
    await model.aclose()


async def test_a_run_whose_directory_is_gone_goes_on(tmp_path: Path) -> None:
    """Where no orders can be taken, the run says so and goes on without."""
    run = ld.Run(write_incidents(tmp_path, "shop"), model="offline", sessions_dir=tmp_path / "sessions")
    (run.directory / ORDERS).mkdir()
    with pytest.warns(RuntimeWarning, match="no monitor will steer this run"):
        assert (await run.finish()).diagnosed == 1
