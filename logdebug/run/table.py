"""Small tables for people, in plain text and as HTML: log and model text in them is shown, and never acted upon."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from logdebug.report.text import one_line, shorten, untypeset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logdebug.records import Usage

__all__ = ["dollars", "html_table", "size", "text_table", "thousands"]

_MOST_LETTERS = 60


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str] = ()) -> str:
    """Return an aligned table; the columns named in `numbers` are set to the right."""
    from rich.cells import cell_len, set_cell_size

    cells = [list(head), *([shorten(one_line(cell), _MOST_LETTERS) for cell in row] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        padded = [
            " " * (width - cell_len(cell)) + cell if name in numbers else set_cell_size(cell, width)
            for name, cell, width in zip(head, row, widths, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def html_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]) -> str:
    """Return what a notebook cell shows: a headline, the table, and notes below; every text is escaped."""

    def cells(tag: str, texts: Sequence[str]) -> str:
        said = (escape(shorten(one_line(text), 4 * _MOST_LETTERS)) for text in texts)
        return "".join(f"<{tag} style='text-align:left'>{text}</{tag}>" for text in said)

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    below = "".join(f"<div>{escape(note)}</div>" for note in notes)
    return untypeset(
        f"<p><strong>{escape(title)}</strong></p>"
        f"<table><thead><tr>{cells('th', head)}</tr></thead><tbody>{body}</tbody></table>{below}"
    )


def size(count_bytes: int) -> str:
    """Say a number of bytes in the unit that fits."""
    amount, units = float(count_bytes), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while amount >= 1000:
        amount, unit = amount / 1000, next(units)
    return f"{amount:.0f} {unit}" if amount >= 100 or unit == "B" else f"{amount:.1f} {unit}"


def thousands(spent: Usage) -> str:
    """Say the tokens of a usage in thousands, as precisely as anybody can know them beforehand."""
    return f"{spent.tokens / 1000:,.1f}k" if spent.tokens < 10_000 else f"{spent.tokens / 1000:,.0f}k"


def dollars(spent: Usage) -> str:
    """Say what a usage costs; `?` where the price isn't known."""
    if spent.cost_usd is None:
        return "?"
    return f"${spent.cost_usd:,.2f}" if spent.cost_usd >= 1 or not spent.cost_usd else f"${spent.cost_usd:.4f}"
