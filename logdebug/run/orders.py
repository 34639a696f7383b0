r"""What a monitor in another process wants of a run: put into a file of the run's directory, and obeyed by the run.

    SESSIONS_DIR/RUN_ID/orders.jsonl

The run makes the file when it begins, and looks at its size several times a second. An order is one line and one write
at the file's end, and names the run and the process that it is for: what is left of an earlier time is passed over,
and so is a line that was torn. What came of an order is in the run's `events.jsonl`.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import stat
import warnings
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, get_args

from logdebug.errors import IncidentError, SessionError
from logdebug.run.chronicle import Chronicle
from logdebug.run.events import Control

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path
    from types import TracebackType

    from logdebug.run.control import Controls
    from logdebug.run.events import Event

__all__ = ["ORDERS", "Order", "OrderBox", "monitored", "place"]

ORDERS = "orders.jsonl"
"""The file's name, in a run's directory."""

_LOOK_SECONDS = 0.1
_SIGN_SECONDS = 2.0
_BLOCK_BYTES = 1 << 16
_MOST_CHARACTERS = 8_000  # of a text; what reaches the agent is bounded by `Controls.steer`


@dataclass(frozen=True, slots=True)
class Order:
    """What a monitor wants.

    Parameters
    ----------
    address
        The run that it is for, as its `RunStarted` gives it.
    control
        What to do.
    index
        With which incident, by its place from 0; None for all that haven't ended.
    by
        Who wants it.
    text
        Of `steer`: what to tell the agent.
    order_id
        What the run's answer names.
    """

    address: str
    control: Control
    index: int | None
    by: str
    text: str = ""
    order_id: str = field(default_factory=lambda: secrets.token_hex(8))


def place(directory: Path, order: Order) -> None:
    """Put an order into a run's directory; it is with the operating system, whole, when this returns.

    Parameters
    ----------
    directory
        The run's directory.

    Raises
    ------
    SessionError
        Where the run takes no orders, or the disk takes none.
    """
    path = directory / ORDERS
    line = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "to": order.address,
        "id": order.order_id,
        "control": order.control,
        "index": order.index,
        "by": order.by,
        "text": order.text[:_MOST_CHARACTERS],
    }
    written = b"\n" + json.dumps(line).encode() + b"\n"
    try:
        # Without O_CREAT: where the run made no such file, nobody reads it.
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            is_whole = stat.S_ISREG(os.fstat(file).st_mode) and os.write(file, written) == len(written)
        finally:
            os.close(file)
    except OSError as error:
        raise SessionError(f"the run takes no orders: {path}: {error.strerror}", path=path) from error
    if not is_whole:
        raise SessionError(f"the order could not be written whole to {path}: make room there, and try again", path=path)


class OrderBox:
    """The run's end of the file; a context manager.

    Parameters
    ----------
    directory
        The run's directory. Orders that are there already are for an earlier time, and passed over.
    address
        Which orders are for this run and this process.

    Raises
    ------
    SessionError
        Where the file can't be made or opened.
    """

    def __init__(self, directory: Path, address: str) -> None:
        self._address = address
        path = directory / ORDERS
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise SessionError(f"{path} can't be made: {error.strerror}", path=path) from error
        self._offset = os.fstat(self._file).st_size

    def take(self) -> list[Order]:
        """Give the orders for this run that came since the last time."""
        if os.fstat(self._file).st_size <= self._offset:
            return []
        block = os.pread(self._file, _BLOCK_BYTES, self._offset)
        end = block.rfind(b"\n") + 1
        if not end and len(block) == _BLOCK_BYTES:
            end = len(block)  # no monitor writes a line of that length
        self._offset += end
        orders = map(_order, block[:end].split(b"\n"))
        return [order for order in orders if order is not None and order.address == self._address]

    def __enter__(self) -> Self:
        """Give the box itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; it stays on disk, with what was ordered."""
        os.close(self._file)


@asynccontextmanager
async def monitored(directory: Path, controls: Controls) -> AsyncIterator[Callable[[Event], None]]:
    """Have a run watched and steered from other processes for the time of a `with`.

    Parameters
    ----------
    directory
        The run's directory.
    controls
        What steers the run.

    Yields
    ------
    callable
        To be called with each event of the run.

    Warns
    -----
    RuntimeWarning
        Where the files that this takes can't be made; the run goes on without.
    """
    with ExitStack() as files:
        obeying = None
        tell: Callable[[Event], None] = lambda _: None  # noqa: E731 - it has the type of a bound method, too
        try:
            chronicle = files.enter_context(Chronicle(directory))
            tell = chronicle.take
            box = files.enter_context(OrderBox(directory, chronicle.address))
        except SessionError as error:
            warnings.warn(f"no monitor will steer this run: {error}", RuntimeWarning, stacklevel=2)
        else:
            obeying = asyncio.create_task(_obey(box, controls, chronicle))
        try:
            yield tell
        finally:
            if obeying is not None:
                obeying.cancel()
                await asyncio.wait([obeying])
    if obeying is not None and not obeying.cancelled():
        obeying.result()  # a bug in it is one of the run


async def _obey(box: OrderBox, controls: Controls, chronicle: Chronicle) -> None:
    """Pass on orders as they come, until cancelled."""
    signed = monotonic()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        for order in box.take():
            chronicle.note("OrderTaken", order=order.order_id, refused=_pass_on(order, controls))
        if monotonic() - signed > _SIGN_SECONDS:
            chronicle.sign_life()
            signed = monotonic()


def _pass_on(order: Order, controls: Controls) -> str:
    """Pass an order on; say why not, where it can't be."""
    try:
        match order.control:
            case "cancel":
                controls.cancel(order.index, by=order.by)
            case "pause":
                controls.pause(order.index, by=order.by)
            case "resume":
                controls.resume(order.index, by=order.by)
            case "steer":
                controls.steer(order.text, order.index, by=order.by)
    except IncidentError as error:
        return str(error)
    return ""


def _order(line: bytes) -> Order | None:
    """Read a line; None where it is no order: torn, empty, or of another version."""
    try:
        given: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(given, dict) or given.get("control") not in get_args(Control):
        return None
    index = given.get("index", "")
    if index is not None and (not isinstance(index, int) or isinstance(index, bool)):
        return None
    texts = [given.get(key) for key in ("to", "by", "text", "id")]
    if not all(isinstance(text, str) for text in texts):
        return None
    address, by, text, order_id = map(str, texts)
    return Order(address, given["control"], index, by, text, order_id)
