"""A worker's agents go on by themselves up to a reply of their model, and no further before it is on disk elsewhere."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import submit

import logdebug as ld
from logdebug import __version__
from logdebug.agent.limits import Budget
from logdebug.agent.messages import Reply, Request, ToolCall
from logdebug.agent.steps import Answered, Asked, Concluded, Directed, Prompted, Step, ToolUsed
from logdebug.errors import ClusterError
from logdebug.logs import load_signatures
from logdebug.records import Incident, Usage
from logdebug.run.cache import Cache
from logdebug.run.cluster import desk
from logdebug.run.cluster.parcels import Posting, Terms, Word, error_in, read_reply, steps_in, write_step
from logdebug.run.errands import Errands

if TYPE_CHECKING:
    from conftest import WriteCase

    from logdebug.agent.models import Model

LOG = ["2026-11-18 09:00:00 INFO started", "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused"]
ANSWER = json.dumps(
    submit(evidence=[{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}]).tool_calls[0].arguments
)
SEARCH = Reply("", (ToolCall("c1", "search", '{"pattern": "ERROR"}'),))
SUBMIT = Reply("", (ToolCall("c2", "submit_diagnosis", ANSWER),))


def worker() -> Any:
    """Give what of a Dask worker the desk looks at."""
    return SimpleNamespace(extensions={})


def terms(model: Model | None, **changes: Any) -> Terms:
    """Give a run's terms."""
    errands = Errands(model, load_signatures(), ld.Limits(), Budget(), Cache(Path("nowhere"), "off"))
    return replace(Terms("r", __version__, errands), **changes)


def word(seen: int, *directions: str, held: bool = False, wait_seconds: float = 5.0) -> Word:
    """Give what a run says when it has so many steps on disk."""
    return Word("r", "a", seen, held, directions, Usage(cost_usd=0.0), 0.0, wait_seconds)


async def taken(at: Any, seen: int, incident: Incident, *directions: str) -> list[Step]:
    """Ask for the next steps."""
    return steps_in(read_reply(await desk.take(word(seen, *directions), dask_worker=at)), seen + 1, incident)


def kinds(steps: list[Step]) -> list[type]:
    """Give what steps are."""
    return [type(step) for step in steps]


async def test_nothing_is_asked_before_the_last_reply_is_on_disk(case_dir: WriteCase) -> None:
    """Steps are told again until they are seen, and the model is asked again only then."""
    asked: list[Request] = []

    def answer(request: Request) -> Reply:
        asked.append(request)
        return [SEARCH, SUBMIT][len(asked) - 1]

    at, incident = worker(), case_dir(LOG)
    assert await desk.brief(terms(ld.ReplayModel(answer)), dask_worker=at) == "{}"
    assert await desk.begin(Posting("r", "a", incident, "r/1"), dask_worker=at) == "{}"
    steps: list[Step] = []
    while not any(isinstance(step, Answered) for step in steps):
        steps = await taken(at, 0, incident)
    assert kinds(steps) == [Prompted, Asked, Answered]
    await asyncio.sleep(0.05)
    assert await taken(at, 0, incident) == steps
    assert len(asked) == 1
    more: list[Step] = []
    while not any(isinstance(step, Answered) for step in more):
        more = await taken(at, 3, incident, "look there")
    assert kinds(more) == [ToolUsed, Directed, Asked, Answered]
    last: list[Step] = []
    while not any(isinstance(step, Concluded) for step in last):
        last = await taken(at, 7, incident, "look there")
    assert kinds(last) == [Concluded]
    await desk.dismiss("r", dask_worker=at)
    assert await desk.take(word(8), dask_worker=at) == '{"gone": true}'


async def test_another_worker_goes_on_from_the_steps_that_were_taken(case_dir: WriteCase) -> None:
    """An agent that is told of an earlier worker's steps asks only for what they lack, with their words."""
    asked: list[Request] = []

    def answer(request: Request) -> Reply:
        asked.append(request)
        return SEARCH if len(asked) == 1 else SUBMIT

    incident, steps = case_dir(LOG), list[Step]()
    for agent_of in (worker(), worker()):
        await desk.brief(terms(ld.ReplayModel(answer)), dask_worker=agent_of)
        posting = Posting("r", "a", incident, "r/1", tuple(map(write_step, steps)), 1.0)
        await desk.begin(posting, dask_worker=agent_of)
        new: list[Step] = []
        while not any(isinstance(step, Answered) for step in new):
            new = await taken(agent_of, 0, incident)
        steps += new
        await desk.drop("r", "a", dask_worker=agent_of)
    assert [message.role for message in asked[1].messages] == ["system", "user", "assistant", "tool"]
    assert asked[1].messages[:2] == asked[0].messages


