"""What is on disk of a run, told again: the steps of its agents, and what its operator wanted of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from logdebug.agent import steps as steps_module
from logdebug.agent.steps import Step
from logdebug.errors import SessionError
from logdebug.records import Diagnosis
from logdebug.run.chronicle import EVENTS
from logdebug.run.moments import Moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pydantic import TypeAdapter

__all__ = ["Told", "steps_of"]


def steps_of(lines: Iterable[dict[str, Any]], path: Path) -> Iterator[Step]:
    """Give the steps of a trace as the agent took them; what is no step (a failure, that it went on) is left out.

    Parameters
    ----------
    lines
        The trace, as `read_trace` gives it.
    path
        Where it is from, for errors.

    Raises
    ------
    SessionError
        Where a step isn't as this version writes it.
    """
    from pydantic import ValidationError

    kinds: dict[str, type] = {kind.__name__: kind for kind in get_args(Step)}
    for line in lines:
        kind = kinds.get(line["step"])
        if kind is None:
            continue
        try:
            step: Step = _reader(kind).validate_python(
                {key: line[key] for key in line if key not in ("at", "clock", "step")}
            )
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            where = ".".join(map(str, fault["loc"]))
            raise SessionError(
                f"a step {line['step']!r} can't be read: {where}: {fault['msg']}; another version wrote it", path=path
            ) from error
        yield step


@cache
def _reader(kind: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    from logdebug.agent.messages import Message, ToolCall

    # Steps name these under TYPE_CHECKING only.
    names = {"Message": Message, "ToolCall": ToolCall, "Diagnosis": Diagnosis, "Mapping": Mapping}
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    adapter.rebuild(_types_namespace={**vars(steps_module), **names})
    return adapter


@dataclass(slots=True)
class Told:
    """What a run's `events.jsonl` tells beside the traces; a line that is torn or of another version tells nothing.

    Parameters
    ----------
    starts, worked
        When processes began to work on it, and for how many seconds each did.
    directions
        What its operator told agents, by the incidents' places, oldest first.
    held
        When agents were held up, from and to (None: to the end), by the incidents' places.
    """

    starts: list[Moment] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)
    directions: dict[int, list[str]] = field(default_factory=dict)
    held: dict[int, list[tuple[datetime, datetime | None]]] = field(default_factory=dict)

    @classmethod
    def of(cls, directory: Path) -> Told:
        """Read what is told of the run in this directory."""
        told = cls()
        try:
            lines = (directory / EVENTS).read_bytes().split(b"\n")
        except OSError:  # a disk that took no event kept the run from nothing
            return told
        for line in lines:
            try:
                event = json.loads(line)
                told._take(event["event"], Moment.read(event), event)
            except (ValueError, KeyError, TypeError):
                continue
        return told

    def _take(self, name: str, moment: Moment, event: dict[str, Any]) -> None:
        if name == "RunStarted":
            self.starts.append(moment)
            self.worked.append(0.0)
            self._release_all(moment.at)
        elif self.starts:
            self.worked[-1] = max(self.worked[-1], self.starts[-1].seconds_to(moment))
        if name == "ControlTaken" and not event["refused"]:
            self._take_control(int(event["index"]), event["control"], str(event["text"]), moment.at)

    def _take_control(self, index: int, control: str, text: str, at: datetime) -> None:
        held = self.held.setdefault(index, [])
        if control == "steer":
            self.directions.setdefault(index, []).append(text)
        elif control == "pause":
            held.append((at, None))
        elif control == "resume" and held:
            held[-1] = (held[-1][0], at)

    def _release_all(self, at: datetime) -> None:
        """Take note that whoever was held up isn't any more: another process goes on with the run."""
        for spans in self.held.values():
            if spans and spans[-1][1] is None:
                spans[-1] = (spans[-1][0], at)

    def held_seconds(self, index: int, after: datetime, before: datetime) -> float:
        """Tell for how long of a span of time an incident was held up."""
        spans = ((max(begun, after), min(ended or before, before)) for begun, ended in self.held.get(index, ()))
        return sum(max(0.0, (ended - begun).total_seconds()) for begun, ended in spans)

    def seconds(self, began: datetime, others: Iterable[Moment]) -> float:
        """Tell for how long the run went on; the time between two processes is nobody's work.

        Parameters
        ----------
        began
            When it began.
        others
            When something else was written of it.
        """
        starts, worked = [Moment(began), *self.starts], [0.0, *self.worked]
        for other in others:
            place = max((place for place, start in enumerate(starts) if start.at <= other.at), default=0)
            worked[place] = max(worked[place], starts[place].most_seconds_to(other))
        return sum(worked)
