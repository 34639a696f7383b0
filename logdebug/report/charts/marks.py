"""What a diagnosis says of a log, marked on the chart of that log: its quotes, and its events in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from logdebug.drawing import literal, worded
from logdebug.report.charts.naming import shown_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

__all__ = ["Mark", "draw_events", "draw_quotes", "event_inches"]

_MOST_TOLD = 9  # events in words; more of them are only dots
_ROW_INCHES, _LOG_INCHES = 0.22, 1.7
_LETTER_INCHES = 0.066


class Mark(NamedTuple):
    """Something that stands at a place of the log.

    Parameters
    ----------
    at
        Where, as matplotlib takes it.
    share
        How far along the axis that is, from 0 to 1.
    beyond
        -1 where it was before the log began, 1 where after it ended; it then stands at the edge.
    text
        What happened: hostile text.
    """

    at: Any
    share: float
    beyond: int = 0
    text: str = ""


def event_inches(count: int) -> float:
    """Return how much height a number of events needs above the log."""
    return _ROW_INCHES * (count if count <= _MOST_TOLD else 1)


def draw_quotes(ax: Axes, quotes: Sequence[Mark], most: float, colour: str) -> None:
    """Mark quoted lines above the log, `most` high, each with a line down to where it stands."""
    if not quotes:
        return
    places = [quote.at for quote in quotes]
    label = f"quoted as evidence ({len(quotes):,})"
    ax.vlines(places, 0, most * 1.08, color=colour, linewidth=0.9, zorder=3)
    ax.scatter(places, [most * 1.1] * len(places), marker="v", s=34, color=colour, label=label, zorder=4, linewidths=0)


def draw_events(ax: Axes, events: Sequence[Mark], most: float) -> float:
    """Tell the events above the log, `most` high, the first on top; returns how high the chart then is, 0 for none."""
    if not events:
        return 0.0
    ink, told = ax.title.get_color(), len(events) <= _MOST_TOLD
    height = most * _ROW_INCHES / _LOG_INCHES
    base, rows = most * 1.2, len(events) if told else 1
    for row, event in enumerate(events):
        y = base + height * ((rows - 1 - row if told else 0) + 0.5)
        # No further up: it would run through the words of other events.
        ax.vlines([event.at], 0, base, color=ink, linewidth=0.7, alpha=0.35, zorder=1)
        ax.plot([event.at], [y], marker="<o>"[event.beyond + 1], markersize=4.5, color=ink, zorder=4, clip_on=False)
        if told and event.text:
            _tell(ax, event, y)
    return base + height * (rows + 0.2)


def _tell(ax: Axes, event: Mark, y: float) -> None:
    """Write what happened on the side of the dot that has more room."""
    right = event.share < 0.5
    room = _inches_of(ax) * (1 - event.share if right else event.share) - 0.15
    said = shown_text(event.text, max(12, int(room / _LETTER_INCHES)))
    ax.annotate(
        literal(said),
        (event.at, y),
        xytext=(6 if right else -6, 0),
        textcoords="offset points",
        ha="left" if right else "right",
        va="center",
        fontsize="small",
        zorder=5,
        **worded(said),
    )


def _inches_of(ax: Axes) -> float:
    """Give how wide an Axes will be; one alone is widened when its figure is laid out."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101 - it is being drawn on
    if figure.get_layout_engine() is not None and len(figure.axes) == 1:
        return 0.9 * float(figure.get_size_inches()[0])
    return float(ax.get_window_extent().width / figure.dpi)
