"""What `ps` shows: one line per incident, run by run, as wide as the terminal; or all of it as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from logdebug.report.text import shorten_middle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from logdebug.monitor.rows import Row, State
    from logdebug.monitor.runs import RunState, RunView

__all__ = ["age_in_words", "as_json", "listing", "run_in_words", "summary"]

STATE_STYLES: dict[State, str] = {
    "working": "cyan",
    "paused": "yellow",
    "waiting": "dim",
    "done": "green",
    "failed": "red",
    "cancelled": "magenta",
    "dead": "bold red",
}
"""How each state is shown; the word itself always stands there, too."""

_RUN_STYLES: dict[RunState, str] = {"live": "bold green", "silent": "bold yellow", "ended": "bold", "dead": "bold red"}
_ORDER: Sequence[State] = ("working", "paused", "dead", "failed", "cancelled", "done", "waiting")
_MOST_NAME, _LEAST_NAME = 28, 20
_LEAST_STEP = 30  # cells; with less, the last step gets a line of its own
_GAP = "  "


def listing(runs: Iterable[RunView], *, width: int, most: int | None, only: Callable[[Row], bool]) -> list[Text]:
    """Lay out runs as lines of text.

    Parameters
    ----------
    runs
        The runs.
    width
        The terminal's, in cells.
    most
        How many lines of incidents there may be in all; None for every one. Those at work are shown first.
    only
        Which incidents are wanted.
    """
    now = datetime.now(UTC)
    lines: list[Text] = []
    several = list(runs)
    for number, run in enumerate(several):
        wanted = [row for row in run.rows if only(row)]
        room = len(wanted) if most is None else max(4, (most - len(lines)) // (len(several) - number))
        rows = _most_telling(wanted, room)
        lines += [Text()] if lines else []
        has_room = most is None or 2 * len(wanted) <= room
        lines += [_title(run, now, width), *_table(rows, now, width, has_room=has_room)]
        hidden = len(wanted) - len(rows)
        foot = summary(run) + (f" · {hidden:,} more: ps --all" if hidden else "")
        lines.append(Text(set_cell_size(foot, width).rstrip() if cell_len(foot) > width else foot, style="dim"))
    return lines


def summary(run: RunView) -> str:
    """Say how a run stands, in one line."""
    counts, spent = run.counts(), run.spent()
    parts = [f"{counts['done']:,} of {len(run.rows):,} diagnosed"]
    parts += [f"{counts[state]:,} {state}" for state in _ORDER if state != "done" and counts[state]]
    if spent.turns:
        parts.append(f"{spent.turns:,} turns, {spent.tokens:,} tokens")
    if spent.cost_usd:
        parts.append(_dollars(spent.cost_usd))
    return " · ".join(parts)


def run_in_words(run: RunView, now: datetime) -> str:
    """Say whether a run goes on, in a few words."""
    since = f" since {age_in_words((now - run.began).total_seconds())}" if run.began else ""
    where = f"pid {run.process.pid}" if run.process else "process unknown"
    match run.state:
        case "live":
            return f"live{since} · {where}"
        case "silent":
            host = f" on {run.process.host}" if run.process else ""
            return f"silent: no sign of life from {where}{host}"
        case "dead":
            return f"dead: its process ({where}) is gone"
    return "ended"


def age_in_words(seconds: float | None) -> str:
    """Say a time in at most six characters: `4 s`, `12 min`, `3.5 h`, `9 d`; empty for none."""
    if seconds is None:
        return ""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6_000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 100 * 3600 else f"{seconds / 86400:.0f} d"


def as_json(runs: Iterable[RunView], *, only: Callable[[Row], bool]) -> str:
    """Return runs and incidents as JSON, for scripts: `{"runs": [...], "incidents": [...]}`.

    Parameters
    ----------
    runs
        The runs.
    only
        Which incidents are wanted.

    Returns
    -------
    str
        Of runs: run_id, state (live, silent, ended, dead), model, pid, host, started_at, directory. Of incidents: id
        (`RUN/number`), run_id, number (from 1), service (as it was given), state, model, turns, input_tokens,
        output_tokens, tokens, cost_usd (null where it isn't known), age_seconds (null before its turn), last_step,
        last_step_at, session. Times are in UTC.
    """
    now, several = datetime.now(UTC), list(runs)
    incidents = [_incident(run, row, now) for run in several for row in run.rows if only(row)]
    return json.dumps({"runs": [_run(run) for run in several], "incidents": incidents}, indent=1)


def _run(run: RunView) -> dict[str, object]:
    return {
        "run_id": run.run_id,
        "state": run.state,
        "model": run.model,
        "pid": run.process.pid if run.process else None,
        "host": run.process.host if run.process else None,
        "started_at": run.began.isoformat() if run.began else None,
        "directory": str(run.directory),
    }


def _incident(run: RunView, row: Row, now: datetime) -> dict[str, object]:
    age = row.age_seconds(now)
    return {
        "id": f"{run.short}/{row.number}",
        "run_id": run.run_id,
        "number": row.number,
        "service": row.service,
        "state": row.state,
        "model": run.model,
        "turns": row.spent.turns,
        "input_tokens": row.spent.input_tokens,
        "output_tokens": row.spent.output_tokens,
        "tokens": row.spent.tokens,
        "cost_usd": row.spent.cost_usd,
        "age_seconds": None if age is None else round(age, 3),
        "last_step": row.doing,
        "last_step_at": row.stepped.isoformat() if row.stepped else None,
        "session": row.session,
    }


def _title(run: RunView, now: datetime, width: int) -> Text:
    title = Text(no_wrap=True, overflow="ellipsis")
    title.append(f"{run.short} ", style=_RUN_STYLES[run.state])
    title.append(f"{run_in_words(run, now)}", style=_RUN_STYLES[run.state])
    title.append(f" · {run.model} · {run.run_id}", style="dim")
    title.truncate(width, overflow="ellipsis")
    return title


def _most_telling(rows: Sequence[Row], most: int) -> Sequence[Row]:
    """Choose as many rows as there is room for: those at work, then what went wrong, then what ended last."""
    if len(rows) <= most:
        return rows
    never = datetime.min.replace(tzinfo=UTC)
    newest_first = sorted(rows, key=lambda row: row.ended or never, reverse=True)
    chosen = sorted(newest_first, key=lambda row: _ORDER.index(row.state))[:most]
    return sorted(chosen, key=lambda row: row.index)


def _table(rows: Sequence[Row], now: datetime, width: int, *, has_room: bool) -> list[Text]:
    """Lay out rows; the last step takes what is left, or a line of its own where that is too little and it has room."""
    if not rows:
        return []
    most_name = _MOST_NAME if width >= 100 else _LEAST_NAME
    heads = ["#", "service", "state", "turns", "tokens", "cost", "age"]
    cells = [_cells(row, now, most_name) for row in rows]
    if not any(row[5] for row in cells):
        heads, cells = [*heads[:5], heads[6]], [[*row[:5], row[6]] for row in cells]
    widths = [max(map(cell_len, column)) for column in zip(heads, *cells, strict=True)]
    left = width - sum(widths) - len(_GAP) * len(widths)
    own_line = left < _LEAST_STEP and has_room
    lines = [Text(_GAP.join([*_padded(heads, widths), *([] if own_line else ["last step"])]).rstrip(), style="dim")]
    for row, values in zip(rows, cells, strict=True):
        lines.append(_line(row, values, widths))
        room = width - widths[0] - len(_GAP) if own_line else left
        step = _step(row, now, room)
        shown = set_cell_size(step, room - 1).rstrip() + "…" if cell_len(step) > room else step
        if own_line and step:
            lines.append(Text(" " * widths[0] + _GAP + shown, style="dim"))
        elif step and left > 0:
            lines[-1].append(_GAP + shown, style="red" if row.state in {"failed", "dead"} else "")
    return lines


def _line(row: Row, values: Sequence[str], widths: Sequence[int]) -> Text:
    line = Text()
    for place, value in enumerate(_padded(values, widths)):
        style = STATE_STYLES[row.state] if place == 2 else "bold" if place == 1 and row.state == "working" else ""
        line.append((_GAP if place else "") + value, style=style)
    return line


def _padded(values: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Fill each value up to its column's width: words to the left, numbers to the right."""
    return [
        set_cell_size(value, width) if place in {1, 2} else " " * (width - cell_len(value)) + value
        for place, (value, width) in enumerate(zip(values, widths, strict=True))
    ]


def _cells(row: Row, now: datetime, most_name: int) -> list[str]:
    began = row.began is not None
    return [
        str(row.number),
        _named(row.name, most_name),
        row.state,
        str(row.spent.turns) if row.spent.turns else "",
        _tokens(row.spent.tokens) if row.spent.tokens else "",
        _dollars(row.spent.cost_usd) if began and row.spent.cost_usd else "",
        age_in_words(row.age_seconds(now)),
    ]


def _named(name: str, most_cells: int) -> str:
    """Cut a service's name in the middle where it is too wide, counted in cells."""
    most = most_cells
    while cell_len(shown := shorten_middle(name, most)) > most_cells:
        most -= 1
    return shown


def _step(row: Row, now: datetime, room: int) -> str:
    quiet = row.quiet_seconds(now)
    if quiet is None or quiet < 1:
        return row.doing
    return f"{age_in_words(quiet)}{' ago' if room >= _LEAST_STEP else ''}: {row.doing}"


def _tokens(count: int) -> str:
    if count < 10_000:
        return f"{count:,}"
    return f"{count / 1_000:.0f}k" if count < 10_000_000 else f"{count / 1_000_000:.1f}M"


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"
