"""A run is steered from any thread: cancel, pause, resume and direct, one incident or all, at any time."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import submit, tool_call, turns

import logdebug as ld
from logdebug.agent.messages import Reply, Request, ToolCall
from logdebug.agent.models import ReplayModel
from logdebug.agent.steps import Asked, Concluded, Directed
from logdebug.errors import IncidentError
from logdebug.logs.source import Source
from logdebug.run.events import ControlTaken, Event, IncidentFailed, IncidentStarted, StepTaken
from logdebug.run.sessions import read_trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import StartServer, WriteCase

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
GROUNDED = submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}])
ANSWER = json.dumps(GROUNDED.tool_calls[0].arguments)


class Watched:
    """Takes note of events, and lets a test wait for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Event()

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        self.events.append(event)
        self._news.set()

    async def until(self, wanted: Callable[[Event], bool], *, count: int = 1) -> None:
        """Wait until so many events are as wanted."""
        async with asyncio.timeout(10):
            while sum(map(wanted, self.events)) < count:
                self._news.clear()
                await self._news.wait()

    def of(self, control: str) -> list[ControlTaken]:
        """Give the events of a control."""
        return [each for each in self.events if isinstance(each, ControlTaken) and each.control == control]


def asked(event: Event) -> bool:
    """Tell whether an agent asks the model."""
    return isinstance(event, StepTaken) and isinstance(event.step, Asked)


def model_of(running: Any) -> ld.OpenAIModel:
    """Give a model that asks a scripted server."""
    return ld.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=running.base_url)


class Gated(ReplayModel):
    """Answers each request only once the test lets it."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__(replies or [Reply(text=ANSWER)])
        self.requests: list[Request] = []
        self.gate = asyncio.Semaphore(0)

    async def ask(self, request: Request) -> Reply:
        """Answer, when it may."""
        self.requests.append(request)
        await self.gate.acquire()
        return await super().ask(request)


def looking(pattern: str = "refused") -> Reply:
    """Give a reply that searches."""
    return Reply(tool_calls=(ToolCall(pattern, "search", json.dumps({"pattern": pattern})),))


async def test_cancel_in_flight_is_quick_and_alone(
    case_dir: WriteCase, server: StartServer, slowness: Callable[[], float]
) -> None:
    """A request in flight is given up within half a second, in the incident that was named and in no other."""
    running = server(turns([GROUNDED]), latency_seconds=1.5)
    watched = Watched()
    model = model_of(running)
    run = ld.Run([case_dir(LOG, service=name) for name in "abc"], model=model, on_event=watched)
    task = asyncio.create_task(run.finish())
    await asyncio.to_thread(_wait_until, lambda: running.in_flight == 3)
    before = time.monotonic()
    run.controls.cancel(1, by="ann in the war room")
    await watched.until(lambda event: isinstance(event, IncidentFailed))
    assert time.monotonic() - before < 0.5 * slowness()
    report = await task
    await model.aclose()
    assert [each.service for each in report] == ["a", "c"]
    [failure] = report.errors
    assert (failure.service, failure.error) == ("b", "cancelled")
    assert failure.message == "cancelled by ann in the war room while this incident was worked on"
    assert failure.session.endswith("00002-b")
    assert running.abandoned == 1
    trace = list(read_trace(run.directory / "00002-b"))
    assert (trace[-1]["step"], trace[-1]["error"]) == ("Failure", "cancelled")


async def test_cancel_while_a_log_is_read(case_dir: WriteCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a log that takes a quarter of a minute, from a slow disk, is given up long before its end."""
    incident = case_dir([*LOG, *(f"2026-11-18 09:00:04 INFO request {number} took 45 ms" for number in range(400_000))])
    read, under_way = Source._read_stored, threading.Event()

    def slowly(self: Source, offset: int, size: int) -> bytes:
        if offset > 1 << 20:
            under_way.set()
        time.sleep(0.1)
        return read(self, offset, size)

    monkeypatch.setattr(Source, "_read_stored", slowly)
    run = ld.Run([incident], model="offline")
    task = asyncio.create_task(run.finish())
    await asyncio.to_thread(_wait_until, under_way.is_set)
    assert not task.done()
    run.controls.cancel(0)
    async with asyncio.timeout(5):
        report = await task
    assert [failure.error for failure in report.errors] == ["cancelled"]


