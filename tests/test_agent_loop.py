"""The agent loop on scripted replies: what it asks, what it does with the answers, and how it ends."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from logdebug.agent.inbox import Inbox
from logdebug.agent.loop import Agent, Limits
from logdebug.agent.messages import Reply, Request, ToolCall
from logdebug.agent.models import ReplayModel
from logdebug.agent.reading import Reading
from logdebug.agent.steps import (
    Answered,
    Asked,
    Concluded,
    Directed,
    LimitReached,
    Prompted,
    Rejected,
    Retried,
    Step,
    ToolUsed,
)
from logdebug.errors import ModelBusy, ModelRefused, NoAnswer
from logdebug.records import Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import WriteCase

    from logdebug.records import Diagnosis, Incident

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:01 INFO GET /cart 200",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
QUOTE = {"quote": "connection to db-1:5432 refused", "line": 3}
FAST = Limits(retry_seconds=0.001)


def submitting(**changes: Any) -> Reply:
    """Give a reply that submits a sound diagnosis, changed where asked."""
    answer = {
        "status": "diagnosed",
        "root_cause": "db-1:5432 refused connections.",
        "category": "dependency_failure",
        "severity": "high",
        "confidence": 0.8,
        "evidence": [QUOTE],
        "timeline": [{"timestamp": None, "event": "The database refused.", "line": 3}],
        "recommendation": "Start db-1.",
        **changes,
    }
    return calling("submit_diagnosis", answer)


def calling(name: str, arguments: object, *, id_: str = "call_1") -> Reply:
    """Give a reply that calls a tool."""
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return Reply(tool_calls=(ToolCall(id_, name, written),), finish_reason="tool_calls")


class Recording(ReplayModel):
    """Remembers what it was asked."""

    def __init__(self, script: Sequence[Reply | Exception]) -> None:
        super().__init__(script)
        self.requests: list[Request] = []

    async def ask(self, request: Request) -> Reply:
        """Answer, and remember the question."""
        self.requests.append(request)
        return await super().ask(request)


async def steps_of(incident: Incident, model: ReplayModel, limits: Limits = FAST) -> list[Step]:
    """Run a whole session and give its steps."""
    with closing(Reading.of(incident)) as reading:
        return [step async for step in Agent(incident, reading, model, limits).run()]


def concluded(steps: list[Step]) -> Diagnosis:
    """Give the diagnosis with which the session ended."""
    assert isinstance(steps[-1], Concluded)
    return steps[-1].diagnosis


async def test_easy_incident_takes_one_turn(case_dir: WriteCase) -> None:
    """The first message holds the overview, so an answer to it alone ends the session, grounded."""
    model = Recording([submitting()])
    steps = await steps_of(case_dir(LOG), model)
    diagnosis = concluded(steps)
    assert "connection to db-1:5432 refused" in model.requests[0].messages[1].text
    assert (diagnosis.status, diagnosis.grounded, diagnosis.usage.turns) == ("diagnosed", True, 1)
    assert diagnosis.evidence[0].line == 3
    assert diagnosis.timeline[0].timestamp is not None
    assert diagnosis.timeline[0].timestamp.isoformat() == "2026-11-18T09:00:02+00:00"


async def test_embedded_analyst_gives_a_head_start(case_dir: WriteCase) -> None:
    """The first message holds the embedded analyst's findings with their lines, marked as unchecked."""
    model = Recording([submitting()])
    await steps_of(case_dir(LOG), model)
    block = model.requests[0].messages[1].text.split("hypothesis of the embedded analyst: rules alone, unchecked")[1]
    assert "dependency_failure" in block
    assert "L3" in block


async def test_machine_paths_stay_here(case_dir: WriteCase) -> None:
    """What is sent to a model never names the directory in which the incident lies."""
    incident = case_dir(LOG)
    model = Recording(
        [calling("list_files", {}), calling("read_lines", {"first": 1, "file": "/etc/passwd"}), submitting()]
    )
    await steps_of(incident, model)
    sent = "\n".join(message.text for message in model.requests[-1].messages)
    assert str(incident.working_dir) not in sent
    assert "root:" not in sent


async def test_incident_is_what_the_run_says(case_dir: WriteCase) -> None:
    """The service, directory and log of a diagnosis are the incident's, whatever the model writes."""
    steps = await steps_of(case_dir(LOG, service="shop"), ReplayModel([submitting(service="other", log_file="x.log")]))
    diagnosis = concluded(steps)
    assert (diagnosis.service, diagnosis.log_file) == ("shop", "app.log")


