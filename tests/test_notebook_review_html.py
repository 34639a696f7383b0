"""What the explorer shows is markup of our own and text of others, and the two are never mixed up."""

from __future__ import annotations

import re
from contextlib import closing
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from report_samples import HOSTILE, five, hostile

from logdebug.agent.reading import Reading
from logdebug.logs import Line
from logdebug.notebook.coverage_html import coverage_html, kind_caption, kinds_html
from logdebug.notebook.quotes import Mark, Passage, QuoteCheck
from logdebug.notebook.review_html import (
    event_caption,
    head_html,
    help_html,
    item_text,
    passage_html,
    quote_caption,
    steps_html,
    style_html,
    summary_html,
)
from logdebug.notebook.steps import StepRow
from logdebug.records import SEVERITIES
from logdebug.report.charts.colours import SEVERITY_COLOURS
from logdebug.report.reviewing import accept, correct, note
from logdebug.run.coverage import Look, coverage_of

if TYPE_CHECKING:
    from conftest import WriteCase

OURS = {
    *("div", "span", "p", "b", "ul", "li", "del", "ins", "code", "mark", "time", "details", "summary", "pre", "kbd"),
    *("svg", "rect", "table", "tr", "th", "td"),
}
ATTRIBUTES = {
    *("class", "style", "viewbox", "preserveaspectratio", "aria-hidden", "x", "y", "width", "height"),
    "data-lm-suppress-shortcuts",
}


class Reader(HTMLParser):
    """Takes note of tags, attributes and text, and of what is marked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.marked: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        self.tags.append(tag)
        self._open.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag that holds nothing."""
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Take note of text."""
        self.text += data
        if self._open and self._open[-1] == "mark":
            self.marked.append(data)


def passage(*texts: str, first: int = 1, last: int = 1) -> Passage:
    """Make a passage of lines from 1."""
    lines = tuple(Line(number, text, 0, 0) for number, text in enumerate(texts, 1))
    return Passage(lines, first, last, at_start=True, at_end=False)


def everything_hostile(case_dir: WriteCase) -> list[str]:
    """Draw everything that can be drawn of hostile texts."""
    report = correct(hostile(), 0, reviewer=HOSTILE, severity="low", root_cause=HOSTILE * 2, note=HOSTILE)
    report = note(accept(report, 0, reviewer=HOSTILE, note=HOSTILE), 0, reviewer=HOSTILE, note=HOSTILE)
    entry = report[0]
    log = f"2026-11-18 09:00:00 ERROR {HOSTILE}".replace("\n", " ").encode("utf-8", "replace")
    with closing(Reading.of(case_dir(log))) as reading:
        coverage = coverage_of(reading.log, [Look("read", HOSTILE, ((1, 1),))], quoted=[1])
    assert coverage.kinds
    return [
        summary_html(report, HOSTILE, HOSTILE),
        head_html(entry),
        *(quote_caption(QuoteCheck("moved", HOSTILE, 1, 1, HOSTILE)) for _ in range(1)),
        *map(event_caption, entry.timeline),
        passage_html(passage(HOSTILE, HOSTILE, HOSTILE, first=2, last=2), HOSTILE),
        steps_html([StepRow(HOSTILE, HOSTILE, HOSTILE, HOSTILE, failed=True)]),
        coverage_html(coverage),
        kinds_html(coverage.kinds),
        *map(kind_caption, coverage.kinds),
    ]


def test_hostile_text_is_text(case_dir: WriteCase) -> None:
    """No text of a log, a model, a report, a trace or a reviewer adds a tag or an attribute, or hides a character."""
    for html in everything_hostile(case_dir):
        read = Reader(html)
        assert set(read.tags) <= OURS
        assert read.attributes <= ATTRIBUTES
        assert not set(read.text) & set("\x00\x08\x1b\u202e\u2066\ud800")


def test_the_style_has_the_colours_of_the_charts() -> None:
    """Severities have their one set of colours, and the style loads nothing."""
    css = style_html()
    assert all(SEVERITY_COLOURS[severity] in css for severity in SEVERITIES)
    assert "url(" not in css
    assert "@import" not in css
    assert css.count("</") == 1


def test_the_list_says_how_far_an_incident_is() -> None:
    """An incident's text has its shape, its service, and what was decided."""
    report = five()
    assert item_text(report[0]) == "◆ payment-svc\nnetwork_error · to review"
    assert item_text(note(report, 0, reviewer="a", note="x")[0]).endswith("· noted")
    accepted = accept(report, 0, reviewer="a")
    assert item_text(accepted[0]).endswith("· ✓ accepted")
    lowered = correct(accepted, 0, reviewer="a", severity="low", status="inconclusive")
    assert item_text(lowered[0]) == "○ payment-svc\ninconclusive · network_error · ✎ corrected"
    assert item_text(note(lowered, 0, reviewer="a", note="x")[0]).endswith("· ✎ corrected")