async def test_cancel_of_one_that_waits(case_dir: WriteCase) -> None:
    """An incident that waits is ended at once, before those ahead of it, and never begins."""
    watched, model = Watched(), Gated()
    run = ld.Run([case_dir(LOG, service=name) for name in "ab"], model=model, max_concurrency=1, on_event=watched)
    task = asyncio.create_task(run.finish())
    await watched.until(asked)
    run.controls.cancel(1)
    await watched.until(lambda event: isinstance(event, IncidentFailed))
    assert not task.done()
    model.gate.release()
    report = await task
    assert [each.service for each in report] == ["a"]
    assert report.errors[0].message == "cancelled by the operator before its turn"
    assert sum(isinstance(event, IncidentStarted) for event in watched.events) == 1


async def test_cancel_of_all_ends_the_run_with_what_was_finished(case_dir: WriteCase) -> None:
    """Cancelling all ends the run normally; its report, kept on disk too, holds what was finished."""
    watched, model = Watched(), Gated()
    incidents = [case_dir(LOG, service=f"s{number}") for number in range(20)]
    run = ld.Run(incidents, model=model, max_concurrency=4, on_event=watched)
    task = asyncio.create_task(run.finish())
    for _ in range(3):
        model.gate.release()
    await watched.until(lambda event: isinstance(event, StepTaken) and isinstance(event.step, Concluded), count=3)
    await watched.until(asked, count=7)
    run.controls.cancel()
    report = await asyncio.wait_for(task, 0.5)
    assert (report.diagnosed, report.failed) == (3, 17)
    assert {failure.error for failure in report.errors} == {"cancelled"}
    assert ld.Report.load(run.directory / "report.json").diagnosed == 3


async def test_pause_ends_the_step_in_flight_and_waits(case_dir: WriteCase) -> None:
    """A paused agent takes the answer in flight and uses its tools, and asks again only once it is resumed."""
    watched, model = Watched(), Gated(looking(), Reply(text=ANSWER))
    run = ld.Run([case_dir(LOG)], model=model, on_event=watched)
    task = asyncio.create_task(run.finish())
    await watched.until(asked)
    run.controls.pause(0)
    await watched.until(lambda event: isinstance(event, ControlTaken))
    for _ in range(2):
        model.gate.release()
    await watched.until(lambda event: isinstance(event, StepTaken) and type(event.step).__name__ == "ToolUsed")
    await asyncio.sleep(0.1)
    assert len(model.requests) == 1
    run.controls.resume(0)
    assert (await asyncio.wait_for(task, 5)).diagnosed == 1
    assert [(event.control, event.by) for event in watched.events if isinstance(event, ControlTaken)] == [
        ("pause", "the operator"),
        ("resume", "the operator"),
    ]


async def test_paused_time_is_counted_by_no_limit(case_dir: WriteCase) -> None:
    """An agent that was paused for longer than its time limit goes on as if nothing had been."""
    watched, model = Watched(), Gated(looking(), Reply(text=ANSWER))
    run = ld.Run([case_dir(LOG)], model=model, on_event=watched, limits=ld.Limits(seconds=2))
    task = asyncio.create_task(run.finish())
    await watched.until(asked)
    run.controls.pause()
    for _ in range(2):
        model.gate.release()
    await asyncio.sleep(2.3)
    run.controls.resume()
    [diagnosis] = await asyncio.wait_for(task, 20)
    assert "LimitReached" not in [each["step"] for each in read_trace(run.directory / "00001-shop")]
    assert diagnosis.usage.seconds < 2


async def test_a_paused_incident_that_waits_is_passed_over(case_dir: WriteCase) -> None:
    """An incident that is paused before its turn isn't started; those behind it are; it is once it is resumed."""
    watched = Watched()
    run = ld.Run([case_dir(LOG, service=name) for name in "abc"], model="offline", max_concurrency=1, on_event=watched)
    run.controls.pause(1)
    task = asyncio.create_task(run.finish())
    await watched.until(lambda event: isinstance(event, IncidentStarted), count=2)
    await asyncio.sleep(0.1)
    started = [event.index for event in watched.events if isinstance(event, IncidentStarted)]
    assert (started, task.done()) == ([0, 2], False)
    run.controls.resume(1)
    assert (await asyncio.wait_for(task, 5)).diagnosed == 3


async def test_cancel_of_a_paused_one(case_dir: WriteCase) -> None:
    """What is paused can be cancelled, at work or before its turn; the run then ends."""
    watched, model = Watched(), Gated(looking(), Reply(text=ANSWER))
    run = ld.Run([case_dir(LOG, service=name) for name in "ab"], model=model, max_concurrency=1, on_event=watched)
    run.controls.pause()
    task = asyncio.create_task(run.finish())
    await watched.until(lambda event: isinstance(event, ControlTaken), count=2)
    await asyncio.sleep(0.05)
    assert not model.requests
    run.controls.cancel()
    assert (await asyncio.wait_for(task, 0.5)).failed == 2