async def test_tool_calls_of_a_turn_run_together(case_dir: WriteCase) -> None:
    """Several calls in one turn get their results in order, each under its own id."""
    calls = (
        ToolCall("a", "search", '{"pattern": "refused"}'),
        ToolCall("b", "read_lines", '{"first": 4, "last": 4}'),
        ToolCall("c", "list_files", "{}"),
    )
    model = Recording([Reply(tool_calls=calls), submitting()])
    steps = await steps_of(case_dir(LOG), model)
    results = [message for message in model.requests[1].messages if message.role == "tool"]
    assert [message.call_id for message in results] == ["a", "b", "c"]
    assert "3| 2026-11-18 09:00:02 ERROR connection" in results[0].text
    assert "giving up" in results[1].text
    assert "app.log" in results[2].text
    assert sum(isinstance(step, ToolUsed) for step in steps) == 3


async def test_of_very_many_calls_in_one_reply_the_first_are_carried_out(case_dir: WriteCase) -> None:
    """The others are passed over and the trace says so: nothing could stop them, and all agents share the threads."""
    calls = tuple(ToolCall(f"c{place}", "read_lines", '{"first": 4}') for place in range(30_000))
    model = Recording([Reply(tool_calls=calls), submitting()])
    steps = await steps_of(case_dir(LOG), model)
    used = [step for step in steps if isinstance(step, ToolUsed)]
    assert [step.call.id for step in used] == [call.id for call in calls[:32]]
    assert len(model.requests[1].messages) == len(model.requests[0].messages) + 33
    [answered] = [step for step in steps if isinstance(step, Answered) and step.turn == 1]
    assert answered.notes == ("29,968 more tool calls of this reply are passed over",)
    assert concluded(steps).status == "diagnosed"


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("run_shell", {"command": "rm -rf /"}, "there is no tool 'run_shell'"),
        ("search", "{broken", "no JSON object"),
        ("search", {}, "does not take these arguments"),
        ("search", {"pattern": "(a)\\1"}, "\\1"),
        ("read_lines", {"first": "many"}, "does not take these arguments"),
        ("read_lines", {"first": 1, "file": "../secret"}, "leads out"),
    ],
)
async def test_bad_tool_call_gets_an_error_result(case_dir: WriteCase, name: str, arguments: object, said: str) -> None:
    """A call that can't be carried out is answered with an error that says why, and the session goes on."""
    model = Recording([calling(name, arguments), submitting()])
    steps = await steps_of(case_dir(LOG), model)
    used = next(step for step in steps if isinstance(step, ToolUsed))
    assert used.failed
    assert said in used.result
    assert concluded(steps).status == "diagnosed"


async def test_invalid_answer_goes_back_with_the_reason(case_dir: WriteCase) -> None:
    """What does not validate is answered with the validation error, under the id of its call."""
    model = Recording([submitting(category="gremlins"), submitting()])
    steps = await steps_of(case_dir(LOG), model)
    rejected = next(step for step in steps if isinstance(step, Rejected))
    assert "category" in rejected.reason
    assert "gremlins" in rejected.reason
    assert model.requests[1].messages[-1].text == rejected.reason
    assert model.requests[1].messages[-1].call_id == "call_1"
    assert concluded(steps).status == "diagnosed"


async def test_ungrounded_answer_is_not_diagnosed(case_dir: WriteCase) -> None:
    """A model that sticks to quotes which are not in the log gets `inconclusive`, the quotes marked as not found."""
    invented = submitting(evidence=[{"quote": "kernel panic - not syncing", "line": 2}])
    steps = await steps_of(case_dir(LOG), ReplayModel([invented] * 9), Limits(rejections=2))
    diagnosis = concluded(steps)
    assert (diagnosis.status, diagnosis.grounded) == ("inconclusive", False)
    assert diagnosis.evidence[0].verified is False
    assert sum(isinstance(step, Rejected) for step in steps) >= 3


async def test_answer_in_text_is_taken(case_dir: WriteCase) -> None:
    """JSON in the text serves where a model calls no tools, thoughts and fences around it."""
    words = submitting().tool_calls[0].arguments
    reply = Reply(text=f"<think>{{'a': 1}} hm</think>Here it is:\n```json\n{words}\n```\nGood luck!")
    assert concluded(await steps_of(case_dir(LOG), ReplayModel([reply]))).grounded