async def test_a_worker_takes_its_part_of_what_the_server_allows() -> None:
    """One of four workers uses a quarter of what the model's server says is left."""
    at, model = worker(), ld.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url="http://127.0.0.1:9/v1")
    assert model.gate.pace.share == 1
    assert await desk.brief(terms(model, workers=4), dask_worker=at) == "{}"
    assert model.gate.pace.share == 0.25
    await desk.dismiss("r", dask_worker=at)


async def test_a_held_agent_asks_nothing(case_dir: WriteCase) -> None:
    """An agent that is to wait opens its conversation and no more, until it is let go on."""
    at, incident = worker(), case_dir(LOG)
    await desk.brief(terms(ld.ReplayModel([SUBMIT])), dask_worker=at)
    await desk.begin(Posting("r", "a", incident, "r/1"), dask_worker=at)
    said = read_reply(await desk.take(word(0, held=True), dask_worker=at))
    assert kinds(steps_in(said, 1, incident)) == [Prompted]
    assert await desk.take(word(1, held=True, wait_seconds=0.1), dask_worker=at) == "{}"
    assert Asked in kinds(await taken(at, 1, incident))
    await desk.drop("r", "a", dask_worker=at)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (ld.ReplayModel([]), "no_answer"),
        (ld.ReplayModel([ZeroDivisionError("x")]), "cluster"),
    ],
)
async def test_what_goes_wrong_is_told(case_dir: WriteCase, model: Model, said: str) -> None:
    """An error of the tree is told as itself, a bug as one of the cluster; neither is raised where Dask logs it."""
    at, incident = worker(), case_dir(LOG)
    await desk.brief(terms(model), dask_worker=at)
    await desk.begin(Posting("r", "a", incident, "r/1"), dask_worker=at)
    seen, reply = 0, dict[str, Any]()
    while "error" not in reply:
        reply = read_reply(await desk.take(word(seen), dask_worker=at))
        seen += len(reply.get("lines", ()))
    assert error_in(reply).kind == said


async def test_a_worker_says_what_it_can_t_take(case_dir: WriteCase, tmp_path: Path) -> None:
    """Another version, a run it wasn't told of, a log it hasn't: each is said, and nothing is raised."""
    at, there = worker(), case_dir(LOG)
    nowhere = Incident(tmp_path / "nowhere", "a.log", "s")
    assert await desk.begin(Posting("r", "a", there, "r/1"), dask_worker=at) == '{"gone": true}'
    wrong = error_in(read_reply(await desk.brief(terms(None, version="0"), dask_worker=at)))
    assert isinstance(wrong, ClusterError)
    assert "install the same" in str(wrong)
    here, missing = read_reply(desk.look([there, nowhere]))["reasons"]
    assert here == ""
    assert "does not exist" in missing
    await desk.brief(terms(None), dask_worker=at)
    assert read_reply(await desk.begin(Posting("r", "a", nowhere, "r/1"), dask_worker=at))["error"] == "bad_incident"
    await desk.dismiss("r", dask_worker=at)


async def test_a_run_that_asks_no_more_is_forgotten(case_dir: WriteCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agents of a run that is gone end by themselves, and the key is forgotten with them."""
    monkeypatch.setattr(desk, "_ABANDONED_SECONDS", 0.1)
    at, incident = worker(), case_dir(LOG)
    await desk.brief(terms(ld.ReplayModel([SEARCH, SUBMIT])), dask_worker=at)
    await desk.begin(Posting("r", "a", incident, "r/1"), dask_worker=at)
    await asyncio.sleep(0.5)
    assert await desk.begin(Posting("r", "b", incident, "r/1"), dask_worker=at) == '{"gone": true}'
    assert await desk.take(word(0), dask_worker=at) == '{"gone": true}'
