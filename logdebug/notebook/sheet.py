"""A run as it stands, drawn as HTML: totals, a bar, one row per incident. All text escaped, all style in place.

Style stands on each element, and colours come from JupyterLab's own variables where it has some: so the table looks
the same in a widget, in a saved notebook, in an export, and where a page strips `<style>` from what it doesn't trust.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from logdebug.records import Diagnosis
from logdebug.report.text import UNTYPESET, one_line, shorten, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.run.board import Board, Row, State

__all__ = ["HEAD_PIXELS", "ROW_PIXELS", "TITLES_PIXELS", "settled", "sheet_html"]

HEAD_PIXELS = 44
TITLES_PIXELS = 24
ROW_PIXELS = 44

_STEP_CHARACTERS = 240
_SERVICE_CHARACTERS = 64
# Okabe and Ito's palette, which the colour-blind can tell apart, each at least 3:1 on white and on black; the marks
# differ in shape as well.
_COLOURS: dict[State, str] = {
    "waiting": "#888888",
    "working": "#0072b2",
    "paused": "#cc79a7",
    "done": "#009e73",
    "failed": "#d55e00",
    "cancelled": "#888888",
}
_MARKS: dict[State, str] = {
    "waiting": "○",
    "working": "◐",
    "paused": "‖",
    "done": "●",
    "failed": "✕",
    "cancelled": "⊘",
}
_IN_BAR: tuple[State, ...] = ("done", "failed", "working", "paused", "cancelled", "waiting")
_FONT = "font-family:var(--jp-ui-font-family,sans-serif);font-size:13px"
_INK = "color:var(--jp-ui-font-color1,inherit)"
_FAINT = "color:var(--jp-ui-font-color2,#666)"
_LINE = "border:0 solid var(--jp-border-color2,#ddd);border-top-width:1px"
_CUT = "overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
_LEFT = "text-align:left"
_NUMBER = "text-align:right;font-variant-numeric:tabular-nums"
_COLUMNS = (
    ("state", "86px", _LEFT),
    ("incident", "auto", _LEFT),
    ("turns", "38px", _NUMBER),
    ("tokens", "60px", _NUMBER),
    ("cost", "56px", _NUMBER),
    ("time", "54px", _NUMBER),
)


def settled(board: Board, most: int) -> Sequence[int]:
    """Give the places of the rows that a table which stays shows: all, or those at work and the failed first."""
    order = {"working": 0, "paused": 1, "failed": 2, "done": 3, "cancelled": 4, "waiting": 5}
    places = range(len(board.rows))
    return places if len(places) <= most else sorted(places, key=lambda index: order[board.rows[index].state])[:most]


def sheet_html(board: Board, places: Sequence[int], *, note: str = "", foot: str = "") -> str:
    """Draw a run as it stands.

    Parameters
    ----------
    board
        The run.
    places
        The rows to draw, by their places.
    note
        HTML to stand between the totals and the rows; it must be safe already.
    foot
        Text below the rows.
    """
    rows = "".join(_row_html(board.rows[index]) for index in places)
    return (
        f"<div class='{UNTYPESET}' style='{_FONT};line-height:20px;{_INK}'>"
        f"{_head_html(board)}{note}{_table_html(rows) if rows else ''}{_foot_html(foot)}</div>"
    )


def _head_html(board: Board) -> str:
    """Draw the totals, and a bar of how many are in which state; of a fixed height."""
    if not board.rows:
        return f"<div style='height:{HEAD_PIXELS}px'>starting …</div>"
    model = "no model: the embedded offline analyst" if board.model == "offline" else f"model {one_line(board.model)}"
    spent = [_money(board.cost_usd)] if board.turns and board.cost_usd is not None else []
    first, _, rest = board.summary().partition(" · ")
    said = " · ".join([*([rest] if rest else []), *spent, _clock(board.seconds), model])
    return (
        f"<div style='height:{HEAD_PIXELS}px;box-sizing:border-box;padding-top:4px'>"
        f"<div style='{_CUT}' title='{escape(f'{first} · {said}')}'><b style='font-weight:600'>{escape(first)}</b>"
        f"<span style='{_FAINT}'> · {escape(said)}</span></div>{_bar_html(board)}</div>"
    )


def _bar_html(board: Board) -> str:
    counts = board.counts()
    parts = "".join(
        f"<div style='width:{100 * counts[state] / len(board.rows):.2f}%;background:{_COLOURS[state]}"
        f"{';opacity:.3' if state == 'waiting' else ''}'></div>"
        for state in _IN_BAR
        if counts[state]
    )
    return f"<div style='display:flex;height:4px;border-radius:2px;overflow:hidden;margin-top:6px'>{parts}</div>"


def _table_html(rows: str) -> str:
    titles = "".join(
        f"<th style='{_cell(TITLES_PIXELS, width)};font-weight:400;font-size:11px;{_FAINT};{style}'>{title}</th>"
        for title, width, style in _COLUMNS
    )
    return (
        "<table style='width:100%;table-layout:fixed;border-collapse:collapse;border:0;margin:0;font-size:13px'>"
        f"<tr style='background:none'>{titles}</tr>{rows}</table>"
    )


def _row_html(row: Row) -> str:
    asked = row.turns > 0
    mark = f"<span style='color:{_COLOURS[row.state]};display:inline-block;width:16px'>{_MARKS[row.state]}</span>"
    cells = (
        mark + row.state,
        _incident_html(row),
        f"{row.turns:,}" if asked else "",
        f"{row.tokens:,}" if asked else "",
        _money(row.cost_usd) if asked else "",
        _clock(row.seconds) if asked or row.seconds else "",
    )
    drawn = "".join(
        f"<td style='{_cell(ROW_PIXELS, width)};{_LINE};{style};{_INK if title == 'incident' else _FAINT}'>{text}</td>"
        for (title, width, style), text in zip(_COLUMNS, cells, strict=True)
    )
    return f"<tr style='background:none'>{drawn}</tr>"


def _incident_html(row: Row) -> str:
    """Draw the service, and below it what its agent does, or what came of it."""
    service = escape(shorten_middle(one_line(row.service), _SERVICE_CHARACTERS))
    step = escape(shorten(one_line(_step(row)), _STEP_CHARACTERS))
    ink = _INK if isinstance(row.outcome, Diagnosis) else _FAINT
    return (
        f"<div style='{_CUT};font-weight:600;{_FAINT if row.state == 'waiting' else _INK}'>{service}</div>"
        f"<div style='{_CUT};font-size:12px;{ink}' title='{step}'>{step}</div>"
    )


def _cell(height: int, width: str) -> str:
    return (
        f"width:{width};max-width:none;height:{height}px;line-height:18px;box-sizing:border-box;"
        f"padding:0 8px 0 0;vertical-align:middle;{_CUT}"
    )


def _foot_html(text: str) -> str:
    return f"<div style='{_FAINT};font-size:12px;padding-top:4px'>{escape(text)}</div>" if text else ""


def _step(row: Row) -> str:
    """Say what its agent does, or what came of it."""
    if isinstance(row.outcome, Diagnosis):
        found = row.outcome
        kind = f"{found.severity} {found.category.replace('_', ' ')}"
        return f"{kind if found.status == 'diagnosed' else found.status.replace('_', ' ')}: {row.doing}"
    return row.doing


def _money(cost_usd: float | None) -> str:
    if cost_usd is None:
        return "—"
    return f"${cost_usd:,.2f}" if cost_usd >= 1 or not cost_usd else f"${cost_usd:.4f}"


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
