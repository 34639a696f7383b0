"""What was correlated, as a frame, as plain text and as HTML; what logs and models say in it is shown as it is."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from logdebug.report.correlation.links import span
from logdebug.report.document import to_utc
from logdebug.report.text import UNTYPESET, one_line, shorten, shorten_middle, storable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from logdebug.report.correlation.correlate import Correlation, Standing
    from logdebug.report.correlation.links import Link, Reason
    from logdebug.report.correlation.skew import Skew

__all__ = ["to_df", "to_html", "to_text"]

_MOST_ROWS = 60
_MOST_NAME = 34
_MOST_QUOTE = 110
_COLUMNS = {
    "cause": "str",
    "effect": "str",
    "role": "role",
    "confidence": "float64",
    "lag_seconds": "float64",
    "rule": "rule",
    "strength": "float64",
    "words": "str",
    "said": "str",
    "service": "str",
    "file": "str",
    "line": "Int64",
    "quote": "str",
    "timestamp": "datetime64[us, UTC]",
    "note": "str",
    "cause_index": "int64",
    "effect_index": "int64",
}


def to_df(correlation: Correlation) -> pd.DataFrame:
    """Return one row per reason, in the order of the links, the strongest reason of each first.

    Returns
    -------
    pandas.DataFrame
        Columns cause, effect (services), role (categorical: explains, adds_to), confidence (of the link, 0.5 to 1),
        lag_seconds (from onset to onset; NaN where unknown), rule (categorical), strength (0 to 1), words, said
        (the name or address in the quote), service (whose log shows it), file, line (from 1, or NA), quote, timestamp
        (UTC, or NaT), note, cause_index, effect_index (places in the report).
    """
    import pandas as pd

    rules, roles = ("names_service", "names_host", "names_port", "shared_ids", "earlier"), ("explains", "adds_to")
    dtypes: dict[str, Any] = {"rule": pd.CategoricalDtype(list(rules)), "role": pd.CategoricalDtype(list(roles))}
    rows = [_row(link, reason) for link in correlation.links for reason in link.reasons]
    return pd.DataFrame(
        {
            column: pd.Series([row[column] for row in rows], dtype=dtypes.get(dtype, dtype))
            for column, dtype in _COLUMNS.items()
        }
    )


def _row(link: Link, reason: Reason) -> dict[str, Any]:
    return {
        "cause": storable(link.cause_service),
        "effect": storable(link.effect_service),
        "role": link.role,
        "confidence": link.confidence,
        "lag_seconds": link.lag_seconds,
        "rule": reason.rule,
        "strength": reason.strength,
        "words": storable(reason.words),
        "said": storable(reason.said),
        "service": storable(reason.service),
        "file": storable(reason.file),
        "line": reason.line,
        "quote": storable(reason.quote),
        "timestamp": reason.timestamp and to_utc(reason.timestamp),
        "note": storable(link.note),
        "cause_index": link.cause,
        "effect_index": link.effect,
    }


def to_text(correlation: Correlation) -> str:
    """Return the finding, the order of the incidents, the links with their reasons, and the clocks."""
    lines = [correlation.finding]
    shown = correlation.order[:_MOST_ROWS]
    if shown:
        width = max(len(_name(standing.service)) for standing in shown)
        lines += [
            "",
            *(f"{_clock(standing)}  {_name(standing.service):{width}}  {standing.role}" for standing in shown),
        ]
    if len(correlation.order) > len(shown):
        lines.append(f"… and {len(correlation.order) - len(shown):,} more: correlation.order has them all")
    for link in correlation.links[:_MOST_ROWS]:
        lines += ["", _head(link), *(f"    {_said(reason)}" for reason in link.reasons)]
    if len(correlation.links) > _MOST_ROWS:
        lines.append(f"… and {len(correlation.links) - _MOST_ROWS:,} more links: correlation.to_df() has them all")
    if correlation.skews:
        lines += ["", "clocks", *(f"    {_skewed(skew)}" for skew in correlation.skews[:_MOST_ROWS])]
    return "\n".join(lines)


def to_html(correlation: Correlation) -> str:
    """Return the same as a fragment of HTML that takes the page's colours; nothing in it is a tag but ours."""
    parts = [f"<p><strong>{escape(correlation.finding)}</strong></p>"]
    if correlation.order:
        parts.append(_table(("onset (UTC)", "service", "role"), _order_rows(correlation)))
    if correlation.links:
        parts.append(_table(("link", "confidence", "why"), map(_link_cells, correlation.links[:_MOST_ROWS])))
    if len(correlation.links) > _MOST_ROWS:
        parts.append(
            f"<p>… and {len(correlation.links) - _MOST_ROWS:,} more links: <code>to_df()</code> has them all</p>"
        )
    if correlation.skews:
        items = "".join(f"<li>{escape(_skewed(skew))}</li>" for skew in correlation.skews[:_MOST_ROWS])
        parts.append(f"<details><summary>Clocks</summary><ul>{items}</ul></details>")
    return f'<div class="logdebug-correlation {UNTYPESET}">{"".join(parts)}</div>'


