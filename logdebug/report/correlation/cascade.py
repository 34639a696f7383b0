"""What was correlated as a chart: incidents on one UTC axis, an arrow from each cause to what it explains."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from logdebug.drawing import label_rows, literal, new_axes, time_axis, titled
from logdebug.report.charts.colours import SEVERITY_COLOURS
from logdebug.report.document import to_utc
from logdebug.report.text import one_line, shorten_middle

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.axes import Axes

    from logdebug.report.correlation.correlate import Correlation, Standing
    from logdebug.report.correlation.links import Link

__all__ = ["cascade"]

_MOST_ROWS = 60
_MOST_LETTERS = 34
_FEW_ROWS = 20
_GREY = "#8a8a8a"
_FAINT = 0.75


def cascade(correlation: Correlation, ax: Axes | None = None) -> Axes:
    """Draw the incidents on one UTC axis, with an arrow from each cause to what it explains.

    Parameters
    ----------
    correlation
        What was correlated.
    ax
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.axes.Axes
        One row per incident: those that are linked stand together, in the order of time, the unrelated below, in
        grey. A line from onset to end in the colour of the severity; a diamond at the onset of a cause, whose name is
        bold, a dot at the others. Of more than 60 incidents only those are drawn that are linked, at most 60.
    """
    rows = _rows(correlation)
    ax = ax or new_axes(8.6, 1.5 + (0.46 if len(rows) <= _FEW_ROWS else 0.24) * max(len(rows), 2))
    if not rows:
        ax.set_axis_off()
        return titled(ax, correlation.finding if len(correlation.order) < 2 else "No incident has a time")
    for row, standing in enumerate(rows):
        _draw(ax, row, standing)
    places = {standing.index: row for row, standing in enumerate(rows)}
    drawn = [link for link in correlation.links if link.cause in places and link.effect in places]
    label_rows(ax, [_name(standing) for standing in rows], rows=max(len(rows), 2))
    for label, standing in zip(ax.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if standing.role == "cause" else "normal")
        label.set_alpha(0.6 if standing.role == "unrelated" else 1.0)
    time_axis(ax)
    ax.margins(x=0.06)
    for link in drawn:
        _draw_link(ax, link, places, rows)
    if len(rows) <= _FEW_ROWS:
        _label_causes(ax, drawn, places, rows)
    ax.set_xlabel(_key(drawn, len(correlation.order) - len(rows)), loc="left", fontsize="small", alpha=_FAINT)
    return titled(ax, _title(correlation.finding))


def _key(links: list[Link], left_out: int) -> str:
    """Say what the marks mean, as far as they are there, and how many incidents are not."""
    parts = ["◆ cause   ● what it explains"] if links else []
    if any(link.role == "adds_to" for link in links):
        parts.append("dashed: adds to what was failing already")
    if left_out:
        parts.append(f"{left_out:,} more {'incident is' if left_out == 1 else 'incidents are'} not drawn")
    return "   ".join(parts)


def _rows(correlation: Correlation) -> list[Standing]:
    """Give the incidents in the order of their rows: groups of linked ones first, each in the order of time."""
    leader = {standing.index: standing.index for standing in correlation.order}

    def lead(index: int) -> int:
        while leader[index] != index:
            index = leader[index]
        return index

    for link in correlation.links:
        leader[lead(link.effect)] = lead(link.cause)
    timed = [standing for standing in correlation.order if standing.onset is not None]
    linked = [standing for standing in timed if standing.role != "unrelated"]
    groups = list(dict.fromkeys(lead(standing.index) for standing in linked))
    rows = sorted(linked, key=lambda standing: groups.index(lead(standing.index)))
    if len(timed) <= _MOST_ROWS:
        rows += [standing for standing in timed if standing.role == "unrelated"]
    return rows[:_MOST_ROWS] or timed[:_MOST_ROWS]


def _name(standing: Standing) -> str:
    return shorten_middle(one_line(standing.service), _MOST_LETTERS)


def _title(finding: str) -> str:
    """Break a title that is too long for its chart before what it says last."""
    return finding if len(finding) <= 72 else finding.replace(" and explains ", "\nand explains ", 1)


def _draw(ax: Axes, row: int, standing: Standing) -> None:
    """Draw one incident: a line and a mark at its onset."""
    assert standing.onset is not None  # noqa: S101 - rows are made of incidents with a time
    quiet = standing.role == "unrelated"
    colour = _GREY if quiet else SEVERITY_COLOURS[standing.severity]
    begin, end = _number(standing.onset), _number(standing.end or standing.onset)
    ax.hlines(row, begin, end, colors=colour, alpha=0.3 if quiet else 0.55, linewidth=3, zorder=2)
    mark, size = ("D", 62) if standing.role == "cause" else ("o", 30 if quiet else 44)
    ax.scatter([begin], [row], marker=mark, s=size, c=colour, zorder=4, linewidths=0, alpha=0.6 if quiet else 1.0)


def _draw_link(ax: Axes, link: Link, places: dict[int, int], rows: list[Standing]) -> None:
    """Draw an arrow from the onset of a cause to where it shows in its effect."""
    from matplotlib import rcParams

    cause, effect = rows[places[link.cause]], rows[places[link.effect]]
    assert cause.onset is not None  # noqa: S101 - rows are made of incidents with a time
    down = places[link.effect] > places[link.cause]
    ax.annotate(
        "",
        (_number(_shown_at(link, cause, effect)), places[link.effect] + (-0.12 if down else 0.12)),
        (_number(cause.onset), places[link.cause]),
        arrowprops={
            "arrowstyle": "-|>",
            "color": rcParams["text.color"],
            "alpha": _FAINT,
            "linestyle": "-" if link.role == "explains" else "--",
            "linewidth": 0.7 + 0.8 * link.confidence,
            "shrinkA": 5,
            "shrinkB": 2,
            "mutation_scale": 11,
            "connectionstyle": f"arc3,rad={0.12 if down else 0.0}",
        },
        zorder=3,
    )


def _shown_at(link: Link, cause: Standing, effect: Standing) -> datetime:
    """Give when an effect shows its cause: at its onset, or later where it was failing before."""
    assert cause.onset is not None  # noqa: S101 - rows are made of incidents with a time
    assert effect.onset is not None  # noqa: S101 - likewise
    if link.role == "explains":
        return effect.onset
    ahead = timedelta(seconds=effect.ahead_seconds)
    shown = [
        to_utc(reason.timestamp) - ahead for reason in link.reasons if reason.timestamp and reason.rule != "earlier"
    ]
    later = [moment for moment in shown if moment >= cause.onset]
    return min(later, default=cause.onset)


def _label_causes(ax: Axes, links: list[Link], places: dict[int, int], rows: list[Standing]) -> None:
    """Write above the line of each incident that explains others how that is known."""
    low, high = ax.get_xlim()
    for cause in dict.fromkeys(link.cause for link in links):
        its = [link for link in links if link.cause == cause]
        standing = rows[places[cause]]
        assert standing.onset is not None  # noqa: S101 - rows are made of incidents with a time
        at = _number(standing.onset)
        below = all(places[link.effect] < places[cause] for link in its)
        right = (at - low) / (high - low) > 0.55
        ax.annotate(
            literal(_reason(its, rows, places)),
            (at, places[cause]),
            xytext=(-9 if right else 9, -5 if below else 5),
            textcoords="offset points",
            ha="right" if right else "left",
            va="top" if below else "bottom",
            fontsize="x-small",
            alpha=_FAINT,
            usetex=False,
            zorder=5,
        )


def _reason(links: list[Link], rows: list[Standing], places: dict[int, int]) -> str:
    """Say how it is known that an incident explains the first of what it does, and how many more there are."""
    first = links[0]
    effect = shorten_middle(one_line(rows[places[first.effect]].service), 20)
    said = {}
    for reason in first.reasons:
        words = shorten_middle(one_line(reason.said), 26)
        if reason.rule == "shared_ids":
            said["ids"] = f"{words} failed in both"
        elif reason.rule != "earlier":
            said.setdefault("names", f"{effect} names {words}")
    text = ", ".join(said.values())
    return text if len(links) == 1 else f"{text}; {len(links) - 1} more"


def _number(moment: datetime) -> float:
    """Give a time as matplotlib's axis counts it."""
    from matplotlib.dates import date2num

    return float(date2num(moment))  # type: ignore[no-untyped-call] # matplotlib.dates comes without types
