"""What incidents cost: who is on top, what is written, and that nothing unknown is taken for nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from report_samples import diagnosis, five, many, report

from logdebug.records import Failure, Usage
from logdebug.report.charts.spending import usage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from logdebug.report.report import Report


def costing(*usages: Usage, failed: int = 0, rest: Usage | None = None) -> Report:
    """Make a report of incidents that cost this, with failures that cost `rest` together."""
    made = report(
        *(diagnosis(f"svc-{number}", usage=each) for number, each in enumerate(usages)),
        errors=tuple(Failure(f"broken-{number}", "e", "m") for number in range(failed)),
    )
    return replace(made, usage=made.usage + rest) if rest else made


def rows(ax: Axes) -> list[str]:
    """Give the names of the rows, the first on top."""
    return [label.get_text() for label in ax.get_yticklabels()]


def title(ax: Axes) -> str:
    """Give the title as it is drawn."""
    return ax.get_title(loc="left").replace(r"\$", "$")


def written(ax: Axes, row: int) -> list[str]:
    """Give the figures that are written in a row."""
    return [text.get_text().replace(r"\$", "$") for text in ax.texts if text.get_position()[1] == row]


def test_the_most_expensive_is_on_top() -> None:
    """Rows are in the order of their cost, with cost, turns, tokens and time beside each bar."""
    made = costing(Usage(1, 90_000, 0, 0.01, 5), Usage(4, 10_000, 2_000, 0.5, 130), Usage(2, 5, 5, 0.02, 8.44))
    ax = made.plot.usage()
    assert rows(ax) == ["svc-1", "svc-2", "svc-0"]
    assert written(ax, 0) == ["$0.5000", "4", "12,000", "2.2 min"]
    assert written(ax, 1) == ["$0.0200", "2", "10", "8.4 s"]
    widths = [patch.get_width() for patch in ax.patches]
    assert widths == sorted(widths, reverse=True)
    assert title(ax) == "$0.5300 and 102,010 tokens for 3 incidents;\nsvc-1 took 94% of it"


def test_an_unknown_cost_is_said() -> None:
    """Where a cost isn't known, bars are tokens, sent and received, and the title and the row say so."""
    ax = costing(Usage(1, 900, 100, None, 5), Usage(1, 100, 10, 0.5, 5)).plot.usage()
    assert title(ax).startswith("1,110 tokens for 2 incidents, cost unknown for 1;\nsvc-0 took 90%")
    assert written(ax, 0)[0] == "unknown"
    assert len(ax.patches) == 4
    ax = costing(Usage(1, 900, 100, None, 5)).plot.usage()
    assert title(ax) == "1,000 tokens for the one incident, cost unknown"


def test_without_tokens_time_is_what_it_took() -> None:
    """The embedded analyst costs nothing but time, and that is drawn."""
    ax = costing(Usage(cost_usd=0.0, seconds=0.2), Usage(cost_usd=0.0, seconds=0.6)).plot.usage()
    assert rows(ax) == ["svc-1", "svc-0"]
    assert title(ax) == "0.8 s and no tokens for 2 incidents;\nsvc-1 took 75% of it"


def test_what_failures_cost_is_there() -> None:
    """What the run spent beyond its diagnoses is a row of the incidents that failed."""
    spent = Usage(3, 5_000, 500, 0.25)
    ax = costing(Usage(1, 10, 10, 0.01, 1), failed=3, rest=spent).plot.usage()
    assert rows(ax) == ["3 failed incidents", "svc-0"]
    assert written(ax, 0) == ["$0.2500", "3", "5,500", "-"]
    assert rows(costing(Usage(), failed=1, rest=spent).plot.usage())[0] == "failed: broken-0"


def test_the_others_are_summed_up() -> None:
    """Of 500 incidents 29 have a row, and one row says what the others took together."""
    made = costing(*(Usage(1, 1_000 + at, 0, 0.001 * (at + 1), 1.0) for at in range(500)))
    ax = made.plot.usage()
    assert len(rows(ax)) == 30
    assert rows(ax)[0] == "svc-499"
    assert rows(ax)[-1] == "471 others together"
    assert written(ax, 29)[:2] == [f"${sum(0.001 * (at + 1) for at in range(471)):.2f}", "471"]
    assert title(ax).endswith("the 10 most expensive took 4% of it")


@pytest.mark.parametrize("count", [29, 30, 31])
def test_no_incident_is_left_out(count: int) -> None:
    """Around the number of rows that fit, each incident has a row or is counted among the others."""
    names = rows(many(count).plot.usage())
    others = int(names[-1].split()[0]) if names[-1].endswith("others together") else 0
    assert len(names) - bool(others) + others == count
    assert len(names) <= 30


def test_nothing_and_equals_have_a_title_too() -> None:
    """Without incidents the chart says so; where all cost the same, none is named."""
    assert title(report().plot.usage()) == "Nothing was investigated"
    assert title(five(errors=()).plot.usage()) == "$0.0210 and 64,500 tokens for 5 incidents"


def test_frames_of_several_reports_are_drawn_together() -> None:
    """A frame of several reports, with the same row numbers in each, has all their rows."""
    frame = pd.concat([five().usage_df(), costing(Usage(1, 10, 10, 0.9, 1)).usage_df(), report().usage_df()])
    ax = usage(frame)
    assert len(rows(ax)) == 7
    assert rows(ax)[0] == "svc-0"
    assert title(ax).endswith("svc-0 took 98% of it")