def test_the_head_tells_what_was_decided() -> None:
    """A correction shows what stood there, what stands there now, who, when and why."""
    read = Reader(head_html(correct(five(), 0, reviewer="ann", severity="low", note="one customer")[0]))
    assert "✎ corrected by ann, " in read.text
    assert "severity: critical → low" in read.text
    assert "one customer" in read.text
    assert read.text.count("○ low") == 1


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("verified", "✓ verified"),
        ("moved", "➜ moved"),
        ("not found", "✕ not found"),
        ("file gone", "✕ file gone"),
        ("not checked", "? not checked"),
    ],
)
def test_a_mark_is_a_shape_and_a_word(mark: Mark, words: str) -> None:
    """Marks can be told apart without their colours."""
    assert words in Reader(quote_caption(QuoteCheck(mark, "a.log", 1, 1, "there"))).text


def test_the_quote_is_marked_in_its_line() -> None:
    """Of a line the quote is marked; of a quote over several lines, each part; of an event, nothing but the line."""
    shown = passage("before refused", "ERROR db-1 refused us", "   at pool.py:88", "after refused", first=2, last=3)
    assert Reader(passage_html(shown, "db-1 refused")).marked == ["db-1 refused", "   at pool.py:88"]
    assert Reader(passage_html(shown, "db-1 refused us\n  at pool.py:88")).marked == [
        "db-1 refused us",
        "at pool.py:88",
    ]
    assert Reader(passage_html(shown)).marked == []


def test_a_long_line_is_cut_around_its_quote() -> None:
    """A quote far into a long line is still in view."""
    read = Reader(passage_html(passage("x" * 50_000 + " db-1 refused " + "y" * 50_000), "db-1 refused"))
    assert read.marked == ["db-1 refused"]
    assert len(read.text) < 3_000
    assert read.text.count("…") == 2


def test_many_steps_are_windowed() -> None:
    """A session of thousands of steps shows some hundred and says where the others are."""
    html = steps_html([StepRow("tool", f"call {number}") for number in range(5_000)])
    assert html.count("<li") == 400
    assert "4,600 more steps" in html


def test_the_strip_is_of_bounded_size(case_dir: WriteCase) -> None:
    """However many looks there were, the strip has at most one bar per column and lane, within its frame."""
    with closing(Reading.of(case_dir([f"ERROR {number} failed" for number in range(30_000)]))) as reading:
        looks = [Look("search", "app.log", tuple((line, line) for line in range(1, 30_000, 60)))]
        html = coverage_html(coverage_of(reading.log, looks, quoted=range(1, 30_000, 7)))
    assert html.count("<rect") < 3_500
    bars = re.findall(r"<rect x='([\d.]+)' y='[\d.]+' width='([\d.]+)'", html)
    assert len(bars) == html.count("<rect") > 500
    assert all(float(begin) + float(width) <= 1_002 for begin, width in bars)


def test_an_unknown_look_is_not_called_none(case_dir: WriteCase) -> None:
    """Without a session nothing is said to have been missed; with rules everything was read."""
    with closing(Reading.of(case_dir(["a", "ERROR b failed"]))) as reading:
        made = coverage_of(reading.log, ())
        rules = coverage_of(reading.log, (), by_rules=True)
    assert "isn't known" in coverage_html(made, known=False)
    assert "never" not in kinds_html(made.kinds, known=False)
    assert "✕ never" in kinds_html(made.kinds)
    assert "read all 2 lines; no model chose" in coverage_html(rules)
    assert "shown 0 of 2 lines (0%). It saw 0 of 1 kinds" in coverage_html(made)


def test_the_keys_are_listed() -> None:
    """The help names each key that the explorer takes."""
    text = Reader(help_html()).text
    assert all(f"{key} " in text for key in "jkacnuoxs/?")
