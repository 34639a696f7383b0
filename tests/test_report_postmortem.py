"""A postmortem states what report and log tell, says from where, and lists what they don't."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from report_samples import diagnosis, hostile, report

import logdebug as ld
from logdebug.errors import ReportError
from logdebug.records import TimelineEvent
from logdebug.report import reviewing
from logdebug.report.export import facts
from logdebug.report.export.postmortem import postmortem
from logdebug.report.history.history import History

if TYPE_CHECKING:
    from pathlib import Path

    from logdebug.report.report import Report

SECTIONS = (
    *("summary", "impact", "detection", "activity", "timeline", "root_cause", "evidence", "ruled_out", "unknowns"),
    "actions",
)
WHEN = datetime(2026, 11, 23, 10, 4, tzinfo=UTC)


class Tags(HTMLParser):
    """Collects a page's tags and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.attributes: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag and the names of its attributes."""
        self.found.append(tag)
        self.attributes += [name for name, _ in attrs]


@pytest.fixture(scope="module")
def samples() -> Report:
    """Diagnose the five samples offline."""
    return ld.investigate_sync(ld.demo_incidents(), model="offline", progress=False)


def test_the_sample_s_story(samples: Report) -> None:
    """The postmortem of payment-svc has its times, its cause, whom it pulled along, and what to do."""
    made = postmortem(samples, "payment-svc")
    said = {name: repr(getattr(made, name)) for name in SECTIONS}
    assert made.title == "payment-svc, 2026-11-18"
    assert "began to fail at 2026-11-18 09:41:52 UTC" in said["summary"]
    assert "It explains api-gw" in said["summary"]
    assert "Nobody has reviewed it yet" in said["summary"]
    assert "Other services affected: api-gw" in said["impact"]
    assert "503 (7 times)" in said["impact"]
    assert "First error: 2026-11-18 09:41:52 UTC, line 804" in said["detection"]
    assert "Line 59 (psp call failed" in said["ruled_out"]
    assert "Ruled out" not in said["actions"]
    assert "Check that the host is up" in said["actions"]
    assert "Make api-gw fail gently when payment-svc is away" in said["actions"]


def test_every_section_shows_itself(samples: Report) -> None:
    """Each section is HTML that loads nothing, in light and dark, and text that holds the same."""
    made = postmortem(samples, "etl-daily")
    for name in SECTIONS:
        section = getattr(made, name)
        html = section._repr_html_()
        assert not set(Tags(html).found) & {"script", "link", "img", "iframe"}
        assert "var(--ink, var(--jp-ui-font-color1, inherit))" in html
        assert section.lines
        assert repr(section)
    assert "critical" in made._repr_html_()
    assert "etl-daily, 2026-11-18" in repr(made)


def test_evidence_stands_in_its_context(samples: Report) -> None:
    """The lines around a quote are in the page, with their numbers, and the quoted line is marked."""
    html = postmortem(samples, "etl-daily").evidence.html
    assert "<span>1104</span>" in html
    assert "<mark>Caused by: java.io.IOException: No space left on device</mark>" in html


def test_what_isn_t_known_is_listed(samples: Report, tmp_path: Path) -> None:
    """What report and log don't tell stands under unknowns; what they tell doesn't."""
    found = diagnosis(status="inconclusive", working_dir=str(tmp_path), confidence=0.4)
    bare = facts.unknowns_of(postmortem(report(found)).case)
    for text in ("the status is inconclusive", "it can't be read here", "no line says so", "nobody has accepted"):
        assert any(text in line for line in bare), text
    sure = facts.unknowns_of(postmortem(samples, "etl-daily").case)
    assert not [line for line in sure if "The cause:" in line or "only" in line or "no line says so" in line]
    assert any("When people noticed" in line for line in sure)