async def test_a_direction_is_in_the_next_request(server: StartServer, case_dir: WriteCase) -> None:
    """What the operator says is the last message of the next request, marked as theirs, and a step of the trace."""
    running = server(turns([tool_call("list_files"), tool_call("search", pattern="x"), GROUNDED]), latency_seconds=0.2)
    watched, model = Watched(), model_of(running)
    run = ld.Run([case_dir(LOG)], model=model, on_event=watched)
    task = asyncio.create_task(run.finish())
    await watched.until(asked)
    run.controls.steer("look at the disk first", 0, by="ann")
    assert (await task).diagnosed == 1
    await model.aclose()
    first, second, _ = running.requests
    assert "look at the disk" not in first.raw.decode()
    assert second.messages[-1]["role"] == "user"
    assert "OPERATOR" in second.messages[-1]["content"]
    assert second.messages[-1]["content"].endswith("look at the disk first")
    directed = [each for each in read_trace(run.directory / "00001-shop") if each["step"] == "Directed"]
    assert [each["text"] for each in directed] == ["look at the disk first"]
    assert directed[0]["message"]["text"] == second.messages[-1]["content"]
    assert [(event.by, event.text, event.refused) for event in watched.of("steer")] == [
        ("ann", "look at the disk first", "")
    ]


async def test_a_direction_is_heard_before_a_diagnosis_is_taken(case_dir: WriteCase) -> None:
    """A diagnosis that was written before a direction came is held back until the model has heard it."""
    watched = Watched()
    submitted = Reply(tool_calls=(ToolCall("s", "submit_diagnosis", ANSWER),))
    model = Gated(submitted, looking("disk"), submitted)
    run = ld.Run([case_dir(LOG)], model=model, on_event=watched)
    task = asyncio.create_task(run.finish())
    await watched.until(asked)
    run.controls.steer("was the disk full?")
    await watched.until(lambda event: isinstance(event, ControlTaken))
    for _ in range(3):
        model.gate.release()
    assert (await asyncio.wait_for(task, 5)).diagnosed == 1
    assert len(model.requests) == 3
    assert model.requests[1].messages[-1].text.endswith("was the disk full?")


async def test_a_direction_to_all_is_kept_for_those_that_wait(case_dir: WriteCase) -> None:
    """A direction to all reaches each agent once, also one that begins later."""
    watched, model = Watched(), Gated()
    run = ld.Run([case_dir(LOG, service=name) for name in "abc"], model=model, max_concurrency=1, on_event=watched)
    run.controls.steer("the deploy was at 08:58")
    task = asyncio.create_task(run.finish())
    for _ in range(3):
        model.gate.release()
    assert (await asyncio.wait_for(task, 5)).diagnosed == 3
    told = [[message.text.endswith("08:58") for message in request.messages].count(True) for request in model.requests]
    assert told == [1, 1, 1]


@pytest.mark.parametrize(("said", "kept"), [("  \n ", []), ("x" * 9_000, [2_000])])
async def test_a_direction_is_bounded(said: str, kept: list[int], case_dir: WriteCase) -> None:
    """A blank direction is none; a long one is cut, with a mark where it was."""
    watched, model = Watched(), Gated()
    run = ld.Run([case_dir(LOG)], model=model, on_event=watched)
    run.controls.steer(said)
    model.gate.release()
    await run.finish()
    directed = [event.step for event in watched.events if isinstance(event, StepTaken)]
    texts = [step.text for step in directed if isinstance(step, Directed)]
    assert [len(text) for text in texts] == kept
    assert all(text.endswith("…") for text in texts)


async def test_the_embedded_analyst_says_that_it_cant_be_directed(case_dir: WriteCase) -> None:
    """A direction to the offline analyst has no effect, and its event says why."""
    watched = Watched()
    run = ld.Run([case_dir(LOG)], model="offline", on_event=watched)
    run.controls.steer("look here")
    assert (await run.finish()).diagnosed == 1
    assert "can't be directed" in watched.of("steer")[0].refused


async def test_what_comes_after_the_end_changes_nothing(case_dir: WriteCase) -> None:
    """Controls of an incident that has ended, and of a run that has, are passed over; an unknown place is refused."""
    watched = Watched()
    run = ld.Run([case_dir(LOG, service=name) for name in "ab"], model="offline", max_concurrency=1, on_event=watched)

    def late(event: Event) -> None:
        if isinstance(event, IncidentStarted) and event.index == 1:
            run.controls.cancel(0)
            run.controls.pause(0)

    run.watch(late)
    report = await run.finish()
    for control in (run.controls.cancel, run.controls.pause, run.controls.resume):
        control()
        control(0)
    run.controls.steer("too late")
    await asyncio.sleep(0.01)
    assert report.diagnosed == 2
    assert not [event for event in watched.events if isinstance(event, ControlTaken | IncidentFailed)]
    with pytest.raises(IncidentError, match=r"no incident number 2: it has 2, counted from 0"):
        run.controls.cancel(2)


