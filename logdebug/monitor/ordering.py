"""Orders to runs, and what came of them: an order is told to be obeyed only when its effect is on disk."""

from __future__ import annotations

import os
import pwd
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logdebug.errors import SessionError
from logdebug.run.orders import Order, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.monitor.rows import Row
    from logdebug.monitor.runs import RunView
    from logdebug.monitor.targets import Target
    from logdebug.run.events import Control

__all__ = ["Outcome", "order"]

_PATIENCE_SECONDS = 3.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an order for one incident.

    Parameters
    ----------
    target
        The incident.
    said
        What came of it, in words.
    is_done
        Whether it is as was wanted.
    """

    target: Target
    said: str
    is_done: bool


def order(control: Control, targets: Sequence[Target], text: str = "", *, everything: bool = False) -> list[Outcome]:
    """Have a run do something with incidents, and wait up to 3 s for what comes of it.

    Parameters
    ----------
    control
        What to do.
    targets
        With which incidents, all of one run.
    text
        Of `steer`: what to tell the agents.
    everything
        Whether the targets are all that the run has open: one order serves them then.

    Returns
    -------
    list of Outcome
        One per incident.

    Raises
    ------
    SessionError
        Where the run is over, or takes no orders.
    """
    if not targets:
        return []
    run = targets[0].run
    _check(run)
    ended = [Outcome(each, _why_not(each.row), is_done=False) for each in targets if not each.row.is_open]
    asked = [each for each in targets if each.row.is_open]
    before = {each.row.index: each.row.steered for each in asked}
    places: list[int | None] = [None] if everything else [each.row.index for each in asked]
    sent = [Order(run.address, control, index, _who(), text) for index in places]
    for each in sent:
        place(run.directory, each)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        run.refresh()
        refused = [answer for each in sent if (answer := run.answers.get(each.order_id))]
        is_heard = all(each.order_id in run.answers for each in sent)
        outcomes = [_outcome(each, control, before[each.row.index], is_heard=is_heard) for each in asked]
        if refused or all(outcome.is_done for outcome in outcomes) or not run.is_live or time.monotonic() > deadline:
            break
        time.sleep(_LOOK_SECONDS)
    if refused:
        raise SessionError(f"the run refused it: {refused[0]}", path=run.directory)
    return ended + outcomes


def _check(run: RunView) -> None:
    if run.state == "ended":
        raise SessionError(f"run {run.run_id} has ended: it takes no orders", path=run.directory)
    if run.state == "dead":
        raise SessionError(
            f"run {run.run_id} is dead: its process is gone, and takes no orders; what was finished is kept, and "
            f"`logdebug run --resume {run.run_id}` goes on with it",
            path=run.directory,
        )


def _outcome(target: Target, control: Control, steered: int, *, is_heard: bool) -> Outcome:
    row = target.row
    done = {
        "cancel": row.state == "cancelled",
        "pause": row.state == "paused",
        "resume": is_heard and row.state in {"working", "waiting"},
        "steer": row.steered > steered and not row.refused,
    }[control]
    if done:
        return Outcome(target, _DONE[control], is_done=True)
    if not row.is_open:
        return Outcome(target, f"it ended before that: {row.state}", is_done=False)
    if control == "steer" and row.steered > steered:
        return Outcome(target, row.refused, is_done=False)
    if is_heard:
        return Outcome(target, f"the run has heard it, and it is still {row.state}", is_done=False)
    return Outcome(target, "the run has not answered: its process is held up; it will, once it goes on", is_done=False)


_DONE = {
    "cancel": "cancelled",
    "pause": "paused: its agent ends the step in flight, and waits",
    "resume": "goes on",
    "steer": "will hear it before its next turn",
}


def _why_not(row: Row) -> str:
    return f"it has ended already: {row.state}"


def _who() -> str:
    """Name who orders, as the incident's failure and its events will."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a user whom nobody named
        user = f"user {os.getuid()}"
    return f"{user} in a monitor"
