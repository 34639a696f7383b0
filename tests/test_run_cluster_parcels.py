"""What workers send is read as strictly as a stranger's file: it comes through whole, or ends its own incident."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from logdebug import errors
from logdebug.agent.messages import Message, ToolCall
from logdebug.agent.models import OpenAIModel
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
from logdebug.errors import ClusterError, LogdebugError, ModelBusy, ModelNotAuthorised, SessionError
from logdebug.logs import load_signatures
from logdebug.records import Diagnosis, Evidence, Incident, TimelineEvent, Usage
from logdebug.run.cluster.parcels import error_in, read_reply, steps_in, write_error, write_step

INCIDENT = Incident(Path("/srv/shop"), "app.log", "shop")
DIAGNOSIS = Diagnosis(
    "shop",
    "/srv/shop",
    "app.log",
    "diagnosed",
    "The disk is full: 😀 \udc80",
    "disk_full",
    "critical",
    0.9,
    (TimelineEvent(datetime(2026, 3, 14, 2, 0, tzinfo=UTC), "It began.", 7),),
    (Evidence("no space left", "app.log", 7, 100, 113, verified=True),),
    "Make room.",
    grounded=True,
    usage=Usage(3, 100, 10, 0.5, 1.5),
)
CALL = ToolCall("c1", "search", '{"pattern": "x"}')
STEPS: list[Step] = [
    Prompted((Message("system", "You are …"), Message("user", "<data 0123abcd log>\n\x1b[31m\x00\n</data>"))),
    Directed("look there", Message("user", "look there")),
    Asked(1),
    Retried("429", 1, 0.5),
    Answered(1, "hm", (CALL,), "tool_calls", Usage(0, 100, 10, None, 0.2), ("no strict schemas",)),
    ToolUsed(CALL, "12: no space left", seconds=0.01),
    Rejected("no evidence", DIAGNOSIS),
    LimitReached("turn_limit"),
    Concluded(DIAGNOSIS, "submitted", Usage(3, 100, 10, 0.5, 1.5)),
]


def sent(*lines: str, first: int = 1) -> dict[str, Any]:
    """Give a worker's answer with these steps."""
    return read_reply(f'{{"first": {first}, "lines": [{", ".join(lines)}]}}')


def test_steps_come_through_whole() -> None:
    """Each kind of step that an agent takes is the same at the other end, hostile text and odd characters included."""
    assert steps_in(sent(*map(write_step, STEPS)), 1, INCIDENT) == STEPS


def line(step: str, **fields: Any) -> str:
    """Give a step as a worker might send it."""
    return json.dumps({"step": step, **fields})


USAGE = {"turns": 0, "input_tokens": 1, "output_tokens": 1, "cost_usd": None, "seconds": 0.1}


@pytest.mark.parametrize(
    "hostile",
    [
        '"a text"',
        "null",
        "{}",
        line("Failure", service="shop", error="x", message="y"),
        line("RunStarted"),
        line("Asked"),
        line("Asked", turn="many"),
        line("Placed", worker="w", reason=""),
        line("Answered", turn=1, text="", tool_calls=[], finish_reason="stop", usage={**USAGE, "input_tokens": -5}),
        line("Answered", turn=1, text="", tool_calls=[], finish_reason="stop", usage={**USAGE, "cost_usd": -1}),
        line("Answered", turn=1, text="", tool_calls=[], finish_reason="stop", usage={**USAGE, "seconds": 1e400}),
        write_step(STEPS[-1]).replace('"disk_full"', '"sabotage"'),
        write_step(STEPS[-1]).replace('"submitted"', '"because"'),
    ],
)
def test_what_is_no_step_is_refused(hostile: str) -> None:
    """A step that no agent takes, that lacks a field, or that costs less than nothing, is an error of the cluster."""
    with pytest.raises(ClusterError, match="worker"):
        steps_in(sent(hostile), 1, INCIDENT)


@pytest.mark.parametrize("reply", [None, 7, b"{}", "[]", "{", "[" * 100_000, '{"first": 2, "lines": []}', "{}"])
def test_what_is_no_answer_is_refused(reply: object) -> None:
    """An answer that can't be read, or isn't the one that was due, is an error of the cluster."""
    with pytest.raises(ClusterError, match="worker"):
        steps_in(read_reply(reply), 1, INCIDENT)


def test_a_diagnosis_is_of_the_incident_that_was_sent() -> None:
    """A worker can't make a diagnosis of one incident that of another, nor sign it in a reviewer's name."""
    other = replace(DIAGNOSIS, service="bank", working_dir="/etc", log_file="shadow", session="../../x")
    [step] = steps_in(sent(write_step(Concluded(other, "submitted"))), 1, INCIDENT)
    assert isinstance(step, Concluded)
    assert step.diagnosis == DIAGNOSIS


@pytest.mark.parametrize("kind", [getattr(errors, name) for name in errors.__all__])
def test_errors_come_through_as_what_they_are(kind: type[LogdebugError]) -> None:
    """Each error of the tree is of its own class at the other end, whatever its constructor asks for."""
    error = kind.__new__(kind)
    Exception.__init__(error, "what went wrong")
    read = error_in(read_reply(write_error(error)))
    assert (type(read), str(read)) == (kind, "what went wrong")


def test_errors_carry_what_they_are_about() -> None:
    """What acts on an error finds there what it looks at."""
    busy = error_in(read_reply(write_error(ModelBusy("slow", model="m", retry_after_seconds=3.5))))
    assert isinstance(busy, ModelBusy)
    assert (busy.model, busy.retry_after_seconds) == ("m", 3.5)
    assert isinstance(error_in(read_reply(write_error(ModelNotAuthorised("no", model="m")))), ModelNotAuthorised)
    lost = error_in(read_reply(write_error(SessionError("gone", path="/x"))))
    assert isinstance(lost, SessionError)
    assert lost.path == "/x"


def test_an_unknown_error_is_one_of_the_cluster() -> None:
    """An error that this version has no name for, or whose fields try to change it, does no harm."""
    error = error_in({"error": "__class__", "message": ["x"] * 5000, "carried": {"__class__": "x", "kind": "oom"}})
    assert type(error) is ClusterError
    assert error.kind == "cluster"
    assert len(str(error)) <= 4000


def test_a_model_is_the_same_at_the_other_end() -> None:
    """A model that is sent asks the same server with the same key, and shows the key to nobody."""
    model = OpenAIModel("m", api_key="sk-secret", base_url="http://127.0.0.1:1/v1", max_output_tokens=99)
    again = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own
    assert repr(again) == repr(model)
    assert again.identity == model.identity
    assert again._key.value == "sk-secret"
    assert "sk-secret" not in repr(again)


def test_signatures_are_the_same_at_the_other_end() -> None:
    """A set of signatures that is sent finds what it found here."""
    signatures = load_signatures()
    again = pickle.loads(pickle.dumps(signatures))  # noqa: S301 - our own
    text = "java.lang.OutOfMemoryError: Java heap space"
    assert again.match(text) == signatures.match(text) != ()