async def test_twice_is_once(case_dir: WriteCase) -> None:
    """Pausing, resuming or cancelling again tells nothing and costs no other incident its agent."""
    watched, model = Watched(), Gated()
    run = ld.Run([case_dir(LOG, service=name) for name in "ab"], model=model, max_concurrency=1, on_event=watched)
    task = asyncio.create_task(run.finish())
    await watched.until(asked)
    for control in (run.controls.pause, run.controls.resume, run.controls.cancel):
        control(0)
        control(0)
    await watched.until(asked, count=2)
    model.gate.release()
    report = await asyncio.wait_for(task, 5)
    assert [each.service for each in report] == ["b"]
    assert [len(watched.of(control)) for control in ("pause", "resume")] == [1, 1]


async def test_a_watcher_that_fails_on_a_control_ends_the_run(case_dir: WriteCase) -> None:
    """What a watcher raises on a control comes out of the run as itself, as for every event."""

    def fail(event: Event) -> None:
        if isinstance(event, ControlTaken):
            raise ZeroDivisionError("a bug")

    run = ld.Run([case_dir(LOG)], model=Gated(), on_event=fail)
    task = asyncio.create_task(run.finish())
    await asyncio.sleep(0.05)
    run.controls.pause()
    with pytest.raises(ZeroDivisionError, match="a bug"):
        await asyncio.wait_for(task, 5)


async def test_cancelling_one_and_the_run_at_once_cancels_the_run(case_dir: WriteCase) -> None:
    """A run that is cancelled while one of its incidents is cancelled ends as cancelled."""
    watched = Watched()
    run = ld.Run([case_dir(LOG, service=name) for name in "ab"], model=Gated(), on_event=watched)
    task = asyncio.create_task(run.finish())
    await watched.until(asked, count=2)
    run.controls.cancel(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 1)
    assert {failure.error for failure in run.report().errors} == {"cancelled"}


@pytest.mark.parametrize("seed", range(5))
async def test_any_order_from_many_threads_ends_in_one_outcome_each(
    seed: int, server: StartServer, case_dir: WriteCase
) -> None:
    """Whatever threads do at whatever time, each incident gets one outcome, and the run ends once all is resumed."""
    running = server(turns([tool_call("search", pattern="refused"), tool_call("list_files")] + [GROUNDED] * 30))
    watched, model = Watched(), model_of(running)
    run = ld.Run([case_dir(LOG, service=f"s{n}") for n in range(30)], model=model, max_concurrency=5, on_event=watched)

    def meddle(number: int) -> None:
        dice = random.Random(f"{seed} {number}")
        for _ in range(60):
            index = dice.choice([None, *range(30)]) if dice.random() < 0.2 else dice.randrange(30)
            what = dice.choice(["pause", "resume", "resume", "steer", "cancel"])
            if what == "cancel" and (index is None or dice.random() < 0.7):
                continue
            act = getattr(run.controls, what)
            act("look", index) if what == "steer" else act(index)
            time.sleep(dice.random() * 0.004)

    threads = [threading.Thread(target=meddle, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    task = asyncio.create_task(run.finish())
    await asyncio.to_thread(lambda: [thread.join() for thread in threads])
    run.controls.resume()
    report = await asyncio.wait_for(task, 20)
    await model.aclose()
    assert report.total_incidents == 30
    assert {failure.error for failure in report.errors} <= {"cancelled"}
    ends = [event.index for event in watched.events if type(event).__name__ in {"IncidentDiagnosed", "IncidentFailed"}]
    assert sorted(ends) == list(range(30))


async def test_controls_cost_nothing_where_nobody_uses_them(slowness: Callable[[], float]) -> None:
    """Ten thousand turns are given out in less than a tenth of a second."""
    from logdebug.run.roster import Roster

    roster = Roster(10_000, tell=print, call_off=lambda *_: None, has_model=True)
    before = time.process_time()
    for expected in itertools.count():
        index = await roster.next()
        if index is None:
            break
        assert index == expected
        roster.begin(index)
        roster.end(index)
    assert expected == 10_000
    assert time.process_time() - before < 0.1 * slowness()


def _wait_until(true: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
