"""What incidents cost, as a table of bars: the most expensive on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from logdebug.drawing import blank, label_rows, new_axes, titled
from logdebug.report.charts.colours import BLUE, GREY, PALE_BLUE
from logdebug.report.charts.naming import distinct_names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["usage", "usage_finding"]

Measure = Literal["cost_usd", "tokens", "seconds"]

_MOST_ROWS = 30
_MOST_NAMED = 10  # how many are summed up in the title, where each alone is too little of the whole
_BARS = 0.5  # the share of the width that the bars have; figures stand beside them
_FIGURES = {"cost_usd": ("cost", 0.64), "turns": ("turns", 0.735), "tokens": ("tokens", 0.87), "seconds": ("time", 1.0)}
"""What is written beside each bar: its heading, and where it ends, in shares of the width."""


def usage(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw what each incident cost.

    Parameters
    ----------
    frame
        One row per incident, as `frames.usage_df` gives, or several of those together.
    ax
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.axes.Axes
        A bar per incident, the most expensive on top, with its cost, turns, tokens and time beside it; a grey one for
        what was spent on incidents that failed. Bars are dollars where every cost is known, else tokens, sent and
        received, else seconds. At most 30 rows; the last then sums up the others, without a bar.
    """
    measure = _measure(frame)
    ranked = frame.assign(_name=_names(frame)).sort_values(measure, ascending=False, kind="stable", na_position="last")
    shown, rest = ranked[: _MOST_ROWS - 1], ranked[_MOST_ROWS - 1 :]
    if len(rest) == 1:
        shown, rest = ranked, ranked[:0]
    rows = len(shown) + bool(len(rest))
    ax = ax or new_axes(8.4, 1.5 + 0.3 * max(rows, 2))
    if not rows:
        return blank(ax, usage_finding(frame))
    _draw_bars(ax, shown, measure)
    names = list(shown["_name"])
    if len(rest):
        names.append(f"{int(rest['incidents'].sum()):,} others together")
    label_rows(ax, names)
    ax.set_ylim(rows - 0.4, -1.5)
    _draw_figures(ax, shown, rest, measure)
    ax.xaxis.set_visible(False)
    ax.spines[:].set_visible(False)
    return titled(ax, usage_finding(frame))


def usage_finding(frame: pd.DataFrame) -> str:
    """Say what all incidents of a `frames.usage_df` cost together, and how much of that the most expensive did."""
    incidents = int(frame["incidents"].sum())
    if not incidents:
        return "Nothing was investigated"
    said = f"{_listed(frame)} for {f'{incidents:,} incidents' if incidents > 1 else 'the one incident'}"
    unknown = int(frame.loc[frame["cost_usd"].isna(), "incidents"].sum())
    if unknown:
        said += ", cost unknown" + (f" for {unknown:,}" if unknown < incidents else "")
    amounts = frame[_measure(frame)].fillna(0).reset_index(drop=True).sort_values(ascending=False, kind="stable")
    most, total = amounts.iloc[:_MOST_NAMED], float(amounts.sum())
    if len(amounts) == 1 or amounts.iloc[0] == amounts.iloc[1]:
        return said
    if len(amounts) > 2 * _MOST_NAMED:
        return f"{said};\nthe {_MOST_NAMED} most expensive took {most.sum() / total:.0%} of it"
    return f"{said};\n{_names(frame)[amounts.index[0]]} took {amounts.iloc[0] / total:.0%} of it"


def _measure(frame: pd.DataFrame) -> Measure:
    if frame["cost_usd"].notna().all() and frame["cost_usd"].sum() > 0:
        return "cost_usd"
    return "tokens" if frame["tokens"].sum() > 0 else "seconds"


def _listed(frame: pd.DataFrame) -> str:
    """Say what was used together: "$0.42 and 64,500 tokens", or tokens alone where some cost isn't known."""
    tokens = int(frame["tokens"].sum())
    if not tokens:
        return f"{_seconds(frame['seconds'].sum())} and no tokens"
    if frame["cost_usd"].isna().any():
        return f"{_count(tokens)} tokens"
    return f"{_dollars(frame['cost_usd'].sum())} and {_count(tokens)} tokens"


def _told(frame: pd.DataFrame) -> list[str]:
    """Give what each row is of: a service, or incidents that failed."""
    return [
        service
        if outcome == "diagnosed"
        else f"failed: {service}"
        if incidents == 1
        else f"{incidents:,} failed incidents"
        for service, outcome, incidents in zip(frame["service"], frame["outcome"], frame["incidents"], strict=True)
    ]


def _names(frame: pd.DataFrame) -> list[str]:
    places = (frame[column].fillna("") for column in ("working_dir", "log_file"))
    return distinct_names(zip(_told(frame), *places, strict=True))


def _draw_bars(ax: Axes, shown: pd.DataFrame, measure: Measure) -> None:
    most = float(shown[measure].fillna(0).max()) or 1.0
    places, grey = range(len(shown)), (shown["outcome"] == "failed").to_numpy()
    columns = ["input_tokens", "output_tokens"] if measure == "tokens" else [measure]
    left: Any = 0.0
    for column, colour in zip(columns, (BLUE, PALE_BLUE), strict=False):
        lengths = shown[column].fillna(0).to_numpy() / most * _BARS
        colours = [GREY if failed else colour for failed in grey]
        ax.barh(places, lengths, left=left, color=colours, height=0.66)
        left = left + lengths
    ax.set_xlim(0, 1)


def _draw_figures(ax: Axes, shown: pd.DataFrame, rest: pd.DataFrame, measure: Measure) -> None:
    """Write the figures beside the bars, under their headings; what the bars show is in bold."""
    for column, (heading, at) in _FIGURES.items():
        weight = "bold" if column == measure else "normal"
        ax.text(at, -0.95, heading, ha="right", va="center", fontsize="small", alpha=0.75)
        said = [_figure(column, value) for value in shown[column]]
        if len(rest):
            said.append(_figure(column, rest[column].sum(skipna=column == "seconds")))
        for row, figure in enumerate(said):
            ax.text(at, row, figure.replace("$", r"\$"), ha="right", va="center", fontsize="small", fontweight=weight)
    if measure == "tokens":
        for at, word, colour in ((0.0, "sent", BLUE), (0.11, "received", PALE_BLUE)):
            ax.text(at, -0.95, "■", ha="left", va="center", fontsize="small", color=colour)
            ax.text(at + 0.022, -0.95, word, ha="left", va="center", fontsize="small", alpha=0.75)


def _figure(column: str, value: float) -> str:
    if value != value:  # noqa: PLR0124 - what isn't known is NaN
        return "unknown" if column == "cost_usd" else "-"
    if column == "cost_usd":
        return _dollars(value)
    return _seconds(value) if column == "seconds" else _count(int(value))


def _dollars(value: float) -> str:
    if 0 < value < 0.0001:
        return "<$0.0001"
    return f"${value:,.2f}" if value >= 1 or not value else f"${value:.4f}"


def _count(value: int) -> str:
    return f"{value:,}" if value < 1_000_000 else f"{value / 1e6:,.1f} M"


def _seconds(value: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if value >= 2 * size:
            return f"{value / size:,.1f} {unit}"
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
