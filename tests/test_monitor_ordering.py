"""An order is told to be obeyed only where its effect is on disk."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from monitor_samples import diagnosed, looking, until, write_incidents, write_run

import logdebug as ld
from logdebug.errors import SessionError
from logdebug.monitor import ordering
from logdebug.monitor.ordering import order
from logdebug.monitor.runs import RunView
from logdebug.monitor.targets import Target
from logdebug.run.orders import OrderBox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import StartServer

    from logdebug.run.events import Control


def target(view: RunView, index: int) -> Target:
    """Give an incident of a run."""
    view.refresh()
    return Target(view, view.rows[index])


async def obeyed(view: RunView, control: Control, *indices: int, text: str = "", everything: bool = False) -> list[str]:
    """Order from another thread, as another process would, and give what is said of it."""
    targets = [target(view, index) for index in indices]
    outcomes = await asyncio.to_thread(order, control, targets, text, everything=everything)
    return [outcome.said for outcome in outcomes]


async def test_a_run_obeys(tmp_path: Path, server: StartServer, slowness: Callable[[], float]) -> None:
    """Each order to a run that goes on is answered by its effect, within half a second."""
    slow = server(looking(1), latency_seconds=3)
    model = ld.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=slow.base_url)
    run = ld.Run(write_incidents(tmp_path, *"abcd"), model=model, sessions_dir=tmp_path / "sessions", max_concurrency=3)
    task = asyncio.create_task(run.finish())
    await asyncio.to_thread(until, lambda: slow.in_flight == 3)
    view = RunView(run.directory)
    began = time.monotonic()
    assert await obeyed(view, "cancel", 0) == ["cancelled"]
    assert time.monotonic() - began < 0.5 * slowness()
    assert await obeyed(view, "cancel", 0) == ["it has ended already: cancelled"]
    assert "paused" in (await obeyed(view, "pause", 1))[0]
    assert await obeyed(view, "resume", 1) == ["goes on"]
    assert await obeyed(view, "steer", 2, text="look there") == ["will hear it before its next turn"]
    assert await obeyed(view, "cancel", 1, 2, 3, everything=True) == ["cancelled"] * 3
    assert (await task).failed == 4
    await model.aclose()
    with pytest.raises(SessionError, match="has ended"):
        await obeyed(view, "cancel", 0)


async def test_the_embedded_analyst_cant_be_directed(tmp_path: Path) -> None:
    """What the run says against an order is passed on, and it doesn't count as done."""
    incidents = write_incidents(tmp_path, "shop")
    run = ld.Run(incidents, model="offline", sessions_dir=tmp_path / "sessions")
    run.controls.pause()
    task = asyncio.create_task(run.finish())
    view = RunView(run.directory)
    await asyncio.to_thread(until, (run.directory / "orders.jsonl").exists)
    [outcome] = await asyncio.to_thread(order, "steer", [target(view, 0)], "look there")
    assert not outcome.is_done
    assert "can't be directed" in outcome.said
    run.controls.resume()
    assert (await task).diagnosed == 1


def test_a_process_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the run's process is there and takes no order, that is said after a while, and nothing is claimed."""
    monkeypatch.setattr(ordering, "_PATIENCE_SECONDS", 0.3)
    directory, chronicle = write_run(tmp_path, "shop")
    view = RunView(directory)
    with OrderBox(directory, chronicle.address):
        [outcome] = order("cancel", [target(view, 0)])
    assert not outcome.is_done
    assert "has not answered" in outcome.said


def test_no_answer_is_needed_of_one_that_ended(tmp_path: Path) -> None:
    """An incident that has ended is left alone: no order is written."""
    directory, chronicle = write_run(tmp_path, "shop")
    chronicle.take(diagnosed(0))
    view = RunView(directory)
    [outcome] = order("cancel", [target(view, 0)])
    assert (outcome.is_done, outcome.said) == (False, "it has ended already: done")
    assert not (directory / "orders.jsonl").exists()


def test_nothing_to_do() -> None:
    """An order for no incident does nothing."""
    assert order("cancel", []) == []
