"""A scripted run that is killed at any of its writes, and gone on with; in processes that are forked from one template.

The run has all that an agent goes through: tools, several at once, a broken call, a rejected answer, a direction, a
limit with a best answer that doesn't hold at first, a server that is busy at first.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scripted_server import after, by_text, faults, submit, text, together, tool_call, turns

from logdebug.records import Incident

if TYPE_CHECKING:
    from types import TracebackType

    from scripted_replies import ChatReply, ChatRequest, Fault, Script

__all__ = [
    "LOG",
    "QUOTE",
    "Killed",
    "Template",
    "given",
    "incidents_of",
    "named",
    "normal",
    "only_run",
    "unanswered",
    "whole_script",
]

LOG = [
    "2026-11-18 09:00:00 INFO started",
    "2026-11-18 09:00:02 ERROR connection to db-1:5432 refused",
    "2026-11-18 09:00:03 ERROR giving up",
]
QUOTE = [{"quote": "connection to db-1:5432 refused", "line": 2, "file": None}]
INVENTED = [{"quote": "this stands nowhere", "line": 2, "file": None}]

_STEERED = [
    together(tool_call("search", pattern="refused"), tool_call("list_files"), tool_call("search", pattern="(")),
    text("I think that it is the database."),
    submit(evidence=INVENTED),
    submit(evidence=QUOTE, root_cause="The steered one: the database refused."),
]
_ENDLESS = [
    *(tool_call("search", pattern=f"refused|{number}") for number in range(4)),
    submit(evidence=INVENTED, root_cause="A guess."),
    submit(evidence=QUOTE, root_cause="The best answer at the limit."),
]
_HOPELESS = [*(tool_call("overview") for _ in range(4)), text("no idea"), text("still no idea")]
_SIMPLE = [submit(evidence=QUOTE, root_cause="The simple one.")]


_SCRIPTS = {"steered": _STEERED, "endless": _ENDLESS, "hopeless": _HOPELESS, "simple": _SIMPLE}


def whole_script() -> Script:
    """Give the script of the run."""
    script = by_text({f"'{service}'": turns(steps) for service, steps in _SCRIPTS.items()})
    busy_at_first = after([faults.rate_limited(retry_after_seconds=0.001)], script)
    script = by_text({"'simple'": busy_at_first}, script)
    return named(script)


def named(script: Script) -> Script:
    """Give the calls of a script ids that are made of the turn alone: a reply is the same whenever it is given."""

    def answer(request: ChatRequest) -> ChatReply | Fault:
        reply = script(request)
        calls = getattr(reply, "tool_calls", ())
        ids = tuple(replace(call, id=f"c-{request.turn}-{place}") for place, call in enumerate(calls))
        return replace(reply, tool_calls=ids) if calls else reply  # type: ignore[arg-type]

    return answer


def incidents_of(place: Path) -> list[Incident]:
    """Write the incidents of the run."""
    incidents = [Incident(place / service, "app.log", service) for service in _SCRIPTS]
    for each in incidents:
        each.working_dir.mkdir()
        (each.working_dir / each.log_file).write_text("".join(f"{line}\n" for line in LOG), encoding="utf-8")
    return incidents


def normal(report: str | Path) -> Any:
    """Give a report's JSON without what differs from run to run: ids, times, how long it took."""
    saved = Path(report).read_text(encoding="utf-8")
    saved = re.sub(r"\d{8}T\d{6}-[0-9a-f]{6}", "RUN", saved)
    saved = re.sub(r'"seconds": [\d.e-]+', '"seconds": 0', saved)
    return json.loads(re.sub(r'"generated_at": "[^"]*"', '"generated_at": ""', saved))


@dataclass(frozen=True)
class Killed:
    """How a run in a process of its own ended.

    Parameters
    ----------
    signal
        What killed it; 0 for nothing.
    writes
        What it wrote, one after the other, where nothing killed it: the operation, the file, the step or event.
    said
        Why it failed; empty where it didn't.
    """

    signal: int
    writes: list[str]
    said: str

    def points(self) -> list[tuple[int, bool]]:
        """Give where to kill it, as `kill_at` and `torn`: before the last write of each kind, and within the first.

        What isn't written to a file, but made, renamed or removed, has no middle: before the first of its kind.
        """
        first = {kind: place for place, kind in reversed(list(enumerate(self.writes, 1)))}
        last = {kind: place for place, kind in enumerate(self.writes, 1) if kind.startswith("write")}
        return sorted([*((place, True) for place in first.values()), *((place, False) for place in last.values())])


class Template:
    """A process that has everything imported, and forks one for each run; a context manager."""

    def __init__(self, *prefix: str) -> None:
        command = [*prefix, sys.executable, "-c", _TEMPLATE]
        # One for several tests is started before the environment of any.
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "LOGDEBUG_"))}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean, cwd=tempfile.gettempdir()
        )

    def run(self, base_url: str, sessions_dir: Path, report: Path, **options: Any) -> Killed:
        """Do a run, and give how it ended.

        Parameters
        ----------
        base_url
            The server.
        sessions_dir
            Where it is kept.
        report
            Where its report goes.
        options
            `incidents` to begin with, or `resume` a run ("only": the only one that there is, or else a new one);
            `kill_at` the n-th write, from 1, before it or (`torn`) in its middle; `most_bytes` that a file may have;
            `mount`, the options of a file system to mount for it;
            `width`, how many agents at once.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"base_url": base_url, "sessions_dir": str(sessions_dir), "report": str(report), **options}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Killed(**json.loads(self._process.stdout.readline()))

    def __enter__(self) -> Self:
        """Give the template itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def given(incidents: list[Incident]) -> list[tuple[str, str, str]]:
    """Give incidents as they go to another process."""
    return [(str(each.working_dir), each.log_file, each.service) for each in incidents]