def _order_rows(correlation: Correlation) -> Iterator[tuple[str, str, str]]:
    for standing in correlation.order[:_MOST_ROWS]:
        service = escape(_name(standing.service))
        role = f"<strong>{standing.role}</strong>" if standing.role == "cause" else standing.role
        yield escape(_clock(standing).strip()), service, role
    if len(correlation.order) > _MOST_ROWS:
        yield "", f"… and {len(correlation.order) - _MOST_ROWS:,} more", ""


def _link_cells(link: Link) -> tuple[str, str, str]:
    reasons = "".join(f"<li>{escape(_said(reason))}</li>" for reason in link.reasons)
    why = f'<ul style="margin: 0; padding-left: 1.2em">{reasons}</ul>'
    names = f"<strong>{escape(_name(link.cause_service))}</strong> → {escape(_name(link.effect_service))}"
    said = f'<div style="min-width: 15em">{names}<br>{escape(_after(link))}</div>'
    return said, f"{link.confidence:.0%}", why


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]] | map[tuple[str, ...]]) -> str:
    style = "text-align: left; vertical-align: top; white-space: normal; padding: 0.2em 0.8em 0.2em 0"
    heads = "".join(f'<th style="{style}">{name}</th>' for name in head)
    body = "".join("<tr>" + "".join(f'<td style="{style}">{cell}</td>' for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _name(service: str) -> str:
    return shorten_middle(one_line(service), _MOST_NAME)


def _clock(standing: Standing) -> str:
    return f"{standing.onset:%Y-%m-%d %H:%M:%S}" if standing.onset else f"{'no time':19}"


def _head(link: Link) -> str:
    return f"{_name(link.cause_service)} → {_name(link.effect_service)}  {link.confidence:.0%}  {_after(link)}"


def _after(link: Link) -> str:
    """Say how the two lie in time, and what else there is to be said."""
    if link.lag_seconds is None:
        when = "explains it; when it began isn't known"
    elif link.role == "adds_to":
        when = f"adds to it: {_name(link.effect_service)} was failing {span(link.lag_seconds)} before"
    elif link.lag_seconds <= 0:
        when = "explains it; both at once"
    else:
        when = f"explains it, {span(link.lag_seconds)} earlier"
    return f"{when}; {link.note}" if link.note else when


def _said(reason: Reason) -> str:
    place = f" ({one_line(reason.file)}{f':{reason.line}' if reason.line else ''})" if reason.file else ""
    quote = f": “{_around(one_line(reason.quote), one_line(reason.said))}”" if reason.quote else ""
    return f"{one_line(reason.words)}{place}{quote}"


def _around(quote: str, said: str) -> str:
    """Cut a quote so that the words which matter in it are seen."""
    at = quote.find(said)
    begin = at + len(said) // 2 - _MOST_QUOTE // 2
    if len(quote) <= _MOST_QUOTE or at < 0 or begin <= 0:
        return shorten(quote, _MOST_QUOTE)
    begin = min(begin, len(quote) - _MOST_QUOTE)
    return shorten(f"…{quote[begin:].lstrip()}", _MOST_QUOTE)


def _skewed(skew: Skew) -> str:
    names = f"{_name(skew.service)} against {_name(skew.reference)}"
    seconds = skew.seconds if abs(skew.seconds) >= 0.05 else 0.0
    found = f"{seconds:+,.1f} s (median of {skew.ids} shared ids, ± {skew.spread_seconds:.1f} s)"
    return f"{names}: {found}, {'corrected' if skew.corrected else 'within what requests take, not corrected'}"