def test_a_release_in_the_story_is_no_unknown(tmp_path: Path) -> None:
    """What was changed before is unknown only where the diagnosis names no change."""
    event = TimelineEvent(WHEN, "deploy of 4.8.2 finished", 3)
    told = postmortem(report(diagnosis(working_dir=str(tmp_path), timeline=(event,))))
    assert not [line for line in told.unknowns.lines if "What was changed" in line]
    untold = postmortem(report(diagnosis(working_dir=str(tmp_path))))
    assert [line for line in untold.unknowns.lines if "What was changed" in line]


def test_reviews_are_told(samples: Report) -> None:
    """A correction is in the summary, the root cause and what was ruled out; a note alone is no judgement."""
    noted = reviewing.note(samples, "payment-svc", reviewer="Ben", note="asked the DBAs", reviewed_at=WHEN)
    assert "Review the diagnosis" in repr(postmortem(noted, "payment-svc").actions)
    made = reviewing.correct(
        noted, "payment-svc", reviewer="Ann", category="dependency_failure", severity="critical", reviewed_at=WHEN
    )
    told = postmortem(made, "payment-svc")
    assert "Last review, by Ann on 2026-11-23 10:04:00 UTC: corrected category" in repr(told.summary)
    assert "Severity: critical (a reviewer's word)" in told.impact.lines
    assert any("“network_error”: corrected in review" in line for line in told.ruled_out.lines)
    assert "asked the DBAs" in told.root_cause.html
    assert "Review the diagnosis" not in repr(told.actions)


def test_blame_falls_on_nobody(samples: Report) -> None:
    """No sentence that the library makes names a person but as a reviewer, nor speaks of fault."""
    for found in samples:
        made = postmortem(samples, found.service)
        text = "\n".join(repr(getattr(made, name)) for name in ("summary", "impact", "unknowns", "actions")).lower()
        assert not [word for word in ("fault", "blame", "mistake", "should have", "careless") if word in text]


def test_a_history_says_what_was_seen(samples: Report, tmp_path: Path) -> None:
    """With a history the summary says when it was seen before, and what helped."""
    earlier = reviewing.accept(samples, "etl-daily", reviewer="Ann", note="Enlarged the volume.", reviewed_at=WHEN)
    found = earlier["etl-daily"]
    old = replace(found, log_sha256="", timeline=(TimelineEvent(datetime(2026, 10, 1, tzinfo=UTC), "full"),))
    history = History(tmp_path / "history.db")
    history.add(replace(earlier, run_id="earlier", reports=(old,)))
    said = repr(postmortem(samples, "etl-daily", history=history).summary)
    assert "Seen before on 2026-10-01 in etl-daily, fixed by (reviewer's note): Enlarged the volume." in said
    assert "Seen before" not in repr(postmortem(samples, "etl-daily").summary)


def test_which_incident(samples: Report) -> None:
    """A report of one needs no name; another says which services there are; a place names one of two alike."""
    assert postmortem(report(diagnosis())).case.index == 0
    with pytest.raises(ReportError, match=r"name one of api-gw, auth-svc, etl-daily"):
        postmortem(samples)
    with pytest.raises(ReportError, match="no service 'ghost'"):
        postmortem(samples, "ghost")
    twins = report(diagnosis(), diagnosis(number=1))
    with pytest.raises(ReportError, match="2 incidents are called"):
        postmortem(twins, "payment-svc")
    assert postmortem(twins, "1").case.index == 1
    with pytest.raises(ReportError, match="no diagnosis at 7"):
        postmortem(twins, "7")


def test_hostile_text_makes_no_tag() -> None:
    """Nothing that a log says becomes a tag or an attribute in any section, nor a control in its text."""
    made = postmortem(hostile(), "0")
    plain = postmortem(report(diagnosis(), diagnosis("other")), "0")
    for name in SECTIONS:
        section = getattr(made, name)
        tags = Tags(section.html)
        assert set(tags.found) <= set(Tags(getattr(plain, name).html).found) | {"p", "br", "mark"}, name
        assert not [each for each in tags.attributes if each.startswith("on")]
        assert not set(repr(section)) & set("\x00\x07\x1b\u202e\u2066\ud800"), name
