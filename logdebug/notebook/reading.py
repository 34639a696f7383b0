"""How far the reading of a large log is, below the cell that reads it; interrupting the kernel ends the reading.

The reading is done by a thread, and the cell's own thread waits: an interrupt comes there, whatever the reading is at,
so that nothing is torn in the middle and every process that reads along is ended.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar, cast

from logdebug.errors import LogInterrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logdebug.logs.source import Source

__all__ = ["bar_html", "read_with_bar"]

Result = TypeVar("Result")

_REDRAW_SECONDS = 0.2


def read_with_bar(source: Source, work: Callable[[Source], Result]) -> Result:
    """Do the work on a log's bytes, with a bar below the cell of how far it is; without one where there is no cell.

    Parameters
    ----------
    source
        The log's bytes.
    work
        What reads them, given the source that it is to read.

    Raises
    ------
    KeyboardInterrupt
        Where the kernel was interrupted meanwhile; by then, nothing reads any more.
    """
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return work(source)
    watch = _Watch(source)
    bar = _Bar(watch)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work, cast("Source", watch))
        try:
            while not wait([future], timeout=_REDRAW_SECONDS).done:
                bar.draw()
        except KeyboardInterrupt:
            watch.end()
            wait([future])
            bar.draw(end="interrupted")
            raise
        bar.draw(end="read" if future.exception() is None else "stopped")
        return future.result()


class _Watch:
    """A source that takes note of how far it was read, and that can be made to end for good."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.read_bytes = 0
        self._ended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def blocks(self, *arguments: Any) -> Iterator[tuple[int, bytes]]:
        """Give blocks as the source does."""
        for offset, block in self.source.blocks(*arguments):
            self._note(offset + len(block))
            yield offset, block

    def line_start(self, byte: int) -> int:
        """Give where a line starts; it is asked for as parts are given to the processes that read along."""
        self._note(byte)
        return self.source.line_start(byte)

    def _note(self, byte: int) -> None:
        if self._ended:
            raise LogInterrupted(f"reading {self.source.name} was stopped", log=self.source.name)
        self.read_bytes = max(self.read_bytes, byte)

    def end(self) -> None:
        """Make every read raise, those that begin later, too: a process that dies isn't to be made up for."""
        self._ended = True
        self.source.stop()


class _Bar:
    """A bar below the cell, once there is something to wait for."""

    def __init__(self, watch: _Watch) -> None:
        from IPython.display import DisplayHandle

        self._watch = watch
        self._began = time.monotonic()
        self._place = DisplayHandle()  # type: ignore[no-untyped-call]
        self._is_shown = False

    def draw(self, *, end: str = "") -> None:
        """Draw how far it is; at the end, in which way it ended, if it was drawn before."""
        from IPython.display import HTML

        source = self._watch.source
        seconds = time.monotonic() - self._began
        html = HTML(bar_html(source.name, self._watch.read_bytes, source.text_bytes, seconds, end=end))  # type: ignore[no-untyped-call]
        if self._is_shown:
            self._place.update(html)  # type: ignore[no-untyped-call]
        elif not end:
            self._is_shown = True  # before it is: an interrupt may come as soon as it is seen
            self._place.display(html)  # type: ignore[no-untyped-call]


def bar_html(name: str, read_bytes: int, text_bytes: int | None, seconds: float, *, end: str = "") -> str:
    """Draw a bar of how far a log is read as HTML; all text escaped.

    Parameters
    ----------
    name
        The log's name.
    read_bytes, text_bytes
        How much was read of how much; None where nobody knows yet.
    seconds
        For how long.
    end
        In which way it ended, in a word; empty while it goes on.
    """
    share = min(read_bytes / text_bytes, 1.0) if text_bytes else None
    if end == "read":
        share = 1.0
    amount = f"{(text_bytes or read_bytes) if end == 'read' else read_bytes:,} bytes"
    amount += f" of {text_bytes:,}" if text_bytes and end != "read" else ""
    value = f" value='{share:.3f}'" if share is not None else ""
    return (
        "<div style='font-size:13px;line-height:1.5'>"
        f"{escape(end or 'reading')} <b>{escape(name)}</b> "
        f"<progress max='1'{value} style='vertical-align:middle;width:16em'></progress> "
        f"{amount} · {seconds:.1f} s</div>"
    )