def only_run(sessions_dir: Path) -> Path | None:
    """Give the only run of a directory; None where there is none yet."""
    found = [path.parent for path in sessions_dir.glob("*/run.json") if not path.parent.name.startswith(".")]
    assert len(found) <= 1
    return found[0] if found else None


def unanswered(run: Path) -> int:
    """Count the requests that were made and whose answers aren't on disk, but for what the server was too busy for."""
    count = 0
    for trace in run.glob("*/trace.jsonl"):
        steps = [json.loads(line)["step"] for line in trace.read_bytes().split(b"\n")[:-1]]
        steps = [step for step in steps if step not in {"Failure", "Resumed"}]
        busy = trace.parent.name.endswith("-simple") and "Retried" not in steps
        count += bool(steps) and steps[-1] in {"Asked", "Retried"} and not busy
    return count


_TEMPLATE = r"""
import asyncio, json, os, re, resource, subprocess, signal, sys, tempfile, traceback
from pathlib import Path
import logdebug as ld
from logdebug.agent.messages import Reply, ToolCall

def hook(below, kill_at, torn):
    made_of = []
    def passes(name, path, of=None):
        kind = re.search(rb'"(?:step|event)": "(\w+)"', bytes(of[1])) if of else None
        file = re.sub(r"\d{8}T\d{6}-[0-9a-f]{6}|^\d{5}-.*", "*", os.path.basename(path))
        made_of.append(f"{name} {file} {kind[1].decode() if kind else ''}".strip())
        if len(made_of) == kill_at:
            if torn and of is not None:
                write(of[0], bytes(of[1])[: len(of[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
    def is_ours(path):
        return str(path).startswith(below)
    write, made = os.write, os.open
    def path_of(fd):
        return os.readlink(f"/proc/self/fd/{fd}")
    def hooked_write(fd, data):
        if is_ours(path_of(fd)):
            passes("write", path_of(fd), (fd, data))
        return write(fd, data)
    def hooked_open(path, flags, *more, **others):
        if flags & os.O_CREAT and is_ours(path):
            passes("make", path)
        return made(path, flags, *more, **others)
    os.write, os.open = hooked_write, hooked_open
    for name in ("mkdir", "rename", "replace", "unlink", "ftruncate"):
        def hooked(path, *more, name=name, original=getattr(os, name), **others):
            if isinstance(path, int) or is_ours(path):
                passes(name, path_of(path) if isinstance(path, int) else path)
            return original(path, *more, **others)
        setattr(os, name, hooked)
    return made_of

def is_told(events):
    lines = events.read_bytes().split(b"\n") if events.exists() else []
    return any(b"ControlTaken" in line and line.endswith(b"}") for line in lines)

async def warm_up():
    calls = [("search", '{"pattern": "a"}'), ("list_files", "{}"), ("overview", "{}"), ("submit_diagnosis", "{}")]
    replies = [Reply("", (ToolCall("1", *call),)) for call in calls]
    with tempfile.TemporaryDirectory() as below:
        model = ld.ReplayModel([*replies, *replies[-1:] * 3])
        report = await ld.investigate(ld.demo_incidents()[:1], model=model, sessions_dir=below)
        ld.Report.from_json(report.to_json())
        await ld.investigate(resume=report.run_id, model=model, sessions_dir=below)

def taken_up(order):
    if order.get("resume") == "only":  # which nobody outside a mount namespace can see
        found = [path.parent for path in Path(order["sessions_dir"]).glob("*/run.json") if path.parent.name[0] != "."]
        return str(found[0]) if found else None
    return order.get("resume")

async def work(order):
    model = MODELS[order["base_url"]]
    resume = taken_up(order)
    incidents = None if resume else [tuple(each) for each in order["incidents"]]
    run = ld.Run(incidents, model=model, sessions_dir=order["sessions_dir"], resume=resume,
        limits=ld.Limits(turns=4, retry_seconds=0.001) if incidents else None,
        cache="off", max_concurrency=order.get("width", 1))
    if not is_told(run.directory / "events.jsonl"):
        run.controls.steer("Look at the database first: \u00e9", 0, by="kim")
    try:
        report = await run.finish()
    finally:
        await model.aclose()
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    Path(order["report"]).write_text(report.to_json())

def child(order, answer):
    written, said = hook(order["sessions_dir"], order.get("kill_at", 0), order.get("torn", False)), ""
    if "mount" in order:  # within a mount namespace of its own
        subprocess.run(["mount", "-t", "tmpfs", "-o", order["mount"], "none", order["sessions_dir"]], check=True)
    if "most_bytes" in order:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["most_bytes"], resource.RLIM_INFINITY))
    try:
        asyncio.run(work(order))
    except ld.LogdebugError as error:
        said = str(error)
    except BaseException:
        said = traceback.format_exc()
    os.write(answer, json.dumps([written, said]).encode())
    os._exit(0)

asyncio.run(warm_up())  # whatever is imported or built once is, before the first fork
MODELS = {}
for line in sys.stdin:
    address = json.loads(line)["base_url"]
    if address not in MODELS:
        MODELS[address] = ld.OpenAIModel("gpt-5-mini", api_key="sk-test", base_url=address)
    receive, answer = os.pipe()
    pid = os.fork()
    if not pid:
        child(json.loads(line), answer)
    os.close(answer)
    told = b"".join(iter(lambda: os.read(receive, 65536), b""))
    os.close(receive)
    writes, said = json.loads(told) if told else ([], "")
    print(json.dumps({"signal": os.waitpid(pid, 0)[1] & 127, "writes": writes, "said": said}), flush=True)
"""