async def test_prose_is_asked_again(case_dir: WriteCase) -> None:
    """A reply that is neither a tool call nor a diagnosis is told how to go on."""
    model = Recording([Reply(text="I will look into it."), submitting()])
    steps = await steps_of(case_dir(LOG), model)
    assert "submit_diagnosis" in model.requests[1].messages[-1].text
    assert concluded(steps).status == "diagnosed"


async def test_answer_cut_short_is_asked_again(case_dir: WriteCase) -> None:
    """An answer cut by finish_reason=length is never mended into a whole one; the model is told why."""
    words = submitting().tool_calls[0].arguments
    cut = Reply(tool_calls=(ToolCall("x", "submit_diagnosis", words[:-60]),), finish_reason="length")
    model = Recording([cut, submitting()])
    steps = await steps_of(case_dir(LOG), model)
    assert "cut off" in next(step for step in steps if isinstance(step, Rejected)).reason
    assert concluded(steps).grounded


async def test_busy_model_is_asked_again(case_dir: WriteCase) -> None:
    """Passing troubles are retried with growing waits, each shown as a step."""
    busy = ModelBusy("slow down", retry_after_seconds=0.01)
    steps = await steps_of(case_dir(LOG), ReplayModel([busy, ModelBusy("503"), submitting()]))
    retried = [step for step in steps if isinstance(step, Retried)]
    assert [step.attempt for step in retried] == [1, 2]
    assert retried[0].wait_seconds == 0.01
    assert concluded(steps).usage.turns == 1


async def test_busy_for_good_is_an_error(case_dir: WriteCase) -> None:
    """When the retries are used up, the last trouble is the error."""
    with pytest.raises(ModelBusy, match="503"):
        await steps_of(case_dir(LOG), ReplayModel([ModelBusy("503")] * 9), Limits(retries=2, retry_seconds=0.001))


async def test_refusal_is_not_retried(case_dir: WriteCase) -> None:
    """What a server refuses for good is asked once."""
    model = Recording([ModelRefused("no such model")])
    with pytest.raises(ModelRefused):
        await steps_of(case_dir(LOG), model)
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("limits", "reason"),
    [(Limits(turns=2), "turn_limit"), (Limits(tokens=250), "token_limit")],
)
async def test_limit_asks_for_the_best_answer(case_dir: WriteCase, limits: Limits, reason: str) -> None:
    """At a limit the model is made to submit what it has, and nothing else is on offer."""
    looking = Reply(
        tool_calls=(ToolCall("a", "list_files", "{}"),), usage=Usage(turns=1, input_tokens=100, output_tokens=30)
    )
    model = Recording([looking, looking, submitting(status="inconclusive")])
    steps = await steps_of(case_dir(LOG), model, limits)
    assert next(step for step in steps if isinstance(step, LimitReached)).reason == reason
    assert model.requests[-1].must_call == "submit_diagnosis"
    assert [tool.name for tool in model.requests[-1].tools] == ["submit_diagnosis"]
    assert concluded(steps).status == "inconclusive"
    assert isinstance(steps[-1], Concluded)
    assert steps[-1].reason == reason


async def test_time_limit_holds_while_a_request_is_in_flight(case_dir: WriteCase) -> None:
    """A model that does not answer in time is not waited for; the best answer is asked for instead."""

    class Slow(ReplayModel):
        async def ask(self, request: Request) -> Reply:
            if not request.must_call:
                await asyncio.sleep(30)
            return submitting(status="inconclusive")

    steps = await asyncio.wait_for(steps_of(case_dir(LOG), Slow([]), Limits(seconds=0.2)), 5)
    assert next(step for step in steps if isinstance(step, LimitReached)).reason == "time_limit"
    assert concluded(steps).status == "inconclusive"


async def test_no_answer_is_said(case_dir: WriteCase) -> None:
    """A model that never gives a diagnosis, not even when made to, ends in NoAnswer that names it and a remedy."""
    chatter = [Reply(text="Interesting!")] * 20
    with pytest.raises(NoAnswer, match=r"replay.*raise the limits or try another model"):
        await steps_of(case_dir(LOG), ReplayModel(chatter), Limits(turns=3))


async def test_usage_adds_up(case_dir: WriteCase) -> None:
    """The diagnosis carries the turns and tokens of all replies."""
    each = Usage(turns=1, input_tokens=1000, output_tokens=10)
    looking = Reply(tool_calls=(ToolCall("a", "list_files", "{}"),), usage=each)
    final = submitting()
    model = ReplayModel([looking, looking, Reply(tool_calls=final.tool_calls, usage=each)])
    diagnosis = concluded(await steps_of(case_dir(LOG), model))
    assert (diagnosis.usage.turns, diagnosis.usage.input_tokens, diagnosis.usage.output_tokens) == (3, 3000, 30)
    assert diagnosis.usage.seconds > 0


async def test_every_message_is_a_step(case_dir: WriteCase) -> None:
    """The steps hold all that was said, so that a session can be gone on with from its trace."""
    model = Recording([Reply(text="hm"), calling("search", {"pattern": "x"}), submitting()])
    steps = await steps_of(case_dir(LOG), model, Limits(turns=9))
    said: list[str] = []
    for step in steps:
        match step:
            case Prompted():
                said += [message.text for message in step.messages]
            case Answered():
                said.append(step.text)
            case ToolUsed():
                said.append(step.result)
            case Rejected():
                said.append(step.reason)
    sent = [message.text for message in model.requests[-1].messages]
    assert [text for text in said if text in sent][: len(sent)] == sent


async def test_cancelling_stops_at_once(case_dir: WriteCase) -> None:
    """Cancelling an agent whose request is in flight ends it within half a second."""

    class Stuck(ReplayModel):
        async def ask(self, request: Request) -> Reply:
            await asyncio.sleep(60)
            raise AssertionError

    task = asyncio.create_task(steps_of(case_dir(LOG), Stuck([])))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 0.5)


async def test_directions_are_heard_in_order_before_the_next_turn(case_dir: WriteCase) -> None:
    """What came since the last turn goes to the model before the next one, as steps that hold the messages sent."""
    incident, inbox = case_dir(LOG), Inbox()
    model = Recording([calling("list_files", {}), submitting()])
    inbox.put("first")
    steps: list[Step] = []
    with closing(Reading.of(incident)) as reading:
        async for step in Agent(incident, reading, model, FAST, inbox).run():
            steps.append(step)
            if isinstance(step, ToolUsed) and not step.failed:
                inbox.put("second")
                inbox.put("third")
    directed = [step for step in steps if isinstance(step, Directed)]
    assert [step.text for step in directed] == ["first", "second", "third"]
    assert list(model.requests[1].messages[-2:]) == [step.message for step in directed[1:]]
    assert model.requests[0].messages[-1] == directed[0].message
    assert directed[0].message.role == "user"
    assert isinstance(steps[steps.index(directed[2]) + 1], Asked)


async def test_a_diagnosis_that_was_held_back_is_the_best_so_far(case_dir: WriteCase) -> None:
    """Where a model has nothing better after a direction, the diagnosis that it had before is the answer."""
    incident, inbox = case_dir(LOG), Inbox()
    with closing(Reading.of(incident)) as reading:
        agent = Agent(incident, reading, ReplayModel([submitting()] + [Reply(text="Hm.")] * 9), FAST, inbox)
        steps = []
        async for step in agent.run():
            steps.append(step)
            if isinstance(step, Asked) and step.turn == 1:
                inbox.put("was it the disk?")
    assert any(isinstance(step, LimitReached) for step in steps)
    assert concluded(steps).root_cause == "db-1:5432 refused connections."


async def test_at_a_limit_a_direction_holds_nothing_back(case_dir: WriteCase) -> None:
    """The best answer at a limit is taken, whatever comes while it is written."""
    incident, inbox = case_dir(LOG), Inbox()
    with closing(Reading.of(incident)) as reading:
        model = Recording([calling("list_files", {}), submitting()])
        async for step in Agent(incident, reading, model, Limits(turns=1), inbox).run():
            if isinstance(step, Asked) and step.turn == 2:
                inbox.put("too late")
    assert isinstance(step, Concluded)
    assert len(model.requests) == 2


async def test_held_up_between_retries_the_deadline_moves(case_dir: WriteCase) -> None:
    """An agent that is held up while it waits to ask again asks nothing meanwhile, and loses no time by it."""
    incident, inbox = case_dir(LOG), Inbox()
    model = Recording([ModelBusy("slow down", retry_after_seconds=0.01), submitting()])
    with closing(Reading.of(incident)) as reading:
        steps = []
        async for step in Agent(incident, reading, model, Limits(seconds=1.0), inbox).run():
            steps.append(step)
            if isinstance(step, Retried):
                inbox.hold()
                asyncio.get_running_loop().call_later(1.2, inbox.release)
    assert concluded(steps).usage.seconds < 1.0
    assert not any(isinstance(step, LimitReached) for step in steps)
